#include "model/mamba.hpp"

#include <algorithm>
#include <cmath>

namespace holomamba::model {
namespace {

// Slots of Saved.
enum { kProjected, kPre, kConvolved, kLow, kRank, kDelta, kDecay, kScanned, kGated, kSlots };

}  // namespace

Mamba::Mamba(const Options& options, const std::string& prefix, ParameterLayout& layout)
    : d_(options.dimension),
      channels_(options.channels()),
      state_(options.state_size),
      width_(options.conv_width),
      rank_(options.delta_rank()),
      paper_(options.paper_initialisation()),
      in_(prefix + ".in_projection", 2 * channels_, d_, false, layout),
      conv_weight_(layout.add(prefix + ".convolution.weight", {width_, channels_})),
      conv_bias_(layout.add(prefix + ".convolution.bias", {channels_})),
      low_(prefix + ".x_projection", low_width(), channels_, false, layout),
      delta_(prefix + ".delta_projection", channels_, rank_, true, layout),
      a_log_(layout.add(prefix + ".a_log", {state_, channels_})),
      skip_(layout.add(prefix + ".skip", {channels_})),
      prepared_decay_(layout.prepare(static_cast<std::size_t>(state_) * channels_)),
      out_(prefix + ".out_projection", d_, channels_, false, layout) {}

std::size_t Mamba::saved_slots() const {
    return kSlots;
}

StateShape Mamba::state() const {
    return {state_ + width_ - 1, channels_};
}

void Mamba::initialise(base::Random& random, float* parameters) const {
    const std::size_t e = channels_;
    in_.initialise(random, parameters);
    initialise_linear(random, width_ * e, width_, parameters + conv_weight_);
    initialise_linear(random, e, width_, parameters + conv_bias_);
    low_.initialise(random, parameters);
    delta_.initialise(random, parameters);
    // The paper leaves the bias near zero, so that delta is about 0.69 and a state halves with each event. Mamba draws
    // delta log-uniformly from [0.001, 0.1]: memories from ten to a thousand events.
    if (!paper_)
        for (std::size_t c = 0; c < e; c++) {
            const double delta = std::exp(random.uniform(std::log(0.001), std::log(0.1)));
            parameters[delta_.bias() + c] = static_cast<float>(std::log(std::expm1(delta)));
        }
    for (int n = 0; n < state_; n++) std::fill_n(parameters + a_log_ + n * e, e, static_cast<float>(std::log(n + 1.0)));
    std::fill_n(parameters + skip_, e, 1.0f);
    out_.initialise(random, parameters);
}

// A = -exp(a_log).
void Mamba::decay(const float* parameters, float* a) const {
    for (int i = 0; i < state_ * channels_; i++) a[i] = -std::exp(parameters[a_log_ + i]);
}

void Mamba::prepare(const float* parameters, float* prepared) const {
    for (const Linear* linear : {&in_, &low_, &delta_, &out_}) linear->prepare(parameters, prepared);
    decay(parameters, prepared + prepared_decay_);
}

void Mamba::forward(Pass& pass, const float* x, float* state, float* y, Saved& saved) const {
    const kernels::Table& k = pass.kernels;
    const float* p = pass.parameters;
    const int tokens = pass.tokens(), e = channels_, low = low_width();
    const std::size_t rows = tokens;

    saved[kProjected] = pass.arena.take(rows * 2 * e);
    saved[kPre] = pass.arena.take(rows * e);
    saved[kConvolved] = pass.arena.take(rows * e);
    saved[kLow] = pass.arena.take(rows * low);
    saved[kRank] = pass.arena.take(rows * rank_);
    saved[kDelta] = pass.arena.take(rows * e);
    saved[kScanned] = pass.arena.take(rows * e);
    saved[kGated] = pass.arena.take(rows * e);
    if (!pass.prepared) {
        saved[kDecay] = pass.arena.take(static_cast<std::size_t>(state_) * e);
        decay(p, saved[kDecay]);
    }
    const float* a = pass.prepared ? pass.prepared + prepared_decay_ : saved[kDecay];
    const Arena::Mark mark = pass.arena.mark();
    const std::size_t state_size = this->state().size();
    float* blank = state ? nullptr : pass.arena.take(state_size);

    in_.forward(pass, x, saved[kProjected]);
    if (!pass.exact()) pass.round(tokens, 2 * e, saved[kProjected]);  // the convolution remembers its inputs
    const auto state_of = [&](int sequence) {
        if (state) return state + static_cast<std::size_t>(sequence) * pass.state_stride;
        return std::fill_n(blank, state_size, 0.0f) - state_size;
    };
    for (int s = 0; s < pass.sequences(); s++) {
        const std::size_t row = pass.starts[s];
        k.causal_convolution(pass.starts[s + 1] - pass.starts[s], e, width_, saved[kProjected] + row * 2 * e, 2 * e,
                             p + conv_weight_, p + conv_bias_, state_of(s) + static_cast<std::size_t>(state_) * e,
                             saved[kPre] + row * e, saved[kConvolved] + row * e);
    }
    low_.forward(pass, saved[kConvolved], saved[kLow]);
    for (std::size_t t = 0; t < rows; t++) std::copy_n(saved[kLow] + t * low, rank_, saved[kRank] + t * rank_);
    delta_.forward(pass, saved[kRank], saved[kDelta]);
    k.softplus(rows * e, saved[kDelta], saved[kDelta]);
    // A state that is stored with fewer digits is rounded to them at every event, so that it does not matter when it is
    // stored.
    for (int s = 0; s < pass.sequences(); s++) {
        const int events = pass.starts[s + 1] - pass.starts[s], step = pass.exact() ? events : 1;
        for (int first = 0; first < events; first += step) {
            const std::size_t row = pass.starts[s] + first;
            const float* parts = saved[kLow] + row * low;
            k.selective_scan(step, e, state_, saved[kConvolved] + row * e, saved[kDelta] + row * e, a, parts + rank_,
                             parts + rank_ + state_, low, p + skip_, state_of(s), saved[kScanned] + row * e);
            if (!pass.exact()) pass.round(state_, e, state_of(s));
        }
    }
    k.gate(tokens, e, saved[kScanned], saved[kProjected] + e, 2 * e, saved[kGated]);
    out_.forward(pass, saved[kGated], y);
    pass.arena.release(mark);
}

void Mamba::backward(Pass& pass, const float* x, const float* dy, float* dx, const Saved& saved) const {
    const kernels::Table& k = pass.kernels;
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

    out_.backward(pass, saved[kGated], dy, dgated);
    k.gate_backward(tokens, e, saved[kScanned], saved[kProjected] + e, 2 * e, dgated, dscanned, dprojected + e);

    std::fill_n(ddecay, static_cast<std::size_t>(state_) * e, 0.0f);
    for (int s = 0; s < pass.sequences(); s++) {
        const std::size_t row = pass.starts[s];
        const int length = pass.starts[s + 1] - pass.starts[s];
        const Arena::Mark before = pass.arena.mark();
        const float* parts = saved[kLow] + row * low;
        float* dparts = dlow + row * low;
        k.selective_scan_backward(
            length, e, state_, saved[kConvolved] + row * e, saved[kDelta] + row * e, saved[kDecay], parts + rank_,
            parts + rank_ + state_, low, p + skip_, dscanned + row * e, dconvolved + row * e, ddelta + row * e, ddecay,
            dparts + rank_, dparts + rank_ + state_, g + skip_, pass.arena.take(kernels::scan_scratch(length, state_)));
        pass.arena.release(before);
    }
    // A = -exp(a_log), so dA / da_log = A.
    for (int i = 0; i < state_ * e; i++) g[a_log_ + i] += ddecay[i] * saved[kDecay][i];

    k.softplus_backward(rows * e, saved[kDelta], ddelta, ddelta);
    delta_.backward(pass, saved[kRank], ddelta, drank);
    for (std::size_t t = 0; t < rows; t++) std::copy_n(drank + t * rank_, rank_, dlow + t * low);
    low_.backward(pass, saved[kConvolved], dlow, dconvolved, true);

    for (int s = 0; s < pass.sequences(); s++) {
        const std::size_t row = pass.starts[s];
        k.causal_convolution_backward(pass.starts[s + 1] - pass.starts[s], e, width_, saved[kProjected] + row * 2 * e,
                                      2 * e, p + conv_weight_, saved[kPre] + row * e, dconvolved + row * e,
                                      dprojected + row * 2 * e, g + conv_weight_, g + conv_bias_);
    }
    in_.backward(pass, x, dprojected, dx);
    pass.arena.release(mark);
}

}  // namespace holomamba::model
