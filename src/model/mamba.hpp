// The selective state space block of Gu & Dao 2023 (arXiv 2312.00752, algorithm 2), with the shapes of arXiv 2601.08360.
#pragma once

#include <string>

#include "model/layer.hpp"
#include "model/linear.hpp"
#include "model/options.hpp"
#include "model/parameters.hpp"

namespace holomamba::model {

// [v, z] = W_in x;  v <- SiLU(conv(v));  (q, B, C) = W_x v;  delta = softplus(W_delta q + b);
// h <- exp(delta A) h + delta B v,  y = C h + D v;  out = W_out (y * SiLU(z)).
// State: h [N x E], then the last W-1 inputs of the convolution [(W-1) x E], oldest first.
class Mamba : public Layer {
  public:
    Mamba(const Options& options, const std::string& prefix, ParameterLayout& layout);
    void initialise(base::Random& random, float* parameters) const override;
    void prepare(const float* parameters, float* prepared) const override;
    void forward(Pass& pass, const float* x, float* state, float* y, Saved& saved) const override;
    void backward(Pass& pass, const float* x, const float* dy, float* dx, const Saved& saved) const override;
    std::size_t saved_slots() const override;
    StateShape state() const override;
    std::size_t activation_size() const override { return static_cast<std::size_t>(channels_) * (14 + 4 * state_); }

  private:
    int low_width() const { return rank_ + 2 * state_; }
    void decay(const float* parameters, float* a) const;

    int d_, channels_, state_, width_, rank_;
    bool paper_;
    // In the order of their parameters.
    Linear in_;
    std::size_t conv_weight_, conv_bias_;
    Linear low_, delta_;
    std::size_t a_log_, skip_, prepared_decay_;
    Linear out_;
};

}  // namespace holomamba::model
