// The module: what the server checks and runs when it loads us.
#include "postgres/compat.h"
#include "postgres/guard.hpp"

extern "C" {
HOLOMAMBA_EXPORT const Pg_magic_struct* PG_MAGIC_FUNCTION_NAME(void);
PG_MODULE_MAGIC;
HOLOMAMBA_EXPORT void _PG_init(void);
}

void _PG_init(void) {
    MarkGUCPrefixReserved("holomamba");
}
