#include "postgres/live/event_row.hpp"

#include "postgres/live/live_catalogue.hpp"
#include "postgres/server/arrays.hpp"
#include "postgres/server/compat.h"
#include "postgres/types/hrr.hpp"

extern "C" {
#include "utils/memutils.h"
}

namespace holomamba::postgres {

EventRow make_event_row(const LiveModel* m) {
    EventRow event{};
    event.order = static_cast<Datum*>(palloc(sizeof(Datum) * static_cast<Size>(m->orders)));
    event.order_null = static_cast<bool*>(palloc(static_cast<Size>(m->orders)));
    return event;
}

void find_event_columns(LiveModel* m, Oid table) {
    const char* model = NameStr(m->name);
    check_is_table(table, true, model);
    bool null;
    const Elements orders = elements_of(DatumGetArrayTypeP(value_of(0, "order_columns", &null)));
    m->user.source = source_column(table, text_of(0, "user_column"), m->user, model);
    m->item.source = source_column(table, text_of(0, "item_column"), m->item, model);
    for (int o = 0; o < m->orders; o++)
        m->order[o].source = source_column(table, NameStr(*DatumGetName(orders.values[o])), m->order[o], model);
}

void note_event_columns(LiveModel* m) {
    m->read = static_cast<AttrNumber*>(
        MemoryContextAlloc(m->context, sizeof(AttrNumber) * (static_cast<Size>(m->orders) + 2)));
    note_read(m, m->user.source);
    note_read(m, m->item.source);
    for (int o = 0; o < m->orders; o++) note_read(m, m->order[o].source);
}

void read_event(const LiveModel* m, TupleTableSlot* row, EventRow* event) {
    event->user = slot_getattr(row, m->user.source, &event->no_user);
    event->input = {slot_getattr(row, m->item.source, &event->no_item)};
    for (int o = 0; o < m->orders; o++) event->order[o] = slot_getattr(row, m->order[o].source, &event->order_null[o]);
}

void read_event(const LiveModel* m, const SPITupleTable* rows, uint64 row, EventRow* event) {
    const auto value = [&](int number, bool* null) {
        return SPI_getbinval(rows->vals[row], rows->tupdesc, number, null);
    };
    event->user = value(1, &event->no_user);
    event->input = {value(2, &event->no_item)};
    for (int o = 0; o < m->orders; o++) event->order[o] = value(3 + o, &event->order_null[o]);
}

const float* read_token(const LiveModel* m, Datum token, int dimension) {
    const Hrr* vector = DatumGetHrr(token);
    if (vector->dims != dimension)
        ereport(ERROR,
                (errcode(ERRCODE_DATA_CORRUPTED),
                 errmsg("a token of %d dimensions among the items of model \"%s\"", vector->dims, NameStr(m->name))));
    return vector->x;
}

bool has_long_ids(const LiveModel* m) {
    return m->user.length == -1 || m->item.length == -1;
}

void check_event(const LiveModel* m, const EventRow& event) {
    if (!event.counts()) return;
    if (m->user.length == -1 && is_long_id(event.user)) refuse_long_id(event.user, m->relation, m->user.source);
    if (m->item.length == -1 && is_long_id(event.input.item))
        refuse_long_id(event.input.item, m->relation, m->item.source);
}

void set_place(Arguments* arguments, const EventRow& event) {
    for (int o = 0; o < arguments->orders; o++) set_order(arguments, o, event.order[o], event.order_null[o]);
    set(arguments, OfUser::user, event.user, event.no_user);
}

}  // namespace holomamba::postgres
