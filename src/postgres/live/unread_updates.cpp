#include "postgres/live/unread_updates.hpp"

#include "postgres/live/event_row.hpp"
#include "postgres/live/replay.hpp"
#include "postgres/server/compat.h"

extern "C" {
#include "executor/tuptable.h"
#include "utils/datum.h"
#include "utils/rel.h"
}

namespace holomamba::postgres {
namespace {

// Of the same bytes: a value that was not assigned is the same pointer, or the same reference into the TOAST table.
bool is_same(Form_pg_attribute attribute, Datum a, Datum b) {
    if (attribute->attbyval) return a == b;
    const char *x = DatumGetPointer(a), *y = DatumGetPointer(b);
    const Size bytes = attribute->attlen > 0 ? static_cast<Size>(attribute->attlen) : VARSIZE_ANY(x);
    return x == y || ((attribute->attlen > 0 || VARSIZE_ANY(y) == bytes) && std::memcmp(x, y, bytes) == 0);
}

bool is_same_row(const LiveModel* m, TupleTableSlot* before, TupleTableSlot* after) {
    slot_getsomeattrs(before, m->last_read);
    slot_getsomeattrs(after, m->last_read);
    for (int i = 0; i < m->reads; i++) {
        const int c = m->read[i] - 1;
        if (before->tts_isnull[c] != after->tts_isnull[c]) return false;
        if (before->tts_isnull[c]) continue;
        if (!is_same(TupleDescAttr(before->tts_tupleDescriptor, c), before->tts_values[c], after->tts_values[c]))
            return false;
    }
    return true;
}

// Rows are put into both tables one after the other, also those that move to another partition. Were it otherwise,
// equal rows in equal places would still be the same rows in all.
bool are_same_rows(const LiveModel* m, TriggerData* trigger, TupleTableSlot* before, TupleTableSlot* after) {
    tuplestore_rescan(trigger->tg_oldtable);
    tuplestore_rescan(trigger->tg_newtable);
    while (tuplestore_gettupleslot(trigger->tg_oldtable, true, false, before)) {
        CHECK_FOR_INTERRUPTS();
        if (!tuplestore_gettupleslot(trigger->tg_newtable, true, false, after) || !is_same_row(m, before, after))
            return false;
    }
    return true;
}

// Whether an event shares its place.
bool is_tied(LiveModel* m, const EventRow& event, Arguments* arguments) {
    if (!event.counts()) return false;
    set_place(arguments, event);
    const bool tied = run(m, Statement::tied, arguments) > 0;
    SPI_freetuptable(SPI_tuptable);
    return tied;
}

}  // namespace

bool changes_nothing_read(const LiveModel* model, TriggerData* trigger) {
    if (model->reads == 0) return false;
    const bool row = TRIGGER_FIRED_FOR_ROW(trigger->tg_event);
    if (!row && tuplestore_tuple_count(trigger->tg_oldtable) != tuplestore_tuple_count(trigger->tg_newtable))
        return false;
    const TupleTableSlotOps* kind = row ? &TTSOpsHeapTuple : &TTSOpsMinimalTuple;
    const TupleDesc columns = RelationGetDescr(trigger->tg_relation);
    TupleTableSlot *before = MakeSingleTupleTableSlot(columns, kind), *after = MakeSingleTupleTableSlot(columns, kind);
    bool same;
    if (row) {
        ExecStoreHeapTuple(trigger->tg_trigtuple, before, false);
        ExecStoreHeapTuple(trigger->tg_newtuple, after, false);
        same = is_same_row(model, before, after);
    } else {
        same = are_same_rows(model, trigger, before, after);
    }
    ExecDropSingleTupleTableSlot(after);
    ExecDropSingleTupleTableSlot(before);
    return same;
}

// Few events are looked up one by one, many by one statement.
Datum tied_users(LiveModel* model, TriggerData* trigger) {
    constexpr int64 kFew = 8;
    int32 version;
    if (tuplestore_tuple_count(trigger->tg_newtable) > kFew)
        return active_version(model, &version) ? users_of(model, Statement::tied_by_update) : Datum{0};
    const Column& user = model->user;
    auto* users = static_cast<Datum*>(palloc(sizeof(Datum) * kFew));
    int count = 0;
    Arguments arguments = make_arguments(model, Takes::one);
    EventRow event = make_event_row(model);
    TupleTableSlot* row = MakeSingleTupleTableSlot(RelationGetDescr(trigger->tg_relation), &TTSOpsMinimalTuple);
    tuplestore_rescan(trigger->tg_newtable);
    while (count < kFew && tuplestore_gettupleslot(trigger->tg_newtable, true, true, row)) {
        read_event(model, row, &event);
        if (is_tied(model, event, &arguments)) users[count++] = datumCopy(event.user, user.by_value, user.length);
    }
    ExecDropSingleTupleTableSlot(row);
    return count == 0 ? Datum{0} : array_of(user, users, nullptr, count);
}

}  // namespace holomamba::postgres
