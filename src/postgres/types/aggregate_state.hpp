// States of aggregates: arrays of double precision, a type like any other, so that plans can be split over workers,
// partitions and servers. The first number counts the rows; {0} is the state before the first of them.
#pragma once

#include <cstring>

#include "postgres/server/guard.hpp"

extern "C" {
#include "catalog/pg_type_d.h"
#include "utils/array.h"
}

namespace holomamba::postgres {

struct AggregateState {
    ArrayType* array;
    double* values;
    int length;
    double& count() const { return values[0]; }
    bool empty() const { return length == 1; }
};

constexpr double kMostVectors = 0x1p53;  // a double counts no further

[[noreturn]] inline void refuse_aggregate_state() {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid state of an aggregate of vectors")));
    pg_unreachable();
}

inline AggregateState aggregate_state_of(ArrayType* array) {
    return {array, reinterpret_cast<double*>(ARR_DATA_PTR(array)), ARR_NDIM(array) == 1 ? ARR_DIMS(array)[0] : 0};
}

// Only the aggregate's own functions write states, but anyone can call those with an array of their own.
inline AggregateState aggregate_state_argument(FunctionCallInfo fcinfo, int number) {
    ArrayType* array = PG_GETARG_ARRAYTYPE_P(number);
    if (ARR_NDIM(array) != 1 || ARR_HASNULL(array) || ARR_ELEMTYPE(array) != FLOAT8OID) refuse_aggregate_state();
    const AggregateState state = aggregate_state_of(array);
    if (!(state.values[0] >= 0.0 && state.values[0] <= kMostVectors) || (state.length == 1) != (state.values[0] == 0.0))
        refuse_aggregate_state();
    return state;
}

// A state of `length` numbers, all 0.
inline AggregateState new_aggregate_state(int length) {
    const Size size = ARR_OVERHEAD_NONULLS(1) + sizeof(double) * static_cast<Size>(length);
    auto* array = static_cast<ArrayType*>(palloc0(size));
    SET_VARSIZE(array, size);
    array->ndim = 1;
    array->elemtype = FLOAT8OID;
    ARR_DIMS(array)[0] = length;
    ARR_LBOUND(array)[0] = 1;
    return aggregate_state_of(array);
}

// The same state, to be written to: in place where the server allows that, in an aggregate; elsewhere a copy.
inline AggregateState writable_aggregate_state(FunctionCallInfo fcinfo, const AggregateState& state) {
    if (AggCheckCallContext(fcinfo, nullptr)) return state;
    const AggregateState copy = new_aggregate_state(state.length);
    std::memcpy(copy.values, state.values, sizeof(double) * static_cast<Size>(state.length));
    return copy;
}

}  // namespace holomamba::postgres
