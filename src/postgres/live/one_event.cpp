#include "postgres/live/one_event.hpp"

#include "postgres/live/unknown_items.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/rows.hpp"
#include "postgres/state/encoder_cache.hpp"
#include "postgres/state/state.hpp"
#include "postgres/types/hrr.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_index.h"
#include "executor/executor.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
}

namespace holomamba::postgres {
namespace {

// Whether a row can be replaced with nothing else happening: an owner may have put triggers, rules, constraints or
// policies on the table.
bool is_plain(Relation users) {
    const TupleConstr* constraints = RelationGetDescr(users)->constr;
    return users->trigdesc == nullptr && users->rd_rules == nullptr && !users->rd_rel->relrowsecurity &&
           (constraints == nullptr || (constraints->num_check == 0 && !constraints->has_generated_stored));
}

// As (event's order values) > (last_1, last_2, ...) in SQL, NULL being false.
bool comes_after(const LiveModel* m, const EventRow& event, TupleTableSlot* row) {
    for (int o = 0; o < m->orders; o++) {
        bool null;
        const Datum last = slot_getattr(row, m->order[o].number, &null);
        if (null || event.order_null[o]) return false;
        const int32 order = DatumGetInt32(
            FunctionCall2Coll(&m->order[o].types->cmp_proc_finfo, m->order[o].collation, event.order[o], last));
        if (order != 0) return order > 0;
    }
    return false;
}

// The row after the event; what of it is new is in the current memory context.
void fill_row(const LiveModel* m, const EventRow& event, const State* state, const Encoder* encoder,
              TupleTableSlot* before, TupleTableSlot* after) {
    slot_getallattrs(before);
    ExecClearTuple(after);
    const int columns = before->tts_tupleDescriptor->natts;
    std::memcpy(after->tts_values, before->tts_values, sizeof(Datum) * static_cast<Size>(columns));
    std::memcpy(after->tts_isnull, before->tts_isnull, static_cast<Size>(columns));
    after->tts_values[m->state.number - 1] = PointerGetDatum(state);
    after->tts_values[m->vector.number - 1] = PointerGetDatum(vector_of(state, encoder));
    after->tts_values[m->events - 1] = Int64GetDatum(state->events);
    for (int o = 0; o < m->orders; o++) {
        after->tts_values[m->order[o].number - 1] = event.order[o];
        after->tts_isnull[m->order[o].number - 1] = event.order_null[o];
    }
    ExecStoreVirtualTuple(after);
}

// Whether an index of the table has an expression or a predicate, which may run anything. Not asked of the indexes'
// entries in the relation cache: to make these is to compute what is constant in an expression.
bool has_indexes_with_code(Relation users) {
    List* indexes = RelationGetIndexList(users);
    bool code = false;
    ListCell* cell;
    foreach (cell, indexes) {
        HeapTuple row = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));
        if (!HeapTupleIsValid(row)) elog(ERROR, "cache lookup failed for index %u", lfirst_oid(cell));
        code = code || !heap_attisnull(row, Anum_pg_index_indexprs, nullptr) ||
               !heap_attisnull(row, Anum_pg_index_indpred, nullptr);
        ReleaseSysCache(row);
    }
    // One may have come while these were looked at.
    List* now = RelationGetIndexList(users);
    const bool others = !equal(indexes, now);
    list_free(now);
    list_free(indexes);
    return code || others;
}

void insert_entries(Relation users, TupleTableSlot* row, UpdatedIndexes indexes) {
    EState* executor = CreateExecutorState();
    ResultRelInfo* target = makeNode(ResultRelInfo);
    InitResultRelInfo(target, users, 0, nullptr, 0);
    ExecOpenIndices(target, false);
    insert_index_tuples(target, row, executor, indexes);
    ExecCloseIndices(target);
    FreeExecutorState(executor);
}

// Needed only where the new row found no place beside the old one. The owner may have put indexes of his own on the
// table: what they compute they compute in his name.
void add_index_entries(Relation users, TupleTableSlot* row, UpdatedIndexes indexes) {
    if (has_indexes_with_code(users))
        as_owner(users->rd_rel->relowner, [&] { insert_entries(users, row, indexes); });
    else
        insert_entries(users, row, indexes);
}

// Replaces the row as UPDATE does: waits for a transaction that has changed it, and then, in READ COMMITTED, puts the
// row as that has left it into `before` for another try.
enum class Replaced { yes, again, gone };
Replaced replace_row(Relation users, TupleTableSlot* before, TupleTableSlot* after) {
    const CommandId command = GetCurrentCommandId(true);
    ItemPointerData where = before->tts_tid;
    TM_FailureData failure;
    LockTupleMode mode;
    UpdatedIndexes indexes;
    TM_Result result = table_tuple_update(users, &where, after, command, GetActiveSnapshot(), InvalidSnapshot, true,
                                          &failure, &mode, &indexes);
    if (result == TM_Ok) {
        if (indexes) add_index_entries(users, after, indexes);
        return Replaced::yes;
    }
    if (result == TM_Updated) {
        if (IsolationUsesXactSnapshot()) refuse_to_serialize("update");
        result = table_tuple_lock(users, &where, GetActiveSnapshot(), before, command, mode, LockWaitBlock,
                                  TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure);
        if (result == TM_Ok) return Replaced::again;
    }
    if (result != TM_Deleted) elog(ERROR, "row of a user not replaced: %d", static_cast<int>(result));
    if (IsolationUsesXactSnapshot()) refuse_to_serialize("delete");
    return Replaced::gone;
}

// The token of the event's item, in the slot; NULL if the model does not know it, and for one that has been robbed of
// its token, as in a replay.
const float* find_token(const LiveModel* m, Datum item, Relation items, TupleTableSlot* row, int dimension,
                        bool* known) {
    *known = find_row(items, m->item.types, item, AccessShareLock, row);
    if (!*known) return nullptr;
    bool null;
    const Datum value = slot_getattr(row, m->token, &null);
    return null ? nullptr : read_token(m, value, dimension);
}

// Weights that the session has not used yet are read with the rights of the model's owner.
Encoder* load_encoder(const LiveModel* m, const State* state) {
    if (is_loaded(state->fingerprint)) return encoder_of(state);
    Encoder* encoder = nullptr;
    as_owner(m->owner, [&] { encoder = encoder_of(state); });
    return encoder;
}

Step advance_row(const LiveModel* m, const EventRow& event, Relation users, Relation items, TupleTableSlot* row,
                 TupleTableSlot* after, TupleTableSlot* item) {
    if (!find_row(users, m->user.types, event.user, RowExclusiveLock, row)) return Step::absent;
    const float* token = nullptr;
    for (bool again = false;; again = true) {
        if (!comes_after(m, event, row)) return Step::late;
        bool null;
        const Datum value = slot_getattr(row, m->state.number, &null);
        if (null) return Step::late;
        const State* stored = get_state(value);
        Encoder* encoder = load_encoder(m, stored);
        if (!again) {
            bool known;
            token = find_token(m, event.input.item, items, item, encoder->dimension(), &known);
            if (!known && !stays_unknown(m, event.input.item)) return Step::unfit;
        }
        State* state = copy_of(stored);
        count_events(state, 1);
        float values[kMostEventAttributes];
        const TokenEvent read = encoder_input(m, event, token, stored->fingerprint, values);
        core_call([&] { encoder->advance(state->x, {&read, 1}); });
        fill_row(m, event, state, encoder, row, after);
        const Replaced replaced = replace_row(users, row, after);
        if (replaced == Replaced::gone) return Step::absent;
        if (replaced == Replaced::yes) return Step::done;
    }
}

}  // namespace

Step advance_user(LiveModel* m, const EventRow& event) {
    if (!event.counts()) return Step::done;
    // What this transaction has done so far counts, and so does what others have committed.
    CommandCounterIncrement();
    PushActiveSnapshot(GetTransactionSnapshot());
    Relation users = table_open(m->users, RowExclusiveLock);
    Step step = Step::unfit;
    if (is_plain(users)) {
        CheckCmdReplicaIdentity(users, CMD_UPDATE);
        Relation items = table_open(m->items, AccessShareLock);
        TupleTableSlot* user = table_slot_create(users, nullptr);
        TupleTableSlot* after = MakeSingleTupleTableSlot(RelationGetDescr(users), &TTSOpsVirtual);
        TupleTableSlot* item = table_slot_create(items, nullptr);
        step = advance_row(m, event, users, items, user, after, item);
        ExecDropSingleTupleTableSlot(item);
        ExecDropSingleTupleTableSlot(after);
        ExecDropSingleTupleTableSlot(user);
        table_close(items, NoLock);
    }
    table_close(users, NoLock);
    PopActiveSnapshot();
    return step;
}

bool start_user(LiveModel* m, const EventRow& event, int32 version) {
    // The weights may have become active, and the item known, since this statement began.
    CommandCounterIncrement();
    PushActiveSnapshot(GetTransactionSnapshot());
    State* state = initial_state(NameStr(m->name), version);
    Encoder* encoder = encoder_of(state);
    Relation items = table_open(m->items, AccessShareLock);
    TupleTableSlot* item = table_slot_create(items, nullptr);
    bool known;
    const float* token = find_token(m, event.input.item, items, item, encoder->dimension(), &known);
    float values[kMostEventAttributes];
    const TokenEvent read = encoder_input(m, event, token, state->fingerprint, values);
    count_events(state, 1);
    core_call([&] { encoder->advance(state->x, {&read, 1}); });
    ExecDropSingleTupleTableSlot(item);
    table_close(items, NoLock);
    PopActiveSnapshot();

    Arguments arguments = make_arguments(m, Takes::one);
    set_place(&arguments, event);
    set(&arguments, OfUser::state, PointerGetDatum(state));
    set(&arguments, OfUser::vector, PointerGetDatum(vector_of(state, encoder)));
    set(&arguments, OfUser::events, Int64GetDatum(state->events));
    set(&arguments, OfUser::version, Int32GetDatum(version));
    return run(m, Statement::start, &arguments) > 0;
}

}  // namespace holomamba::postgres
