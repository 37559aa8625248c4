// What the arguments of recommend(), recommend_next() and recommend_batch() have in common: the same places, the same
// checks. (subject, k, model, exclude_seen, candidates, exclude, diversity, at)
#pragma once

#include "postgres/server/spi.hpp"
#include "postgres/serving/serving_model.hpp"

extern "C" {
#include "catalog/pg_type_d.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
}

namespace holomamba::postgres {

struct Asked {
    ServingModel model;
    Oid ids;  // type of ids of the overload: bigint, uuid or text
    int32 k;
    bool exclude_seen;
    float diversity;
    Datum at;      // timestamptz: as of when a user is asked about
    bool at_last;  // as of his last event instead
};

struct Filters {
    ArrayType* candidates;  // nullptr: all
    ArrayType* exclude;     // nullptr: none
};

inline int count_of(ArrayType* array) {
    return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
}

inline void add_ids(Parameters* p, Oid family, ArrayType* ids) {
    add(p, get_array_type(family), PointerGetDatum(ids), ids == nullptr);
}

inline Asked read_arguments(FunctionCallInfo fcinfo, const char* verb, bool takes_user) {
    Asked asked{};
    const Oid type = get_fn_expr_argtype(fcinfo->flinfo, 0);
    const Oid element = get_element_type(type);
    asked.ids = OidIsValid(element) ? element : type;
    asked.k = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);
    const char* name = PG_ARGISNULL(2) ? nullptr : text_to_cstring(PG_GETARG_TEXT_PP(2));
    asked.model = choose_model(name, !PG_ARGISNULL(1), asked.k, verb, type, takes_user);
    asked.exclude_seen = PG_ARGISNULL(3) || PG_GETARG_BOOL(3);
    asked.diversity = PG_ARGISNULL(6) ? 0 : PG_GETARG_FLOAT4(6);
    if (!(asked.diversity >= 0 && asked.diversity <= 1))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("diversity must be between 0 and 1, not %g", asked.diversity),
                        errhint("0 is the plain order, 1 heeds nothing but how much items differ.")));
    asked.at_last = PG_ARGISNULL(7);
    asked.at = asked.at_last ? Datum{0} : PG_GETARG_DATUM(7);
    if (!asked.at_last && TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(asked.at)))
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("at must be a moment, not infinity"),
                        errhint("The default is now(); NULL is the moment of the user's last event.")));
    return asked;
}

inline Filters read_filters(FunctionCallInfo fcinfo, const Asked& asked) {
    const ServingModel& m = asked.model;
    const auto array = [&](int number) -> ArrayType* {
        return PG_ARGISNULL(number) ? nullptr : ids_of(PG_GETARG_DATUM(number), asked.ids, m.item_family, m.item_type);
    };
    return {array(4), array(5)};
}

// $2 to $6 of recommend_statements.hpp.
inline void add_filters(Parameters* p, const Asked& asked, const Filters& filters) {
    const ServingModel& m = asked.model;
    add_ids(p, m.item_family, filters.candidates);
    add_ids(p, m.item_family, filters.exclude);
    add_text(p, m.name);
    add_int(p, m.version);
    if (m.timed) add(p, TIMESTAMPTZOID, asked.at, asked.at_last);
}

}  // namespace holomamba::postgres
