#include "hrr/vector.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/kernels.hpp"

namespace holomamba::hrr {

namespace {

// Single precision is trusted where neither the largest nor the smallest of the terms can have been lost.
bool is_accurate(float value) {
    const float magnitude = std::fabs(value);
    return magnitude > 1e-30f && magnitude <= std::numeric_limits<float>::max();
}

}  // namespace

void add(std::size_t n, const float* x, const float* y, float* out) {
    for (std::size_t j = 0; j < n; j++) out[j] = x[j] + y[j];
}

void subtract(std::size_t n, const float* x, const float* y, float* out) {
    for (std::size_t j = 0; j < n; j++) out[j] = x[j] - y[j];
}

void multiply(std::size_t n, const float* x, double factor, float* out) {
    for (std::size_t j = 0; j < n; j++) out[j] = static_cast<float>(x[j] * factor);
}

void divide(std::size_t n, const float* x, double divisor, float* out) {
    for (std::size_t j = 0; j < n; j++) out[j] = static_cast<float>(x[j] / divisor);
}

void negate(std::size_t n, const float* x, float* out) {
    for (std::size_t j = 0; j < n; j++) out[j] = -x[j];
}

void add_to_sum(std::size_t n, const float* x, double* sum) {
    kernels::table().add_to_sum(n, x, sum);
}

void add_sums(std::size_t n, const double* other, double* sum) {
    for (std::size_t j = 0; j < n; j++) sum[j] += other[j];
}

void mean_of_sum(std::size_t n, const double* sum, double count, float* out) {
    for (std::size_t j = 0; j < n; j++) out[j] = static_cast<float>(sum[j] / count);
}

double norm(std::size_t n, const float* x) {
    return std::sqrt(inner_product(n, x, x));
}

double inner_product(std::size_t n, const float* x, const float* y) {
    const float single = kernels::table().inner_product(n, x, y);
    if (is_accurate(single)) return single;
    double sum = 0.0;
    for (std::size_t j = 0; j < n; j++) sum += static_cast<double>(x[j]) * y[j];
    return sum;
}

double squared_distance(std::size_t n, const float* x, const float* y) {
    const float single = kernels::table().squared_distance(n, x, y);
    if (is_accurate(single)) return single;
    double sum = 0.0;
    for (std::size_t j = 0; j < n; j++) {
        const double difference = static_cast<double>(x[j]) - y[j];
        sum += difference * difference;
    }
    return sum;
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
    divide(n, x, length, out);
}

bool all_finite(std::size_t n, const float* x) {
    return kernels::table().all_finite(n, x);
}

int compare(std::size_t nx, const float* x, std::size_t ny, const float* y) {
    const std::size_t shared = std::min(nx, ny);
    for (std::size_t j = 0; j < shared; j++)
        if (x[j] != y[j]) return x[j] < y[j] ? -1 : 1;
    return nx == ny ? 0 : nx < ny ? -1 : 1;
}

}  // namespace holomamba::hrr
