// A matrix of weights between two layers' widths: y = W x, or W x + b.
#pragma once

#include <string>

#include "base/random.hpp"
#include "model/parameters.hpp"
#include "model/pass.hpp"

namespace holomamba::model {

class Linear {
  public:
    // Reserves `prefix`.weight [outputs x inputs] and, if asked, `prefix`.bias [outputs].
    Linear(const std::string& prefix, int outputs, int inputs, bool with_bias, ParameterLayout& layout);

    // Uniform in +-1/sqrt(inputs), PyTorch's default and the paper's.
    void initialise(base::Random& random, float* parameters) const;
    // The weights as serving reads them, into the layer's part of `prepared`.
    void prepare(const float* parameters, float* prepared) const;
    // y[rows x outputs] from x[rows x inputs]; a row for each token where none are given.
    void forward(const Pass& pass, int rows, const float* x, float* y) const;
    void forward(const Pass& pass, const float* x, float* y) const { forward(pass, pass.tokens(), x, y); }
    // dx from dy, or added to dx where accumulate.
    void backward_input(const Pass& pass, int rows, const float* dy, float* dx, bool accumulate) const;
    // Weight and bias gradients are added to pass.gradients.
    void backward_weight(const Pass& pass, int rows, const float* x, const float* dy) const;
    // Both, for all tokens.
    void backward(const Pass& pass, const float* x, const float* dy, float* dx, bool accumulate = false) const {
        backward_weight(pass, pass.tokens(), x, dy);
        backward_input(pass, pass.tokens(), dy, dx, accumulate);
    }
    // Where they start.
    std::size_t weight() const { return weight_; }
    std::size_t bias() const { return bias_; }

  private:
    int outputs_, inputs_;
    bool with_bias_;
    std::size_t weight_, bias_, prepared_;
};

}  // namespace holomamba::model
