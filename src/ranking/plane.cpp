#include "ranking/plane.hpp"

#include <algorithm>
#include <cmath>

#include "base/parallel.hpp"

namespace holomamba::ranking {
namespace {

using Axis = std::vector<double>;

double dot(std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); i++) sum += a[i] * b[i];
    return sum;
}

// Length 1; where there is no direction, zero.
void normalise(Axis& axis) {
    const double length = std::sqrt(dot(axis, axis));
    for (double& x : axis) x = length > 0 ? x / length : 0;
}

void remove(const Axis& from, Axis& axis) {
    const double along = dot(from, axis);
    for (std::size_t i = 0; i < axis.size(); i++) axis[i] -= along * from[i];
}

// Directions less their mean [count x width].
std::vector<double> centred_directions(std::span<const float> vectors, std::size_t width) {
    const std::size_t count = vectors.size() / width;
    std::vector<double> x(vectors.begin(), vectors.end());
    Axis mean(width, 0);
    for (std::size_t i = 0; i < count; i++) {
        const std::span row = std::span(x).subspan(i * width, width);
        const double length = std::sqrt(dot(row, row));
        for (std::size_t c = 0; c < width; c++) {
            row[c] = length > 0 ? row[c] / length : 0;
            mean[c] += row[c] / static_cast<double>(count);
        }
    }
    for (std::size_t i = 0; i < x.size(); i++) x[i] -= mean[i % width];
    return x;
}

void fix_sign(Axis& axis) {
    const auto largest = std::ranges::max_element(axis, {}, [](double x) { return std::abs(x); });
    if (largest != axis.end() && *largest < 0)
        for (double& x : axis) x = -x;
}

}  // namespace

std::vector<float> principal_plane(std::span<const float> vectors, int width, const base::StopCheck& check) {
    constexpr int kRounds = 200;
    constexpr double kEnough = 1e-9;
    const auto d = static_cast<std::size_t>(width);
    const std::size_t count = vectors.size() / d;
    const std::vector<double> x = centred_directions(vectors, d);
    const auto row = [&](std::size_t i) { return std::span(x).subspan(i * d, d); };
    base::Stop stop(check);
    // Of any two directions the vectors have most in common with, the first two that differ will do to begin with.
    Axis axes[2] = {Axis(d, 0), Axis(d, 0)};
    for (Axis& axis : axes) {
        double most = 0;
        for (std::size_t i = 0; i < count; i++) {
            Axis candidate(row(i).begin(), row(i).end());
            if (&axis == &axes[1]) remove(axes[0], candidate);
            const double length = dot(candidate, candidate);
            if (length <= most) continue;
            most = length;
            axis = candidate;
        }
        normalise(axis);
    }
    for (int round = 0; round < kRounds; round++) {
        stop.poll();
        Axis next[2] = {Axis(d, 0), Axis(d, 0)};
        for (std::size_t i = 0; i < count; i++)
            for (int a = 0; a < 2; a++) {
                const double along = dot(row(i), axes[a]);
                for (std::size_t c = 0; c < d; c++) next[a][c] += along * row(i)[c];
            }
        normalise(next[0]);
        remove(next[0], next[1]);
        normalise(next[1]);
        double moved = 0;
        for (int a = 0; a < 2; a++) moved += 1 - std::abs(dot(axes[a], next[a]));
        axes[0] = next[0];
        axes[1] = next[1];
        if (moved < kEnough) break;
    }
    for (Axis& axis : axes) fix_sign(axis);
    std::vector<float> places(2 * count);
    for (std::size_t i = 0; i < count; i++)
        for (std::size_t a = 0; a < 2; a++) places[2 * i + a] = static_cast<float>(dot(row(i), axes[a]));
    return places;
}

}  // namespace holomamba::ranking
