// Pages of the index: their kinds, and the slots of an extent.
#include "postgres/index/index.hpp"
#include "postgres/types/hrr.hpp"

extern "C" {
#include "storage/lmgr.h"
}

namespace holomamba::postgres {

void init_page(Page page, PageKind kind, uint32 generation) {
    PageInit(page, BLCKSZ, sizeof(PageTail));
    auto* header = reinterpret_cast<PageHeader>(page);
    header->pd_lower = header->pd_upper;
    *page_tail(page) = {kind, kPageId, 0, 0, generation};
}

void raise_damaged(Relation index, BlockNumber block) {
    ereport(ERROR, (errcode(ERRCODE_INDEX_CORRUPTED),
                    errmsg("unexpected page at block %u of index \"%s\"", block, RelationGetRelationName(index)),
                    errhint("Please REINDEX it.")));
    pg_unreachable();
}

void check_page(Relation index, Buffer buffer, PageKind kind, uint32 generation) {
    Page page = BufferGetPage(buffer);
    if (unlikely(reinterpret_cast<PageHeader>(page)->pd_special != BLCKSZ - MAXALIGN(sizeof(PageTail)) ||
                 page_tail(page)->page_id != kPageId || page_tail(page)->kind != kind))
        raise_damaged(index, BufferGetBlockNumber(buffer));
    // Blocks are used again while a scan may read them where nobody knows of the scan, on a standby, and where rows
    // that come after a refit take more room than it left (build.cpp).
    if (unlikely(page_tail(page)->generation != generation))
        ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                        errmsg("index \"%s\" was refitted while it was scanned", RelationGetRelationName(index)),
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

void fill_slot(const IndexLayout& layout, int slot, const ItemCode& code, uint32 key, const ItemPointerData& row,
               Page sketch, Page detail) {
    const ExtentShape& shape = layout.shape;
    const SketchPage to = sketch_page(shape, sketch);
    layout.codec->put_sketch(shape, slot, code, page_content(sketch));
    to.scales[slot] = code.scale;
    if (shape.keyed) to.keys[slot] = key;
    to.tail->used++;
    if (code.scale < 0) to.tail->nulls++;
    layout.codec->put_detail(shape, slot % shape.rows, code, page_content(detail));
    DetailNote* note = note_of(shape, detail, slot);
    memcpy(note->row, &row, sizeof row);
    note->dead = 0;
}

void clear_slot(const ExtentShape& shape, int slot, Page sketch, Page detail) {
    const SketchPage to = sketch_page(shape, sketch);
    if (to.scales[slot] < 0) to.tail->nulls--;
    to.tail->used--;
    to.scales[slot] = 0;
    memset(note_of(shape, detail, slot), 0, sizeof(DetailNote));
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

void check_dims(const ItemCodec& codec, int dims) {
    if (dims > codec.most_dims())
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("hrr of %d dimensions cannot be indexed", dims),
                        errdetail("An index holds vectors of at most %d dimensions.", codec.most_dims())));
}

void make_code(const IndexLayout& layout, const CodeBasis& basis, const Hrr* vector, ItemCode* code) {
    if (vector != nullptr && vector->dims == basis.form.dims) {
        layout.codec->encode(basis, vector->x, code);
        return;
    }
    code->scale = vector == nullptr ? kNullScale : kUnboundedScale;
    memset(code->bytes, 0, layout.codec->code_bytes(layout.shape));
}

}  // namespace holomamba::postgres
