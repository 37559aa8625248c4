// Tables that a statement to come will read, as what they were found to be.
#pragma once

#include "postgres/server/guard.hpp"

namespace holomamba::postgres {

// Keeps a table as it is until the transaction ends, as a query does that reads it: what is looked at before the query is then
// true in it. False, and nothing, where the current role may read no column of it: its query will be refused.
bool hold_table(Oid table);

}  // namespace holomamba::postgres
