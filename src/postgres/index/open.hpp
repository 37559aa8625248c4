// An index opened for a function that anybody may call.
#pragma once

#include "postgres/index/index.hpp"
#include "postgres/server/owner_scope.hpp"

namespace holomamba::postgres {

// An index of this access method and its table. What the index is made of is the owner's code, and some of it may run as soon
// as its columns are asked for: until the index is closed all runs with the owner's rights, as in REINDEX.
struct OpenIndex {
    Relation heap, index;
    OwnerScope scope;
};
enum class MayOpen { owner, readers };
OpenIndex open_index(Oid index_id, MayOpen may, LOCKMODE heap_lock);
// Keeps the locks.
void close_index(const OpenIndex& opened);

}  // namespace holomamba::postgres
