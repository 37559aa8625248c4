// Inner products of stored int8 vectors with an int16 query, in exact integers, and the bounds made of them.
#pragma once

#include <cstring>
#include <limits>

#include "kernels/lanes.hpp"

#ifdef __SSE2__
#include <immintrin.h>
#endif

namespace holomamba::kernels {
namespace {

// Sums of 32 bits for the sixteen codes of a group; a multiply-add takes two of the four neighbouring int8 at a time.
#if defined(__AVX512BW__)
struct GroupSums {
    __m512i sums = _mm512_setzero_si512();
    HOLOMAMBA_INLINE void add(GroupSums* self, const std::int8_t* codes, std::int32_t even, std::int32_t odd) {
        const __m512i four = _mm512_loadu_si512(codes);
        const __m512i low = _mm512_srai_epi16(_mm512_slli_epi16(four, 8), 8);
        self->sums = _mm512_add_epi32(self->sums, _mm512_madd_epi16(low, _mm512_set1_epi32(even)));
        self->sums =
            _mm512_add_epi32(self->sums, _mm512_madd_epi16(_mm512_srai_epi16(four, 8), _mm512_set1_epi32(odd)));
    }
    HOLOMAMBA_INLINE void store(const GroupSums* self, std::int32_t* out) { _mm512_storeu_si512(out, self->sums); }
};
#elif defined(__AVX2__)
struct GroupSums {
    __m256i sums[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    HOLOMAMBA_INLINE void add(GroupSums* self, const std::int8_t* codes, std::int32_t even, std::int32_t odd) {
        for (int half = 0; half < 2; half++) {
            const __m256i four = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes + 32 * half));
            const __m256i low = _mm256_srai_epi16(_mm256_slli_epi16(four, 8), 8);
            const __m256i sum = _mm256_add_epi32(_mm256_madd_epi16(low, _mm256_set1_epi32(even)),
                                                 _mm256_madd_epi16(_mm256_srai_epi16(four, 8), _mm256_set1_epi32(odd)));
            self->sums[half] = _mm256_add_epi32(self->sums[half], sum);
        }
    }
    HOLOMAMBA_INLINE void store(const GroupSums* self, std::int32_t* out) { std::memcpy(out, self->sums, 64); }
};
#else
struct GroupSums {
    std::int32_t sums[kSketchGroup] = {};
    HOLOMAMBA_INLINE void add(GroupSums* self, const std::int8_t* codes, std::int32_t even, std::int32_t odd) {
        std::int16_t first[2], second[2];
        std::memcpy(first, &even, sizeof even);
        std::memcpy(second, &odd, sizeof odd);
        for (int i = 0; i < kSketchGroup; i++)
            self->sums[i] += codes[4 * i] * first[0] + codes[4 * i + 2] * first[1] + codes[4 * i + 1] * second[0] +
                             codes[4 * i + 3] * second[1];
    }
    HOLOMAMBA_INLINE void store(const GroupSums* self, std::int32_t* out) { std::memcpy(out, self->sums, 64); }
};
#endif

typedef std::uint8_t CountLanes __attribute__((vector_size(kLanes)));

float sketch_bounds(int slots, int prefix, const std::int8_t* codes, const std::int16_t* query, const float* scale,
                    const std::uint8_t* rest, float step, float base, float rest_step, std::int32_t* products,
                    float* bounds, const void* ahead, int ahead_bytes) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const Lanes unbounded = Lanes{} + kInfinity, none = Lanes{} - kInfinity;
    std::int32_t even[kMaxPrefix / 4], odd[kMaxPrefix / 4];
    for (int quad = 0; quad < prefix; quad += 4) {
        const std::int16_t pairs[4] = {query[quad], query[quad + 2], query[quad + 1], query[quad + 3]};
        std::memcpy(&even[quad / 4], pairs, sizeof(std::int32_t));
        std::memcpy(&odd[quad / 4], pairs + 2, sizeof(std::int32_t));
    }
    constexpr int kCacheLine = 64;
    const int groups = slots / kSketchGroup;
    const int ahead_step = groups == 0 ? 0 : (ahead_bytes + groups - 1) / groups;
    const char* ahead_end = static_cast<const char*>(ahead);
    Lanes best = none;
    for (int first = 0; first < slots; first += kSketchGroup) {
        const char* ahead_from = ahead_end;
        ahead_end += ahead_step;
        for (; ahead_from < ahead_end; ahead_from += kCacheLine) __builtin_prefetch(ahead_from);
        GroupSums sums;
        for (int quad = 0; quad < prefix / 4; quad++, codes += 4 * kSketchGroup)
            GroupSums::add(&sums, codes, even[quad], odd[quad]);
        GroupSums::store(&sums, products + first);
        for (int i = 0; i < kSketchGroup; i += kLanes) {
            IntLanes product;
            std::memcpy(&product, products + first + i, sizeof product);
            CountLanes rest_steps;
            std::memcpy(&rest_steps, rest + first + i, sizeof rest_steps);
            const Lanes rests = __builtin_convertvector(__builtin_convertvector(rest_steps, IntLanes), Lanes);
            const Lanes scales = load(scale + first + i, Full{});
            Lanes bound = scales * (step * __builtin_convertvector(product, Lanes) + base + rest_step * rests);
            bound = scales > std::numeric_limits<float>::max() ? unbounded : bound;
            bound = scales > 0.0f ? bound : none;
            store(bounds + first + i, bound, Full{});
            best = best > bound ? best : bound;
        }
    }
    float highest = -kInfinity;
    for (int i = 0; i < kLanes; i++) highest = highest > best[i] ? highest : best[i];
    return highest;
}

template <typename Register>
HOLOMAMBA_INLINE std::int32_t total_of(const Register* sums) {
    std::int32_t lanes[sizeof(Register) / sizeof(std::int32_t)], total = 0;
    std::memcpy(lanes, sums, sizeof lanes);
    for (const std::int32_t lane : lanes) total += lane;
    return total;
}

std::int32_t code_product(int n, const std::int8_t* codes, const std::int16_t* query) {
#if defined(__AVX512BW__)
    __m512i sums = _mm512_setzero_si512();
    for (int j = 0; j < n; j += 32) {
        const __m512i wide = _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes + j)));
        sums = _mm512_add_epi32(sums, _mm512_madd_epi16(wide, _mm512_loadu_si512(query + j)));
    }
    return total_of(&sums);
#elif defined(__AVX2__)
    __m256i sums = _mm256_setzero_si256();
    for (int j = 0; j < n; j += 16) {
        const __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes + j)));
        const __m256i part = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(query + j));
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(wide, part));
    }
    return total_of(&sums);
#else
    std::int32_t total = 0;
    for (int j = 0; j < n; j++) total += codes[j] * query[j];
    return total;
#endif
}

}  // namespace
}  // namespace holomamba::kernels
