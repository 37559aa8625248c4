// Where the extension's own objects are. Its schema is asked of pg_extension, and never of a table that another role owns.
#pragma once

#include "postgres/server/guard.hpp"

namespace holomamba::postgres {

// The schema that the extension was installed into, which holds its types; an error where it is not there.
Oid extension_schema();

// A type of that schema, such as "hrr".
Oid extension_type(const char* name);

}  // namespace holomamba::postgres
