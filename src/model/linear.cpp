#include "model/linear.hpp"

#include "model/layer.hpp"

namespace holomamba::model {

Linear::Linear(const std::string& prefix, int outputs, int inputs, bool with_bias, ParameterLayout& layout)
    : outputs_(outputs),
      inputs_(inputs),
      with_bias_(with_bias),
      weight_(layout.add(prefix + ".weight", {outputs, inputs})),
      bias_(with_bias ? layout.add(prefix + ".bias", {outputs}) : 0),
      prepared_(layout.prepare(kernels::packed_size(outputs, inputs))) {}

void Linear::initialise(base::Random& random, float* parameters) const {
    initialise_linear(random, static_cast<std::size_t>(outputs_) * inputs_, inputs_, parameters + weight_);
    if (with_bias_) initialise_linear(random, outputs_, inputs_, parameters + bias_);
}

void Linear::prepare(const float* parameters, float* prepared) const {
    kernels::pack_weights(outputs_, inputs_, parameters + weight_, with_bias_ ? parameters + bias_ : nullptr,
                          prepared + prepared_);
}

void Linear::forward(const Pass& pass, int rows, const float* x, float* y) const {
    const kernels::Table& k = pass.kernels;
    if (pass.prepared) return k.multiply_packed(rows, outputs_, inputs_, x, pass.prepared + prepared_, y);
    k.multiply_bt(rows, outputs_, inputs_, x, pass.parameters + weight_, y, false);
    if (with_bias_) k.add_bias(rows, outputs_, pass.parameters + bias_, y);
}

void Linear::backward_input(const Pass& pass, int rows, const float* dy, float* dx, bool accumulate) const {
    pass.kernels.multiply(rows, inputs_, outputs_, dy, pass.parameters + weight_, dx, accumulate);
}

void Linear::backward_weight(const Pass& pass, int rows, const float* x, const float* dy) const {
    const kernels::Table& k = pass.kernels;
    if (with_bias_) k.add_bias_backward(rows, outputs_, dy, pass.gradients + bias_);
    k.multiply_at(outputs_, inputs_, rows, dy, x, pass.gradients + weight_, true);
}

}  // namespace holomamba::model
