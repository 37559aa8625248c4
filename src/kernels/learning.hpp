// The loss and the optimiser.
#pragma once

#include <cmath>
#include <type_traits>

#include "kernels/lanes.hpp"

namespace holomamba {
namespace {

double softmax_cross_entropy(int rows, int classes, const std::int32_t* target, float scale, float* logits) {
    double total = 0;
    for (int r = 0; r < rows; r++, logits += classes) {
        if (target[r] == kNoTarget) {
            std::memset(logits, 0, sizeof(float) * classes);
            continue;
        }
        Lanes largest = splat(logits[0]);
        float highest = logits[0];
        for_lanes(classes, [&](std::size_t i, auto width) {
            if constexpr (std::is_same_v<decltype(width), Full>) largest = maximum(largest, load(logits + i, width));
            else for (int j = 0; j < width.count(); j++) highest = std::fmax(highest, logits[i + j]);
        });
        for (int j = 0; j < kLanes; j++) highest = std::fmax(highest, largest[j]);
        const float target_logit = logits[target[r]];
        Lanes total_lanes{};
        float rest = 0;
        for_lanes(classes, [&](std::size_t i, auto width) {
            const Lanes e = exponential(load(logits + i, width) - highest);
            if constexpr (std::is_same_v<decltype(width), Full>) total_lanes += e;
            else for (int j = 0; j < width.count(); j++) rest += e[j];
            store(logits + i, e, width);
        });
        const float partition = sum(total_lanes) + rest;
        total += static_cast<double>(std::log(partition)) + highest - target_logit;
        const float factor = scale / partition;
        for_lanes(classes, [&](std::size_t i, auto width) { store(logits + i, load(logits + i, width) * factor, width); });
        logits[target[r]] -= scale;
    }
    return total;
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
}  // namespace holomamba
