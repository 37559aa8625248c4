// Whose tables may be read in the name of another role.
#pragma once

#include "postgres/server/guard.hpp"

namespace holomamba::postgres {

// What a role has put into indexes, constraints, bounds of partitions and policies of a table runs with the rights of the role
// that reads the table, from the moment a query of it is planned. So the owner of a model reads no table of a role that has not
// all his rights already: one of the name given, a member of it, or a superuser.
//
// Raises (42501) unless all parts of a table belong to such roles.
void assert_trusted_owners(Oid table, Oid reader);

}  // namespace holomamba::postgres
