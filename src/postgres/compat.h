// What differs between the server versions we build against, 13 to 18, and nothing else: the rest of src/postgres is
// written for the newest of them. Include after C++ headers.
#pragma once

extern "C" {
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif
}

#if PG_VERSION_NUM < 130000
#error "holomamba needs PostgreSQL 13 or later"
#endif

// 15: reserves a prefix of settings; before, unknown settings under it were only warned about.
#if PG_VERSION_NUM < 150000
#define MarkGUCPrefixReserved(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

// 16: input functions may report bad input to a caller that asked for it (pg_input_is_valid) instead of raising it.
#if PG_VERSION_NUM < 160000
#define ereturn(context, value, ...) \
    do {                             \
        (void)(context);             \
        ereport(ERROR, __VA_ARGS__); \
        return value;                \
    } while (0)
#endif
