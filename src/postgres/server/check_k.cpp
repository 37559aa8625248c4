#include "postgres/server/check_k.hpp"

namespace holomamba::postgres {

void check_k(bool given, int32 k) {
    constexpr int32 kMost = 10000;
    if (given && k >= 1 && k <= kMost) return;
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("k must be between 1 and %d, not %s", kMost, given ? psprintf("%d", k) : "null")));
}

}  // namespace holomamba::postgres

HOLOMAMBA_FUNCTION(holomamba_check_k)
Datum holomamba_check_k(PG_FUNCTION_ARGS) {
    holomamba::postgres::check_k(!PG_ARGISNULL(0), PG_ARGISNULL(0) ? 0 : PG_GETARG_INT32(0));
    PG_RETURN_VOID();
}
