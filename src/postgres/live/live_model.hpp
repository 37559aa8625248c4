// What a session keeps of a model whose events it has written: names' numbers, types, and plans of its statements.
#pragma once

#include "postgres/live/model_columns.hpp"
#include "postgres/server/owner_scope.hpp"
#include "postgres/server/spi.hpp"

extern "C" {
#include "executor/tuptable.h"
}

namespace holomamba::postgres {

// The statements of holomamba.event_statements() (sql/32_triggers.sql), by the names that they have there.
enum class Statement {
    active_version,
    start,
    unknown_arrived,
    place_arrived,
    lock_arrived,
    arrived,
    users_arrived,
    states,
    store,
    place_chosen,
    lock_chosen,
    history_chosen,
    remove_chosen,
    history,
    remove,
    compare,
    without_events,
    unknown_altered,
    touched_by_delete,
    touched_by_update,
    tied_by_update,
    tied,
    touched_or_tied,
    clear,
    items_left,
    items_gone,
    items_cleared,
    items_arrived,
    items_altered,
    items_unmet,
    items_describe,
    items_awaited,
};
constexpr int kStatements = static_cast<int>(Statement::items_awaited) + 1;

struct LiveModel {
    LiveModel* next;
    MemoryContext context;  // of this and all below
    NameData name;
    Oid relation;      // the table whose changes are followed: the events, the items, or a partition of them
    Oid interactions;  // the table of events
    Oid owned_items;   // the owner's table of items, or InvalidOid
    bool of_items;     // whether `relation` is that, or a partition of it
    bool items_first;  // a foreign key sees to it that there is no event with an item that is not there yet
    Oid users, items;  // ours
    Oid owner;         // of the model
    Column user, state, vector;
    int orders;
    Column* order;
    AttrNumber events;  // in the table of users
    Column item;        // its id, in the table of items
    AttrNumber token;   // in the table of items
    AttrNumber key;     // of the owner's items, in `relation`, where that is them
    bool ties;          // no index sees to it that no two events of a user have the same place in his history
    int reads;          // columns of `relation` that the model reads; 0: not known
    AttrNumber *read, last_read;
    char* text[kStatements];
    SPIPlanPtr plan[kStatements];
    bool stale;   // one of the tables has changed since
    int running;  // calls that use it
};

// The model as changes of `relation` need it, InvalidOid for its table of events; NULL where there is none. Without a
// lock only what it says of `relation` is sure to be so.
LiveModel* find_live_model(const char* name, Oid relation);

// The same with its table of users locked: in
// `part_mode` where `relation` is a partition, else in `mode`. Until the end of the transaction none of its tables is
// altered. NULL where there is no such model, one of its tables is gone, or `relation` is none of them. Raises where the
// columns of two tables do not agree (model_columns.hpp).
LiveModel* lock_live_model(const char* name, Oid relation, LOCKMODE mode, LOCKMODE part_mode);

// Says, once a session for each model, that there is nothing left of a model that a trigger follows. Its table is the
// user's: it must stay of use.
void warn_of_orphan(const char* model, const char* trigger, Oid relation);

// Raises where the ids of a row of `relation` are too long. Of a row that has both.
void check_event(const LiveModel* model, TupleTableSlot* event);

// Values of a statement's parameters: for one event, or arrays of them (see the templates).
struct Arguments {
    Datum* values;
    char* nulls;
};
Arguments make_arguments(const LiveModel* model);

// Values as an array of the column's type.
Datum array_of(const Column& column, Datum* values, bool* nulls, int count);

// Runs a statement; rows, if any, are in SPI_tuptable, their number is returned.
uint64 run(LiveModel* model, Statement statement, const Arguments* arguments = nullptr, bool read_only = false);
Portal open(LiveModel* model, Statement statement, const Arguments* arguments = nullptr, bool read_only = false);

// As run(), but the statement sees all that is committed, whatever the isolation level.
uint64 run_on_latest(LiveModel* model, Statement statement, const Arguments* arguments = nullptr);

// The array of users that a statement returns in one row, 0 for NULL.
Datum users_of(LiveModel* model, Statement statement);

// Gives users a row, and locks it. Runs `place` and `lock` until no row has gone while it was waited for.
void lock_users(LiveModel* model, Statement place, Statement lock, const Arguments* arguments = nullptr);

}  // namespace holomamba::postgres
