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
namespace {

template <typename Use>
void for_each_table(Use&& use) {
    use(&holomamba_kernels_default);
#ifdef HOLOMAMBA_HAS_avx2
    if (__builtin_cpu_supports("x86-64-v3")) use(&holomamba_kernels_avx2);
#endif
#ifdef HOLOMAMBA_HAS_avx512
    if (__builtin_cpu_supports("x86-64-v4")) use(&holomamba_kernels_avx512);
#endif
}

const Table* choose_table() noexcept {
    const char* wanted = std::getenv("HOLOMAMBA_KERNELS");
    const Table *best = nullptr, *named = nullptr;
    for_each_table([&](const Table* table) {
        best = table;
        if (wanted && std::strcmp(table->name, wanted) == 0) named = table;
    });
    return named ? named : best;
}

}  // namespace

std::vector<const Table*> tables() {
    std::vector<const Table*> all;
    for_each_table([&](const Table* table) { all.push_back(table); });
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

const Table& table() noexcept {
    static const Table* const chosen = choose_table();
    return *chosen;
}

}  // namespace holomamba::kernels
