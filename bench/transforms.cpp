// Transforms and binding in the core it is linked with: what bench/transforms.sh runs. Lines "name length nanoseconds".
#include <algorithm>
#include <chrono>
#include <complex>
#include <cstdio>
#include <vector>

#include "hrr/binding.hpp"
#include "hrr/transform.hpp"

using namespace holomamba::hrr;

namespace {

double nanoseconds(const auto& run, int times) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < times; i++) run();
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / times;
}

// The fastest of some runs of about a millisecond.
void time(const char* name, std::size_t n, const auto& run) {
    const int times = static_cast<int>(1e6 / std::max(nanoseconds(run, 100), 1.0)) + 1;
    double best = nanoseconds(run, times);
    for (int i = 0; i < 10; i++) best = std::min(best, nanoseconds(run, times));
    std::printf("%s %zu %.1f\n", name, n, best);
}

}  // namespace

int main() {
    std::printf("first 64 %.1f\n", nanoseconds([] { Transform::of_length(64); }, 1));
    for (const std::size_t n : {32, 48, 64, 96, 100, 127, 128, 192, 256, 300, 384, 512, 768, 1000, 1021, 1024}) {
        std::vector<float> x(n), y(n), out(n);
        std::vector<std::complex<float>> spectrum(spectrum_size(n));
        random_vector(n, 1, x.data());
        random_vector(n, 2, y.data());
        const Transform& transform = Transform::of_length(n);
        time("pair", n, [&] {
            transform.forward(x.data(), spectrum.data());
            transform.inverse(spectrum.data(), out.data());
        });
        time("bind", n, [&] { bind(n, x.data(), y.data(), out.data()); });
    }
}
