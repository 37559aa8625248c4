// Arithmetic on spectra of vectors (hrr/transform.hpp) that embeddings share.
#pragma once

#include <cmath>
#include <complex>
#include <cstddef>

#include "hrr/transform.hpp"

namespace holomamba::model {

using Complex = std::complex<float>;

// Without the cases of NaN and infinity that the operator looks for.
inline Complex times(Complex a, Complex b) {
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

// Whether a coefficient of a vector of d elements has no conjugate beside it, and is real.
inline bool stands_alone(std::size_t k, int d) {
    return k == 0 || 2 * k == static_cast<std::size_t>(d);
}

// The inner product of two vectors from their spectra (Parseval), a conj(b) over the whole spectrum.
inline float spectral_product(int d, const Complex* a, const Complex* b) {
    const std::size_t size = hrr::spectrum_size(d);
    float total = 0;
    for (std::size_t k = 0; k < size; k++)
        total += (stands_alone(k, d) ? 1.0f : 2.0f) * (a[k].real() * b[k].real() + a[k].imag() * b[k].imag());
    return total / static_cast<float>(d);
}

// role * base^x, base being unitary: the value of a number bound to its role. out may be base.
inline void bind_number(int d, const Complex* role, const Complex* base, float x, Complex* out) {
    const std::size_t size = hrr::spectrum_size(d);
    for (std::size_t k = 0; k < size; k++) {
        const float angle = x * std::arg(base[k]);
        out[k] = times(role[k], {std::cos(angle), stands_alone(k, d) ? 0.0f : std::sin(angle)});
    }
}

}  // namespace holomamba::model
