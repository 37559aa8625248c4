#include "hrr/structures.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "base/error.hpp"
#include "base/random.hpp"
#include "hrr/binding.hpp"
#include "hrr/fhrr.hpp"
#include "hrr/scratch.hpp"
#include "hrr/transform.hpp"
#include "hrr/vector.hpp"

namespace holomamba::hrr {

namespace {

// Any constants, but for ever the same: what is stored was made with them.
constexpr std::uint64_t kPositionSeed = 0x706f736974696f6eu;
constexpr std::uint64_t kShuffleSeed = 0x73687566666c65u;

// The spectrum of x, in `scratch` unless it is x itself.
const float* spectrum_of(std::size_t n, const float* x, Form form, Scratch& scratch) {
    if (form == Form::spectrum) return x;
    fhrr::from_hrr(n, x, scratch.data());
    return scratch.data();
}

// Hands function(float* spectrum) where to write a spectrum, and turns that into what is asked for.
template <typename Function>
void make_vector(std::size_t n, Form form, float* out, Function function) {
    if (form == Form::spectrum) return function(out);
    Scratch spectrum(n);
    function(spectrum.data());
    fhrr::to_hrr(n, spectrum.data(), out);
}

// The unitary spectrum whose phases are turn(phase) for the phases of fhrr::unitary_vector(seed).
template <typename Turn>
void turned_spectrum(std::size_t n, std::uint64_t seed, float* out, Turn turn) {
    std::vector<double> phases(spectrum_size(n));
    fhrr::unitary_phases(n, seed, phases.data());
    fhrr::identity(n, out);
    for (std::size_t k = 1; 2 * k < n; k++) {
        const double phase = turn(phases[k]);
        out[2 * k - 1] = static_cast<float>(std::cos(phase));
        out[2 * k] = static_cast<float>(std::sin(phase));
    }
}

[[noreturn]] void refuse_parameter(const char* message) {
    throw base::Error(base::ErrorKind::invalid_parameter, message);
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
    return base::mix64(hash);
}

void number_vector(std::size_t n, double value, double bandwidth, std::uint64_t seed, Form form, float* out) {
    check_number(value, bandwidth);
    const double power = value / bandwidth;
    if (!std::isfinite(power))
        throw base::Error(base::ErrorKind::out_of_range, "value is out of range for the bandwidth");
    make_vector(n, form, out, [&](float* spectrum) {
        turned_spectrum(n, seed, spectrum, [power](double phase) { return phase * power; });
    });
}

void cyclic_number_vector(std::size_t n, double value, double period, double bandwidth, std::uint64_t seed, Form form,
                          float* out) {
    check_number(value, bandwidth);
    if (!(period > 0.0) || !std::isfinite(period)) refuse_parameter("period must be a positive number");
    if (bandwidth > period / 2.0) refuse_parameter("bandwidth must be at most half the period");
    constexpr double kTurn = 2.0 * std::numbers::pi;
    const double part = std::fmod(value, period) / period;
    make_vector(n, form, out, [&](float* spectrum) {
        turned_spectrum(n, seed, spectrum, [&](double phase) {
            // A whole number of turns in a period, the one that is nearest to what number_vector() makes.
            const double turns = std::round(phase / kTurn / bandwidth * period);
            return kTurn * std::fmod(turns * part, 1.0);
        });
    });
}

void position_vector(std::size_t n, std::int64_t position, Form form, float* out) {
    number_vector(n, static_cast<double>(position), 1.0, kPositionSeed, form, out);
}

void shuffle(std::size_t n, const float* x, std::int64_t times, Form form, float* out) {
    if (form == Form::spectrum) {
        Scratch vector(n);
        Scratch shuffled(n);
        fhrr::to_hrr(n, x, vector.data());
        shuffle(n, vector.data(), times, Form::vector, shuffled.data());
        return fhrr::from_hrr(n, shuffled.data(), out);
    }
    std::vector<std::size_t> to(n);
    std::iota(to.begin(), to.end(), 0u);
    base::Random random(kShuffleSeed);
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

void add_pair(std::size_t n, const float* key, const float* value, Form form, double* sum) {
    Scratch product(n);
    (form == Form::vector ? bind : fhrr::bind)(n, key, value, product.data());
    add_to_sum(n, product.data(), sum);
}

void add_at_position(std::size_t n, const float* item, std::int64_t position, Form form, double* sum) {
    Scratch role(n);
    Scratch a(n);
    Scratch product(n);
    position_vector(n, position, Form::spectrum, role.data());
    fhrr::bind(n, spectrum_of(n, item, form, a), role.data(), product.data());
    add_to_sum(n, product.data(), sum);
}

void add_ngram(std::size_t n, std::size_t size, const float* item, std::int64_t place, Form form, double* open,
               double* sum) {
    Scratch shuffled(n);
    Scratch a(n);
    Scratch shorter(n);
    Scratch longer(n);
    // From the longest n-gram to the shortest, each of which the item makes one longer.
    const auto longest = static_cast<std::size_t>(std::min(static_cast<std::int64_t>(size), place));
    for (std::size_t length = longest; length >= 1; length--) {
        shuffle(n, item, static_cast<std::int64_t>(length) - 1, form, shuffled.data());
        const float* spectrum = spectrum_of(n, shuffled.data(), form, a);
        if (length > 1) {
            std::copy_n(open + (length - 2) * n, n, shorter.data());
            fhrr::bind(n, shorter.data(), spectrum, longer.data());
            spectrum = longer.data();
        }
        if (length == size)
            add_to_sum(n, spectrum, sum);
        else
            std::copy_n(spectrum, n, open + (length - 1) * n);
    }
}

void vector_of_sum(std::size_t n, const double* sum, Form form, float* out) {
    make_vector(n, form, out, [&](float* spectrum) { mean_of_sum(n, sum, 1.0, spectrum); });
}

}  // namespace holomamba::hrr
