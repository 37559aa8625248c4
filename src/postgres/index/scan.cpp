// ORDER BY column <#> query: rows in the order of a lower bound of their distance. The executor computes the distance
// itself from each row and holds the row back until no bound to come is lower (xs_recheckorderby), so that what it
// returns is exact.
//
// A scan works in passes. The first reads all sketch pages and keeps the highest bound of each extent. Every pass
// visits the extents in the order of those, and in them the vectors that their sketches do not rule out, and keeps the
// best so many that come after the last row returned. When these are used up, the next pass keeps more. NULLs come
// last.
//
// A condition `key <@ array` on the second column is a set of hashes. The first reading of the sketch pages lists the slots
// whose key has one of them, and passes visit those instead of extents; the executor looks at the keys of what is returned
// (xs_recheck).
#include "postgres/index/index.hpp"
#include "postgres/server/id_set.hpp"
#include "postgres/types/hrr.hpp"
#include "ranking/best_bounds.hpp"

extern "C" {
#include "access/genam.h"
#include "access/htup_details.h"
#include "pgstat.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"
}

namespace holomamba::postgres {

namespace {

constexpr Size kFirstPass = 32;
constexpr Size kGrowth = 8;
constexpr Size kMostSlots = kContentBytes / sizeof(float);  // of an extent of any shape
constexpr Size kMostDead = 1024;

// The hashes of an array's elements, as the low bits of each: most others are not in it.
struct KeySet {
    uint64* bits;
    uint32 mask;
};
// Few keys among many rows take many bits each, or most of what is found is another key; at the size of a processor's cache
// the number falls.
constexpr uint32 kBitsOfKey = 256, kFewestBitsOfKey = 16, kCachedBits = 1 << 19;

// A slot, and what its sketch says.
struct SketchedSlot {
    float bound, scale;
    int32_t found;
    uint32 extent;
    int slot;
};

enum class Phase { start, bounded, unordered, end };

struct Scan {
    MemoryContext context;     // of all below; lives as long as the scan
    MemoryContext conditions;  // of what the keys are made into; reset when there are others
    Phase phase;
    bool null_query;  // no order: all rows, in that of the pages
    IndexLayout layout;
    uint32 extents;
    Size extents_allocated;
    float* extent_bounds;  // highest sketch bound of an extent
    uint32* extent_order;  // a heap, the highest first
    bool* extent_nulls;
    void* query;  // as the codec has it
    double unit;  // of the bounds of sketches
    BestBounds best;
    Size best_allocated;
    Size next;       // of best.items
    bool exhausted;  // the last pass kept all there was
    Candidate last;  // the last one of the passes before
    bool has_last;
    uint32 unordered_extent;
    Candidate* dead;  // rows that the executor found dead, to be marked
    Size dead_count;
    KeySet* key_sets;  // one for each condition on the key
    int key_count;
    SketchedSlot* keyed;  // slots whose key may satisfy the conditions
    Size keyed_count, keyed_allocated;
    int32_t* found;  // of one extent
    float* bounds;
    IndexTuple nothing;  // what the index gives back of a row's columns
};

Scan* state_of(IndexScanDesc scan) {
    return static_cast<Scan*>(scan->opaque);
}

void allocate_best(Scan* scan, Size capacity) {
    if (capacity > scan->best_allocated) {
        if (scan->best.items != nullptr) pfree(scan->best.items);
        scan->best.items = static_cast<Candidate*>(MemoryContextAllocHuge(scan->context, capacity * sizeof(Candidate)));
        scan->best_allocated = capacity;
    }
    scan->best.capacity = capacity;
    scan->best.count = 0;
    scan->next = 0;
}

// The most candidates that a pass may keep.
Size most_candidates() {
    return Max(kFirstPass, static_cast<Size>(work_mem) * 1024 / sizeof(Candidate));
}

KeySet make_key_set(Relation index, ArrayType* array) {
    Datum* elements;
    bool* nulls;
    const int count = elements_of(array, &elements, &nulls);
    FmgrInfo* hash = index_getprocinfo(index, 2, kHashProc);
    const uint32 keys = pg_nextpower2_32(Max(static_cast<uint32>(count), 1));
    const uint32 size = Max(keys * kFewestBitsOfKey, Min(keys, kCachedBits / kBitsOfKey) * kBitsOfKey);
    const KeySet set{static_cast<uint64*>(palloc0(size / 8)), size - 1};
    for (int i = 0; i < count; i++) {
        if (nulls != nullptr && nulls[i]) continue;
        const uint32 bit = DatumGetUInt32(FunctionCall1Coll(hash, index->rd_indcollation[1], elements[i])) & set.mask;
        set.bits[bit / 64] |= UINT64CONST(1) << bit % 64;
    }
    return set;
}

bool has_hash(const KeySet& set, uint32 hash) {
    const uint32 bit = hash & set.mask;
    return (set.bits[bit / 64] >> bit % 64 & 1) != 0;
}

// The highest bound of a sketch page; scan->bounds and scan->found have those of its slots. Another page is brought to
// the caches meanwhile, if there is one.
float sketch_extent(Scan* scan, Page page, Page next = nullptr) {
    return scan->layout.codec->sketch(scan->layout.shape, scan->query, page_content(page), scan->found, scan->bounds,
                                      next, next == nullptr ? 0 : BLCKSZ);
}

// Lists the slots of an extent that has just been sketched.
void list_keyed(Scan* scan, uint32 extent, Page page) {
    const SketchPage sketch = sketch_page(scan->layout.shape, page);
    const auto slots = static_cast<Size>(scan->layout.shape.slots);
    if (scan->keyed_count + slots > scan->keyed_allocated) {
        const Size size = Max(scan->keyed_allocated * 2, scan->keyed_count + slots);
        scan->keyed = static_cast<SketchedSlot*>(
            scan->keyed == nullptr ? MemoryContextAllocHuge(scan->context, size * sizeof(SketchedSlot))
                                   : repalloc_huge(scan->keyed, size * sizeof(SketchedSlot)));
        scan->keyed_allocated = size;
    }
    // Without a branch, which nobody could foretell.
    uint16 found[kMostSlots];
    Size count = 0;
    const KeySet set = scan->key_sets[0];
    for (Size slot = 0; slot < slots; slot++) {
        found[count] = static_cast<uint16>(slot);
        count += has_hash(set, sketch.keys[slot]);
    }
    for (Size i = 0; i < count; i++) {
        const int slot = found[i];
        bool in_all = sketch.scales[slot] > 0;
        for (int k = 1; k < scan->key_count; k++) in_all = in_all && has_hash(scan->key_sets[k], sketch.keys[slot]);
        if (in_all)
            scan->keyed[scan->keyed_count++] = {scan->bounds[slot], sketch.scales[slot], scan->found[slot], extent,
                                                slot};
    }
}

// Where this session keeps in which buffer it last found a block of the extents; nullptr where it keeps nothing of it.
Buffer* last_buffer(IndexScanDesc desc, BlockNumber block) {
    const auto* cache = static_cast<const IndexCache*>(desc->indexRelation->rd_amcache);
    const IndexLayout& layout = state_of(desc)->layout;
    const uint32 place = block - layout.first_block;
    if (cache == nullptr || cache->generation != layout.generation || place >= cache->blocks) return nullptr;
    return &cache->buffers[place];
}

// Pins a block of the extents. What is still where this session found it last is found without the server's table of
// buffers, whose parts would have to come from memory for each page of a large index.
Buffer pin_block(IndexScanDesc desc, BlockNumber block) {
    Relation index = desc->indexRelation;
    Buffer* last = last_buffer(desc, block);
    if (last != nullptr && BufferIsValid(*last) && ReadRecentBuffer(index->rd_locator, MAIN_FORKNUM, block, *last))
        return *last;
    Buffer buffer = ReadBuffer(index, block);
    last = last_buffer(desc, block);
    if (last != nullptr) *last = buffer;
    return buffer;
}

// The same, locked to be read, and checked.
Buffer lock_block(IndexScanDesc desc, BlockNumber block, PageKind kind) {
    Buffer buffer = pin_block(desc, block);
    LockBuffer(buffer, BUFFER_LOCK_SHARE);
    check_page(desc->indexRelation, buffer, kind, state_of(desc)->layout.generation);
    return buffer;
}

void read_sketches(IndexScanDesc desc) {
    Scan* scan = state_of(desc);
    Relation index = desc->indexRelation;
    scan->keyed_count = 0;
    const auto pin = [&](uint32 extent) { return pin_block(desc, sketch_block(scan->layout, extent)); };
    Buffer next = scan->extents > 0 ? pin(0) : InvalidBuffer;
    for (uint32 extent = 0; extent < scan->extents; extent++) {
        CHECK_FOR_INTERRUPTS();
        Buffer buffer = next;
        next = extent + 1 < scan->extents ? pin(extent + 1) : InvalidBuffer;
        LockBuffer(buffer, BUFFER_LOCK_SHARE);
        check_page(index, buffer, PageKind::sketch, scan->layout.generation);
        Page page = BufferGetPage(buffer);
        scan->extent_bounds[extent] = sketch_extent(scan, page, BufferIsValid(next) ? BufferGetPage(next) : nullptr);
        if (scan->key_count > 0) list_keyed(scan, extent, page);
        scan->extent_nulls[extent] = page_tail(page)->nulls > 0;
        UnlockReleaseBuffer(buffer);
        scan->extent_order[extent] = extent;
    }
}

// What a slot of the extent has on the detail page that is locked.
bool read_row(IndexScanDesc desc, Page page, int slot, Candidate* candidate) {
    const DetailNote* note = note_of(state_of(desc)->layout.shape, page, slot);
    if (note->dead && desc->ignore_killed_tuples) return false;
    memcpy(candidate->row, note->row, sizeof note->row);
    const ItemPointerData row = note_row(note);
    if (unlikely(!is_possible(row)))
        raise_damaged(desc->indexRelation, detail_block(state_of(desc)->layout, candidate->extent, slot));
    return ItemPointerIsValid(&row);
}

// Offers a vector to the best, by the bound of its whole code. The buffer is its detail page, locked.
void offer(IndexScanDesc desc, const SketchedSlot& sketched, Buffer buffer) {
    Scan* scan = state_of(desc);
    const ExtentShape& shape = scan->layout.shape;
    Page page = BufferGetPage(buffer);
    Candidate candidate;
    candidate.bound = scan->layout.codec->bound(shape, scan->query, sketched.bound, sketched.scale, sketched.found,
                                                page_content(page), sketched.slot % shape.rows);
    candidate.extent = sketched.extent;
    candidate.slot = static_cast<uint16>(sketched.slot);
    candidate.page_version = BufferGetLSNAtomic(buffer);
    if (candidate.bound < scan->best.threshold()) return;
    if (scan->has_last && !comes_before(scan->last, candidate)) return;
    if (read_row(desc, page, sketched.slot, &candidate)) scan->best.offer(candidate);
}

// Offers the vectors of an extent that may have a place among the best.
void visit_extent(IndexScanDesc desc, uint32 extent) {
    Scan* scan = state_of(desc);
    const ExtentShape& shape = scan->layout.shape;
    float scales[kMostSlots];
    Buffer buffer = lock_block(desc, sketch_block(scan->layout, extent), PageKind::sketch);
    sketch_extent(scan, BufferGetPage(buffer));
    memcpy(scales, sketch_page(shape, BufferGetPage(buffer)).scales, sizeof(float) * static_cast<Size>(shape.slots));
    UnlockReleaseBuffer(buffer);

    buffer = InvalidBuffer;
    BlockNumber block = InvalidBlockNumber;
    for (int slot = 0; slot < shape.slots; slot++) {
        const double sketch_bound = scan->bounds[slot] * scan->unit;
        if (!(scales[slot] > 0) || sketch_bound < scan->best.threshold()) continue;
        if (detail_block(scan->layout, extent, slot) != block) {
            if (BufferIsValid(buffer)) UnlockReleaseBuffer(buffer);
            block = detail_block(scan->layout, extent, slot);
            buffer = lock_block(desc, block, PageKind::detail);
        }
        offer(desc, {scan->bounds[slot], scales[slot], scan->found[slot], extent, slot}, buffer);
    }
    if (BufferIsValid(buffer)) UnlockReleaseBuffer(buffer);
}

void visit_extents(IndexScanDesc desc) {
    Scan* scan = state_of(desc);
    const auto lower = [scan](uint32 a, uint32 b) { return scan->extent_bounds[a] < scan->extent_bounds[b]; };
    uint32* end = scan->extent_order + scan->extents;
    std::make_heap(scan->extent_order, end, lower);
    for (; end > scan->extent_order; end--) {
        CHECK_FOR_INTERRUPTS();
        const uint32 extent = scan->extent_order[0];
        const double bound = scan->extent_bounds[extent] * scan->unit;
        if (bound == -std::numeric_limits<double>::infinity() || bound < scan->best.threshold()) break;
        visit_extent(desc, extent);
        std::pop_heap(scan->extent_order, end, lower);
    }
}

// Offers listed slots up to the first that is ruled out.
void visit_slots(IndexScanDesc desc, const SketchedSlot* begin, const SketchedSlot* end) {
    Scan* scan = state_of(desc);
    for (const SketchedSlot* at = begin; at < end && !(at->bound * scan->unit < scan->best.threshold()); at++) {
        CHECK_FOR_INTERRUPTS();
        Buffer buffer = lock_block(desc, detail_block(scan->layout, at->extent, at->slot), PageKind::detail);
        offer(desc, *at, buffer);
        UnlockReleaseBuffer(buffer);
    }
}

// The likeliest first; then, in order, those that they do not rule out. A page read is dearer than the sorting that saves
// it.
void visit_keyed(IndexScanDesc desc) {
    Scan* scan = state_of(desc);
    const auto higher = [](const SketchedSlot& a, const SketchedSlot& b) { return a.bound > b.bound; };
    SketchedSlot* end = scan->keyed + scan->keyed_count;
    SketchedSlot* likely = scan->keyed + Min(scan->best.capacity, scan->keyed_count);
    if (likely < end) std::nth_element(scan->keyed, likely, end, higher);
    visit_slots(desc, scan->keyed, likely);
    const double threshold = scan->best.threshold(), unit = scan->unit;
    SketchedSlot* possible =
        std::partition(likely, end, [=](const SketchedSlot& slot) { return !(slot.bound * unit < threshold); });
    std::sort(likely, possible, higher);
    visit_slots(desc, likely, possible);
}

void run_pass(IndexScanDesc desc, Size capacity) {
    Scan* scan = state_of(desc);
    allocate_best(scan, capacity);
    if (scan->key_count > 0)
        visit_keyed(desc);
    else
        visit_extents(desc);
    scan->exhausted = !scan->best.full();
    scan->best.sort();
}

// The rows without an order, an extent at a time: the NULLs, or for a NULL query all rows.
void read_unordered(IndexScanDesc desc, uint32 extent) {
    Scan* scan = state_of(desc);
    const ExtentShape& shape = scan->layout.shape;
    allocate_best(scan, static_cast<Size>(shape.slots));
    if (!scan->null_query && !scan->extent_nulls[extent]) return;
    float scales[kMostSlots];
    Buffer buffer = lock_block(desc, sketch_block(scan->layout, extent), PageKind::sketch);
    memcpy(scales, sketch_page(shape, BufferGetPage(buffer)).scales, sizeof(float) * static_cast<Size>(shape.slots));
    UnlockReleaseBuffer(buffer);
    for (int first = 0; first < shape.slots; first += shape.rows) {
        buffer = lock_block(desc, detail_block(scan->layout, extent, first), PageKind::detail);
        for (int slot = first; slot < first + shape.rows; slot++) {
            if (scan->null_query ? scales[slot] == 0 : !(scales[slot] < 0)) continue;
            Candidate candidate{0, extent, static_cast<uint16>(slot), {}, BufferGetLSNAtomic(buffer)};
            if (read_row(desc, BufferGetPage(buffer), slot, &candidate))
                scan->best.items[scan->best.count++] = candidate;
        }
        UnlockReleaseBuffer(buffer);
    }
}

// Takes the scan to its next candidate; false at the end.
bool advance(IndexScanDesc desc) {
    Scan* scan = state_of(desc);
    for (;;) {
        if (scan->phase != Phase::start && scan->next < scan->best.count) return true;
        switch (scan->phase) {
            case Phase::start:
                if (scan->null_query) {
                    scan->phase = Phase::unordered;
                } else {
                    read_sketches(desc);
                    run_pass(desc, kFirstPass);
                    scan->phase = Phase::bounded;
                }
                break;
            case Phase::bounded:
                if (scan->exhausted) {
                    scan->phase = Phase::unordered;
                } else {
                    scan->last = scan->best.items[scan->best.count - 1];
                    scan->has_last = true;
                    run_pass(desc, Min(scan->best.capacity * kGrowth, most_candidates()));
                }
                break;
            case Phase::unordered:
                CHECK_FOR_INTERRUPTS();
                if (scan->unordered_extent == scan->extents)
                    scan->phase = Phase::end;
                else
                    read_unordered(desc, scan->unordered_extent++);
                break;
            case Phase::end:
                return false;
        }
    }
}

// Leaves a mark where the executor found a row dead to everybody, so that later scans need not look again. Only on a
// page that nobody has changed since: its slot may have another row by now, and one of the same place.
void mark_dead(IndexScanDesc desc) {
    Scan* scan = state_of(desc);
    for (Size i = 0; i < scan->dead_count; i++) {
        const Candidate& candidate = scan->dead[i];
        Buffer buffer = ReadBuffer(desc->indexRelation, detail_block(scan->layout, candidate.extent, candidate.slot));
        LockBuffer(buffer, BUFFER_LOCK_SHARE);
        if (BufferGetLSNAtomic(buffer) == candidate.page_version) {
            note_of(scan->layout.shape, BufferGetPage(buffer), candidate.slot)->dead = 1;
            MarkBufferDirtyHint(buffer, true);
        }
        UnlockReleaseBuffer(buffer);
    }
    scan->dead_count = 0;
}

void remember_dead(IndexScanDesc desc) {
    Scan* scan = state_of(desc);
    // Pages of an unlogged table carry no version.
    if (!RelationNeedsWAL(desc->indexRelation) || scan->next == 0 || scan->dead_count == kMostDead) return;
    if (scan->dead == nullptr)
        scan->dead = static_cast<Candidate*>(MemoryContextAlloc(scan->context, kMostDead * sizeof(Candidate)));
    scan->dead[scan->dead_count++] = scan->best.items[scan->next - 1];
}

// The planner takes an index for one that gives columns back where a query needs none, as count(*) with the condition of a
// partial index. Then the executor wants a tuple to look at, and NULLs do.
void set_nothing(IndexScanDesc desc) {
    Scan* scan = state_of(desc);
    if (!desc->xs_want_itup || scan->nothing != nullptr) return;
    MemoryContext before = MemoryContextSwitchTo(scan->context);
    Datum values[INDEX_MAX_KEYS] = {};
    bool nulls[INDEX_MAX_KEYS];
    memset(nulls, true, sizeof nulls);
    desc->xs_itupdesc = RelationGetDescr(desc->indexRelation);
    scan->nothing = index_form_tuple(desc->xs_itupdesc, values, nulls);
    MemoryContextSwitchTo(before);
}

// Takes the conditions on the key over. False where one of them is NULL: no row satisfies it.
bool set_keys(IndexScanDesc desc) {
    Scan* scan = state_of(desc);
    scan->key_count = 0;
    scan->key_sets = static_cast<KeySet*>(palloc(sizeof(KeySet) * static_cast<Size>(desc->numberOfKeys)));
    for (int i = 0; i < desc->numberOfKeys; i++) {
        const ScanKey key = &desc->keyData[i];
        if ((key->sk_flags & SK_ISNULL) != 0) return false;
        ArrayType* array = DatumGetArrayTypeP(key->sk_argument);
        scan->key_sets[scan->key_count++] = make_key_set(desc->indexRelation, array);
    }
    return true;
}

void set_query(IndexScanDesc desc, const Hrr* query) {
    Scan* scan = state_of(desc);
    const IndexMeta meta = read_meta(desc->indexRelation);
    scan->extents = meta.extents;
    scan->layout = index_layout(desc->indexRelation, meta);
    const ItemCodec& codec = *scan->layout.codec;
    scan->query = MemoryContextAlloc(scan->conditions, codec.query_bytes());
    // Fetched last, as nothing below it looks things up.
    const CodeBasis& basis = index_cache(desc->indexRelation, meta)->basis;
    scan->null_query = query == nullptr;
    if (scan->null_query) return;
    // Of other dimensions, the operator is to find fault with the first row that is there.
    scan->unit =
        query->dims == basis.form.dims ? codec.ask(basis, query->x, scan->query) : codec.ask_anything(scan->query);
}

void allocate_extents(Scan* scan) {
    if (scan->found == nullptr) {
        scan->found = static_cast<int32_t*>(MemoryContextAlloc(scan->context, sizeof(int32_t) * kMostSlots));
        scan->bounds = static_cast<float*>(MemoryContextAlloc(scan->context, sizeof(float) * kMostSlots));
    }
    if (scan->extents <= scan->extents_allocated) return;
    const Size count = scan->extents;
    if (scan->extents_allocated > 0) {
        pfree(scan->extent_bounds);
        pfree(scan->extent_order);
        pfree(scan->extent_nulls);
    }
    scan->extents_allocated = 0;
    scan->extent_bounds = static_cast<float*>(MemoryContextAllocHuge(scan->context, sizeof(float) * count));
    scan->extent_order = static_cast<uint32*>(MemoryContextAllocHuge(scan->context, sizeof(uint32) * count));
    scan->extent_nulls = static_cast<bool*>(MemoryContextAllocHuge(scan->context, sizeof(bool) * count));
    scan->extents_allocated = count;
}

}  // namespace

IndexScanDesc am_begin_scan(Relation index, int keys, int orderings) {
    IndexScanDesc desc = RelationGetIndexScan(index, keys, orderings);
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "holomamba scan", ALLOCSET_DEFAULT_SIZES);
    auto* scan = static_cast<Scan*>(MemoryContextAllocZero(context, sizeof(Scan)));
    scan->context = context;
    scan->conditions = AllocSetContextCreate(context, "holomamba scan conditions", ALLOCSET_SMALL_SIZES);
    if (orderings > 0) {
        const auto count = static_cast<Size>(orderings);
        desc->xs_orderbyvals = static_cast<Datum*>(MemoryContextAllocZero(context, sizeof(Datum) * count));
        desc->xs_orderbynulls = static_cast<bool*>(MemoryContextAlloc(context, sizeof(bool) * count));
        memset(desc->xs_orderbynulls, true, sizeof(bool) * count);
    }
    desc->opaque = scan;
    return desc;
}

void am_rescan(IndexScanDesc desc, ScanKey keys, int key_count, ScanKey orderings, int ordering_count) {
    Scan* scan = state_of(desc);
    mark_dead(desc);
    if (orderings != nullptr && ordering_count > 0)
        memmove(desc->orderByData, orderings, sizeof(ScanKeyData) * static_cast<Size>(ordering_count));
    if (keys != nullptr && key_count > 0)
        memmove(desc->keyData, keys, sizeof(ScanKeyData) * static_cast<Size>(key_count));
    pgstat_count_index_scan(desc->indexRelation);

    MemoryContextReset(scan->conditions);
    MemoryContext before = MemoryContextSwitchTo(scan->conditions);
    const bool ordered = desc->numberOfOrderBys > 0 && (desc->orderByData[0].sk_flags & SK_ISNULL) == 0;
    const Hrr* query = ordered ? DatumGetHrr(desc->orderByData[0].sk_argument) : nullptr;
    scan->phase = set_keys(desc) ? Phase::start : Phase::end;
    set_query(desc, query);
    MemoryContextSwitchTo(before);
    allocate_extents(scan);
    set_nothing(desc);
    scan->best.count = scan->next = 0;
    scan->has_last = false;
    scan->unordered_extent = 0;
}

bool am_get_tuple(IndexScanDesc desc, ScanDirection direction) {
    Scan* scan = state_of(desc);
    if (!ScanDirectionIsForward(direction)) elog(ERROR, "an index of holomamba is scanned forward only");
    if (desc->kill_prior_tuple) remember_dead(desc);
    if (!advance(desc)) return false;
    const Candidate& candidate = scan->best.items[scan->next++];
    memcpy(&desc->xs_heaptid, candidate.row, sizeof candidate.row);
    desc->xs_itup = scan->nothing;
    desc->xs_recheck = desc->numberOfKeys > 0;
    for (int i = 0; i < desc->numberOfOrderBys; i++) {
        // Where there are more operators than one, nothing is known of the others.
        desc->xs_orderbynulls[i] = scan->phase != Phase::bounded;
        desc->xs_orderbyvals[i] = Float8GetDatum(i == 0 ? -candidate.bound : -std::numeric_limits<double>::infinity());
    }
    desc->xs_recheckorderby = desc->numberOfOrderBys > 0;
    return true;
}

void am_end_scan(IndexScanDesc desc) {
    mark_dead(desc);
    MemoryContextDelete(state_of(desc)->context);
}

}  // namespace holomamba::postgres
