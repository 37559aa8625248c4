#include "model/feed_forward.hpp"

namespace holomamba::model {
namespace {

// Slots of Saved.
enum { kUp, kActivated, kSlots };

}  // namespace

FeedForward::FeedForward(const Options& options, const std::string& prefix, ParameterLayout& layout)
    : d_(options.dimension),
      inner_(options.feed_forward * options.dimension),
      up_(prefix + ".up", inner_, d_, true, layout),
      down_(prefix + ".down", d_, inner_, true, layout) {}

std::size_t FeedForward::saved_slots() const {
    return kSlots;
}

void FeedForward::initialise(base::Random& random, float* parameters) const {
    up_.initialise(random, parameters);
    down_.initialise(random, parameters);
}

void FeedForward::prepare(const float* parameters, float* prepared) const {
    up_.prepare(parameters, prepared);
    down_.prepare(parameters, prepared);
}

void FeedForward::forward(Pass& pass, const float* x, float*, float* y, Saved& saved) const {
    const std::size_t inner = static_cast<std::size_t>(pass.tokens()) * inner_;
    saved[kUp] = pass.arena.take(inner);
    saved[kActivated] = pass.arena.take(inner);
    up_.forward(pass, x, saved[kUp]);
    pass.kernels.gelu(inner, saved[kUp], saved[kActivated]);
    down_.forward(pass, saved[kActivated], y);
}

void FeedForward::backward(Pass& pass, const float* x, const float* dy, float* dx, const Saved& saved) const {
    const std::size_t inner = static_cast<std::size_t>(pass.tokens()) * inner_;
    const Arena::Mark mark = pass.arena.mark();
    float* dup = pass.arena.take(inner);
    down_.backward(pass, saved[kActivated], dy, dup);
    pass.kernels.gelu_backward(inner, saved[kUp], dup, dup);
    up_.backward(pass, x, dup, dx);
    pass.arena.release(mark);
}

}  // namespace holomamba::model
