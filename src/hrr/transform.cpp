#include "hrr/transform.hpp"

#include <fftw3.h>

#include <map>
#include <mutex>
#include <new>
#include <vector>

namespace holomamba {

struct Transform::Plans {
    fftwf_plan forward = nullptr;
    fftwf_plan inverse = nullptr;
    ~Plans() {
        if (forward) fftwf_destroy_plan(forward);
        if (inverse) fftwf_destroy_plan(inverse);
    }
};

namespace {

// FFTW's own name for a pair of floats; std::complex has the same layout by the standard.
fftwf_complex* fftw(std::complex<float>* spectrum) {
    return reinterpret_cast<fftwf_complex*>(spectrum);
}

}  // namespace

Transform::Transform(std::size_t n) : length_(n), plans_(std::make_unique<Plans>()) {
    // ESTIMATE measures nothing: plans come in microseconds and are the same in every process, so results are too.
    constexpr unsigned kFlags = FFTW_ESTIMATE | FFTW_UNALIGNED;
    std::vector<float> x(n);
    std::vector<std::complex<float>> spectrum(spectrum_size(n));
    const int length = static_cast<int>(n);
    plans_->forward = fftwf_plan_dft_r2c_1d(length, x.data(), fftw(spectrum.data()), kFlags | FFTW_PRESERVE_INPUT);
    plans_->inverse = fftwf_plan_dft_c2r_1d(length, fftw(spectrum.data()), x.data(), kFlags | FFTW_DESTROY_INPUT);
    if (!plans_->forward || !plans_->inverse) throw std::bad_alloc();
}

Transform::~Transform() = default;

const Transform& Transform::of_length(std::size_t n) {
    // FFTW's planner is one global state, which this mutex guards too. Never freed: a thread may still be transforming
    // when the process exits.
    static std::mutex mutex;
    static auto& transforms = *new std::map<std::size_t, std::unique_ptr<Transform>>;
    const std::lock_guard lock(mutex);
    auto& transform = transforms[n];
    if (!transform) transform.reset(new Transform(n));
    return *transform;
}

void Transform::forward(const float* x, std::complex<float>* spectrum) const {
    // A real to complex plan only reads its input.
    fftwf_execute_dft_r2c(plans_->forward, const_cast<float*>(x), fftw(spectrum));
}

void Transform::inverse(std::complex<float>* spectrum, float* x) const {
    fftwf_execute_dft_c2r(plans_->inverse, fftw(spectrum), x);
    const float scale = 1.0f / static_cast<float>(length_);
    for (std::size_t j = 0; j < length_; j++) x[j] *= scale;
}

}  // namespace holomamba
