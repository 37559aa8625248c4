// Pages of the index: their kinds, the meta data, and the slots of an extent.
#include "postgres/hrr.hpp"
#include "postgres/index.hpp"

extern "C" {
#include "access/table.h"
#include "catalog/index.h"
#include "commands/defrem.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
}

namespace holomamba::postgres {

void open_index(Oid index_id, LOCKMODE heap_lock, Relation* heap, Relation* index) {
    const Oid heap_id = IndexGetRelation(index_id, true);
    if (!OidIsValid(heap_id)) {
        const char* name = get_rel_name(index_id);
        ereport(ERROR,
                (errcode(ERRCODE_WRONG_OBJECT_TYPE), name ? errmsg("\"%s\" is not an index", name)
                                                          : errmsg("relation with OID %u does not exist", index_id)));
    }
    *heap = table_open(heap_id, heap_lock);
    *index = index_open(index_id, AccessShareLock);
    if ((*index)->rd_rel->relam != get_index_am_oid("holomamba", false))
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                        errmsg("\"%s\" is not an index of access method holomamba", RelationGetRelationName(*index))));
}

void init_meta_page(Page page, const IndexMeta& meta) {
    init_page(page, PageKind::meta, 0);
    memcpy(page_content(page), &meta, sizeof meta);
}

void init_page(Page page, PageKind kind, uint32 generation) {
    PageInit(page, BLCKSZ, sizeof(PageTail));
    auto* header = reinterpret_cast<PageHeader>(page);
    header->pd_lower = header->pd_upper;
    *page_tail(page) = {kind, kPageId, 0, 0, generation};
}

void check_page(Relation index, Buffer buffer, PageKind kind, uint32 generation) {
    Page page = BufferGetPage(buffer);
    if (unlikely(PageIsNew(page) || PageGetSpecialSize(page) != MAXALIGN(sizeof(PageTail)) ||
                 page_tail(page)->page_id != kPageId || page_tail(page)->kind != kind))
        ereport(ERROR, (errcode(ERRCODE_INDEX_CORRUPTED),
                        errmsg("unexpected page at block %u of index \"%s\"", BufferGetBlockNumber(buffer),
                               RelationGetRelationName(index)),
                        errhint("Please REINDEX it.")));
    // Blocks are used again while a scan may read them where nobody knows of the scan, on a standby, and where rows
    // that come after a refit take more room than it left (index_build.cpp).
    if (unlikely(page_tail(page)->generation != generation))
        ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                        errmsg("index \"%s\" was refitted while it was scanned",
                               RelationGetRelationName(index)),
                        errhint("Begin the query again.")));
}

Buffer read_page(Relation index, BlockNumber block, PageKind kind, uint32 generation, int lock,
                 BufferAccessStrategy strategy) {
    Buffer buffer = ReadBufferExtended(index, MAIN_FORKNUM, block, RBM_NORMAL, strategy);
    LockBuffer(buffer, lock);
    check_page(index, buffer, kind, generation);
    return buffer;
}

Buffer read_sketch(Relation index, const IndexLayout& layout, uint32 extent, int lock, BufferAccessStrategy strategy) {
    return read_page(index, sketch_block(layout, extent), PageKind::sketch, layout.generation, lock, strategy);
}

Buffer read_detail(Relation index, const IndexLayout& layout, uint32 extent, int slot, int lock,
                   BufferAccessStrategy strategy) {
    return read_page(index, detail_block(layout, extent, slot), PageKind::detail, layout.generation, lock, strategy);
}

Buffer new_page(Relation index, BlockNumber block) {
    while (RelationGetNumberOfBlocks(index) <= block) {
        const bool shared = !RELATION_IS_LOCAL(index);
        if (shared) LockRelationForExtension(index, ExclusiveLock);
        if (RelationGetNumberOfBlocks(index) <= block) ReleaseBuffer(ReadBuffer(index, P_NEW));
        if (shared) UnlockRelationForExtension(index, ExclusiveLock);
    }
    return ReadBufferExtended(index, MAIN_FORKNUM, block, RBM_ZERO_AND_LOCK, nullptr);
}

IndexMeta empty_meta(int dims) {
    IndexMeta meta{};
    meta.magic = kIndexMagic;
    meta.version = kIndexVersion;
    meta.dims = static_cast<uint16>(dims);
    meta.prefix = static_cast<uint16>(plain_prefix(dims));
    meta.generation = 1;
    meta.transform_block = meta.first_block = kMetaBlock + 1;
    return meta;
}

IndexMeta read_meta(Relation index) {
    IndexMeta meta;
    Buffer buffer = read_page(index, kMetaBlock, PageKind::meta, 0, BUFFER_LOCK_SHARE);
    memcpy(&meta, page_content(BufferGetPage(buffer)), sizeof meta);
    UnlockReleaseBuffer(buffer);
    if (unlikely(meta.magic != kIndexMagic || meta.version != kIndexVersion))
        ereport(ERROR, (errcode(ERRCODE_INDEX_CORRUPTED),
                        errmsg("index \"%s\" has an unknown format", RelationGetRelationName(index)),
                        errhint("Please REINDEX it.")));
    return meta;
}

void write_meta(Relation index, Buffer buffer, const IndexMeta& meta) {
    GenericXLogState* log = GenericXLogStart(index);
    memcpy(page_content(GenericXLogRegisterBuffer(log, buffer, 0)), &meta, sizeof meta);
    GenericXLogFinish(log);
}

const IndexLayout* index_layout(Relation index, const IndexMeta& meta) {
    auto* layout = static_cast<IndexLayout*>(index->rd_amcache);
    if (likely(layout != nullptr && layout->dims == meta.dims && layout->generation == meta.generation &&
               meta.extents <= 2 * layout->blocks / static_cast<uint32>(layout->shape.pages()) + 1))
        return layout;
    const Size floats = static_cast<Size>(meta.dims) * (1u + meta.reflections);
    const ExtentShape shape = extent_shape(meta.dims, meta.prefix, has_keys(index), kContentBytes);
    const uint32 blocks = meta.extents * static_cast<uint32>(shape.pages());
    auto* fresh = static_cast<IndexLayout*>(MemoryContextAllocHuge(
        index->rd_indexcxt, sizeof(IndexLayout) + blocks * sizeof(Buffer) + floats * sizeof(float)));
    fresh->blocks = blocks;
    fresh->buffers = reinterpret_cast<Buffer*>(fresh + 1);
    for (uint32 i = 0; i < blocks; i++) fresh->buffers[i] = InvalidBuffer;
    auto* spread = reinterpret_cast<float*>(fresh->buffers + blocks);
    fresh->dims = meta.dims;
    fresh->generation = meta.generation;
    fresh->first_block = meta.first_block;
    fresh->shape = shape;
    fresh->transform = {meta.dims, meta.prefix, meta.reflections, spread + meta.dims, spread};
    constexpr Size kFloats = kContentBytes / sizeof(float);
    for (Size done = 0; done < floats; done += kFloats) {
        const Size part = Min(floats - done, kFloats);
        if (meta.transform_block == meta.first_block) {
            for (Size i = done; i < done + part; i++) spread[i] = 1.0f;
            continue;
        }
        Buffer buffer = read_page(index, meta.transform_block + static_cast<BlockNumber>(done / kFloats),
                                  PageKind::transform, meta.generation, BUFFER_LOCK_SHARE);
        memcpy(spread + done, page_content(BufferGetPage(buffer)), part * sizeof(float));
        UnlockReleaseBuffer(buffer);
    }
    if (layout != nullptr) pfree(layout);
    index->rd_amcache = fresh;
    return fresh;
}

void fill_slot(const ExtentShape& shape, int slot, const Code& code, uint32 key, const ItemPointerData& row,
               Page sketch, Page detail) {
    const SketchPage to = sketch_page(shape, sketch);
    put_prefix(shape, slot, code.elements, to.codes);
    to.scales[slot] = code.scale;
    to.rests[slot] = code.rest;
    if (shape.keyed) to.keys[slot] = key;
    to.tail->used++;
    if (code.scale < 0) to.tail->nulls++;
    memcpy(detail_elements(shape, detail, slot), code.elements + shape.prefix, static_cast<Size>(shape.rest));
    DetailNote* note = detail_note(shape, detail, slot);
    memcpy(note->row, &row, sizeof row);
    note->prefix_error = code.prefix_error;
    note->rest_error = code.rest_error;
    note->dead = 0;
}

void clear_slot(const ExtentShape& shape, int slot, Page sketch, Page detail) {
    const SketchPage to = sketch_page(shape, sketch);
    if (to.scales[slot] < 0) to.tail->nulls--;
    to.tail->used--;
    to.scales[slot] = 0;
    memset(detail_note(shape, detail, slot), 0, sizeof(DetailNote));
}

void check_columns(Relation index) {
    // Classes of keys have a support function, those of vectors have none.
    const int columns = RelationGetDescr(index)->natts;
    const bool vector_first = !OidIsValid(index_getprocid(index, 1, kHashProc));
    if (columns <= 2 && vector_first && (columns == 1 || OidIsValid(index_getprocid(index, 2, kHashProc)))) return;
    ereport(ERROR,
            (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
             errmsg("an index of access method holomamba has a column of type hrr, and after it at most one of keys"),
             errhint("For example: USING holomamba (vector), or USING holomamba (vector, (id::bigint)).")));
}

uint32 hash_key(Relation index, Datum key) {
    return DatumGetUInt32(FunctionCall1Coll(index_getprocinfo(index, 2, kHashProc), index->rd_indcollation[1], key));
}

uint32 key_of(Relation index, const Datum* values, const bool* nulls) {
    return !has_keys(index) || nulls[1] ? 0 : hash_key(index, values[1]);
}

void make_code(const IndexLayout& layout, Datum value, bool null, Code* code) {
    code->scale = null ? kNullScale : kUnboundedScale;
    code->rest = code->prefix_error = code->rest_error = 0;
    if (!null) {
        const Hrr* vector = DatumGetHrr(value);
        const bool fits = vector->dims == layout.dims;
        if (fits) quantise(layout.transform, vector->x, code);
        if (PointerGetDatum(vector) != value) pfree(const_cast<Hrr*>(vector));
        if (fits) return;
    }
    memset(code->elements, 0, sizeof code->elements);
}

}  // namespace holomamba::postgres
