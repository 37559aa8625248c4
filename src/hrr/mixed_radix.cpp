#include "hrr/mixed_radix.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <utility>

#include "hrr/scratch.hpp"

namespace holomamba::hrr {

namespace {

// cos and sin of -2 pi j / n.
std::pair<double, double> root(std::size_t j, std::size_t n) {
    const double angle = -2.0 * std::numbers::pi * static_cast<double>(j) / static_cast<double>(n);
    return {std::cos(angle), std::sin(angle)};
}

// The transform of Radix numbers, in place.
template <int Radix, typename Real>
[[gnu::always_inline]] inline void transform_few(Real* a, Real* b) {
    if constexpr (Radix == 2) {
        const Real real = a[0] - a[1], imaginary = b[0] - b[1];
        a[0] += a[1];
        b[0] += b[1];
        a[1] = real;
        b[1] = imaginary;
    } else if constexpr (Radix == 3) {
        constexpr Real kSine = std::numbers::sqrt3_v<Real> / 2;
        const Real sum[2] = {a[1] + a[2], b[1] + b[2]}, turned[2] = {kSine * (a[1] - a[2]), kSine * (b[1] - b[2])};
        const Real middle[2] = {a[0] - sum[0] / 2, b[0] - sum[1] / 2};
        a[0] += sum[0];
        b[0] += sum[1];
        a[1] = middle[0] + turned[1];
        b[1] = middle[1] - turned[0];
        a[2] = middle[0] - turned[1];
        b[2] = middle[1] + turned[0];
    } else if constexpr (Radix == 4) {
        const Real even[4] = {a[0] + a[2], b[0] + b[2], a[0] - a[2], b[0] - b[2]};
        const Real odd[4] = {a[1] + a[3], b[1] + b[3], a[1] - a[3], b[1] - b[3]};
        a[0] = even[0] + odd[0];
        b[0] = even[1] + odd[1];
        a[1] = even[2] + odd[3];
        b[1] = even[3] - odd[2];
        a[2] = even[0] - odd[0];
        b[2] = even[1] - odd[1];
        a[3] = even[2] - odd[3];
        b[3] = even[3] + odd[2];
    } else if constexpr (Radix == 5) {
        // Cosines and sines of 72 and of 144 degrees.
        constexpr Real kCosine1 = static_cast<Real>(0.309016994374947424),
                       kCosine2 = static_cast<Real>(-0.809016994374947424);
        constexpr Real kSine1 = static_cast<Real>(0.951056516295153572),
                       kSine2 = static_cast<Real>(0.587785252292473129);
        const Real sum[4] = {a[1] + a[4], b[1] + b[4], a[2] + a[3], b[2] + b[3]};
        const Real less[4] = {a[1] - a[4], b[1] - b[4], a[2] - a[3], b[2] - b[3]};
        const Real middle1[2] = {a[0] + kCosine1 * sum[0] + kCosine2 * sum[2],
                                 b[0] + kCosine1 * sum[1] + kCosine2 * sum[3]};
        const Real middle2[2] = {a[0] + kCosine2 * sum[0] + kCosine1 * sum[2],
                                 b[0] + kCosine2 * sum[1] + kCosine1 * sum[3]};
        const Real turned1[2] = {kSine1 * less[0] + kSine2 * less[2], kSine1 * less[1] + kSine2 * less[3]};
        const Real turned2[2] = {kSine2 * less[0] - kSine1 * less[2], kSine2 * less[1] - kSine1 * less[3]};
        a[0] += sum[0] + sum[2];
        b[0] += sum[1] + sum[3];
        a[1] = middle1[0] + turned1[1];
        b[1] = middle1[1] - turned1[0];
        a[2] = middle2[0] + turned2[1];
        b[2] = middle2[1] - turned2[0];
        a[3] = middle2[0] - turned2[1];
        b[3] = middle2[1] + turned2[0];
        a[4] = middle1[0] - turned1[1];
        b[4] = middle1[1] + turned1[0];
    } else {
        static_assert(Radix == 8);
        constexpr Real kHalf = std::numbers::sqrt2_v<Real> / 2;
        Real even[8] = {a[0], a[2], a[4], a[6], b[0], b[2], b[4], b[6]};
        Real odd[8] = {a[1], a[3], a[5], a[7], b[1], b[3], b[5], b[7]};
        transform_few<4>(even, even + 4);
        transform_few<4>(odd, odd + 4);
        const Real turned[8] = {odd[0], kHalf * (odd[1] + odd[5]), odd[6],  kHalf * (odd[7] - odd[3]),
                                odd[4], kHalf * (odd[5] - odd[1]), -odd[2], -kHalf * (odd[3] + odd[7])};
        for (int k = 0; k < 4; k++) {
            a[k] = even[k] + turned[k];
            b[k] = even[k + 4] + turned[k + 4];
            a[k + 4] = even[k] - turned[k];
            b[k + 4] = even[k + 4] - turned[k + 4];
        }
    }
}

// One pass of Stockham's algorithm over n = Radix count stride numbers, which leaves them in order. The first pass has stride 1:
// there the loop over `count` is the long one.
template <int Radix, typename Real>
void pass(std::size_t count, std::size_t stride, const Real* __restrict factors, const Real* __restrict from,
          Real* __restrict to) {
    const std::size_t n = Radix * count * stride, apart = count * stride;
    if (stride == 1) {
        for (std::size_t p = 0; p < count; p++) {
            Real a[Radix], b[Radix];
            for (int k = 0; k < Radix; k++) {
                a[k] = from[p + apart * k];
                b[k] = from[n + p + apart * k];
            }
            transform_few<Radix>(a, b);
            to[Radix * p] = a[0];
            to[n + Radix * p] = b[0];
            for (int k = 1; k < Radix; k++) {
                const Real real = factors[(2 * k - 2) * count + p], imaginary = factors[(2 * k - 1) * count + p];
                to[Radix * p + k] = real * a[k] - imaginary * b[k];
                to[n + Radix * p + k] = real * b[k] + imaginary * a[k];
            }
        }
        return;
    }
    for (std::size_t p = 0; p < count; p++) {
        Real real[Radix], imaginary[Radix];
        for (int k = 1; k < Radix; k++) {
            real[k] = factors[(2 * k - 2) * count + p];
            imaginary[k] = factors[(2 * k - 1) * count + p];
        }
        const Real* in = from + p * stride;
        Real* out = to + p * Radix * stride;
        for (std::size_t q = 0; q < stride; q++) {
            Real a[Radix], b[Radix];
            for (int k = 0; k < Radix; k++) {
                a[k] = in[q + apart * k];
                b[k] = in[n + q + apart * k];
            }
            transform_few<Radix>(a, b);
            out[q] = a[0];
            out[n + q] = b[0];
            for (int k = 1; k < Radix; k++) {
                out[q + stride * k] = real[k] * a[k] - imaginary[k] * b[k];
                out[n + q + stride * k] = real[k] * b[k] + imaginary[k] * a[k];
            }
        }
    }
}

template <typename Real>
void exchange_halves(std::size_t half, Real* x) {
    std::swap_ranges(x, x + half, x + half);
}

}  // namespace

template <typename Real>
bool MixedRadix<Real>::serves(std::size_t n) {
    for (const std::size_t factor : {2, 3, 5})
        while (n % factor == 0) n /= factor;
    return n == 1;
}

template <typename Real>
MixedRadix<Real>::MixedRadix(std::size_t n) : length_(n) {
    std::size_t rest = n;
    for (const int radix : {8, 4, 2, 3, 5})
        while (rest % radix == 0) {
            Pass& pass = passes_.emplace_back(Pass{radix, {}});
            const std::size_t count = rest / radix;
            pass.factors.resize(2 * (radix - 1) * count);
            for (int k = 1; k < radix; k++)
                for (std::size_t p = 0; p < count; p++) {
                    const auto [real, imaginary] = root(p * k, rest);
                    pass.factors[(2 * k - 2) * count + p] = static_cast<Real>(real);
                    pass.factors[(2 * k - 1) * count + p] = static_cast<Real>(imaginary);
                }
            rest = count;
        }
}

template <typename Real>
Real* MixedRadix<Real>::transform(Real* work) const {
    Real *from = work, *to = work + 2 * length_;
    std::size_t stride = 1;
    for (const Pass& one : passes_) {
        const std::size_t count = length_ / stride / one.radix;
        const Real* factors = one.factors.data();
        switch (one.radix) {
            case 2:
                pass<2>(count, stride, factors, from, to);
                break;
            case 3:
                pass<3>(count, stride, factors, from, to);
                break;
            case 4:
                pass<4>(count, stride, factors, from, to);
                break;
            case 5:
                pass<5>(count, stride, factors, from, to);
                break;
            default:
                pass<8>(count, stride, factors, from, to);
        }
        std::swap(from, to);
        stride *= one.radix;
    }
    return from;
}

template class MixedRadix<float>;
template class MixedRadix<double>;

namespace {

// A power of two that has room for a convolution of n numbers with 2n - 1.
std::size_t padded_length(std::size_t n) {
    std::size_t padded = 1;
    while (padded < 2 * n - 1) padded *= 2;
    return padded;
}

}  // namespace

ChirpTransform::ChirpTransform(std::size_t n)
    : length_(n), padded_(padded_length(n)), convolution_(padded_), chirp_(2 * n), spectrum_(2 * padded_) {
    std::vector<double> work(4 * padded_);
    for (std::size_t j = 0; j < n; j++) {
        const auto [real, imaginary] = root(j * j % (2 * n), 2 * n);
        chirp_[j] = real;
        chirp_[n + j] = imaginary;
        work[j] = work[(padded_ - j) % padded_] = real / static_cast<double>(padded_);
        work[padded_ + j] = work[padded_ + (padded_ - j) % padded_] = -imaginary / static_cast<double>(padded_);
    }
    std::copy_n(convolution_.transform(work.data()), 2 * padded_, spectrum_.data());
}

void ChirpTransform::transform(float* real, float* imaginary) const {
    const auto work = std::make_unique<double[]>(4 * padded_);
    const double *c = chirp_.data(), *s = c + length_, *sc = spectrum_.data(), *ss = sc + padded_;
    for (std::size_t j = 0; j < length_; j++) {
        work[j] = real[j] * c[j] - imaginary[j] * s[j];
        work[padded_ + j] = real[j] * s[j] + imaginary[j] * c[j];
    }
    double* x = convolution_.transform(work.get());
    // The way back is the way there with real and imaginary parts exchanged.
    double* other = x == work.get() ? work.get() + 2 * padded_ : work.get();
    for (std::size_t k = 0; k < padded_; k++) {
        other[k] = x[k] * ss[k] + x[padded_ + k] * sc[k];
        other[padded_ + k] = x[k] * sc[k] - x[padded_ + k] * ss[k];
    }
    if (other != work.get()) std::copy_n(other, 2 * padded_, work.get());
    x = convolution_.transform(work.get());
    for (std::size_t k = 0; k < length_; k++) {
        const double a = x[padded_ + k], b = x[k];
        real[k] = static_cast<float>(a * c[k] - b * s[k]);
        imaginary[k] = static_cast<float>(a * s[k] + b * c[k]);
    }
}

RealTransform::RealTransform(std::size_t n) : length_(n), points_(n % 2 == 0 ? n / 2 : n) {
    if (MixedRadix<float>::serves(points_))
        radix_.emplace_back(points_);
    else
        chirp_.emplace_back(points_);
    if (n % 2 != 0) return;
    for (std::size_t k = 0; k < points_; k++) {
        const auto [cosine, sine] = root(k, n);
        cosines_.push_back(static_cast<float>(cosine));
        sines_.push_back(static_cast<float>(-sine));
    }
}

float* RealTransform::complex_transform(float* work) const {
    if (!radix_.empty()) return radix_.front().transform(work);
    chirp_.front().transform(work, work + points_);
    return work;
}

void RealTransform::forward(const float* x, float* coefficients) const {
    const std::size_t m = points_;
    Scratch scratch(4 * m);
    float* work = scratch.data();
    if (length_ % 2 != 0) {
        std::copy_n(x, m, work);
        std::fill_n(work + m, m, 0.0f);
        const float* z = complex_transform(work);
        for (std::size_t k = 0; k <= m / 2; k++) {
            coefficients[2 * k] = z[k];
            coefficients[2 * k + 1] = z[m + k];
        }
        coefficients[1] = 0.0f;
        return;
    }
    // Even elements as real parts and odd ones as imaginary parts: the spectrum of either is what the sum of its coefficients k and
    // m - k, and their difference, tell.
    for (std::size_t j = 0; j < m; j++) {
        work[j] = x[2 * j];
        work[m + j] = x[2 * j + 1];
    }
    const float* z = complex_transform(work);
    const float *a = z, *b = z + m, *c = cosines_.data(), *s = sines_.data();
    coefficients[0] = a[0] + b[0];
    coefficients[2 * m] = a[0] - b[0];
    coefficients[1] = coefficients[2 * m + 1] = 0.0f;
    for (std::size_t k = 1; k < m; k++) {
        const float even[2] = {a[k] + a[m - k], b[k] - b[m - k]}, odd[2] = {b[k] + b[m - k], a[m - k] - a[k]};
        coefficients[2 * k] = 0.5f * (even[0] + c[k] * odd[0] + s[k] * odd[1]);
        coefficients[2 * k + 1] = 0.5f * (even[1] + c[k] * odd[1] - s[k] * odd[0]);
    }
}

void RealTransform::inverse(const float* coefficients, float* x) const {
    const std::size_t m = points_;
    const float scale = 1.0f / static_cast<float>(length_);
    Scratch scratch(4 * m);
    // Real and imaginary parts are exchanged, here and in what comes back.
    float *b = scratch.data(), *a = b + m;
    if (length_ % 2 != 0) {
        a[0] = coefficients[0];
        b[0] = 0.0f;
        for (std::size_t k = 1; k <= m / 2; k++) {
            a[k] = a[m - k] = coefficients[2 * k];
            b[k] = coefficients[2 * k + 1];
            b[m - k] = -b[k];
        }
        const float* z = complex_transform(b) + m;
        for (std::size_t j = 0; j < m; j++) x[j] = scale * z[j];
        return;
    }
    const float *c = cosines_.data(), *s = sines_.data();
    a[0] = coefficients[0] + coefficients[2 * m];
    b[0] = coefficients[0] - coefficients[2 * m];
    for (std::size_t k = 1; k < m; k++) {
        const float *here = coefficients + 2 * k, *there = coefficients + 2 * (m - k);
        const float even[2] = {here[0] + there[0], here[1] - there[1]},
                    odd[2] = {here[0] - there[0], here[1] + there[1]};
        a[k] = even[0] - s[k] * odd[0] - c[k] * odd[1];
        b[k] = even[1] + c[k] * odd[0] - s[k] * odd[1];
    }
    const float* z = complex_transform(b);
    for (std::size_t j = 0; j < m; j++) {
        x[2 * j] = scale * z[m + j];
        x[2 * j + 1] = scale * z[j];
    }
}

}  // namespace holomamba::hrr
