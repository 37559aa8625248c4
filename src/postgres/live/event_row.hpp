// An event as rows have it: the only reader of events, from a row of their table and from what the statements of
// sql/32_triggers.sql return of them.
#pragma once

#include "model/event.hpp"
#include "postgres/live/statements.hpp"
#include "postgres/store/event_columns.hpp"

extern "C" {
#include "executor/tuptable.h"
}

namespace holomamba::postgres {

// Whose event it is, where it stands among his, and what the encoder reads of it. Values lie where they were read.
struct EventRow {
    Datum user;
    EventOf<Datum> input;  // with the id of its item, or, where a statement has looked it up, the token
    bool no_user, no_item;
    Datum* order;  // a value for each order column of the model
    bool* order_null;
    Datum* attribute;  // and for each attribute of its events
    bool* attribute_null;

    // Whether it moves a state. A token that is not there is one that the model does not know.
    bool counts() const { return !no_user && !no_item; }
};
EventRow make_event_row(const LiveModel* model);

// Finds the columns of a table of events that the model's row of the catalogue, the last result, names.
void find_event_columns(LiveModel* model, Oid table);
// Notes that those of the table whose changes are followed are read.
void note_event_columns(LiveModel* model);

// A row of the table whose changes are followed.
void read_event(const LiveModel* model, TupleTableSlot* row, EventRow* event);
// A row of a statement that returns {event}.
void read_event(const LiveModel* model, const SPITupleTable* rows, uint64 row, EventRow* event);

// What an encoder reads of an event with this token, nullptr where that is not known. The weights of the fingerprint are one of the
// model's versions: its numbers of the attributes' values go to `values`, which has room for kMostEventAttributes.
TokenEvent encoder_input(const LiveModel* model, const EventRow& event, const float* token, uint64 fingerprint,
                         float* values);

// The token of an item. Raises where it is not one of the model's.
const float* read_token(const LiveModel* model, Datum token, int dimension);

// Raises where the ids of a row are too long. Of a row that has both.
void check_event(const LiveModel* model, const EventRow& event);
// Whether ids can be that.
bool has_long_ids(const LiveModel* model);

// The user of an event and where it stands, as arguments of a statement about one user.
void set_place(Arguments* arguments, const EventRow& event);

}  // namespace holomamba::postgres
