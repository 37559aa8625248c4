// Causal convolution and selective scan, a register of channels at a time; the loop over the state is unrolled for usual sizes.
#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/lanes.hpp"

namespace holomamba::kernels {
namespace {

void causal_convolution(int tokens, int channels, int width, const float* x, int x_stride, const float* weight,
                        const float* bias, float* tail, float* pre, float* y) {
    const int before = width - 1;
    const auto input = [&](int t) {
        return t < 0 ? tail + static_cast<std::size_t>(t + before) * channels
                     : x + static_cast<std::size_t>(t) * x_stride;
    };
    for (int t = 0; t < tokens; t++) {
        const std::size_t row = static_cast<std::size_t>(t) * channels;
        for_lanes(channels, [&](std::size_t c, auto lanes) {
            Lanes total = load(bias + c, lanes);
            for (int j = 0; j < width; j++)
                total = fused(load(weight + static_cast<std::size_t>(j) * channels + c, lanes),
                              load(input(t - before + j) + c, lanes), total);
            store(pre + row + c, total, lanes);
            store(y + row + c, total * sigmoid(total), lanes);
        });
    }
    // Ascending, so that where there are fewer tokens than taps an old input moves down before it is overwritten.
    for (int j = 0; j < before; j++)
        std::memmove(tail + static_cast<std::size_t>(j) * channels, input(tokens - before + j),
                     channels * sizeof(float));
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
        case 1:
            return body(std::integral_constant<int, 1>{});
        case 2:
            return body(std::integral_constant<int, 2>{});
        case 3:
            return body(std::integral_constant<int, 3>{});
        case 4:
            return body(std::integral_constant<int, 4>{});
        case 8:
            return body(std::integral_constant<int, 8>{});
        case 16:
            return body(std::integral_constant<int, 16>{});
        default:
            return body(std::integral_constant<int, 0>{});
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
    std::size_t channel = 0;
    const std::size_t all = channels;
    with_state_size(state, [&](auto size) {
        for (; channel + kLanes <= all; channel += kLanes)
            scan_channels<decltype(size)::value>(in, channel, Full{}, h, y);
    });
    // Less than a register: no loop for each size.
    if (channel < all) scan_channels<0>(in, channel, Part{all - channel}, h, y);
}

// Scratch: for each token, state and register of channels at work the decay and the state after it; for each token and state
// what reaches b and c, summed over all channels lane by lane and reduced to numbers at the end.
struct ScanScratch {
    float *decay, *hidden, *db, *dc;
};

// Groups registers of channels at once, so that what reaches b and c is loaded and stored once for all of them.
template <int State, int Groups, typename Width>
HOLOMAMBA_INLINE void scan_channels_backward(const ScanInput& in, std::size_t channel, Width width, const float* dy,
                                             float* dx, float* ddelta, float* da, float* dskip,
                                             const ScanScratch& scratch) {
    const int state = State > 0 ? State : in.state;
    const std::size_t step = static_cast<std::size_t>(state) * Groups * kLanes;
    Lanes a[State > 0 ? State : kMaxState][Groups], carried[State > 0 ? State : kMaxState][Groups],
        total_da[State > 0 ? State : kMaxState][Groups];
    const auto of_state = [&](int n, int g) {
        return static_cast<std::size_t>(n) * in.channels + channel + g * kLanes;
    };
    const auto place = [&](int n, int g) { return static_cast<std::size_t>(n * Groups + g) * kLanes; };
    for (int n = 0; n < state; n++)
        for (int g = 0; g < Groups; g++) {
            a[n][g] = load(in.a + of_state(n, g), width);
            carried[n][g] = Lanes{};
            total_da[n][g] = Lanes{};
        }
    for (int t = 0; t < in.tokens; t++) {
        const std::size_t at = static_cast<std::size_t>(t) * in.channels + channel;
        const float* b = in.b + static_cast<std::size_t>(t) * in.bc_stride;
        Lanes delta[Groups], entering[Groups];
        for (int g = 0; g < Groups; g++) {
            delta[g] = load(in.delta + at + g * kLanes, width);
            entering[g] = delta[g] * load(in.x + at + g * kLanes, width);
        }
        float* hidden = scratch.hidden + static_cast<std::size_t>(t) * step;
        float* decay = scratch.decay + static_cast<std::size_t>(t) * step;
        for (int n = 0; n < state; n++)
            for (int g = 0; g < Groups; g++) {
                Lanes now = entering[g] * b[n];
                if (t > 0) {  // before the first token there is nothing to decay
                    const Lanes factor = exponential(delta[g] * a[n][g]);
                    store(decay + place(n, g), factor, Full{});
                    now = fused(factor, load(hidden - step + place(n, g), Full{}), now);
                }
                store(hidden + place(n, g), now, Full{});
            }
    }
    Lanes skip[Groups], total_dskip[Groups] = {};
    for (int g = 0; g < Groups; g++) skip[g] = load(in.skip + channel + g * kLanes, width);
    for (int t = in.tokens - 1; t >= 0; t--) {
        const std::size_t at = static_cast<std::size_t>(t) * in.channels + channel;
        const std::size_t row = static_cast<std::size_t>(t) * step, sums = static_cast<std::size_t>(t) * state * kLanes;
        const float* b = in.b + static_cast<std::size_t>(t) * in.bc_stride;
        const float* c = in.c + static_cast<std::size_t>(t) * in.bc_stride;
        Lanes x[Groups], delta[Groups], entering[Groups], upstream[Groups], through_b[Groups] = {},
                                                                            through_decay[Groups] = {};
        for (int g = 0; g < Groups; g++) {
            x[g] = load(in.x + at + g * kLanes, width);
            delta[g] = load(in.delta + at + g * kLanes, width);
            entering[g] = delta[g] * x[g];
            upstream[g] = load(dy + at + g * kLanes, width);
        }
        for (int n = 0; n < state; n++) {
            Lanes to_b{}, to_c{};
            for (int g = 0; g < Groups; g++) {
                const Lanes dh = carried[n][g] + upstream[g] * c[n];
                to_c += upstream[g] * load(scratch.hidden + row + place(n, g), Full{});
                to_b += dh * entering[g];
                through_b[g] += dh * b[n];
                if (t == 0) continue;
                const Lanes decayed = dh * load(scratch.decay + row + place(n, g), Full{});
                const Lanes exponent = decayed * load(scratch.hidden + row - step + place(n, g), Full{});
                through_decay[g] += exponent * a[n][g];
                total_da[n][g] += exponent * delta[g];
                carried[n][g] = decayed;
            }
            add_to(scratch.dc + sums + n * kLanes, to_c, Full{});
            add_to(scratch.db + sums + n * kLanes, to_b, Full{});
        }
        for (int g = 0; g < Groups; g++) {
            store(dx + at + g * kLanes, delta[g] * through_b[g] + skip[g] * upstream[g], width);
            store(ddelta + at + g * kLanes, x[g] * through_b[g] + through_decay[g], width);
            total_dskip[g] += upstream[g] * x[g];
        }
    }
    for (int g = 0; g < Groups; g++) {
        for (int n = 0; n < state; n++) add_to(da + of_state(n, g), total_da[n][g], width);
        add_to(dskip + channel + g * kLanes, total_dskip[g], width);
    }
}

void selective_scan_backward(int tokens, int channels, int state, const float* x, const float* delta, const float* a,
                             const float* b, const float* c, int bc_stride, const float* skip, const float* dy,
                             float* dx, float* ddelta, float* da, float* db, float* dc, float* dskip, float* scratch) {
    constexpr int kGroups = 2;
    const ScanInput in{tokens, channels, state, x, delta, a, b, c, bc_stride, skip};
    const std::size_t size = static_cast<std::size_t>(tokens) * state * kLanes;
    float* hidden = scratch + kGroups * size;
    float* sums = hidden + kGroups * size;
    const ScanScratch parts{scratch, hidden, sums, sums + size};
    std::memset(parts.db, 0, 2 * size * sizeof(float));
    std::size_t channel = 0;
    const std::size_t all = channels;
    with_state_size(state, [&](auto state_size) {
        constexpr int kState = decltype(state_size)::value;
        for (; channel + kGroups * kLanes <= all; channel += kGroups * kLanes)
            scan_channels_backward<kState, kGroups>(in, channel, Full{}, dy, dx, ddelta, da, dskip, parts);
        if (channel + kLanes <= all) {
            scan_channels_backward<kState, 1>(in, channel, Full{}, dy, dx, ddelta, da, dskip, parts);
            channel += kLanes;
        }
    });
    if (channel < all) scan_channels_backward<0, 1>(in, channel, Part{all - channel}, dy, dx, ddelta, da, dskip, parts);
    // Over the channels, a register of sums at a time.
    const auto sum_up = [&](const float* lanes, float* out) {
        for (int first = 0; first < tokens * state; first += kLanes) {
            const int count = std::min(kLanes, tokens * state - first);
            Lanes totals[kLanes] = {};
            for (int i = 0; i < count; i++)
                totals[i] = load(lanes + static_cast<std::size_t>(first + i) * kLanes, Full{});
            sums_of<kLanes>(totals);
            for (int i = 0; i < count; i++)
                out[static_cast<std::size_t>((first + i) / state) * bc_stride + (first + i) % state] =
                    totals[0][place_of_sum(i)];
        }
    };
    sum_up(parts.db, db);
    sum_up(parts.dc, dc);
}

}  // namespace
}  // namespace holomamba::kernels
