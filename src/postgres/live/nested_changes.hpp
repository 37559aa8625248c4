// Events that other triggers change while the statement that brings them is under way.
//
// An INSERT shows its trigger the rows as they were when they came. By then another trigger of the same statement, or a
// function that it calls, may have updated or deleted some of them, by a statement of its own that ours has followed
// already. Taking the rows for new events once more would make a state of events that are not there.
//
// Statements of a transaction are numbered as they begin (command ids, which the snapshot of each shows). So an INSERT
// need only ask whether events of its model were changed by a statement that began after it: such a statement ran
// within it.
#pragma once

#include "postgres/live/live_model.hpp"

namespace holomamba::postgres {

// To be called in the trigger of a statement that has changed or removed events, or is about to say so.
void note_change(const LiveModel* model);

// In the trigger of a statement that inserts: whether its rows may not be what is there any more.
bool changed_since_it_began(const LiveModel* model);

}  // namespace holomamba::postgres
