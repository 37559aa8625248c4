#include "postgres/store/stored.hpp"

#include <cmath>

#include "hrr/vector.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/extension.hpp"
#include "postgres/types/hrr.hpp"

extern "C" {
#include "utils/array.h"
}

namespace holomamba::postgres {

Rows last_rows(const char* origin, const char* model, int32 version) {
    return {SPI_tuptable, SPI_processed, origin, model, version, InvalidOid};
}

void refuse_value(const Rows& rows, int number, const char* why) {
    const char* column = NameStr(TupleDescAttr(rows.table->tupdesc, number - 1)->attname);
    ereport(ERROR,
            (errcode(ERRCODE_DATA_CORRUPTED),
             errmsg("unusable value in column \"%s\" of table %s: %s", column, rows.origin, why),
             rows.version > 0 ? errdetail("It belongs to version %d of model \"%s\".", rows.version, rows.model)
                              : errdetail("It belongs to model \"%s\".", rows.model),
             errhint("Restore it from a backup, or train a new version: CALL holomamba.train('%s');", rows.model)));
    pg_unreachable();
}

namespace {

Datum raw_value(const Rows& rows, uint64 row, int number, bool* null) {
    return SPI_getbinval(rows.table->vals[row], rows.table->tupdesc, number, null);
}

Oid type_of(const Rows& rows, int number) {
    return TupleDescAttr(rows.table->tupdesc, number - 1)->atttypid;
}

void check_range(const Rows& rows, int number, int32 value, int32 low, int32 high) {
    if (value < low || value > high)
        refuse_value(rows, number, psprintf("%d is not between %d and %d", value, low, high));
}

double finite(const Rows& rows, int number, double value) {
    if (!std::isfinite(value)) refuse_value(rows, number, "NaN or infinity");
    return value;
}

ArrayType* array_of(const Rows& rows, uint64 row, int number, Oid type, Oid element) {
    ArrayType* array = DatumGetArrayTypeP(datum_of(rows, row, number, type));
    if (ARR_ELEMTYPE(array) != element || ARR_NDIM(array) > 1) refuse_value(rows, number, "an array of another kind");
    if (array_contains_nulls(array)) refuse_value(rows, number, "an array with NULL in it");
    return array;
}

}  // namespace

bool is_null(const Rows& rows, uint64 row, int number) {
    bool null;
    (void)raw_value(rows, row, number, &null);
    return null;
}

Datum datum_of(const Rows& rows, uint64 row, int number, Oid type) {
    if (unlikely(type_of(rows, number) != type))
        refuse_value(rows, number,
                     psprintf("%s instead of %s", format_type_be(type_of(rows, number)), format_type_be(type)));
    bool null;
    const Datum value = raw_value(rows, row, number, &null);
    if (unlikely(null)) refuse_value(rows, number, "NULL");
    return value;
}

int32 int32_of(const Rows& rows, uint64 row, int number, int32 low, int32 high) {
    const int32 value = DatumGetInt32(datum_of(rows, row, number, INT4OID));
    check_range(rows, number, value, low, high);
    return value;
}

int64 int64_of(const Rows& rows, uint64 row, int number) {
    return DatumGetInt64(datum_of(rows, row, number, INT8OID));
}

float real_of(const Rows& rows, uint64 row, int number) {
    return static_cast<float>(finite(rows, number, DatumGetFloat4(datum_of(rows, row, number, FLOAT4OID))));
}

double double_of(const Rows& rows, uint64 row, int number) {
    return finite(rows, number, DatumGetFloat8(datum_of(rows, row, number, FLOAT8OID)));
}

char* text_of(const Rows& rows, uint64 row, int number) {
    if (type_of(rows, number) == NAMEOID) return pstrdup(NameStr(*DatumGetName(datum_of(rows, row, number, NAMEOID))));
    return TextDatumGetCString(datum_of(rows, row, number, TEXTOID));
}

const Hrr* hrr_of(Rows* rows, uint64 row, int number) {
    if (!OidIsValid(rows->vector)) rows->vector = extension_type("hrr");
    return DatumGetHrr(datum_of(*rows, row, number, rows->vector));
}

Integers int32s_of(const Rows& rows, uint64 row, int number, int32 low, int32 high) {
    ArrayType* array = array_of(rows, row, number, INT4ARRAYOID, INT4OID);
    const Integers integers{reinterpret_cast<const int32*>(ARR_DATA_PTR(array)),
                            ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array))};
    for (int i = 0; i < integers.count; i++) check_range(rows, number, integers.x[i], low, high);
    return integers;
}

Numbers doubles_of(const Rows& rows, uint64 row, int number) {
    ArrayType* array = DatumGetArrayTypeP(datum_of(rows, row, number, FLOAT8ARRAYOID));
    if (ARR_ELEMTYPE(array) != FLOAT8OID || ARR_NDIM(array) != 2)
        refuse_value(rows, number, "an array of another kind");
    if (array_contains_nulls(array)) refuse_value(rows, number, "an array with NULL in it");
    return {reinterpret_cast<const double*>(ARR_DATA_PTR(array)), ARR_DIMS(array)[0], ARR_DIMS(array)[1]};
}

Doubles list_of_doubles(const Rows& rows, uint64 row, int number) {
    ArrayType* array = array_of(rows, row, number, FLOAT8ARRAYOID, FLOAT8OID);
    return {reinterpret_cast<const double*>(ARR_DATA_PTR(array)), ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array))};
}

Texts texts_of(const Rows& rows, uint64 row, int number) {
    Texts texts;
    deconstruct_array(array_of(rows, row, number, TEXTARRAYOID, TEXTOID), TEXTOID, -1, false, TYPALIGN_INT,
                      &texts.values, nullptr, &texts.count);
    return texts;
}

Bytes bytes_of(const Rows& rows, uint64 row, int number) {
    const Datum value = datum_of(rows, row, number, BYTEAOID);
    bytea* data = DatumGetByteaP(value);
    return {VARDATA(data), VARSIZE(data) - VARHDRSZ, PointerGetDatum(data) == value ? nullptr : data};
}

Floats floats_of(const Rows& rows, uint64 row, int number) {
    // As it lies in a tuple or a copy, behind a header of four bytes, a value is aligned for floats.
    const Bytes bytes = bytes_of(rows, row, number);
    if (bytes.count % sizeof(float) != 0) refuse_value(rows, number, psprintf("%zu bytes are no floats", bytes.count));
    const Floats floats{reinterpret_cast<const float*>(bytes.data), bytes.count / sizeof(float), bytes.copy};
    if (!hrr::all_finite(floats.count, floats.x)) refuse_value(rows, number, "NaN or infinity");
    return floats;
}

}  // namespace holomamba::postgres
