// Products of many vectors, against oracles in double precision.
#include "hrr/bound_product.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <vector>

#include "base/error.hpp"
#include "hrr/binding.hpp"
#include "hrr/fhrr.hpp"
#include "hrr/transform.hpp"
#include "hrr/vector.hpp"

namespace holomamba::hrr {
namespace {

using Vector = std::vector<float>;

struct Product {
    explicit Product(std::size_t n) : length(n), memory(hrr::BoundProduct::size(n)), view(n, &count, memory.data()) {
        view.clear();
    }
    Vector vector() const {
        Vector out(length);
        view.vector(out.data());
        return out;
    }
    Vector spectrum() const {
        Vector out(length);
        view.spectrum(out.data());
        return out;
    }
    // log2 of a coefficient's magnitude, and its phase.
    double level(std::size_t k) const {
        return std::log2(std::hypot(memory[2 * k], memory[2 * k + 1])) + memory[2 * spectrum_size(length) + k];
    }
    double phase(std::size_t k) const { return std::atan2(memory[2 * k + 1], memory[2 * k]); }

    std::size_t length;
    double count = -1;
    std::vector<double> memory;
    hrr::BoundProduct view;
};

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

Vector spectrum_of(const Vector& x) {
    Vector out(x.size());
    fhrr::from_hrr(x.size(), x.data(), out.data());
    return out;
}

// |actual - expected| / |expected|
double error_of(const Vector& actual, const Vector& expected) {
    return std::sqrt(hrr::squared_distance(expected.size(), actual.data(), expected.data())) /
           hrr::norm(expected.size(), expected.data());
}

const std::size_t kLengths[] = {1, 2, 3, 4, 5, 7, 64, 96, 100, 127, 128, 129, 1000};

TEST(BoundProduct, IsTheChainOfBinds) {
    for (const std::size_t n : kLengths) {
        Product vectors(n), spectra(n), first(n), second(n);
        Vector expected(n);
        hrr::identity(n, expected.data());
        EXPECT_LE(error_of(vectors.spectrum(), spectrum_of(expected)), 1e-6) << n;
        for (std::uint64_t seed = 0; seed < 20; seed++) {
            const Vector x = random_vector(n, seed);
            vectors.view.bind_vector(x.data());
            spectra.view.bind_spectrum(spectrum_of(x).data());
            (seed < 9 ? first : second).view.bind_vector(x.data());
            Vector next(n);
            hrr::bind(n, expected.data(), x.data(), next.data());
            expected = next;
        }
        first.view.bind_product(second.view);
        EXPECT_EQ(first.count, 20);
        EXPECT_LE(error_of(vectors.vector(), expected), 1e-4) << n;
        EXPECT_LE(error_of(spectra.vector(), expected), 1e-4) << n;
        EXPECT_LE(error_of(first.vector(), expected), 1e-4) << n;
        EXPECT_LE(error_of(vectors.spectrum(), spectrum_of(expected)), 1e-4) << n;
    }
}

// Phases of unitary vectors add up: an oracle that no number of factors tires. Half a unit in the last place a factor, all in
// one direction, would be 0.006, and in log2 0.0086.
TEST(BoundProduct, OfAHundredThousandUnitaryVectorsIsUnitary) {
    const std::size_t n = 64;
    Product product(n), parts[2] = {Product(n), Product(n)};
    std::vector<double> phases(spectrum_size(n)), total(spectrum_size(n));
    for (std::uint64_t seed = 0; seed < 100000; seed++) {
        fhrr::unitary_phases(n, seed, phases.data());
        for (std::size_t k = 0; k < phases.size(); k++) total[k] += phases[k];
        const Vector x = unitary_vector(n, seed);
        product.view.bind_vector(x.data());
        parts[seed % 2].view.bind_vector(x.data());
    }
    parts[0].view.bind_product(parts[1].view);
    for (const Product* p : {&product, &parts[0]})
        for (std::size_t k = 0; k < total.size(); k++) {
            EXPECT_NEAR(std::remainder(p->phase(k) - total[k], 2 * std::numbers::pi), 0.0, 0.006) << k;
            EXPECT_NEAR(p->level(k), 0.0, 0.01) << k;
        }
    EXPECT_NEAR(hrr::norm(n, product.vector().data()), 1.0, 0.006);
}

// Random vectors make coefficients shrink by a quarter of a decade a factor, and drift apart: far beyond doubles.
TEST(BoundProduct, OfAHundredThousandRandomVectorsKeepsEveryCoefficient) {
    const std::size_t n = 16;
    Product product(n), parts[2] = {Product(n), Product(n)};
    std::vector<double> level(spectrum_size(n)), phase(spectrum_size(n));
    for (std::uint64_t seed = 0; seed < 100000; seed++) {
        const Vector x = random_vector(n, seed);
        for (std::size_t k = 0; k < level.size(); k++) {
            std::complex<double> c;
            for (std::size_t j = 0; j < n; j++)
                c += static_cast<double>(x[j]) *
                     std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(j * k % n) / static_cast<double>(n));
            level[k] += std::log2(std::abs(c));
            phase[k] += std::arg(c);
        }
        product.view.bind_vector(x.data());
        parts[seed % 2].view.bind_vector(x.data());
    }
    parts[0].view.bind_product(parts[1].view);
    for (const Product* p : {&product, &parts[0]}) {
        for (std::size_t k = 0; k < level.size(); k++) {
            EXPECT_LT(level[k], -40000) << k;
            EXPECT_NEAR(p->level(k), level[k], 0.02) << k;
            EXPECT_NEAR(std::remainder(p->phase(k) - phase[k], 2 * std::numbers::pi), 0.0, 0.02) << k;
        }
        EXPECT_THROW(p->vector(), base::Error);
        EXPECT_THROW(p->spectrum(), base::Error);
    }
}

TEST(BoundProduct, LeavesTheRangeOnlyAtTheEnd) {
    for (const std::size_t n : kLengths) {
        Product product(n);
        Vector x(n, std::numeric_limits<float>::max());
        for (int i = 0; i < 20; i++) product.view.bind_vector(x.data());
        EXPECT_FALSE(hrr::all_finite(n, product.vector().data())) << n;
        hrr::identity(n, x.data());
        x[0] = 1e-38f;
        for (int i = 0; i < 20; i++) product.view.bind_vector(x.data());
        const double expected = 20 * (std::log2(static_cast<double>(std::numeric_limits<float>::max())) +
                                      std::log2(static_cast<double>(n)) + std::log2(1e-38));
        EXPECT_NEAR(product.level(0), expected, 1e-3) << n;
    }
}

TEST(BoundProduct, WithZeroIsZero) {
    for (const std::size_t n : kLengths) {
        Product product(n), other(n);
        const Vector zero(n), x = random_vector(n, 1);
        product.view.bind_vector(zero.data());
        for (int i = 0; i < 10; i++) product.view.bind_vector(x.data());
        other.view.bind_vector(x.data());
        other.view.bind_product(product.view);
        EXPECT_EQ(other.vector(), zero) << n;
        EXPECT_EQ(product.spectrum(), zero) << n;
    }
}

}  // namespace
}  // namespace holomamba::hrr
