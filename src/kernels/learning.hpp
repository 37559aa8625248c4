// The loss and the optimiser.
#pragma once

#include <cmath>

#include "kernels/lanes.hpp"

namespace holomamba::kernels {
namespace {

bool exponential_scores(int items, int tokens, const float* bias, float* scores, float* reference, float* partition,
                        float* correction) {
    // Far from where single precision ends, so that sums over a catalogue fit as well.
    constexpr float kMargin = 30;
    bool corrected = false;
    for_lanes(tokens, [&](std::size_t t, auto width) {
        const auto score = [&](int i) {
            return load(scores + static_cast<std::size_t>(i) * tokens + t, width) + (bias ? bias[i] : 0.0f);
        };
        Lanes highest = score(0);
        for (int i = 1; i < items; i++) highest = maximum(highest, score(i));
        const Lanes before = load(reference + t, width);
        const Lanes now = highest > before + kMargin ? highest : before;
        const Lanes factor = exponential(before - now);
        Lanes total{};
        for (int i = 0; i < items; i++) {
            const Lanes e = exponential(score(i) - now);
            store(scores + static_cast<std::size_t>(i) * tokens + t, e, width);
            total += e;
        }
        store(partition + t, load(partition + t, width) * factor + total, width);
        store(reference + t, now, width);
        store(correction + t, factor, width);
        for (int j = 0; j < width.count(); j++) corrected |= now[j] != before[j];
    });
    return corrected;
}

void weighted_row_sums(int rows, int columns, const float* x, const float* weight, float* y) {
    for (int r = 0; r < rows; r++, x += columns) {
        Lanes total{};
        for_lanes(columns, [&](std::size_t i, auto width) {
            total = fused(load(x + i, width), load(weight + i, width), total);
        });
        y[r] += sum(total);
    }
}

void adamw(std::size_t n, float rate, float beta1, float beta2, float epsilon, float decay, const float* gradient,
           float* __restrict first, float* __restrict second, float* __restrict value) {
    for (std::size_t i = 0; i < n; i++) {
        const float g = gradient[i];
        first[i] = beta1 * first[i] + (1.0f - beta1) * g;
        second[i] = beta2 * second[i] + (1.0f - beta2) * g * g;
        value[i] = value[i] * (1.0f - decay) - rate * first[i] / (std::sqrt(second[i]) + epsilon);
    }
}

double squared_norm(std::size_t n, const float* x) {
    double total = 0;
    constexpr std::size_t kBlock = 4096;  // single precision inside a block, double between blocks
    for (std::size_t start = 0; start < n; start += kBlock) {
        Lanes block{};
        for_lanes(n - start < kBlock ? n - start : kBlock, [&](std::size_t i, auto width) {
            const Lanes v = load(x + start + i, width);
            block += v * v;
        });
        total += sum(block);
    }
    return total;
}

}  // namespace
}  // namespace holomamba::kernels
