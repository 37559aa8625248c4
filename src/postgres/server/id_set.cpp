#include "postgres/server/id_set.hpp"

#include <bit>

#include "postgres/server/executor_run.hpp"

extern "C" {
#include "catalog/pg_type_d.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"
}

namespace holomamba::postgres {

struct IdSet {
    bool by_value;  // equal ids are equal Datums: bigint, without a call
    bool dense;     // numbers with few gaps: the slot of an id is id - low
    uint64 low;
    uint64* marks;  // of a dense set without places, a bit for each slot
    Oid collation;
    FmgrInfo hash, equal;
    int shift;      // of a hash of 64 bits, to get a slot
    uint64 slots;   // hashed: a power of two, at least twice the number of ids
    int32* places;  // [slots] -1: free
    Datum* ids;     // the elements of the array
};

namespace {

// Equal ids of the type are equal Datums, and lie in an array as they do in memory.
bool is_by_value(Oid type) {
    return type == INT8OID && FLOAT8PASSBYVAL;
}

TypeCacheEntry* functions_of(Oid type) {
    TypeCacheEntry* known = lookup_type_cache(type, TYPECACHE_HASH_PROC | TYPECACHE_EQ_OPR_FINFO);
    if (!OidIsValid(known->hash_proc) || !OidIsValid(known->eq_opr_finfo.fn_oid))
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
                        errmsg("could not identify a hash function for type %s", format_type_be(type))));
    return known;
}

uint64 slot_of(IdSet* set, Datum id) {
    // Multiplied by 2^64 / golden ratio, neighbours are spread over all slots, and what is spread already stays so.
    const uint64 key =
        set->by_value ? static_cast<uint64>(id) : DatumGetUInt32(FunctionCall1Coll(&set->hash, set->collation, id));
    return (key * UINT64CONST(0x9E3779B97F4A7C15)) >> set->shift;
}

bool same(IdSet* set, Datum a, Datum b) {
    return set->by_value ? a == b : DatumGetBool(FunctionCall2Coll(&set->equal, set->collation, a, b));
}

// Slots of a dense table for each id: a bit is cheaper than a place.
constexpr uint64 kMostGaps = 4;
constexpr uint64 kMostGapsOfMarks = 256;

// Whether the ids are numbers that a table by number can hold; its size and first number.
bool are_dense(const Datum* ids, const bool* nulls, int count, uint64 gaps, uint64* slots, uint64* low) {
    int64 least = PG_INT64_MAX, most = PG_INT64_MIN;
    for (int i = 0; i < count; i++) {
        if (nulls != nullptr && nulls[i]) continue;
        least = Min(least, DatumGetInt64(ids[i]));
        most = Max(most, DatumGetInt64(ids[i]));
    }
    *low = static_cast<uint64>(least);
    *slots = static_cast<uint64>(most) - *low + 1;
    return least <= most && static_cast<uint64>(most) - *low < gaps * static_cast<uint64>(count);
}

// The slot where an id is, or where it would be put.
uint64 probe(IdSet* set, Datum id) {
    uint64 slot = slot_of(set, id);
    while (set->places[slot] >= 0 && !same(set, set->ids[set->places[slot]], id)) slot = (slot + 1) & (set->slots - 1);
    return slot;
}

}  // namespace

IdSet* make_id_set(Datum* ids, const bool* nulls, int count, Oid type, Oid collation, MemoryContext context) {
    MemoryContext before = MemoryContextSwitchTo(context);
    auto* set = static_cast<IdSet*>(palloc0(sizeof(IdSet)));
    set->by_value = is_by_value(type);
    set->collation = collation;
    set->ids = ids;
    const TypeCacheEntry* known = functions_of(type);
    fmgr_info_cxt(known->hash_proc, &set->hash, context);
    fmgr_info_cxt(known->eq_opr_finfo.fn_oid, &set->equal, context);
    uint64 range;
    set->dense = set->by_value && are_dense(ids, nulls, count, kMostGaps, &range, &set->low);
    set->slots = set->dense ? range : std::bit_ceil(Max(2 * static_cast<uint64>(count), 16));
    set->shift = 64 - std::countr_zero(set->slots);
    const Size size = sizeof(int32) * set->slots;
    set->places = static_cast<int32*>(palloc_extended(size, MCXT_ALLOC_HUGE));
    std::memset(set->places, 0xff, size);
    for (int32 place = 0; place < count; place++) {
        CHECK_FOR_INTERRUPTS();
        if (nulls != nullptr && nulls[place]) continue;
        const uint64 slot = set->dense ? static_cast<uint64>(ids[place]) - set->low : probe(set, ids[place]);
        if (set->places[slot] < 0) set->places[slot] = place;
    }
    MemoryContextSwitchTo(before);
    return set;
}

IdSet* make_id_set(ArrayType* ids, Oid collation, MemoryContext context) {
    MemoryContext before = MemoryContextSwitchTo(context);
    Datum* elements;
    bool* nulls;
    const int count = elements_of(ids, &elements, &nulls);
    uint64 slots, low;
    if (!is_by_value(ARR_ELEMTYPE(ids)) || !are_dense(elements, nulls, count, kMostGapsOfMarks, &slots, &low)) {
        MemoryContextSwitchTo(before);
        return make_id_set(elements, nulls, count, ARR_ELEMTYPE(ids), collation, context);
    }
    auto* set = static_cast<IdSet*>(palloc0(sizeof(IdSet)));
    set->dense = true;
    set->low = low;
    set->slots = slots;
    set->marks =
        static_cast<uint64*>(palloc_extended(sizeof(uint64) * (slots / 64 + 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO));
    for (int i = 0; i < count; i++) {
        CHECK_FOR_INTERRUPTS();
        if (nulls != nullptr && nulls[i]) continue;
        const uint64 slot = static_cast<uint64>(elements[i]) - low;
        set->marks[slot / 64] |= UINT64CONST(1) << slot % 64;
    }
    MemoryContextSwitchTo(before);
    return set;
}

bool is_element(Datum id, ArrayType* ids, Oid collation) {
    Datum* elements;
    bool* nulls;
    const int count = elements_of(ids, &elements, &nulls);
    const bool by_value = is_by_value(ARR_ELEMTYPE(ids));
    FmgrInfo* equal = &functions_of(ARR_ELEMTYPE(ids))->eq_opr_finfo;
    for (int i = 0; i < count; i++) {
        CHECK_FOR_INTERRUPTS();
        if (nulls != nullptr && nulls[i]) continue;
        if (by_value ? elements[i] == id : DatumGetBool(FunctionCall2Coll(equal, collation, elements[i], id)))
            return true;
    }
    return false;
}

bool has_id(IdSet* set, Datum id) {
    if (set->marks == nullptr) return find_id(set, id) >= 0;
    const uint64 slot = static_cast<uint64>(id) - set->low;
    return slot < set->slots && (set->marks[slot / 64] >> slot % 64 & 1) != 0;
}

int32 find_id(IdSet* set, Datum id) {
    if (set->dense) {
        const uint64 slot = static_cast<uint64>(id) - set->low;
        return slot < set->slots ? set->places[slot] : -1;
    }
    return set->places[probe(set, id)];
}

}  // namespace holomamba::postgres

using namespace holomamba::postgres;

// is_among(id, ids): id = ANY (ids), by a hash table that is made once for a statement whose `ids` is a constant or a
// parameter.
HOLOMAMBA_FUNCTION(holomamba_is_among)
Datum holomamba_is_among(PG_FUNCTION_ARGS) {
    FmgrInfo* function = fcinfo->flinfo;
    auto* set = static_cast<IdSet*>(function->fn_extra);
    if (unlikely(set == nullptr)) {
        if (!is_constant_argument(function, 1))
            PG_RETURN_BOOL(is_element(PG_GETARG_DATUM(0), PG_GETARG_ARRAYTYPE_P(1), PG_GET_COLLATION()));
        MemoryContext before = MemoryContextSwitchTo(function->fn_mcxt);
        set = make_id_set(PG_GETARG_ARRAYTYPE_P(1), PG_GET_COLLATION(), function->fn_mcxt);
        MemoryContextSwitchTo(before);
        function->fn_extra = set;
    }
    PG_RETURN_BOOL(has_id(set, PG_GETARG_DATUM(0)));
}
