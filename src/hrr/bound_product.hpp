// Many vectors bound together: the product of their spectra, coefficient by coefficient.
//
// The product is kept in double precision and every coefficient has a binary exponent of its own, so that no long
// product of small or of large numbers leaves the range on the way, not even where the coefficients of one product
// drift apart. What remains is the rounding of the factors. Each puts coefficient k off by about epsilon |x| divided by
// |(F x)_k|, relative to itself, where epsilon is half a unit in the last place of a float, 6e-8; m factors are off by m
// times that at most. For 10,000 unitary vectors, that is less than a thousandth.
#pragma once

#include <complex>
#include <cstddef>

namespace holomamba::hrr {

// A view of memory that the caller keeps.
class BoundProduct {
  public:
    // How many numbers a product of vectors of n elements takes: for each of its coefficients real part, imaginary
    // part,
    // ..., and behind all of them the exponents.
    static constexpr std::size_t size(std::size_t n) { return 3 * (n / 2 + 1); }

    // `count` says how many vectors are in the product, up to 2^53.
    BoundProduct(std::size_t n, double* count, double* memory);

    // The product of no vectors, the identity.
    void clear();
    // One more vector, given itself or by its spectrum (fhrr.hpp). The former throws std::bad_alloc.
    void bind_vector(const float* x);
    void bind_spectrum(const float* x);
    // The vectors of another product.
    void bind_product(const BoundProduct& other);

    // The product as a vector and as a spectrum; elements too large for floats are infinite. Throw out_of_range where
    // the product is not 0, but so small that floats cannot hold it at full precision; the former also std::bad_alloc.
    void vector(float* out) const;
    void spectrum(float* out) const;

  private:
    void count_one();
    void normalise();
    int narrow(float* out) const;

    std::size_t n_;
    std::size_t coefficients_;
    double* count_;
    std::complex<double>* product_;
    double* exponents_;
};

}  // namespace holomamba::hrr
