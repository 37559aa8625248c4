// The access method holomamba: what its files share. docs/architecture.md#the-index tells how the parts fit.
#pragma once

#include "postgres/server/compat.h"
#include "postgres/server/guard.hpp"
#include "ranking/item_codec.hpp"

extern "C" {
#include "access/amapi.h"
#include "access/generic_xlog.h"
#include "access/relscan.h"
#include "access/transam.h"
#include "storage/bufmgr.h"
#include "storage/bufpage.h"
#include "utils/rel.h"
}

namespace holomamba::postgres {

// Pages: a header, content from kContentAt on, and a tail. All of the content counts as used: no hole for WAL to leave
// out.
enum class PageKind : uint16 { meta = 1, transform, sketch, detail };
struct PageTail {
    PageKind kind;
    uint16 page_id;  // tells tools which access method a page is of
    uint16 used;     // sketch pages: slots that are taken, and those of them whose vector is NULL
    uint16 nulls;
    uint32 generation;  // of the build that the page belongs to
};
constexpr uint16 kPageId = 0xFF9B;
constexpr int kContentAt = 64;
constexpr int kContentBytes = BLCKSZ - kContentAt - MAXALIGN(sizeof(PageTail));

inline char* page_content(Page page) {
    return static_cast<char*>(page) + kContentAt;
}
inline PageTail* page_tail(Page page) {
    return reinterpret_cast<PageTail*>(PageGetSpecialPointer(page));
}
void init_page(Page page, PageKind kind, uint32 generation);

// Block 0 says where the rest is: the floats that codes are made with, on the blocks before first_block, and then the extents. A build, the first or a later one (build.cpp), writes all of that to blocks that nobody reads
// and changes the meta page last; scans that began before go on with what they know.
struct IndexMeta {
    uint32 magic;
    uint16 version;
    CodeForm form;  // dims 0: the index was built empty, and has met no vector
    uint32 generation;
    BlockNumber transform_block;  // first_block: the codec's plain floats
    BlockNumber first_block;
    uint32 extents;
    uint32 insert_extent;           // where to look for a free slot first
    FullTransactionId refitted_by;  // the last refit's transaction; invalid before the first
    uint16 code;                    // of the codec; what is behind the rest of a page is zeros
};
static_assert(offsetof(IndexMeta, generation) == 12 && offsetof(IndexMeta, refitted_by) == 32 &&
              offsetof(IndexMeta, code) == 40);
constexpr uint32 kIndexMagic = 0x484D4258;
constexpr uint16 kIndexVersion = 1;
constexpr BlockNumber kMetaBlock = 0;

// What operator classes are made of: strategies of a vector's and of a key's, and the support function of a key's.
constexpr int kByInnerProduct = 1, kAmong = 2;
constexpr int kHashProc = 1;

// The meta data, which are ones that we write: a damaged page is an error.
IndexMeta read_meta(Relation index);
IndexMeta meta_of(Relation index, Buffer buffer);  // of the meta page, which the caller holds locked
void init_meta_page(Page page, const IndexMeta& meta);
// Changes the meta page, which the caller holds locked, and logs the change.
void write_meta(Relation index, Buffer buffer, const IndexMeta& meta);
// The meta data of an index without a vector.
IndexMeta empty_meta(int code, int dims);

// Where the parts of an index lie.
struct IndexLayout {
    const ItemCodec* codec;
    int dims;
    uint32 generation;
    BlockNumber first_block;
    ExtentShape shape;
};
IndexLayout index_layout(Relation index, const IndexMeta& meta);

// What takes longer to find out and stays while generation and dims do; one chunk of memory, kept in rd_amcache. The
// server frees it whenever it hears that the index has changed, which may be in any call that takes a lock or looks
// something up, detoasting among them. So use it before the next one.
struct IndexCache {
    int dims;
    uint32 generation;
    CodeBasis basis;
    uint32 blocks;    // from first_block on, that have a place in `buffers`
    Buffer* buffers;  // where this session found those last, or invalid
};
const IndexCache* index_cache(Relation index, const IndexMeta& meta);

inline BlockNumber sketch_block(const IndexLayout& layout, uint32 extent) {
    return layout.first_block + extent * static_cast<uint32>(layout.shape.pages());
}
inline BlockNumber detail_block(const IndexLayout& layout, uint32 extent, int slot) {
    return sketch_block(layout, extent) + 1 + static_cast<uint32>(slot / layout.shape.rows);
}

// A sketch page's parts beside the codes, which the codec knows.
struct SketchPage {
    float* scales;
    uint32* keys;  // of an index with keys
    PageTail* tail;
};
inline SketchPage sketch_page(const ExtentShape& shape, Page page) {
    char* content = page_content(page);
    return {reinterpret_cast<float*>(content + shape.scales_at()), reinterpret_cast<uint32*>(content + shape.keys_at()),
            page_tail(page)};
}
// A slot's note on its detail page.
inline DetailNote* note_of(const ExtentShape& shape, Page page, int slot) {
    return detail_note(shape, page_content(page), slot % shape.rows);
}
inline ItemPointerData note_row(const DetailNote* note) {
    ItemPointerData row;
    static_assert(sizeof row == sizeof note->row);
    memcpy(&row, note->row, sizeof row);
    return row;
}
// Whether a table can have such a row. On a damaged page there may be others, and the highest block is the server's word for a
// new one.
inline bool is_possible(const ItemPointerData& row) {
    return ItemPointerGetBlockNumberNoCheck(&row) <= MaxBlockNumber &&
           ItemPointerGetOffsetNumberNoCheck(&row) <= MaxOffsetNumber;
}

// Writes a slot that is free, and one that is taken free again; both pages are to be logged by the caller.
void fill_slot(const IndexLayout& layout, int slot, const ItemCode& code, uint32 key, const ItemPointerData& row,
               Page sketch, Page detail);
void clear_slot(const ExtentShape& shape, int slot, Page sketch, Page detail);

// An index has one column of vectors, and perhaps a second one of keys, of which it stores a hash: a scan for the keys of
// an array passes others over, and the executor looks at those it returns again.
inline bool has_keys(Relation index) {
    return RelationGetDescr(index)->natts > 1;
}
// An error where the columns are others.
void check_columns(Relation index);
// The hash of a value of the second column.
uint32 hash_key(Relation index, Datum key);
// The hash of a row's key; 0 for NULL and in an index without keys.
uint32 key_of(Relation index, const Datum* values, const bool* nulls);

// The code of a column's value: of the dimension that the codes are for, of another, or nullptr for NULL.
struct Hrr;
void make_code(const IndexLayout& layout, const CodeBasis& basis, const Hrr* vector, ItemCode* code);

// An error where vectors have more dimensions than codes are for.
void check_dims(const ItemCodec& codec, int dims);

// Pinned pages, locked; an error where a page is not what it should be.
[[noreturn]] void raise_damaged(Relation index, BlockNumber block);
void check_page(Relation index, Buffer buffer, PageKind kind, uint32 generation);
Buffer read_page(Relation index, BlockNumber block, PageKind kind, uint32 generation, int lock,
                 BufferAccessStrategy strategy = nullptr);
Buffer read_sketch(Relation index, const IndexLayout& layout, uint32 extent, int lock,
                   BufferAccessStrategy strategy = nullptr);
Buffer read_detail(Relation index, const IndexLayout& layout, uint32 extent, int slot, int lock,
                   BufferAccessStrategy strategy = nullptr);
// A block that nobody reads, which may be one behind the end; zeroed and locked for writing.
Buffer new_page(Relation index, BlockNumber block);

// The access method's functions, by file: build.cpp, insert.cpp, scan.cpp, vacuum.cpp.
IndexBuildResult* am_build(Relation heap, Relation index, IndexInfo* info);
void am_build_empty(Relation index);
bool am_insert(Relation index, Datum* values, bool* nulls, ItemPointer row, Relation heap, IndexUniqueCheck unique,
               bool unchanged, IndexInfo* info);
IndexScanDesc am_begin_scan(Relation index, int keys, int orderings);
void am_rescan(IndexScanDesc scan, ScanKey keys, int key_count, ScanKey orderings, int ordering_count);
bool am_get_tuple(IndexScanDesc scan, ScanDirection direction);
void am_end_scan(IndexScanDesc scan);
IndexBulkDeleteResult* am_bulk_delete(IndexVacuumInfo* info, IndexBulkDeleteResult* stats,
                                      IndexBulkDeleteCallback callback, void* callback_state);
IndexBulkDeleteResult* am_vacuum_cleanup(IndexVacuumInfo* info, IndexBulkDeleteResult* stats);

}  // namespace holomamba::postgres
