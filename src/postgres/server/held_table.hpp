// Tables that a statement to come will read, as what they were found to be.
#pragma once

#include "postgres/server/guard.hpp"

namespace holomamba::postgres {

// Keeps a table as it is until the transaction ends, as a query does that reads it: what is looked at before the query is then
// true in it. False, and nothing, where the current role may read no column of it: its query will be refused.
bool hold_table(Oid table);
// The same of a table that is going to be read: an error where it is not held. The right to read it may come meanwhile.
void assert_held(Oid table, bool held);

// The name by which a statement that names a table of a user's calls it: FROM schema.table AS name_for(table). No lock keeps a
// schema's name, and where it has gone to another schema the statement names another table, which may be a view of a stranger's.
// So whatever is called by such a name has to be that table, or the statement is refused before it is planned.
const char* name_for(Oid table);

// To be called when the module is loaded: has the server ask that.
void watch_names();

}  // namespace holomamba::postgres
