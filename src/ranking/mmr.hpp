// Diversity: items that a user may like and that are not all of one kind.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/stop.hpp"

namespace holomamba::ranking {

// How many of the best items a list of k is chosen from: 10 k, at least 100 and at most 10,000.
int mmr_pool(int k);

// Places of at most k items in the order of maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998): next comes
// the item i that maximises
//
//     (1 - diversity) relevance_i - diversity max_{j chosen} cosine(vector_i, vector_j)
//
// where relevance is scaled linearly so that the best item of the pool has 1 and the worst 0, and the first choice has
// no second term. The lower place first among equals. `relevance` is best first, vectors have d elements, those of
// length 0 are like no other. diversity is 0 to 1; with 0 the order is that of the pool. O(k n d); throws Cancelled.
std::vector<std::int32_t> maximal_marginal_relevance(std::span<const float> relevance,
                                                     std::span<const float* const> vectors, std::size_t d, int k,
                                                     float diversity, const base::StopCheck& stop);

}  // namespace holomamba::ranking
