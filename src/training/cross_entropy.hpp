// Cross-entropy over the whole catalogue, with its gradient, tile by tile of tokens.
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

class CrossEntropy {
  public:
    // For tokens x[tokens x d] whose next items are `targets` (or kNoTarget): returns the sum of the cross-entropies of the
    // softmax of their scores and writes dx = the gradient of scale times that sum. `seen` is read where the head's repeat has
    // a gradient. The scores of one tile of tokens exist at a time.
    double add(const KernelTable& kernels, int tokens, int d, int items, const float* x, const std::int32_t* targets,
               const SeenItems& seen, const Head& head, float scale, float* dx, const HeadGradient& gradient);

  private:
    struct SeenItem {
        std::int32_t item, token;
    };
    void sort_seen(const SeenItems& seen, int first, int tokens, int items);
    std::span<const SeenItem> seen_of_block(int block) const {
        return {seen_.data() + block_starts_[block], seen_.data() + block_starts_[block + 1]};
    }
    double add_tile(const KernelTable& kernels, int tokens, int d, int items, const float* x, const std::int32_t* targets,
                    const Head& head, float scale, float* dx, const HeadGradient& gradient);
    // A reference has been raised: what the first `items` items gave shrinks.
    void correct(int items, int tokens, int d, float* dx);

    // Scratch, kept from call to call.
    std::vector<float> transposed_, scores_, reference_, partition_, correction_, target_score_, weight_, weighted_;
    std::vector<SeenItem> seen_;
    std::vector<std::size_t> block_starts_;
};

}  // namespace holomamba
