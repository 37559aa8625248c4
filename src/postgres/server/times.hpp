// Times of the server as the core has them: seconds since 1970.
#pragma once

#include "model/event.hpp"
#include "postgres/server/guard.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace holomamba::postgres {

constexpr int64 kEpochDays = POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE;

// Of a time without a zone as if it were that of UTC; kNoTime of infinity.
inline double seconds_of_timestamp(Timestamp value) {
    if (TIMESTAMP_NOT_FINITE(value)) return model::kNoTime;
    constexpr int64 kExact = INT64CONST(1) << 52;  // microseconds that a double holds exactly, the years between added
    if (value > -kExact && value < kExact)
        return static_cast<double>(value + kEpochDays * USECS_PER_DAY) / static_cast<double>(USECS_PER_SEC);
    return static_cast<double>(value / USECS_PER_SEC + kEpochDays * SECS_PER_DAY) +
           static_cast<double>(value % USECS_PER_SEC) / static_cast<double>(USECS_PER_SEC);
}

}  // namespace holomamba::postgres
