// Rows of the model's tables, found by their keys without a query.
#pragma once

#include "postgres/server/guard.hpp"

extern "C" {
#include "access/genam.h"
#include "executor/tuptable.h"
#include "utils/relcache.h"
#include "utils/typcache.h"
}

namespace holomamba::postgres {

// The row with this primary key, as the active snapshot shows it, into the slot; false where there is none. `types` are
// those of the key, with its equality; `mode` is the lock on the index.
bool find_row(Relation table, TypeCacheEntry* types, Datum key, LOCKMODE mode, TupleTableSlot* row);

// The error (40001) of a snapshot that does not show what others have done since: "update", "delete" or "insert".
[[noreturn]] void refuse_to_serialize(const char* what);

}  // namespace holomamba::postgres
