#include "postgres/server/executor_run.hpp"

extern "C" {
#include "executor/executor.h"
#include "nodes/primnodes.h"
}

namespace holomamba::postgres {

namespace {

ExecutorRun_hook_type next_hook = nullptr;
// That of the innermost statement that is running, in which its expressions have their memory.
MemoryContext running = nullptr;

// Before 18 the hook is told whether it is called once only, and passes that on.
template <typename... Once>
void run(QueryDesc* query, ScanDirection direction, uint64 count, Once... once) {
    MemoryContext before = running;
    running = query->estate->es_query_cxt;
    PG_TRY();
    {
        if (next_hook != nullptr)
            next_hook(query, direction, count, once...);
        else
            standard_ExecutorRun(query, direction, count, once...);
    }
    PG_FINALLY();
    { running = before; }
    PG_END_TRY();
}

}  // namespace

void watch_executor() {
    next_hook = ExecutorRun_hook;
    ExecutorRun_hook = run;
}

bool is_constant_argument(FmgrInfo* function, int number) {
    // Of `x <@ ANY (array)`, what the server calls the argument is the array, and the function gets its elements.
    const Node* call = function->fn_expr;
    return running != nullptr && function->fn_mcxt == running && call != nullptr &&
           (IsA(call, FuncExpr) || IsA(call, OpExpr)) && get_fn_expr_arg_stable(function, number);
}

}  // namespace holomamba::postgres
