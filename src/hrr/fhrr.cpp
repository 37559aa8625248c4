#include "hrr/fhrr.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/random.hpp"
#include "hrr/binding.hpp"
#include "hrr/direct_transform.hpp"
#include "hrr/scratch.hpp"
#include "hrr/transform.hpp"
#include "hrr/vector.hpp"
#include "kernels/kernels.hpp"

namespace holomamba::fhrr {

namespace {

using Complex = std::complex<double>;

// How many coefficients have an imaginary part.
constexpr std::size_t pairs(std::size_t n) {
    return (n - 1) / 2;
}

// out_k = function(k, x_k) for the coefficients that are real for every vector and, in the same way, for the others.
// What the function returns for a real coefficient must be real, too.
template <typename Function>
void map_coefficients(std::size_t n, const float* x, float* out, Function function) {
    out[0] = static_cast<float>(function(0, Complex(x[0])).real());
    for (std::size_t k = 1; k <= pairs(n); k++) {
        const Complex c = function(k, Complex(x[2 * k - 1], x[2 * k]));
        out[2 * k - 1] = static_cast<float>(c.real());
        out[2 * k] = static_cast<float>(c.imag());
    }
    if (n % 2 == 0) out[n - 1] = static_cast<float>(function(n / 2, Complex(x[n - 1])).real());
}

// The magnitude below which a coefficient is rounding error: a transform's is about epsilon log2(n) times the vector's
// length.
double negligible(std::size_t n, const float* x) {
    const double steps = 1.0 + std::log2(static_cast<double>(n));
    return std::numeric_limits<float>::epsilon() * steps * norm(n, x);
}

[[noreturn]] void refuse_inverse() {
    throw base::Error(
        base::ErrorKind::data, "vector has no exact inverse",
        "Its spectrum vanishes at some frequency; the involution ~ is an approximate inverse of every vector.");
}

[[noreturn]] void refuse_power(std::size_t frequency) {
    throw base::Error(
        base::ErrorKind::data, "vector has no fractional power",
        "Its spectrum is negative at frequency " + std::to_string(frequency) +
            ", where the power of a vector is real. Vectors of hrr_unitary() and fhrr_unitary() have all powers.");
}

void product(std::size_t n, const float* x, const float* y, bool conjugate, float* out) {
    out[0] = x[0] * y[0];
    kernels::table().complex_product(pairs(n), x + 1, y + 1, conjugate, out + 1);
    if (n % 2 == 0) out[n - 1] = x[n - 1] * y[n - 1];
}

// Of a form on two vectors that sums over their elements, the same sum over all n coefficients, divided by n: those
// with an imaginary part stand for their conjugates as well.
template <typename Form>
double by_parseval(std::size_t n, const float* x, const float* y, Form form) {
    double total = form(1, x, y) + 2.0 * form(2 * pairs(n), x + 1, y + 1);
    if (n % 2 == 0) total += form(1, x + n - 1, y + n - 1);
    return total / static_cast<double>(n);
}

}  // namespace

void from_hrr(std::size_t n, const float* x, float* out) {
    if (n <= hrr::DirectTransform::kLongest) return hrr::DirectTransform::of_length(n).forward(x, out);
    hrr::Scratch spectrum(2 * hrr::spectrum_size(n));
    float* s = spectrum.data();
    hrr::Transform::of_length(n).forward(x, reinterpret_cast<std::complex<float>*>(s));
    out[0] = s[0];
    std::copy_n(s + 2, n - 1, out + 1);
}

void to_hrr(std::size_t n, const float* x, float* out) {
    if (n <= hrr::DirectTransform::kLongest) return hrr::DirectTransform::of_length(n).inverse(x, out);
    hrr::Scratch spectrum(2 * hrr::spectrum_size(n));
    float* s = spectrum.data();
    s[0] = x[0];
    s[1] = 0.0f;
    std::copy_n(x + 1, n - 1, s + 2);
    if (n % 2 == 0) s[n + 1] = 0.0f;
    hrr::Transform::of_length(n).inverse(reinterpret_cast<std::complex<float>*>(s), out);
}

void bind(std::size_t n, const float* x, const float* y, float* out) {
    product(n, x, y, false, out);
}

void unbind(std::size_t n, const float* x, const float* y, float* out) {
    product(n, x, y, true, out);
}

void involution(std::size_t n, const float* x, float* out) {
    std::copy_n(x, n, out);
    for (std::size_t k = 1; k <= pairs(n); k++) out[2 * k] = -x[2 * k];
}

void exact_inverse(std::size_t n, const float* x, float* out) {
    const double least = negligible(n, x);
    map_coefficients(n, x, out, [least](std::size_t, Complex c) {
        if (std::abs(c) <= least) refuse_inverse();
        return std::conj(c) / std::norm(c);
    });
}

void unitary(std::size_t n, const float* x, float* out) {
    const double least = negligible(n, x);
    map_coefficients(n, x, out, [least](std::size_t, Complex c) {
        const double magnitude = std::abs(c);
        return magnitude > least ? c / magnitude : Complex(1.0);
    });
}

void bind_power(std::size_t n, const float* x, double power, float* out, int exponent) {
    if (!std::isfinite(power)) throw base::Error(base::ErrorKind::invalid_parameter, "power must be a finite number");
    if (power == 0.0) return identity(n, out);
    const double least = negligible(n, x);
    // Where the magnitudes are raised, so that neither factor of the result need be in range alone.
    const double scale = static_cast<double>(exponent) * std::numbers::ln2;
    map_coefficients(n, x, out, [=](std::size_t k, Complex c) {
        const double magnitude = std::abs(c);
        if (magnitude <= least) {
            if (power < 0.0) refuse_inverse();
            return Complex(0.0);
        }
        const double raised = std::exp(power * (std::log(magnitude) + scale));
        if (k != 0 && 2 * k != n) return std::polar(raised, power * std::arg(c));
        if (c.real() > 0.0) return Complex(raised);
        if (power != std::trunc(power)) refuse_power(k);
        return Complex(std::fmod(power, 2.0) == 0.0 ? raised : -raised);
    });
}

void permute(std::size_t n, const float* x, std::int64_t shift, float* out) {
    const auto length = static_cast<std::int64_t>(n);
    const auto right = static_cast<std::size_t>(((shift % length) + length) % length);
    const double step = -2.0 * std::numbers::pi / static_cast<double>(n);
    map_coefficients(n, x, out, [=](std::size_t k, Complex c) {
        return c * std::polar(1.0, step * static_cast<double>(k * right % n));
    });
}

void identity(std::size_t n, float* out) {
    std::fill_n(out, n, 1.0f);
    for (std::size_t k = 1; k <= pairs(n); k++) out[2 * k] = 0.0f;
}

void random_vector(std::size_t n, std::uint64_t seed, float* out) {
    hrr::Scratch vector(n);
    hrr::random_vector(n, seed, vector.data());
    from_hrr(n, vector.data(), out);
}

void unitary_phases(std::size_t n, std::uint64_t seed, double* phases) {
    // Another stream than random_vector's, so that one seed gives two independent vectors.
    base::Random random(base::mix64(seed) ^ 0x756e6974617279u);
    std::fill_n(phases, hrr::spectrum_size(n), 0.0);
    for (std::size_t k = 1; k <= pairs(n); k++) phases[k] = random.uniform(-std::numbers::pi, std::numbers::pi);
}

void unitary_vector(std::size_t n, std::uint64_t seed, float* out) {
    std::vector<double> phases(hrr::spectrum_size(n));
    unitary_phases(n, seed, phases.data());
    identity(n, out);
    map_coefficients(n, out, out, [&](std::size_t k, Complex) { return std::polar(1.0, phases[k]); });
}

double norm(std::size_t n, const float* x) {
    return std::sqrt(inner_product(n, x, x));
}

double inner_product(std::size_t n, const float* x, const float* y) {
    return by_parseval(n, x, y, hrr::inner_product);
}

double squared_distance(std::size_t n, const float* x, const float* y) {
    return by_parseval(n, x, y, hrr::squared_distance);
}

double cosine_similarity(std::size_t n, const float* x, const float* y) {
    const double lengths = std::sqrt(inner_product(n, x, x) * inner_product(n, y, y));
    return std::clamp(inner_product(n, x, y) / lengths, -1.0, 1.0);
}

void normalize(std::size_t n, const float* x, float* out) {
    const double length = norm(n, x);
    if (length == 0.0) {
        std::fill_n(out, n, 0.0f);
        return;
    }
    hrr::divide(n, x, length, out);
}

}  // namespace holomamba::fhrr
