// Complex Fourier transforms without a library: of products of 2, 3 and 5 by passes, of any other length through one of those.
// Real and imaginary parts stand apart, so that the compiler turns every loop into vector instructions.
#pragma once

#include <cstddef>
#include <vector>

namespace holomamba::hrr {

// Of a length that has no prime factor but 2, 3 and 5. Real is float or double.
template <typename Real>
class MixedRadix {
  public:
    static bool serves(std::size_t n);

    explicit MixedRadix(std::size_t n);

    // work: n real parts, n imaginary parts, and room for as many. Returns where the n real parts of the result stand in it, and
    // behind them the imaginary ones: X_k = sum_j x_j exp(-2 pi i j k / n). The inverse, without its 1/n, is the same with the two
    // kinds of parts exchanged before and after.
    Real* transform(Real* work) const;

  private:
    struct Pass {
        int radix;
        std::vector<Real> factors;  // of outputs 1 to radix - 1: real parts, then imaginary parts
    };
    std::size_t length_;
    std::vector<Pass> passes_;
};

extern template class MixedRadix<float>;
extern template class MixedRadix<double>;

// Of any length: Bluestein's convolution with a chirp, in double precision.
class ChirpTransform {
  public:
    explicit ChirpTransform(std::size_t n);

    // n real parts and n imaginary parts, in place.
    void transform(float* real, float* imaginary) const;

  private:
    std::size_t length_;
    std::size_t padded_;
    MixedRadix<double> convolution_;
    std::vector<double> chirp_;     // n real parts, n imaginary parts
    std::vector<double> spectrum_;  // of its conjugate, padded_ of each, divided by padded_
};

// Real transforms of one length n >= 1 through complex ones, of half the length where n is even.
class RealTransform {
  public:
    explicit RealTransform(std::size_t n);

    // Those of Transform (transform.hpp); coefficients are n/2 + 1 pairs of floats.
    void forward(const float* x, float* coefficients) const;
    void inverse(const float* coefficients, float* x) const;

  private:
    // work as in MixedRadix, of points_.
    float* complex_transform(float* work) const;

    std::size_t length_;
    std::size_t points_;
    std::vector<MixedRadix<float>> radix_;  // one of the two
    std::vector<ChirpTransform> chirp_;
    std::vector<float> cosines_, sines_;  // of 2 pi k / n, k < points_; of even lengths
};

}  // namespace holomamba::hrr
