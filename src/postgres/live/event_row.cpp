#include "postgres/live/event_row.hpp"

#include <limits>

#include "postgres/live/event_values.hpp"
#include "postgres/live/live_catalogue.hpp"
#include "postgres/server/arrays.hpp"
#include "postgres/server/compat.h"
#include "postgres/state/encoder_cache.hpp"
#include "postgres/types/hrr.hpp"

extern "C" {
#include "utils/memutils.h"
}

namespace holomamba::postgres {

EventRow make_event_row(const LiveModel* m) {
    EventRow event{};
    const Size values = static_cast<Size>(m->orders) + static_cast<Size>(m->attributes);
    event.order = static_cast<Datum*>(palloc(sizeof(Datum) * values));
    event.order_null = static_cast<bool*>(palloc(values));
    event.attribute = event.order + m->orders;
    event.attribute_null = event.order_null + m->orders;
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
    const char* time = text_of(0, "time_column");
    if (time != nullptr) m->time = value_column(table, time, tells_time, model);
    const Elements attributes = elements_of(DatumGetArrayTypeP(value_of(0, "event_attributes", &null)));
    for (int a = 0; a < m->attributes; a++)
        m->attribute[a] = value_column(table, NameStr(*DatumGetName(attributes.values[a])), describes_events, model);
}

void note_event_columns(LiveModel* m) {
    m->read = static_cast<AttrNumber*>(
        MemoryContextAlloc(m->context, sizeof(AttrNumber) * static_cast<Size>(m->orders + m->attributes + 3)));
    note_read(m, m->user.source);
    note_read(m, m->item.source);
    for (int o = 0; o < m->orders; o++) note_read(m, m->order[o].source);
    if (m->time.source != InvalidAttrNumber) note_read(m, m->time.source);
    for (int a = 0; a < m->attributes; a++) note_read(m, m->attribute[a].source);
}

void read_event(const LiveModel* m, TupleTableSlot* row, EventRow* event) {
    event->user = slot_getattr(row, m->user.source, &event->no_user);
    event->input = {slot_getattr(row, m->item.source, &event->no_item)};
    for (int o = 0; o < m->orders; o++) event->order[o] = slot_getattr(row, m->order[o].source, &event->order_null[o]);
    bool null = true;
    const Datum time = m->time.source == InvalidAttrNumber ? Datum{0} : slot_getattr(row, m->time.source, &null);
    if (!null) event->input.time = seconds_of(m->time.type, time);
    for (int a = 0; a < m->attributes; a++)
        event->attribute[a] = slot_getattr(row, m->attribute[a].source, &event->attribute_null[a]);
}

void read_event(const LiveModel* m, const SPITupleTable* rows, uint64 row, EventRow* event) {
    const auto value = [&](int number, bool* null) {
        return SPI_getbinval(rows->vals[row], rows->tupdesc, number, null);
    };
    event->user = value(1, &event->no_user);
    event->input = {value(2, &event->no_item)};
    for (int o = 0; o < m->orders; o++) event->order[o] = value(3 + o, &event->order_null[o]);
    int next = 3 + m->orders;
    bool null = true;
    const Datum time = m->time.source == InvalidAttrNumber ? Datum{0} : value(next++, &null);
    if (!null) event->input.time = seconds_of(m->time.type, time);
    for (int a = 0; a < m->attributes; a++) event->attribute[a] = value(next + a, &event->attribute_null[a]);
}

TokenEvent encoder_input(const LiveModel* m, const EventRow& event, const float* token, uint64 fingerprint,
                         float* values) {
    TokenEvent input = event.input.with(token);
    if (m->attributes == 0) return input;
    // What the session has not read yet, or not since a label was renamed, is read with the rights of the model's owner.
    if (!has_event_vocabulary(fingerprint))
        as_owner(m->owner, [&] { (void)event_vocabulary(fingerprint, NameStr(m->name)); });
    const EventVocabulary& vocabulary = event_vocabulary(fingerprint, NameStr(m->name));
    if (vocabulary.attributes.size() != static_cast<std::size_t>(m->attributes))
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                        errmsg("a version of model \"%s\" reads %zu attributes of events instead of %d",
                               NameStr(m->name), vocabulary.attributes.size(), m->attributes),
                        errhint("Train a new version: CALL holomamba.train('%s');", NameStr(m->name))));
    for (int a = 0; a < m->attributes; a++)
        values[a] = event.attribute_null[a]
                        ? std::numeric_limits<float>::quiet_NaN()
                        : event_value(vocabulary.attributes[a], m->attribute[a].type, event.attribute[a]);
    input.values = values;
    return input;
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
