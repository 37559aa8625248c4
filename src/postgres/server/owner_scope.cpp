#include "postgres/server/owner_scope.hpp"

namespace holomamba::postgres {

OwnerScope enter_owner(Oid owner) {
    OwnerScope scope;
    GetUserIdAndSecContext(&scope.user, &scope.security);
    SetUserIdAndSecContext(owner, scope.security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
    scope.settings = pin_search_path();
    return scope;
}

void leave_owner(const OwnerScope& scope) {
    restore_search_path(scope.settings);
    SetUserIdAndSecContext(scope.user, scope.security);
}

}  // namespace holomamba::postgres
