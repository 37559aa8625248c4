// Real Fourier transforms of short vectors, as products with the matrices of cosines and sines.
#pragma once

#include <cstddef>
#include <vector>

namespace holomamba::hrr {

// FFTW is several times as fast, but its first plan takes a session about a millisecond. These matrices take some ten
// microseconds, once per length and process, and at most 32 kB.
class DirectTransform {
  public:
    static constexpr std::size_t kLongest = 128;

    // The shared transform of length n, 1 to kLongest. Thread-safe. Throws std::bad_alloc.
    static const DirectTransform& of_length(std::size_t n);

    // The spectrum of the n floats x in the layout of fhrr.hpp, and the vector of such a spectrum. out must not overlap
    // x.
    void forward(const float* x, float* out) const;
    void inverse(const float* x, float* out) const;

    // Only for of_length(), which keeps one of each length.
    explicit DirectTransform(std::size_t n);

  private:
    std::size_t length_;
    std::size_t reals_;           // coefficients, n/2 + 1
    std::size_t imaginaries_;     // those of them that are not real, (n - 1)/2
    std::vector<float> cosines_;  // cos(2 pi j k / n), j, k = 0 .. n/2
    std::vector<float> sines_;    // sin(2 pi j k / n), j, k = 1 .. (n - 1)/2
};

}  // namespace holomamba::hrr
