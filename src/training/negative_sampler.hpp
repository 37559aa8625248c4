// Which items stand for the whole catalogue in a batch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.hpp"

namespace holomamba::training {

// Draws items by (count + 1)^0.75 of their training events, by Walker's alias method (Vose 1991): popular items often, as
// targets are, and every item sometimes.
class NegativeSampler {
  public:
    // counts: training events of each item.
    explicit NegativeSampler(std::span<const std::int64_t> counts);

    std::int32_t draw(base::Random& random) const {
        const auto place = static_cast<std::int32_t>(random.below(chance_.size()));
        return random.uniform() < chance_[place] ? place : alias_[place];
    }
    // log of the probability that an item is among the targets of `targets` events and `negatives` draws: what its score is
    // corrected by (Bengio & Senecal 2008; log Q of sampled softmax).
    float log_inclusion(std::int32_t item, std::int64_t targets, std::int64_t negatives) const;

  private:
    std::vector<double> target_share_, draw_share_;
    std::vector<double> chance_;
    std::vector<std::int32_t> alias_;
};

}  // namespace holomamba::training
