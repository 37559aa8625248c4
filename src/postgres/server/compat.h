// What differs between the server versions we build against, 14 to 18, and nothing else: the rest of src/postgres is
// written for the newest of them. Include after C++ headers.
#pragma once

extern "C" {
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/tuplestore.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif
}

// The SQL functions with parsed bodies need 14.
#if PG_VERSION_NUM < 140000
#error "holomamba needs PostgreSQL 14 or later"
#endif

// 15: reserves a prefix of settings; before, unknown settings under it were only warned about.
#if PG_VERSION_NUM < 150000
#define MarkGUCPrefixReserved(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

// 16: input functions may report bad input to a caller that asked for it (pg_input_is_valid) instead of raising it.
#if PG_VERSION_NUM < 160000
#define ereturn(context, value, ...) \
    do {                             \
        (void)(context);             \
        ereport(ERROR, __VA_ARGS__); \
        return value;                \
    } while (0)
#endif

// 16: the name of a relation's files in its entry of the relation cache.
#if PG_VERSION_NUM < 160000
#define rd_locator rd_node
#define rd_newRelfilelocatorSubid rd_newRelfilenodeSubid
#endif

// 15: sets a function up to return a set of rows as one tuplestore. Only composite results are asked for here.
#if PG_VERSION_NUM < 150000
static inline void InitMaterializedSRF(FunctionCallInfo fcinfo, uint32) {
    ReturnSetInfo* result = (ReturnSetInfo*)fcinfo->resultinfo;
    if (result == nullptr || !IsA(result, ReturnSetInfo) || !(result->allowedModes & SFRM_Materialize))
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("set-valued function called in context that cannot accept a set")));
    MemoryContext before = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
    TupleDesc row;
    if (get_call_result_type(fcinfo, nullptr, &row) != TYPEFUNC_COMPOSITE)
        elog(ERROR, "return type must be a row type");
    result->returnMode = SFRM_Materialize;
    result->setResult = tuplestore_begin_heap((result->allowedModes & SFRM_Materialize_Random) != 0, false, work_mem);
    result->setDesc = row;
    MemoryContextSwitchTo(before);
}
#endif

// 16: an update tells which indexes need a new entry, none, those that summarise, or all; before, whether any does.
#if PG_VERSION_NUM >= 160000
#define UpdatedIndexes TU_UpdateIndexes
#define insert_index_tuples(target, row, executor, indexes) \
    ExecInsertIndexTuples(target, row, executor, true, false, nullptr, NIL, (indexes) == TU_Summarizing)
#else
#define UpdatedIndexes bool
#define insert_index_tuples(target, row, executor, indexes) \
    ((void)(indexes), ExecInsertIndexTuples(target, row, executor, true, false, nullptr, NIL))
#endif

// 18: deferrable primary keys are asked for, and scans can be counted for EXPLAIN.
#if PG_VERSION_NUM >= 180000
#define primary_key_of(table) RelationGetPrimaryKeyIndex(table, false)
#define begin_index_scan(table, index, snapshot, keys) index_beginscan(table, index, snapshot, nullptr, keys, 0)
#else
#define primary_key_of(table) RelationGetPrimaryKeyIndex(table)
#define begin_index_scan(table, index, snapshot, keys) index_beginscan(table, index, snapshot, keys, 0)
#endif

// 16: ownership of every kind of object is asked for by one function.
#if PG_VERSION_NUM >= 160000
#define owns_relation(id) object_ownercheck(RelationRelationId, id, GetUserId())
#else
#define owns_relation(id) pg_class_ownercheck(id, GetUserId())
#endif

// 17: whether this session holds a lock, or a stronger one.
#if PG_VERSION_NUM >= 170000
#define lock_held_by_me(tag, mode) LockHeldByMe(tag, mode, false)
#else
#define lock_held_by_me(tag, mode) LockHeldByMe(tag, mode)
#endif

// 16: the functions that walk through a tree of nodes take the type that they call.
#if PG_VERSION_NUM >= 160000
using TreeWalker = bool (*)(struct Node*, void*);
#define tree_walker(function) (function)
#else
using TreeWalker = bool (*)();
#define tree_walker(function) reinterpret_cast<TreeWalker>(reinterpret_cast<void*>(function))
#endif

// 18: VACUUM and ANALYZE share the pause that they make for others, and say which of them they are.
#if PG_VERSION_NUM >= 180000
#define vacuum_pause() vacuum_delay_point(false)
#else
#define vacuum_pause() vacuum_delay_point()
#endif

// 18: plans are compared by how much of them is disabled before their costs are; before, what is disabled costs more than anything
// else.
#if PG_VERSION_NUM >= 180000
#define avoid_path(path, startup, total) ((void)(startup), (void)(total), (void)(path)->disabled_nodes++)
#else
#define avoid_path(path, startup, total) \
    ((void)(path), (void)(*(startup) += disable_cost), (void)(*(total) += disable_cost))
#endif
