// The order in which vectors are laid down on pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/stop.hpp"

namespace holomamba::ranking {

// An order of `count` points [count x dims] in which neighbours are near: a k-d tree, each part split at the median of
// its widest dimension, its leaves the parts of at most `small` points. Parts are whole multiples of `large` points
// while they are larger than that, and then of `small`, so that runs of those sizes are parts. Throws Cancelled where the
// check says so.
std::vector<std::uint32_t> cluster(std::size_t count, int dims, const float* points, std::size_t large,
                                   std::size_t small, const base::StopCheck& stop = {});

}  // namespace holomamba::ranking
