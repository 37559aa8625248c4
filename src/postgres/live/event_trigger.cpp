// The triggers on events and items: which statements of sql/32_triggers.sql run, and in which order.
#include "postgres/live/event_row.hpp"
#include "postgres/live/fold.hpp"
#include "postgres/live/follow_items.hpp"
#include "postgres/live/nested_changes.hpp"
#include "postgres/live/one_event.hpp"
#include "postgres/live/replay.hpp"
#include "postgres/live/unknown_items.hpp"
#include "postgres/live/unread_updates.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/relatives.hpp"

extern "C" {
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
}

using namespace holomamba::postgres;

namespace {

// Locks the item of an event if it may still come.
void keep_item(LiveModel* m, const EventRow& event) {
    if (!event.no_item) (void)stays_unknown(m, event.input.item);
}

// The first event of a user without a row. False if he has one by now.
bool start(LiveModel* m, const EventRow& event) {
    int32 version;
    if (!active_version(m, &version)) return true;  // not trained yet: the event waits in its table
    keep_item(m, event);
    return start_user(m, event, version);
}

// The user of an event, alone in an array; 0 where it has none.
Datum user_of(LiveModel* m, EventRow* event) {
    return event->no_user ? Datum{0} : array_of(m->user, &event->user, &event->no_user, 1);
}

// The ids of many new rows. Only ids of text can be too long: for others this costs nothing.
void check_events(LiveModel* m, TriggerData* trigger) {
    if (!has_long_ids(m)) return;
    TupleTableSlot* row = MakeSingleTupleTableSlot(RelationGetDescr(trigger->tg_relation), &TTSOpsMinimalTuple);
    EventRow event = make_event_row(m);
    tuplestore_rescan(trigger->tg_newtable);
    while (tuplestore_gettupleslot(trigger->tg_newtable, true, false, row)) {
        CHECK_FOR_INTERRUPTS();
        read_event(m, row, &event);
        check_event(m, event);
    }
    ExecDropSingleTupleTableSlot(row);
}

// Many new events.
void insert(LiveModel* m, TriggerData* trigger) {
    const bool changed = changed_since_it_began(m);
    check_events(m, trigger);
    int32 version;
    if (!active_version(m, &version)) return;
    SPI_register_trigger_data(trigger);
    keep_unknown(m, Statement::unknown_arrived);
    if (changed) return replay_users(m, users_of(m, Statement::users_arrived));
    lock_users(m, Statement::place_arrived, Statement::lock_arrived);
    // New events tied or late go to a replay. So do those of users whom another trigger of this very statement has
    // replayed already, new events included: they do not come after the last one any more.
    const Datum behind = fold(m, version, Statement::arrived, nullptr, FoldInto::moved);
    replay_users(m, behind);
}

// Whose events a statement has updated or deleted, as far as that can touch their states; 0 where it is nobody.
Datum touched_users(LiveModel* m, TriggerData* trigger) {
    const bool update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
    SPI_register_trigger_data(trigger);
    if (update && m->ties && changes_nothing_read(m, trigger)) return tied_users(m, trigger);
    int32 version;
    if (update) check_events(m, trigger);
    if (!active_version(m, &version)) return Datum{0};
    if (update) keep_unknown(m, Statement::unknown_altered);
    return users_of(m, !update   ? Statement::touched_by_delete
                       : m->ties ? Statement::touched_or_tied
                                 : Statement::touched_by_update);
}

// TRUNCATE ONLY leaves what inheritance children hold.
bool may_keep_events(Oid emptied) {
    return get_rel_relkind(emptied) == RELKIND_RELATION && list_length(descendants_of(emptied)) > 1;
}

void change(LiveModel* m, TriggerData* trigger) {
    if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event)) {
        note_change(m);
        if (m->relation == m->interactions && !may_keep_events(m->relation))
            run_on_latest(m, Statement::clear);
        else
            replay_all(m);
        return;
    }
    const Datum touched = touched_users(m, trigger);
    if (touched == Datum{0}) return;
    note_change(m);
    replay_users(m, touched);
}

// The row of an INSERT of one row, NULL if there are others. For each row, what a statement trigger cannot see: rows that a
// subscription applies.
TupleTableSlot* only_row(TriggerData* trigger) {
    TupleDesc columns = RelationGetDescr(trigger->tg_relation);
    if (TRIGGER_FIRED_FOR_ROW(trigger->tg_event)) {
        TupleTableSlot* row = MakeSingleTupleTableSlot(columns, &TTSOpsHeapTuple);
        return ExecStoreHeapTuple(trigger->tg_trigtuple, row, false);
    }
    if (tuplestore_tuple_count(trigger->tg_newtable) != 1) return nullptr;
    TupleTableSlot* row = MakeSingleTupleTableSlot(columns, &TTSOpsMinimalTuple);
    tuplestore_rescan(trigger->tg_newtable);
    tuplestore_gettupleslot(trigger->tg_newtable, true, false, row);
    return row;
}

void change_row(LiveModel* m, TriggerData* trigger) {
    const TupleDesc columns = RelationGetDescr(trigger->tg_relation);
    TupleTableSlot *old_row = MakeSingleTupleTableSlot(columns, &TTSOpsHeapTuple),
                   *new_row = MakeSingleTupleTableSlot(columns, &TTSOpsHeapTuple);
    EventRow before = make_event_row(m), after = make_event_row(m);
    const bool update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
    note_change(m);
    if (update) {
        read_event(m, ExecStoreHeapTuple(trigger->tg_newtuple, new_row, false), &after);
        check_event(m, after);
        keep_item(m, after);
    }
    read_event(m, ExecStoreHeapTuple(trigger->tg_trigtuple, old_row, false), &before);
    replay_users(m, user_of(m, &before));
    if (update) replay_users(m, user_of(m, &after));
    ExecDropSingleTupleTableSlot(new_row);
    ExecDropSingleTupleTableSlot(old_row);
}

void follow_events(LiveModel* m, TriggerData* trigger) {
    if (m->relation == m->owned_items)
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                        errmsg("table \"%s\" holds no events of model \"%s\"",
                               RelationGetRelationName(trigger->tg_relation), NameStr(m->name)),
                        errhint("Drop the trigger.")));
    const bool row = TRIGGER_FIRED_FOR_ROW(trigger->tg_event);
    if (!TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
        return as_owner_of(m, [&] { row ? change_row(m, trigger) : change(m, trigger); });
    TupleTableSlot* only = only_row(trigger);
    if (only == nullptr) return as_owner_of(m, [&] { insert(m, trigger); });
    EventRow event = make_event_row(m);
    read_event(m, only, &event);
    check_event(m, event);
    const Step step = changed_since_it_began(m) ? Step::late : advance_user(m, event);
    if (step != Step::done)
        as_owner_of(m, [&] {
            if (step == Step::absent && start(m, event)) return;
            if (step == Step::unfit && !row) return insert(m, trigger);
            keep_item(m, event);
            replay_users(m, user_of(m, &event));
        });
    ExecDropSingleTupleTableSlot(only);
}

// Runs function(model, trigger) under the lock that an activation waits for.
void follow(FunctionCallInfo fcinfo, bool events, void (*function)(LiveModel*, TriggerData*)) {
    if (!CALLED_AS_TRIGGER(fcinfo))
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED), errmsg("not called by a trigger")));
    auto* trigger = reinterpret_cast<TriggerData*>(fcinfo->context);
    const Trigger* t = trigger->tg_trigger;
    const bool row = TRIGGER_FIRED_FOR_ROW(trigger->tg_event), insert = TRIGGER_FIRED_BY_INSERT(trigger->tg_event);
    const bool update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event),
               removal = TRIGGER_FIRED_BY_DELETE(trigger->tg_event);
    const char *old_table = events ? "old_events" : "old_items", *new_table = events ? "new_events" : "new_items";
    const bool has_old = t->tgoldtable != nullptr && std::strcmp(t->tgoldtable, old_table) == 0;
    const bool has_new = t->tgnewtable != nullptr && std::strcmp(t->tgnewtable, new_table) == 0;
    const bool tables = ((!insert && !update) || has_new) && ((!update && !removal) || has_old);
    if (!TRIGGER_FIRED_AFTER(trigger->tg_event) || t->tgdeferrable || t->tgnargs != 1 || !(row || tables))
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("trigger \"%s\" is not one that holomamba_internal.create_triggers() makes", t->tgname),
                        errhint("Drop the trigger.")));

    const Oid relation = RelationGetRelid(trigger->tg_relation);
    if (update) {
        const LiveModel* m = find_live_model(t->tgargs[0], relation);
        if (m != nullptr && !(events && m->ties) && changes_nothing_read(m, trigger)) return;
    }
    // A part that is emptied has everybody replayed: the lock for that is taken at once, not in two steps that two of
    // them could take half of each.
    const bool everybody = TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event) && events;
    LiveModel* m = lock_live_model(t->tgargs[0], relation,
                                   everybody && may_keep_events(relation) ? ShareRowExclusiveLock : RowExclusiveLock,
                                   everybody ? ShareRowExclusiveLock : RowExclusiveLock);
    if (m == nullptr) return warn_of_orphan(t->tgargs[0], t->tgname, relation);
    use_model(m, [&](LiveModel* used) { function(used, trigger); });
}

}  // namespace

HOLOMAMBA_FUNCTION(holomamba_follow_events)
Datum holomamba_follow_events(PG_FUNCTION_ARGS) {
    follow(fcinfo, true, follow_events);
    return PointerGetDatum(nullptr);
}

HOLOMAMBA_FUNCTION(holomamba_follow_items)
Datum holomamba_follow_items(PG_FUNCTION_ARGS) {
    follow(fcinfo, false,
           [](LiveModel* m, TriggerData* trigger) { as_owner_of(m, [&] { follow_items(m, trigger); }); });
    return PointerGetDatum(nullptr);
}
