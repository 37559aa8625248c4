// Which events make an item seen: those of some values of the model's target column, where it has one and they are named.
#pragma once

#include "postgres/server/spi.hpp"
#include "postgres/serving/serving_model.hpp"

namespace holomamba::postgres {

struct SeenValues {
    ArrayType* values;   // text; nullptr: all events count
    const char* column;  // the target column of an event as text that is compared by bytes, in SQL
};

// Checks the argument seen_values: what the model predicts are events of some values of a column, and these are values that
// it can have.
SeenValues read_seen_values(const ServingModel& m, ArrayType* values);

void add_seen_values(Parameters* p, const SeenValues& seen);

}  // namespace holomamba::postgres
