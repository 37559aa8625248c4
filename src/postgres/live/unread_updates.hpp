// Updates of columns that a model does not read: they must cost next to nothing.
#pragma once

#include "postgres/live/live_model.hpp"

extern "C" {
#include "commands/trigger.h"
}

namespace holomamba::postgres {

// Whether an UPDATE has changed nothing that the model reads of `relation`, in any of its rows: compared row by row, as
// they lie in memory, with no query and no lock. Where this says no, it may still be so.
bool changes_nothing_read(const LiveModel* model, TriggerData* trigger);

// Of such an UPDATE of events, the users who have had more than one event in the place of an updated one, as an array,
// or 0: what lies behind what in the table decides on the order of these, and that has changed.
Datum tied_users(LiveModel* model, TriggerData* trigger);

}  // namespace holomamba::postgres
