// The position-wise feed-forward layer: y = W_down gelu(W_up x + b_up) + b_down.
#pragma once

#include <string>

#include "model/layer.hpp"
#include "model/options.hpp"
#include "model/parameters.hpp"

namespace holomamba {

class FeedForward : public Layer {
  public:
    FeedForward(const Options& options, const std::string& prefix, ParameterLayout& layout);
    void initialise(Random& random, float* parameters) const override;
    void forward(Pass& pass, const float* x, float* state, float* y, Saved& saved) const override;
    void backward(Pass& pass, const float* x, const float* dy, float* dx, const Saved& saved) const override;

  private:
    int d_, inner_;
    std::size_t up_, up_bias_, down_, down_bias_;
};

}  // namespace holomamba
