#include "model/residual.hpp"

#include <algorithm>

namespace holomamba::model {

Residual::Residual(std::unique_ptr<Layer> layer, const Options& options, const std::string& norm_prefix,
                   std::uint64_t place, ParameterLayout& layout)
    : layer_(std::move(layer)),
      d_(options.dimension),
      post_(options.residual == "post"),
      place_(place),
      gain_(layout.add(norm_prefix + ".gain", {d_})),
      bias_(layout.add(norm_prefix + ".bias", {d_})) {}

void Residual::initialise(base::Random& random, float* parameters) const {
    layer_->initialise(random, parameters);
    std::fill_n(parameters + gain_, d_, 1.0f);
    std::fill_n(parameters + bias_, d_, 0.0f);
}

void Residual::forward(Pass& pass, const float* x, float* state, float* y, Kept& kept) const {
    const kernels::Table& k = pass.kernels;
    const float* p = pass.parameters;
    const int tokens = pass.tokens();
    const std::size_t size = static_cast<std::size_t>(tokens) * d_;
    kept.saved.resize(layer_->saved_slots());
    kept.mean = pass.arena.take(tokens);
    kept.inverse_deviation = pass.arena.take(tokens);
    float* middle = pass.arena.take(size);
    if (post_) {
        kept.inner_input = x;
        kept.normed_from = middle;
        layer_->forward(pass, x, state, middle, kept.saved);
        pass.drop(d_, place_, middle);
        k.add(size, x, middle);
        k.layer_norm(tokens, d_, middle, p + gain_, p + bias_, y, kept.mean, kept.inverse_deviation);
    } else {
        kept.inner_input = middle;
        kept.normed_from = x;
        k.layer_norm(tokens, d_, x, p + gain_, p + bias_, middle, kept.mean, kept.inverse_deviation);
        layer_->forward(pass, middle, state, y, kept.saved);
        pass.drop(d_, place_, y);
        k.add(size, x, y);
    }
}

void Residual::backward(Pass& pass, const float* dy, float* dx, const Kept& kept) const {
    const kernels::Table& k = pass.kernels;
    const float* p = pass.parameters;
    float* g = pass.gradients;
    const int tokens = pass.tokens();
    const std::size_t size = static_cast<std::size_t>(tokens) * d_;
    const Arena::Mark mark = pass.arena.mark();
    float* dinner = pass.arena.take(size);
    float* through = pass.arena.take(size);
    if (post_) {
        k.layer_norm_backward(tokens, d_, kept.normed_from, p + gain_, kept.mean, kept.inverse_deviation, dy, through,
                              g + gain_, g + bias_);
        std::copy_n(through, size, dinner);
        pass.drop(d_, place_, dinner);
        layer_->backward(pass, kept.inner_input, dinner, dx, kept.saved);
        k.add(size, through, dx);
    } else {
        std::copy_n(dy, size, dinner);
        pass.drop(d_, place_, dinner);
        layer_->backward(pass, kept.inner_input, dinner, through, kept.saved);
        k.layer_norm_backward(tokens, d_, kept.normed_from, p + gain_, kept.mean, kept.inverse_deviation, through, dx,
                              g + gain_, g + bias_);
        k.add(size, dy, dx);
    }
    pass.arena.release(mark);
}

}  // namespace holomamba::model
