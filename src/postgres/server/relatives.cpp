#include "postgres/server/relatives.hpp"

#include "postgres/server/compat.h"

extern "C" {
#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_inherits.h"
#include "utils/fmgroids.h"
}

namespace holomamba::postgres {
namespace {

// All that is reached from a table by rows of pg_inherits: from the column `from`, which an index is on, to the other one.
List* reached_from(Oid table, AttrNumber from, Oid index, Oid (*other)(const FormData_pg_inherits*)) {
    List* all = list_make1_oid(table);
    Relation inherits = table_open(InheritsRelationId, AccessShareLock);
    for (int i = 0; i < list_length(all); i++) {
        CHECK_FOR_INTERRUPTS();
        ScanKeyData key;
        ScanKeyInit(&key, from, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(list_nth_oid(all, i)));
        SysScanDesc scan = systable_beginscan(inherits, index, true, nullptr, 1, &key);
        for (HeapTuple row; HeapTupleIsValid(row = systable_getnext(scan));)
            all = list_append_unique_oid(all, other(reinterpret_cast<Form_pg_inherits>(GETSTRUCT(row))));
        systable_endscan(scan);
    }
    table_close(inherits, AccessShareLock);
    return all;
}

}  // namespace

List* ancestors_of(Oid table) {
    return reached_from(table, Anum_pg_inherits_inhrelid, InheritsRelidSeqnoIndexId,
                        [](const FormData_pg_inherits* row) { return row->inhparent; });
}

List* descendants_of(Oid table) {
    return reached_from(table, Anum_pg_inherits_inhparent, InheritsParentIndexId,
                        [](const FormData_pg_inherits* row) { return row->inhrelid; });
}

}  // namespace holomamba::postgres
