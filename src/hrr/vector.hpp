// Vectors as vectors: sums, lengths, distances, order. Binding is in binding.hpp.
#pragma once

#include <cstddef>

namespace holomamba::hrr {

// --- element by element: out may be x or y; the results are not checked for overflow
// ----------------------------------------
void add(std::size_t n, const float* x, const float* y, float* out);
void subtract(std::size_t n, const float* x, const float* y, float* out);
void multiply(std::size_t n, const float* x, double factor, float* out);
void divide(std::size_t n, const float* x, double divisor, float* out);
void negate(std::size_t n, const float* x, float* out);

// sum += x, in double precision, so that neither the number of vectors nor their order shows in the result.
void add_to_sum(std::size_t n, const float* x, double* sum);
void add_sums(std::size_t n, const double* other, double* sum);
// sum / count.
void mean_of_sum(std::size_t n, const double* sum, double count, float* out);

// --- lengths, products and distances
// ----------------------------------------------------------------------------------- In single precision by the
// kernels where that is accurate, and in double precision where single would overflow or vanish: finite for all finite
// vectors.
double norm(std::size_t n, const float* x);
double inner_product(std::size_t n, const float* x, const float* y);
double squared_distance(std::size_t n, const float* x, const float* y);

// x . y / (|x| |y|), within [-1, 1]; NaN where a vector is 0.
double cosine_similarity(std::size_t n, const float* x, const float* y);

// x / |x|, and 0 for 0. out may be x.
void normalize(std::size_t n, const float* x, float* out);

// --- checks
// --------------------------------------------------------------------------------------------------------------
bool all_finite(std::size_t n, const float* x);

// -1, 0 or 1: the lexicographic order of the elements, and of two vectors of which one begins the other the shorter one
// first. The two zeros are equal.
int compare(std::size_t nx, const float* x, std::size_t ny, const float* y);

}  // namespace holomamba::hrr
