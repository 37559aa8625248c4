// A row's entry in the index: the first free slot of the extent that the meta page names, or of another one.
#include "postgres/index/index.hpp"
#include "postgres/types/hrr.hpp"

extern "C" {
#include "storage/indexfsm.h"
#include "storage/lmgr.h"
}

namespace holomamba::postgres {

namespace {

// The first vector of an index that was built without one says what the dimensions are.
void settle_dims(Relation index, const ItemCodec& codec, int dims) {
    check_dims(codec, dims);
    Buffer buffer = read_page(index, kMetaBlock, PageKind::meta, 0, BUFFER_LOCK_EXCLUSIVE);
    IndexMeta meta = meta_of(index, buffer);
    if (meta.form.dims == 0 && meta.extents == 0) {
        meta.form = codec.plain(dims);
        write_meta(index, buffer, meta);
    }
    UnlockReleaseBuffer(buffer);
}

// Appends an extent without vectors. The meta page, locked by the caller, counts it when all of its pages are there:
// after a crash in between they are made again.
void append_extent(Relation index, const IndexLayout& layout, Buffer meta_buffer) {
    IndexMeta meta = meta_of(index, meta_buffer);
    const BlockNumber first = sketch_block(layout, meta.extents);
    for (int i = 0; i < layout.shape.pages(); i++) {
        Buffer buffer = new_page(index, first + static_cast<uint32>(i));
        GenericXLogState* log = GenericXLogStart(index);
        init_page(GenericXLogRegisterBuffer(log, buffer, GENERIC_XLOG_FULL_IMAGE),
                  i == 0 ? PageKind::sketch : PageKind::detail, layout.generation);
        GenericXLogFinish(log);
        UnlockReleaseBuffer(buffer);
    }
    meta.insert_extent = meta.extents++;
    write_meta(index, meta_buffer, meta);
}

// Where to look after an extent that turned out to be full: one in which vacuum has freed slots, or a new one.
void next_extent(Relation index, const IndexLayout& layout, const IndexMeta& seen) {
    const BlockNumber free_block = GetFreeIndexPage(index);
    Buffer buffer = read_page(index, kMetaBlock, PageKind::meta, 0, BUFFER_LOCK_EXCLUSIVE);
    IndexMeta meta = meta_of(index, buffer);
    const auto pages = static_cast<uint32>(layout.shape.pages());
    if (free_block != InvalidBlockNumber && free_block >= layout.first_block &&
        (free_block - layout.first_block) / pages < meta.extents) {
        meta.insert_extent = (free_block - layout.first_block) / pages;
        write_meta(index, buffer, meta);
    } else if (meta.form.dims == layout.dims && meta.extents == seen.extents &&
               meta.insert_extent == seen.insert_extent) {
        append_extent(index, layout, buffer);
    }
    UnlockReleaseBuffer(buffer);
}

bool place(Relation index, const IndexLayout& layout, uint32 extent, const ItemCode& code, uint32 key,
           const ItemPointerData& row) {
    const ExtentShape& shape = layout.shape;
    Buffer sketch = read_sketch(index, layout, extent, BUFFER_LOCK_EXCLUSIVE);
    const SketchPage page = sketch_page(shape, BufferGetPage(sketch));
    int slot = page.tail->used < shape.slots ? 0 : shape.slots;
    while (slot < shape.slots && page.scales[slot] != 0) slot++;
    if (slot < shape.slots) {
        Buffer detail = read_detail(index, layout, extent, slot, BUFFER_LOCK_EXCLUSIVE);
        GenericXLogState* log = GenericXLogStart(index);
        Page new_sketch = GenericXLogRegisterBuffer(log, sketch, 0);
        Page new_detail = GenericXLogRegisterBuffer(log, detail, 0);
        fill_slot(layout, slot, code, key, row, new_sketch, new_detail);
        GenericXLogFinish(log);
        UnlockReleaseBuffer(detail);
    }
    UnlockReleaseBuffer(sketch);
    return slot < shape.slots;
}

}  // namespace

bool am_insert(Relation index, Datum* values, bool* nulls, ItemPointer row, Relation, IndexUniqueCheck, bool,
               IndexInfo*) {
    // What looks things up comes first: the detoasting of the vector and the hash of the key (see IndexCache).
    const Hrr* vector = nulls[0] ? nullptr : DatumGetHrr(values[0]);
    const uint32 key = key_of(index, values, nulls);
    IndexMeta meta = read_meta(index);
    if (meta.form.dims == 0 && vector != nullptr) {
        settle_dims(index, *index_layout(index, meta).codec, vector->dims);
        meta = read_meta(index);
    }
    ItemCode code;
    make_code(index_layout(index, meta), index_cache(index, meta)->basis, vector, &code);
    if (vector != nullptr && PointerGetDatum(vector) != values[0]) pfree(const_cast<Hrr*>(vector));
    for (;;) {
        const IndexLayout layout = index_layout(index, meta);
        if (meta.extents > 0 && place(index, layout, meta.insert_extent, code, key, *row)) break;
        next_extent(index, layout, meta);
        CHECK_FOR_INTERRUPTS();
        meta = read_meta(index);
    }
    return false;
}

}  // namespace holomamba::postgres
