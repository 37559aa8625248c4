// Whether a command concerns any model. Asked of every command in the database, so without a query.
#pragma once

#include "postgres/server/guard.hpp"

namespace holomamba::postgres {

// Whether a table, or one that it is a part of, or a part of it, holds the events or the items of a model. True also where that
// would take longer to find out than to go on: of composite types.
bool concerns_models(Oid relation);

// Whether a relation has triggers, of whatever kind.
bool has_triggers(Oid relation);

}  // namespace holomamba::postgres
