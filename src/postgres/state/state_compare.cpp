// Equality, order and hash of states, in SQL. Equal are states of the same bytes: what follows from them is the same to the last bit.
#include <algorithm>

#include "postgres/state/state.hpp"

extern "C" {
#include "common/hashfn.h"
}

using namespace holomamba::postgres;

namespace {

// What follows the varlena header.
struct Bytes {
    const unsigned char* x;
    Size count;
};

Bytes bytes_of(const State* state) {
    return {reinterpret_cast<const unsigned char*>(&state->version), VARSIZE(state) - offsetof(State, version)};
}

// Sorts and hash tables call these once for each pair: what a state was copied from TOAST to goes at once.
void free_copy(FunctionCallInfo fcinfo, const State* state, int argument) {
    if (reinterpret_cast<Pointer>(const_cast<State*>(state)) != DatumGetPointer(PG_GETARG_DATUM(argument)))
        pfree(const_cast<State*>(state));
}

// Negative, 0 or positive.
int order(FunctionCallInfo fcinfo) {
    const State* a = get_state(PG_GETARG_DATUM(0));
    const State* b = get_state(PG_GETARG_DATUM(1));
    const Bytes left = bytes_of(a), right = bytes_of(b);
    int result = std::memcmp(left.x, right.x, std::min(left.count, right.count));
    if (result == 0) result = (left.count > right.count) - (left.count < right.count);
    free_copy(fcinfo, a, 0);
    free_copy(fcinfo, b, 1);
    return result;
}

}  // namespace

HOLOMAMBA_FUNCTION(ssm_state_lt)
Datum ssm_state_lt(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(order(fcinfo) < 0);
}

HOLOMAMBA_FUNCTION(ssm_state_le)
Datum ssm_state_le(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(order(fcinfo) <= 0);
}

HOLOMAMBA_FUNCTION(ssm_state_eq)
Datum ssm_state_eq(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(order(fcinfo) == 0);
}

HOLOMAMBA_FUNCTION(ssm_state_ne)
Datum ssm_state_ne(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(order(fcinfo) != 0);
}

HOLOMAMBA_FUNCTION(ssm_state_ge)
Datum ssm_state_ge(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(order(fcinfo) >= 0);
}

HOLOMAMBA_FUNCTION(ssm_state_gt)
Datum ssm_state_gt(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(order(fcinfo) > 0);
}

HOLOMAMBA_FUNCTION(ssm_state_cmp)
Datum ssm_state_cmp(PG_FUNCTION_ARGS) {
    PG_RETURN_INT32(order(fcinfo));
}

HOLOMAMBA_FUNCTION(ssm_state_hash)
Datum ssm_state_hash(PG_FUNCTION_ARGS) {
    const State* state = get_state(PG_GETARG_DATUM(0));
    const Bytes bytes = bytes_of(state);
    const uint32 hash = hash_bytes(bytes.x, static_cast<int>(bytes.count));
    free_copy(fcinfo, state, 0);
    PG_RETURN_UINT32(hash);
}

HOLOMAMBA_FUNCTION(ssm_state_hash_extended)
Datum ssm_state_hash_extended(PG_FUNCTION_ARGS) {
    const State* state = get_state(PG_GETARG_DATUM(0));
    const Bytes bytes = bytes_of(state);
    const uint64 hash =
        hash_bytes_extended(bytes.x, static_cast<int>(bytes.count), static_cast<uint64>(PG_GETARG_INT64(1)));
    free_copy(fcinfo, state, 0);
    PG_RETURN_UINT64(hash);
}
