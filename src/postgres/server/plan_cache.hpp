// Statements planned once in a session and run many times. SPI is connected.
//
// A plan here is a generic one. The server makes it anew where a definition, a policy or statistics that it depends on
// have changed, so there is nothing to invalidate: whatever else a plan depends on is in the text, names of tables
// above all.
#pragma once

#include "postgres/server/spi.hpp"

namespace holomamba::postgres {

// Plans a statement with parameters of these types. Its holder keeps the plan, and frees it with SPI_freeplan().
SPIPlanPtr keep_plan(const char* sql, int count, const Oid* types);

// A statement without parameters whose text is always the same, planned when it is first run.
struct PlannedStatement {
    const char* sql;
    SPIPlanPtr plan;
};

// Runs it as execute() does.
void execute_planned(PlannedStatement* statement);

// Runs a SELECT under the caller's snapshot and with the caller's rights, as query() does, with a plan that is found by
// the text and kept as long as it is used more than others; at most `limit` rows, all where it is 0. A renamed table is
// another text. The search path is pinned.
void query_planned(const char* sql, Parameters* p, uint64 limit = 0);

// The same statement as a cursor, to be read with SPI_cursor_fetch. The plan is not kept: what reads this much can
// plan.
Portal open_cursor(const char* sql, Parameters* p);

}  // namespace holomamba::postgres
