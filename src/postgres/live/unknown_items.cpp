#include "postgres/live/unknown_items.hpp"

#include "postgres/live/statements.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/rows.hpp"

extern "C" {
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class_d.h"
#include "storage/lock.h"
#include "utils/snapmgr.h"
}

namespace holomamba::postgres {
namespace {

// The last transaction of this session that has counted an event with an unknown item.
TransactionId met_unknown = InvalidTransactionId;

// By the tag of an object that the server does not know, a part of the table of items: nobody else locks it.
void lock_slot(const LiveModel* m, int slot, LOCKMODE mode) {
    LOCKTAG tag;
    SET_LOCKTAG_OBJECT(tag, MyDatabaseId, RelationRelationId, m->items, static_cast<uint16>(slot + 1));
    (void)LockAcquire(&tag, mode, false, false);
}

void lock_slots(const LiveModel* m, const ItemSlots* slots, LOCKMODE mode) {
    for (int slot = 0; slot < kItemSlots; slot++)
        if (slots->chosen[slot]) lock_slot(m, slot, mode);
}

int slot_of(const LiveModel* m, Datum item) {
    return static_cast<int>(
        DatumGetUInt32(FunctionCall1Coll(&m->item.types->hash_proc_finfo, m->item.collation, item)) % kItemSlots);
}

bool is_known(const LiveModel* m, Datum item, Snapshot snapshot) {
    PushActiveSnapshot(snapshot);
    Relation items = table_open(m->items, AccessShareLock);
    TupleTableSlot* row = table_slot_create(items, nullptr);
    const bool known = find_row(items, m->item.types, item, AccessShareLock, row);
    ExecDropSingleTupleTableSlot(row);
    table_close(items, NoLock);
    PopActiveSnapshot();
    return known;
}

}  // namespace

bool events_come_first(const LiveModel* model) {
    return OidIsValid(model->owned_items) && !model->items_first;
}

void note_unknown() {
    met_unknown = GetTopTransactionIdIfAny();
}

bool has_met_unknown() {
    return TransactionIdIsValid(met_unknown) && met_unknown == GetTopTransactionIdIfAny();
}

bool stays_unknown(const LiveModel* model, Datum item) {
    if (!OidIsValid(model->owned_items)) return true;
    if (is_known(model, item, GetTransactionSnapshot())) return false;
    note_unknown();
    if (events_come_first(model)) lock_slot(model, slot_of(model, item), ShareLock);
    // The session that inserted it may have committed just before.
    if (!is_known(model, item, GetLatestSnapshot())) return true;
    if (IsolationUsesXactSnapshot()) refuse_to_serialize("insert");
    return false;
}

void keep_unknown(LiveModel* model, Statement items) {
    const bool first = events_come_first(model);
    if (!first && !(OidIsValid(model->owned_items) && IsolationUsesXactSnapshot())) return;
    constexpr long kRows = 1000;
    ItemSlots slots{};
    uint64 unknown = 0;
    Portal cursor = open(model, items);
    for (;;) {
        SPI_cursor_fetch(cursor, true, kRows);
        if (SPI_processed == 0) break;
        unknown += SPI_processed;
        bool null;
        for (uint64 row = 0; row < SPI_processed; row++) choose_slot(model, value_of(row, 1, &null), &slots);
        SPI_freetuptable(SPI_tuptable);
    }
    SPI_cursor_close(cursor);
    if (first) lock_slots(model, &slots, ShareLock);
    if (unknown > 0 && IsolationUsesXactSnapshot() && run_on_latest(model, items) < unknown)
        refuse_to_serialize("insert");
}

void choose_slot(const LiveModel* model, Datum item, ItemSlots* slots) {
    slots->chosen[slot_of(model, item)] = true;
}

void lock_new_items(const LiveModel* model, const ItemSlots* slots) {
    lock_slots(model, slots, RowExclusiveLock);
}

}  // namespace holomamba::postgres
