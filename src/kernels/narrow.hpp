// Floats in fewer bits: halves (IEEE 754 binary16), and bytes that share a scale.
#pragma once

#include <bit>
#include <cmath>

#include "kernels/lanes.hpp"

namespace holomamba::kernels {
namespace {

constexpr float kLargestHalf = 65504.0f;

// Towards what the narrow type can hold at most; NaN stays NaN.
HOLOMAMBA_INLINE Lanes saturate(Lanes v, float limit) {
    v = v > splat(limit) ? splat(limit) : v;
    return v < splat(-limit) ? splat(-limit) : v;
}

// One half, to nearest, ties to even; |x| at most kLargestHalf, or NaN.
inline std::uint16_t half_of(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    const std::uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return static_cast<std::uint16_t>(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
    // Below 2^-14 halves are multiples of 2^-24: adding 1/2 leaves that many in the low bits of the sum.
    if (magnitude < 0x38800000)
        return static_cast<std::uint16_t>(
            sign | (std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000));
    return static_cast<std::uint16_t>(sign | ((magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13));
}

inline float float_of(std::uint16_t half) {
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16, magnitude = half & 0x7fff;
    if (magnitude >= 0x7c00) return std::bit_cast<float>(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
    if (magnitude < 0x400)
        return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(static_cast<float>(magnitude) * 0x1p-24f));
    return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000));
}

#if defined(__AVX512F__)
HOLOMAMBA_INLINE void store_halves(std::uint16_t* to, Lanes v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                        _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
HOLOMAMBA_INLINE Lanes load_halves(const std::uint16_t* from) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}
#elif defined(__AVX2__)
HOLOMAMBA_INLINE void store_halves(std::uint16_t* to, Lanes v) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
HOLOMAMBA_INLINE Lanes load_halves(const std::uint16_t* from) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}
#elif defined(__aarch64__)
HOLOMAMBA_INLINE void store_halves(std::uint16_t* to, Lanes v) {
    vst1_u16(to, vreinterpret_u16_f16(vcvt_f16_f32(v)));
}
HOLOMAMBA_INLINE Lanes load_halves(const std::uint16_t* from) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from)));
}
#else
HOLOMAMBA_INLINE void store_halves(std::uint16_t* to, Lanes v) {
    for (int i = 0; i < kLanes; i++) to[i] = half_of(v[i]);
}
HOLOMAMBA_INLINE Lanes load_halves(const std::uint16_t* from) {
    Lanes v{};
    for (int i = 0; i < kLanes; i++) v[i] = float_of(from[i]);
    return v;
}
#endif

void to_half(std::size_t n, const float* x, std::uint16_t* y) {
    for_lanes(n, [&](std::size_t i, auto width) {
        std::uint16_t halves[kLanes];
        store_halves(halves, saturate(load(x + i, width), kLargestHalf));
        std::memcpy(y + i, halves, width.bytes() / 2);
    });
}

void from_half(std::size_t n, const std::uint16_t* x, float* y) {
    for_lanes(n, [&](std::size_t i, auto width) {
        std::uint16_t halves[kLanes] = {};
        std::memcpy(halves, x + i, width.bytes() / 2);
        store(y + i, load_halves(halves), width);
    });
}

// The scale is the largest magnitude / 127, rounded up to eleven significant bits: 127 of it is then a float, and what
// was read from bytes goes back into the same bytes.
constexpr float kSteps = 127.0f;
typedef std::int8_t ByteLanes __attribute__((vector_size(kLanes)));

float byte_scale(std::size_t n, const float* x) {
    Lanes largest{}, strange{};
    for_lanes(n, [&](std::size_t i, auto width) {
        const Lanes v = load(x + i, width);
        largest = maximum(largest, maximum(v, -v));
        strange += v - v;  // zero, or NaN
    });
    float magnitude = 0;
    for (int lane = 0; lane < kLanes; lane++) magnitude = largest[lane] > magnitude ? largest[lane] : magnitude;
    const float scale = magnitude / kSteps + sum(strange);
    if (!(scale > 0x1p-100f)) return scale == scale ? 0 : scale;
    return std::bit_cast<float>((std::bit_cast<std::uint32_t>(scale) + 0x1fff) & 0xffffe000);
}

float to_byte(std::size_t n, const float* x, std::int8_t* y) {
    const float scale = byte_scale(n, x);
    const float inverse = scale > 0 ? 1.0f / scale : 0.0f;
    constexpr float kRound = 12582912.0f;  // 1.5 * 2^23, as in exponential()
    for_lanes(n, [&](std::size_t i, auto width) {
        const Lanes steps = saturate(load(x + i, width) * inverse, kSteps) + kRound;
        IntLanes bits;
        std::memcpy(&bits, &steps, sizeof bits);
        const ByteLanes bytes = __builtin_convertvector(bits - 0x4b400000, ByteLanes);
        std::memcpy(y + i, &bytes, width.bytes() / sizeof(float));
    });
    return scale;
}

void from_byte(std::size_t n, float scale, const std::int8_t* x, float* y) {
    for_lanes(n, [&](std::size_t i, auto width) {
        ByteLanes bytes{};
        std::memcpy(&bytes, x + i, width.bytes() / sizeof(float));
        store(y + i, __builtin_convertvector(bytes, Lanes) * scale, width);
    });
}

}  // namespace
}  // namespace holomamba::kernels
