// Work in the name of another role: that of a model's owner, or of the extension's.
#pragma once

#include "postgres/server/spi.hpp"

namespace holomamba::postgres {

// The owner of a relation, InvalidOid where it is gone.
Oid owner_of(Oid relation);

// The rights of a role and the server's own search path, until leave_owner() or an error. What that role has hung on its
// tables (triggers, defaults, expressions of indexes) runs with its own rights and may not take back those of the caller:
// that is what the server calls a security-restricted operation. Deferred triggers are refused in it.
struct OwnerScope {
    Oid user;
    int security, settings;
};
OwnerScope enter_owner(Oid owner);
void leave_owner(const OwnerScope& scope);

// Runs function() in the name of a role. An error of the server ends the scope with the transaction, or subtransaction.
template <typename Function>
void as_owner(Oid owner, Function&& function) {
    const OwnerScope scope = enter_owner(owner);
    function();
    leave_owner(scope);
}

}  // namespace holomamba::postgres
