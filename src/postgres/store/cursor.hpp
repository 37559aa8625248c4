// Long results, read through a cursor: a million rows are never in memory at once.
#pragma once

#include "postgres/store/stored.hpp"

extern "C" {
#include "utils/memutils.h"
}

namespace holomamba::postgres {

// Calls body(rows, row) for each row of a query; what it allocates is gone after some rows. Of the errors of the
// readers, origin and version as for last_rows(). A query that only reads sees what the caller's snapshot does.
template <typename Body>
void for_each_row(const char* query, const char* origin, const char* model, int32 version, bool only_reads,
                  Body&& body) {
    const int level = pin_search_path();
    MemoryContext some = AllocSetContextCreate(CurrentMemoryContext, "rows of a query", ALLOCSET_DEFAULT_SIZES);
    Portal cursor = SPI_cursor_open_with_args(nullptr, query, 0, nullptr, nullptr, nullptr, only_reads, 0);
    for (;;) {
        SPI_cursor_fetch(cursor, true, 1000);
        if (SPI_processed == 0) break;
        const Rows rows = last_rows(origin, model, version);
        MemoryContext before = MemoryContextSwitchTo(some);
        for (uint64 row = 0; row < rows.count; row++) body(rows, row);
        MemoryContextSwitchTo(before);
        MemoryContextReset(some);
        SPI_freetuptable(SPI_tuptable);
    }
    SPI_cursor_close(cursor);
    MemoryContextDelete(some);
    restore_search_path(level);
}

}  // namespace holomamba::postgres
