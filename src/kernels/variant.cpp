// One table of kernels. The Makefile compiles this file once for each instruction set, with HOLOMAMBA_VARIANT its name, and
// makes all else in the object local, so that no template instance built here serves another variant.
#include <type_traits>

#include "kernels/attention.hpp"
#include "kernels/dense.hpp"
#include "kernels/gru.hpp"
#include "kernels/kernels.hpp"
#include "kernels/learning.hpp"
#include "kernels/narrow.hpp"
#include "kernels/packed.hpp"
#include "kernels/quantised.hpp"
#include "kernels/rows.hpp"
#include "kernels/scan.hpp"
#include "kernels/vector.hpp"

#define HOLOMAMBA_TEXT_(x) #x
#define HOLOMAMBA_TEXT(x) HOLOMAMBA_TEXT_(x)
#define HOLOMAMBA_JOIN_(x, y) x##y
#define HOLOMAMBA_JOIN(x, y) HOLOMAMBA_JOIN_(x, y)

extern "C" {
extern const holomamba::KernelTable HOLOMAMBA_JOIN(holomamba_kernels_, HOLOMAMBA_VARIANT);
const holomamba::KernelTable HOLOMAMBA_JOIN(holomamba_kernels_, HOLOMAMBA_VARIANT) = {
    .name = HOLOMAMBA_TEXT(HOLOMAMBA_VARIANT),
    .inner_product = holomamba::inner_product,
    .squared_distance = holomamba::squared_distance,
    .all_finite = holomamba::all_finite,
    .circular_convolution = holomamba::circular_convolution,
    .complex_product = holomamba::complex_product,
    .complex_multiply = holomamba::complex_multiply,
    .complex_normalise = holomamba::complex_normalise,
    .add_to_sum = holomamba::add_to_sum,
    .sketch_bounds = holomamba::sketch_bounds,
    .code_product = holomamba::code_product,
    .multiply = holomamba::multiply,
    .multiply_bt = holomamba::multiply_bt,
    .multiply_at = holomamba::multiply_at,
    .multiply_packed = holomamba::multiply_packed,
    .layer_norm = holomamba::layer_norm,
    .layer_norm_backward = holomamba::layer_norm_backward,
    .add_bias = holomamba::add_bias,
    .add_bias_backward = holomamba::add_bias_backward,
    .add = holomamba::add,
    .gelu = holomamba::gelu,
    .gelu_backward = holomamba::gelu_backward,
    .dropout = holomamba::dropout,
    .causal_convolution = holomamba::causal_convolution,
    .causal_convolution_backward = holomamba::causal_convolution_backward,
    .softplus = holomamba::softplus,
    .softplus_backward = holomamba::softplus_backward,
    .selective_scan = holomamba::selective_scan,
    .selective_scan_backward = holomamba::selective_scan_backward,
    .gate = holomamba::gate,
    .gate_backward = holomamba::gate_backward,
    .gru_cell = holomamba::gru_cell,
    .gru_cell_backward = holomamba::gru_cell_backward,
    .attend = holomamba::attend,
    .attend_backward = holomamba::attend_backward,
    .to_half = holomamba::to_half,
    .from_half = holomamba::from_half,
    .to_byte = holomamba::to_byte,
    .from_byte = holomamba::from_byte,
    .exponential_scores = holomamba::exponential_scores,
    .weighted_row_sums = holomamba::weighted_row_sums,
    .adamw = holomamba::adamw,
    .squared_norm = holomamba::squared_norm,
};
}
