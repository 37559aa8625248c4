#include "model/moment.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>
#include <vector>

namespace holomamba::model {
namespace {

constexpr double kDay = 86400;  // seconds

// What comes again, as cosines and sines: of the day, the week and the year, and so many of their harmonics.
constexpr struct {
    double days;
    int harmonics;
} kCycles[] = {{1, 2}, {7, 3}, {365.2425, 6}};
constexpr int kCyclic = 2 * (2 + 3 + 6);

// Days away, between which one goes over into the next: a minute to a year.
constexpr float kAway[] = {0.0007f, 0.007f, 0.04f, 0.25f, 1, 3, 7, 14, 30, 90, 365};
constexpr int kAways = std::size(kAway);

constexpr int kTrend = kCyclic + kAways;  // the first of the knots among all features

// Shares of the two of `knots` that x lies between, or 1 of the first or the last.
void interpolate(std::span<const float> knots, double x, float* shares) {
    std::fill_n(shares, knots.size(), 0.0f);
    const auto next = static_cast<std::size_t>(
        std::ranges::lower_bound(knots, x, {}, [](float k) { return double{k}; }) - knots.begin());
    if (next == 0 || next == knots.size()) {
        shares[next == 0 ? 0 : next - 1] = 1;
        return;
    }
    const double share = (x - knots[next - 1]) / (double{knots[next]} - knots[next - 1]);
    shares[next] = static_cast<float>(share);
    shares[next - 1] = static_cast<float>(1 - share);
}

}  // namespace

Moment::Moment(const Options& options, ParameterLayout& layout)
    : d_(options.dimension),
      features_(kTrend + kKnots),
      knots_(layout.add("moment.knots", {kKnots}, false)),
      out_("moment.projection", d_, features_, false, layout) {}

void Moment::initialise(base::Random&, float* parameters) const {
    for (int k = 0; k < kKnots; k++) parameters[knots_ + k] = static_cast<float>(k);
    std::fill_n(parameters + out_.weight(), static_cast<std::size_t>(d_) * features_, 0.0f);
}

void Moment::prepare(const float* parameters, float* prepared) const {
    out_.prepare(parameters, prepared);
}

void Moment::set_knots(std::span<const float> knots, float* parameters) const {
    const std::span<const float> old(parameters + knots_, kKnots);
    std::vector<float> learned(static_cast<std::size_t>(d_) * kKnots), shares(kKnots);
    for (int k = 0; k < kKnots; k++) {
        interpolate(old, knots[k], shares.data());
        for (int j = 0; j < d_; j++)
            for (int i = 0; i < kKnots; i++)
                learned[j * kKnots + k] += shares[i] * parameters[out_.weight() + j * features_ + kTrend + i];
    }
    for (int j = 0; j < d_; j++)
        std::copy_n(learned.data() + j * kKnots, kKnots, parameters + out_.weight() + j * features_ + kTrend);
    std::copy_n(knots.data(), kKnots, parameters + knots_);
}

void Moment::describe(const Pass& pass, double at, float wait, float* features) const {
    std::fill_n(features, features_, 0.0f);
    if (std::isnan(at)) return;
    float* f = features;
    for (const auto& cycle : kCycles)
        for (int h = 1; h <= cycle.harmonics; h++) {
            const double angle = 2 * std::numbers::pi * h * std::fmod(at / kDay / cycle.days, 1.0);
            *f++ = static_cast<float>(std::cos(angle));
            *f++ = static_cast<float>(std::sin(angle));
        }
    if (!std::isnan(wait)) interpolate(kAway, wait, f);
    interpolate({pass.parameters + knots_, kKnots}, at / kDay, features + kTrend);
}

void Moment::read(Pass& pass, const double* at, const float* waits, float* y, Kept& kept) const {
    const std::size_t rows = pass.tokens();
    float* features = pass.arena.take(rows * features_);
    float* out = pass.arena.take(rows * d_);
    kept.features = features;
    for (std::size_t t = 0; t < rows; t++) describe(pass, at[t], waits[t], features + t * features_);
    out_.forward(pass, features, out);
    pass.kernels.add(rows * d_, out, y);
}

void Moment::backward(Pass& pass, const float* dy, const Kept& kept) const {
    out_.backward_weight(pass, pass.tokens(), kept.features, dy);
}

}  // namespace holomamba::model
