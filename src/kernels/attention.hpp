// Attention of one event to those up to it.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/lanes.hpp"

namespace holomamba::kernels {
namespace {

HOLOMAMBA_INLINE float head_product(int n, const float* x, const float* y) {
    return sum_lanes(n, [&](std::size_t i, auto width, Lanes& total) {
        total = fused(load(x + i, width), load(y + i, width), total);
    });
}

void attend(int count, int channels, int heads, const float* q, const float* keys, const float* values, int stride,
            const float* bias, int span, float* weights, float* y) {
    const int width_of_head = channels / heads;
    const float scale = 1.0f / std::sqrt(static_cast<float>(width_of_head));
    const std::size_t step = stride;
    for (int head = 0; head < heads; head++) {
        float highest = -INFINITY;
        for (int j = 0; j < count; j++) {
            weights[j] = scale * head_product(width_of_head, q, keys + j * step) + bias[count - 1 - j];
            highest = std::max(highest, weights[j]);
        }
        for_lanes(count, [&](std::size_t j, auto width) {
            store(weights + j, exponential(load(weights + j, width) - highest), width);
        });
        const float total =
            sum_lanes(count, [&](std::size_t j, auto width, Lanes& sums) { sums += load(weights + j, width); });
        for_lanes(count,
                  [&](std::size_t j, auto width) { store(weights + j, load(weights + j, width) / total, width); });
        for_lanes(width_of_head, [&](std::size_t c, auto width) {
            Lanes sums{};
            for (int j = 0; j < count; j++) sums = fused(splat(weights[j]), load(values + j * step + c, width), sums);
            store(y + c, sums, width);
        });
        q += width_of_head;
        keys += width_of_head;
        values += width_of_head;
        y += width_of_head;
        bias += span;
        weights += count;
    }
}

void attend_backward(int count, int channels, int heads, const float* q, const float* keys, const float* values,
                     int stride, const float* weights, int span, const float* dy, float* dq, float* dkeys,
                     float* dvalues, float* dbias, float* scratch) {
    const int width_of_head = channels / heads;
    const float scale = 1.0f / std::sqrt(static_cast<float>(width_of_head));
    const std::size_t step = stride;
    for (int head = 0; head < heads; head++) {
        float expected = 0;
        for (int j = 0; j < count; j++) {
            scratch[j] = head_product(width_of_head, dy, values + j * step);
            expected += weights[j] * scratch[j];
        }
        for (int j = 0; j < count; j++) {
            const float dscore = weights[j] * (scratch[j] - expected);
            dbias[count - 1 - j] += dscore;
            scratch[j] = scale * dscore;
        }
        for_lanes(width_of_head, [&](std::size_t c, auto width) {
            const Lanes query = load(q + c, width), upstream = load(dy + c, width);
            Lanes sums{};
            for (int j = 0; j < count; j++) {
                sums += scratch[j] * load(keys + j * step + c, width);
                add_to(dkeys + j * step + c, scratch[j] * query, width);
                add_to(dvalues + j * step + c, weights[j] * upstream, width);
            }
            store(dq + c, sums, width);
        });
        q += width_of_head;
        keys += width_of_head;
        values += width_of_head;
        dy += width_of_head;
        dq += width_of_head;
        dkeys += width_of_head;
        dvalues += width_of_head;
        dbias += span;
        weights += count;
    }
}

}  // namespace
}  // namespace holomamba::kernels
