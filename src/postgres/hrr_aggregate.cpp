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
#include <cstring>

#include "hrr/bound_product.hpp"
#include "postgres/hrr.hpp"

extern "C" {
#include "catalog/pg_type_d.h"
#include "utils/array.h"
}

using namespace holomamba;
using namespace holomamba::postgres;

namespace {

constexpr int kSumHeader = 1;
constexpr int kBindHeader = 2;
constexpr double kMostVectors = 0x1p53;  // a double counts no further

struct AggregateState {
    ArrayType* array;
    double* values;
    int length;
    double& count() const { return values[0]; }
    bool empty() const { return length == 1; }
};

AggregateState state_of(ArrayType* array) {
    return {array, reinterpret_cast<double*>(ARR_DATA_PTR(array)), ARR_NDIM(array) == 1 ? ARR_DIMS(array)[0] : 0};
}

[[noreturn]] void refuse_state() {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid state of an aggregate of vectors")));
    pg_unreachable();
}

AggregateState state_argument(FunctionCallInfo fcinfo, int number) {
    ArrayType* array = PG_GETARG_ARRAYTYPE_P(number);
    if (ARR_NDIM(array) != 1 || ARR_HASNULL(array) || ARR_ELEMTYPE(array) != FLOAT8OID) refuse_state();
    const AggregateState state = state_of(array);
    // Only the aggregate's own functions write states, but anyone can call those with an array of their own.
    if (!(state.values[0] >= 0.0 && state.values[0] <= kMostVectors) || (state.length == 1) != (state.values[0] == 0.0))
        refuse_state();
    return state;
}

// A state of `length` numbers, all 0.
AggregateState new_state(int length) {
    const Size size = ARR_OVERHEAD_NONULLS(1) + sizeof(double) * static_cast<Size>(length);
    auto* array = static_cast<ArrayType*>(palloc0(size));
    SET_VARSIZE(array, size);
    array->ndim = 1;
    array->elemtype = FLOAT8OID;
    ARR_DIMS(array)[0] = length;
    ARR_LBOUND(array)[0] = 1;
    return state_of(array);
}

// The same state, to be written to.
AggregateState writable(FunctionCallInfo fcinfo, const AggregateState& state) {
    if (AggCheckCallContext(fcinfo, nullptr)) return state;
    AggregateState copy = new_state(state.length);
    std::memcpy(copy.values, state.values, sizeof(double) * static_cast<Size>(state.length));
    return copy;
}

int sum_dims(const AggregateState& state) {
    const int dims = state.length - kSumHeader;
    if (dims < 1 || dims > kMaxHrrDims) refuse_state();
    return dims;
}

int bind_length(int dims) {
    return kBindHeader + static_cast<int>(hrr::BoundProduct::size(static_cast<Size>(dims)));
}

int bind_dims(const AggregateState& state) {
    if (state.length <= kBindHeader || !(state.values[1] >= 1 && state.values[1] <= kMaxHrrDims)) refuse_state();
    const int dims = static_cast<int>(state.values[1]);
    if (state.length != bind_length(dims)) refuse_state();
    return dims;
}

hrr::BoundProduct product_of(const AggregateState& state) {
    return {static_cast<Size>(state.values[1]), &state.count(), state.values + kBindHeader};
}

// function(product, x) takes a vector into the product.
template <typename Function>
Datum bind_step(FunctionCallInfo fcinfo, Function function) {
    AggregateState state = state_argument(fcinfo, 0);
    const Hrr* x = hrr_argument(fcinfo, 1);
    if (state.empty()) {
        state = new_state(bind_length(x->dims));
        state.values[1] = x->dims;
        product_of(state).clear();
    } else {
        check_same_dims(bind_dims(state), x->dims);
        state = writable(fcinfo, state);
    }
    core_call([&] { function(product_of(state), x->x); });
    PG_RETURN_ARRAYTYPE_P(state.array);
}

// function(product, out) makes the result of the product.
template <typename Function>
Datum bind_final(FunctionCallInfo fcinfo, Function function) {
    const AggregateState state = state_argument(fcinfo, 0);
    if (state.empty()) PG_RETURN_NULL();
    return make_hrr(bind_dims(state), [&](float* out) { function(product_of(state), out); });
}

}  // namespace

// --- sum, bundle, avg
// ------------------------------------------------------------------------------------------------------

HOLOMAMBA_FUNCTION(hrr_sum_step)
Datum hrr_sum_step(PG_FUNCTION_ARGS) {
    AggregateState state = state_argument(fcinfo, 0);
    const Hrr* x = hrr_argument(fcinfo, 1);
    if (state.empty()) {
        state = new_state(kSumHeader + x->dims);
    } else {
        check_same_dims(sum_dims(state), x->dims);
        state = writable(fcinfo, state);
    }
    state.count()++;
    core_call([&] { hrr::add_to_sum(x->dims, x->x, state.values + kSumHeader); });
    PG_RETURN_ARRAYTYPE_P(state.array);
}

HOLOMAMBA_FUNCTION(hrr_sum_combine)
Datum hrr_sum_combine(PG_FUNCTION_ARGS) {
    AggregateState state = state_argument(fcinfo, 0);
    AggregateState other = state_argument(fcinfo, 1);
    if (other.empty()) PG_RETURN_ARRAYTYPE_P(state.array);
    if (state.empty()) PG_RETURN_ARRAYTYPE_P(other.array);
    const int dims = sum_dims(state);
    check_same_dims(dims, sum_dims(other));
    state = writable(fcinfo, state);
    state.count() += other.count();
    core_call([&] { hrr::add_sums(dims, other.values + kSumHeader, state.values + kSumHeader); });
    PG_RETURN_ARRAYTYPE_P(state.array);
}

HOLOMAMBA_FUNCTION(hrr_sum_final)
Datum hrr_sum_final(PG_FUNCTION_ARGS) {
    AggregateState state = state_argument(fcinfo, 0);
    if (state.empty()) PG_RETURN_NULL();
    const int dims = sum_dims(state);
    return make_hrr(dims, [&](float* out) { hrr::mean_of_sum(dims, state.values + kSumHeader, 1.0, out); });
}

HOLOMAMBA_FUNCTION(hrr_avg_final)
Datum hrr_avg_final(PG_FUNCTION_ARGS) {
    AggregateState state = state_argument(fcinfo, 0);
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
    AggregateState state = state_argument(fcinfo, 0);
    AggregateState other = state_argument(fcinfo, 1);
    if (other.empty()) PG_RETURN_ARRAYTYPE_P(state.array);
    if (state.empty()) PG_RETURN_ARRAYTYPE_P(other.array);
    check_same_dims(bind_dims(state), bind_dims(other));
    state = writable(fcinfo, state);
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
