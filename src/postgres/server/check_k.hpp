// How many items may be asked for.
#pragma once

#include "postgres/server/guard.hpp"

namespace holomamba::postgres {

// Raises unless k is given and in its range.
void check_k(bool given, int32 k);

}  // namespace holomamba::postgres
