// Statements planned once in a session and run many times.
#pragma once

#include "postgres/server/spi.hpp"

namespace holomamba::postgres {

// Runs a SELECT under the caller's snapshot and with the caller's rights, as query() does, with a generic plan that is
// kept for the session; at most `limit` rows, all where it is 0. The text is the key: whatever a plan depends on
// besides the parameters (names of tables, filters, types) is in it, so a renamed table is another text, and the server
// itself plans anew where a definition, a policy or statistics have changed. SPI is connected and the search path
// pinned.
void query_planned(const char* sql, Parameters* p, uint64 limit = 0);

// The same statement as a cursor, to be read with SPI_cursor_fetch. The plan is not kept: what reads this much can
// plan.
Portal open_cursor(const char* sql, Parameters* p);

}  // namespace holomamba::postgres
