// Trainings in the background: start_training(), the worker that it starts, and cancel_training(). The worker knows the
// training by its number: everything else stands in the version's row, which is committed before the worker begins.
#include "postgres/server/owned.hpp"
#include "postgres/server/spi.hpp"
#include "postgres/store/catalogue.hpp"
#include "postgres/training/training_lock.hpp"
#include "postgres/training/training_run.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/pg_authid.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "tcop/tcopprot.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/wait_event.h"

HOLOMAMBA_EXPORT void holomamba_training_worker(Datum);
}

using namespace holomamba::postgres;

namespace {

// What the worker is told: plain data, at most BGW_EXTRALEN bytes.
struct Request {
    Oid database;
    Oid role;
    TransactionId starter;  // the training is to begin if, and when, this commits
    int32 training_id;
};
static_assert(sizeof(Request) <= BGW_EXTRALEN);

#ifdef BGWORKER_BYPASS_ROLELOGINCHECK
constexpr bool kAnyRole = true;
constexpr uint32 kConnectionFlags = BGWORKER_BYPASS_ROLELOGINCHECK;
#else
constexpr bool kAnyRole = false;
constexpr uint32 kConnectionFlags = 0;
#endif

// Before 17 a worker logs in like anybody else. Not as another role that then takes this one: triggers of the model's
// tables could go back to the other.
void assert_role_can_log_in(const char* model) {
    if (kAnyRole) return;
    HeapTuple role = SearchSysCache1(AUTHOID, ObjectIdGetDatum(GetUserId()));
    const bool can = HeapTupleIsValid(role) && reinterpret_cast<Form_pg_authid>(GETSTRUCT(role))->rolcanlogin;
    if (HeapTupleIsValid(role)) ReleaseSysCache(role);
    if (!can)
        ereport(
            ERROR,
            (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
             errmsg("role \"%s\" cannot log in, and a background worker has to", GetUserNameFromId(GetUserId(), false)),
             errhint("Start it as a role with LOGIN that may train the model, or CALL holomamba.train('%s', ...);",
                     model)));
}

// One role must not take the workers that others need. Two sessions of the role ask one after the other: the lock is on the
// role, and held until the worker counts, or until an error.
LOCKTAG lock_role() {
    LOCKTAG tag;
    SET_LOCKTAG_OBJECT(tag, MyDatabaseId, AuthIdRelationId, GetUserId(), 1);
    (void)LockAcquire(&tag, ExclusiveLock, false, false);
    return tag;
}

void assert_worker_granted(const char* model) {
    const char* setting = GetConfigOption("holomamba.max_trainings_per_role", false, false);
    Parameters p;
    add(&p, OIDOID, ObjectIdGetDatum(GetUserId()));
    pgstat_clear_snapshot();  // or what this transaction has started would not be seen
    execute("SELECT count(*) FROM pg_stat_activity a WHERE a.backend_type = 'holomamba training' AND a.usesysid = $1",
            &p);
    bool null;
    if (DatumGetInt64(value_of(0, 1, &null)) >= pg_strtoint32(setting))
        ereport(ERROR, (errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
                        errmsg("role \"%s\" has as many trainings in the background as it may",
                               GetUserNameFromId(GetUserId(), false)),
                        errdetail("The setting holomamba.max_trainings_per_role is %s.", setting),
                        errhint("Wait for one of them, or CALL holomamba.train('%s', ...);", model)));
}

BackgroundWorkerHandle* launch(const char* model, int32 training_id) {
    const Request request{MyDatabaseId, GetUserId(), GetTopTransactionId(), training_id};
    BackgroundWorker worker;
    std::memset(&worker, 0, sizeof worker);
    snprintf(worker.bgw_name, BGW_MAXLEN, "holomamba training %d of model %s", training_id, model);
    snprintf(worker.bgw_type, BGW_MAXLEN, "holomamba training");
    snprintf(worker.bgw_library_name, BGW_MAXLEN, "$libdir/holomamba");
    snprintf(worker.bgw_function_name, BGW_MAXLEN, "holomamba_training_worker");
    worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
    worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
    worker.bgw_restart_time = BGW_NEVER_RESTART;
    worker.bgw_notify_pid = MyProcPid;
    std::memcpy(worker.bgw_extra, &request, sizeof request);
    BackgroundWorkerHandle* handle;
    if (!RegisterDynamicBackgroundWorker(&worker, &handle))
        ereport(ERROR, (errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
                        errmsg("no background worker is free to train model \"%s\"", model),
                        errhint("Raise max_worker_processes (now %d), or CALL holomamba.train('%s', ...);",
                                max_worker_processes, model)));
    return handle;
}

// Waits until the worker holds the training's lock: from then on it is seen to be alive.
void wait_for_lock(BackgroundWorkerHandle* handle, const char* model, int32 training_id) {
    for (;;) {
        pid_t pid;
        const BgwHandleStatus status = GetBackgroundWorkerPid(handle, &pid);
        if (status == BGWH_STOPPED || status == BGWH_POSTMASTER_DIED)
            ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_RESOURCES),
                            errmsg("the background worker that was to train model \"%s\" ended at once", model),
                            errhint("The server's log says why.")));
        if (status == BGWH_STARTED) {
            TrainingLock lock;
            if (!lock.take(training_id)) return;
            lock.release();
        }
        WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 5, PG_WAIT_EXTENSION);
        ResetLatch(MyLatch);
        CHECK_FOR_INTERRUPTS();
    }
}

void begin() {
    SetCurrentStatementStartTimestamp();
    StartTransactionCommand();
    XactIsoLevel = XACT_READ_COMMITTED;
    PushActiveSnapshot(GetTransactionSnapshot());
    SPI_connect();
}

void end() {
    SPI_finish();
    PopActiveSnapshot();
    CommitTransactionCommand();
    // What autovacuum goes by; a session reports it only between its statements.
    pgstat_report_stat(true);
}

// Runs the training, unless the transaction that started it has been rolled back.
void train(const Request& request, MemoryContext context) {
    StartTransactionCommand();
    XactLockTableWait(request.starter, nullptr, nullptr, XLTW_None);
    CommitTransactionCommand();
    begin();
    Parameters p;
    add_int(&p, request.training_id);
    execute("SELECT v.model::pg_catalog.text, v.version FROM holomamba.version_catalogue v WHERE v.training_id = $1",
            &p);
    if (SPI_processed == 0) {
        end();
        return;
    }
    bool null;
    const char* model = MemoryContextStrdup(context, text_of(0, 1));
    const int32 version = DatumGetInt32(value_of(0, 2, &null));
    debug_query_string =
        MemoryContextStrdup(context, psprintf("training of version %d of model \"%s\"", version, model));
    pgstat_report_activity(STATE_RUNNING, debug_query_string);
    run_training(context, model, {version, request.training_id}, {begin, end});
}

// For the view holomamba.versions; nobody else hears of a worker's error. A cancelled training has not failed.
void record_failure(int32 training_id, const ErrorData* error) {
    begin();
    Parameters p;
    add_int(&p, training_id);
    add_text(&p, error->message);
    add(&p, BOOLOID, BoolGetDatum(error->sqlerrcode == ERRCODE_QUERY_CANCELED));
    write_catalogue(
        "UPDATE holomamba.version_catalogue v SET status = CASE WHEN $3 THEN v.status ELSE 'failed' END, message = $2 "
        "WHERE v.training_id = $1 AND v.status <> 'ready'",
        &p);
    end();
}

}  // namespace

void holomamba_training_worker(Datum) {
    Request request;
    std::memcpy(&request, MyBgworkerEntry->bgw_extra, sizeof request);
    pqsignal(SIGTERM, die);
    BackgroundWorkerUnblockSignals();
    BackgroundWorkerInitializeConnectionByOid(request.database, request.role, kConnectionFlags);
    MemoryContext context = AllocSetContextCreate(TopMemoryContext, "holomamba training", ALLOCSET_DEFAULT_SIZES);

    StartTransactionCommand();
    TrainingLock lock;  // until the process ends
    const bool alone = lock.take(request.training_id);
    CommitTransactionCommand();
    if (!alone) proc_exit(1);
    PG_TRY();
    { train(request, context); }
    PG_CATCH();
    {
        MemoryContextSwitchTo(context);
        const ErrorData* error = CopyErrorData();
        EmitErrorReport();
        FlushErrorState();
        AbortCurrentTransaction();
        record_failure(request.training_id, error);
        proc_exit(1);
    }
    PG_END_TRY();
    proc_exit(0);
}

HOLOMAMBA_FUNCTION(holomamba_start_training)
Datum holomamba_start_training(PG_FUNCTION_ARGS) {
    if (PG_ARGISNULL(0))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("argument \"model\" must not be null")));
    const char* model = text_to_cstring(PG_GETARG_TEXT_PP(0));
    SPI_connect();
    const BegunTraining begun = begin_training(fcinfo);
    assert_role_can_log_in(model);
    const LOCKTAG role = lock_role();
    assert_worker_granted(model);
    SPI_finish();
    wait_for_lock(launch(model, begun.id), model, begun.id);
    LockRelease(&role, ExclusiveLock, false);
    PG_RETURN_INT32(begun.id);
}

// As pg_cancel_backend(), but allowed to every role that may manage the model, whichever role trains it.
HOLOMAMBA_FUNCTION(holomamba_cancel_training)
Datum holomamba_cancel_training(PG_FUNCTION_ARGS) {
    const int32 training_id = PG_GETARG_INT32(0);
    SPI_connect();
    Parameters p;
    add_int(&p, training_id);
    execute(
        "SELECT v.model::pg_catalog.text, holomamba.may_manage(v.model), "
        "holomamba_internal.training_pid(v.training_id) "
        "FROM holomamba.version_catalogue v WHERE v.training_id = $1",
        &p);
    if (SPI_processed == 0)
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no training %d", training_id),
                        errhint("The view holomamba.versions lists the trainings.")));
    bool null;
    const char* model = text_of(0, 1);
    if (!DatumGetBool(value_of(0, 2, &null)))
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("must be owner of model \"%s\"", model)));
    const Datum pid = value_of(0, 3, &null);
    const bool running = !null;
    SPI_finish();
    if (!running) PG_RETURN_BOOL(false);

    Oid role;
    int security;
    GetUserIdAndSecContext(&role, &security);
    SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID, security | SECURITY_LOCAL_USERID_CHANGE);
    const bool sent = DatumGetBool(DirectFunctionCall1(pg_cancel_backend, pid));
    SetUserIdAndSecContext(role, security);
    PG_RETURN_BOOL(sent);
}
