// As many floats at a time as a register of the variant's instruction set holds: gcc keeps wider vectors in memory.
// Included only by variant.cpp and what it includes, so that each variant has its own copies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "kernels/kernels.hpp"

namespace holomamba::kernels {
namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif
static_assert(kLanes <= kMostLanes);
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float))));
typedef std::int32_t IntLanes __attribute__((vector_size(kLanes * sizeof(float))));

#define HOLOMAMBA_INLINE static inline __attribute__((always_inline))

// How many of the lanes a step of for_lanes uses: all of them, or the last few.
struct Full {
    static constexpr std::size_t bytes() { return sizeof(Lanes); }
    static constexpr int count() { return kLanes; }
};
struct Part {
    std::size_t lanes;
    std::size_t bytes() const { return lanes * sizeof(float); }
    int count() const { return static_cast<int>(lanes); }
#if defined(__AVX512F__)
    __mmask16 mask() const {
        return static_cast<__mmask16>((1u << lanes) - 1);
    }
#elif defined(__AVX2__)
    __m256i mask() const {
        return _mm256_cmpgt_epi32(_mm256_set1_epi32(count()), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    }
#endif
};

HOLOMAMBA_INLINE Lanes load(const float* p, Full) {
    Lanes v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

HOLOMAMBA_INLINE void store(float* p, Lanes v, Full) {
    std::memcpy(p, &v, sizeof v);
}

// The first few lanes; the others are zero when loaded.
HOLOMAMBA_INLINE Lanes load(const float* p, Part part) {
#if defined(__AVX512F__)
    return _mm512_maskz_loadu_ps(part.mask(), p);
#elif defined(__AVX2__)
    return _mm256_maskload_ps(p, part.mask());
#else
    Lanes v{};
    std::memcpy(&v, p, part.bytes());
    return v;
#endif
}

HOLOMAMBA_INLINE void store(float* p, Lanes v, Part part) {
#if defined(__AVX512F__)
    _mm512_mask_storeu_ps(p, part.mask(), v);
#elif defined(__AVX2__)
    _mm256_maskstore_ps(p, part.mask(), v);
#else
    std::memcpy(p, &v, part.bytes());
#endif
}

template <typename Width>
HOLOMAMBA_INLINE void add_to(float* p, Lanes v, Width width) {
    store(p, load(p, width) + v, width);
}

// body(i, width) for i = 0, kLanes, 2 kLanes, …; unused lanes of the last step load as zero and are not stored.
template <typename Body>
HOLOMAMBA_INLINE void for_lanes(std::size_t n, Body&& body) {
    std::size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) body(i, Full{});
    if (i < n) body(i, Part{n - i});
}

HOLOMAMBA_INLINE Lanes splat(float x) {
    return Lanes{} + x;
}

// The lanes in use; zero in the others.
template <typename Width>
HOLOMAMBA_INLINE Lanes clip(Lanes v, Width width) {
    Lanes kept{};
    std::memcpy(&kept, &v, width.bytes());
    return kept;
}

// a b + c. What an event does to a state must not depend on the others that are computed with it, so where products
// enter sums nothing is left to the compiler: one rounding wherever the instruction set can, and the same on all that
// can.
HOLOMAMBA_INLINE Lanes fused(Lanes a, Lanes b, Lanes c) {
#if defined(__AVX512F__)
    return _mm512_fmadd_ps(a, b, c);
#elif defined(__AVX2__)
    return _mm256_fmadd_ps(a, b, c);
#elif defined(__aarch64__)
    return vfmaq_f32(c, a, b);
#else
    return a * b + c;
#endif
}

HOLOMAMBA_INLINE float sum(Lanes v) {
    float halves[kLanes];
    std::memcpy(halves, &v, sizeof v);
    for (int width = kLanes / 2; width > 0; width /= 2)
        for (int i = 0; i < width; i++) halves[i] += halves[i + width];
    return halves[0];
}

// The sums of Count registers, each over its lanes: sum i comes to lane place_of_sum(i) of v[i / kLanes]. Halves are added two
// registers at a time, so that a sum costs three instructions and not a walk through the lanes.
template <int Count, int Block = kLanes>
HOLOMAMBA_INLINE void sums_of(Lanes* v) {
    if constexpr (Block > 1) {
        IntLanes lower, upper;  // of every block of two registers
        for (int i = 0; i < kLanes; i++) {
            const int block = i / Block, half = i % Block / (Block / 2), at = i % (Block / 2);
            lower[i] = half * kLanes + block * Block + at;
            upper[i] = lower[i] + Block / 2;
        }
        for (int i = 0; i < Count; i += 2) {
            const Lanes next = i + 1 < Count ? v[i + 1] : Lanes{};
            v[i / 2] = __builtin_shuffle(v[i], next, lower) + __builtin_shuffle(v[i], next, upper);
        }
        sums_of<(Count + 1) / 2, Block / 2>(v);
    }
}

constexpr int place_of_sum(int i) {
    int place = 0;
    for (int bit = 1; bit < kLanes; bit *= 2, i /= 2) place = 2 * place + i % 2;
    return place;
}

// A sum over n elements: body(i, width, total) adds those of one register to a total. As many running totals as the
// widest register has lanes, whatever this one has, so that the order of additions is the same for every instruction
// set.
template <typename Body>
HOLOMAMBA_INLINE float sum_lanes(std::size_t n, Body&& body) {
    Lanes totals[kMostLanes / kLanes] = {};
    std::size_t i = 0;
    for (; i + kMostLanes <= n; i += kMostLanes)
        for (std::size_t r = 0; r < kMostLanes / kLanes; r++) body(i + r * kLanes, Full{}, totals[r]);
    for (Lanes* total = totals; i < n; i += kLanes, total++) {
        if (i + kLanes <= n)
            body(i, Full{}, *total);
        else
            body(i, Part{n - i}, *total);
    }
    float halves[kMostLanes];
    std::memcpy(halves, totals, sizeof halves);
    for (int width = kMostLanes / 2; width > 0; width /= 2)
        for (int lane = 0; lane < width; lane++) halves[lane] += halves[lane + width];
    return halves[0];
}

HOLOMAMBA_INLINE Lanes maximum(Lanes a, Lanes b) {
    return a > b ? a : b;
}
HOLOMAMBA_INLINE Lanes minimum(Lanes a, Lanes b) {
    return a < b ? a : b;
}

// e^x within 2 units in the last place for -87 < x < 88; below it returns about 1e-38, above about 1e38.
// Range reduction x = k ln 2 + r and the polynomial of Cephes' expf on |r| <= ln 2 / 2.
HOLOMAMBA_INLINE Lanes exponential(Lanes x) {
    x = maximum(minimum(x, splat(88.0f)), splat(-87.0f));
    constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
    const Lanes shifted = fused(x, splat(1.44269504089f), splat(kRound));
    const Lanes k = shifted - kRound;
    const Lanes r = fused(k, splat(2.12194440e-4f), fused(k, splat(-0.693359375f), x));
    Lanes p = fused(r, splat(1.9875691500e-4f), splat(1.3981999507e-3f));
    p = fused(p, r, splat(8.3334519073e-3f));
    p = fused(p, r, splat(4.1665795894e-2f));
    p = fused(p, r, splat(1.6666665459e-1f));
    p = fused(p, r, splat(5.0000001201e-1f));
    p = fused(p * r, r, r) + 1.0f;
    IntLanes bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    bits = (bits - 0x4b400000 + 127) << 23;
    Lanes scale;
    std::memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

HOLOMAMBA_INLINE Lanes sigmoid(Lanes x) {
    return 1.0f / (1.0f + exponential(-x));
}

// log(1 + e^x) = max(x, 0) + log1p(e^-|x|), with log1p(u) = 2 artanh(u / (2 + u)) so that small values stay accurate.
HOLOMAMBA_INLINE Lanes softplus(Lanes x) {
    const Lanes u = exponential(-maximum(x, -x));
    const Lanes s = u / (2.0f + u);
    const Lanes q = s * s;
    Lanes p = fused(q, splat(1.0f / 13), splat(1.0f / 11));
    p = fused(p, q, splat(1.0f / 9));
    p = fused(p, q, splat(1.0f / 7));
    p = fused(p, q, splat(1.0f / 5));
    p = fused(p, q, splat(1.0f / 3));
    p = fused(p, q, splat(1.0f));
    return fused(2.0f * s, p, maximum(x, splat(0.0f)));
}

}  // namespace
}  // namespace holomamba::kernels
