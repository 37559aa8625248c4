// CREATE INDEX and REINDEX: a transform fitted to a sample of the rows, then all rows quantised, clustered and laid
// down, as many at a time as maintenance_work_mem holds.
#include <limits>
#include <vector>

#include "postgres/hrr.hpp"
#include "postgres/index.hpp"
#include "postgres/owned.hpp"
#include "ranking/clustering.hpp"

extern "C" {
#include "access/tableam.h"
#include "access/xloginsert.h"
#include "catalog/index.h"
#include "commands/progress.h"
#include "nodes/execnodes.h"
#include "utils/backend_progress.h"
#include "utils/memutils.h"
#include "utils/sampling.h"
}

namespace holomamba::postgres {

namespace {

constexpr Size kSampleFloats = 2 * 1024 * 1024;
constexpr int kSampleRows = 10000;
constexpr int kSampleBlocks = 4096;

struct Sample {
    int dims;  // those of the first vector, where the column's type does not say
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
    if (sample->vectors == nullptr && sample->dims <= kMaxQuantisedDims) {
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
Sample sample_rows(Relation heap, Relation index, IndexInfo* info) {
    Sample sample{};
    sample.dims = Max(TupleDescAttr(RelationGetDescr(index), 0)->atttypmod, 0);
    sample.limit = kSampleRows;
    const BlockNumber blocks = RelationGetNumberOfBlocks(heap);
    sample.limit_per_block = blocks <= kSampleBlocks ? kSampleRows : 4;
    BlockSamplerData sampler;
    BlockSampler_Init(&sampler, blocks, kSampleBlocks, 1);
    while (BlockSampler_HasMore(&sampler)) {
        const BlockNumber block = BlockSampler_Next(&sampler);
        sample.taken_from_block = 0;
        table_index_build_range_scan(heap, index, info, false, true, false, block, 1, take_sample, &sample, nullptr);
        CHECK_FOR_INTERRUPTS();
    }
    return sample;
}

// A page at the end of the index, which nobody else knows of yet.
Buffer append_page(Relation index, ForkNumber fork, PageKind kind) {
    Buffer buffer = ReadBufferExtended(index, fork, P_NEW, RBM_NORMAL, nullptr);
    LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
    init_page(BufferGetPage(buffer), kind);
    MarkBufferDirty(buffer);
    return buffer;
}

void append_transform(Relation index, const FittedTransform* fitted) {
    const std::vector<float>* parts[] = {&fitted->spread, &fitted->normals};
    constexpr Size kFloats = kContentBytes / sizeof(float);
    Buffer buffer = InvalidBuffer;
    Size place = 0;
    for (const std::vector<float>* part : parts)
        for (const float x : *part) {
            if (place % kFloats == 0) {
                if (BufferIsValid(buffer)) UnlockReleaseBuffer(buffer);
                buffer = append_page(index, MAIN_FORKNUM, PageKind::transform);
            }
            reinterpret_cast<float*>(page_content(BufferGetPage(buffer)))[place++ % kFloats] = x;
        }
    UnlockReleaseBuffer(buffer);
}

// Rows that wait to be laid down. Of each a record of `stride` bytes: its row, what Code holds beside its elements, and
// these.
struct Record {
    float scale;
    ItemPointerData row;
    uint8_t rest, prefix_error, rest_error;
};

struct Clusters {
    std::vector<float> points;
    std::vector<std::uint32_t> order;
};

struct Build {
    Relation index;
    IndexLayout layout;  // its transform points into memory of the build
    Clusters* clusters;
    char* records;
    Size stride, count, capacity;
    uint32 extents;
    double tuples;
    MemoryContext context;  // reset after every row
};

const Record* record_at(const Build* build, Size i) {
    return reinterpret_cast<const Record*>(build->records + i * build->stride);
}

// Neighbours in the space of the sketch come to lie in one extent; those without a place in it come last.
void order_records(Build* build) {
    const int prefix = build->layout.shape.prefix;
    const int dims = Min(prefix, build->layout.dims);
    core_call([&] {
        Clusters* clusters = build->clusters;
        clusters->points.assign(build->count * static_cast<Size>(prefix), 0.0f);
        for (Size i = 0; i < build->count; i++) {
            const Record* record = record_at(build, i);
            const auto* elements = reinterpret_cast<const int8_t*>(record + 1);
            float* point = clusters->points.data() + i * static_cast<Size>(prefix);
            const bool bounded = record->scale > 0 && record->scale < kUnboundedScale;
            for (int j = 0; j < prefix; j++)
                point[j] = !bounded ? std::numeric_limits<float>::max()
                           : j < dims
                               ? record->scale * static_cast<float>(elements[j]) * build->layout.transform.spread[j]
                               : 0.0f;
        }
        clusters->order =
            cluster(build->count, prefix, clusters->points.data(), static_cast<Size>(build->layout.shape.slots),
                    static_cast<Size>(build->layout.shape.rows));
    });
}

// Writes the rows that wait to new extents.
void lay_down(Build* build) {
    if (build->count == 0) return;
    const ExtentShape& shape = build->layout.shape;
    order_records(build);
    auto* pages = static_cast<Buffer*>(palloc(sizeof(Buffer) * static_cast<Size>(shape.pages())));
    Code code;
    for (Size done = 0; done < build->count;) {
        CHECK_FOR_INTERRUPTS();
        for (int i = 0; i < shape.pages(); i++)
            pages[i] = append_page(build->index, MAIN_FORKNUM, i == 0 ? PageKind::sketch : PageKind::detail);
        for (int slot = 0; slot < shape.slots && done < build->count; slot++, done++) {
            const Record* record = record_at(build, build->clusters->order[done]);
            code.scale = record->scale;
            code.rest = record->rest;
            code.prefix_error = record->prefix_error;
            code.rest_error = record->rest_error;
            memcpy(code.elements, record + 1, static_cast<Size>(shape.prefix + shape.rest));
            fill_slot(shape, slot, code, record->row, BufferGetPage(pages[0]),
                      BufferGetPage(pages[1 + slot / shape.rows]));
        }
        for (int i = 0; i < shape.pages(); i++) UnlockReleaseBuffer(pages[i]);
        build->extents++;
    }
    pfree(pages);
    build->count = 0;
}

void add_row(Relation, ItemPointer row, Datum* values, bool* nulls, bool, void* state) {
    auto* build = static_cast<Build*>(state);
    MemoryContext before = MemoryContextSwitchTo(build->context);
    Code code;
    make_code(build->layout, values[0], nulls[0], &code);
    auto* record = reinterpret_cast<Record*>(build->records + build->count * build->stride);
    *record = {code.scale, *row, code.rest, code.prefix_error, code.rest_error};
    memcpy(record + 1, code.elements, static_cast<Size>(build->layout.shape.prefix + build->layout.shape.rest));
    build->count++;
    build->tuples++;
    MemoryContextSwitchTo(before);
    MemoryContextReset(build->context);
    if (build->count == build->capacity) lay_down(build);
}

}  // namespace

IndexBuildResult* am_build(Relation heap, Relation index, IndexInfo* info) {
    if (RelationGetNumberOfBlocks(index) != 0)
        elog(ERROR, "index \"%s\" already contains data", RelationGetRelationName(index));
    const Sample sample = sample_rows(heap, index, info);
    if (sample.dims > kMaxQuantisedDims)
        ereport(ERROR,
                (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("hrr of %d dimensions cannot be indexed", sample.dims),
                 errdetail("An index holds vectors of at most %d dimensions.", kMaxQuantisedDims)));
    IndexMeta meta = empty_meta(sample.dims);
    UnlockReleaseBuffer(append_page(index, MAIN_FORKNUM, PageKind::meta));
    auto* fitted = make_owned<FittedTransform>(CurrentMemoryContext);
    if (sample.rows > 0) {
        core_call([&] {
            *fitted = fit_transform(sample.dims,
                                    {sample.vectors, static_cast<Size>(sample.rows) * static_cast<Size>(sample.dims)});
        });
        append_transform(index, fitted);
        meta.prefix = static_cast<uint16>(fitted->prefix);
        meta.reflections = static_cast<uint16>(fitted->normals.size() / static_cast<Size>(sample.dims));
        meta.first_block = RelationGetNumberOfBlocks(index);
    } else {
        core_call([&] { fitted->spread.assign(static_cast<Size>(sample.dims), 1.0f); });
    }
    if (sample.vectors != nullptr) pfree(sample.vectors);

    Build build{};
    build.index = index;
    build.layout = {sample.dims,
                    meta.first_block,
                    extent_shape(sample.dims, meta.prefix, kContentBytes),
                    {sample.dims, meta.prefix, meta.reflections, fitted->normals.data(), fitted->spread.data()}};
    build.clusters = make_owned<Clusters>(CurrentMemoryContext);
    build.stride = MAXALIGN(sizeof(Record) + static_cast<Size>(build.layout.shape.prefix + build.layout.shape.rest));
    // Beside a record, the order takes a point and a few words.
    const Size each = build.stride + sizeof(float) * static_cast<Size>(build.layout.shape.prefix) + 16;
    const auto slots = static_cast<Size>(build.layout.shape.slots);
    build.capacity = Max(static_cast<Size>(maintenance_work_mem) * 1024 / each / slots, 1) * slots;
    build.records = static_cast<char*>(MemoryContextAllocHuge(CurrentMemoryContext, build.capacity * build.stride));
    build.context = AllocSetContextCreate(CurrentMemoryContext, "holomamba index build", ALLOCSET_DEFAULT_SIZES);
    const double rows = table_index_build_scan(heap, index, info, true, true, add_row, &build, nullptr);
    lay_down(&build);
    meta.extents = build.extents;
    meta.insert_extent = Max(build.extents, 1u) - 1;

    Buffer buffer = read_page(index, kMetaBlock, PageKind::meta, BUFFER_LOCK_EXCLUSIVE);
    memcpy(page_content(BufferGetPage(buffer)), &meta, sizeof meta);
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
    init_meta_page(BufferGetPage(buffer), empty_meta(Max(TupleDescAttr(RelationGetDescr(index), 0)->atttypmod, 0)));
    MarkBufferDirty(buffer);
    log_newpage_buffer(buffer, true);
    END_CRIT_SECTION();
    UnlockReleaseBuffer(buffer);
}

}  // namespace holomamba::postgres
