// What is known of an event beside its item, from the values of its row: as trainings read it by the expressions of
// sql/31_event_columns.sql, of one event and without a query.
#pragma once

#include "postgres/store/event_columns.hpp"

namespace holomamba::postgres {

// Whether a column of the type, not a domain, can say when events were; whether it can be an attribute of events.
bool tells_time(Oid type);
bool describes_events(Oid type);

// Seconds since 1970, of a time without a zone as if it were that of UTC; NaN where it is not known.
double seconds_of(Oid type, Datum value);

// The value of an attribute, which is not NULL, as a version reads it; NaN where that does not know it.
float event_value(const EventVocabulary::Attribute& attribute, Oid type, Datum value);

}  // namespace holomamba::postgres
