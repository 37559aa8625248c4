// Cross-entropy over the whole catalogue, with its gradient, tile by tile.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/kernels.hpp"

namespace holomamba {

// What tokens are scored against: score_i = x . table_i + bias_i, plus `repeat` where the token's user has had item i.
struct Head {
    const float* table;  // [items x d]
    const float* bias;   // [items], or nullptr
    float repeat;
};

// Added to; nullptr where there is no such parameter.
struct HeadGradient {
    float* table;
    float* bias;
    float* repeat;
};

// The items that the user of each token has had before its target, each once, one token after another.
struct SeenItems {
    std::vector<std::size_t> starts{0};  // tokens + 1
    std::vector<std::int32_t> items;

    void clear() {
        starts.resize(1);
        items.clear();
    }
    void end_token() { starts.push_back(items.size()); }
    std::span<const std::int32_t> of(int token) const { return {items.data() + starts[token], items.data() + starts[token + 1]}; }
};

// For tokens x[tokens x d] whose next items are `targets`: returns the sum of the cross-entropies of the softmax of their
// scores and writes dx = the gradient of scale times that sum. `seen` is read where the head's repeat has a gradient. The
// tokens x items matrix never exists: `logits` is scratch for one tile and is resized as needed.
double cross_entropy(const KernelTable& kernels, int tokens, int d, int items, const float* x, const std::int32_t* targets,
                     const SeenItems& seen, const Head& head, float scale, float* dx, const HeadGradient& gradient,
                     std::vector<float>& logits);

}  // namespace holomamba
