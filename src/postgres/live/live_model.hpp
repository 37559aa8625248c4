// What a session keeps of a model whose events it has written, and the locks and rights that it is used under.
#pragma once

#include "postgres/live/model_columns.hpp"
#include "postgres/live/statement_list.hpp"
#include "postgres/server/owner_scope.hpp"
#include "postgres/server/spi.hpp"

namespace holomamba::postgres {

struct LiveModel {
    LiveModel* next;
    MemoryContext context;  // of this and all below
    NameData name;
    bool stale;    // one of the tables has changed since
    int running;   // calls that use it
    uint64 roles;  // the changes of roles that this session had heard of when the tables' owners were looked at

    // load_catalogue() says the rest but for the statements.
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
    ValueColumn time;  // when events were; no source: not known
    int attributes;    // of events
    ValueColumn* attribute;
    AttrNumber events;  // in the table of users
    Column item;        // its id, in the table of items
    AttrNumber token;   // in the table of items
    AttrNumber key;     // of the owner's items, in `relation`, where that is them
    bool ties;          // no index sees to it that no two events of a user have the same place in his history
    int reads;          // columns of `relation` that the model reads; 0: not known
    AttrNumber *read, last_read;
    int parts;  // the tables that are read, and their partitions and inheritance children, in the order of their OIDs
    Oid* part;
    uint32 schema[4];  // hash values of the schemas that the statements name

    // Of each statement (statements.hpp). No text: not of a model without a table of items. No plan: not run yet.
    char* text[kStatements];
    SPIPlanPtr plan[kStatements];
};

// The model as changes of `relation` need it, InvalidOid for its table of events; NULL where there is none. Without a
// lock only what it says of `relation` is sure to be so.
LiveModel* find_live_model(const char* name, Oid relation);

// The same with its table of users locked: in `part_mode` where `relation` is a partition, else in `mode`. Until the
// end of the transaction none of its tables is altered. NULL where there is no such model, one of its tables is gone,
// or `relation` is none of them. Raises where the columns of two tables do not agree (model_columns.hpp).
LiveModel* lock_live_model(const char* name, Oid relation, LOCKMODE mode, LOCKMODE part_mode);

// Calls function(model): until it is done the model stays, even where one of its tables changes meanwhile.
template <typename Function>
void use_model(LiveModel* model, Function&& function) {
    model->running++;
    PG_TRY();
    { function(model); }
    PG_FINALLY();
    { model->running--; }
    PG_END_TRY();
}

// Calls function() with the rights of the model's owner and a connection to SPI.
template <typename Function>
void as_owner_of(const LiveModel* model, Function&& function) {
    if (SPI_connect() != SPI_OK_CONNECT) elog(ERROR, "SPI_connect failed");
    as_owner(model->owner, function);
    SPI_finish();
}

// Says, once a session for each model, that there is nothing left of a model that a trigger follows. Its table is the
// user's: it must stay of use.
void warn_of_orphan(const char* model, const char* trigger, Oid relation);

}  // namespace holomamba::postgres
