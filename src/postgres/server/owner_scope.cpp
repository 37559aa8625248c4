#include "postgres/server/owner_scope.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "utils/syscache.h"
}

namespace holomamba::postgres {

Oid owner_of(Oid relation) {
    HeapTuple row = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
    if (!HeapTupleIsValid(row)) return InvalidOid;
    const Oid owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(row))->relowner;
    ReleaseSysCache(row);
    return owner;
}

OwnerScope enter_owner(Oid owner) {
    OwnerScope scope;
    GetUserIdAndSecContext(&scope.user, &scope.security);
    SetUserIdAndSecContext(owner, scope.security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
    scope.settings = pin_search_path();
    return scope;
}

// What the role's code has set, and left set, must not be there for the caller: as where the server itself runs it, to vacuum
// or to index.
void leave_owner(const OwnerScope& scope) {
    AtEOXact_GUC(false, scope.settings);
    SetUserIdAndSecContext(scope.user, scope.security);
}

}  // namespace holomamba::postgres
