// The aggregates of hrr and fhrr. Their states are arrays of double precision, a type like any other, so that plans can
// be split over workers, partitions and servers:
//
//   sum, bundle, avg   {count, x_1, ..., x_n}                              the elements' sums
//   bind               {count, n, re_0, im_0, re_1, ..., e_0, e_1, ...}    the product of the spectra:
//   hrr/bound_product.hpp
//
// and {0} before the first vector. The step and combine functions change their first argument in place, which the
// server allows in aggregates only; everywhere else they copy it.
#include <cmath>

#include "hrr/bound_product.hpp"
#include "postgres/types/aggregate_state.hpp"
#include "postgres/types/hrr.hpp"

using namespace holomamba;
using namespace holomamba::postgres;

namespace {

constexpr int kSumHeader = 1;
constexpr int kBindHeader = 2;

int sum_dims(const AggregateState& state) {
    const int dims = state.length - kSumHeader;
    if (dims < 1 || dims > kMaxHrrDims) refuse_aggregate_state();
    return dims;
}

int bind_length(int dims) {
    return kBindHeader + static_cast<int>(hrr::BoundProduct::size(static_cast<Size>(dims)));
}

int bind_dims(const AggregateState& state) {
    if (state.length <= kBindHeader || !(state.values[1] >= 1 && state.values[1] <= kMaxHrrDims))
        refuse_aggregate_state();
    const int dims = static_cast<int>(state.values[1]);
    if (state.length != bind_length(dims)) refuse_aggregate_state();
    return dims;
}

hrr::BoundProduct product_of(const AggregateState& state) {
    return {static_cast<Size>(state.values[1]), &state.count(), state.values + kBindHeader};
}

// function(product, x) takes a vector into the product.
template <typename Function>
Datum bind_step(FunctionCallInfo fcinfo, Function function) {
    AggregateState state = aggregate_state_argument(fcinfo, 0);
    const Hrr* x = hrr_argument(fcinfo, 1);
    if (state.empty()) {
        state = new_aggregate_state(bind_length(x->dims));
        state.values[1] = x->dims;
        product_of(state).clear();
    } else {
        check_same_dims(bind_dims(state), x->dims);
        state = writable_aggregate_state(fcinfo, state);
    }
    core_call([&] { function(product_of(state), x->x); });
    PG_RETURN_ARRAYTYPE_P(state.array);
}

// function(product, out) makes the result of the product.
template <typename Function>
Datum bind_final(FunctionCallInfo fcinfo, Function function) {
    const AggregateState state = aggregate_state_argument(fcinfo, 0);
    if (state.empty()) PG_RETURN_NULL();
    return make_hrr(bind_dims(state), [&](float* out) { function(product_of(state), out); });
}

}  // namespace

// --- sum, bundle, avg
// ------------------------------------------------------------------------------------------------------

HOLOMAMBA_FUNCTION(hrr_sum_step)
Datum hrr_sum_step(PG_FUNCTION_ARGS) {
    AggregateState state = aggregate_state_argument(fcinfo, 0);
    const Hrr* x = hrr_argument(fcinfo, 1);
    if (state.empty()) {
        state = new_aggregate_state(kSumHeader + x->dims);
    } else {
        check_same_dims(sum_dims(state), x->dims);
        state = writable_aggregate_state(fcinfo, state);
    }
    state.count()++;
    core_call([&] { hrr::add_to_sum(x->dims, x->x, state.values + kSumHeader); });
    PG_RETURN_ARRAYTYPE_P(state.array);
}

HOLOMAMBA_FUNCTION(hrr_sum_combine)
Datum hrr_sum_combine(PG_FUNCTION_ARGS) {
    AggregateState state = aggregate_state_argument(fcinfo, 0);
    AggregateState other = aggregate_state_argument(fcinfo, 1);
    if (other.empty()) PG_RETURN_ARRAYTYPE_P(state.array);
    if (state.empty()) PG_RETURN_ARRAYTYPE_P(other.array);
    const int dims = sum_dims(state);
    check_same_dims(dims, sum_dims(other));
    state = writable_aggregate_state(fcinfo, state);
    state.count() += other.count();
    core_call([&] { hrr::add_sums(dims, other.values + kSumHeader, state.values + kSumHeader); });
    PG_RETURN_ARRAYTYPE_P(state.array);
}

HOLOMAMBA_FUNCTION(hrr_sum_final)
Datum hrr_sum_final(PG_FUNCTION_ARGS) {
    AggregateState state = aggregate_state_argument(fcinfo, 0);
    if (state.empty()) PG_RETURN_NULL();
    const int dims = sum_dims(state);
    return make_hrr(dims, [&](float* out) { hrr::mean_of_sum(dims, state.values + kSumHeader, 1.0, out); });
}

HOLOMAMBA_FUNCTION(hrr_avg_final)
Datum hrr_avg_final(PG_FUNCTION_ARGS) {
    AggregateState state = aggregate_state_argument(fcinfo, 0);
    if (state.empty()) PG_RETURN_NULL();
    const int dims = sum_dims(state);
    return make_hrr(dims, [&](float* out) { hrr::mean_of_sum(dims, state.values + kSumHeader, state.count(), out); });
}

// --- bind
// ----------------------------------------------------------------------------------------------------------------

HOLOMAMBA_FUNCTION(hrr_bind_step)
Datum hrr_bind_step(PG_FUNCTION_ARGS) {
    return bind_step(fcinfo, [](hrr::BoundProduct product, const float* x) { product.bind_vector(x); });
}

HOLOMAMBA_FUNCTION(fhrr_bind_step)
Datum fhrr_bind_step(PG_FUNCTION_ARGS) {
    return bind_step(fcinfo, [](hrr::BoundProduct product, const float* x) { product.bind_spectrum(x); });
}

HOLOMAMBA_FUNCTION(hrr_bind_combine)
Datum hrr_bind_combine(PG_FUNCTION_ARGS) {
    AggregateState state = aggregate_state_argument(fcinfo, 0);
    AggregateState other = aggregate_state_argument(fcinfo, 1);
    if (other.empty()) PG_RETURN_ARRAYTYPE_P(state.array);
    if (state.empty()) PG_RETURN_ARRAYTYPE_P(other.array);
    check_same_dims(bind_dims(state), bind_dims(other));
    state = writable_aggregate_state(fcinfo, state);
    core_call([&] { product_of(state).bind_product(product_of(other)); });
    PG_RETURN_ARRAYTYPE_P(state.array);
}

HOLOMAMBA_FUNCTION(hrr_bind_final)
Datum hrr_bind_final(PG_FUNCTION_ARGS) {
    return bind_final(fcinfo, [](hrr::BoundProduct product, float* out) { product.vector(out); });
}

HOLOMAMBA_FUNCTION(fhrr_bind_final)
Datum fhrr_bind_final(PG_FUNCTION_ARGS) {
    return bind_final(fcinfo, [](hrr::BoundProduct product, float* out) { product.spectrum(out); });
}
