// CREATE INDEX, REINDEX and refit_index(): a transform fitted to a sample of the rows, then all rows quantised,
// clustered and laid down, as many at a time as maintenance_work_mem holds.
#include <limits>
#include <vector>

#include "postgres/index/open.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/interrupts.hpp"
#include "postgres/server/owned.hpp"
#include "postgres/types/hrr.hpp"
#include "ranking/clustering.hpp"

extern "C" {
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xloginsert.h"
#include "catalog/index.h"
#include "commands/tablecmds.h"
#include "nodes/execnodes.h"
#include "utils/memutils.h"
#include "utils/sampling.h"
#include "utils/snapmgr.h"
}

namespace holomamba::postgres {

namespace {

constexpr Size kSampleFloats = 2 * 1024 * 1024;
constexpr int kSampleRows = 10000;
constexpr int kSampleBlocks = 4096;

struct Sample {
    int dims;  // those of the first vector, where the column's type does not say
    int most_dims;
    int rows, limit;
    int taken_from_block, limit_per_block;
    float* vectors;
};

void take_sample(Relation, ItemPointer, Datum* values, bool* nulls, bool alive, void* state) {
    auto* sample = static_cast<Sample*>(state);
    if (!alive || nulls[0] || sample->taken_from_block >= sample->limit_per_block || sample->rows >= sample->limit)
        return;
    const Hrr* vector = DatumGetHrr(values[0]);
    if (sample->dims == 0) sample->dims = vector->dims;
    if (sample->vectors == nullptr && sample->dims <= sample->most_dims) {
        sample->limit = static_cast<int>(Min(kSampleRows, kSampleFloats / static_cast<Size>(sample->dims)));
        sample->vectors = static_cast<float*>(palloc(sizeof(float) * static_cast<Size>(sample->limit * sample->dims)));
    }
    if (vector->dims == sample->dims && sample->vectors != nullptr) {
        memcpy(sample->vectors + static_cast<Size>(sample->rows) * vector->dims, vector->x,
               sizeof(float) * vector->dims);
        sample->rows++;
        sample->taken_from_block++;
    }
    if (PointerGetDatum(vector) != values[0]) pfree(const_cast<Hrr*>(vector));
}

// Rows from blocks all over the table, in the order of the blocks.
Sample sample_rows(Relation heap, Relation index, IndexInfo* info, const ItemCodec& codec) {
    Sample sample{};
    sample.most_dims = codec.most_dims();
    sample.dims = Max(TupleDescAttr(RelationGetDescr(index), 0)->atttypmod, 0);
    sample.limit = kSampleRows;
    const BlockNumber blocks = RelationGetNumberOfBlocks(heap);
    sample.limit_per_block = blocks <= kSampleBlocks ? kSampleRows : 4;
    BlockSamplerData sampler;
    BlockSampler_Init(&sampler, blocks, kSampleBlocks, 1);
    while (BlockSampler_HasMore(&sampler)) {
        const BlockNumber block = BlockSampler_Next(&sampler);
        sample.taken_from_block = 0;
        // A concurrent build reads the rows of a snapshot.
        table_index_build_range_scan(heap, index, info, false, !info->ii_Concurrent, false, block, 1, take_sample,
                                     &sample, nullptr);
        CHECK_FOR_INTERRUPTS();
    }
    return sample;
}

struct Build {
    Relation index;
    IndexMeta meta;
    BlockNumber next_block, end_block;  // what is left to write to
    FittedBasis* fitted;
    Size floats;  // to be written; 0 where there was no row to fit to
    IndexLayout layout;
    CodeBasis basis;  // points into `fitted`
    struct Clusters* clusters;
    char* records;
    Size stride, count, capacity;
    double tuples;
    MemoryContext context;  // reset after every row
};

Buffer append_page(Build* build, PageKind kind) {
    if (build->next_block == build->end_block)
        ereport(ERROR, (errcode(ERRCODE_INDEX_CORRUPTED),
                        errmsg("index \"%s\" has fewer entries than its table has rows",
                               RelationGetRelationName(build->index)),
                        errhint("Please REINDEX it.")));
    Buffer buffer = new_page(build->index, build->next_block++);
    init_page(BufferGetPage(buffer), kind, build->meta.generation);
    MarkBufferDirty(buffer);
    return buffer;
}

constexpr Size kFloatsOfPage = kContentBytes / sizeof(float);

void append_transform(Build* build) {
    for (Size done = 0; done < build->floats; done += kFloatsOfPage) {
        Buffer buffer = append_page(build, PageKind::transform);
        memcpy(page_content(BufferGetPage(buffer)), build->fitted->floats.data() + done,
               sizeof(float) * Min(build->floats - done, kFloatsOfPage));
        UnlockReleaseBuffer(buffer);
    }
}

// Rows that wait to be laid down. Of each a record of `stride` bytes: this, and the bytes of its code.
struct Record {
    float scale;
    uint32 key;
    ItemPointerData row;
};

struct Clusters {
    std::vector<float> points;
    std::vector<std::uint32_t> order;
};

const Record* record_at(const Build* build, Size i) {
    return reinterpret_cast<const Record*>(build->records + i * build->stride);
}

// Neighbours in the space of the sketch come to lie in one extent; those without a place in it come last.
void order_records(Build* build) {
    const int prefix = build->layout.shape.prefix;
    interruptible_core_call([&](const StopCheck& stop) {
        Clusters* clusters = build->clusters;
        clusters->points.assign(build->count * static_cast<Size>(prefix), 0.0f);
        for (Size i = 0; i < build->count; i++) {
            if (i % 4096 == 0 && stop()) throw Cancelled{};
            const Record* record = record_at(build, i);
            float* point = clusters->points.data() + i * static_cast<Size>(prefix);
            const bool bounded = record->scale > 0 && record->scale < kUnboundedScale;
            if (bounded)
                build->layout.codec->place(build->basis, record->scale, reinterpret_cast<const uint8_t*>(record + 1),
                                           point);
            else
                std::fill_n(point, prefix, std::numeric_limits<float>::max());
        }
        clusters->order =
            cluster(build->count, prefix, clusters->points.data(), static_cast<Size>(build->layout.shape.slots),
                    static_cast<Size>(build->layout.shape.rows), stop);
    });
}

// Writes the rows that wait to new extents.
void lay_down(Build* build) {
    if (build->count == 0) return;
    const ExtentShape& shape = build->layout.shape;
    order_records(build);
    auto* pages = static_cast<Buffer*>(palloc(sizeof(Buffer) * static_cast<Size>(shape.pages())));
    ItemCode code;
    const Size bytes = build->layout.codec->code_bytes(shape);
    for (Size done = 0; done < build->count;) {
        CHECK_FOR_INTERRUPTS();
        for (int i = 0; i < shape.pages(); i++)
            pages[i] = append_page(build, i == 0 ? PageKind::sketch : PageKind::detail);
        for (int slot = 0; slot < shape.slots && done < build->count; slot++, done++) {
            const Record* record = record_at(build, build->clusters->order[done]);
            code.scale = record->scale;
            memcpy(code.bytes, record + 1, bytes);
            fill_slot(build->layout, slot, code, record->key, record->row, BufferGetPage(pages[0]),
                      BufferGetPage(pages[1 + slot / shape.rows]));
        }
        for (int i = 0; i < shape.pages(); i++) UnlockReleaseBuffer(pages[i]);
        build->meta.extents++;
    }
    pfree(pages);
    build->count = 0;
}

void add_row(Relation, ItemPointer row, Datum* values, bool* nulls, bool, void* state) {
    auto* build = static_cast<Build*>(state);
    MemoryContext before = MemoryContextSwitchTo(build->context);
    ItemCode code;
    make_code(build->layout, build->basis, nulls[0] ? nullptr : DatumGetHrr(values[0]), &code);
    auto* record = reinterpret_cast<Record*>(build->records + build->count * build->stride);
    *record = {code.scale, key_of(build->index, values, nulls), *row};
    memcpy(record + 1, code.bytes, build->layout.codec->code_bytes(build->layout.shape));
    build->count++;
    build->tuples++;
    MemoryContextSwitchTo(before);
    MemoryContextReset(build->context);
    if (build->count == build->capacity) lay_down(build);
}

// Fits codes to a sample of the rows, and sets what build->meta and build->layout say of them.
void fit(Build* build, Relation heap, IndexInfo* info) {
    IndexMeta* meta = &build->meta;
    const ItemCodec* codec = item_codec(meta->code);
    const Sample sample = sample_rows(heap, build->index, info, *codec);
    check_dims(*codec, sample.dims);
    build->fitted = make_owned<FittedBasis>(CurrentMemoryContext);
    FittedBasis* fitted = build->fitted;
    if (sample.rows > 0) {
        const bool keyed = has_keys(build->index);
        const auto floats = static_cast<Size>(sample.rows) * static_cast<Size>(sample.dims);
        interruptible_core_call([&](const StopCheck& stop) {
            *fitted = codec->fit(sample.dims, {sample.vectors, floats}, keyed, kContentBytes, stop);
        });
        build->floats = fitted->floats.size();
    } else {
        core_call([&] {
            fitted->form = codec->plain(sample.dims);
            fitted->floats.resize(codec->floats(fitted->form));
            codec->plain_floats(fitted->form, fitted->floats.data());
        });
    }
    meta->form = fitted->form;
    if (sample.vectors != nullptr) pfree(sample.vectors);
    build->layout = index_layout(build->index, *meta);
    build->basis = {meta->form, fitted->floats.data()};
}

// Writes transform and extents of all rows from `block` on, and completes build->meta. Returns the rows of the table.
double lay_out(Build* build, BlockNumber block, Relation heap, IndexInfo* info) {
    IndexMeta* meta = &build->meta;
    meta->transform_block = build->next_block = block;
    append_transform(build);
    meta->first_block = build->layout.first_block = build->next_block;
    const ExtentShape& shape = build->layout.shape;
    build->clusters = make_owned<Clusters>(CurrentMemoryContext);
    build->stride = MAXALIGN(sizeof(Record) + build->layout.codec->code_bytes(shape));
    // Beside a record, the order takes a point and a few words.
    const Size each = build->stride + sizeof(float) * static_cast<Size>(shape.prefix) + 16;
    const auto slots = static_cast<Size>(shape.slots);
    build->capacity = Max(static_cast<Size>(maintenance_work_mem) * 1024 / each / slots, 1) * slots;
    build->records = static_cast<char*>(MemoryContextAllocHuge(CurrentMemoryContext, build->capacity * build->stride));
    build->context = AllocSetContextCreate(CurrentMemoryContext, "holomamba index build", ALLOCSET_DEFAULT_SIZES);
    const double rows = table_index_build_scan(heap, build->index, info, true, true, add_row, build, nullptr);
    lay_down(build);
    pfree(build->records);
    meta->insert_extent = Max(meta->extents, 1u) - 1;
    return rows;
}

// The entries of an index into which nobody writes.
Size count_entries(Relation index, const IndexLayout& layout, uint32 extents) {
    Size entries = 0;
    for (uint32 extent = 0; extent < extents; extent++) {
        CHECK_FOR_INTERRUPTS();
        Buffer sketch = read_sketch(index, layout, extent, BUFFER_LOCK_SHARE);
        entries += page_tail(BufferGetPage(sketch))->used;
        UnlockReleaseBuffer(sketch);
    }
    return entries;
}

// Chooses where a refit writes, and how far: before the present generation, if there is room, or behind it. There it
// leaves room for the next one, and an eighth more: for rows that have come until then, and those that are inserted
// after. So the file has two generations and an eighth, unless the table grows faster than that.
//
// A scan that began before the last refit may still read the generation before the present one. It has a snapshot for
// which that refit's transaction had not ended, so vacuum's horizon tells whether there may be one, here or on a
// standby with hot_standby_feedback; if so, only what is behind all blocks is free. Scans of other standbys find pages
// of another generation and fail (check_page), where for the server's own indexes a conflict with recovery cancels
// them.
BlockNumber choose_region(Build* build, const IndexMeta& present, Relation heap) {
    build->end_block = InvalidBlockNumber;
    if (!GlobalVisCheckRemovableFullXid(heap, present.refitted_by)) return RelationGetNumberOfBlocks(build->index);
    const IndexLayout layout = index_layout(build->index, present);
    // Every row that is to be laid down has its entry now.
    const Size rows = count_entries(build->index, layout, present.extents);
    const ExtentShape& shape = build->layout.shape;
    const auto slots = static_cast<Size>(shape.slots);
    const auto blocks = static_cast<BlockNumber>((build->floats + kFloatsOfPage - 1) / kFloatsOfPage +
                                                 (rows + slots - 1) / slots * static_cast<Size>(shape.pages()));
    constexpr BlockNumber kFront = kMetaBlock + 1;
    // A build without rows has room anywhere, but rows will come behind it.
    if (kFront < present.transform_block && kFront + blocks <= present.transform_block) {
        build->end_block = present.transform_block;
        return kFront;
    }
    return Max(sketch_block(layout, present.extents), kFront + blocks + blocks / 8);
}

}  // namespace

IndexBuildResult* am_build(Relation heap, Relation index, IndexInfo* info) {
    if (RelationGetNumberOfBlocks(index) != 0)
        elog(ERROR, "index \"%s\" already contains data", RelationGetRelationName(index));
    check_columns(index);
    Build build{};
    build.index = index;
    build.meta = empty_meta(kInt8Code, 0);
    UnlockReleaseBuffer(new_page(index, kMetaBlock));
    build.end_block = InvalidBlockNumber;
    fit(&build, heap, info);
    const double rows = lay_out(&build, kMetaBlock + 1, heap, info);

    Buffer buffer = ReadBuffer(index, kMetaBlock);
    LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
    init_meta_page(BufferGetPage(buffer), build.meta);
    MarkBufferDirty(buffer);
    UnlockReleaseBuffer(buffer);
    if (RelationNeedsWAL(index)) log_newpage_range(index, MAIN_FORKNUM, 0, RelationGetNumberOfBlocks(index), true);

    auto* result = static_cast<IndexBuildResult*>(palloc0(sizeof(IndexBuildResult)));
    result->heap_tuples = rows;
    result->index_tuples = build.tuples;
    return result;
}

// What an unlogged index is reset to after a crash.
void am_build_empty(Relation index) {
    Buffer buffer = ReadBufferExtended(index, INIT_FORKNUM, P_NEW, RBM_NORMAL, nullptr);
    LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
    START_CRIT_SECTION();
    init_meta_page(BufferGetPage(buffer),
                   empty_meta(kInt8Code, Max(TupleDescAttr(RelationGetDescr(index), 0)->atttypmod, 0)));
    MarkBufferDirty(buffer);
    log_newpage_buffer(buffer, true);
    END_CRIT_SECTION();
    UnlockReleaseBuffer(buffer);
}

}  // namespace holomamba::postgres

using namespace holomamba::postgres;

namespace {

// Whether a statement under way writes to the index: such a one has it open under this lock.
bool is_written_by_me(Relation index) {
    LOCKTAG tag;
    SET_LOCKTAG_RELATION(tag, index->rd_lockInfo.lockRelId.dbId, index->rd_lockInfo.lockRelId.relId);
    return lock_held_by_me(&tag, RowExclusiveLock);
}

}  // namespace

HOLOMAMBA_FUNCTION(holomamba_refit_index)
Datum holomamba_refit_index(PG_FUNCTION_ARGS) {
    // Writers wait, readers do not.
    const OpenIndex opened = open_index(PG_GETARG_OID(0), MayOpen::owner, ShareRowExclusiveLock);
    Relation heap = opened.heap, index = opened.index;
    // A statement of this session does not wait: one that writes would put its row into the pages that are left. One that
    // reads goes on with them.
    if (is_written_by_me(index)) CheckTableNotInUse(index, "refit");
    IndexInfo* info = BuildIndexInfo(index);
    const IndexMeta present = read_meta(index);
    Build build{};
    build.index = index;
    build.meta = empty_meta(present.code, 0);
    build.meta.generation = present.generation + 1;
    build.meta.refitted_by = GetTopFullTransactionId();
    fit(&build, heap, info);
    const BlockNumber block = choose_region(&build, present, heap);
    lay_out(&build, block, heap, info);
    if (RelationNeedsWAL(index)) log_newpage_range(index, MAIN_FORKNUM, block, build.next_block, true);
    Buffer buffer = read_page(index, kMetaBlock, PageKind::meta, 0, BUFFER_LOCK_EXCLUSIVE);
    write_meta(index, buffer, build.meta);
    UnlockReleaseBuffer(buffer);
    close_index(opened);
    PG_RETURN_VOID();
}
