// The SQL types hrr and fhrr: their common layout, and what every function on them needs.
#pragma once

#include <cstddef>

#include "hrr/vector.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/guard.hpp"

namespace holomamba::postgres {

constexpr int kMaxHrrDims = 16000;

// On disk and in memory, for both types: an hrr keeps its elements in x, an fhrr its spectrum in the layout of
// hrr/fhrr.hpp. What does the same to n floats, whatever they mean, is one C function that SQL declares for each type.
// Other versions and flags than 0 are refused, so that they can be given a meaning later.
struct Hrr {
    int32 vl_len_;  // varlena header, by SET_VARSIZE
    uint16 dims;
    uint8 version;
    uint8 flags;
    float x[FLEXIBLE_ARRAY_MEMBER];
};

inline Size hrr_size(int dims) {
    return offsetof(Hrr, x) + sizeof(float) * static_cast<Size>(dims);
}

// A new vector whose elements are still to be written; dims from 1 to kMaxHrrDims.
inline Hrr* hrr_allocate(int dims) {
    Assert(dims >= 1 && dims <= kMaxHrrDims);
    auto* vector = static_cast<Hrr*>(palloc(hrr_size(dims)));
    SET_VARSIZE(vector, hrr_size(dims));
    vector->dims = static_cast<uint16>(dims);
    vector->version = 0;
    vector->flags = 0;
    return vector;
}

// The stored vector, detoasted and with aligned elements. Raises where the bytes are not ones this version writes.
inline const Hrr* DatumGetHrr(Datum datum) {
    const auto* vector = reinterpret_cast<const Hrr*>(PG_DETOAST_DATUM(datum));
    if (unlikely(VARSIZE(vector) < offsetof(Hrr, x) || vector->version != 0 || vector->flags != 0))
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("unknown format of a vector"),
                        errhint("Was it written by a newer version of holomamba?")));
    if (unlikely(vector->dims == 0 || vector->dims > kMaxHrrDims || VARSIZE(vector) != hrr_size(vector->dims)))
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("vector of %u dimensions in %u bytes", vector->dims,
                                                                static_cast<unsigned>(VARSIZE(vector)))));
    return vector;
}

inline const Hrr* hrr_argument(FunctionCallInfo fcinfo, int number) {
    return DatumGetHrr(PG_GETARG_DATUM(number));
}

// Frees what hrr_argument detoasted. For comparisons and hashes, which the server calls by the million in one memory
// context.
inline void free_hrr_copy(FunctionCallInfo fcinfo, const Hrr* vector, int number) {
    if (PointerGetDatum(vector) != PG_GETARG_DATUM(number)) pfree(const_cast<Hrr*>(vector));
}

// Raises, or reports to `context` and returns false, unless a vector may have this many dimensions.
inline bool check_hrr_dims(int64 dims, Node* context = nullptr) {
    if (dims < 1)
        ereturn(context, false, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("a vector must have at least 1 dimension")));
    if (dims > kMaxHrrDims)
        ereturn(context, false,
                (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                 errmsg("a vector cannot have more than %d dimensions", kMaxHrrDims)));
    return true;
}

inline void check_same_dims(int a, int b) {
    if (unlikely(a != b))
        ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("different dimensions %d and %d", a, b)));
}

// Raises where arithmetic left the range of its elements.
inline void check_hrr_range(const Hrr* vector) {
    if (!hrr::all_finite(vector->dims, vector->x))
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("value out of range: overflow")));
}

// The vector of `dims` elements that function(float* out), a piece of the core, writes.
template <typename Function>
Datum make_hrr(int dims, Function&& function) {
    Hrr* out = hrr_allocate(dims);
    core_call([&] { function(out->x); });
    check_hrr_range(out);
    return PointerGetDatum(out);
}

}  // namespace holomamba::postgres
