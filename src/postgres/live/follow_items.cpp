#include "postgres/live/follow_items.hpp"

#include "postgres/live/replay.hpp"
#include "postgres/live/statements.hpp"
#include "postgres/live/unknown_items.hpp"
#include "postgres/server/arrays.hpp"
#include "postgres/server/compat.h"

extern "C" {
#include "executor/tuptable.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
}

namespace holomamba::postgres {
namespace {

// Ids are texts here: the queries cast them.
Arguments arguments_of(LiveModel* m, Datum ids, int32 version) {
    Arguments arguments = make_arguments(m, Takes::items);
    set(&arguments, OfItems::ids, ids);
    set(&arguments, OfItems::version, Int32GetDatum(version));
    return arguments;
}

void forget_items(LiveModel* m, Datum ids) {
    const Arguments arguments = arguments_of(m, ids, 0);
    run(m, Statement::items_gone, &arguments);
}

// The items of one statement, or row.
struct Arrival {
    int32 version;
    ArrayBuildState* unmet;  // those that are new to the version
    ItemSlots slots;         // of these
};

// Gives items vectors.
void describe_items(LiveModel* m, Datum ids, Arrival* arrival) {
    const Elements texts = elements_of(DatumGetArrayTypeP(ids));
    for (int i = 0; i < texts.count; i++)
        if (is_long_id(texts.values[i])) refuse_long_id(texts.values[i], m->relation, m->key);
    const Arguments arguments = arguments_of(m, ids, arrival->version);
    if (events_come_first(m) || has_met_unknown()) {
        run(m, Statement::items_unmet, &arguments);
        for (uint64 row = 0; row < SPI_processed; row++) {
            bool null;
            arrival->unmet =
                accumArrayResult(arrival->unmet, value_of(row, 1, &null), false, TEXTOID, CurrentMemoryContext);
            choose_slot(m, value_of(row, 2, &null), &arrival->slots);
        }
        SPI_freetuptable(SPI_tuptable);
    }
    run(m, Statement::items_describe, &arguments);
}

// Users who had the new ones before are replayed: their states took them for the unknown item. All of them at once and
// after all waiting for locks on items, so that everybody locks items first, then users in one order.
void replay_early_events(LiveModel* m, Arrival* arrival) {
    if (arrival->unmet == nullptr) return;
    lock_new_items(m, &arrival->slots);
    const Arguments arguments =
        arguments_of(m, makeArrayResult(arrival->unmet, CurrentMemoryContext), arrival->version);
    // Of what an older snapshot does not show, locking the users' rows makes an error (40001).
    run_on_latest(m, Statement::items_awaited, &arguments);
    bool nobody;
    const Datum users = value_of(0, 1, &nobody);
    if (!nobody) replay_users(m, users);
}

// Calls function(ids) for the ids that a statement returns, some at a time.
template <typename Function>
void for_ids(LiveModel* m, Statement statement, Function&& function) {
    constexpr long kItems = 1000;
    Portal cursor = open(m, statement);
    for (;;) {
        SPI_cursor_fetch(cursor, true, kItems);
        if (SPI_processed == 0) break;
        const int count = static_cast<int>(SPI_processed);
        auto* ids = static_cast<Datum*>(palloc(sizeof(Datum) * static_cast<Size>(count)));
        bool null;
        for (int i = 0; i < count; i++) ids[i] = value_of(static_cast<uint64>(i), 1, &null);
        function(array_of(TEXTOID, ids, count));
    }
    SPI_cursor_close(cursor);
}

template <typename Function>
void for_id_of(LiveModel* m, Relation items, HeapTuple row, Function&& function) {
    bool null, varlena;
    const Datum key = heap_getattr(row, m->key, RelationGetDescr(items), &null);
    if (null) return;
    Oid output;
    getTypeOutputInfo(TupleDescAttr(RelationGetDescr(items), m->key - 1)->atttypid, &output, &varlena);
    Datum id = CStringGetTextDatum(OidOutputFunctionCall(output, key));
    function(array_of(TEXTOID, &id, 1));
}

// Says which attribute is not a column of the items any more.
void refuse_attributes(const LiveModel* m) {
    Parameters p;
    add_text(&p, NameStr(m->name));
    execute(
        "SELECT holomamba_internal.check_attributes(m.items, holomamba_internal.item_attributes(m)) "
        "FROM holomamba.model_catalogue m "
        "WHERE m.model = $1::pg_catalog.name",
        &p);
}

}  // namespace

void follow_items(LiveModel* m, TriggerData* trigger) {
    if (!m->of_items)
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                        errmsg("table \"%s\" does not hold the items of model \"%s\"",
                               RelationGetRelationName(trigger->tg_relation), NameStr(m->name)),
                        errhint("Drop the trigger.")));
    const bool inserted = TRIGGER_FIRED_BY_INSERT(trigger->tg_event),
               deleted = TRIGGER_FIRED_BY_DELETE(trigger->tg_event);
    if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event)) {
        run(m, Statement::items_cleared);
        return;
    }
    const bool row = TRIGGER_FIRED_FOR_ROW(trigger->tg_event);
    if (!row) SPI_register_trigger_data(trigger);
    if (!inserted) {
        const auto forget = [&](Datum ids) { forget_items(m, ids); };
        if (row)
            for_id_of(m, trigger->tg_relation, trigger->tg_trigtuple, forget);
        else
            for_ids(m, Statement::items_left, forget);
    }
    Arrival arrival{};
    if (deleted || !active_version(m, &arrival.version)) return;
    if (m->reads == 0) refuse_attributes(m);
    const auto describe = [&](Datum ids) { describe_items(m, ids, &arrival); };
    if (row)
        for_id_of(m, trigger->tg_relation, inserted ? trigger->tg_trigtuple : trigger->tg_newtuple, describe);
    else
        for_ids(m, inserted ? Statement::items_arrived : Statement::items_altered, describe);
    replay_early_events(m, &arrival);
}

}  // namespace holomamba::postgres
