// The arithmetic that is worth compiling once for each instruction set.
//
// Every function here takes plain pointers and sizes, allocates nothing, throws nothing and calls nothing outside its own
// translation unit. table() returns the best table for this processor; tables() lists all that it can run, so that the tests
// can hold each of them against a plain scalar version (test/unit/reference.hpp).
//
// Matrices are row-major and dense. T counts tokens, d the width of the model, E = expand * d the channels of a state space
// block, N the state size of a channel, W the width of the causal convolution.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace holomamba::kernels {

// Vectors of a sketch are stored sixteen at a time.
constexpr int kSketchGroup = 16;
constexpr int kMaxPrefix = 56;

struct Table {
    const char* name;

    // --- vectors -------------------------------------------------------------------------------------------------------
    float (*inner_product)(std::size_t n, const float* x, const float* y);
    float (*squared_distance)(std::size_t n, const float* x, const float* y);
    // Neither NaN nor infinity among the elements.
    bool (*all_finite)(std::size_t n, const float* x);
    // out_j = sum_k x_k y_{(j-k) mod n}, by the direct O(n^2) sum: faster than a transform for short vectors.
    // `scratch` holds 2n + 16 floats. out must not overlap x or y.
    void (*circular_convolution)(std::size_t n, const float* x, const float* y, float* out, float* scratch);

    // out_k = x_k y_k or, conjugate, x_k conj(y_k), for n complex numbers, each a real part and behind it an imaginary one.
    // out may be x or y.
    void (*complex_product)(std::size_t n, const float* x, const float* y, bool conjugate, float* out);

    // product_k *= x_k, n complex numbers in double precision by n in single.
    void (*complex_multiply)(std::size_t n, const float* x, double* product);
    // exponents_k += e and product_k *= 2^-e, with the e for which the larger part of product_k lies in [1, 2) then; what is
    // 0 stays 0, with any exponent.
    void (*complex_normalise)(std::size_t n, double* product, double* exponents);
    // sum_j += x_j.
    void (*add_to_sum)(std::size_t n, const float* x, double* sum);
    // --- int8 vectors (src/ranking/quantiser.hpp) -----------------------------------------------------------------------
    // Inner products of `slots` codes of `prefix` int8 with an int16 query, and from each the bound
    //     scale * (step * product + base + rest_step * rest),
    // -infinity where the scale is not positive and infinity where it is infinite; returns the highest bound. The codes lie
    // in groups of sixteen: elements 0 to 3 of the sixteen, then elements 4 to 7, and so on. slots is a multiple of sixteen,
    // prefix of four and at most kMaxPrefix; |query| <= 16383. Meanwhile the `ahead_bytes` bytes from `ahead` on are brought
    // to the caches: what the next call will read.
    float (*sketch_bounds)(int slots, int prefix, const std::int8_t* codes, const std::int16_t* query,
                           const float* scale, const std::uint8_t* rest, float step, float base, float rest_step,
                           std::int32_t* products, float* bounds, const void* ahead, int ahead_bytes);
    // The inner product of n <= 1000 int8 with an int16 query. Reads up to 31 codes more, which must be readable, and as
    // many elements of the query, which must be 0.
    std::int32_t (*code_product)(int n, const std::int8_t* codes, const std::int16_t* query);

    // --- matrix products: C[m x n] = A B, or C += A B where accumulate ------------------------------------------------
    void (*multiply)(int m, int n, int k, const float* a, const float* b, float* c, bool accumulate);     // B[k x n]
    void (*multiply_bt)(int m, int n, int k, const float* a, const float* b, float* c, bool accumulate);  // B[n x k]
    void (*multiply_at)(int m, int n, int k, const float* a, const float* b, float* c, bool accumulate);  // A[k x m]

    // C[m x n] = A W^T + bias, W and bias as pack_weights() lays them out. Every element is summed from its bias on over
    // k in order, however many rows there are: a row of C does not depend on the rows beside it, to the last bit.
    void (*multiply_packed)(int m, int n, int k, const float* a, const float* packed, float* c);

    // --- rows ----------------------------------------------------------------------------------------------------------
    // y = (x - mean) / sqrt(variance + 1e-5) * gain + bias, row by row; keeps 1/sqrt(...) and the mean for backward.
    void (*layer_norm)(int rows, int d, const float* x, const float* gain, const float* bias, float* y, float* mean,
                       float* inverse_deviation);
    // dx = gradient of layer_norm at x; gain and bias gradients are added to.
    void (*layer_norm_backward)(int rows, int d, const float* x, const float* gain, const float* mean,
                                const float* inverse_deviation, const float* dy, float* dx, float* gain_gradient,
                                float* bias_gradient);
    // x[r] += bias, and bias_gradient += sum over rows of dx.
    void (*add_bias)(int rows, int d, const float* bias, float* x);
    void (*add_bias_backward)(int rows, int d, const float* dx, float* bias_gradient);

    // --- element-wise --------------------------------------------------------------------------------------------------
    void (*add)(std::size_t n, const float* x, float* y);  // y += x
    // GELU in its tanh form. Backward: dx = dy * gelu'(x); dx may be dy.
    void (*gelu)(std::size_t n, const float* x, float* y);
    void (*gelu_backward)(std::size_t n, const float* x, const float* dy, float* dx);
    // Inverted dropout: each element is kept with probability 1 - rate and divided by it. The mask is a function of `key`
    // and the element's index, first + i, alone, so backward is the same call on the gradient and nothing is stored.
    void (*dropout)(std::size_t first, std::size_t n, float rate, std::uint64_t key, float* x);

    // --- the selective state space block (Gu & Dao 2023, arXiv 2312.00752) ---------------------------------------------
    // Depthwise causal convolution and SiLU over one sequence: y_t = silu(bias + sum_j weight_j x_{t-(W-1)+j}).
    // x and y have a row stride (x is the left half of a wider matrix); tail[(W-1) x E] holds the inputs before x and is
    // replaced by the last W-1 inputs. weight[W x E]. `pre` keeps the argument of the SiLU.
    void (*causal_convolution)(int tokens, int channels, int width, const float* x, int x_stride, const float* weight,
                               const float* bias, float* tail, float* pre, float* y);
    // dpre (in: gradient of y; out: of pre), dx written with x_stride; weight and bias gradients are added to. The sequence
    // starts from zeros, as in training.
    void (*causal_convolution_backward)(int tokens, int channels, int width, const float* x, int x_stride,
                                        const float* weight, const float* pre, float* dpre, float* dx,
                                        float* weight_gradient, float* bias_gradient);
    void (*softplus)(std::size_t n, const float* x, float* y);
    // dx = dy * sigmoid(x), from y = softplus(x): sigmoid(x) = 1 - exp(-y). dx may be dy.
    void (*softplus_backward)(std::size_t n, const float* y, const float* dy, float* dx);
    // h_t[n,c] = exp(delta_t[c] a[n,c]) h_{t-1}[n,c] + delta_t[c] b_t[n] x_t[c];  y_t[c] = sum_n c_t[n] h_t[n,c] + skip[c] x_t[c]
    // a[N x E] negative; b and c have row stride bc_stride; h[N x E] is read and replaced.
    void (*selective_scan)(int tokens, int channels, int state, const float* x, const float* delta, const float* a,
                           const float* b, const float* c, int bc_stride, const float* skip, float* h, float* y);
    // Gradients of selective_scan from h = 0, recomputing the states. dx, ddelta, db, dc are written (db, dc with
    // bc_stride); da[N x E] (with respect to a) and dskip are added to. `scratch` holds scan_scratch(tokens, state) floats.
    void (*selective_scan_backward)(int tokens, int channels, int state, const float* x, const float* delta,
                                    const float* a, const float* b, const float* c, int bc_stride, const float* skip,
                                    const float* dy, float* dx, float* ddelta, float* da, float* db, float* dc,
                                    float* dskip, float* scratch);
    // y = exp(x).
    void (*exponential)(std::size_t n, const float* x, float* y);
    // y = x exp(-rate t): what is left of x after a time t. y may be x.
    void (*fade)(std::size_t n, const float* x, const float* rate, float t, float* y);
    // y = a x + b z, y may be x.
    void (*weighted_sum)(std::size_t n, const float* a, const float* x, const float* b, const float* z, float* y);
    // y = x * silu(z), z and dz with a row stride; backward writes dx and dz.
    void (*gate)(int rows, int channels, const float* x, const float* z, int z_stride, float* y);
    void (*gate_backward)(int rows, int channels, const float* x, const float* z, int z_stride, const float* dy,
                          float* dx, float* dz);

    // --- the gated recurrent unit (Cho et al. 2014, arXiv 1406.1078) ------------------------------------------------------
    // One step of `rows` sequences: from what the new events and the hidden states h[rows x E] were projected to, input and
    // recurrent [rows x 3E], the gates r = sigmoid(i_r + u_r), z = sigmoid(i_z + u_z), n = tanh(i_n + r u_n), kept in
    // gates[rows x 3E], and next = (1 - z) n + z h. next may be h.
    void (*gru_cell)(int rows, int channels, const float* input, const float* recurrent, const float* h, float* gates,
                     float* next);
    // From dnext: dinput, drecurrent and what reaches h past the projection, dh. dh may be dnext.
    void (*gru_cell_backward)(int rows, int channels, const float* gates, const float* recurrent, const float* h,
                              const float* dnext, float* dinput, float* drecurrent, float* dh);

    // --- attention of one event to those up to it (Vaswani et al. 2017, arXiv 1706.03762) --------------------------------
    // Head by head: weights[heads x count] = softmax_j(scale q . key_j + bias[head, count - 1 - j]), y = sum_j weight_j
    // value_j. Keys and values have a row stride and lie oldest first, the event's own last; bias[heads x span] is by
    // distance. E is a multiple of heads, count at most span.
    void (*attend)(int count, int channels, int heads, const float* q, const float* keys, const float* values,
                   int stride, const float* bias, int span, float* weights, float* y);
    // Writes dq, adds to dkeys, dvalues (row stride as of keys) and dbias. `scratch` holds count floats.
    void (*attend_backward)(int count, int channels, int heads, const float* q, const float* keys, const float* values,
                            int stride, const float* weights, int span, const float* dy, float* dq, float* dkeys,
                            float* dvalues, float* dbias, float* scratch);

    // --- fewer bits ----------------------------------------------------------------------------------------------------
    // To the nearest half, ties to even; beyond the largest half to that one. NaN stays NaN. The same on every processor.
    void (*to_half)(std::size_t n, const float* x, std::uint16_t* y);
    void (*from_half)(std::size_t n, const std::uint16_t* x, float* y);
    // y_i = x_i / scale to the nearest integer in -127 .. 127, with the scale that is returned: NaN where x is not finite.
    // What from_byte gave goes back into the same bytes and scale.
    float (*to_byte)(std::size_t n, const float* x, std::int8_t* y);
    void (*from_byte)(std::size_t n, float scale, const std::int8_t* x, float* y);

    // --- learning ------------------------------------------------------------------------------------------------------
    // scores[items x tokens], one block of a catalogue, become exp(score + bias - reference) and are added to partition[t];
    // bias may be nullptr. The reference[t] of a token (at first -infinity) is what the highest score of an early block was:
    // where a later score lies far above it, it is raised, and what earlier blocks gave must be multiplied by correction[t]
    // (1 where nothing changed), as partition has been. Returns whether any was raised.
    bool (*exponential_scores)(int items, int tokens, const float* bias, float* scores, float* reference,
                               float* partition, float* correction);
    // y[r] += sum_c x[r,c] weight[c].
    void (*weighted_row_sums)(int rows, int columns, const float* x, const float* weight, float* y);
    // Decoupled weight decay (Loshchilov & Hutter 2019): the two bias corrections are folded into rate and epsilon.
    void (*adamw)(std::size_t n, float rate, float beta1, float beta2, float epsilon, float decay,
                  const float* gradient, float* first, float* second, float* value);
    double (*squared_norm)(std::size_t n, const float* x);
};

// The most floats that a register of any variant holds.
constexpr int kMostLanes = 16;

// Floats that selective_scan_backward needs for each token, state and lane: decays and states of two registers of channels, and
// two sums over them.
constexpr std::size_t scan_scratch(std::size_t tokens, std::size_t state) {
    return tokens * state * kMostLanes * 6;
}

// Floats that W[n x k] and its bias take when packed.
constexpr std::size_t packed_size(std::size_t n, std::size_t k) {
    return (n + kMostLanes - 1) / kMostLanes * kMostLanes * (k + 1);
}

// Panels of kMostLanes outputs, the last one filled up with zeros: the biases of a panel (zero where bias is nullptr), then
// for each input its weights.
void pack_weights(std::size_t n, std::size_t k, const float* weight, const float* bias, float* packed);

// The table for this processor. HOLOMAMBA_KERNELS=default|avx2|avx512 in the environment picks another, for measuring.
// Allocates nothing: the first call may come from where no exception may pass.
const Table& table() noexcept;

// Every table this processor can run, the portable one first.
std::vector<const Table*> tables();

}  // namespace holomamba::kernels
