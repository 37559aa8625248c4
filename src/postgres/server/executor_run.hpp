// Whether a function is called by a statement that runs, or by a bare expression, as those of PL/pgSQL.
#pragma once

#include "postgres/server/guard.hpp"

namespace holomamba::postgres {

// To be called when the module is loaded.
void watch_executor();

// Whether argument `number` of the call has one value for as long as function->fn_extra lives: it is a constant, or a
// parameter of the statement that is running. A bare expression is evaluated many times from one FmgrInfo, each time with
// other parameters.
bool is_constant_argument(FmgrInfo* function, int number);

}  // namespace holomamba::postgres
