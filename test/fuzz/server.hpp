// A stand-in for the server, just large enough for the input functions of our types: allocation, errors, messages and
// arrays, as PostgreSQL documents them. The functions of src/postgres are linked with it unchanged, so that what is
// fuzzed is what runs in the server, but with every allocation of its own size under the address sanitizer, and no
// server to start.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>

extern "C" {
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
}

namespace fuzz {

// Where an ERROR goes. Nothing with a destructor may be alive in between.
extern std::jmp_buf on_error;

// The message of the last error.
const char* error_message();

// Frees what was allocated by palloc() and its like.
void free_all();

// Calls an SQL function. Arguments are not NULL; context is null, so that all errors are raised.
template <typename... Arguments>
Datum call(PGFunction function, Arguments... arguments) {
    LOCAL_FCINFO(fcinfo, sizeof...(arguments));
    InitFunctionCallInfoData(*fcinfo, nullptr, sizeof...(arguments), InvalidOid, nullptr, nullptr);
    int i = 0;
    ((fcinfo->args[i].value = arguments, fcinfo->args[i].isnull = false, i++), ...);
    return function(fcinfo);
}

}  // namespace fuzz
