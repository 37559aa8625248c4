// What a table is a part of, and its parts: partitions and inheritance children, at any distance. From the catalogue alone: the
// tables need not be locked, nor be there any more, as the server's own functions want them.
#pragma once

#include "postgres/server/guard.hpp"

namespace holomamba::postgres {

// Lists of OIDs, each with the table itself first.
List* ancestors_of(Oid table);
List* descendants_of(Oid table);

}  // namespace holomamba::postgres
