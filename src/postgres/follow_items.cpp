#include "postgres/follow_items.hpp"

#include "postgres/compat.h"
#include "postgres/replay.hpp"

extern "C" {
#include "executor/tuptable.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
}

namespace holomamba::postgres {
namespace {

// Ids are texts here: the queries cast them.
Arguments arguments_of(LiveModel* m, Datum* ids, int count, int32 version) {
    Arguments arguments = make_arguments(m);
    arguments.values[0] = PointerGetDatum(construct_array(ids, count, TEXTOID, -1, false, TYPALIGN_INT));
    arguments.values[1] = Int32GetDatum(version);
    arguments.nulls[0] = arguments.nulls[1] = ' ';
    return arguments;
}

void forget_items(LiveModel* m, Datum* ids, int count) {
    const Arguments arguments = arguments_of(m, ids, count, 0);
    run(m, Statement::items_gone, &arguments);
}

// Gives items vectors. Events that had new ones before they were known are replayed: they took them for the unknown
// item. Without a foreign key there may be such events in open transactions: these are waited for.
void describe_items(LiveModel* m, Datum* ids, int count) {
    int32 version;
    if (!active_version(m, &version)) return;
    const Arguments arguments = arguments_of(m, ids, count, version);
    bool nobody = true;
    Datum users = Datum{0};
    if (!m->items_first && run(m, Statement::items_unmet, &arguments) > 0) {
        LockRelationOid(m->users, ShareRowExclusiveLock);
        run(m, Statement::items_awaited, &arguments);
        users = value_of(0, 1, &nobody);
    }
    run(m, Statement::items_describe, &arguments);
    if (!nobody) replay_users(m, users);
}

// Calls function(model, ids, count) for the ids that a statement returns, some at a time.
void for_ids(LiveModel* m, Statement statement, void (*function)(LiveModel*, Datum*, int)) {
    constexpr long kItems = 1000;
    Portal cursor = open(m, statement);
    for (;;) {
        SPI_cursor_fetch(cursor, true, kItems);
        if (SPI_processed == 0) break;
        const int count = static_cast<int>(SPI_processed);
        auto* ids = static_cast<Datum*>(palloc(sizeof(Datum) * static_cast<Size>(count)));
        bool null;
        for (int i = 0; i < count; i++) ids[i] = value_of(static_cast<uint64>(i), 1, &null);
        function(m, ids, count);
    }
    SPI_cursor_close(cursor);
}

void for_id_of(LiveModel* m, Relation items, HeapTuple row, void (*function)(LiveModel*, Datum*, int)) {
    bool null, varlena;
    const Datum key = heap_getattr(row, m->key, RelationGetDescr(items), &null);
    if (null) return;
    Oid output;
    getTypeOutputInfo(TupleDescAttr(RelationGetDescr(items), m->key - 1)->atttypid, &output, &varlena);
    Datum id = CStringGetTextDatum(OidOutputFunctionCall(output, key));
    function(m, &id, 1);
}

}  // namespace

void follow_items(LiveModel* m, TriggerData* trigger) {
    if (m->relation != m->owned_items)
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                        errmsg("table \"%s\" does not hold the items of model \"%s\"",
                               RelationGetRelationName(trigger->tg_relation), NameStr(m->name)),
                        errhint("Drop the trigger.")));
    const bool inserted = TRIGGER_FIRED_BY_INSERT(trigger->tg_event),
               deleted = TRIGGER_FIRED_BY_DELETE(trigger->tg_event);
    if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event)) {
        run(m, Statement::items_cleared);
    } else if (TRIGGER_FIRED_FOR_ROW(trigger->tg_event)) {
        HeapTuple current = inserted ? trigger->tg_trigtuple : trigger->tg_newtuple;
        if (!inserted) for_id_of(m, trigger->tg_relation, trigger->tg_trigtuple, forget_items);
        if (!deleted) for_id_of(m, trigger->tg_relation, current, describe_items);
    } else {
        SPI_register_trigger_data(trigger);
        if (!inserted) for_ids(m, Statement::items_left, forget_items);
        if (!deleted) for_ids(m, inserted ? Statement::items_arrived : Statement::items_altered, describe_items);
    }
}

}  // namespace holomamba::postgres
