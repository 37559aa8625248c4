// Holographic reduced representations: the algebra of vectors under circular convolution.
//
// Plate, "Holographic Reduced Representations", IEEE Transactions on Neural Networks 6(3), 1995; unitary vectors after
// Ganesan et al., "Learning with Holographic Reduced Representations", NeurIPS 2021. F is the discrete Fourier
// transform and a spectrum is its non-redundant half (transform.hpp). Vectors are n >= 1 finite floats.
//
// Where nothing else is said, `out` holds n floats and must not overlap an input, and the results are not checked:
// products of large numbers may leave the range of float and show as infinity or NaN. All functions that transform may
// throw std::bad_alloc.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>

namespace holomamba::hrr {

// Vectors up to this length are bound by the direct sum, longer ones by three transforms. At 128 both take about 0.5
// microseconds with AVX-512, but the transforms first need plans, about a millisecond of every new session. Transforms of
// prime length are slow (9 microseconds at 131, 58 at 1021, against 0.6 and 32), so vectors of such a length are bound by
// the direct sum up to another limit.
constexpr std::size_t kLongestDirectBind = 128;
constexpr std::size_t kLongestDirectPrimeBind = 1024;

// bind(x, y)_j = sum_k x_k y_{(j-k) mod n} = F^-1(F x . F y). Commutative, associative, bilinear; unnormalised.
void bind(std::size_t n, const float* x, const float* y, float* out);

// unbind(x, y) = bind(x, involution(y)): circular correlation. unbind(bind(x, y), y) is x for unitary y, and x plus
// noise for random y. It is also the gradient of bind: d bind(x, y) / dx applied to g is unbind(g, y).
void unbind(std::size_t n, const float* x, const float* y, float* out);

// involution(x)_j = x_{-j mod n}; its spectrum is the conjugate. The approximate inverse of binding.
void involution(std::size_t n, const float* x, float* out);

// F^-1(1 / F x). Throws data where a coefficient of the spectrum is no larger than its rounding error: there is no
// inverse.
void exact_inverse(std::size_t n, const float* x, float* out);

// F^-1(F x / |F x|): binding with the result keeps lengths, and involution is its exact inverse. A coefficient no
// larger than its rounding error has no phase to keep and becomes 1, so that the result is unitary for every x (the
// identity for 0).
void unitary(std::size_t n, const float* x, float* out);

// F^-1((F x)^power), the principal power |c|^p exp(i p arg c) of every coefficient, so that bind_power(x, p) *
// bind_power(x, q) = bind_power(x, p + q). The coefficients of frequency 0 and, for even n, n/2 must stay real: where one
// is negative, x has integer powers only. They are 1 in what unitary_vector() draws. Power 0 is the identity. Throws
// invalid_parameter for a power that is not finite, and data, like exact_inverse, for a negative one of an x that has no
// inverse, and for a fractional one of an x that has none.
void bind_power(std::size_t n, const float* x, double power, float* out);

// out_{(j + shift) mod n} = x_j: a cyclic shift, to the right for positive `shift`.
void permute(std::size_t n, const float* x, std::int64_t shift, float* out);

// (1, 0, ..., 0): what binding leaves as it is.
void identity(std::size_t n, float* out);

// Independent draws from N(0, 1/n), so that the expected length is 1. The same for the same seed, everywhere.
void random_vector(std::size_t n, std::uint64_t seed, float* out);

// A random unitary vector: phases uniform, the coefficients of frequency 0 and n/2 being 1 (see bind_power).
void unitary_vector(std::size_t n, std::uint64_t seed, float* out);

}  // namespace holomamba::hrr
