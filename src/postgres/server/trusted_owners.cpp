#include "postgres/server/trusted_owners.hpp"

#include "postgres/server/compat.h"
#include "postgres/server/owner_scope.hpp"
#include "postgres/server/relatives.hpp"

extern "C" {
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
}

namespace holomamba::postgres {
namespace {

const char* name_of(Oid table) {
    return quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)), get_rel_name(table));
}

[[noreturn]] void refuse(Oid table, Oid owner, Oid reader) {
    const char *role = GetUserNameFromId(owner, false), *model_role = GetUserNameFromId(reader, false);
    const char* give = psprintf("ALTER TABLE %s OWNER TO %s;", name_of(table), quote_identifier(model_role));
    ereport(
        ERROR,
        (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
         errmsg("table \"%s\" belongs to role \"%s\", and the model to role \"%s\"", get_rel_name(table), role,
                model_role),
         errdetail("What a role puts into indexes, constraints and policies of its tables would run with the rights of "
                   "the owner of the model, who reads them."),
         superuser_arg(reader) ? errhint("%s", give)
                               : errhint("%s Or, if the one role may do all that the other may: GRANT %s TO %s;", give,
                                         quote_identifier(model_role), quote_identifier(role))));
}

}  // namespace

void assert_trusted_owners(Oid table, Oid reader) {
    ListCell* cell;
    // What is gone, is not read.
    foreach (cell, descendants_of(table)) {
        const Oid part = lfirst_oid(cell), owner = owner_of(part);
        if (OidIsValid(owner) && owner != reader && !has_privs_of_role(owner, reader)) refuse(part, owner, reader);
    }
}

}  // namespace holomamba::postgres

HOLOMAMBA_FUNCTION(holomamba_assert_trusted_owners)
Datum holomamba_assert_trusted_owners(PG_FUNCTION_ARGS) {
    holomamba::postgres::assert_trusted_owners(PG_GETARG_OID(0), PG_GETARG_OID(1));
    PG_RETURN_VOID();
}
