// Real Fourier transforms of one length, in single precision: by FFTW, or, after `make FFTW=no`, without it.
#pragma once

#include <complex>
#include <cstddef>
#include <memory>

namespace holomamba::hrr {

// A vector's spectrum: floor(n/2) + 1 complex numbers, the other half being their conjugates.
constexpr std::size_t spectrum_size(std::size_t n) {
    return n / 2 + 1;
}

// Plans of one length; made once per length and process and kept (FFTW's planning costs milliseconds). Thread-safe to use:
// planning is serialised, execution takes any caller's memory without alignment demands.
class Transform {
  public:
    // The shared transform of length n >= 1. Throws std::bad_alloc.
    static const Transform& of_length(std::size_t n);

    // spectrum[k] = sum_j x_j exp(-2 pi i j k / n), k = 0 .. n/2. x is left as it was.
    void forward(const float* x, std::complex<float>* spectrum) const;
    // x_j = 1/n sum_k spectrum_k exp(2 pi i j k / n), the inverse of forward. Destroys the spectrum.
    void inverse(std::complex<float>* spectrum, float* x) const;

    std::size_t length() const { return length_; }
    ~Transform();

  private:
    explicit Transform(std::size_t n);
    struct Plans;
    std::size_t length_;
    std::unique_ptr<Plans> plans_;
};

}  // namespace holomamba::hrr
