// What a layer between two residual connections must do. A new kind of layer is one file that implements this and one line
// in Network's constructor.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "model/pass.hpp"

namespace holomamba {

// Activations that forward leaves for backward, in the pass's arena; each layer names its own slots.
using Saved = std::array<float*, 10>;

class Layer {
  public:
    virtual ~Layer() = default;
    virtual void initialise(Random& random, float* parameters) const = 0;
    // Weights as serving reads them, into the layer's part of `prepared`.
    virtual void prepare(const float* parameters, float* prepared) const = 0;
    // y[tokens x d] from x[tokens x d]. `state` is this layer's part of the first sequence's state, or nullptr. A step is a
    // forward pass of one token.
    virtual void forward(Pass& pass, const float* x, float* state, float* y, Saved& saved) const = 0;
    // dx[tokens x d] from dy, with x and saved as forward had them; parameter gradients are added to pass.gradients.
    virtual void backward(Pass& pass, const float* x, const float* dy, float* dx, const Saved& saved) const = 0;
    // Floats of one sequence's state.
    virtual std::size_t state_size() const { return 0; }
    // Floats of a token that forward and backward work with.
    virtual std::size_t activation_size() const = 0;
};

// Linear layers start uniform in +-1/sqrt(inputs), PyTorch's default and the paper's.
inline void initialise_linear(Random& random, std::size_t count, int inputs, float* weight) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(inputs));
    for (std::size_t i = 0; i < count; i++) weight[i] = static_cast<float>(random.uniform(-bound, bound));
}

}  // namespace holomamba
