// One new event that comes after the last one of its user: what most inserts are.
#pragma once

#include "postgres/live/event_row.hpp"

namespace holomamba::postgres {

enum class Step {
    done,    // the state has moved, or the event moves none
    late,    // the event does not come after the last one: its user has to be replayed
    absent,  // its user has no row yet
    unfit,   // not for this path; nothing has happened
};

// Moves the state of the user of a new event. No query: rows are found by their keys and replaced as
// the statements of sql/32_triggers.sql would, at half the cost. Under a lock on the table of users that lets nobody
// activate a version. Touches no row but the user's own and runs none of the owner's code but in his name, so it may be
// called with any rights.
Step advance_user(LiveModel* model, const EventRow& event);

// The first event of a user who has no row and no events but this. False if he has one by now. With the rights of the model's
// owner and connected to SPI.
bool start_user(LiveModel* model, const EventRow& event, int32 version);

}  // namespace holomamba::postgres
