// Plain double-precision versions of the kernels: the oracle of their tests.
#pragma once

#include <cmath>
#include <vector>

#include "base/random.hpp"

namespace holomamba::reference {

inline double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}
inline double silu(double x) {
    return x * sigmoid(x);
}
inline double softplus(double x) {
    return x > 30 ? x : std::log1p(std::exp(x));
}
inline double gelu(double x) {
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

using Vector = std::vector<double>;

inline Vector layer_norm(int rows, int d, const Vector& x, const Vector& gain, const Vector& bias) {
    Vector y(x.size());
    for (int r = 0; r < rows; r++) {
        double mean = 0, variance = 0;
        for (int i = 0; i < d; i++) mean += x[r * d + i] / d;
        for (int i = 0; i < d; i++) variance += (x[r * d + i] - mean) * (x[r * d + i] - mean) / d;
        for (int i = 0; i < d; i++)
            y[r * d + i] = (x[r * d + i] - mean) / std::sqrt(variance + 1e-5) * gain[i] + bias[i];
    }
    return y;
}

// x[T x E], weight[W x E], tail[(W-1) x E] before the first input.
inline Vector causal_convolution(int tokens, int channels, int width, const Vector& x, const Vector& weight,
                                 const Vector& bias, const Vector& tail) {
    Vector y(static_cast<std::size_t>(tokens) * channels);
    for (int t = 0; t < tokens; t++)
        for (int c = 0; c < channels; c++) {
            double total = bias[c];
            for (int j = 0; j < width; j++) {
                const int from = t - (width - 1) + j;
                total += weight[j * channels + c] *
                         (from < 0 ? tail[(from + width - 1) * channels + c] : x[from * channels + c]);
            }
            y[t * channels + c] = silu(total);
        }
    return y;
}

// h[N x E] is read and replaced.
inline Vector selective_scan(int tokens, int channels, int state, const Vector& x, const Vector& delta, const Vector& a,
                             const Vector& b, const Vector& c, const Vector& skip, Vector& h) {
    Vector y(static_cast<std::size_t>(tokens) * channels);
    for (int t = 0; t < tokens; t++)
        for (int e = 0; e < channels; e++) {
            const int at = t * channels + e;
            y[at] = skip[e] * x[at];
            for (int n = 0; n < state; n++) {
                double& hidden = h[n * channels + e];
                hidden = std::exp(delta[at] * a[n * channels + e]) * hidden + delta[at] * b[t * state + n] * x[at];
                y[at] += c[t * state + n] * hidden;
            }
        }
    return y;
}

inline Vector random_vector(base::Random& random, std::size_t n, double deviation = 1) {
    Vector v(n);
    for (double& x : v) x = static_cast<float>(deviation * random.normal());
    return v;
}

inline std::vector<float> to_float(const Vector& v) {
    return {v.begin(), v.end()};
}

// The derivative of f at every element of v, by central differences.
template <typename Function>
Vector central_differences(Vector& v, Function&& f, double step = 1e-5) {
    Vector gradient(v.size());
    for (std::size_t i = 0; i < v.size(); i++) {
        const double before = v[i];
        v[i] = before + step;
        const double above = f();
        v[i] = before - step;
        gradient[i] = (above - f()) / (2 * step);
        v[i] = before;
    }
    return gradient;
}

inline double dot(const Vector& a, const Vector& b) {
    double total = 0;
    for (std::size_t i = 0; i < a.size(); i++) total += a[i] * b[i];
    return total;
}

}  // namespace holomamba::reference
