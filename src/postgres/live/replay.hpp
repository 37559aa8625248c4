// States from histories.
#pragma once

#include "postgres/live/live_model.hpp"

namespace holomamba::postgres {

// The version whose states are to be written; false before the first training. The caller holds a lock on the users.
bool active_version(LiveModel* model, int32* version);

// Computes the states of these users, an array or 0 for none, from their events. Locks their rows.
void replay_users(LiveModel* model, Datum users);

// Computes all states, under the lock that events wait for. Raises above READ COMMITTED.
void replay_all(LiveModel* model);

}  // namespace holomamba::postgres
