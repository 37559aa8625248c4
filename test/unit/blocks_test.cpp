// The blocks besides mamba: against plain versions in double precision, and their gradients against central differences.
#include <cmath>
#include <functional>
#include <memory>

#include "hrr/error.hpp"
#include "model/attention.hpp"
#include "model/gru.hpp"
#include "model/network.hpp"
#include "near.hpp"
#include "reference.hpp"

namespace holomamba {
namespace {

using reference::random_vector;
using reference::sigmoid;
using reference::to_float;
using reference::Vector;

constexpr int kD = 6, kHeads = 2, kSpan = 4;

Options block_options() {
    Options options;
    options.dimension = kD;
    options.expand = 2;
    options.attention_heads = kHeads;
    options.attention_span = kSpan;
    return options;
}

// A layer alone, with parameters that are all different.
struct Bench {
    explicit Bench(const std::function<std::unique_ptr<Layer>(ParameterLayout&)>& make) : layer(make(layout)) {
        parameters = random_vector(random, layout.size(), 0.4);
    }
    const double* parameter(const std::string& name) const {
        for (const ParameterInfo& p : layout.parameters())
            if (p.name == name) return parameters.data() + p.offset;
        throw std::out_of_range(name);
    }

    Random random{5};
    ParameterLayout layout;
    std::unique_ptr<Layer> layer;
    Vector parameters;
};

// y = W x + b, b where there is one.
Vector linear(const Bench& bench, const std::string& name, bool with_bias, int outputs, const Vector& x) {
    const double* weight = bench.parameter(name + ".weight");
    Vector y(outputs);
    for (int o = 0; o < outputs; o++) {
        y[o] = with_bias ? bench.parameter(name + ".bias")[o] : 0;
        for (std::size_t i = 0; i < x.size(); i++) y[o] += weight[o * x.size() + i] * x[i];
    }
    return y;
}

// One sequence [tokens x d] through a GRU.
Vector plain_gru(const Bench& bench, const Vector& x) {
    constexpr int kE = 2 * kD;
    Vector h(kE, 0), out;
    for (std::size_t t = 0; t < x.size() / kD; t++) {
        const auto at = x.begin() + static_cast<std::ptrdiff_t>(t * kD);
        const Vector i = linear(bench, "b.in_projection", true, 3 * kE, Vector(at, at + kD));
        const Vector u = linear(bench, "b.recurrent_projection", true, 3 * kE, h);
        for (int c = 0; c < kE; c++) {
            const double r = sigmoid(i[c] + u[c]), z = sigmoid(i[kE + c] + u[kE + c]);
            const double n = std::tanh(i[2 * kE + c] + r * u[2 * kE + c]);
            h[c] = (1 - z) * n + z * h[c];
        }
        const Vector y = linear(bench, "b.out_projection", false, kD, h);
        out.insert(out.end(), y.begin(), y.end());
    }
    return out;
}

// One sequence through causal attention to the last kSpan events.
Vector plain_attention(const Bench& bench, const Vector& x) {
    constexpr int kE = 2 * kD, kWidth = kE / kHeads;
    std::vector<Vector> projected;
    Vector out;
    for (int t = 0; t < static_cast<int>(x.size()) / kD; t++) {
        projected.push_back(linear(bench, "b.in_projection", false, 3 * kE, Vector(x.begin() + t * kD, x.begin() + (t + 1) * kD)));
        Vector attended(kE, 0);
        for (int head = 0; head < kHeads; head++) {
            const int first = std::max(0, t + 1 - kSpan), begin = head * kWidth;
            Vector weights;
            double total = 0;
            for (int j = first; j <= t; j++) {
                double score = 0;
                for (int c = begin; c < begin + kWidth; c++) score += projected[t][c] * projected[j][kE + c];
                weights.push_back(std::exp(score / std::sqrt(kWidth) + bench.parameter("b.distance_bias")[head * kSpan + t - j]));
                total += weights.back();
            }
            for (int j = first; j <= t; j++)
                for (int c = begin; c < begin + kWidth; c++) attended[c] += weights[j - first] / total * projected[j][2 * kE + c];
        }
        const Vector y = linear(bench, "b.out_projection", false, kD, attended);
        out.insert(out.end(), y.begin(), y.end());
    }
    return out;
}

// Sequences of several lengths, one of them empty, packed; every element of y weighs in the scalar whose gradient is taken.
void check(const std::function<std::unique_ptr<Layer>(ParameterLayout&)>& make,
           const std::function<Vector(const Bench&, const Vector&)>& plain) {
    Bench bench(make);
    const std::vector<int> starts{0, 3, 3, 10, 11, 15};
    const int tokens = starts.back();
    Vector x = random_vector(bench.random, tokens * kD);
    const Vector upstream = random_vector(bench.random, tokens * kD);
    const auto expected = [&] {
        Vector y;
        for (std::size_t s = 0; s + 1 < starts.size(); s++) {
            const Vector part = plain(bench, Vector(x.begin() + starts[s] * kD, x.begin() + starts[s + 1] * kD));
            y.insert(y.end(), part.begin(), part.end());
        }
        return y;
    };
    const auto value = [&] { return reference::dot(expected(), upstream); };
    for (const KernelTable* table : kernel_tables()) {
        const std::vector<float> parameters = to_float(bench.parameters), in = to_float(x), dy = to_float(upstream);
        std::vector<float> gradients(parameters.size(), 0.0f), y(in.size()), dx(in.size());
        Arena arena;
        Pass pass{*table, parameters.data(), gradients.data(), starts, arena};
        Saved saved{};
        bench.layer->forward(pass, in.data(), nullptr, y.data(), saved);
        expect_near(y, expected(), 1e-5, "y");
        bench.layer->backward(pass, in.data(), dy.data(), dx.data(), saved);
        expect_near(dx, reference::central_differences(x, value), 1e-4, "dx");
        expect_near(gradients, reference::central_differences(bench.parameters, value), 1e-4, "gradients");
    }
}

TEST(Blocks, GruEqualsThePlainOne) {
    check([](ParameterLayout& layout) { return std::make_unique<Gru>(block_options(), "b", layout); }, plain_gru);
}

TEST(Blocks, AttentionEqualsThePlainOne) {
    check([](ParameterLayout& layout) { return std::make_unique<Attention>(block_options(), "b", layout); }, plain_attention);
}


TEST(Blocks, ChannelsThatHeadsDoNotDivideAreRefused) {
    Options options = block_options();
    options.block = "attention";
    options.attention_heads = 5;
    const Catalogue catalogue;
    try {
        const Network network(options, catalogue);
        FAIL();
    } catch (const Error& e) {
        EXPECT_STREQ(e.what(), "12 channels cannot be divided among 5 attention heads");
    }
}

}  // namespace
}  // namespace holomamba
