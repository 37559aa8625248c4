#include "postgres/live/concerned_models.hpp"

#include "postgres/server/compat.h"
#include "postgres/server/relatives.hpp"
#include "postgres/store/catalogue.hpp"

extern "C" {
#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace holomamba::postgres {
namespace {

struct Catalogue {
    Relation table;
    Oid interactions, items;  // its indexes
    AttrNumber interactions_column, items_column;
};

bool has_row(const Catalogue& catalogue, Oid index, AttrNumber column, Oid relation) {
    ScanKeyData key;
    ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
    SysScanDesc scan = systable_beginscan(catalogue.table, index, OidIsValid(index), nullptr, 1, &key);
    const bool found = HeapTupleIsValid(systable_getnext(scan));
    systable_endscan(scan);
    return found;
}

bool has_model(const Catalogue& catalogue, const List* relations) {
    ListCell* cell;
    foreach (cell, relations) {
        CHECK_FOR_INTERRUPTS();
        if (has_row(catalogue, catalogue.interactions, catalogue.interactions_column, lfirst_oid(cell)) ||
            has_row(catalogue, catalogue.items, catalogue.items_column, lfirst_oid(cell)))
            return true;
    }
    return false;
}

}  // namespace

bool concerns_models(Oid relation) {
    if (get_rel_relkind(relation) == RELKIND_COMPOSITE_TYPE) return true;
    const Oid table = own_relation("model_catalogue");
    if (!OidIsValid(table)) return false;
    const Catalogue catalogue{table_open(table, AccessShareLock), own_relation("model_catalogue_interactions"),
                              own_relation("model_catalogue_items"), get_attnum(table, "interactions"),
                              get_attnum(table, "items")};
    const bool found = has_model(catalogue, ancestors_of(relation)) || has_model(catalogue, descendants_of(relation));
    table_close(catalogue.table, AccessShareLock);
    return found;
}

bool has_triggers(Oid relation) {
    HeapTuple row = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
    if (!HeapTupleIsValid(row)) return false;
    const bool found = reinterpret_cast<Form_pg_class>(GETSTRUCT(row))->relhastriggers;
    ReleaseSysCache(row);
    return found;
}

}  // namespace holomamba::postgres
