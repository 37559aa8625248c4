// Casts of hrr and fhrr: to each other, and from and to arrays of numbers.
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "hrr/fhrr.hpp"
#include "postgres/types/hrr.hpp"

extern "C" {
#include "catalog/pg_type_d.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
}

using namespace holomamba;
using namespace holomamba::postgres;

namespace {

[[noreturn]] void refuse_range(const char* number) {
    ereport(ERROR,
            (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("\"%s\" is out of range for type real", number)));
    pg_unreachable();
}

float element_of_double(double value) {
    const auto x = static_cast<float>(value);
    if (std::isinf(x) && std::isfinite(value)) refuse_range(float8out_internal(value));
    return x;
}

// By way of text, so that it is rounded once.
float element_of_numeric(Datum value) {
    char* text = DatumGetCString(DirectFunctionCall1(numeric_out, value));
    errno = 0;
    const float x = std::strtof(text, nullptr);
    if (errno == ERANGE && std::isinf(x)) refuse_range(text);
    pfree(text);
    return x;
}

float element_of(Oid type, Datum value) {
    switch (type) {
        case INT4OID:
            return static_cast<float>(DatumGetInt32(value));
        case FLOAT4OID:
            return DatumGetFloat4(value);
        case FLOAT8OID:
            return element_of_double(DatumGetFloat8(value));
        case NUMERICOID:
            return element_of_numeric(value);
        default:
            ereport(ERROR,
                    (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("unsupported array type %s", format_type_be(type))));
            pg_unreachable();
    }
}

}  // namespace

HOLOMAMBA_FUNCTION(hrr_to_fhrr)
Datum hrr_to_fhrr(PG_FUNCTION_ARGS) {
    const Hrr* vector = hrr_argument(fcinfo, 0);
    return make_hrr(vector->dims, [&](float* out) { fhrr::from_hrr(vector->dims, vector->x, out); });
}

HOLOMAMBA_FUNCTION(fhrr_to_hrr)
Datum fhrr_to_hrr(PG_FUNCTION_ARGS) {
    const Hrr* vector = hrr_argument(fcinfo, 0);
    return make_hrr(vector->dims, [&](float* out) { fhrr::to_hrr(vector->dims, vector->x, out); });
}

// From integer[], real[], double precision[] and numeric[]; (array, typmod, explicit).
HOLOMAMBA_FUNCTION(array_to_hrr)
Datum array_to_hrr(PG_FUNCTION_ARGS) {
    ArrayType* array = PG_GETARG_ARRAYTYPE_P(0);
    const int32 typmod = PG_GETARG_INT32(1);
    if (ARR_NDIM(array) > 1)
        ereport(ERROR,
                (errcode(ERRCODE_DATA_EXCEPTION), errmsg("array must have one dimension, not %d", ARR_NDIM(array))));
    if (ARR_HASNULL(array) && array_contains_nulls(array))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("array must not contain nulls")));
    const int count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
    check_hrr_dims(count);
    if (typmod != -1 && typmod != count)
        ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("expected %d dimensions, not %d", typmod, count)));
    const Oid type = ARR_ELEMTYPE(array);
    int16 length;
    bool by_value;
    char alignment;
    Datum* elements;
    get_typlenbyvalalign(type, &length, &by_value, &alignment);
    int elements_count;
    deconstruct_array(array, type, length, by_value, alignment, &elements, nullptr, &elements_count);
    Hrr* vector = hrr_allocate(count);
    for (int i = 0; i < count; i++) {
        vector->x[i] = element_of(type, elements[i]);
        if (!std::isfinite(vector->x[i]))
            ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("NaN and infinity are not allowed in a vector")));
    }
    PG_RETURN_POINTER(vector);
}

HOLOMAMBA_FUNCTION(hrr_to_real_array)
Datum hrr_to_real_array(PG_FUNCTION_ARGS) {
    const Hrr* vector = hrr_argument(fcinfo, 0);
    const Size bytes = sizeof(float4) * vector->dims;
    const Size size = ARR_OVERHEAD_NONULLS(1) + bytes;
    auto* array = static_cast<ArrayType*>(palloc0(size));
    SET_VARSIZE(array, size);
    array->ndim = 1;
    array->dataoffset = 0;
    array->elemtype = FLOAT4OID;
    ARR_DIMS(array)[0] = vector->dims;
    ARR_LBOUND(array)[0] = 1;
    std::memcpy(ARR_DATA_PTR(array), vector->x, bytes);
    PG_RETURN_ARRAYTYPE_P(array);
}
