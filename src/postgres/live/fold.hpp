// Events in the order of users and time → states, many users at once.
#pragma once

#include "postgres/live/statements.hpp"

extern "C" {
#include "utils/tuplestore.h"
}

namespace holomamba::postgres {

// What is done with the states that the events give.
enum class FoldInto {
    moved,     // new events on top of the stored states; users whom only a replay can help come back
    replayed,  // whole histories, stored
    compared,  // whole histories, compared with what is stored under the caller's snapshot
};

// Reads statement `events`, which returns {event}, in the order of users and time, to its end. Takes a bounded
// number of events at a time, whatever their number and that of their users. For `moved` returns an array of users
// whose new events do not come after the last one, or are tied: with the stored states untouched, or 0 if there are
// none. Differences go to `differences`.
Datum fold(LiveModel* model, int32 version, Statement events, const Arguments* arguments, FoldInto into,
           ReturnSetInfo* differences = nullptr);

}  // namespace holomamba::postgres
