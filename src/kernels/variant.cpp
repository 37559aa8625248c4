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
extern const holomamba::kernels::Table HOLOMAMBA_JOIN(holomamba_kernels_, HOLOMAMBA_VARIANT);
const holomamba::kernels::Table HOLOMAMBA_JOIN(holomamba_kernels_, HOLOMAMBA_VARIANT) = {
    .name = HOLOMAMBA_TEXT(HOLOMAMBA_VARIANT),
    .inner_product = holomamba::kernels::inner_product,
    .squared_distance = holomamba::kernels::squared_distance,
    .all_finite = holomamba::kernels::all_finite,
    .circular_convolution = holomamba::kernels::circular_convolution,
    .complex_product = holomamba::kernels::complex_product,
    .complex_multiply = holomamba::kernels::complex_multiply,
    .complex_normalise = holomamba::kernels::complex_normalise,
    .add_to_sum = holomamba::kernels::add_to_sum,
    .sketch_bounds = holomamba::kernels::sketch_bounds,
    .code_product = holomamba::kernels::code_product,
    .multiply = holomamba::kernels::multiply,
    .multiply_bt = holomamba::kernels::multiply_bt,
    .multiply_at = holomamba::kernels::multiply_at,
    .multiply_packed = holomamba::kernels::multiply_packed,
    .layer_norm = holomamba::kernels::layer_norm,
    .layer_norm_backward = holomamba::kernels::layer_norm_backward,
    .add_bias = holomamba::kernels::add_bias,
    .add_bias_backward = holomamba::kernels::add_bias_backward,
    .add = holomamba::kernels::add,
    .gelu = holomamba::kernels::gelu,
    .gelu_backward = holomamba::kernels::gelu_backward,
    .dropout = holomamba::kernels::dropout,
    .causal_convolution = holomamba::kernels::causal_convolution,
    .causal_convolution_backward = holomamba::kernels::causal_convolution_backward,
    .softplus = holomamba::kernels::softplus,
    .softplus_backward = holomamba::kernels::softplus_backward,
    .selective_scan = holomamba::kernels::selective_scan,
    .selective_scan_backward = holomamba::kernels::selective_scan_backward,
    .exponential = holomamba::kernels::exponential_of,
    .fade = holomamba::kernels::fade,
    .weighted_sum = holomamba::kernels::weighted_sum,
    .gate = holomamba::kernels::gate,
    .gate_backward = holomamba::kernels::gate_backward,
    .gru_cell = holomamba::kernels::gru_cell,
    .gru_cell_backward = holomamba::kernels::gru_cell_backward,
    .attend = holomamba::kernels::attend,
    .attend_backward = holomamba::kernels::attend_backward,
    .to_half = holomamba::kernels::to_half,
    .from_half = holomamba::kernels::from_half,
    .to_byte = holomamba::kernels::to_byte,
    .from_byte = holomamba::kernels::from_byte,
    .exponential_scores = holomamba::kernels::exponential_scores,
    .weighted_row_sums = holomamba::kernels::weighted_row_sums,
    .adamw = holomamba::kernels::adamw,
    .squared_norm = holomamba::kernels::squared_norm,
};
}
