// Cross-entropy over the whole catalogue, with its gradient, tile by tile.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/kernels.hpp"

namespace holomamba {

struct HeadGradient {
    float* table;  // [items x d], added to
    float* bias;   // [items], added to; nullptr without a bias
};

// For tokens x[tokens x d] whose next items are `targets`: returns the sum of the cross-entropies of
// softmax(x table^T + bias) and writes dx = the gradient of scale times that sum. The tokens x items matrix never exists:
// `logits` is scratch for one tile and is resized as needed.
double cross_entropy(const KernelTable& kernels, int tokens, int d, int items, const float* x,
                     const std::int32_t* targets, const float* table, const float* bias, float scale, float* dx,
                     HeadGradient gradient, std::vector<float>& logits);

}  // namespace holomamba
