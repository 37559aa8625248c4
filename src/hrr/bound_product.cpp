#include "hrr/bound_product.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/error.hpp"
#include "hrr/direct_transform.hpp"
#include "hrr/fhrr.hpp"
#include "hrr/scratch.hpp"
#include "hrr/transform.hpp"
#include "hrr/vector.hpp"
#include "kernels/kernels.hpp"

namespace holomamba::hrr {

namespace {

// So many factors, of magnitudes from 2^-149 to 2^129, keep in the range of double what starts near 1.
constexpr std::uint64_t kFactorsInRange = 6;

// From so many vectors on, the faster transform is worth its plan.
constexpr double kManyVectors = 100;

// The spectrum of 2^-kRoomForSums x is in range for every x of up to 2^kRoomForSums elements.
constexpr int kRoomForSums = 16;

double* numbers(std::complex<double>* coefficients) {
    return reinterpret_cast<double*>(coefficients);
}

// 2^exponent x. Only a forged state has exponents, or NaN, that this bounds.
double scaled(double x, double exponent) {
    return std::ldexp(x, static_cast<int>(exponent > -1e5 ? std::min(exponent, 1e5) : -1e5));
}

// x = 2^exponent x. Throws out_of_range where that is not 0 and has no element left that is a normal float.
void rescale(std::size_t n, int exponent, float* x) {
    float largest = 0.0f;
    for (std::size_t j = 0; j < n; j++) {
        const bool was_zero = x[j] == 0.0f;
        x[j] = static_cast<float>(std::ldexp(static_cast<double>(x[j]), exponent));
        if (!was_zero) largest = std::max(largest, std::max(std::fabs(x[j]), std::numeric_limits<float>::denorm_min()));
    }
    if (largest > 0.0f && largest < std::numeric_limits<float>::min())
        throw base::Error(base::ErrorKind::out_of_range, "value out of range: underflow");
}

}  // namespace

BoundProduct::BoundProduct(std::size_t n, double* count, double* memory)
    : n_(n),
      coefficients_(spectrum_size(n)),
      count_(count),
      product_(reinterpret_cast<std::complex<double>*>(memory)),
      exponents_(memory + 2 * coefficients_) {}

void BoundProduct::clear() {
    *count_ = 0.0;
    std::fill_n(product_, coefficients_, 1.0);
    std::fill_n(exponents_, coefficients_, 0.0);
}

void BoundProduct::bind_vector(const float* x) {
    Scratch scratch(2 * coefficients_);
    float* s = scratch.data();
    const auto spectrum_of = [&](const float* vector) {
        if (n_ <= DirectTransform::kLongest && *count_ < kManyVectors) {
            DirectTransform::of_length(n_).forward(vector, s);
            return s;
        }
        // Without the imaginary part of the first coefficient, which is 0, this is the layout of fhrr.hpp.
        Transform::of_length(n_).forward(vector, reinterpret_cast<std::complex<float>*>(s));
        s[1] = s[0];
        return s + 1;
    };
    const float* spectrum = spectrum_of(x);
    if (!all_finite(n_, spectrum)) {
        Scratch smaller(n_);
        std::transform(x, x + n_, smaller.data(), [](float element) { return std::ldexp(element, -kRoomForSums); });
        spectrum = spectrum_of(smaller.data());
        for (std::size_t k = 0; k < coefficients_; k++) exponents_[k] += kRoomForSums;
    }
    bind_spectrum(spectrum);
}

void BoundProduct::bind_spectrum(const float* x) {
    product_[0] *= x[0];
    kernels::table().complex_multiply((n_ - 1) / 2, x + 1, numbers(product_ + 1));
    if (n_ % 2 == 0) product_[coefficients_ - 1] *= x[n_ - 1];
    count_one();
}

void BoundProduct::bind_product(const BoundProduct& other) {
    normalise();
    for (std::size_t k = 0; k < coefficients_; k++) {
        const std::complex<double> factor = other.product_[k];
        int exponent;
        std::frexp(std::max(std::fabs(factor.real()), std::fabs(factor.imag())), &exponent);
        product_[k] *= std::complex<double>(std::ldexp(factor.real(), -exponent), std::ldexp(factor.imag(), -exponent));
        exponents_[k] += other.exponents_[k] + exponent;
    }
    normalise();
    *count_ += *other.count_;
}

void BoundProduct::count_one() {
    ++*count_;
    if (static_cast<std::uint64_t>(*count_) % kFactorsInRange == 0) normalise();
}

void BoundProduct::normalise() {
    kernels::table().complex_normalise(coefficients_, numbers(product_), exponents_);
}

// The spectrum of 2^-e times the product, and e: the largest coefficients are near 1.
int BoundProduct::narrow(float* out) const {
    double largest = -1e5;
    for (std::size_t k = 0; k < coefficients_; k++)
        if (product_[k] != 0.0) largest = std::max(largest, exponents_[k] + std::logb(std::abs(product_[k])));
    const double exponent = std::min(largest, 1e5);
    const auto part = [&](std::size_t k, double x) { return static_cast<float>(scaled(x, exponents_[k] - exponent)); };
    out[0] = part(0, product_[0].real());
    for (std::size_t k = 1; k <= (n_ - 1) / 2; k++) {
        out[2 * k - 1] = part(k, product_[k].real());
        out[2 * k] = part(k, product_[k].imag());
    }
    if (n_ % 2 == 0) out[n_ - 1] = part(coefficients_ - 1, product_[coefficients_ - 1].real());
    return static_cast<int>(exponent);
}

void BoundProduct::vector(float* out) const {
    Scratch spectrum(n_);
    const int exponent = narrow(spectrum.data());
    fhrr::to_hrr(n_, spectrum.data(), out);
    rescale(n_, exponent, out);
}

void BoundProduct::spectrum(float* out) const {
    rescale(n_, narrow(out), out);
}

}  // namespace holomamba::hrr
