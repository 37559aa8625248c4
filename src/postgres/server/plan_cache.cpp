#include "postgres/server/plan_cache.hpp"

extern "C" {
#include "common/hashfn.h"
#include "utils/memutils.h"
}

namespace holomamba::postgres {
namespace {

struct Entry {
    uint64 hash;
    char* text;  // nullptr: free
    SPIPlanPtr plan;
    uint64 used;
    int running;  // executions under way: a policy or a function in a view may call us again
};

// A model has some ten statements in use: verb, filters, type of ids and size of k.
constexpr int kEntries = 128;
Entry entries[kEntries];
uint64 uses = 0;

uint64 hash_of(const char* text) {
    return hash_bytes_extended(reinterpret_cast<const unsigned char*>(text), static_cast<int>(std::strlen(text)), 0);
}

// The entry to put a new plan into: a free one, or that of the plan not used for longest.
Entry* make_room() {
    Entry* oldest = nullptr;
    for (Entry& entry : entries) {
        if (entry.text == nullptr) return &entry;
        if (entry.running == 0 && (oldest == nullptr || entry.used < oldest->used)) oldest = &entry;
    }
    if (oldest == nullptr)
        ereport(ERROR, (errcode(ERRCODE_STATEMENT_TOO_COMPLEX), errmsg("too many statements at once")));
    SPI_freeplan(oldest->plan);
    pfree(oldest->text);
    oldest->text = nullptr;
    return oldest;
}

SPIPlanPtr prepare(const char* sql, int count, const Oid* types) {
    SPIPlanPtr plan = SPI_prepare_cursor(sql, count, const_cast<Oid*>(types), CURSOR_OPT_GENERIC_PLAN);
    if (plan == nullptr) elog(ERROR, "query not prepared: %s: %s", SPI_result_code_string(SPI_result), sql);
    return plan;
}

Entry* find_or_prepare(const char* sql, const Parameters* p) {
    const uint64 hash = hash_of(sql);
    for (Entry& entry : entries)
        if (entry.text != nullptr && entry.hash == hash && std::strcmp(entry.text, sql) == 0) return &entry;
    SPIPlanPtr plan = prepare(sql, p->count, p->types);
    char* text = MemoryContextStrdup(TopMemoryContext, sql);
    Entry* entry = make_room();
    SPI_keepplan(plan);
    *entry = {hash, text, plan, 0, 0};
    return entry;
}

// Apart from the search for the entry: what a jump back might spoil stays out of this frame.
pg_noinline int run(Entry* entry, Parameters* p, uint64 limit) {
    volatile int result = 0;
    entry->running++;
    PG_TRY();
    { result = SPI_execute_plan(entry->plan, p->values, p->nulls, true, static_cast<long>(limit)); }
    PG_FINALLY();
    { entry->running--; }
    PG_END_TRY();
    return result;
}

}  // namespace

SPIPlanPtr keep_plan(const char* sql, int count, const Oid* types) {
    SPIPlanPtr plan = prepare(sql, count, types);
    SPI_keepplan(plan);
    return plan;
}

void execute_planned(PlannedStatement* statement) {
    const int level = pin_search_path();
    if (statement->plan == nullptr) statement->plan = keep_plan(statement->sql, 0, nullptr);
    const int result = SPI_execute_plan(statement->plan, nullptr, nullptr, false, 0);
    restore_search_path(level);
    if (result < 0) elog(ERROR, "query failed: %s: %s", SPI_result_code_string(result), statement->sql);
}

void query_planned(const char* sql, Parameters* p, uint64 limit) {
    Entry* entry = find_or_prepare(sql, p);
    entry->used = ++uses;
    const int result = run(entry, p, limit);
    if (result != SPI_OK_SELECT) elog(ERROR, "query failed: %s: %s", SPI_result_code_string(result), sql);
}

Portal open_cursor(const char* sql, Parameters* p) {
    return SPI_cursor_open_with_args(nullptr, sql, p->count, p->types, p->values, p->nulls, true, 0);
}

}  // namespace holomamba::postgres
