// Transform by FFTW.
#include <fftw3.h>

#include <algorithm>
#include <memory>
#include <new>

#include "hrr/scratch.hpp"
#include "hrr/transform.hpp"

// What FFTW calls where it got no memory, planning or transforming: its own prints a line and aborts the process, a server's with
// all its sessions. A shared library's calls to its own functions go by name, and ours is found before FFTW's, which is loaded on our
// behalf. FFTW's frames have nothing to clean up, so what they have allocated so far is lost.
extern "C" [[noreturn, gnu::visibility("default")]] void fftwf_assertion_failed(const char*, int, const char*) {
    throw std::bad_alloc();
}

namespace holomamba::hrr {

struct Transform::Plans {
    fftwf_plan forward = nullptr;
    fftwf_plan inverse = nullptr;
    ~Plans() {
        if (forward) fftwf_destroy_plan(forward);
        if (inverse) fftwf_destroy_plan(inverse);
    }
};

namespace {

// FFTW's own name for pairs of floats.
fftwf_complex* fftw(float* spectrum) {
    return reinterpret_cast<fftwf_complex*>(spectrum);
}

// FFTW's plans for aligned memory are more than twice as fast as those for any. One plan serves all memory, so that no
// result depends on where it is computed: what is not aligned is copied.
constexpr int kAligned = 0;

bool is_aligned(const float* p) {
    return fftwf_alignment_of(const_cast<float*>(p)) == kAligned;
}

}  // namespace

Transform::Transform(std::size_t n) : length_(n), plans_(std::make_unique<Plans>()) {
    // ESTIMATE measures nothing: plans come in microseconds and are the same in every process, so results are too.
    Scratch x(n);
    Scratch spectrum(2 * spectrum_size(n));
    const int length = static_cast<int>(n);
    static bool ever_planned = false;
    try {
        plans_->forward =
            fftwf_plan_dft_r2c_1d(length, x.data(), fftw(spectrum.data()), FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
        plans_->inverse = fftwf_plan_dft_c2r_1d(length, fftw(spectrum.data()), x.data(), FFTW_ESTIMATE);
        if (!plans_->forward || !plans_->inverse) throw std::bad_alloc();
        ever_planned = true;
    } catch (...) {
        // A planner that was broken off while it was made would go on with what it has, to other plans and other last digits.
        plans_.reset();
        if (!ever_planned) fftwf_cleanup();
        throw;
    }
}

Transform::~Transform() = default;

void Transform::forward(const float* x, std::complex<float>* spectrum) const {
    auto* out = reinterpret_cast<float*>(spectrum);
    if (!is_aligned(x)) {
        Scratch aligned(length_);
        std::copy_n(x, length_, aligned.data());
        return forward(aligned.data(), spectrum);
    }
    if (!is_aligned(out)) {
        Scratch aligned(2 * spectrum_size(length_));
        forward(x, reinterpret_cast<std::complex<float>*>(aligned.data()));
        std::copy_n(aligned.data(), 2 * spectrum_size(length_), out);
        return;
    }
    // A real to complex plan only reads its input.
    fftwf_execute_dft_r2c(plans_->forward, const_cast<float*>(x), fftw(out));
}

void Transform::inverse(std::complex<float>* spectrum, float* x) const {
    auto* in = reinterpret_cast<float*>(spectrum);
    if (!is_aligned(in)) {
        Scratch aligned(2 * spectrum_size(length_));
        std::copy_n(in, 2 * spectrum_size(length_), aligned.data());
        return inverse(reinterpret_cast<std::complex<float>*>(aligned.data()), x);
    }
    const float scale = 1.0f / static_cast<float>(length_);
    if (is_aligned(x)) {
        fftwf_execute_dft_c2r(plans_->inverse, fftw(in), x);
        for (std::size_t j = 0; j < length_; j++) x[j] *= scale;
        return;
    }
    Scratch aligned(length_);
    fftwf_execute_dft_c2r(plans_->inverse, fftw(in), aligned.data());
    for (std::size_t j = 0; j < length_; j++) x[j] = scale * aligned.data()[j];
}

}  // namespace holomamba::hrr
