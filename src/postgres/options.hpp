// Options between jsonb and the core.
#pragma once

#include "model/options.hpp"
#include "postgres/guard.hpp"

namespace holomamba::postgres {

// Sets every option of a JSON object, given as text. Raises an error for unknown names and values out of range.
void read_options(const char* json, Options* options);

}  // namespace holomamba::postgres
