// What a layer between two residual connections must do. A new kind of layer is one file that implements this and one line
// in the table of blocks (network.cpp).
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "model/pass.hpp"
#include "model/state_format.hpp"

namespace holomamba::model {

// Activations that forward leaves for backward, in the pass's arena; each layer names and counts its own slots.
using Saved = std::vector<float*>;

class Layer {
  public:
    virtual ~Layer() = default;
    virtual void initialise(base::Random& random, float* parameters) const = 0;
    // Weights as serving reads them, into the layer's part of `prepared`.
    virtual void prepare(const float* parameters, float* prepared) const = 0;
    // y[tokens x d] from x[tokens x d]. `state` is this layer's part of the first sequence's state, or nullptr. A step is a
    // forward pass of one token.
    virtual void forward(Pass& pass, const float* x, float* state, float* y, Saved& saved) const = 0;
    // dx[tokens x d] from dy, with x and saved as forward had them; parameter gradients are added to pass.gradients.
    virtual void backward(Pass& pass, const float* x, const float* dy, float* dx, const Saved& saved) const = 0;
    // How many there are in `saved`.
    virtual std::size_t saved_slots() const = 0;
    // One sequence's state. The layers of a network that have one agree on its width, and round it by Pass::round.
    virtual StateShape state() const { return {}; }
    // Floats of a token that forward and backward work with.
    virtual std::size_t activation_size() const = 0;
};

// Linear layers start uniform in +-1/sqrt(inputs), PyTorch's default and the paper's.
inline void initialise_linear(base::Random& random, std::size_t count, int inputs, float* weight) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(inputs));
    for (std::size_t i = 0; i < count; i++) weight[i] = static_cast<float>(random.uniform(-bound, bound));
}

}  // namespace holomamba::model
