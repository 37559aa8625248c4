#include "postgres/server/rows.hpp"

#include "postgres/server/compat.h"

extern "C" {
#include "access/tableam.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
}

namespace holomamba::postgres {

bool find_row(Relation table, TypeCacheEntry* types, Datum key, LOCKMODE mode, TupleTableSlot* row) {
    const Oid primary = primary_key_of(table);
    if (!OidIsValid(primary)) return false;
    Relation index = index_open(primary, mode);
    ScanKeyData equal;
    ScanKeyEntryInitializeWithInfo(&equal, 0, 1, BTEqualStrategyNumber, InvalidOid, index->rd_indcollation[0],
                                   &types->eq_opr_finfo, key);
    IndexScanDesc scan = begin_index_scan(table, index, GetActiveSnapshot(), 1);
    index_rescan(scan, &equal, 1, nullptr, 0);
    const bool found = index_getnext_slot(scan, ForwardScanDirection, row);
    index_endscan(scan);
    index_close(index, NoLock);
    return found;
}

void refuse_to_serialize(const char* what) {
    ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                    errmsg("could not serialize access due to concurrent %s", what)));
    pg_unreachable();
}

}  // namespace holomamba::postgres
