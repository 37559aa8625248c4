// holomamba.check_index(): the pages of an index against each other, and its entries against the rows they stand for.
#include <cmath>
#include <limits>

#include "postgres/index/open.hpp"
#include "postgres/types/hrr.hpp"

extern "C" {
#include "access/tableam.h"
#include "catalog/index.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
}

namespace holomamba::postgres {

namespace {

struct Entry {
    ItemPointerData row;
    uint16 slot;
    uint32 extent;
};

struct Check {
    ReturnSetInfo* result;
    Relation index;
    IndexLayout layout;
    CodeBasis basis;  // with memory of its own
    Entry* entries;   // sorted by row
    Size count, allocated;
    MemoryContext row_context;
};

void report(Check* check, int64 extent, const char* text) {
    Datum values[] = {Int32GetDatum(static_cast<int32>(extent)), CStringGetTextDatum(text)};
    bool nulls[] = {extent < 0, false};
    tuplestore_putvalues(check->result->setResult, check->result->setDesc, values, nulls);
}

int compare_entries(const void* a, const void* b) {
    auto* first = static_cast<const Entry*>(a);
    auto* second = static_cast<const Entry*>(b);
    return ItemPointerCompare(const_cast<ItemPointer>(&first->row), const_cast<ItemPointer>(&second->row));
}

void add_entry(Check* check, const Entry& entry) {
    if (check->count == check->allocated) {
        check->allocated = Max(check->allocated * 2, 1024);
        check->entries = static_cast<Entry*>(repalloc_huge(check->entries, check->allocated * sizeof(Entry)));
    }
    check->entries[check->count++] = entry;
}

void read_extent(Check* check, uint32 extent) {
    const ExtentShape& shape = check->layout.shape;
    // The sketch page stays locked, so that nothing is added or freed meanwhile.
    Buffer sketch = read_sketch(check->index, check->layout, extent, BUFFER_LOCK_SHARE);
    const SketchPage page = sketch_page(shape, BufferGetPage(sketch));
    int used = 0, nulls = 0;
    for (int first = 0; first < shape.slots; first += shape.rows) {
        Buffer detail = read_detail(check->index, check->layout, extent, first, BUFFER_LOCK_SHARE);
        for (int slot = first; slot < first + shape.rows; slot++) {
            const ItemPointerData row = note_row(note_of(shape, BufferGetPage(detail), slot));
            const float scale = page.scales[slot];
            if (scale != 0 && std::isnan(scale))
                report(check, extent, psprintf("slot %d: its scale is not a number", slot));
            if ((scale != 0) != ItemPointerIsValid(&row))
                report(check, extent, psprintf("slot %d: taken on one page and free on the other", slot));
            if (scale == 0) continue;
            used++;
            if (scale < 0) nulls++;
            if (!is_possible(row))
                report(check, extent, psprintf("slot %d: no table has its row", slot));
            else if (ItemPointerIsValid(&row))
                add_entry(check, {row, static_cast<uint16>(slot), extent});
        }
        UnlockReleaseBuffer(detail);
    }
    if (used != page.tail->used || nulls != page.tail->nulls)
        report(check, extent,
               psprintf("%d slots are taken, %d by NULLs, and not %d and %d", used, nulls, page.tail->used,
                        page.tail->nulls));
    for (int slot = shape.slots; slot < shape.sketch_slots; slot++)
        if (page.scales[slot] != 0) report(check, extent, psprintf("slot %d is not for use", slot));
    UnlockReleaseBuffer(sketch);
}

void read_code(const Check* check, const Entry* entry, ItemCode* code, uint32* key) {
    const ExtentShape& shape = check->layout.shape;
    Buffer buffer = read_sketch(check->index, check->layout, entry->extent, BUFFER_LOCK_SHARE);
    const SketchPage page = sketch_page(shape, BufferGetPage(buffer));
    code->scale = page.scales[entry->slot];
    *key = shape.keyed ? page.keys[entry->slot] : 0;
    check->layout.codec->get_sketch(shape, entry->slot, page_content(BufferGetPage(buffer)), code);
    UnlockReleaseBuffer(buffer);
    buffer = read_detail(check->index, check->layout, entry->extent, entry->slot, BUFFER_LOCK_SHARE);
    check->layout.codec->get_detail(shape, entry->slot % shape.rows, page_content(BufferGetPage(buffer)), code);
    UnlockReleaseBuffer(buffer);
}

// A row that is visible has one entry, and that bounds its vector.
void check_row(Relation, ItemPointer row, Datum* values, bool* nulls, bool, void* state) {
    auto* check = static_cast<Check*>(state);
    MemoryContext before = MemoryContextSwitchTo(check->row_context);
    const Entry key{*row, 0, 0};
    const auto* entry = static_cast<const Entry*>(
        check->count == 0 ? nullptr : bsearch(&key, check->entries, check->count, sizeof(Entry), compare_entries));
    const BlockNumber block = ItemPointerGetBlockNumber(row);
    const int offset = ItemPointerGetOffsetNumber(row);
    if (entry == nullptr) {
        report(check, -1, psprintf("row (%u,%d) is not in the index", block, offset));
    } else {
        ItemCode code;
        uint32 hash;
        read_code(check, entry, &code, &hash);
        if (hash != key_of(check->index, values, nulls))
            report(check, entry->extent, psprintf("row (%u,%d) has another key than its entry", block, offset));
        if ((code.scale < 0) != nulls[0]) {
            report(check, entry->extent, psprintf("row (%u,%d) is NULL in one of table and index", block, offset));
        } else if (!nulls[0]) {
            const Hrr* vector = DatumGetHrr(values[0]);
            const bool bounded = code.scale <= std::numeric_limits<float>::max();
            if (bounded && (vector->dims != check->layout.dims ||
                            !check->layout.codec->bounds_vector(check->basis, vector->x, code)))
                report(check, entry->extent,
                       psprintf("row (%u,%d) is not within the bounds of its entry", block, offset));
        }
    }
    MemoryContextSwitchTo(before);
    MemoryContextReset(check->row_context);
}

void sort_entries(Check* check) {
    qsort(check->entries, check->count, sizeof(Entry), compare_entries);
    for (Size i = 1; i < check->count; i++)
        if (compare_entries(&check->entries[i - 1], &check->entries[i]) == 0)
            report(check, check->entries[i].extent,
                   psprintf("row (%u,%d) is in the index twice", ItemPointerGetBlockNumber(&check->entries[i].row),
                            ItemPointerGetOffsetNumber(&check->entries[i].row)));
}

void copy_basis(Check* check, const IndexMeta& meta) {
    const Size floats = check->layout.codec->floats(meta.form);
    auto* memory = static_cast<float*>(palloc(sizeof(float) * (floats + 1)));
    check->basis = index_cache(check->index, meta)->basis;
    memcpy(memory, check->basis.floats, sizeof(float) * floats);
    check->basis.floats = memory;
}

}  // namespace
}  // namespace holomamba::postgres

using namespace holomamba::postgres;

HOLOMAMBA_FUNCTION(holomamba_check_index)
Datum holomamba_check_index(PG_FUNCTION_ARGS) {
    InitMaterializedSRF(fcinfo, 0);
    const OpenIndex opened = open_index(PG_GETARG_OID(0), MayOpen::readers, AccessShareLock);
    Relation index = opened.index;
    Check check{};
    check.result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    check.index = index;
    // Rows that this snapshot sees have their entries by now.
    Snapshot snapshot = RegisterSnapshot(GetTransactionSnapshot());
    const IndexMeta meta = read_meta(index);
    check.layout = index_layout(index, meta);
    copy_basis(&check, meta);
    check.row_context = AllocSetContextCreate(CurrentMemoryContext, "holomamba check", ALLOCSET_DEFAULT_SIZES);
    check.allocated = 1024;
    check.entries = static_cast<Entry*>(palloc(sizeof(Entry) * check.allocated));

    for (uint32 extent = 0; extent < meta.extents; extent++) {
        CHECK_FOR_INTERRUPTS();
        read_extent(&check, extent);
    }
    sort_entries(&check);
    IndexInfo* info = BuildIndexInfo(index);
    info->ii_Concurrent = true;  // read rows under the snapshot given
    info->ii_Unique = false;
    TableScanDesc scan = table_beginscan_strat(opened.heap, snapshot, 0, nullptr, true, true);
    table_index_build_scan(opened.heap, index, info, true, false, check_row, &check, scan);
    UnregisterSnapshot(snapshot);
    close_index(opened);
    return Datum{0};
}
