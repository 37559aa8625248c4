#include "model/mamba.hpp"

#include <algorithm>
#include <cmath>

namespace holomamba {
namespace {

// Slots of Saved.
enum { kProjected, kPre, kConvolved, kLow, kRank, kDelta, kDecay, kScanned, kGated };

}  // namespace

Mamba::Mamba(const Options& options, const std::string& prefix, ParameterLayout& layout)
    : d_(options.dimension),
      channels_(options.channels()),
      state_(options.state_size),
      width_(options.conv_width),
      rank_(options.delta_rank()),
      paper_(options.paper_initialisation()),
      in_(layout.add(prefix + ".in_projection.weight", {2 * channels_, d_})),
      conv_weight_(layout.add(prefix + ".convolution.weight", {width_, channels_})),
      conv_bias_(layout.add(prefix + ".convolution.bias", {channels_})),
      x_projection_(layout.add(prefix + ".x_projection.weight", {low_width(), channels_})),
      delta_weight_(layout.add(prefix + ".delta_projection.weight", {channels_, rank_})),
      delta_bias_(layout.add(prefix + ".delta_projection.bias", {channels_})),
      a_log_(layout.add(prefix + ".a_log", {state_, channels_})),
      skip_(layout.add(prefix + ".skip", {channels_})),
      out_(layout.add(prefix + ".out_projection.weight", {d_, channels_})) {}

std::size_t Mamba::state_size() const { return static_cast<std::size_t>(state_ + width_ - 1) * channels_; }

void Mamba::initialise(Random& random, float* parameters) const {
    const std::size_t d = d_, e = channels_, r = rank_;
    initialise_linear(random, 2 * e * d, d_, parameters + in_);
    initialise_linear(random, width_ * e, width_, parameters + conv_weight_);
    initialise_linear(random, e, width_, parameters + conv_bias_);
    initialise_linear(random, static_cast<std::size_t>(low_width()) * e, channels_, parameters + x_projection_);
    initialise_linear(random, e * r, rank_, parameters + delta_weight_);
    initialise_linear(random, e, rank_, parameters + delta_bias_);
    // The paper leaves the bias near zero, so that delta is about 0.69 and a state halves with each event. Mamba draws
    // delta log-uniformly from [0.001, 0.1]: memories from ten to a thousand events.
    if (!paper_)
        for (std::size_t c = 0; c < e; c++) {
            const double delta = std::exp(random.uniform(std::log(0.001), std::log(0.1)));
            parameters[delta_bias_ + c] = static_cast<float>(std::log(std::expm1(delta)));
        }
    for (int n = 0; n < state_; n++)
        std::fill_n(parameters + a_log_ + n * e, e, static_cast<float>(std::log(n + 1.0)));
    std::fill_n(parameters + skip_, e, 1.0f);
    initialise_linear(random, d * e, channels_, parameters + out_);
}

void Mamba::forward(Pass& pass, const float* x, float* state, float* y, Saved& saved) const {
    const KernelTable& k = pass.kernels;
    const float* p = pass.parameters;
    const int tokens = pass.tokens(), e = channels_, low = low_width();
    const std::size_t rows = tokens;

    saved[kProjected] = pass.arena.take(rows * 2 * e);
    saved[kPre] = pass.arena.take(rows * e);
    saved[kConvolved] = pass.arena.take(rows * e);
    saved[kLow] = pass.arena.take(rows * low);
    saved[kRank] = pass.arena.take(rows * rank_);
    saved[kDelta] = pass.arena.take(rows * e);
    saved[kDecay] = pass.arena.take(static_cast<std::size_t>(state_) * e);
    saved[kScanned] = pass.arena.take(rows * e);
    saved[kGated] = pass.arena.take(rows * e);
    const Arena::Mark mark = pass.arena.mark();
    float* blank = state ? nullptr : pass.arena.take(state_size());

    k.multiply_bt(tokens, 2 * e, d_, x, p + in_, saved[kProjected], false);
    const auto state_of = [&](int sequence) {
        if (state) return state + static_cast<std::size_t>(sequence) * pass.state_stride;
        return std::fill_n(blank, state_size(), 0.0f) - state_size();
    };
    for (int s = 0; s < pass.sequences(); s++) {
        const std::size_t row = pass.starts[s];
        k.causal_convolution(pass.starts[s + 1] - pass.starts[s], e, width_, saved[kProjected] + row * 2 * e, 2 * e,
                             p + conv_weight_, p + conv_bias_, state_of(s) + static_cast<std::size_t>(state_) * e,
                             saved[kPre] + row * e, saved[kConvolved] + row * e);
    }
    k.multiply_bt(tokens, low, e, saved[kConvolved], p + x_projection_, saved[kLow], false);
    for (std::size_t t = 0; t < rows; t++) std::copy_n(saved[kLow] + t * low, rank_, saved[kRank] + t * rank_);
    k.multiply_bt(tokens, e, rank_, saved[kRank], p + delta_weight_, saved[kDelta], false);
    k.add_bias(tokens, e, p + delta_bias_, saved[kDelta]);
    k.softplus(rows * e, saved[kDelta], saved[kDelta]);
    for (int i = 0; i < state_ * e; i++) saved[kDecay][i] = -std::exp(p[a_log_ + i]);
    for (int s = 0; s < pass.sequences(); s++) {
        const std::size_t row = pass.starts[s];
        const float* parts = saved[kLow] + row * low;
        k.selective_scan(pass.starts[s + 1] - pass.starts[s], e, state_, saved[kConvolved] + row * e,
                         saved[kDelta] + row * e, saved[kDecay], parts + rank_, parts + rank_ + state_, low, p + skip_,
                         state_of(s), saved[kScanned] + row * e);
    }
    k.gate(tokens, e, saved[kScanned], saved[kProjected] + e, 2 * e, saved[kGated]);
    k.multiply_bt(tokens, d_, e, saved[kGated], p + out_, y, false);
    pass.arena.release(mark);
}

void Mamba::backward(Pass& pass, const float* x, const float* dy, float* dx, const Saved& saved) const {
    const KernelTable& k = pass.kernels;
    const float* p = pass.parameters;
    float* g = pass.gradients;
    const int tokens = pass.tokens(), e = channels_, low = low_width();
    const std::size_t rows = tokens;

    const Arena::Mark mark = pass.arena.mark();
    float* dgated = pass.arena.take(rows * e);
    float* dscanned = pass.arena.take(rows * e);
    float* dprojected = pass.arena.take(rows * 2 * e);
    float* dconvolved = pass.arena.take(rows * e);
    float* ddelta = pass.arena.take(rows * e);
    float* dlow = pass.arena.take(rows * low);
    float* drank = pass.arena.take(rows * rank_);
    float* ddecay = pass.arena.take(static_cast<std::size_t>(state_) * e);

    k.multiply(tokens, e, d_, dy, p + out_, dgated, false);
    k.multiply_at(d_, e, tokens, dy, saved[kGated], g + out_, true);
    k.gate_backward(tokens, e, saved[kScanned], saved[kProjected] + e, 2 * e, dgated, dscanned, dprojected + e);

    std::fill_n(ddecay, static_cast<std::size_t>(state_) * e, 0.0f);
    for (int s = 0; s < pass.sequences(); s++) {
        const std::size_t row = pass.starts[s];
        const int length = pass.starts[s + 1] - pass.starts[s];
        const Arena::Mark before = pass.arena.mark();
        const float* parts = saved[kLow] + row * low;
        float* dparts = dlow + row * low;
        k.selective_scan_backward(length, e, state_, saved[kConvolved] + row * e, saved[kDelta] + row * e, saved[kDecay],
                                  parts + rank_, parts + rank_ + state_, low, p + skip_, dscanned + row * e,
                                  dconvolved + row * e, ddelta + row * e, ddecay, dparts + rank_,
                                  dparts + rank_ + state_, g + skip_, pass.arena.take(scan_scratch(length, state_)));
        pass.arena.release(before);
    }
    // A = -exp(a_log), so dA / da_log = A.
    for (int i = 0; i < state_ * e; i++) g[a_log_ + i] += ddecay[i] * saved[kDecay][i];

    k.softplus_backward(rows * e, saved[kDelta], ddelta, ddelta);
    k.add_bias_backward(tokens, e, ddelta, g + delta_bias_);
    k.multiply_at(e, rank_, tokens, ddelta, saved[kRank], g + delta_weight_, true);
    k.multiply(tokens, rank_, e, ddelta, p + delta_weight_, drank, false);
    for (std::size_t t = 0; t < rows; t++) std::copy_n(drank + t * rank_, rank_, dlow + t * low);
    k.multiply(tokens, e, low, dlow, p + x_projection_, dconvolved, true);
    k.multiply_at(low, e, tokens, dlow, saved[kConvolved], g + x_projection_, true);

    for (int s = 0; s < pass.sequences(); s++) {
        const std::size_t row = pass.starts[s];
        k.causal_convolution_backward(pass.starts[s + 1] - pass.starts[s], e, width_, saved[kProjected] + row * 2 * e,
                                      2 * e, p + conv_weight_, saved[kPre] + row * e, dconvolved + row * e,
                                      dprojected + row * 2 * e, g + conv_weight_, g + conv_bias_);
    }
    k.multiply_at(2 * e, d_, tokens, dprojected, x, g + in_, true);
    k.multiply(tokens, d_, 2 * e, dprojected, p + in_, dx, false);
    pass.arena.release(mark);
}

}  // namespace holomamba
