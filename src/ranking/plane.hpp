// A map of vectors: where they lie in the plane in which they differ most.
#pragma once

#include <span>
#include <vector>

#include "base/stop.hpp"

namespace holomamba::ranking {

// Coordinates [count x 2] of vectors [count x width] along the two first principal axes of their directions: each is taken at length 1,
// as a cosine takes it, and zero stays zero. By orthogonal iteration (Golub and Van Loan, Matrix Computations, 8.2.4), to the precision
// of a picture. The largest component of an axis is positive, so that the same vectors give the same map.
std::vector<float> principal_plane(std::span<const float> vectors, int width, const base::StopCheck& stop);

}  // namespace holomamba::ranking
