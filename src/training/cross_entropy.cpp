#include "training/cross_entropy.hpp"

#include <algorithm>

namespace holomamba {

double cross_entropy(const KernelTable& kernels, int tokens, int d, int items, const float* x,
                     const std::int32_t* targets, const float* table, const float* bias, float scale, float* dx,
                     HeadGradient gradient, std::vector<float>& logits) {
    // A tile of logits that stays in a core's cache, but not so low that the products become outer products.
    constexpr int kTileFloats = 1 << 18;
    const int tile = std::clamp(kTileFloats / items / 16 * 16, 32, 256);
    logits.resize(static_cast<std::size_t>(tile) * items);
    double loss = 0;
    for (int first = 0; first < tokens; first += tile) {
        const int rows = std::min(tile, tokens - first);
        const float* tile_x = x + static_cast<std::size_t>(first) * d;
        kernels.multiply_bt(rows, items, d, tile_x, table, logits.data(), false);
        if (bias) kernels.add_bias(rows, items, bias, logits.data());
        loss += kernels.softmax_cross_entropy(rows, items, targets + first, scale, logits.data());
        kernels.multiply(rows, d, items, logits.data(), table, dx + static_cast<std::size_t>(first) * d, false);
        kernels.multiply_at(items, d, rows, logits.data(), tile_x, gradient.table, true);
        if (bias) kernels.add_bias_backward(rows, items, logits.data(), gradient.bias);
    }
    return loss;
}

}  // namespace holomamba
