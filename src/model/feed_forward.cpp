#include "model/feed_forward.hpp"

#include <algorithm>

namespace holomamba {
namespace {

// Slots of Saved.
enum { kUp, kActivated };

}  // namespace

FeedForward::FeedForward(const Options& options, const std::string& prefix, ParameterLayout& layout)
    : d_(options.dimension),
      inner_(options.feed_forward * options.dimension),
      up_(layout.add(prefix + ".up.weight", {inner_, d_})),
      up_bias_(layout.add(prefix + ".up.bias", {inner_})),
      down_(layout.add(prefix + ".down.weight", {d_, inner_})),
      down_bias_(layout.add(prefix + ".down.bias", {d_})) {}

void FeedForward::initialise(Random& random, float* parameters) const {
    const std::size_t d = d_, f = inner_;
    initialise_linear(random, f * d, d_, parameters + up_);
    initialise_linear(random, f, d_, parameters + up_bias_);
    initialise_linear(random, d * f, inner_, parameters + down_);
    initialise_linear(random, d, inner_, parameters + down_bias_);
}

void FeedForward::forward(Pass& pass, const float* x, float*, float* y, Saved& saved) const {
    const KernelTable& k = pass.kernels;
    const float* p = pass.parameters;
    const int tokens = pass.tokens();
    const std::size_t inner = static_cast<std::size_t>(tokens) * inner_;
    saved[kUp] = pass.arena.take(inner);
    saved[kActivated] = pass.arena.take(inner);
    k.multiply_bt(tokens, inner_, d_, x, p + up_, saved[kUp], false);
    k.add_bias(tokens, inner_, p + up_bias_, saved[kUp]);
    k.gelu(inner, saved[kUp], saved[kActivated]);
    k.multiply_bt(tokens, d_, inner_, saved[kActivated], p + down_, y, false);
    k.add_bias(tokens, d_, p + down_bias_, y);
}

void FeedForward::backward(Pass& pass, const float* x, const float* dy, float* dx, const Saved& saved) const {
    const KernelTable& k = pass.kernels;
    const float* p = pass.parameters;
    float* g = pass.gradients;
    const int tokens = pass.tokens();
    const std::size_t inner = static_cast<std::size_t>(tokens) * inner_;
    const Arena::Mark mark = pass.arena.mark();
    float* dup = pass.arena.take(inner);
    k.add_bias_backward(tokens, d_, dy, g + down_bias_);
    k.multiply_at(d_, inner_, tokens, dy, saved[kActivated], g + down_, true);
    k.multiply(tokens, inner_, d_, dy, p + down_, dup, false);
    k.gelu_backward(inner, saved[kUp], dup, dup);
    k.add_bias_backward(tokens, inner_, dup, g + up_bias_);
    k.multiply_at(inner_, d_, tokens, dup, x, g + up_, true);
    k.multiply(tokens, d_, inner_, dup, p + up_, dx, false);
    pass.arena.release(mark);
}

}  // namespace holomamba
