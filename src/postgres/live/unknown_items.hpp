// Items that a model does not know yet, between events with them and those who insert them.
//
// An event takes an item that is not there for the unknown one; the session that inserts the item replays the users who have had
// it. For none of them to be missed, an event waits for an open transaction that inserts its item, and an item for open
// transactions with events of it; then the later of the two sees what the other has done. Each holds a lock on the item
// until its transaction ends: events SHARE, new items ROW EXCLUSIVE, so that events do not wait for each other and new
// items do not either. An item that is known stays so until an activation, which waits for everybody: events with it
// take no lock.
//
// A lock is on one of 256 slots that ids hash to, or a load of many new items would fill the server's table of locks. A
// statement locks slots in ascending order, and before any row of a user, so that no two statements wait for each other.
//
// Who reads events that are there, as replays do, needs none of this: their writers held the lock, so the session that inserts the
// item sees them and comes for the rows of their users.
#pragma once

#include "postgres/live/live_model.hpp"

namespace holomamba::postgres {

constexpr int kItemSlots = 256;

struct ItemSlots {
    bool chosen[kItemSlots];
};

// Whether events of other transactions may come before their items: there is a table of items, and no foreign key that
// leads to it. With one, events come first only where both come with one statement, or a trigger of the items' writes
// the events: before that statement ends, which describes the items, their events have been counted.
bool events_come_first(const LiveModel* model);

// Notes that this transaction has counted an event with an unknown item, and tells whether it has.
void note_unknown();
bool has_met_unknown();

// Sees to it that an item that is not known stays so until this transaction ends. False where it is known, perhaps
// since a moment ago: then a new snapshot shows it. A snapshot for the whole transaction that does not is an error
// (40001): a foreign key to partitioned items is checked by what is committed, not by that snapshot. To be called under
// a lock on the table of users, before rows of users are locked.
bool stays_unknown(const LiveModel* model, Datum item);

// The same for all items that a statement returns: those of events that its snapshot does not show.
void keep_unknown(LiveModel* model, Statement items);

// Adds an item's slot.
void choose_slot(const LiveModel* model, Datum item, ItemSlots* slots);

// Waits for open transactions with events of new items in these slots. Others that come after wait in turn.
void lock_new_items(const LiveModel* model, const ItemSlots* slots);

}  // namespace holomamba::postgres
