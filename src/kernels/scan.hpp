// Causal convolution and selective scan, a register of channels at a time; the loop over the state is unrolled for usual sizes.
#pragma once

#include <type_traits>

#include "kernels/lanes.hpp"

namespace holomamba {
namespace {

void causal_convolution(int tokens, int channels, int width, const float* x, int x_stride, const float* weight,
                        const float* bias, float* tail, float* pre, float* y) {
    const int before = width - 1;
    const auto input = [&](int t) {
        return t < 0 ? tail + static_cast<std::size_t>(t + before) * channels : x + static_cast<std::size_t>(t) * x_stride;
    };
    for (int t = 0; t < tokens; t++) {
        const std::size_t row = static_cast<std::size_t>(t) * channels;
        for_lanes(channels, [&](std::size_t c, auto lanes) {
            Lanes total = load(bias + c, lanes);
            for (int j = 0; j < width; j++)
                total = fused(load(weight + static_cast<std::size_t>(j) * channels + c, lanes), load(input(t - before + j) + c, lanes), total);
            store(pre + row + c, total, lanes);
            store(y + row + c, total * sigmoid(total), lanes);
        });
    }
    // Ascending, so that where there are fewer tokens than taps an old input moves down before it is overwritten.
    for (int j = 0; j < before; j++)
        std::memmove(tail + static_cast<std::size_t>(j) * channels, input(tokens - before + j), channels * sizeof(float));
}

void causal_convolution_backward(int tokens, int channels, int width, const float* x, int x_stride, const float* weight,
                                 const float* pre, float* dpre, float* dx, float* weight_gradient,
                                 float* bias_gradient) {
    const int before = width - 1;
    for_lanes(static_cast<std::size_t>(tokens) * channels, [&](std::size_t i, auto lanes) {
        const Lanes p = load(pre + i, lanes);
        const Lanes s = sigmoid(p);
        store(dpre + i, load(dpre + i, lanes) * (s + p * s * (1.0f - s)), lanes);
    });
    for_lanes(channels, [&](std::size_t c, auto lanes) {
        Lanes bias_sum{};
        for (int t = 0; t < tokens; t++) {
            bias_sum += load(dpre + static_cast<std::size_t>(t) * channels + c, lanes);
            Lanes total{};
            for (int j = 0; j < width && t + before - j >= 0; j++)
                if (t + before - j < tokens)
                    total += load(weight + static_cast<std::size_t>(j) * channels + c, lanes) *
                             load(dpre + static_cast<std::size_t>(t + before - j) * channels + c, lanes);
            store(dx + static_cast<std::size_t>(t) * x_stride + c, total, lanes);
        }
        add_to(bias_gradient + c, bias_sum, lanes);
        for (int j = 0; j < width; j++) {
            Lanes total{};
            for (int t = before - j; t < tokens; t++)
                total += load(dpre + static_cast<std::size_t>(t) * channels + c, lanes) *
                         load(x + static_cast<std::size_t>(t - before + j) * x_stride + c, lanes);
            add_to(weight_gradient + static_cast<std::size_t>(j) * channels + c, total, lanes);
        }
    });
}

struct ScanInput {
    int tokens, channels, state;
    const float *x, *delta, *a, *b, *c;
    int bc_stride;
    const float* skip;
};

// The state sizes that get a loop of their own; 0 stands for any other.
template <typename Body>
HOLOMAMBA_INLINE void with_state_size(int state, Body&& body) {
    switch (state) {
        case 1: return body(std::integral_constant<int, 1>{});
        case 2: return body(std::integral_constant<int, 2>{});
        case 3: return body(std::integral_constant<int, 3>{});
        case 4: return body(std::integral_constant<int, 4>{});
        case 8: return body(std::integral_constant<int, 8>{});
        case 16: return body(std::integral_constant<int, 16>{});
        default: return body(std::integral_constant<int, 0>{});
    }
}

constexpr int kMaxState = 64;

template <int State, typename Width>
HOLOMAMBA_INLINE void scan_channels(const ScanInput& in, std::size_t channel, Width width, float* h, float* y) {
    const int state = State > 0 ? State : in.state;
    Lanes hidden[State > 0 ? State : kMaxState], a[State > 0 ? State : kMaxState];
    for (int n = 0; n < state; n++) {
        hidden[n] = load(h + static_cast<std::size_t>(n) * in.channels + channel, width);
        a[n] = load(in.a + static_cast<std::size_t>(n) * in.channels + channel, width);
    }
    const Lanes skip = load(in.skip + channel, width);
    for (int t = 0; t < in.tokens; t++) {
        const std::size_t at = static_cast<std::size_t>(t) * in.channels + channel;
        const float* b = in.b + static_cast<std::size_t>(t) * in.bc_stride;
        const float* c = in.c + static_cast<std::size_t>(t) * in.bc_stride;
        const Lanes x = load(in.x + at, width);
        const Lanes delta = load(in.delta + at, width);
        const Lanes entering = delta * x;
        Lanes total = skip * x;
        for (int n = 0; n < state; n++) {
            hidden[n] = fused(exponential(delta * a[n]), hidden[n], entering * b[n]);
            total = fused(hidden[n], splat(c[n]), total);
        }
        store(y + at, total, width);
    }
    for (int n = 0; n < state; n++) store(h + static_cast<std::size_t>(n) * in.channels + channel, hidden[n], width);
}

void selective_scan(int tokens, int channels, int state, const float* x, const float* delta, const float* a,
                    const float* b, const float* c, int bc_stride, const float* skip, float* h, float* y) {
    const ScanInput in{tokens, channels, state, x, delta, a, b, c, bc_stride, skip};
    with_state_size(state, [&](auto size) {
        for_lanes(channels, [&](std::size_t channel, auto width) {
            scan_channels<decltype(size)::value>(in, channel, width, h, y);
        });
    });
}

// Lanes of scratch: for each token and state the decay, the state after it, and what reaches b and c; the last two are
// summed over all channels lane by lane and reduced to numbers at the end.
struct ScanScratch {
    float *decay, *hidden, *db, *dc;
};

template <int State, typename Width>
HOLOMAMBA_INLINE void scan_channels_backward(const ScanInput& in, std::size_t channel, Width width, const float* dy,
                                             float* dx, float* ddelta, float* da, float* dskip,
                                             const ScanScratch& scratch) {
    const int state = State > 0 ? State : in.state;
    const std::size_t step = static_cast<std::size_t>(state) * kLanes;
    Lanes a[State > 0 ? State : kMaxState], carried[State > 0 ? State : kMaxState], total_da[State > 0 ? State : kMaxState];
    for (int n = 0; n < state; n++) {
        a[n] = load(in.a + static_cast<std::size_t>(n) * in.channels + channel, width);
        carried[n] = Lanes{};
        total_da[n] = Lanes{};
        store(scratch.hidden + static_cast<std::size_t>(n) * kLanes, Lanes{}, Full{});
    }
    for (int t = 0; t < in.tokens; t++) {
        const std::size_t at = static_cast<std::size_t>(t) * in.channels + channel;
        const float* b = in.b + static_cast<std::size_t>(t) * in.bc_stride;
        const Lanes delta = load(in.delta + at, width);
        const Lanes entering = delta * load(in.x + at, width);
        const float* previous = scratch.hidden + static_cast<std::size_t>(t) * step;
        float* decay = scratch.decay + static_cast<std::size_t>(t) * step;
        for (int n = 0; n < state; n++) {
            const Lanes factor = exponential(delta * a[n]);
            store(decay + n * kLanes, factor, Full{});
            store(scratch.hidden + (static_cast<std::size_t>(t) + 1) * step + n * kLanes,
                  factor * load(previous + n * kLanes, Full{}) + entering * b[n], Full{});
        }
    }
    const Lanes skip = load(in.skip + channel, width);
    Lanes total_dskip{};
    for (int t = in.tokens - 1; t >= 0; t--) {
        const std::size_t at = static_cast<std::size_t>(t) * in.channels + channel;
        const std::size_t row = static_cast<std::size_t>(t) * step;
        const float* b = in.b + static_cast<std::size_t>(t) * in.bc_stride;
        const float* c = in.c + static_cast<std::size_t>(t) * in.bc_stride;
        const Lanes x = load(in.x + at, width);
        const Lanes delta = load(in.delta + at, width);
        const Lanes entering = delta * x;
        const Lanes upstream = load(dy + at, width);
        Lanes through_b{}, through_decay{};
        for (int n = 0; n < state; n++) {
            const Lanes dh = carried[n] + upstream * c[n];
            add_to(scratch.dc + row + n * kLanes, upstream * load(scratch.hidden + row + step + n * kLanes, Full{}), Full{});
            add_to(scratch.db + row + n * kLanes, dh * entering, Full{});
            through_b += dh * b[n];
            const Lanes decayed = dh * load(scratch.decay + row + n * kLanes, Full{});
            const Lanes exponent = decayed * load(scratch.hidden + row + n * kLanes, Full{});
            through_decay += exponent * a[n];
            total_da[n] += exponent * delta;
            carried[n] = decayed;
        }
        store(dx + at, delta * through_b + skip * upstream, width);
        store(ddelta + at, x * through_b + through_decay, width);
        total_dskip += upstream * x;
    }
    for (int n = 0; n < state; n++)
        add_to(da + static_cast<std::size_t>(n) * in.channels + channel, total_da[n], width);
    add_to(dskip + channel, total_dskip, width);
}

void selective_scan_backward(int tokens, int channels, int state, const float* x, const float* delta, const float* a,
                             const float* b, const float* c, int bc_stride, const float* skip, const float* dy,
                             float* dx, float* ddelta, float* da, float* db, float* dc, float* dskip, float* scratch) {
    const ScanInput in{tokens, channels, state, x, delta, a, b, c, bc_stride, skip};
    const std::size_t size = static_cast<std::size_t>(tokens) * state * kLanes;
    const ScanScratch parts{scratch, scratch + size, scratch + 2 * size + static_cast<std::size_t>(state) * kLanes,
                            scratch + 3 * size + static_cast<std::size_t>(state) * kLanes};
    std::memset(parts.db, 0, 2 * size * sizeof(float));
    with_state_size(state, [&](auto state_size) {
        for_lanes(channels, [&](std::size_t channel, auto width) {
            scan_channels_backward<decltype(state_size)::value>(in, channel, width, dy, dx, ddelta, da, dskip, parts);
        });
    });
    for (int t = 0; t < tokens; t++)
        for (int n = 0; n < state; n++) {
            const std::size_t at = (static_cast<std::size_t>(t) * state + n) * kLanes;
            db[static_cast<std::size_t>(t) * bc_stride + n] = sum(load(parts.db + at, Full{}));
            dc[static_cast<std::size_t>(t) * bc_stride + n] = sum(load(parts.dc + at, Full{}));
        }
}

}  // namespace
}  // namespace holomamba
