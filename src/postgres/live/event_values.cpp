#include "postgres/live/event_values.hpp"

#include <cmath>
#include <limits>

#include "postgres/server/compat.h"
#include "postgres/server/times.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type_d.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
}

namespace holomamba::postgres {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
// NaN for a type that has no numbers.
double number_of(Oid type, Datum value) {
    switch (type) {
        case INT2OID:
            return DatumGetInt16(value);
        case INT4OID:
            return DatumGetInt32(value);
        case INT8OID:
            return static_cast<double>(DatumGetInt64(value));
        case FLOAT4OID:
            return static_cast<double>(DatumGetFloat4(value));
        case FLOAT8OID:
            return DatumGetFloat8(value);
        case NUMERICOID:
            return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));
        case DATEOID: {
            const DateADT date = DatumGetDateADT(value);
            return DATE_NOT_FINITE(date) ? kNone : static_cast<double>((date + kEpochDays) * SECS_PER_DAY);
        }
        case TIMESTAMPOID:
        case TIMESTAMPTZOID:
            return seconds_of_timestamp(DatumGetTimestamp(value));
        default:
            return kNone;
    }
}

bool is_timestamp(Oid type) {
    return type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

// The label of a value of an enum, as its output function has it, without a call of it.
float place_of_enum(const EventVocabulary::Attribute& attribute, Oid value) {
    HeapTuple row = SearchSysCache1(ENUMOID, ObjectIdGetDatum(value));
    if (!HeapTupleIsValid(row)) return std::numeric_limits<float>::quiet_NaN();
    const float place = attribute.place_of(NameStr(reinterpret_cast<Form_pg_enum>(GETSTRUCT(row))->enumlabel));
    ReleaseSysCache(row);
    return place;
}

float place_of_text(const EventVocabulary::Attribute& attribute, Datum value, bool padded) {
    const varlena* label = DatumGetTextPP(value);
    std::string_view bytes(VARDATA_ANY(label), VARSIZE_ANY_EXHDR(label));
    // The cast of char(n) to text takes these away.
    while (padded && !bytes.empty() && bytes.back() == ' ') bytes.remove_suffix(1);
    const float place = attribute.place_of(bytes);
    if (PointerGetDatum(label) != value) pfree(const_cast<varlena*>(label));
    return place;
}

float place_of_integer(const EventVocabulary::Attribute& attribute, int64 value) {
    char label[24];
    const int length = pg_lltoa(value, label);
    return attribute.place_of({label, static_cast<std::size_t>(length)});
}

}  // namespace

bool tells_time(Oid type) {
    switch (type) {
        case INT2OID:
        case INT4OID:
        case INT8OID:
        case FLOAT4OID:
        case FLOAT8OID:
        case NUMERICOID:
            return true;
        default:
            return is_timestamp(type);
    }
}

bool describes_events(Oid type) {
    return tells_time(type) || type == TEXTOID || type == VARCHAROID || type == BPCHAROID || type == BOOLOID ||
           type_is_enum(type);
}

double seconds_of(Oid type, Datum value) {
    const double seconds = number_of(type, value);
    if (is_timestamp(type)) return seconds;
    return std::abs(seconds) <= 1e-30 ? 0 : std::abs(seconds) <= 1e15 ? seconds : kNone;
}

float event_value(const EventVocabulary::Attribute& attribute, Oid type, Datum value) {
    if (attribute.numeric) return attribute.score_of(number_of(type, value));
    switch (type) {
        case TEXTOID:
        case VARCHAROID:
            return place_of_text(attribute, value, false);
        case BPCHAROID:
            return place_of_text(attribute, value, true);
        case BOOLOID:
            return attribute.place_of(DatumGetBool(value) ? "true" : "false");
        case INT2OID:
            return place_of_integer(attribute, DatumGetInt16(value));
        case INT4OID:
            return place_of_integer(attribute, DatumGetInt32(value));
        case INT8OID:
            return place_of_integer(attribute, DatumGetInt64(value));
        default:
            // A number, where the version has learned a category.
            return type_is_enum(type) ? place_of_enum(attribute, DatumGetObjectId(value))
                                      : std::numeric_limits<float>::quiet_NaN();
    }
}

}  // namespace holomamba::postgres
