// Products and distances of two vectors.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/lanes.hpp"

namespace holomamba::kernels {
namespace {

// sums[r] += term of the r-th registers of x and y, for the first `Registers` of them.
template <std::size_t Registers, typename Term>
inline void accumulate_registers(const float* x, const float* y, const Term& term, Lanes* sums) {
    for (std::size_t r = 0; r < Registers; r++)
        sums[r] += term(load(x + r * kLanes, Full{}), load(y + r * kLanes, Full{}));
}

// Sums term(a, b) over the elements. Thirty-two running sums, however many registers those are: one addition need not
// wait for the one before, and the order of additions is the same for every instruction set.
template <typename Term>
inline float accumulate(std::size_t n, const float* x, const float* y, const Term& term) {
    constexpr std::size_t kSums = 32;
    Lanes sums[kSums / kLanes] = {};
    std::size_t i = 0;
    for (; i + kSums <= n; i += kSums) accumulate_registers<kSums / kLanes>(x + i, y + i, term, sums);
    if (i + kSums / 2 <= n) {
        accumulate_registers<kSums / 2 / kLanes>(x + i, y + i, term, sums);
        i += kSums / 2;
    }
    float rest = 0.0f;
    for (; i < n; i++) rest += term(x[i], y[i]);
    float total[kSums];
    std::memcpy(total, sums, sizeof total);
    for (std::size_t width = kSums / 2; width > 0; width /= 2)
        for (std::size_t lane = 0; lane < width; lane++) total[lane] += total[lane + width];
    return total[0] + rest;
}

float inner_product(std::size_t n, const float* x, const float* y) {
    return accumulate(n, x, y, [](auto a, auto b) { return a * b; });
}

float squared_distance(std::size_t n, const float* x, const float* y) {
    return accumulate(n, x, y, [](auto a, auto b) { return (a - b) * (a - b); });
}

bool all_finite(std::size_t n, const float* x) {
    // x - x is 0, but NaN where x is NaN or infinite.
    Lanes total{};
    for_lanes(n, [&](std::size_t i, auto width) {
        const Lanes v = load(x + i, width);
        total += v - v;
    });
    return sum(total) == 0.0f;
}

// `Registers` full of neighbouring outputs: out_j = sum_k x_k twice_{n + j - k}, twice being y written out two times.
template <std::size_t Registers>
inline void convolve_block(std::size_t n, const float* x, const float* twice, std::size_t j, float* out) {
    Lanes sums[Registers] = {};
    const float* from = twice + n + j;
    for (std::size_t k = 0; k < n; k++, from--)
        for (std::size_t r = 0; r < Registers; r++) sums[r] += x[k] * load(from + r * kLanes, Full{});
    const std::size_t rest = std::min(n - j, Registers * kLanes);
    std::memcpy(out + j, sums, rest * sizeof(float));
}

void circular_convolution(std::size_t n, const float* x, const float* y, float* out, float* scratch) {
    // The last block computes a few outputs too many, from the zeros behind the second copy of y.
    std::memcpy(scratch, y, n * sizeof(float));
    std::memcpy(scratch + n, y, n * sizeof(float));
    std::memset(scratch + 2 * n, 0, 16 * sizeof(float));
    constexpr std::size_t kRegisters = 4;
    std::size_t j = 0;
    for (; j + (kRegisters - 1) * kLanes < n; j += kRegisters * kLanes)
        convolve_block<kRegisters>(n, x, scratch, j, out);
    for (; j < n; j += kLanes) convolve_block<1>(n, x, scratch, j, out);
}

// Lane i of the result is lane of(i) of v.
template <typename Of>
HOLOMAMBA_INLINE Lanes rearrange(Lanes v, Of of) {
    IntLanes lanes{};
    for (int i = 0; i < kLanes; i++) lanes[i] = of(i);
    return __builtin_shuffle(v, lanes);
}

void complex_product(std::size_t n, const float* x, const float* y, bool conjugate, float* out) {
    // Behind the real part of y stands x, behind the imaginary one i x: (-im x, re x).
    Lanes signs{};
    for (int i = 0; i < kLanes; i++) signs[i] = (i % 2 == 0) != conjugate ? -1.0f : 1.0f;
    for_lanes(2 * n, [&](std::size_t i, auto width) {
        const Lanes a = load(x + i, width);
        const Lanes b = load(y + i, width);
        const Lanes real = rearrange(b, [](int lane) { return lane & ~1; });
        const Lanes imaginary = rearrange(b, [](int lane) { return lane | 1; });
        const Lanes swapped = rearrange(a, [](int lane) { return lane ^ 1; });
        store(out + i, real * a + imaginary * signs * swapped, width);
    });
}

// The loops below are left to the compiler.

void complex_multiply(std::size_t n, const float* x, double* product) {
    for (std::size_t k = 0; k < 2 * n; k += 2) {
        const double real = product[k];
        const double imaginary = product[k + 1];
        product[k] = x[k] * real - x[k + 1] * imaginary;
        product[k + 1] = x[k] * imaginary + x[k + 1] * real;
    }
}

void complex_normalise(std::size_t n, double* product, double* exponents) {
    for (std::size_t k = 0; k < n; k++) {
        const double magnitude = std::max(std::abs(product[2 * k]), std::abs(product[2 * k + 1]));
        // A double's exponent, and the power of two that undoes it, by their bits.
        std::int64_t exponent;
        std::memcpy(&exponent, &magnitude, sizeof exponent);
        exponent = (exponent >> 52) - 1023;
        const std::int64_t bits = static_cast<std::int64_t>(static_cast<std::uint64_t>(1023 - exponent) << 52);
        double scale;
        std::memcpy(&scale, &bits, sizeof scale);
        product[2 * k] *= scale;
        product[2 * k + 1] *= scale;
        exponents[k] += static_cast<double>(exponent);
    }
}

void add_to_sum(std::size_t n, const float* x, double* sum) {
    for (std::size_t j = 0; j < n; j++) sum[j] += x[j];
}

}  // namespace
}  // namespace holomamba::kernels
