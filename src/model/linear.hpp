// A matrix of weights between two layers' widths: y = W x, or W x + b.
#pragma once

#include <string>

#include "hrr/random.hpp"
#include "model/parameters.hpp"
#include "model/pass.hpp"

namespace holomamba {

class Linear {
  public:
    // Reserves `prefix`.weight [outputs x inputs] and, if asked, `prefix`.bias [outputs].
    Linear(const std::string& prefix, int outputs, int inputs, bool with_bias, ParameterLayout& layout);

    // Uniform in +-1/sqrt(inputs), PyTorch's default and the paper's.
    void initialise(Random& random, float* parameters) const;
    // The weights as serving reads them, into the layer's part of `prepared`.
    void prepare(const float* parameters, float* prepared) const;
    // y[tokens x outputs] from x[tokens x inputs].
    void forward(const Pass& pass, const float* x, float* y) const;
    // dx from dy, or added to dx where accumulate; weight and bias gradients are added to pass.gradients.
    void backward(const Pass& pass, const float* x, const float* dy, float* dx, bool accumulate = false) const;
    // Where the bias starts.
    std::size_t bias() const { return bias_; }

  private:
    int outputs_, inputs_;
    bool with_bias_;
    std::size_t weight_, bias_, prepared_;
};

}  // namespace holomamba
