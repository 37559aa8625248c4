#include "hrr/direct_transform.hpp"

#include <array>
#include <cmath>
#include <memory>
#include <mutex>
#include <numbers>

#include "kernels/kernels.hpp"

namespace holomamba::hrr {

namespace {

constexpr std::size_t kMostReals = DirectTransform::kLongest / 2 + 1;
using Half = std::array<float, kMostReals>;

}  // namespace

DirectTransform::DirectTransform(std::size_t n)
    : length_(n),
      reals_(n / 2 + 1),
      imaginaries_((n - 1) / 2),
      cosines_(reals_ * reals_),
      sines_(imaginaries_ * imaginaries_) {
    std::vector<float> cosine(n);
    std::vector<float> sine(n);
    for (std::size_t j = 0; j < n; j++) {
        const double angle = 2.0 * std::numbers::pi * static_cast<double>(j) / static_cast<double>(n);
        cosine[j] = static_cast<float>(std::cos(angle));
        sine[j] = static_cast<float>(std::sin(angle));
    }
    for (std::size_t j = 0; j < reals_; j++)
        for (std::size_t k = 0; k < reals_; k++) cosines_[j * reals_ + k] = cosine[j * k % n];
    for (std::size_t j = 0; j < imaginaries_; j++)
        for (std::size_t k = 0; k < imaginaries_; k++) sines_[j * imaginaries_ + k] = sine[(j + 1) * (k + 1) % n];
}

const DirectTransform& DirectTransform::of_length(std::size_t n) {
    // Never freed: a thread may still be transforming when the process exits.
    static std::mutex mutex;
    static auto& transforms = *new std::array<std::unique_ptr<DirectTransform>, kLongest + 1>;
    const std::lock_guard lock(mutex);
    auto& transform = transforms[n];
    if (!transform) transform = std::make_unique<DirectTransform>(n);
    return *transform;
}

// Cosines meet the even part of x only, sines the odd part: two products of half the length.
void DirectTransform::forward(const float* x, float* out) const {
    Half even, odd, real, imaginary;
    even[0] = x[0];
    if (length_ % 2 == 0) even[reals_ - 1] = x[length_ / 2];
    for (std::size_t j = 0; j < imaginaries_; j++) {
        even[j + 1] = x[j + 1] + x[length_ - 1 - j];
        odd[j] = x[length_ - 1 - j] - x[j + 1];
    }
    const int reals = static_cast<int>(reals_);
    const int imaginaries = static_cast<int>(imaginaries_);
    kernels::table().multiply(1, reals, reals, even.data(), cosines_.data(), real.data(), false);
    if (imaginaries > 0)
        kernels::table().multiply(1, imaginaries, imaginaries, odd.data(), sines_.data(), imaginary.data(), false);
    out[0] = real[0];
    if (length_ % 2 == 0) out[length_ - 1] = real[reals_ - 1];
    for (std::size_t k = 0; k < imaginaries_; k++) {
        out[2 * k + 1] = real[k + 1];
        out[2 * k + 2] = imaginary[k];
    }
}

void DirectTransform::inverse(const float* x, float* out) const {
    Half real, imaginary, even, odd;
    const float scale = 1.0f / static_cast<float>(length_);
    real[0] = scale * x[0];
    if (length_ % 2 == 0) real[reals_ - 1] = scale * x[length_ - 1];
    for (std::size_t k = 0; k < imaginaries_; k++) {
        real[k + 1] = 2.0f * scale * x[2 * k + 1];
        imaginary[k] = 2.0f * scale * x[2 * k + 2];
    }
    const int reals = static_cast<int>(reals_);
    const int imaginaries = static_cast<int>(imaginaries_);
    kernels::table().multiply(1, reals, reals, real.data(), cosines_.data(), even.data(), false);
    if (imaginaries > 0)
        kernels::table().multiply(1, imaginaries, imaginaries, imaginary.data(), sines_.data(), odd.data(), false);
    out[0] = even[0];
    if (length_ % 2 == 0) out[length_ / 2] = even[reals_ - 1];
    for (std::size_t j = 0; j < imaginaries_; j++) {
        out[j + 1] = even[j + 1] - odd[j];
        out[length_ - 1 - j] = even[j + 1] + odd[j];
    }
}

}  // namespace holomamba::hrr
