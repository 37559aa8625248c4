// Writes to the catalogue. No role but the extension's owner has rights on its tables; what the owner of a model may do to
// its rows is done here, in the name of the extension's owner, after a look at who asks. SPI is connected.
#pragma once

#include "postgres/server/owner_scope.hpp"

namespace holomamba::postgres {

// Raises unless there is such a model (42704) and the current role may manage it (42501).
void assert_may_manage(const char* model);

// The owner of the extension, and so of its catalogue.
Oid catalogue_owner();

// Runs a statement on the catalogue, as its owner. That the caller may have it run has been seen to.
void write_catalogue(const char* sql, Parameters* p);

// A relation of ours by its name, and the table of a model, as of "users", by its suffix; InvalidOid where it is gone.
Oid own_relation(const char* name);
Oid own_table(const char* model, const char* suffix);

// Says that a table of a model is gone, which is an error where something is asked of it.
[[noreturn]] void refuse_gone_table(const char* model, const char* suffix);

// Says that there is no such version of a model, or not all of it yet.
[[noreturn]] void refuse_version(const char* model, int32 version);

// Of what works in the name of a model's owner, who is the current role: raises where a table that it reads belongs to a role
// that is not trusted with the owner's rights (trusted_owners.hpp).
void assert_trusted_owners(const char* model);

// The role that owns a model's tables, in whose name a training works; an error where they are gone.
Oid model_owner(const char* model);

}  // namespace holomamba::postgres
