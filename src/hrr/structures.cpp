#include "hrr/structures.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "hrr/binding.hpp"
#include "hrr/error.hpp"
#include "hrr/random.hpp"
#include "hrr/transform.hpp"

namespace holomamba::hrr {

namespace {

using Complex = std::complex<double>;
using Spectrum = std::vector<std::complex<float>>;

// Any constants, but for ever the same: what is stored was made with them.
constexpr std::uint64_t kPositionSeed = 0x706f736974696f6eu;
constexpr std::uint64_t kShuffleSeed = 0x73687566666c65u;

// The textbook product. std::complex's own operator looks for NaN and infinity and calls a function.
Complex multiply(Complex a, Complex b) {
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

Spectrum spectrum_of(std::size_t n, const float* x) {
    Spectrum spectrum(spectrum_size(n));
    Transform::of_length(n).forward(x, spectrum.data());
    return spectrum;
}

std::vector<double> phases_of(std::size_t n, std::uint64_t seed) {
    std::vector<double> phases(spectrum_size(n));
    unitary_phases(n, seed, phases.data());
    return phases;
}

void vector_of_phases(std::size_t n, const std::vector<double>& phases, float* out) {
    Spectrum spectrum(phases.size());
    for (std::size_t k = 0; k < spectrum.size(); k++)
        spectrum[k] = {static_cast<float>(std::cos(phases[k])), static_cast<float>(std::sin(phases[k]))};
    Transform::of_length(n).inverse(spectrum.data(), out);
}

[[noreturn]] void refuse_parameter(const char* message) {
    throw Error(ErrorKind::invalid_parameter, message);
}

void check_number(double value, double bandwidth) {
    if (!std::isfinite(value)) refuse_parameter("value must be a finite number");
    if (!(bandwidth > 0.0) || !std::isfinite(bandwidth)) refuse_parameter("bandwidth must be a positive number");
}

}  // namespace

std::uint64_t seed_of_name(std::string_view name) {
    // FNV-1a (Fowler, Noll and Vo), then mixed, so that neighbouring names get seeds that are far apart.
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return mix64(hash);
}

void number_vector(std::size_t n, double value, double bandwidth, std::uint64_t seed, float* out) {
    check_number(value, bandwidth);
    const double power = value / bandwidth;
    if (!std::isfinite(power)) throw Error(ErrorKind::out_of_range, "value is out of range for the bandwidth");
    std::vector<double> phases = phases_of(n, seed);
    for (double& phase : phases) phase *= power;
    vector_of_phases(n, phases, out);
}

void cyclic_number_vector(std::size_t n, double value, double period, double bandwidth, std::uint64_t seed,
                          float* out) {
    check_number(value, bandwidth);
    if (!(period > 0.0) || !std::isfinite(period)) refuse_parameter("period must be a positive number");
    if (bandwidth > period / 2.0) refuse_parameter("bandwidth must be at most half the period");
    const double turn = std::fmod(value, period) / period;
    std::vector<double> phases = phases_of(n, seed);
    // A whole number of turns in a period, the one that is nearest to what number_vector() makes.
    for (double& phase : phases)
        phase = 2.0 * std::numbers::pi *
                std::fmod(std::round(phase / bandwidth * period / (2.0 * std::numbers::pi)) * turn, 1.0);
    vector_of_phases(n, phases, out);
}

void position_vector(std::size_t n, std::int64_t position, float* out) {
    number_vector(n, static_cast<double>(position), 1.0, kPositionSeed, out);
}

void shuffle(std::size_t n, const float* x, std::int64_t times, float* out) {
    std::vector<std::size_t> to(n);
    std::iota(to.begin(), to.end(), 0u);
    Random random(kShuffleSeed);
    for (std::size_t i = n; i > 1; i--) std::swap(to[i - 1], to[random.below(i)]);
    // `times` steps along each cycle, however many those are.
    std::vector<bool> done(n);
    std::vector<std::size_t> cycle;
    for (std::size_t first = 0; first < n; first++) {
        if (done[first]) continue;
        cycle.clear();
        for (std::size_t i = first; !done[i]; i = to[i]) {
            done[i] = true;
            cycle.push_back(i);
        }
        const auto length = static_cast<std::int64_t>(cycle.size());
        auto target = static_cast<std::size_t>(((times % length) + length) % length);
        for (const std::size_t i : cycle) {
            out[cycle[target]] = x[i];
            if (++target == cycle.size()) target = 0;
        }
    }
}

void add_pair(std::size_t n, const float* key, const float* value, std::complex<double>* sum) {
    const Spectrum a = spectrum_of(n, key);
    const Spectrum b = spectrum_of(n, value);
    for (std::size_t k = 0; k < a.size(); k++) sum[k] += multiply(a[k], b[k]);
}

void add_at_position(std::size_t n, const float* item, std::int64_t position, std::complex<double>* sum) {
    const Spectrum spectrum = spectrum_of(n, item);
    const std::vector<double> phases = phases_of(n, kPositionSeed);
    for (std::size_t k = 0; k < spectrum.size(); k++)
        sum[k] += multiply(spectrum[k], std::polar(1.0, phases[k] * static_cast<double>(position)));
}

void add_spectra(std::size_t n, const std::complex<double>* other, std::complex<double>* sum) {
    for (std::size_t k = 0; k < spectrum_size(n); k++) sum[k] += other[k];
}

void add_ngram(std::size_t n, std::size_t size, const float* item, std::int64_t place, std::complex<double>* open,
               std::complex<double>* sum) {
    const std::size_t width = spectrum_size(n);
    std::vector<float> shuffled(n);
    // From the longest n-gram to the shortest, each of which the item makes one longer.
    for (std::size_t length = size; length >= 1; length--) {
        if (static_cast<std::int64_t>(length) > place) continue;
        shuffle(n, item, static_cast<std::int64_t>(length) - 1, shuffled.data());
        const Spectrum spectrum = spectrum_of(n, shuffled.data());
        const Complex* shorter = length > 1 ? open + (length - 2) * width : nullptr;
        for (std::size_t k = 0; k < width; k++) {
            const Complex longer = shorter ? multiply(shorter[k], spectrum[k]) : Complex(spectrum[k]);
            if (length == size)
                sum[k] += longer;
            else
                open[(length - 1) * width + k] = longer;
        }
    }
}

}  // namespace holomamba::hrr
