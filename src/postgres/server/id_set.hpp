// Sets of ids, of whatever type a model's ids have.
#pragma once

#include "postgres/server/arrays.hpp"

namespace holomamba::postgres {

// A table from ids to their places in an array. Plain data in one memory context.
struct IdSet;

// The set of the elements, without places, of an array of bigint, uuid or text, by the equality of that type under `collation`; of equal
// elements the first counts, NULLs do not. The array must stay as long as the set.
IdSet* make_id_set(ArrayType* ids, Oid collation, MemoryContext context);
// The same for `count` Datums, which are not copied; no `nulls`: none is NULL.
IdSet* make_id_set(Datum* ids, const bool* nulls, int count, Oid type, Oid collation, MemoryContext context);

// Whether an id is among the elements of an array, without a set: one look at each.
bool is_element(Datum id, ArrayType* ids, Oid collation);

// Whether an id is in the set. It is of the array's element type.
bool has_id(IdSet* set, Datum id);
// The place of an id in the array, from 0, or -1. The id is of the array's element type.
int32 find_id(IdSet* set, Datum id);

}  // namespace holomamba::postgres
