// Cross-entropy over the whole catalogue, with its gradient, tile by tile of tokens.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/large.hpp"
#include "kernels/kernels.hpp"
#include "model/head.hpp"

namespace holomamba::training {

// The items that the user of each token has had before its target, each once, one token after another.
struct SeenItems {
    std::vector<std::size_t> starts{0};  // tokens + 1
    std::vector<std::int32_t> items;

    void clear() {
        starts.resize(1);
        items.clear();
    }
    void end_token() { starts.push_back(items.size()); }
    std::span<const std::int32_t> of(int token) const {
        return {items.data() + starts[token], items.data() + starts[token + 1]};
    }
};

// An item that a token should find.
struct Target {
    std::int32_t item;
    float share;  // of the token's distribution
    bool seen;    // whether the token's user has had it, so that it is among SeenItems, too
};

// The targets of each token, one token after another. The shares of a token's targets sum to 1; a token without any is not
// learned from.
struct Targets {
    std::vector<std::size_t> starts{0};  // tokens + 1
    std::vector<Target> targets;

    void clear() {
        starts.resize(1);
        targets.clear();
    }
    void end_token() { starts.push_back(targets.size()); }
    std::span<const Target> of(int token) const {
        return {targets.data() + starts[token], targets.data() + starts[token + 1]};
    }
};

class CrossEntropy {
  public:
    // For tokens x[tokens x d], at least one: returns the sum of the cross-entropies of the softmax of their scores with their targets and
    // writes dx = the gradient of scale times that sum. `seen` is read where the head's repeat has a gradient. The scores of
    // one tile of tokens exist at a time.
    double add(const kernels::Table& kernels, int tokens, int d, int items, const float* x, const Targets& targets,
               const SeenItems& seen, const model::Head::View& head, float scale, float* dx,
               const model::Head::Gradient& gradient);

  private:
    struct SeenItem {
        std::int32_t item, token;
    };
    struct TargetItem {
        std::int32_t item, token;
        float share;
        bool seen;
    };
    // What concerns single scores of a tile, by blocks of the catalogue.
    template <typename Entry>
    struct ByBlock {
        std::vector<Entry> entries;
        std::vector<std::size_t> starts;

        // each(use) calls use(entry) for every entry, the same way whenever it is called.
        template <typename Each>
        void sort(int items, Each&& each);
        std::span<const Entry> of(int block) const {
            return {entries.data() + starts[block], entries.data() + starts[block + 1]};
        }
    };
    double add_tile(const kernels::Table& kernels, int tokens, int d, int items, const float* x,
                    const model::Head::View& head, float scale, float* dx, const model::Head::Gradient& gradient,
                    bool fresh);
    // A reference has been raised: what the first `items` items gave shrinks.
    void correct(int items, int tokens, int d, float* dx);

    // Scratch, kept from call to call.
    base::LargeFloats scores_;
    std::vector<float> transposed_, reference_, partition_, correction_, mass_, weight_, weighted_;
    ByBlock<SeenItem> seen_;
    ByBlock<TargetItem> targets_;
};

}  // namespace holomamba::training
