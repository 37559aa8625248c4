// The k best of a list of scores.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace holomamba::ranking {

// Places of the k highest scores, best first, the lower place first among equals; all of them where there are fewer
// than k.
std::vector<std::int32_t> top_k(std::span<const float> scores, int k);

}  // namespace holomamba::ranking
