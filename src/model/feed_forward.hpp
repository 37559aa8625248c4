// The position-wise feed-forward layer: y = W_down gelu(W_up x + b_up) + b_down.
#pragma once

#include <string>

#include "model/layer.hpp"
#include "model/linear.hpp"
#include "model/options.hpp"
#include "model/parameters.hpp"

namespace holomamba::model {

class FeedForward : public Layer {
  public:
    FeedForward(const Options& options, const std::string& prefix, ParameterLayout& layout);
    void initialise(base::Random& random, float* parameters) const override;
    void prepare(const float* parameters, float* prepared) const override;
    void forward(Pass& pass, const float* x, float* state, float* y, Saved& saved) const override;
    void backward(Pass& pass, const float* x, const float* dy, float* dx, const Saved& saved) const override;
    std::size_t saved_slots() const override;
    std::size_t activation_size() const override { return 4 * static_cast<std::size_t>(inner_); }

  private:
    int d_, inner_;
    Linear up_, down_;
};

}  // namespace holomamba::model
