#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/random.hpp"
#include "hrr/binding.hpp"
#include "hrr/direct_transform.hpp"
#include "hrr/mixed_radix.hpp"
#include "hrr/transform.hpp"
#include "hrr/vector.hpp"
#include "kernels/kernels.hpp"

namespace holomamba::hrr {
namespace {

using Vector = std::vector<float>;

// Both sides of kLongestDirectBind, and primes on both sides of it; odd, even, prime and highly composite.
const std::size_t kLengths[] = {1, 2, 3, 4, 5, 7, 16, 31, 33, 64, 96, 100, 127, 128, 129, 131, 1000, 1021};

Vector random_vector(std::size_t n, std::uint64_t seed) {
    Vector x(n);
    hrr::random_vector(n, seed, x.data());
    return x;
}

Vector unitary_vector(std::size_t n, std::uint64_t seed) {
    Vector x(n);
    hrr::unitary_vector(n, seed, x.data());
    return x;
}

Vector identity(std::size_t n) {
    Vector x(n);
    hrr::identity(n, x.data());
    return x;
}

template <typename Function, typename... Arguments>
Vector result_of(Function function, const Vector& x, Arguments... arguments) {
    Vector out(x.size());
    function(x.size(), x.data(), arguments..., out.data());
    return out;
}

// Not `bind`, which would find std::bind.
Vector bound(const Vector& x, const Vector& y) {
    return result_of(hrr::bind, x, y.data());
}
Vector unbound(const Vector& x, const Vector& y) {
    return result_of(hrr::unbind, x, y.data());
}
Vector involution(const Vector& x) {
    return result_of(hrr::involution, x);
}
Vector exact_inverse(const Vector& x) {
    return result_of(hrr::exact_inverse, x);
}
Vector unitary(const Vector& x) {
    return result_of(hrr::unitary, x);
}
Vector bind_power(const Vector& x, double power) {
    return result_of(hrr::bind_power, x, power);
}
Vector permute(const Vector& x, std::int64_t shift) {
    return result_of(hrr::permute, x, shift);
}

// The definition, term by term.
Vector direct_bind(const Vector& x, const Vector& y) {
    const std::size_t n = x.size();
    Vector out(n);
    for (std::size_t j = 0; j < n; j++) {
        double sum = 0.0;
        for (std::size_t k = 0; k < n; k++) sum += static_cast<double>(x[k]) * y[(j + n - k) % n];
        out[j] = static_cast<float>(sum);
    }
    return out;
}

std::vector<std::complex<double>> direct_spectrum(const Vector& x) {
    const std::size_t n = x.size();
    std::vector<std::complex<double>> spectrum(spectrum_size(n));
    for (std::size_t k = 0; k < spectrum.size(); k++)
        for (std::size_t j = 0; j < n; j++)
            spectrum[k] +=
                static_cast<double>(x[j]) *
                std::polar(1.0, -2.0 * std::numbers::pi * static_cast<double>(j * k % n) / static_cast<double>(n));
    return spectrum;
}

void expect_near(const Vector& actual, const Vector& expected, double tolerance, const std::string& what = "") {
    ASSERT_EQ(actual.size(), expected.size());
    double worst = 0.0;
    for (std::size_t j = 0; j < actual.size(); j++)
        worst = std::max(worst, std::fabs(static_cast<double>(actual[j]) - expected[j]));
    EXPECT_LE(worst, tolerance) << what << " n = " << actual.size();
}

base::ErrorKind error_of(const std::function<void()>& function) {
    try {
        function();
    } catch (const base::Error& error) {
        return error.kind();
    }
    ADD_FAILURE() << "nothing was thrown";
    return base::ErrorKind::corrupted;
}

constexpr double kTolerance = 2e-6;

TEST(Transform, MatchesTheDirectSum) {
    for (const std::size_t n : kLengths) {
        const Vector x = random_vector(n, n);
        std::vector<std::complex<float>> spectrum(spectrum_size(n));
        const Transform& transform = Transform::of_length(n);
        EXPECT_EQ(transform.length(), n);
        transform.forward(x.data(), spectrum.data());
        const auto expected = direct_spectrum(x);
        for (std::size_t k = 0; k < spectrum.size(); k++)
            EXPECT_LE(std::abs(std::complex<double>(spectrum[k]) - expected[k]), kTolerance) << n << " at " << k;
        Vector back(n);
        transform.inverse(spectrum.data(), back.data());
        expect_near(back, x, kTolerance);
    }
}

// Whichever the library is built with, both are tested.
TEST(RealTransform, MatchesTheDirectSum) {
    std::vector<std::size_t> lengths(std::begin(kLengths), std::end(kLengths));
    for (std::size_t n = 1; n <= 300; n++) lengths.push_back(n);
    for (const std::size_t n : {360, 512, 768, 1009, 1024, 2018, 2187}) lengths.push_back(n);
    for (const std::size_t n : lengths) {
        const Vector x = random_vector(n, n);
        // Where the layout has no imaginary part, what stands there counts for nothing.
        Vector spectrum(2 * spectrum_size(n), 7.0f), back(n);
        const RealTransform transform(n);
        transform.forward(x.data(), spectrum.data());
        const auto expected = direct_spectrum(x);
        for (std::size_t k = 0; k < spectrum_size(n); k++)
            EXPECT_LE(std::abs(std::complex<double>(spectrum[2 * k], spectrum[2 * k + 1]) - expected[k]), kTolerance)
                << n << " at " << k;
        spectrum[1] = 7.0f;
        if (n % 2 == 0) spectrum[n + 1] = 7.0f;
        transform.inverse(spectrum.data(), back.data());
        expect_near(back, x, kTolerance);
    }
}

TEST(DirectTransform, MatchesTheDirectSum) {
    for (std::size_t n = 1; n <= DirectTransform::kLongest; n++) {
        const Vector x = random_vector(n, n);
        Vector spectrum(n), back(n);
        DirectTransform::of_length(n).forward(x.data(), spectrum.data());
        DirectTransform::of_length(n).inverse(spectrum.data(), back.data());
        expect_near(back, x, kTolerance);
        const auto expected = direct_spectrum(x);
        for (std::size_t i = 0; i < n; i++) {
            const auto c = expected[(i + 1) / 2];
            EXPECT_NEAR(spectrum[i], i % 2 == 1 || i == 0 ? c.real() : c.imag(), kTolerance) << n << " at " << i;
        }
    }
}

TEST(Transform, NeedsNoAlignment) {
    const std::size_t n = 96;
    const Vector x = random_vector(n + 1, 1);
    std::vector<std::complex<float>> spectrum(spectrum_size(n) + 1);
    std::vector<std::complex<float>> aligned(spectrum_size(n));
    Vector copy(x.begin() + 1, x.end());
    Transform::of_length(n).forward(x.data() + 1, spectrum.data() + 1);
    Transform::of_length(n).forward(copy.data(), aligned.data());
    EXPECT_TRUE(std::equal(aligned.begin(), aligned.end(), spectrum.begin() + 1));
}

TEST(Transform, IsSharedBetweenThreads) {
    std::vector<std::thread> threads;
    std::vector<const Transform*> seen(8);
    for (std::size_t t = 0; t < seen.size(); t++)
        threads.emplace_back([&seen, t] {
            for (std::size_t n = 200; n < 240; n++) {
                const Vector x = random_vector(n, t);
                expect_near(bound(x, identity(n)), x, kTolerance);
            }
            seen[t] = &Transform::of_length(222);
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(std::count(seen.begin(), seen.end(), seen[0]), static_cast<std::ptrdiff_t>(seen.size()));
}

TEST(VectorKernels, MatchDoublePrecision) {
    for (const kernels::Table* table : kernels::tables())
        for (std::size_t n = 1; n <= 300; n++) {
            // One float off any alignment.
            const Vector x = random_vector(n + 1, n);
            const Vector y = random_vector(n + 1, n + 1000);
            double product = 0.0;
            double distance = 0.0;
            for (std::size_t j = 1; j <= n; j++) {
                product += static_cast<double>(x[j]) * y[j];
                distance += std::pow(static_cast<double>(x[j]) - y[j], 2);
            }
            EXPECT_NEAR(table->inner_product(n, x.data() + 1, y.data() + 1), product, kTolerance) << table->name << n;
            EXPECT_NEAR(table->squared_distance(n, x.data() + 1, y.data() + 1), distance, 2 * kTolerance)
                << table->name << n;
        }
}

TEST(VectorKernels, ConvolutionMatchesTheDirectSumAndStaysInBounds) {
    for (const kernels::Table* table : kernels::tables())
        for (std::size_t n = 1; n <= 200; n++) {
            const Vector x = random_vector(n, n);
            const Vector y = random_vector(n, n + 1000);
            constexpr float kGuard = 12345.0f;
            Vector out(n + 16, kGuard);
            Vector scratch(2 * n + 16 + 16, kGuard);
            table->circular_convolution(n, x.data(), y.data(), out.data(), scratch.data());
            EXPECT_EQ(std::count(out.begin() + static_cast<std::ptrdiff_t>(n), out.end(), kGuard), 16);
            EXPECT_EQ(std::count(scratch.end() - 16, scratch.end(), kGuard), 16);
            out.resize(n);
            expect_near(out, direct_bind(x, y), kTolerance, table->name);
        }
}

TEST(Binding, MatchesTheDirectSum) {
    for (const std::size_t n : kLengths) {
        const Vector x = random_vector(n, 1);
        const Vector y = random_vector(n, 2);
        expect_near(bound(x, y), direct_bind(x, y), kTolerance, "bind");
        expect_near(unbound(x, y), direct_bind(x, involution(y)), kTolerance, "unbind");
    }
}

TEST(Binding, SmallIntegersAreExactBelowTheCutOver) {
    EXPECT_EQ(bound({1, 2, 3}, {4, 5, 6}), (Vector{31, 31, 28}));
    EXPECT_EQ(unbound({1, 2, 3}, {4, 5, 6}), (Vector{32, 29, 29}));
    EXPECT_EQ(bound({3}, {-2}), (Vector{-6}));
}

TEST(Binding, IsACommutativeRing) {
    for (const std::size_t n : kLengths) {
        const Vector x = random_vector(n, 1);
        const Vector y = random_vector(n, 2);
        const Vector z = random_vector(n, 3);
        Vector sum(n);
        for (std::size_t j = 0; j < n; j++) sum[j] = x[j] + y[j];
        const Vector xz = bound(x, z);
        const Vector yz = bound(y, z);
        Vector expected(n);
        for (std::size_t j = 0; j < n; j++) expected[j] = xz[j] + yz[j];
        expect_near(bound(x, y), bound(y, x), kTolerance, "commutative");
        expect_near(bound(bound(x, y), z), bound(x, bound(y, z)), 2 * kTolerance, "associative");
        expect_near(bound(sum, z), expected, 2 * kTolerance, "distributive");
        expect_near(bound(x, identity(n)), x, kTolerance, "identity");
        expect_near(involution(bound(x, y)), bound(involution(x), involution(y)), kTolerance,
                    "involution of a product");
        expect_near(permute(bound(x, y), 3), bound(permute(x, 3), y), kTolerance, "shifts commute with binding");
    }
}

TEST(Binding, UnbindIsTheGradientOfBind) {
    const std::size_t n = 7;
    const Vector x = random_vector(n, 1);
    const Vector y = random_vector(n, 2);
    const Vector upstream = random_vector(n, 3);
    const Vector gradient = unbound(upstream, y);
    for (std::size_t k = 0; k < n; k++) {
        Vector direction(n);
        direction[k] = 1.0f;
        EXPECT_NEAR(hrr::inner_product(n, upstream.data(), bound(direction, y).data()), gradient[k], kTolerance);
    }
}

TEST(Involution, ReversesAllButTheFirst) {
    EXPECT_EQ(involution({1, 2, 3, 4}), (Vector{1, 4, 3, 2}));
    EXPECT_EQ(involution({5}), (Vector{5}));
    for (const std::size_t n : kLengths) {
        const Vector x = random_vector(n, 4);
        EXPECT_EQ(involution(involution(x)), x);
    }
}

TEST(Permute, ShiftsCyclically) {
    const Vector x{1, 2, 3, 4};
    EXPECT_EQ(permute(x, 1), (Vector{4, 1, 2, 3}));
    EXPECT_EQ(permute(x, -1), (Vector{2, 3, 4, 1}));
    EXPECT_EQ(permute(x, 0), x);
    EXPECT_EQ(permute(x, 4), x);
    EXPECT_EQ(permute(x, -9), permute(x, -1));
    EXPECT_EQ(permute(x, std::numeric_limits<std::int64_t>::min()), x);
    EXPECT_EQ(permute({7}, 5), (Vector{7}));
}

TEST(Unitary, HasASpectrumOfMagnitudeOne) {
    for (const std::size_t n : kLengths) {
        for (const Vector& x : {unitary(random_vector(n, 5)), unitary_vector(n, 6)}) {
            for (const auto& c : direct_spectrum(x)) EXPECT_NEAR(std::abs(c), 1.0, kTolerance) << n;
            const Vector y = random_vector(n, 7);
            expect_near(unbound(bound(y, x), x), y, 2 * kTolerance, "unbinding is exact");
            EXPECT_NEAR(hrr::norm(n, bound(y, x).data()), hrr::norm(n, y.data()), kTolerance);
            expect_near(exact_inverse(x), involution(x), kTolerance, "inverse");
        }
    }
}

TEST(Unitary, KeepsPhasesWhateverTheScale) {
    const Vector x = random_vector(96, 8);
    for (const float scale : {0x1p-130f, 0x1p-100f, 0x1p120f}) {
        Vector scaled = x;
        for (float& element : scaled) element *= scale;
        expect_near(unitary(scaled), unitary(x), scale < 1e-38f ? 1e-3 : kTolerance);
    }
}

TEST(Unitary, ReplacesVanishingCoefficientsByOne) {
    for (const std::size_t n : kLengths) expect_near(unitary(Vector(n)), identity(n), kTolerance, "zero");
    // A constant vector has one coefficient only; the others become 1.
    expect_near(unitary(Vector(100, 0.3f)), identity(100), kTolerance, "constant");
    Vector negative(100, -0.3f);
    for (const auto& c : direct_spectrum(unitary(negative))) EXPECT_NEAR(std::abs(c), 1.0, kTolerance);
}

TEST(ExactInverse, UndoesABinding) {
    EXPECT_EQ(exact_inverse({4}), (Vector{0.25f}));
    expect_near(exact_inverse({2, 1}), {2.0f / 3, -1.0f / 3}, kTolerance);
    for (const std::size_t n : kLengths) {
        // Dominated by its first element, so that no coefficient is small.
        Vector x = random_vector(n, 9);
        x[0] += 4.0f;
        expect_near(bound(x, exact_inverse(x)), identity(n), kTolerance, "inverse");
    }
    expect_near(exact_inverse({0x1p-80f, 0.0f, 0.0f}), {0x1p80f, 0.0f, 0.0f}, 0.0);
}

TEST(ExactInverse, RefusesASpectrumWithAZero) {
    EXPECT_EQ(error_of([] { exact_inverse({0, 0, 0}); }), base::ErrorKind::data);
    EXPECT_EQ(error_of([] { exact_inverse({1, 1}); }), base::ErrorKind::data);
    EXPECT_EQ(error_of([] { exact_inverse(Vector(1000, 0.1f)); }), base::ErrorKind::data);
}

TEST(BindPower, AddsExponents) {
    for (const std::size_t n : kLengths) {
        const Vector x = unitary_vector(n, 10);
        expect_near(bind_power(x, 1.0), x, kTolerance, "1");
        expect_near(bind_power(x, 2.0), bound(x, x), kTolerance, "2");
        expect_near(bind_power(x, -1.0), exact_inverse(x), kTolerance, "-1");
        expect_near(bound(bind_power(x, 0.3), bind_power(x, 1.9)), bind_power(x, 2.2), 2 * kTolerance, "0.3 + 1.9");
        EXPECT_EQ(bind_power(x, 0.0), identity(n));
        for (const auto& c : direct_spectrum(bind_power(x, 0.37))) EXPECT_NEAR(std::abs(c), 1.0, kTolerance);
    }
}

TEST(BindPower, IsExactForIntegersOfAnyVector) {
    expect_near(bind_power({1, 2, 3}, 2.0), {13, 13, 10}, 1e-5);
    expect_near(bind_power({-2}, 3.0), {-8}, 1e-5);
    expect_near(bind_power({0, 1}, -1.0), {0, 1}, kTolerance);  // the coefficient at n/2 is -1
    for (const std::size_t n : kLengths) {
        const Vector x = random_vector(n, 11);
        expect_near(bind_power(x, 3.0), bound(x, bound(x, x)), 1e-5, "3");
    }
    expect_near(bind_power({1, 1}, 0.5), {std::numbers::sqrt2_v<float> / 2, std::numbers::sqrt2_v<float> / 2},
                kTolerance);
    expect_near(bind_power({0x1p100f}, 0.5), {0x1p50f}, 0x1p30);
}

TEST(BindPower, RefusesWhatHasNoValue) {
    EXPECT_EQ(error_of([] {
                  bind_power({1, 2}, std::numeric_limits<double>::quiet_NaN());
              }),
              base::ErrorKind::invalid_parameter);
    EXPECT_EQ(error_of([] {
                  bind_power({1, 2}, std::numeric_limits<double>::infinity());
              }),
              base::ErrorKind::invalid_parameter);
    EXPECT_EQ(error_of([] { bind_power({1, 1}, -0.5); }), base::ErrorKind::data);
    EXPECT_EQ(error_of([] { bind_power({0, 0}, -1.0); }), base::ErrorKind::data);
    // Negative at frequency 0, and at n/2: the whole of a coefficient would be lost.
    for (const Vector& x : {Vector{-2}, Vector{-3, 1}, Vector{1, 2}, Vector{-2, 0.5f, 0.5f}, Vector{1, 2, 1, 2}})
        for (const double power : {0.5, -0.5, 2.5, 1e-3})
            EXPECT_EQ(error_of([&] { bind_power(x, power); }), base::ErrorKind::data);
    // Every frequency but those two may have any phase.
    expect_near(bound(bind_power({1, 2, 3, 1}, 0.5), bind_power({1, 2, 3, 1}, 0.5)), {1, 2, 3, 1}, 1e-5, "root");
}

TEST(BindPower, OfANegativeCoefficientKeepsItsSign) {
    expect_near(bind_power({-1}, 1e15 + 1), {-1}, 0, "odd");
    expect_near(bind_power({-1}, -1e15), {1}, 0, "even");
    expect_near(bind_power({0, 1}, 9007199254740991.0), {0, 1}, kTolerance, "odd, at n/2");
}

TEST(Normalize, GivesLengthOneOrZero) {
    for (const float scale : {0x1p-140f, 0x1p-70f, 1.0f, 0x1p100f}) {
        const Vector x = result_of(hrr::normalize, Vector{3 * scale, 4 * scale});
        expect_near(x, {0.6f, 0.8f}, 1e-7);
    }
    EXPECT_EQ(result_of(hrr::normalize, Vector{0, 0}), (Vector{0, 0}));
}

TEST(Distances, NeitherOverflowNorVanish) {
    const Vector large{3e38f, -3e38f};
    const Vector small{1e-40f, 0};
    const Vector zero{0, 0};
    EXPECT_NEAR(hrr::norm(2, large.data()) / 3e38, std::numbers::sqrt2, 1e-6);
    EXPECT_NEAR(hrr::squared_distance(2, large.data(), zero.data()) / 18e76, 1.0, 1e-6);
    EXPECT_GT(hrr::squared_distance(2, small.data(), zero.data()), 0.0);
    EXPECT_EQ(hrr::squared_distance(2, small.data(), small.data()), 0.0);
    EXPECT_EQ(hrr::inner_product(2, large.data(), zero.data()), 0.0);
    EXPECT_EQ(hrr::cosine_similarity(2, large.data(), large.data()), 1.0);
    EXPECT_EQ(hrr::cosine_similarity(2, small.data(), small.data()), 1.0);
    EXPECT_TRUE(std::isnan(hrr::cosine_similarity(2, large.data(), zero.data())));
}

TEST(Elements, AddScaleAndAverage) {
    const Vector x{1, 2, 3};
    const Vector y{4, -5, 6};
    EXPECT_EQ(result_of(hrr::add, x, y.data()), (Vector{5, -3, 9}));
    EXPECT_EQ(result_of(hrr::subtract, x, y.data()), (Vector{-3, 7, -3}));
    EXPECT_EQ(result_of(hrr::negate, x), (Vector{-1, -2, -3}));
    EXPECT_EQ(result_of(hrr::multiply, x, 0.5), (Vector{0.5f, 1, 1.5f}));
    EXPECT_EQ(result_of(hrr::divide, x, 2.0), (Vector{0.5f, 1, 1.5f}));
    std::vector<double> sum{0, 0, 0};
    hrr::add_to_sum(3, x.data(), sum.data());
    hrr::add_to_sum(3, y.data(), sum.data());
    hrr::add_sums(3, std::vector<double>{1, 1, 1}.data(), sum.data());
    Vector mean(3);
    hrr::mean_of_sum(3, sum.data(), 2, mean.data());
    EXPECT_EQ(mean, (Vector{3, -1, 5}));
}

TEST(Elements, CompareInOrder) {
    const float x[]{1, 2, 3};
    const float y[]{1, 2, 4};
    const float zeros[]{0.0f, -0.0f};
    EXPECT_EQ(hrr::compare(3, x, 3, x), 0);
    EXPECT_EQ(hrr::compare(3, x, 3, y), -1);
    EXPECT_EQ(hrr::compare(3, y, 3, x), 1);
    EXPECT_EQ(hrr::compare(2, x, 3, x), -1);
    EXPECT_EQ(hrr::compare(3, x, 2, x), 1);
    EXPECT_EQ(hrr::compare(1, y + 2, 3, x), 1);
    EXPECT_EQ(hrr::compare(1, zeros, 1, zeros + 1), 0);
}

TEST(Elements, FindWhatIsNotFinite) {
    const float largest = std::numeric_limits<float>::max();
    EXPECT_TRUE(hrr::all_finite(3, Vector{0, largest, -largest}.data()));
    EXPECT_FALSE(hrr::all_finite(2, Vector{0, std::numeric_limits<float>::infinity()}.data()));
    EXPECT_FALSE(hrr::all_finite(2, Vector{-std::numeric_limits<float>::infinity(), 0}.data()));
    EXPECT_FALSE(hrr::all_finite(2, Vector{0, std::numeric_limits<float>::quiet_NaN()}.data()));
}

TEST(RandomVectors, HaveTheRightMoments) {
    const std::size_t n = 4096;
    const Vector x = random_vector(n, 12);
    double mean = 0.0;
    for (const float element : x) mean += element;
    mean /= static_cast<double>(n);
    EXPECT_NEAR(mean * std::sqrt(static_cast<double>(n)), 0.0, 4.0 / std::sqrt(static_cast<double>(n)));
    EXPECT_NEAR(hrr::norm(n, x.data()), 1.0, 0.05);
    for (const auto& draw : {random_vector, unitary_vector}) {
        EXPECT_EQ(draw(n, 1), draw(n, 1));
        EXPECT_NE(draw(n, 1), draw(n, 2));
        EXPECT_LT(std::fabs(hrr::cosine_similarity(n, draw(n, 1).data(), draw(n, 2).data())), 0.08);
    }
    EXPECT_LT(std::fabs(hrr::cosine_similarity(n, random_vector(n, 1).data(), unitary_vector(n, 1).data())), 0.08);
}

}  // namespace
}  // namespace holomamba::hrr
