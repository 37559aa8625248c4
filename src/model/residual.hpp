// A layer with its residual connection, layer norm and dropout.
#pragma once

#include <memory>
#include <string>

#include "model/layer.hpp"
#include "model/options.hpp"
#include "model/parameters.hpp"

namespace holomamba::model {

// post: y = LN(x + drop(f(x)));  pre: y = x + drop(f(LN(x))).
class Residual {
  public:
    // `place` tells one connection's dropout mask from another's.
    Residual(std::unique_ptr<Layer> layer, const Options& options, const std::string& norm_prefix, std::uint64_t place,
             ParameterLayout& layout);

    // What forward keeps: the input of the norm, its statistics, the layer's input and own activations.
    struct Kept {
        const float* normed_from;
        const float* inner_input;
        float *mean, *inverse_deviation;
        Saved saved;
    };

    void initialise(base::Random& random, float* parameters) const;
    // As Layer::prepare.
    void prepare(const float* parameters, float* prepared) const { layer_->prepare(parameters, prepared); }
    // As Layer::forward; x must stay until backward.
    void forward(Pass& pass, const float* x, float* state, float* y, Kept& kept) const;
    // As Layer::backward.
    void backward(Pass& pass, const float* dy, float* dx, const Kept& kept) const;
    StateShape state() const { return layer_->state(); }
    // As Layer::activation_size, with the connection's own.
    std::size_t activation_size() const { return layer_->activation_size() + 6 * static_cast<std::size_t>(d_); }

  private:
    std::unique_ptr<Layer> layer_;
    int d_;
    bool post_;
    std::uint64_t place_;
    std::size_t gain_, bias_;
};

}  // namespace holomamba::model
