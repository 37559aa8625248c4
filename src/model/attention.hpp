// Causal multi-head self-attention (Vaswani et al. 2017, arXiv 1706.03762), the encoder of SASRec (Kang & McAuley 2018,
// arXiv 1808.09781). In place of SASRec's positions, which number a window from its start, a learned bias for each
// distance (Raffel et al. 2020, arXiv 1910.10683), so that past keys and values hold when a window moves on.
#pragma once

#include <string>

#include "model/layer.hpp"
#include "model/linear.hpp"
#include "model/options.hpp"
#include "model/parameters.hpp"

namespace holomamba::model {

// [q, k, v] = W_in x;  y_t = sum_j softmax_j(q_t . k_j / sqrt(E / heads) + bias_{t-j}) v_j over the last `span` events up
// to t, head by head;  out = W_out y.
// State: how many events it holds [E, the first of them], then key [E] and value [E] of each, oldest first.
class Attention : public Layer {
  public:
    // Throws Error unless the channels divide into the heads.
    Attention(const Options& options, const std::string& prefix, ParameterLayout& layout);
    void initialise(base::Random& random, float* parameters) const override;
    void prepare(const float* parameters, float* prepared) const override;
    void forward(Pass& pass, const float* x, float* state, float* y, Saved& saved) const override;
    void backward(Pass& pass, const float* x, const float* dy, float* dx, const Saved& saved) const override;
    std::size_t saved_slots() const override;
    StateShape state() const override { return {1 + 2 * span_, channels_}; }
    std::size_t activation_size() const override {
        return 9 * static_cast<std::size_t>(channels_) + static_cast<std::size_t>(heads_) * span_;
    }

  private:
    // Events that the event after `before` others attends to, itself among them.
    int seen(int before) const { return before + 1 < span_ ? before + 1 : span_; }

    int d_, channels_, heads_, span_;
    // In the order of their parameters.
    Linear in_;
    std::size_t bias_;  // [heads x span]
    Linear out_;
};

}  // namespace holomamba::model
