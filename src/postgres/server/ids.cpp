#include "postgres/server/ids.hpp"

extern "C" {
#include "catalog/pg_type_d.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
}

namespace holomamba::postgres {

Oid id_family(Oid type) {
    switch (type) {
        case INT2OID:
        case INT4OID:
        case INT8OID:
            return INT8OID;
        case TEXTOID:
        case VARCHAROID:
            return TEXTOID;
        case UUIDOID:
            return UUIDOID;
        default:
            return InvalidOid;
    }
}

Datum read_id(Datum id, Oid type) {
    Oid input, parameter;
    getTypeInputInfo(type, &input, &parameter);
    return OidInputFunctionCall(input, TextDatumGetCString(id), parameter, -1);
}

}  // namespace holomamba::postgres

using namespace holomamba::postgres;

HOLOMAMBA_FUNCTION(holomamba_id_family)
Datum holomamba_id_family(PG_FUNCTION_ARGS) {
    const Oid family = id_family(PG_GETARG_OID(0));
    if (!OidIsValid(family)) PG_RETURN_NULL();
    PG_RETURN_OID(family);
}

HOLOMAMBA_FUNCTION(holomamba_base_type)
Datum holomamba_base_type(PG_FUNCTION_ARGS) {
    const Oid type = PG_GETARG_OID(0);
    if (!get_typisdefined(type)) PG_RETURN_NULL();
    PG_RETURN_OID(getBaseType(type));
}
