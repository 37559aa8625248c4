// Row-wise and element-wise pieces of a layer.
#pragma once

#include <cmath>

#include "kernels/lanes.hpp"

namespace holomamba::kernels {
namespace {

void layer_norm(int rows, int d, const float* x, const float* gain, const float* bias, float* y, float* mean,
                float* inverse_deviation) {
    constexpr float kEpsilon = 1e-5f;
    const float scale = 1.0f / static_cast<float>(d);
    for (int r = 0; r < rows; r++, x += d, y += d) {
        const float mu =
            sum_lanes(d, [&](std::size_t i, auto width, Lanes& total) { total += load(x + i, width); }) * scale;
        const float squares = sum_lanes(d, [&](std::size_t i, auto width, Lanes& total) {
            const Lanes centred = clip(load(x + i, width) - mu, width);
            total = fused(centred, centred, total);
        });
        const float inverse = 1.0f / std::sqrt(squares * scale + kEpsilon);
        for_lanes(d, [&](std::size_t i, auto width) {
            const Lanes normal = (load(x + i, width) - mu) * inverse;
            store(y + i, fused(normal, load(gain + i, width), load(bias + i, width)), width);
        });
        mean[r] = mu;
        inverse_deviation[r] = inverse;
    }
}

void layer_norm_backward(int rows, int d, const float* x, const float* gain, const float* mean,
                         const float* inverse_deviation, const float* dy, float* dx, float* gain_gradient,
                         float* bias_gradient) {
    const float scale = 1.0f / static_cast<float>(d);
    for (int r = 0; r < rows; r++, x += d, dy += d, dx += d) {
        const float mu = mean[r];
        const float inverse = inverse_deviation[r];
        Lanes along_one{}, along_x{};
        for_lanes(d, [&](std::size_t i, auto width) {
            const Lanes upstream = load(dy + i, width);
            const Lanes normal = (load(x + i, width) - mu) * inverse;
            add_to(gain_gradient + i, upstream * normal, width);
            add_to(bias_gradient + i, upstream, width);
            const Lanes scaled = upstream * load(gain + i, width);
            along_one += scaled;
            along_x += scaled * normal;
        });
        const float one = sum(along_one) * scale;
        const float normal_part = sum(along_x) * scale;
        for_lanes(d, [&](std::size_t i, auto width) {
            const Lanes normal = (load(x + i, width) - mu) * inverse;
            store(dx + i, (load(dy + i, width) * load(gain + i, width) - one - normal * normal_part) * inverse, width);
        });
    }
}

void add_bias(int rows, int d, const float* bias, float* x) {
    for (int r = 0; r < rows; r++, x += d)
        for_lanes(d, [&](std::size_t i, auto width) { add_to(x + i, load(bias + i, width), width); });
}

void add_bias_backward(int rows, int d, const float* dx, float* bias_gradient) {
    for (int r = 0; r < rows; r++, dx += d)
        for_lanes(d, [&](std::size_t i, auto width) { add_to(bias_gradient + i, load(dx + i, width), width); });
}

void add(std::size_t n, const float* x, float* y) {
    for_lanes(n, [&](std::size_t i, auto width) { add_to(y + i, load(x + i, width), width); });
}

// x sigmoid(kSlope (x + kCube x^3)) is 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
constexpr float kSlope = 1.5957691216057308f;
constexpr float kCube = 0.044715f;

void gelu(std::size_t n, const float* x, float* y) {
    for_lanes(n, [&](std::size_t i, auto width) {
        const Lanes v = load(x + i, width);
        store(y + i, v * sigmoid(kSlope * fused(kCube * v * v, v, v)), width);
    });
}

void gelu_backward(std::size_t n, const float* x, const float* dy, float* dx) {
    for_lanes(n, [&](std::size_t i, auto width) {
        const Lanes v = load(x + i, width);
        const Lanes s = sigmoid(kSlope * fused(kCube * v * v, v, v));
        const Lanes slope = s + v * s * (1.0f - s) * kSlope * (1.0f + 3.0f * kCube * v * v);
        store(dx + i, load(dy + i, width) * slope, width);
    });
}

void exponential_of(std::size_t n, const float* x, float* y) {
    for_lanes(n, [&](std::size_t i, auto width) { store(y + i, exponential(load(x + i, width)), width); });
}

void fade(std::size_t n, const float* x, const float* rate, float t, float* y) {
    for_lanes(n, [&](std::size_t i, auto width) {
        store(y + i, load(x + i, width) * exponential(load(rate + i, width) * -t), width);
    });
}

void weighted_sum(std::size_t n, const float* a, const float* x, const float* b, const float* z, float* y) {
    for_lanes(n, [&](std::size_t i, auto width) {
        store(y + i, fused(load(a + i, width), load(x + i, width), load(b + i, width) * load(z + i, width)), width);
    });
}

void softplus(std::size_t n, const float* x, float* y) {
    for_lanes(n, [&](std::size_t i, auto width) { store(y + i, softplus(load(x + i, width)), width); });
}

void softplus_backward(std::size_t n, const float* y, const float* dy, float* dx) {
    for_lanes(n, [&](std::size_t i, auto width) {
        store(dx + i, load(dy + i, width) * (1.0f - exponential(-load(y + i, width))), width);
    });
}

// A 32-bit finaliser (Appleby's murmur3) of the element's index and the key decides what is dropped.
void dropout(std::size_t first, std::size_t n, float rate, std::uint64_t key, float* x) {
    const auto threshold = static_cast<std::uint32_t>(static_cast<double>(rate) * 4294967296.0);
    const float scale = 1.0f / (1.0f - rate);
    const auto low = static_cast<std::uint32_t>(key);
    const auto high = static_cast<std::uint32_t>(key >> 32);
    for (std::size_t i = 0; i < n; i++) {
        std::uint32_t h = static_cast<std::uint32_t>(first + i) * 0x9e3779b9u + low;
        h = (h ^ (h >> 16)) * 0x85ebca6bu ^ high;
        h = (h ^ (h >> 13)) * 0xc2b2ae35u;
        h ^= h >> 16;
        x[i] = h < threshold ? 0.0f : x[i] * scale;
    }
}

void gate(int rows, int channels, const float* x, const float* z, int z_stride, float* y) {
    for (int r = 0; r < rows; r++, x += channels, z += z_stride, y += channels)
        for_lanes(channels, [&](std::size_t i, auto width) {
            const Lanes v = load(z + i, width);
            store(y + i, load(x + i, width) * v * sigmoid(v), width);
        });
}

void gate_backward(int rows, int channels, const float* x, const float* z, int z_stride, const float* dy, float* dx,
                   float* dz) {
    for (int r = 0; r < rows; r++, x += channels, z += z_stride, dy += channels, dx += channels, dz += z_stride)
        for_lanes(channels, [&](std::size_t i, auto width) {
            const Lanes v = load(z + i, width);
            const Lanes s = sigmoid(v);
            const Lanes upstream = load(dy + i, width);
            store(dz + i, upstream * load(x + i, width) * (s + v * s * (1.0f - s)), width);
            store(dx + i, upstream * v * s, width);
        });
}

}  // namespace
}  // namespace holomamba::kernels
