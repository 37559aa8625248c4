// Lengths, distances, order and hash of vectors, in SQL. What has no fhrr_ twin serves both types.
#include <cmath>

#include "hrr/fhrr.hpp"
#include "postgres/types/hrr.hpp"

extern "C" {
#include "common/hashfn.h"
}

using namespace holomamba;
using namespace holomamba::postgres;

namespace {

// A number of two vectors; function(n, x, y).
template <typename Function>
double measure(FunctionCallInfo fcinfo, Function function) {
    const Hrr* a = hrr_argument(fcinfo, 0);
    const Hrr* b = hrr_argument(fcinfo, 1);
    check_same_dims(a->dims, b->dims);
    double result = 0.0;
    core_call([&] { result = function(a->dims, a->x, b->x); });
    return result;
}

// function(n, x)
template <typename Function>
double length(FunctionCallInfo fcinfo, Function function) {
    const Hrr* a = hrr_argument(fcinfo, 0);
    double result = 0.0;
    core_call([&] { result = function(a->dims, a->x); });
    return result;
}

// -1, 0 or 1.
int order(FunctionCallInfo fcinfo) {
    const Hrr* a = hrr_argument(fcinfo, 0);
    const Hrr* b = hrr_argument(fcinfo, 1);
    const int result = hrr::compare(a->dims, a->x, b->dims, b->x);
    free_hrr_copy(fcinfo, a, 0);
    free_hrr_copy(fcinfo, b, 1);
    return result;
}

// The elements, the two zeros made one, since they are equal.
float* hash_key(const Hrr* vector) {
    auto* key = static_cast<float*>(palloc(sizeof(float) * vector->dims));
    for (int i = 0; i < vector->dims; i++) key[i] = vector->x[i] == 0.0f ? 0.0f : vector->x[i];
    return key;
}

}  // namespace

HOLOMAMBA_FUNCTION(hrr_dims)
Datum hrr_dims(PG_FUNCTION_ARGS) {
    PG_RETURN_INT32(hrr_argument(fcinfo, 0)->dims);
}

HOLOMAMBA_FUNCTION(hrr_l2_norm)
Datum hrr_l2_norm(PG_FUNCTION_ARGS) {
    PG_RETURN_FLOAT8(length(fcinfo, hrr::norm));
}

HOLOMAMBA_FUNCTION(fhrr_l2_norm)
Datum fhrr_l2_norm(PG_FUNCTION_ARGS) {
    PG_RETURN_FLOAT8(length(fcinfo, fhrr::norm));
}

HOLOMAMBA_FUNCTION(hrr_inner_product)
Datum hrr_inner_product(PG_FUNCTION_ARGS) {
    PG_RETURN_FLOAT8(measure(fcinfo, hrr::inner_product));
}

HOLOMAMBA_FUNCTION(fhrr_inner_product)
Datum fhrr_inner_product(PG_FUNCTION_ARGS) {
    PG_RETURN_FLOAT8(measure(fcinfo, fhrr::inner_product));
}

HOLOMAMBA_FUNCTION(hrr_negative_inner_product)
Datum hrr_negative_inner_product(PG_FUNCTION_ARGS) {
    PG_RETURN_FLOAT8(-measure(fcinfo, hrr::inner_product));
}

HOLOMAMBA_FUNCTION(fhrr_negative_inner_product)
Datum fhrr_negative_inner_product(PG_FUNCTION_ARGS) {
    PG_RETURN_FLOAT8(-measure(fcinfo, fhrr::inner_product));
}

HOLOMAMBA_FUNCTION(hrr_l2_distance)
Datum hrr_l2_distance(PG_FUNCTION_ARGS) {
    PG_RETURN_FLOAT8(std::sqrt(measure(fcinfo, hrr::squared_distance)));
}

HOLOMAMBA_FUNCTION(fhrr_l2_distance)
Datum fhrr_l2_distance(PG_FUNCTION_ARGS) {
    PG_RETURN_FLOAT8(std::sqrt(measure(fcinfo, fhrr::squared_distance)));
}

HOLOMAMBA_FUNCTION(hrr_cosine_similarity)
Datum hrr_cosine_similarity(PG_FUNCTION_ARGS) {
    PG_RETURN_FLOAT8(measure(fcinfo, hrr::cosine_similarity));
}

HOLOMAMBA_FUNCTION(fhrr_cosine_similarity)
Datum fhrr_cosine_similarity(PG_FUNCTION_ARGS) {
    PG_RETURN_FLOAT8(measure(fcinfo, fhrr::cosine_similarity));
}

HOLOMAMBA_FUNCTION(hrr_cosine_distance)
Datum hrr_cosine_distance(PG_FUNCTION_ARGS) {
    PG_RETURN_FLOAT8(1.0 - measure(fcinfo, hrr::cosine_similarity));
}

HOLOMAMBA_FUNCTION(fhrr_cosine_distance)
Datum fhrr_cosine_distance(PG_FUNCTION_ARGS) {
    PG_RETURN_FLOAT8(1.0 - measure(fcinfo, fhrr::cosine_similarity));
}

HOLOMAMBA_FUNCTION(hrr_lt)
Datum hrr_lt(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(order(fcinfo) < 0);
}

HOLOMAMBA_FUNCTION(hrr_le)
Datum hrr_le(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(order(fcinfo) <= 0);
}

HOLOMAMBA_FUNCTION(hrr_eq)
Datum hrr_eq(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(order(fcinfo) == 0);
}

HOLOMAMBA_FUNCTION(hrr_ne)
Datum hrr_ne(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(order(fcinfo) != 0);
}

HOLOMAMBA_FUNCTION(hrr_ge)
Datum hrr_ge(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(order(fcinfo) >= 0);
}

HOLOMAMBA_FUNCTION(hrr_gt)
Datum hrr_gt(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(order(fcinfo) > 0);
}

HOLOMAMBA_FUNCTION(hrr_cmp)
Datum hrr_cmp(PG_FUNCTION_ARGS) {
    PG_RETURN_INT32(order(fcinfo));
}

HOLOMAMBA_FUNCTION(hrr_hash)
Datum hrr_hash(PG_FUNCTION_ARGS) {
    const Hrr* a = hrr_argument(fcinfo, 0);
    float* key = hash_key(a);
    const uint32 hash =
        hash_bytes(reinterpret_cast<const unsigned char*>(key), static_cast<int>(sizeof(float)) * a->dims);
    pfree(key);
    free_hrr_copy(fcinfo, a, 0);
    PG_RETURN_UINT32(hash);
}

HOLOMAMBA_FUNCTION(hrr_hash_extended)
Datum hrr_hash_extended(PG_FUNCTION_ARGS) {
    const Hrr* a = hrr_argument(fcinfo, 0);
    float* key = hash_key(a);
    const uint64 hash = hash_bytes_extended(reinterpret_cast<const unsigned char*>(key),
                                            static_cast<int>(sizeof(float)) * a->dims, PG_GETARG_INT64(1));
    pfree(key);
    free_hrr_copy(fcinfo, a, 0);
    PG_RETURN_UINT64(hash);
}
