#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "kernels/kernels.hpp"

extern "C" {
extern const holomamba::KernelTable holomamba_kernels_default;
#ifdef HOLOMAMBA_HAS_avx2
extern const holomamba::KernelTable holomamba_kernels_avx2;
#endif
#ifdef HOLOMAMBA_HAS_avx512
extern const holomamba::KernelTable holomamba_kernels_avx512;
#endif
}

namespace holomamba {

std::vector<const KernelTable*> kernel_tables() {
    std::vector<const KernelTable*> tables{&holomamba_kernels_default};
#ifdef HOLOMAMBA_HAS_avx2
    if (__builtin_cpu_supports("x86-64-v3")) tables.push_back(&holomamba_kernels_avx2);
#endif
#ifdef HOLOMAMBA_HAS_avx512
    if (__builtin_cpu_supports("x86-64-v4")) tables.push_back(&holomamba_kernels_avx512);
#endif
    return tables;
}

void pack_weights(std::size_t n, std::size_t k, const float* weight, const float* bias, float* packed) {
    std::fill_n(packed, packed_size(n, k), 0.0f);
    for (std::size_t i = 0; i < n; i++) {
        float* column = packed + i / kMostLanes * kMostLanes * (k + 1) + i % kMostLanes;
        if (bias) *column = bias[i];
        for (std::size_t j = 0; j < k; j++) column[(j + 1) * kMostLanes] = weight[i * k + j];
    }
}

const KernelTable& kernels() {
    static const KernelTable& chosen = [&]() -> const KernelTable& {
        const auto tables = kernel_tables();
        const char* wanted = std::getenv("HOLOMAMBA_KERNELS");
        for (const KernelTable* table : tables)
            if (wanted && std::strcmp(table->name, wanted) == 0) return *table;
        return *tables.back();
    }();
    return chosen;
}

}  // namespace holomamba
