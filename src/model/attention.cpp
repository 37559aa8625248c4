#include "model/attention.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace holomamba::model {
namespace {

// Slots of Saved.
enum { kProjected, kWeights, kAttended, kSlots };

}  // namespace

Attention::Attention(const Options& options, const std::string& prefix, ParameterLayout& layout)
    : d_(options.dimension),
      channels_(options.channels()),
      heads_(options.attention_heads),
      span_(options.attention_span),
      in_(prefix + ".in_projection", 3 * channels_, d_, false, layout),
      bias_(layout.add(prefix + ".distance_bias", {heads_, span_})),
      out_(prefix + ".out_projection", d_, channels_, false, layout) {
    if (channels_ % heads_ != 0)
        throw base::Error(base::ErrorKind::invalid_parameter,
                          std::to_string(channels_) + " channels cannot be divided among " + std::to_string(heads_) +
                              " attention heads",
                          "The product of \"dimension\" and \"expand\" must be a multiple of \"attention_heads\".");
}

std::size_t Attention::saved_slots() const {
    return kSlots;
}

void Attention::initialise(base::Random& random, float* parameters) const {
    in_.initialise(random, parameters);
    std::fill_n(parameters + bias_, heads_ * span_, 0.0f);
    out_.initialise(random, parameters);
}

void Attention::prepare(const float* parameters, float* prepared) const {
    in_.prepare(parameters, prepared);
    out_.prepare(parameters, prepared);
}

void Attention::forward(Pass& pass, const float* x, float* state, float* y, Saved& saved) const {
    const std::size_t rows = pass.tokens(), e = channels_, pair = 2 * e;
    saved[kProjected] = pass.arena.take(rows * 3 * e);
    saved[kWeights] = pass.arena.take(rows * heads_ * span_);
    saved[kAttended] = pass.arena.take(rows * e);
    in_.forward(pass, x, saved[kProjected]);
    if (!pass.exact())
        for (const std::size_t part : {e, 2 * e}) pass.round(pass.tokens(), 3 * channels_, saved[kProjected] + part);
    for (int s = 0; s < pass.sequences(); s++) {
        const int tokens = pass.starts[s + 1] - pass.starts[s];
        const float* projected = saved[kProjected] + pass.starts[s] * 3 * e;
        const Arena::Mark mark = pass.arena.mark();
        // Keys and values oldest first: where there is a state, its own before those of the new events.
        float* kept = nullptr;
        float* of_user = state + (state ? s * pass.state_stride : 0);
        int before = 0;
        if (state) {
            before = static_cast<int>(std::lround(of_user[0]));
            kept = pass.arena.take((before + tokens) * pair);
            std::copy_n(of_user + e, before * pair, kept);
            for (int t = 0; t < tokens; t++) std::copy_n(projected + t * 3 * e + e, pair, kept + (before + t) * pair);
        }
        const float* keys = state ? kept : projected + e;
        const std::size_t stride = state ? pair : 3 * e;
        for (int t = 0; t < tokens; t++) {
            const int count = seen(before + t);
            const float* oldest = keys + (before + t + 1 - count) * stride;
            const std::size_t row = pass.starts[s] + t;
            pass.kernels.attend(count, channels_, heads_, projected + t * 3 * e, oldest, oldest + e,
                                static_cast<int>(stride), pass.parameters + bias_, span_,
                                saved[kWeights] + row * heads_ * span_, saved[kAttended] + row * e);
        }
        if (state) {
            const int count = std::min(before + tokens, span_);
            std::fill_n(of_user, this->state().size(), 0.0f);
            of_user[0] = static_cast<float>(count);
            std::copy_n(kept + (before + tokens - count) * pair, count * pair, of_user + e);
        }
        pass.arena.release(mark);
    }
    out_.forward(pass, saved[kAttended], y);
}

void Attention::backward(Pass& pass, const float* x, const float* dy, float* dx, const Saved& saved) const {
    const std::size_t rows = pass.tokens(), e = channels_, stride = 3 * e;
    const Arena::Mark mark = pass.arena.mark();
    float* dattended = pass.arena.take(rows * e);
    float* dprojected = pass.arena.take(rows * stride);
    float* scratch = pass.arena.take(span_);
    out_.backward(pass, saved[kAttended], dy, dattended);
    std::fill_n(dprojected, rows * stride, 0.0f);
    for (int s = 0; s < pass.sequences(); s++)
        for (int row = pass.starts[s]; row < pass.starts[s + 1]; row++) {
            const int count = seen(row - pass.starts[s]);
            const std::size_t oldest = static_cast<std::size_t>(row + 1 - count) * stride;
            pass.kernels.attend_backward(count, channels_, heads_, saved[kProjected] + row * stride,
                                         saved[kProjected] + oldest + e, saved[kProjected] + oldest + 2 * e,
                                         static_cast<int>(stride),
                                         saved[kWeights] + static_cast<std::size_t>(row) * heads_ * span_, span_,
                                         dattended + row * e, dprojected + row * stride, dprojected + oldest + e,
                                         dprojected + oldest + 2 * e, pass.gradients + bias_, scratch);
        }
    in_.backward(pass, x, dprojected, dx);
    pass.arena.release(mark);
}

}  // namespace holomamba::model
