// The access method's description of itself: what it can do, what it costs, which operator classes it takes.
#include <cmath>

#include "postgres/index/index.hpp"

extern "C" {
#include "access/amvalidate.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_type_d.h"
#include "commands/vacuum.h"
#include "nodes/pathnodes.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/selfuncs.h"
#include "utils/spccache.h"
#include "utils/syscache.h"
}

namespace holomamba::postgres {

namespace {

// The pages that a scan may read, of sketches and of details: of the file's own only those of the present generation.
struct LivePages {
    double sketches, details;
};
LivePages live_pages(const IndexOptInfo* index) {
    if (index->hypothetical) return {std::ceil(index->pages * 0.3), std::floor(index->pages * 0.7)};
    Relation relation = index_open(index->indexoid, NoLock);  // the planner holds a lock
    const IndexMeta meta = read_meta(relation);
    const ExtentShape shape = index_layout(relation, meta).shape;
    index_close(relation, NoLock);
    return {1.0 * meta.extents, 1.0 * meta.extents * shape.detail_pages};
}

// Before the first row, a scan reads the sketches of all vectors and the rest of a few; thereafter it has its rows at
// hand.
void estimate_cost(PlannerInfo* root, IndexPath* path, double, Cost* startup, Cost* total, Selectivity* selectivity,
                   double* correlation, double* pages) {
    const IndexOptInfo* index = path->indexinfo;
    double random_page = 0, sequential_page = 0;
    get_tablespace_page_costs(index->reltablespace, &random_page, &sequential_page);
    const LivePages live = live_pages(index);
    *startup =
        live.sketches * sequential_page + live.details * 0.1 * random_page + 0.1 * cpu_operator_cost * index->tuples;
    *total = *startup + live.details * 0.9 * sequential_page + cpu_index_tuple_cost * index->tuples;
    *selectivity = clauselist_selectivity(root, get_quals_from_indexclauses(path->indexclauses),
                                          static_cast<int>(index->rel->relid), JOIN_INNER, nullptr);
    *correlation = 0.0;
    *pages = live.sketches + live.details;
    // A scan in no order, as for a partial index, works but has no advantage.
    if (path->indexorderbys == NIL) avoid_path(&path->path, startup, total);
}

bytea* read_options(Datum options, bool validate) {
    local_relopts none;
    init_local_reloptions(&none, sizeof(int32));
    build_local_reloptions(&none, options, validate);
    return nullptr;
}

// An operator of a class of vectors, which orders by a double precision, or of a class of keys, which looks for a key in an
// array.
bool is_valid(const FormData_pg_amop* member, Oid type) {
    if (member->amopstrategy == kByInnerProduct)
        return member->amoppurpose == AMOP_ORDER && get_op_rettype(member->amopopr) == FLOAT8OID &&
               opfamily_can_sort_type(member->amopsortfamily, FLOAT8OID) &&
               check_amop_signature(member->amopopr, FLOAT8OID, type, type);
    return member->amopstrategy == kAmong && member->amoppurpose == AMOP_SEARCH &&
           check_amop_signature(member->amopopr, BOOLOID, ANYELEMENTOID, ANYARRAYOID);
}

// Holds for a class of vectors with an operator and no support function, and for a class of keys with an operator and a
// hash function.
bool validate_class(Oid class_id) {
    HeapTuple tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(class_id));
    if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for operator class %u", class_id);
    const auto* form = reinterpret_cast<Form_pg_opclass>(GETSTRUCT(tuple));
    const Oid family = form->opcfamily, type = form->opcintype;
    ReleaseSysCache(tuple);

    CatCList* operators = SearchSysCacheList1(AMOPSTRATEGY, ObjectIdGetDatum(family));
    bool valid = operators->n_members > 0;
    bool of_keys = false;
    for (int i = 0; i < operators->n_members; i++) {
        const auto* member = reinterpret_cast<Form_pg_amop>(GETSTRUCT(&operators->members[i]->tuple));
        of_keys = of_keys || member->amopstrategy == kAmong;
        if (is_valid(member, type)) continue;
        ereport(INFO, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
                       errmsg("operator %s of family %u cannot serve access method holomamba",
                              format_operator(member->amopopr), family)));
        valid = false;
    }
    ReleaseCatCacheList(operators);
    const Oid hash = get_opfamily_proc(family, type, type, kHashProc);
    if (OidIsValid(hash) != of_keys || (of_keys && !check_amproc_signature(hash, INT4OID, false, 1, 1, type))) {
        ereport(INFO, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
                       errmsg("a class of keys has a hash function of its type, and a class of vectors has none")));
        valid = false;
    }
    return valid;
}

}  // namespace
}  // namespace holomamba::postgres

using namespace holomamba::postgres;

HOLOMAMBA_FUNCTION(holomamba_index_handler)
Datum holomamba_index_handler(PG_FUNCTION_ARGS) {
    IndexAmRoutine* routine = makeNode(IndexAmRoutine);
    routine->amstrategies = kAmong;
    routine->amsupport = kHashProc;
    routine->amcanmulticol = true;
    routine->amcanorderbyop = true;
    routine->amoptionalkey = true;  // NULLs are indexed, too
    routine->amparallelvacuumoptions = VACUUM_OPTION_PARALLEL_BULKDEL | VACUUM_OPTION_PARALLEL_CLEANUP;
    routine->amkeytype = InvalidOid;
    routine->ambuild = am_build;
    routine->ambuildempty = am_build_empty;
    routine->aminsert = am_insert;
    routine->ambulkdelete = am_bulk_delete;
    routine->amvacuumcleanup = am_vacuum_cleanup;
    routine->amcostestimate = estimate_cost;
    routine->amoptions = read_options;
    routine->amvalidate = validate_class;
    routine->ambeginscan = am_begin_scan;
    routine->amrescan = am_rescan;
    routine->amgettuple = am_get_tuple;
    routine->amendscan = am_end_scan;
    PG_RETURN_POINTER(routine);
}
