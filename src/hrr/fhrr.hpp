// The algebra of hrr.hpp's vectors in the frequency domain, where binding is a product of complex numbers.
//
// A vector of n floats has n/2 + 1 Fourier coefficients c_k = sum_j x_j exp(-2 pi i j k / n) that determine it. c_0
// and, for even n, c_{n/2} are real, so that they are n numbers, too, and are kept as such:
//
//     re c_0, re c_1, im c_1, re c_2, im c_2, ...        and for even n, at the end, re c_{n/2}
//
// which is the layout of FFTPACK and scipy.fftpack.rfft. Sums, differences and multiples are those of vector.hpp; in
// the functions below, x, y and out are spectra of that layout. out may be x or y unless something else is said. Every
// function means what its namesake in binding.hpp or vector.hpp means: from_hrr(hrr::f(x)) = fhrr::f(from_hrr(x)) up to
// rounding.
#pragma once

#include <cstddef>
#include <cstdint>

namespace holomamba::fhrr {

// The spectrum of a vector and the vector of a spectrum; in both, out must not overlap x. Throw std::bad_alloc.
void from_hrr(std::size_t n, const float* x, float* out);
void to_hrr(std::size_t n, const float* x, float* out);

void bind(std::size_t n, const float* x, const float* y, float* out);
void unbind(std::size_t n, const float* x, const float* y, float* out);
void involution(std::size_t n, const float* x, float* out);

// A coefficient no larger than the rounding error of a transform of n elements counts as 0 here and in the next two:
// what a vanishing coefficient becomes in from_hrr().
void exact_inverse(std::size_t n, const float* x, float* out);
void unitary(std::size_t n, const float* x, float* out);

// (2^exponent x)^power.
void bind_power(std::size_t n, const float* x, double power, float* out, int exponent = 0);

// A shift is a phase that grows with the frequency.
void permute(std::size_t n, const float* x, std::int64_t shift, float* out);

void identity(std::size_t n, float* out);
void random_vector(std::size_t n, std::uint64_t seed, float* out);
void unitary_vector(std::size_t n, std::uint64_t seed, float* out);

// The phases of unitary_vector's coefficients 0 .. n/2, those of the real ones being 0.
void unitary_phases(std::size_t n, std::uint64_t seed, double* phases);

// Lengths and products of the vectors that x and y are spectra of, by Parseval's theorem.
double norm(std::size_t n, const float* x);
double inner_product(std::size_t n, const float* x, const float* y);
double squared_distance(std::size_t n, const float* x, const float* y);
double cosine_similarity(std::size_t n, const float* x, const float* y);
void normalize(std::size_t n, const float* x, float* out);

}  // namespace holomamba::fhrr
