// Options between jsonb and the core.
#pragma once

#include "model/options.hpp"
#include "postgres/store/stored.hpp"

namespace holomamba::postgres {

// Sets every option of a JSON object that is stored in column `number` (jsonb). Raises an error where it is no such object,
// for unknown names and for values out of range.
void read_options(const Rows& rows, uint64 row, int number, Options* options);

}  // namespace holomamba::postgres
