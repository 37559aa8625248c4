// The gated recurrent unit of Cho et al. 2014 (arXiv 1406.1078), the encoder of GRU4Rec (Hidasi et al. 2016, arXiv 1511.06939).
#pragma once

#include <string>
#include <vector>

#include "model/layer.hpp"
#include "model/linear.hpp"
#include "model/options.hpp"
#include "model/parameters.hpp"

namespace holomamba::model {

// i = W_in x + b;  u = W_h h + b';  r = sigmoid(i_r + u_r), z = sigmoid(i_z + u_z), n = tanh(i_n + r u_n);
// h <- (1 - z) n + z h;  out = W_out h.
// State: h [E].
class Gru : public Layer {
  public:
    Gru(const Options& options, const std::string& prefix, ParameterLayout& layout);
    void initialise(base::Random& random, float* parameters) const override;
    void prepare(const float* parameters, float* prepared) const override;
    void forward(Pass& pass, const float* x, float* state, float* y, Saved& saved) const override;
    void backward(Pass& pass, const float* x, const float* dy, float* dx, const Saved& saved) const override;
    std::size_t saved_slots() const override;
    StateShape state() const override { return {1, channels_}; }
    std::size_t activation_size() const override {
        return 4 * static_cast<std::size_t>(d_) + 20 * static_cast<std::size_t>(channels_);
    }

  private:
    int d_, channels_;
    // In the order of their parameters.
    Linear in_, recurrent_, out_;
};

}  // namespace holomamba::model
