// Every table of kernels against the plain versions of reference.hpp, and every backward against central differences.
#include "kernels/kernels.hpp"

#include "near.hpp"
#include "reference.hpp"

namespace holomamba::kernels {
namespace {

using reference::random_vector;
using reference::to_float;
using reference::Vector;
using Floats = std::vector<float>;

class Kernels : public testing::TestWithParam<const Table*> {
  protected:
    const Table& k = *GetParam();
    base::Random random{7};
};

INSTANTIATE_TEST_SUITE_P(Tables, Kernels, testing::ValuesIn(tables()),
                         [](const auto& table) { return std::string(table.param->name); });

TEST_P(Kernels, Products) {
    std::vector<std::array<int, 3>> shapes{{1, 7, 5}, {17, 30, 64}, {64, 130, 3}, {37, 100, 300}, {101, 330, 300}};
    for (int n = 1; n <= 9; n++)  // ranks that have loops of their own, and one more
        for (const auto [m, depth] : {std::array{3, 17}, {37, 300}, {133, 5}}) shapes.push_back({m, n, depth});
    for (const auto [m, n, depth] : shapes) {
        const Vector a = random_vector(random, m * depth), b = random_vector(random, depth * n);
        Vector expected(m * n, 1.0), at(a.size()), bt(b.size());
        for (int i = 0; i < m; i++)
            for (int l = 0; l < depth; l++) at[l * m + i] = a[i * depth + l];
        for (int l = 0; l < depth; l++)
            for (int j = 0; j < n; j++) bt[j * depth + l] = b[l * n + j];
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
                for (int l = 0; l < depth; l++) expected[i * n + j] += a[i * depth + l] * b[l * n + j];
        Floats c(m * n, 1.0f);
        k.multiply(m, n, depth, to_float(a).data(), to_float(b).data(), c.data(), true);
        expect_near(c, expected, 1e-5, "A B");
        c.assign(c.size(), 1.0f);
        k.multiply_bt(m, n, depth, to_float(a).data(), to_float(bt).data(), c.data(), true);
        expect_near(c, expected, 1e-5, "A B^T");
        c.assign(c.size(), 1.0f);
        k.multiply_at(m, n, depth, to_float(at).data(), to_float(b).data(), c.data(), true);
        expect_near(c, expected, 1e-5, "A^T B");
        for (double& x : expected) x -= 1;
        k.multiply(m, n, depth, to_float(a).data(), to_float(b).data(), c.data(), false);
        expect_near(c, expected, 1e-5, "A B, not accumulated");
    }
}

// With so many columns, registers times panels is more than an int holds, whatever the width of a register.
TEST_P(Kernels, ProductsWithAWholeCatalogue) {
    const int items = 1'600'000;
    Floats b(items), c(items);
    for (int i = 0; i < items; i++) b[i] = static_cast<float>(i % 1000);
    const float a = 2;
    k.multiply_bt(1, items, 1, &a, b.data(), c.data(), false);
    for (int i = 0; i < items; i++) ASSERT_EQ(c[i], 2 * b[i]) << i;
}

TEST_P(Kernels, PackedProductsDoNotDependOnTheRowsBeside) {
    for (const auto [m, n, depth] : {std::array{1, 7, 5}, {5, 1, 33}, {17, 30, 64}, {23, 64, 3}, {9, 130, 20}}) {
        const Vector a = random_vector(random, m * depth), weight = random_vector(random, n * depth),
                     bias = random_vector(random, n);
        Vector expected(m * n);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++) {
                expected[i * n + j] = bias[j];
                for (int l = 0; l < depth; l++) expected[i * n + j] += a[i * depth + l] * weight[j * depth + l];
            }
        Floats packed(packed_size(n, depth)), c(m * n), rest(m * n);
        const Floats in = to_float(a);
        pack_weights(n, depth, to_float(weight).data(), to_float(bias).data(), packed.data());
        k.multiply_packed(m, n, depth, in.data(), packed.data(), c.data());
        expect_near(c, expected, 1e-5, "A W^T + b");
        for (int first = 1; first <= m; first++) {
            k.multiply_packed(first, n, depth, in.data(), packed.data(), rest.data());
            k.multiply_packed(m - first, n, depth, in.data() + first * depth, packed.data(), rest.data() + first * n);
            ASSERT_EQ(rest, c) << first << " of " << m;
        }
    }
}

TEST_P(Kernels, Halves) {
    // Every half comes back, and between two neighbours the nearer is taken, the even one of two that are as near.
    const auto bits_of = [&](float x) {
        std::uint16_t half;
        k.to_half(1, &x, &half);
        return half;
    };
    const auto value_of = [&](std::uint32_t bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        float x;
        k.from_half(1, &half, &x);
        return x;
    };
    for (std::uint32_t bits = 0; bits < 0x7c00; bits++) {
        const float x = value_of(bits);
        const double expected =
            bits < 0x400 ? std::ldexp(bits, -24) : std::ldexp(1024 + (bits & 1023), static_cast<int>(bits >> 10) - 25);
        ASSERT_EQ(x, expected) << bits;
        ASSERT_EQ(bits_of(x), bits);
        ASSERT_EQ(bits_of(-x), bits | 0x8000);
        if (bits == 0x7bff) break;
        const float middle = (x + value_of(bits + 1)) / 2;
        ASSERT_EQ(bits_of(middle), bits % 2 == 0 ? bits : bits + 1);
        ASSERT_EQ(bits_of(std::nextafter(middle, 0.0f)), bits);
        ASSERT_EQ(bits_of(std::nextafter(middle, 1e9f)), bits + 1);
    }
    for (const float large : {65519.0f, 65520.0f, 1e9f, 3e38f, std::numeric_limits<float>::infinity()})
        EXPECT_EQ(bits_of(large), 0x7bff);
    EXPECT_EQ(bits_of(-1e9f), 0xfbff);
    EXPECT_TRUE(std::isnan(value_of(bits_of(std::numeric_limits<float>::quiet_NaN()))));
    // A whole array, with a rest that fills no register.
    const Floats x = to_float(random_vector(random, 37, 3));
    std::vector<std::uint16_t> halves(x.size());
    Floats back(x.size());
    k.to_half(x.size(), x.data(), halves.data());
    k.from_half(x.size(), halves.data(), back.data());
    for (std::size_t i = 0; i < x.size(); i++) {
        ASSERT_EQ(halves[i], bits_of(x[i]));
        ASSERT_EQ(back[i], value_of(halves[i]));
    }
}

TEST_P(Kernels, Bytes) {
    for (const double size : {1.0, 1e-8, 1e8}) {
        Floats x = to_float(random_vector(random, 37, size)), back(x.size());
        std::vector<std::int8_t> bytes(x.size()), again(x.size());
        const float scale = k.to_byte(x.size(), x.data(), bytes.data());
        k.from_byte(x.size(), scale, bytes.data(), back.data());
        for (std::size_t i = 0; i < x.size(); i++) ASSERT_NEAR(back[i], x[i], 0.5001 * scale);
        EXPECT_EQ(k.to_byte(x.size(), back.data(), again.data()), scale);
        EXPECT_EQ(again, bytes);
    }
    const Floats zero(5, 0.0f);
    std::vector<std::int8_t> bytes(5, 1);
    EXPECT_EQ(k.to_byte(5, zero.data(), bytes.data()), 0);
    EXPECT_EQ(bytes, std::vector<std::int8_t>(5, 0));
    for (const float strange : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
        const Floats x{1, 2, strange, 3, 4};
        EXPECT_TRUE(std::isnan(k.to_byte(5, x.data(), bytes.data())));
    }
}

TEST_P(Kernels, LayerNorm) {
    for (const int d : {3, 16, 20, 96}) {
        const int rows = 3;
        Vector x = random_vector(random, rows * d, 2), gain = random_vector(random, d), bias = random_vector(random, d);
        const Vector upstream = random_vector(random, rows * d);
        Floats y(rows * d), mean(rows), inverse(rows), dx(rows * d), dgain(d, 0.0f), dbias(d, 0.0f);
        k.layer_norm(rows, d, to_float(x).data(), to_float(gain).data(), to_float(bias).data(), y.data(), mean.data(),
                     inverse.data());
        expect_near(y, reference::layer_norm(rows, d, x, gain, bias), 1e-5, "y");
        k.layer_norm_backward(rows, d, to_float(x).data(), to_float(gain).data(), mean.data(), inverse.data(),
                              to_float(upstream).data(), dx.data(), dgain.data(), dbias.data());
        const auto loss = [&] { return reference::dot(upstream, reference::layer_norm(rows, d, x, gain, bias)); };
        expect_near(dx, reference::central_differences(x, loss), 1e-4, "dx");
        expect_near(dgain, reference::central_differences(gain, loss), 1e-4, "dgain");
        expect_near(dbias, reference::central_differences(bias, loss), 1e-4, "dbias");
    }
}

TEST_P(Kernels, ComplexProducts) {
    for (const std::size_t n : {0u, 1u, 2u, 7u, 8u, 33u, 64u}) {
        const Vector x = random_vector(random, 2 * n), y = random_vector(random, 2 * n);
        Vector plain(2 * n), conjugate(2 * n);
        for (std::size_t i = 0; i < 2 * n; i += 2) {
            plain[i] = x[i] * y[i] - x[i + 1] * y[i + 1];
            plain[i + 1] = x[i] * y[i + 1] + x[i + 1] * y[i];
            conjugate[i] = x[i] * y[i] + x[i + 1] * y[i + 1];
            conjugate[i + 1] = x[i + 1] * y[i] - x[i] * y[i + 1];
        }
        const Floats xf = to_float(x), yf = to_float(y);
        Floats out(2 * n + 16, 9.0f), in_place = xf;
        k.complex_product(n, xf.data(), yf.data(), false, out.data());
        EXPECT_EQ(std::count(out.begin() + static_cast<std::ptrdiff_t>(2 * n), out.end(), 9.0f), 16);
        k.complex_product(n, in_place.data(), yf.data(), false, in_place.data());
        out.resize(2 * n);
        EXPECT_EQ(in_place, out);
        expect_near(out, plain, 1e-6, "product");
        k.complex_product(n, xf.data(), yf.data(), true, out.data());
        expect_near(out, conjugate, 1e-6, "with the conjugate");
        Vector product = y;
        k.complex_multiply(n, xf.data(), product.data());
        expect_near(product, plain, 1e-14, "in double precision");
    }
}

TEST_P(Kernels, ComplexNormalise) {
    const Vector parts{1.5, -0.25, 0x1p-900, -0x1.8p-899, -0x1p900, 3, 0, 0, 0.999, 0, 0, -2};
    Vector product = parts, exponents(parts.size() / 2, 10.0);
    k.complex_normalise(exponents.size(), product.data(), exponents.data());
    for (std::size_t i = 0; i < exponents.size(); i++) {
        const double magnitude = std::max(std::abs(product[2 * i]), std::abs(product[2 * i + 1]));
        if (parts[2 * i] == 0 && parts[2 * i + 1] == 0) {
            EXPECT_EQ(magnitude, 0);
            continue;
        }
        EXPECT_TRUE(magnitude >= 1 && magnitude < 2) << magnitude;
        for (std::size_t j = 2 * i; j < 2 * i + 2; j++)
            EXPECT_EQ(std::ldexp(product[j], static_cast<int>(exponents[i]) - 10), parts[j]);
    }
}

TEST_P(Kernels, AddToSumAndAllFinite) {
    for (const std::size_t n : {1u, 3u, 16u, 33u, 100u}) {
        const Vector x = random_vector(random, n), y = random_vector(random, n);
        Vector sum = y, expected = y;
        for (std::size_t i = 0; i < n; i++) expected[i] += x[i];
        k.add_to_sum(n, to_float(x).data(), sum.data());
        EXPECT_EQ(sum, expected);
        for (std::size_t i = 0; i < n; i++) {
            Floats f(n, std::numeric_limits<float>::max());
            EXPECT_TRUE(k.all_finite(n, f.data()));
            for (const float bad : {NAN, INFINITY, -INFINITY}) {
                f[i] = bad;
                EXPECT_FALSE(k.all_finite(n, f.data())) << n << " at " << i;
            }
        }
    }
}

TEST_P(Kernels, ElementWise) {
    Vector x = random_vector(random, 77, 4);
    x[0] = -80;
    x[1] = 80;
    x[2] = 0;
    x[3] = -9;
    Vector expected_gelu, expected_softplus, gelu_slope, softplus_slope;
    for (const double v : x) {
        expected_gelu.push_back(reference::gelu(v));
        expected_softplus.push_back(reference::softplus(v));
        gelu_slope.push_back((reference::gelu(v + 1e-5) - reference::gelu(v - 1e-5)) / 2e-5);
        softplus_slope.push_back(reference::sigmoid(v));
    }
    const Floats in = to_float(x), ones(x.size(), 1.0f);
    Floats y(x.size()), dx(x.size());
    k.gelu(x.size(), in.data(), y.data());
    expect_near(y, expected_gelu, 1e-6, "gelu");
    k.gelu_backward(x.size(), in.data(), ones.data(), dx.data());
    expect_near(dx, gelu_slope, 1e-5, "gelu'");
    k.softplus(x.size(), in.data(), y.data());
    for (std::size_t i = 0; i < y.size(); i++)  // relative: a small delta is a long memory
        ASSERT_NEAR(y[i], expected_softplus[i], 1e-6 * expected_softplus[i] + 1e-30) << x[i];
    k.softplus_backward(x.size(), y.data(), ones.data(), dx.data());
    expect_near(dx, softplus_slope, 1e-5, "softplus'");
}

TEST_P(Kernels, FadingSums) {
    const Vector x = random_vector(random, 37), z = random_vector(random, 37), a = random_vector(random, 37),
                 b = random_vector(random, 37);
    Vector rate = random_vector(random, 37);
    rate[3] = -6;  // slow
    rate[4] = 5;   // gone
    const Floats rates = to_float(rate);
    Floats speed(37), left(37), sum(37);
    k.exponential(37, rates.data(), speed.data());
    k.fade(37, to_float(x).data(), speed.data(), 1.5f, left.data());
    k.weighted_sum(37, to_float(a).data(), to_float(x).data(), to_float(b).data(), to_float(z).data(), sum.data());
    for (std::size_t i = 0; i < 37; i++) {
        ASSERT_NEAR(speed[i], std::exp(rate[i]), 1e-6 * std::exp(rate[i]));
        ASSERT_NEAR(left[i], x[i] * std::exp(-1.5 * std::exp(rate[i])), 1e-5);
        ASSERT_NEAR(sum[i], a[i] * x[i] + b[i] * z[i], 1e-6);
    }
    // Nothing fades in no time.
    k.fade(37, to_float(x).data(), speed.data(), 0, left.data());
    EXPECT_EQ(left, to_float(x));
}

TEST_P(Kernels, GateAndBias) {
    const int rows = 4, e = 19, stride = 40;
    Vector x = random_vector(random, rows * e), z = random_vector(random, rows * stride);
    const Vector upstream = random_vector(random, rows * e);
    const auto value = [&] {
        Vector y;
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < e; c++) y.push_back(x[r * e + c] * reference::silu(z[r * stride + c]));
        return y;
    };
    Floats y(rows * e), dx(rows * e), dz(rows * stride, 0.0f);
    k.gate(rows, e, to_float(x).data(), to_float(z).data(), stride, y.data());
    expect_near(y, value(), 1e-6, "gate");
    k.gate_backward(rows, e, to_float(x).data(), to_float(z).data(), stride, to_float(upstream).data(), dx.data(),
                    dz.data());
    const auto loss = [&] { return reference::dot(upstream, value()); };
    expect_near(dx, reference::central_differences(x, loss), 1e-4, "dx");
    expect_near(dz, reference::central_differences(z, loss), 1e-4, "dz");

    Floats sums(e, 1.0f), biased(rows * e, 2.0f);
    k.add_bias(rows, e, to_float(x).data(), biased.data());
    k.add_bias_backward(rows, e, biased.data(), sums.data());
    for (int c = 0; c < e; c++) ASSERT_NEAR(sums[c], 1 + rows * (2 + x[c]), 1e-5);
}

TEST_P(Kernels, CausalConvolution) {
    for (const auto [tokens, channels, width] : {std::array{1, 16, 4}, {2, 18, 4}, {9, 33, 4}, {5, 16, 1}, {3, 5, 6}}) {
        const int stride = 2 * channels;
        Vector x = random_vector(random, tokens * channels), weight = random_vector(random, width * channels),
               bias = random_vector(random, channels);
        Vector tail((width - 1) * channels, 0.0);
        const Vector upstream = random_vector(random, tokens * channels);
        const auto strided = [&](const Vector& v) {
            Floats wide(tokens * stride, 9.0f);
            for (int t = 0; t < tokens; t++)
                for (int c = 0; c < channels; c++) wide[t * stride + c] = static_cast<float>(v[t * channels + c]);
            return wide;
        };
        const Floats wide = strided(x), w = to_float(weight), b = to_float(bias);
        Floats pre(tokens * channels), y(tokens * channels), kept = to_float(tail);
        k.causal_convolution(tokens, channels, width, wide.data(), stride, w.data(), b.data(), kept.data(), pre.data(),
                             y.data());
        const auto value = [&] {
            return reference::causal_convolution(tokens, channels, width, x, weight, bias, tail);
        };
        expect_near(y, value(), 1e-5, "y");

        Floats dpre = to_float(upstream), dx(tokens * stride), dweight(width * channels, 0.0f), dbias(channels, 0.0f);
        k.causal_convolution_backward(tokens, channels, width, wide.data(), stride, w.data(), pre.data(), dpre.data(),
                                      dx.data(), dweight.data(), dbias.data());
        const auto loss = [&] { return reference::dot(upstream, value()); };
        Floats narrow;
        for (int t = 0; t < tokens; t++)
            for (int c = 0; c < channels; c++) narrow.push_back(dx[t * stride + c]);
        expect_near(narrow, reference::central_differences(x, loss), 1e-4, "dx");
        expect_near(dweight, reference::central_differences(weight, loss), 1e-4, "dweight");
        expect_near(dbias, reference::central_differences(bias, loss), 1e-4, "dbias");

        // Token by token, the tail carried along, is the same to the last bit.
        Floats carried = to_float(tail), step_pre(channels), step_y(tokens * channels);
        for (int t = 0; t < tokens; t++)
            k.causal_convolution(1, channels, width, wide.data() + t * stride, stride, w.data(), b.data(),
                                 carried.data(), step_pre.data(), step_y.data() + t * channels);
        EXPECT_EQ(step_y, y);
        EXPECT_EQ(carried, kept);
    }
}

TEST_P(Kernels, SelectiveScan) {
    for (const auto [tokens, channels, state] :
         {std::array{1, 16, 1}, {7, 18, 3}, {12, 40, 4}, {5, 16, 16}, {6, 7, 20}}) {
        Vector x = random_vector(random, tokens * channels), delta = random_vector(random, tokens * channels),
               a = random_vector(random, state * channels), b = random_vector(random, tokens * state),
               c = random_vector(random, tokens * state), skip = random_vector(random, channels);
        for (double& v : delta) v = static_cast<float>(reference::softplus(v));
        for (double& v : a) v = static_cast<float>(-std::exp(v));
        const Vector upstream = random_vector(random, tokens * channels);
        const int stride = 2 * state + 3;
        Floats bc(tokens * stride, 9.0f);
        for (int t = 0; t < tokens; t++)
            for (int n = 0; n < state; n++) {
                bc[t * stride + n] = static_cast<float>(b[t * state + n]);
                bc[t * stride + state + n] = static_cast<float>(c[t * state + n]);
            }
        const Floats xf = to_float(x), df = to_float(delta), af = to_float(a), sf = to_float(skip);
        Floats h(state * channels, 0.0f), y(tokens * channels);
        k.selective_scan(tokens, channels, state, xf.data(), df.data(), af.data(), bc.data(), bc.data() + state, stride,
                         sf.data(), h.data(), y.data());
        const auto value = [&] {
            Vector zeros(state * channels, 0.0);
            return reference::selective_scan(tokens, channels, state, x, delta, a, b, c, skip, zeros);
        };
        expect_near(y, value(), 1e-5, "y");
        Vector h_expected(state * channels, 0.0);
        reference::selective_scan(tokens, channels, state, x, delta, a, b, c, skip, h_expected);
        expect_near(h, h_expected, 1e-5, "h");

        Floats dx(tokens * channels), ddelta(tokens * channels), da(state * channels, 0.0f), dbc(tokens * stride, 0.0f),
            dskip(channels, 0.0f), scratch(scan_scratch(tokens, state), 9.0f);
        k.selective_scan_backward(tokens, channels, state, xf.data(), df.data(), af.data(), bc.data(),
                                  bc.data() + state, stride, sf.data(), to_float(upstream).data(), dx.data(),
                                  ddelta.data(), da.data(), dbc.data(), dbc.data() + state, dskip.data(),
                                  scratch.data());
        const auto loss = [&] { return reference::dot(upstream, value()); };
        expect_near(dx, reference::central_differences(x, loss), 1e-4, "dx");
        expect_near(ddelta, reference::central_differences(delta, loss), 1e-4, "ddelta");
        expect_near(da, reference::central_differences(a, loss), 1e-4, "da");
        expect_near(dskip, reference::central_differences(skip, loss), 1e-4, "dskip");
        Floats db, dc;
        for (int t = 0; t < tokens; t++)
            for (int n = 0; n < state; n++) {
                db.push_back(dbc[t * stride + n]);
                dc.push_back(dbc[t * stride + state + n]);
            }
        expect_near(db, reference::central_differences(b, loss), 1e-4, "db");
        expect_near(dc, reference::central_differences(c, loss), 1e-4, "dc");

        // Token by token is the same to the last bit: the state carries everything.
        Floats carried(state * channels, 0.0f), step_y(tokens * channels);
        for (int t = 0; t < tokens; t++)
            k.selective_scan(1, channels, state, xf.data() + t * channels, df.data() + t * channels, af.data(),
                             bc.data() + t * stride, bc.data() + t * stride + state, stride, sf.data(), carried.data(),
                             step_y.data() + t * channels);
        EXPECT_EQ(step_y, y);
        EXPECT_EQ(carried, h);
    }
}

TEST_P(Kernels, ExponentialScores) {
    const int items = 7, tokens = 21;
    const Vector bias = random_vector(random, items);
    Vector totals(tokens, 0.0), references(tokens);
    Floats reference(tokens, -std::numeric_limits<float>::infinity()), partition(tokens, 0.0f), correction(tokens);
    // The third block lies far above what the first one has made the reference, for every other token.
    for (const double raise : {0.0, 5.0, 70.0, 0.0}) {
        Vector scores = random_vector(random, items * tokens, 5);
        for (int i = 0; i < items; i++)
            for (int t = 0; t < tokens; t += 2) scores[i * tokens + t] += raise;
        const Floats before = reference;
        Floats e = to_float(scores);
        const bool corrected = k.exponential_scores(items, tokens, to_float(bias).data(), e.data(), reference.data(),
                                                    partition.data(), correction.data());
        EXPECT_EQ(corrected, reference != before);
        for (int t = 0; t < tokens; t++) {
            EXPECT_EQ(correction[t] == 1.0f, reference[t] == before[t]);
            if (reference[t] != before[t]) {
                totals[t] *= std::exp(std::max(static_cast<double>(before[t]) - reference[t], -87.0));
                EXPECT_EQ(raise == 0 || (raise == 70 && t % 2 == 0), true);
            }
            for (int i = 0; i < items; i++) {
                const double exact = std::exp(scores[i * tokens + t] + bias[i] - reference[t]);
                totals[t] += exact;
                EXPECT_NEAR(e[i * tokens + t], exact, 2e-5 * exact + 2e-38);  // the least that exponential() gives
            }
            EXPECT_NEAR(partition[t] / totals[t], 1, 2e-5);
        }
    }
    // Without a bias.
    Floats score(tokens, 1.5f), zero(tokens, 0.0f);
    reference.assign(tokens, -std::numeric_limits<float>::infinity());
    k.exponential_scores(1, tokens, nullptr, score.data(), reference.data(), zero.data(), correction.data());
    for (int t = 0; t < tokens; t++) EXPECT_EQ(zero[t], 1.0f);
}

TEST_P(Kernels, WeightedRowSums) {
    const int rows = 3, columns = 37;
    const Vector x = random_vector(random, rows * columns), weight = random_vector(random, columns);
    Floats y(rows, 2.0f);
    k.weighted_row_sums(rows, columns, to_float(x).data(), to_float(weight).data(), y.data());
    for (int r = 0; r < rows; r++) {
        double total = 2;
        for (int c = 0; c < columns; c++) total += x[r * columns + c] * weight[c];
        EXPECT_NEAR(y[r], total, 1e-5);
    }
}

TEST_P(Kernels, DropoutKeepsItsMaskAndItsMean) {
    const std::size_t n = 100003;
    Floats x(n, 1.0f), again(n, 1.0f), other(n, 1.0f);
    k.dropout(0, n, 0.3f, 42, x.data());
    k.dropout(0, 5000, 0.3f, 42, again.data());
    k.dropout(5000, n - 5000, 0.3f, 42, again.data() + 5000);  // in two parts, the same
    k.dropout(0, n, 0.3f, 43, other.data());
    EXPECT_EQ(x, again);
    EXPECT_NE(x, other);
    double total = 0;
    std::size_t dropped = 0, same = 0;
    for (std::size_t i = 0; i < n; i++) {
        total += x[i];
        dropped += x[i] == 0;
        same += (x[i] == 0) == (other[i] == 0);
    }
    EXPECT_NEAR(total / n, 1.0, 0.01);
    EXPECT_NEAR(static_cast<double>(dropped) / n, 0.3, 0.01);
    EXPECT_NEAR(static_cast<double>(same) / n, 0.58, 0.01);  // independent masks agree in 0.7^2 + 0.3^2
}

TEST_P(Kernels, AdamW) {
    const std::size_t n = 21;
    const Vector gradient = random_vector(random, n);
    Vector value = random_vector(random, n), first(n, 0.1), second(n, 0.2);
    Floats v = to_float(value), m = to_float(first), s = to_float(second);
    k.adamw(n, 0.01f, 0.9f, 0.999f, 1e-3f, 0.02f, to_float(gradient).data(), m.data(), s.data(), v.data());
    for (std::size_t i = 0; i < n; i++) {
        first[i] = 0.9 * first[i] + 0.1 * gradient[i];
        second[i] = 0.999 * second[i] + 0.001 * gradient[i] * gradient[i];
        value[i] = 0.98 * value[i] - 0.01 * first[i] / (std::sqrt(second[i]) + 1e-3);
    }
    expect_near(v, value, 1e-6, "value");
    double norm = 0;
    for (const double g : gradient) norm += g * g;
    EXPECT_NEAR(k.squared_norm(n, to_float(gradient).data()), norm, 1e-4);
}

}  // namespace
}  // namespace holomamba::kernels
