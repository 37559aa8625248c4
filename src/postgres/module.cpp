// The module: what the server checks and runs when it loads us.
#include "base/parallel.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/executor_run.hpp"
#include "postgres/server/guard.hpp"
#include "postgres/server/held_table.hpp"

extern "C" {
HOLOMAMBA_EXPORT const Pg_magic_struct* PG_MAGIC_FUNCTION_NAME(void);
PG_MODULE_MAGIC;
HOLOMAMBA_EXPORT void _PG_init(void);
}

namespace {

// Read by those who need them, through current_setting() or GetConfigOption().
char* default_model = nullptr;
int max_trainings = 0;

}  // namespace

void _PG_init(void) {
    if (!holomamba::base::prepare_for_exceptions())
        ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
    DefineCustomStringVariable("holomamba.model", "Model that recommend() and its like ask when none is named.",
                               "Empty: the only one there is.", &default_model, "", PGC_USERSET, 0, nullptr, nullptr,
                               nullptr);
    DefineCustomIntVariable(
        "holomamba.max_trainings_per_role", "Trainings that one role may have in the background at a time.",
        "Each takes one of max_worker_processes.", &max_trainings, 2, 0, 1000, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    MarkGUCPrefixReserved("holomamba");
    holomamba::postgres::watch_executor();
    holomamba::postgres::watch_names();
}
