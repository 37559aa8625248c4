#include "postgres/server/held_table.hpp"

#include "postgres/server/arrays.hpp"

extern "C" {
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
}

namespace holomamba::postgres {

bool hold_table(Oid table) {
    if (get_rel_relkind(table) == 0) return false;
    if (pg_class_aclcheck(table, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
        pg_attribute_aclcheck_all(table, GetUserId(), ACL_SELECT, ACLMASK_ANY) != ACLCHECK_OK)
        return false;
    LockRelationOid(table, AccessShareLock);
    return true;
}

}  // namespace holomamba::postgres

HOLOMAMBA_FUNCTION(holomamba_hold_tables)
Datum holomamba_hold_tables(PG_FUNCTION_ARGS) {
    const holomamba::postgres::Elements tables = holomamba::postgres::elements_of(PG_GETARG_ARRAYTYPE_P(0));
    for (int i = 0; i < tables.count; i++)
        if (!tables.is_null(i)) holomamba::postgres::hold_table(DatumGetObjectId(tables.values[i]));
    PG_RETURN_VOID();
}

HOLOMAMBA_FUNCTION(holomamba_column_type)
Datum holomamba_column_type(PG_FUNCTION_ARGS) {
    const Oid table = PG_GETARG_OID(0);
    const AttrNumber column = get_attnum(table, NameStr(*PG_GETARG_NAME(1)));
    if (column <= 0) PG_RETURN_NULL();
    PG_RETURN_OID(get_atttype(table, column));
}
