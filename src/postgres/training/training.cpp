// CALL holomamba.train() and resume_training(): a training in the session that asks for it. And activate(), its end.
#include "postgres/server/owned.hpp"
#include "postgres/server/spi.hpp"
#include "postgres/store/catalogue.hpp"
#include "postgres/training/training_lock.hpp"
#include "postgres/training/training_run.hpp"

extern "C" {
#include "nodes/parsenodes.h"
}

using namespace holomamba::postgres;

namespace {

// CALL from the top level, or from a procedure or DO block that may commit.
void assert_may_commit(FunctionCallInfo fcinfo, const char* name) {
    const bool may =
        fcinfo->context && IsA(fcinfo->context, CallContext) && !castNode(CallContext, fcinfo->context)->atomic;
    if (!may)
        ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
                        errmsg("holomamba.%s() cannot run inside a transaction block", name),
                        errdetail("It commits after every epoch."), errhint("CALL it by itself, outside BEGIN.")));
}

void assert_model_given(FunctionCallInfo fcinfo) {
    if (PG_ARGISNULL(0))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("argument \"model\" must not be null")));
}

// SPI_commit begins the next transaction, without a snapshot.
constexpr Transactions kOfTheCall{[] {}, [] { SPI_commit(); }};

}  // namespace

HOLOMAMBA_FUNCTION(holomamba_train)
Datum holomamba_train(PG_FUNCTION_ARGS) {
    assert_model_given(fcinfo);
    assert_may_commit(fcinfo, "train");
    SPI_connect_ext(SPI_OPT_NONATOMIC);
    const char* model = text_to_cstring(PG_GETARG_TEXT_PP(0));
    auto* lock = make_owned<OwnedTrainingLock>(CurrentMemoryContext);
    const BegunTraining begun = begin_training(fcinfo);
    lock->take(begun.id);
    run_training(CurrentMemoryContext, model, begun, kOfTheCall);
    SPI_finish();
    return Datum{0};
}

HOLOMAMBA_FUNCTION(holomamba_resume_training)
Datum holomamba_resume_training(PG_FUNCTION_ARGS) {
    assert_model_given(fcinfo);
    assert_may_commit(fcinfo, "resume_training");
    SPI_connect_ext(SPI_OPT_NONATOMIC);
    const char* model = text_to_cstring(PG_GETARG_TEXT_PP(0));
    Parameters p;
    add(&p, TEXTOID, PG_GETARG_DATUM(0));
    add(&p, INT4OID, PG_GETARG_DATUM(1), PG_ARGISNULL(1));
    assert_may_manage(model);
    execute("SELECT b.version, b.training_id FROM holomamba_internal.begin_resuming($1, $2) b", &p);
    bool null;
    const int32 version = DatumGetInt32(value_of(0, 1, &null)), id = DatumGetInt32(value_of(0, 2, &null));
    auto* lock = make_owned<OwnedTrainingLock>(CurrentMemoryContext);
    if (!lock->take(id))
        ereport(ERROR,
                (errcode(ERRCODE_OBJECT_IN_USE), errmsg("version %d of model \"%s\" is being trained", version, model),
                 errhint("SELECT holomamba.cancel_training(%d); ends that.", id)));
    run_training(CurrentMemoryContext, model, {version, id}, kOfTheCall);
    SPI_finish();
    return Datum{0};
}

HOLOMAMBA_FUNCTION(holomamba_activate)
Datum holomamba_activate(PG_FUNCTION_ARGS) {
    assert_model_given(fcinfo);
    SPI_connect();
    const char* model = text_to_cstring(PG_GETARG_TEXT_PP(0));
    assert_may_manage(model);
    Parameters p;
    add_text(&p, model);
    add(&p, INT4OID, PG_GETARG_DATUM(1), PG_ARGISNULL(1));
    as_owner(model_owner(model), [&] { execute("SELECT holomamba_internal.activate_as_owner($1, $2)", &p); });
    SPI_finish();
    PG_RETURN_VOID();
}
