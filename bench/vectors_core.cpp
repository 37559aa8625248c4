// Binding in the core beside the transforms it needs and beside the direct sum: what bench/vectors.sh runs.
#include <benchmark/benchmark.h>
#include <fftw3.h>

#include <complex>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hrr/binding.hpp"
#include "hrr/fhrr.hpp"

using namespace holomamba;

namespace {

// FFTW with its plans made the way the core makes them: without measuring, for memory of any alignment.
class BareTransforms {
  public:
    explicit BareTransforms(std::size_t n) : x_(n), y_(n), out_(n), a_(n / 2 + 1), b_(n / 2 + 1) {
        constexpr unsigned kFlags = FFTW_ESTIMATE | FFTW_UNALIGNED;
        const int length = static_cast<int>(n);
        forward_ = fftwf_plan_dft_r2c_1d(length, x_.data(), fftw(a_), kFlags | FFTW_PRESERVE_INPUT);
        inverse_ = fftwf_plan_dft_c2r_1d(length, fftw(a_), x_.data(), kFlags | FFTW_DESTROY_INPUT);
        hrr::random_vector(n, 1, x_.data());
        hrr::random_vector(n, 2, y_.data());
    }
    BareTransforms(const BareTransforms&) = delete;
    ~BareTransforms() {
        fftwf_destroy_plan(forward_);
        fftwf_destroy_plan(inverse_);
    }
    void forward() { fftwf_execute_dft_r2c(forward_, x_.data(), fftw(a_)); }
    // Two forward and one inverse.
    void of_a_bind() {
        forward();
        fftwf_execute_dft_r2c(forward_, y_.data(), fftw(b_));
        fftwf_execute_dft_c2r(inverse_, fftw(b_), out_.data());
    }

  private:
    static fftwf_complex* fftw(std::vector<std::complex<float>>& spectrum) {
        return reinterpret_cast<fftwf_complex*>(spectrum.data());
    }
    std::vector<float> x_, y_, out_;
    std::vector<std::complex<float>> a_, b_;
    fftwf_plan forward_, inverse_;
};

// The definition, as one writes it down.
void direct_sum(std::size_t n, const float* x, const float* y, float* out) {
    for (std::size_t j = 0; j < n; j++) {
        float sum = 0.0f;
        for (std::size_t k = 0; k <= j; k++) sum += x[k] * y[j - k];
        for (std::size_t k = j + 1; k < n; k++) sum += x[k] * y[n + j - k];
        out[j] = sum;
    }
}

void add(const std::string& name, std::size_t n, const std::function<void()>& run) {
    benchmark::RegisterBenchmark((name + "/" + std::to_string(n)).c_str(), [run](benchmark::State& state) {
        for (auto _ : state) {
            run();
            benchmark::ClobberMemory();
        }
    });
}

}  // namespace

int main(int argc, char** argv) {
    for (const std::size_t n : {8, 16, 32, 64, 96, 128, 256, 512, 1024}) {
        const auto bare = std::make_shared<BareTransforms>(n);
        const auto x = std::make_shared<std::vector<float>>(n);
        const auto y = std::make_shared<std::vector<float>>(n);
        const auto out = std::make_shared<std::vector<float>>(n);
        hrr::random_vector(n, 1, x->data());
        hrr::random_vector(n, 2, y->data());
        add("forward", n, [=] { bare->forward(); });
        add("transforms", n, [=] { bare->of_a_bind(); });
        add("direct", n, [=] { direct_sum(n, x->data(), y->data(), out->data()); });
        add("bind", n, [=] { hrr::bind(n, x->data(), y->data(), out->data()); });
        add("fhrr_bind", n, [=] { fhrr::bind(n, x->data(), y->data(), out->data()); });
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
