// VACUUM: frees the slots of rows that are gone, while scans and inserts go on.
#include "postgres/index/index.hpp"

extern "C" {
#include "commands/vacuum.h"
#include "storage/indexfsm.h"
}

namespace holomamba::postgres {

namespace {

// Frees the slots of one detail page whose rows the callback names. Slots do not move, so a scan that has read the
// sketch page finds on the detail page what it expects, or a slot that is free, or one with a row that its snapshot
// does not see.
void vacuum_detail(IndexVacuumInfo* info, const IndexLayout& layout, uint32 extent, int first, Buffer sketch,
                   IndexBulkDeleteResult* stats, IndexBulkDeleteCallback callback, void* callback_state) {
    const ExtentShape& shape = layout.shape;
    Buffer detail = read_detail(info->index, layout, extent, first, BUFFER_LOCK_EXCLUSIVE, info->strategy);
    GenericXLogState* log = nullptr;
    Page new_sketch = nullptr, new_detail = nullptr;
    for (int slot = first; slot < first + shape.rows; slot++) {
        if (sketch_page(shape, BufferGetPage(sketch)).scales[slot] == 0) continue;
        ItemPointerData row = note_row(note_of(shape, BufferGetPage(detail), slot));
        if (unlikely(!ItemPointerIsValid(&row) || !is_possible(row)))
            raise_damaged(info->index, BufferGetBlockNumber(detail));
        if (!callback(&row, callback_state)) {
            stats->num_index_tuples++;
            continue;
        }
        if (log == nullptr) {
            log = GenericXLogStart(info->index);
            new_sketch = GenericXLogRegisterBuffer(log, sketch, 0);
            new_detail = GenericXLogRegisterBuffer(log, detail, 0);
        }
        clear_slot(shape, slot, new_sketch, new_detail);
        stats->tuples_removed++;
    }
    if (log != nullptr) GenericXLogFinish(log);
    UnlockReleaseBuffer(detail);
}

}  // namespace

IndexBulkDeleteResult* am_bulk_delete(IndexVacuumInfo* info, IndexBulkDeleteResult* stats,
                                      IndexBulkDeleteCallback callback, void* callback_state) {
    if (stats == nullptr) stats = static_cast<IndexBulkDeleteResult*>(palloc0(sizeof(IndexBulkDeleteResult)));
    stats->num_index_tuples = 0;
    const IndexMeta meta = read_meta(info->index);
    const IndexLayout layout = index_layout(info->index, meta);
    for (uint32 extent = 0; extent < meta.extents; extent++) {
        vacuum_pause();
        Buffer sketch = read_sketch(info->index, layout, extent, BUFFER_LOCK_EXCLUSIVE, info->strategy);
        for (int first = 0; first < layout.shape.slots; first += layout.shape.rows)
            vacuum_detail(info, layout, extent, first, sketch, stats, callback, callback_state);
        UnlockReleaseBuffer(sketch);
    }
    return stats;
}

IndexBulkDeleteResult* am_vacuum_cleanup(IndexVacuumInfo* info, IndexBulkDeleteResult* stats) {
    if (info->analyze_only) return stats;
    if (stats == nullptr) stats = static_cast<IndexBulkDeleteResult*>(palloc0(sizeof(IndexBulkDeleteResult)));
    stats->num_pages = RelationGetNumberOfBlocks(info->index);
    stats->pages_free = 0;
    stats->num_index_tuples = 0;
    const IndexMeta meta = read_meta(info->index);
    const IndexLayout layout = index_layout(info->index, meta);
    for (uint32 extent = 0; extent < meta.extents; extent++) {
        vacuum_pause();
        Buffer sketch = read_sketch(info->index, layout, extent, BUFFER_LOCK_SHARE, info->strategy);
        const int used = page_tail(BufferGetPage(sketch))->used;
        UnlockReleaseBuffer(sketch);
        stats->num_index_tuples += used;
        // Free for inserts to look into, not as a page.
        if (used < layout.shape.slots) RecordFreeIndexPage(info->index, sketch_block(layout, extent));
    }
    IndexFreeSpaceMapVacuum(info->index);
    return stats;
}

}  // namespace holomamba::postgres
