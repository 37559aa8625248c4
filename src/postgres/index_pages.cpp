// Pages of the index: their kinds, the meta data, and the slots of an extent.
#include "postgres/hrr.hpp"
#include "postgres/index.hpp"

namespace holomamba::postgres {

void init_page(Page page, PageKind kind) {
    PageInit(page, BLCKSZ, sizeof(PageTail));
    auto* header = reinterpret_cast<PageHeader>(page);
    header->pd_lower = header->pd_upper;
    page_tail(page)->kind = kind;
    page_tail(page)->page_id = kPageId;
}

void check_page(Relation index, Buffer buffer, PageKind kind) {
    Page page = BufferGetPage(buffer);
    if (unlikely(PageIsNew(page) || PageGetSpecialSize(page) != MAXALIGN(sizeof(PageTail)) ||
                 page_tail(page)->page_id != kPageId || page_tail(page)->kind != kind))
        ereport(ERROR, (errcode(ERRCODE_INDEX_CORRUPTED),
                        errmsg("unexpected page at block %u of index \"%s\"", BufferGetBlockNumber(buffer),
                               RelationGetRelationName(index)),
                        errhint("Please REINDEX it.")));
}

Buffer read_page(Relation index, BlockNumber block, PageKind kind, int lock, BufferAccessStrategy strategy) {
    Buffer buffer = ReadBufferExtended(index, MAIN_FORKNUM, block, RBM_NORMAL, strategy);
    LockBuffer(buffer, lock);
    check_page(index, buffer, kind);
    return buffer;
}

IndexMeta empty_meta(int dims) {
    IndexMeta meta{};
    meta.magic = kIndexMagic;
    meta.version = kIndexVersion;
    meta.dims = static_cast<uint16>(dims);
    meta.prefix = static_cast<uint16>(plain_prefix(dims));
    meta.first_block = kMetaBlock + 1;
    return meta;
}

void init_meta_page(Page page, const IndexMeta& meta) {
    init_page(page, PageKind::meta);
    memcpy(page_content(page), &meta, sizeof meta);
}

IndexMeta read_meta(Relation index) {
    IndexMeta meta;
    Buffer buffer = read_page(index, kMetaBlock, PageKind::meta, BUFFER_LOCK_SHARE);
    memcpy(&meta, page_content(BufferGetPage(buffer)), sizeof meta);
    UnlockReleaseBuffer(buffer);
    if (unlikely(meta.magic != kIndexMagic || meta.version != kIndexVersion))
        ereport(ERROR, (errcode(ERRCODE_INDEX_CORRUPTED),
                        errmsg("index \"%s\" has an unknown format", RelationGetRelationName(index)),
                        errhint("Please REINDEX it.")));
    return meta;
}

const IndexLayout* index_layout(Relation index) {
    auto* layout = static_cast<IndexLayout*>(index->rd_amcache);
    if (likely(layout != nullptr && layout->dims != 0)) return layout;
    const IndexMeta meta = read_meta(index);
    if (layout != nullptr && meta.dims == 0) return layout;
    const Size floats = static_cast<Size>(meta.dims) * (1u + meta.reflections);
    auto* fresh =
        static_cast<IndexLayout*>(MemoryContextAlloc(index->rd_indexcxt, sizeof(IndexLayout) + floats * sizeof(float)));
    auto* spread = reinterpret_cast<float*>(fresh + 1);
    fresh->dims = meta.dims;
    fresh->first_block = meta.first_block;
    fresh->shape = extent_shape(meta.dims, meta.prefix, kContentBytes);
    fresh->transform = {meta.dims, meta.prefix, meta.reflections, spread + meta.dims, spread};
    // Without pages of its own, the transform is the identity.
    if (meta.first_block == kMetaBlock + 1)
        for (Size i = 0; i < floats; i++) spread[i] = 1.0f;
    else
        for (Size done = 0; done < floats;) {
            const Size part = Min(floats - done, kContentBytes / sizeof(float));
            Buffer buffer =
                read_page(index, static_cast<BlockNumber>(kMetaBlock + 1 + done / (kContentBytes / sizeof(float))),
                          PageKind::transform, BUFFER_LOCK_SHARE);
            memcpy(spread + done, page_content(BufferGetPage(buffer)), part * sizeof(float));
            UnlockReleaseBuffer(buffer);
            done += part;
        }
    if (layout != nullptr) pfree(layout);
    index->rd_amcache = fresh;
    return fresh;
}

void fill_slot(const ExtentShape& shape, int slot, const Code& code, const ItemPointerData& row, Page sketch,
               Page detail) {
    const SketchPage to = sketch_page(shape, sketch);
    put_prefix(shape, slot, code.elements, to.codes);
    to.scales[slot] = code.scale;
    to.rests[slot] = code.rest;
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
