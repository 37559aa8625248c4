#include "postgres/server/extension.hpp"

#include "postgres/server/compat.h"

extern "C" {
#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_extension.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/syscache.h"
}

namespace holomamba::postgres {
namespace {

// Asked once: an extension that is not relocatable stays where it is. It can be dropped and made anew elsewhere, and then
// its types go.
Oid known_schema = InvalidOid;

void forget_schema(Datum, int, uint32) {
    known_schema = InvalidOid;
}

Oid read_schema() {
    Relation extensions = table_open(ExtensionRelationId, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum("holomamba"));
    SysScanDesc scan = systable_beginscan(extensions, ExtensionNameIndexId, true, nullptr, 1, &key);
    HeapTuple row = systable_getnext(scan);
    const Oid schema =
        HeapTupleIsValid(row) ? reinterpret_cast<Form_pg_extension>(GETSTRUCT(row))->extnamespace : InvalidOid;
    systable_endscan(scan);
    table_close(extensions, AccessShareLock);
    return schema;
}

}  // namespace

Oid extension_schema() {
    static bool watching = false;
    if (!watching) {
        CacheRegisterSyscacheCallback(TYPEOID, forget_schema, Datum{0});
        watching = true;
    }
    if (!OidIsValid(known_schema)) known_schema = read_schema();
    if (!OidIsValid(known_schema))
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("extension \"holomamba\" does not exist")));
    return known_schema;
}

Oid extension_type(const char* name) {
    const Oid type =
        GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name), ObjectIdGetDatum(extension_schema()));
    if (!OidIsValid(type))
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("type \"%s\" of extension \"holomamba\" is gone", name)));
    return type;
}

}  // namespace holomamba::postgres
