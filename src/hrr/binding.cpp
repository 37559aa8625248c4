#include "hrr/binding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "hrr/error.hpp"
#include "hrr/random.hpp"
#include "hrr/transform.hpp"
#include "hrr/vector.hpp"
#include "kernels/kernels.hpp"

namespace holomamba::hrr {

namespace {

using Spectrum = std::vector<std::complex<float>>;

constexpr std::size_t kDirectScratch = 2 * kLongestDirectBind + 16;

// The textbook product. std::complex's own operator looks for NaN and infinity in every product and calls a function.
template <typename Real>
std::complex<Real> multiply(std::complex<Real> a, std::complex<Real> b) {
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

// Frequencies whose coefficient is real for every real vector.
bool is_real(std::size_t n, std::size_t k) {
    return k == 0 || 2 * k == n;
}

// The exponent e of the power of two for which the largest element of 2^-e x lies in [1, 2); 0 for the zero vector.
// Multiplying by a power of two is exact, and keeps the transforms of huge and of tiny vectors in range.
int exponent_of(std::size_t n, const float* x) {
    float largest = 0.0f;
    for (std::size_t j = 0; j < n; j++) largest = std::max(largest, std::fabs(x[j]));
    return largest > 0.0f ? std::ilogb(largest) : 0;
}

// The spectrum of 2^-exponent x, and the magnitude below which its coefficients are rounding error: a transform's error
// is about epsilon log2(n) times the vector's length.
Spectrum scaled_spectrum(std::size_t n, const float* x, int exponent, float* negligible) {
    std::vector<float> scaled(n);
    for (std::size_t j = 0; j < n; j++) scaled[j] = std::scalbn(x[j], -exponent);
    Spectrum spectrum(spectrum_size(n));
    Transform::of_length(n).forward(scaled.data(), spectrum.data());
    const double steps = 1.0 + std::log2(static_cast<double>(n));
    *negligible = static_cast<float>(std::numeric_limits<float>::epsilon() * steps * norm(n, scaled.data()));
    return spectrum;
}

[[noreturn]] void refuse_inverse() {
    throw Error(ErrorKind::data, "vector has no exact inverse",
                "Its spectrum vanishes at some frequency; the involution ~ is an approximate inverse of every vector.");
}

// bind by transforms; conjugate: with the involution of y.
void bind_by_transform(std::size_t n, const float* x, const float* y, float* out, bool conjugate) {
    const Transform& transform = Transform::of_length(n);
    Spectrum a(spectrum_size(n));
    Spectrum b(spectrum_size(n));
    transform.forward(x, a.data());
    transform.forward(y, b.data());
    for (std::size_t k = 0; k < a.size(); k++) a[k] = multiply(a[k], conjugate ? std::conj(b[k]) : b[k]);
    transform.inverse(a.data(), out);
}

}  // namespace

void bind(std::size_t n, const float* x, const float* y, float* out) {
    if (n > kLongestDirectBind) return bind_by_transform(n, x, y, out, false);
    float scratch[kDirectScratch];
    kernels().circular_convolution(n, x, y, out, scratch);
}

void unbind(std::size_t n, const float* x, const float* y, float* out) {
    if (n > kLongestDirectBind) return bind_by_transform(n, x, y, out, true);
    float reversed[kLongestDirectBind];
    float scratch[kDirectScratch];
    involution(n, y, reversed);
    kernels().circular_convolution(n, x, reversed, out, scratch);
}

void involution(std::size_t n, const float* x, float* out) {
    out[0] = x[0];
    for (std::size_t j = 1; j < n; j++) out[j] = x[n - j];
}

void exact_inverse(std::size_t n, const float* x, float* out) {
    const int exponent = exponent_of(n, x);
    float negligible;
    Spectrum spectrum = scaled_spectrum(n, x, exponent, &negligible);
    for (auto& c : spectrum) {
        if (std::abs(c) <= negligible) refuse_inverse();
        c = std::conj(c) / std::norm(c);
    }
    Transform::of_length(n).inverse(spectrum.data(), out);
    for (std::size_t j = 0; j < n; j++) out[j] = std::scalbn(out[j], -exponent);
}

void unitary(std::size_t n, const float* x, float* out) {
    float negligible;
    Spectrum spectrum = scaled_spectrum(n, x, exponent_of(n, x), &negligible);
    for (auto& c : spectrum) {
        const float magnitude = std::abs(c);
        c = magnitude > negligible ? c / magnitude : 1.0f;
    }
    Transform::of_length(n).inverse(spectrum.data(), out);
}

void bind_power(std::size_t n, const float* x, double power, float* out) {
    if (!std::isfinite(power)) throw Error(ErrorKind::invalid_parameter, "power must be a finite number");
    if (power == 0.0) return identity(n, out);
    const int exponent = exponent_of(n, x);
    float negligible;
    Spectrum spectrum = scaled_spectrum(n, x, exponent, &negligible);
    // (2^e y)^p = 2^(e p) y^p; the factor goes where the magnitudes are raised, in the wider range of double.
    const double scale = static_cast<double>(exponent) * std::numbers::ln2;
    for (std::size_t k = 0; k < spectrum.size(); k++) {
        const std::complex<double> c(spectrum[k]);
        const double magnitude = std::abs(c);
        if (magnitude <= negligible) {
            if (power < 0.0) refuse_inverse();
            spectrum[k] = 0.0f;
            continue;
        }
        const double raised = std::exp(power * (std::log(magnitude) + scale));
        const double phase = is_real(n, k) ? (c.real() < 0.0 ? std::numbers::pi : 0.0) : std::arg(c);
        spectrum[k] = {static_cast<float>(raised * std::cos(power * phase)),
                       is_real(n, k) ? 0.0f : static_cast<float>(raised * std::sin(power * phase))};
    }
    Transform::of_length(n).inverse(spectrum.data(), out);
}

void permute(std::size_t n, const float* x, std::int64_t shift, float* out) {
    const auto length = static_cast<std::int64_t>(n);
    const std::int64_t right = ((shift % length) + length) % length;
    std::rotate_copy(x, x + (length - right), x + length, out);
}

void identity(std::size_t n, float* out) {
    std::fill_n(out, n, 0.0f);
    out[0] = 1.0f;
}

void random_vector(std::size_t n, std::uint64_t seed, float* out) {
    Random random(seed);
    const double deviation = 1.0 / std::sqrt(static_cast<double>(n));
    for (std::size_t j = 0; j < n; j++) out[j] = static_cast<float>(deviation * random.normal());
}

void unitary_phases(std::size_t n, std::uint64_t seed, double* phases) {
    // Another stream than random_vector's, so that one seed gives two independent vectors.
    Random random(mix64(seed) ^ 0x756e6974617279u);
    for (std::size_t k = 0; k < spectrum_size(n); k++)
        phases[k] = is_real(n, k) ? 0.0 : random.uniform(-std::numbers::pi, std::numbers::pi);
}

void unitary_vector(std::size_t n, std::uint64_t seed, float* out) {
    std::vector<double> phases(spectrum_size(n));
    unitary_phases(n, seed, phases.data());
    Spectrum spectrum(spectrum_size(n));
    for (std::size_t k = 0; k < spectrum.size(); k++)
        spectrum[k] = {static_cast<float>(std::cos(phases[k])), static_cast<float>(std::sin(phases[k]))};
    Transform::of_length(n).inverse(spectrum.data(), out);
}

void bind_spectrum(std::size_t n, const float* x, std::complex<double>* product) {
    Spectrum spectrum(spectrum_size(n));
    Transform::of_length(n).forward(x, spectrum.data());
    for (std::size_t k = 0; k < spectrum.size(); k++)
        product[k] = multiply(product[k], static_cast<std::complex<double>>(spectrum[k]));
}

void multiply_spectra(std::size_t n, const std::complex<double>* factor, std::complex<double>* product) {
    for (std::size_t k = 0; k < spectrum_size(n); k++) product[k] = multiply(product[k], factor[k]);
}

void vector_of_spectrum(std::size_t n, const std::complex<double>* spectrum, float* out) {
    Spectrum narrowed(spectrum_size(n));
    std::transform(spectrum, spectrum + narrowed.size(), narrowed.begin(),
                   [](std::complex<double> c) { return std::complex<float>(c); });
    Transform::of_length(n).inverse(narrowed.data(), out);
}

}  // namespace holomamba::hrr
