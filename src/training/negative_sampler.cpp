#include "training/negative_sampler.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace holomamba::training {

NegativeSampler::NegativeSampler(std::span<const std::int64_t> counts) {
    const std::size_t items = counts.size();
    double events = 0, weights = 0;
    for (const std::int64_t count : counts) {
        events += static_cast<double>(count);
        weights += std::pow(static_cast<double>(count) + 1, 0.75);
    }
    for (const std::int64_t count : counts) {
        target_share_.push_back(static_cast<double>(count) / events);
        draw_share_.push_back(std::pow(static_cast<double>(count) + 1, 0.75) / weights);
    }
    // Items with less than an even share are topped up by one with more.
    chance_.resize(items);
    alias_.resize(items);
    std::iota(alias_.begin(), alias_.end(), 0);
    std::vector<std::int32_t> less, more;
    for (std::size_t i = 0; i < items; i++) {
        chance_[i] = draw_share_[i] * static_cast<double>(items);
        (chance_[i] < 1 ? less : more).push_back(static_cast<std::int32_t>(i));
    }
    while (!less.empty() && !more.empty()) {
        const std::int32_t low = less.back(), high = more.back();
        less.pop_back();
        alias_[low] = high;
        chance_[high] -= 1 - chance_[low];
        if (chance_[high] < 1) {
            more.pop_back();
            less.push_back(high);
        }
    }
    for (const std::int32_t i : less) chance_[i] = 1;  // left over by rounding
}

float NegativeSampler::log_inclusion(std::int32_t item, std::int64_t targets, std::int64_t negatives) const {
    const double missed = static_cast<double>(targets) * std::log1p(-std::min(target_share_[item], 0.999999)) +
                          static_cast<double>(negatives) * std::log1p(-std::min(draw_share_[item], 0.999999));
    return static_cast<float>(std::log(-std::expm1(missed)));
}

}  // namespace holomamba::training
