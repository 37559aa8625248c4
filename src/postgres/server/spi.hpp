// Queries against the catalogue and the user's tables, in a few words. The caller has connected to SPI.
#pragma once

#include "postgres/server/guard.hpp"

extern "C" {
#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/guc.h"
}

namespace holomamba::postgres {

// A query's parameters; plain data, filled by the add functions in order.
struct Parameters {
    static constexpr int kMost = 16;
    int count = 0;
    Oid types[kMost];
    Datum values[kMost];
    char nulls[kMost];
};

inline void add(Parameters* p, Oid type, Datum value, bool null = false) {
    if (p->count == Parameters::kMost) elog(ERROR, "too many parameters");
    p->types[p->count] = type;
    p->values[p->count] = value;
    p->nulls[p->count++] = null ? 'n' : ' ';
}
inline void add_text(Parameters* p, const char* text) {
    add(p, TEXTOID, CStringGetTextDatum(text));
}
inline void add_int(Parameters* p, int32 value) {
    add(p, INT4OID, Int32GetDatum(value));
}
inline void add_bigint(Parameters* p, int64 value) {
    add(p, INT8OID, Int64GetDatum(value));
}
inline void add_real(Parameters* p, double value, bool null = false) {
    add(p, FLOAT4OID, Float4GetDatum(static_cast<float4>(value)), null);
}

// Operators and functions in our queries are the server's own, whatever the caller's search_path says. By a setting saved
// and restored, since a procedure that commits cannot have a SET clause; an error restores it as well.
inline int pin_search_path() {
    const int level = NewGUCNestLevel();
    (void)set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
                            false);
    return level;
}
inline void restore_search_path(int level) {
    AtEOXact_GUC(true, level);
}

// Runs a statement that sees what came before it in this transaction; its rows, if any, are in SPI_tuptable.
inline void execute(const char* sql, Parameters* p = nullptr, bool read_only = false) {
    Parameters none;
    if (p == nullptr) p = &none;
    const int level = pin_search_path();
    const int result = SPI_execute_with_args(sql, p->count, p->types, p->values, p->nulls, read_only, 0);
    restore_search_path(level);
    if (result < 0) elog(ERROR, "query failed: %s: %s", SPI_result_code_string(result), sql);
}

// Runs a SELECT under the caller's snapshot, as a STABLE function must; also in parallel workers and on a standby.
inline void query(const char* sql, Parameters* p) {
    execute(sql, p, true);
}

// Column `number` (from 1) of row `row` of the last result.
inline Datum value_of(uint64 row, int number, bool* null) {
    return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number, null);
}

// The same as text, NULL where it is null.
inline char* text_of(uint64 row, int number) {
    return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number);
}

// Puts the first columns of a row of the last result, as many as it has, into the result of a function.
inline void put_row(ReturnSetInfo* result, uint64 row) {
    Datum values[8];
    bool nulls[8];
    const int columns = result->setDesc->natts;
    if (columns > static_cast<int>(lengthof(values))) elog(ERROR, "too many columns");
    for (int i = 0; i < columns; i++) values[i] = value_of(row, i + 1, &nulls[i]);
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

// Columns of the last result by their names.
inline int column_named(const char* name) {
    const int number = SPI_fnumber(SPI_tuptable->tupdesc, name);
    if (number <= 0) elog(ERROR, "the result has no column \"%s\"", name);
    return number;
}
inline Datum value_of(uint64 row, const char* name, bool* null) {
    return value_of(row, column_named(name), null);
}
inline char* text_of(uint64 row, const char* name) {
    return text_of(row, column_named(name));
}

}  // namespace holomamba::postgres
