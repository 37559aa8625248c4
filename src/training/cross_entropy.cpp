#include "training/cross_entropy.hpp"

#include <algorithm>

namespace holomamba {

double cross_entropy(const KernelTable& kernels, int tokens, int d, int items, const float* x, const std::int32_t* targets,
                     const SeenItems& seen, const Head& head, float scale, float* dx, const HeadGradient& gradient,
                     std::vector<float>& logits) {
    // A tile of logits that stays in a core's cache, but not so low that the products become outer products.
    constexpr int kTileFloats = 1 << 18;
    const int tile = std::clamp(kTileFloats / items / 16 * 16, 32, 256);
    logits.resize(static_cast<std::size_t>(tile) * items);
    double loss = 0;
    for (int first = 0; first < tokens; first += tile) {
        const int rows = std::min(tile, tokens - first);
        const float* tile_x = x + static_cast<std::size_t>(first) * d;
        const auto row = [&](int r) { return logits.data() + static_cast<std::size_t>(r) * items; };
        kernels.multiply_bt(rows, items, d, tile_x, head.table, logits.data(), false);
        if (head.bias) kernels.add_bias(rows, items, head.bias, logits.data());
        if (gradient.repeat)
            for (int r = 0; r < rows; r++)
                for (const std::int32_t item : seen.of(first + r)) row(r)[item] += head.repeat;
        loss += kernels.softmax_cross_entropy(rows, items, targets + first, scale, logits.data());
        kernels.multiply(rows, d, items, logits.data(), head.table, dx + static_cast<std::size_t>(first) * d, false);
        kernels.multiply_at(items, d, rows, logits.data(), tile_x, gradient.table, true);
        if (head.bias) kernels.add_bias_backward(rows, items, logits.data(), gradient.bias);
        if (gradient.repeat)
            for (int r = 0; r < rows; r++)
                for (const std::int32_t item : seen.of(first + r)) *gradient.repeat += row(r)[item];
    }
    return loss;
}

}  // namespace holomamba
