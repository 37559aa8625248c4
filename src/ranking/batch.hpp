// The best items of many users at once: matrix products instead of a scan for each.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "base/stop.hpp"

namespace holomamba::ranking {

// The items that a batch ranks. Kept for the whole batch: one target [width] each and, where lists are to be diverse,
// one token [d] each, in the order in which equal scores are ranked.
class BatchItems {
  public:
    // Throws Error where targets or tokens differ in their number of elements. No token: an empty span, for all of
    // them.
    void add(std::span<const float> target, std::span<const float> token);
    std::size_t count() const { return bounds_.size(); }
    std::size_t width() const { return width_; }
    const float* target(std::size_t item) const { return targets_.data() + item * width_; }
    const float* token(std::size_t item) const { return tokens_.data() + item * token_width_; }
    std::size_t token_width() const { return token_width_; }
    float norm(std::size_t item) const { return bounds_[item]; }

  private:
    std::size_t width_ = 0, token_width_ = 0;
    std::vector<float> targets_, tokens_;
    std::vector<float> bounds_;  // length of each target, rounded up
};

// The users of one block.
struct BatchUsers {
    std::vector<float> vectors;       // [users x width]
    std::vector<std::size_t> starts;  // users + 1; user u has had the items seen[starts[u] .. starts[u + 1]), ascending
    std::vector<std::int32_t> seen;
    std::vector<std::size_t> left_out_starts;  // the same of left_out
    std::vector<std::int32_t> left_out;        // in no list of the user, whether he has had it or not

    void clear();
    // Everything of one more user but his vector, which comes before.
    void add(std::span<const std::int32_t> had, std::span<const std::int32_t> never);
    std::size_t count() const { return starts.empty() ? 0 : starts.size() - 1; }
};

struct Recommended {
    std::int32_t item;
    double score;
};

struct BatchOptions {
    int k = 10;
    float diversity = 0;                                         // see mmr.hpp
    float seen_score = -std::numeric_limits<float>::infinity();  // is added to the score of seen items
    int threads = 1;
};

// For each user of the block the best k items, in the order of recommend(): by target . vector as hrr::inner_product
// has it, plus what seen items are raised by, the lower place first among equals. lists[u] has fewer where there are fewer. Scores of a block of users and
// a tile of items are computed by one matrix product, which rounds otherwise; so every item that comes within its
// rounding error of the best k is scored again. Memory: users * (tile + k). Throws Cancelled, and Error where widths
// differ or scores leave the range of float.
void rank_batch(const BatchItems& items, const BatchUsers& users, const BatchOptions& how,
                std::vector<std::vector<Recommended>>& lists, const base::StopCheck& check);

}  // namespace holomamba::ranking
