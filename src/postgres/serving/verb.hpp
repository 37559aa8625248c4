// What the arguments of the verbs that rank items have in common: the same checks.
#pragma once

#include "postgres/server/spi.hpp"
#include "postgres/serving/seen_values.hpp"
#include "postgres/serving/serving_model.hpp"

extern "C" {
#include "catalog/pg_type_d.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
}

namespace holomamba::postgres {

// Where a verb has its arguments; -1: it has none of that name. First comes whom it is about, then k and model.
struct Places {
    int exclude_seen = -1, candidates = -1, exclude = -1, diversity = -1, at = -1, seen_values = -1, times = -1,
        event_values = -1;
};
constexpr Places kPlacesOfRecommend{
    .exclude_seen = 3, .candidates = 4, .exclude = 5, .diversity = 6, .at = 7, .seen_values = 8};
constexpr Places kPlacesOfNext{
    .exclude_seen = 3, .candidates = 4, .exclude = 5, .diversity = 6, .at = 7, .times = 8, .event_values = 9};

constexpr Places kPlacesOfBasket{.candidates = 3, .exclude = 4, .diversity = 5, .at = 6};
constexpr Places kPlacesOfSimilarItems{.candidates = 3, .exclude = 4};
constexpr Places kPlacesOfNone{};

struct Asked {
    ServingModel model;
    Oid ids;  // type of ids of the overload: bigint, uuid or text
    int32 k;
    bool exclude_seen;
    float diversity;
    Datum at;      // timestamptz: as of when a user is asked about
    bool at_last;  // as of his last event instead
    SeenValues seen;
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

inline bool is_given(FunctionCallInfo fcinfo, int place) {
    return place >= 0 && !PG_ARGISNULL(place);
}

inline void put_rows(ReturnSetInfo* result) {
    for (uint64 row = 0; row < SPI_processed; row++) put_row(result, row);
}

inline Asked read_arguments(FunctionCallInfo fcinfo, const char* verb, IdsOf whose, const Places& places) {
    Asked asked{};
    const Oid type = get_fn_expr_argtype(fcinfo->flinfo, 0);
    const Oid element = get_element_type(type);
    asked.ids = OidIsValid(element) ? element : type;
    asked.k = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);
    const char* name = PG_ARGISNULL(2) ? nullptr : text_to_cstring(PG_GETARG_TEXT_PP(2));
    asked.model = choose_model(name, !PG_ARGISNULL(1), asked.k, verb, type, whose);
    asked.exclude_seen = !is_given(fcinfo, places.exclude_seen) || PG_GETARG_BOOL(places.exclude_seen);
    asked.diversity = is_given(fcinfo, places.diversity) ? PG_GETARG_FLOAT4(places.diversity) : 0;
    if (!(asked.diversity >= 0 && asked.diversity <= 1))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("diversity must be between 0 and 1, not %g", asked.diversity),
                        errhint("0 is the plain order, 1 heeds nothing but how much items differ.")));
    asked.at_last = !is_given(fcinfo, places.at);
    asked.at = asked.at_last ? Datum{0} : PG_GETARG_DATUM(places.at);
    if (!asked.at_last && TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(asked.at)))
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("at must be a moment, not infinity"),
                        errhint("The default is now(); NULL is the moment of the user's last event.")));
    if (is_given(fcinfo, places.seen_values))
        asked.seen = read_seen_values(asked.model, PG_GETARG_ARRAYTYPE_P(places.seen_values));
    // Without them nothing is left out, and what they are has no meaning.
    if (!asked.exclude_seen) asked.seen = {};
    return asked;
}

inline Filters read_filters(FunctionCallInfo fcinfo, const Asked& asked, const Places& places) {
    const ServingModel& m = asked.model;
    const auto array = [&](int place) -> ArrayType* {
        return is_given(fcinfo, place) ? ids_of(PG_GETARG_DATUM(place), asked.ids, m.item_family, m.item_type)
                                       : nullptr;
    };
    return {array(places.candidates), array(places.exclude)};
}

// $2 to $8 of recommend_statements.hpp.
inline void add_filters(Parameters* p, const Asked& asked, const Filters& filters, double repeat_score) {
    const ServingModel& m = asked.model;
    add_ids(p, m.item_family, filters.candidates);
    add_ids(p, m.item_family, filters.exclude);
    add_text(p, m.name);
    add_int(p, m.version);
    add(p, TIMESTAMPTZOID, asked.at, asked.at_last);
    add(p, FLOAT8OID, Float8GetDatum(repeat_score));
    add_seen_values(p, asked.seen);
}

}  // namespace holomamba::postgres
