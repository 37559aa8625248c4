#include "hrr/binding.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

#include "base/random.hpp"
#include "hrr/fhrr.hpp"
#include "hrr/scratch.hpp"
#include "hrr/transform.hpp"
#include "hrr/vector.hpp"
#include "kernels/kernels.hpp"

namespace holomamba::hrr {

namespace {

// Eratosthenes' sieve, at compile time.
constexpr auto kIsPrime = [] {
    std::array<bool, kLongestDirectPrimeBind + 1> prime{};
    for (std::size_t n = 2; n < prime.size(); n++) prime[n] = true;
    for (std::size_t n = 2; n < prime.size(); n++)
        if (prime[n])
            for (std::size_t multiple = 2 * n; multiple < prime.size(); multiple += n) prime[multiple] = false;
    return prime;
}();

bool binds_directly(std::size_t n) {
    return n <= kLongestDirectBind || (n <= kLongestDirectPrimeBind && kIsPrime[n]);
}

void bind_directly(std::size_t n, const float* x, const float* y, float* out) {
    Scratch scratch(2 * n + 16);
    kernels::table().circular_convolution(n, x, y, out, scratch.data());
}

// The exponent e of the power of two for which the largest element of 2^-e x lies in [1, 2); 0 for the zero vector.
// Multiplying by a power of two is exact, and keeps the transforms of huge and of tiny vectors in range.
int exponent_of(std::size_t n, const float* x) {
    float largest = 0.0f;
    for (std::size_t j = 0; j < n; j++) largest = std::max(largest, std::fabs(x[j]));
    return largest > 0.0f ? std::ilogb(largest) : 0;
}

// out = 2^-back F^-1 f(F 2^-exponent x), f changing a spectrum (fhrr.hpp) in place.
template <typename Function>
void through_spectrum(std::size_t n, const float* x, int exponent, int back, float* out, Function f) {
    Scratch scaled(n);
    Scratch spectrum(n);
    multiply(n, x, std::ldexp(1.0, -exponent), scaled.data());
    fhrr::from_hrr(n, scaled.data(), spectrum.data());
    f(spectrum.data());
    fhrr::to_hrr(n, spectrum.data(), out);
    if (back != 0) multiply(n, out, std::ldexp(1.0, -back), out);
}

// bind by transforms; conjugate: with the involution of y.
void bind_by_transform(std::size_t n, const float* x, const float* y, float* out, bool conjugate) {
    const Transform& transform = Transform::of_length(n);
    Scratch a(2 * spectrum_size(n));
    Scratch b(2 * spectrum_size(n));
    auto* product = reinterpret_cast<std::complex<float>*>(a.data());
    transform.forward(x, product);
    transform.forward(y, reinterpret_cast<std::complex<float>*>(b.data()));
    kernels::table().complex_product(spectrum_size(n), a.data(), b.data(), conjugate, a.data());
    transform.inverse(product, out);
}

}  // namespace

void bind(std::size_t n, const float* x, const float* y, float* out) {
    if (binds_directly(n)) return bind_directly(n, x, y, out);
    bind_by_transform(n, x, y, out, false);
}

void unbind(std::size_t n, const float* x, const float* y, float* out) {
    if (!binds_directly(n)) return bind_by_transform(n, x, y, out, true);
    Scratch reversed(n);
    involution(n, y, reversed.data());
    bind_directly(n, x, reversed.data(), out);
}

void involution(std::size_t n, const float* x, float* out) {
    out[0] = x[0];
    for (std::size_t j = 1; j < n; j++) out[j] = x[n - j];
}

void exact_inverse(std::size_t n, const float* x, float* out) {
    const int exponent = exponent_of(n, x);
    through_spectrum(n, x, exponent, exponent, out, [n](float* s) { fhrr::exact_inverse(n, s, s); });
}

void unitary(std::size_t n, const float* x, float* out) {
    through_spectrum(n, x, exponent_of(n, x), 0, out, [n](float* s) { fhrr::unitary(n, s, s); });
}

void bind_power(std::size_t n, const float* x, double power, float* out) {
    if (power == 0.0) return identity(n, out);
    const int exponent = exponent_of(n, x);
    through_spectrum(n, x, exponent, 0, out, [=](float* s) { fhrr::bind_power(n, s, power, s, exponent); });
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
    base::Random random(seed);
    const double deviation = 1.0 / std::sqrt(static_cast<double>(n));
    for (std::size_t j = 0; j < n; j++) out[j] = static_cast<float>(deviation * random.normal());
}

void unitary_vector(std::size_t n, std::uint64_t seed, float* out) {
    Scratch spectrum(n);
    fhrr::unitary_vector(n, seed, spectrum.data());
    fhrr::to_hrr(n, spectrum.data(), out);
}

}  // namespace holomamba::hrr
