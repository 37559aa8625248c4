#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "kernels/kernels.hpp"

extern "C" {
extern const holomamba::kernels::Table holomamba_kernels_default;
#ifdef HOLOMAMBA_HAS_avx2
extern const holomamba::kernels::Table holomamba_kernels_avx2;
#endif
#ifdef HOLOMAMBA_HAS_avx512
extern const holomamba::kernels::Table holomamba_kernels_avx512;
#endif
}

namespace holomamba::kernels {

std::vector<const Table*> tables() {
    std::vector<const Table*> all{&holomamba_kernels_default};
#ifdef HOLOMAMBA_HAS_avx2
    if (__builtin_cpu_supports("x86-64-v3")) all.push_back(&holomamba_kernels_avx2);
#endif
#ifdef HOLOMAMBA_HAS_avx512
    if (__builtin_cpu_supports("x86-64-v4")) all.push_back(&holomamba_kernels_avx512);
#endif
    return all;
}

void pack_weights(std::size_t n, std::size_t k, const float* weight, const float* bias, float* packed) {
    std::fill_n(packed, packed_size(n, k), 0.0f);
    for (std::size_t i = 0; i < n; i++) {
        float* column = packed + i / kMostLanes * kMostLanes * (k + 1) + i % kMostLanes;
        if (bias) *column = bias[i];
        for (std::size_t j = 0; j < k; j++) column[(j + 1) * kMostLanes] = weight[i * k + j];
    }
}

const Table& table() {
    static const Table& chosen = [&]() -> const Table& {
        const auto all = tables();
        const char* wanted = std::getenv("HOLOMAMBA_KERNELS");
        for (const Table* one : all)
            if (wanted && std::strcmp(one->name, wanted) == 0) return *one;
        return *all.back();
    }();
    return chosen;
}

}  // namespace holomamba::kernels
