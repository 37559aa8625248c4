// The HRR algebra against test/golden/hrr.txt: numpy's results in double precision.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "golden.hpp"
#include "hrr/binding.hpp"
#include "hrr/bound_product.hpp"
#include "hrr/fhrr.hpp"
#include "hrr/vector.hpp"

namespace holomamba::hrr {
namespace {

using Vector = std::vector<float>;

constexpr double kTolerance = 1e-5;

// The inputs, as make_hrr_golden.py makes them.
Vector noise(std::size_t n, std::uint64_t seed) {
    base::Random random(seed);
    Vector x(n);
    for (float& element : x) element = static_cast<float>(static_cast<double>(random.next() >> 40) * 0x1p-23 - 1.0);
    return x;
}

Vector invertible(std::size_t n, std::uint64_t seed) {
    Vector x = noise(n, seed);
    const int scale = -static_cast<int>(std::ceil(std::log2(std::sqrt(static_cast<double>(n))) + 1));
    for (float& element : x) element = std::ldexp(element, scale);
    x[0] += 1.0f;
    return x;
}

Vector spectrum_of(const Vector& x) {
    Vector out(x.size());
    fhrr::from_hrr(x.size(), x.data(), out.data());
    return out;
}

Vector bundle_of(const std::vector<Vector>& vectors) {
    const std::size_t n = vectors[0].size();
    std::vector<double> sum(n);
    for (const Vector& x : vectors) hrr::add_to_sum(n, x.data(), sum.data());
    Vector out(n);
    hrr::mean_of_sum(n, sum.data(), 1.0, out.data());
    return out;
}

// function(product, x) for each of the vectors, then result(product, out).
template <typename Function, typename Result>
Vector product_of(const std::vector<Vector>& vectors, Function function, Result result) {
    const std::size_t n = vectors[0].size();
    double count;
    std::vector<double> memory(hrr::BoundProduct::size(n));
    hrr::BoundProduct product(n, &count, memory.data());
    product.clear();
    for (const Vector& x : vectors) function(product, x.data());
    Vector out(n);
    result(product, out.data());
    return out;
}

class HrrGolden : public testing::TestWithParam<std::size_t> {
  protected:
    // Elements are compared relative to the length of all that were kept of the result.
    void expect(const std::string& name, const Vector& actual) {
        static const auto records = read_golden("hrr.txt");
        const std::vector<double>& expected = records.at(std::to_string(n) + "." + name);
        const std::size_t kept = expected.size() - 1;
        double length = 0.0;
        for (const float element : actual) length += static_cast<double>(element) * element;
        EXPECT_NEAR(std::sqrt(length) / expected[0], 1.0, kTolerance) << name;
        double error = 0.0;
        double total = 0.0;
        for (std::size_t i = 0; i < kept; i++) {
            error += std::pow(actual[i * n / kept] - expected[i + 1], 2);
            total += std::pow(expected[i + 1], 2);
        }
        EXPECT_LE(std::sqrt(error / total), kTolerance) << name;
    }

    template <typename Function, typename... Arguments>
    Vector result(Function function, Arguments... arguments) {
        Vector out(n);
        function(n, arguments..., out.data());
        return out;
    }

    const std::size_t n = GetParam();
    const Vector x = noise(n, 1), y = noise(n, 2), v = invertible(n, 3);
    const std::vector<Vector> all{x, y, noise(n, 3), noise(n, 4), noise(n, 5)};
};

INSTANTIATE_TEST_SUITE_P(Lengths, HrrGolden,
                         testing::Values(1, 2, 3, 4, 5, 7, 64, 96, 100, 127, 128, 1000, 1024, 4096, 16000));

TEST_P(HrrGolden, Vectors) {
    expect("bind", result(hrr::bind, x.data(), y.data()));
    expect("unbind", result(hrr::unbind, x.data(), y.data()));
    expect("bundle", bundle_of(all));
    expect("bind_all", product_of(
                           all, [](auto& product, const float* a) { product.bind_vector(a); },
                           [](const auto& product, float* out) { product.vector(out); }));
    expect("exact_inverse", result(hrr::exact_inverse, v.data()));
    expect("bind_power_2.5", result(hrr::bind_power, v.data(), 2.5));
    expect("bind_power_-0.3", result(hrr::bind_power, v.data(), -0.3));
    expect("permute", result(hrr::permute, x.data(), 3));
}

TEST_P(HrrGolden, Spectra) {
    const Vector fx = spectrum_of(x), fy = spectrum_of(y), fv = spectrum_of(v);
    std::vector<Vector> spectra;
    for (const Vector& a : all) spectra.push_back(spectrum_of(a));
    const auto power = [&](double p) {
        Vector out(n);
        fhrr::bind_power(n, fv.data(), p, out.data());
        return out;
    };
    expect("fhrr.bind", result(fhrr::bind, fx.data(), fy.data()));
    expect("fhrr.unbind", result(fhrr::unbind, fx.data(), fy.data()));
    expect("fhrr.bundle", bundle_of(spectra));
    expect("fhrr.bind_all", product_of(
                                spectra, [](auto& product, const float* a) { product.bind_spectrum(a); },
                                [](const auto& product, float* out) { product.spectrum(out); }));
    expect("fhrr.exact_inverse", result(fhrr::exact_inverse, fv.data()));
    expect("fhrr.bind_power_2.5", power(2.5));
    expect("fhrr.bind_power_-0.3", power(-0.3));
    expect("fhrr.permute", result(fhrr::permute, fx.data(), 3));
}

}  // namespace
}  // namespace holomamba::hrr
