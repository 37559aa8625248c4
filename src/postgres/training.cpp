// CALL holomamba.train(): reads once, trains epoch by epoch, each committed, and activates.
#include "training/trainer.hpp"

#include <memory>

#include "model/fingerprint.hpp"
#include "postgres/interrupts.hpp"
#include "postgres/owned.hpp"
#include "postgres/parameter_store.hpp"
#include "postgres/spi.hpp"
#include "postgres/training_data.hpp"

extern "C" {
#include "nodes/parsenodes.h"
#include "access/xact.h"
#include "portability/instr_time.h"
}

using namespace holomamba::postgres;
using holomamba::EpochReport;

namespace {

struct Training {
    TrainingData data;
    std::unique_ptr<holomamba::Trainer> trainer;
    EpochReport report;
};

// CALL from the top level, or from a procedure or DO block that may commit.
bool may_commit(FunctionCallInfo fcinfo) {
    return fcinfo->context && IsA(fcinfo->context, CallContext) && !castNode(CallContext, fcinfo->context)->atomic;
}

int32 begin_training(FunctionCallInfo fcinfo) {
    Parameters p;
    add(&p, TEXTOID, PG_GETARG_DATUM(0), PG_ARGISNULL(0));
    add(&p, INT4OID, PG_GETARG_DATUM(1), PG_ARGISNULL(1));
    add(&p, TEXTOID, PG_GETARG_DATUM(2), PG_ARGISNULL(2));
    add(&p, JSONBOID, PG_GETARG_DATUM(3), PG_ARGISNULL(3));
    execute("SELECT holomamba.begin_training($1, $2, $3, $4)", &p);
    bool null;
    return DatumGetInt32(value_of(0, 1, &null));
}

void log_epoch(const char* model, int32 version, const EpochReport& report) {
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    add_int(&p, report.epoch);
    add_real(&p, report.loss);
    add_real(&p, report.validation ? report.validation->hit_rate() : 0, !report.validation);
    add_real(&p, report.validation ? report.validation->ndcg() : 0, !report.validation);
    add_real(&p, report.seconds);
    execute(
        "INSERT INTO holomamba.training_log (model, version, epoch, loss, hit_rate, ndcg, seconds) "
        "VALUES ($1::pg_catalog.name, $2, $3, $4, $5, $6, $7)",
        &p);
}

// "about 4 min", for what is left of a training.
const char* duration(double seconds) {
    if (seconds < 90) return psprintf("%.0f s", seconds);
    if (seconds < 5400) return psprintf("%.0f min", seconds / 60);
    return psprintf("%.1f h", seconds / 3600);
}

void tell_epoch(const EpochReport& report, int epochs, double seconds_so_far) {
    StringInfoData line;
    initStringInfo(&line);
    appendStringInfo(&line, "epoch %d of %d: loss %.4f", report.epoch, epochs, report.loss);
    if (report.validation)
        appendStringInfo(&line, ", validation hit_rate %.4f, ndcg %.4f%s", report.validation->hit_rate(),
                         report.validation->ndcg(), report.best ? " (best so far)" : "");
    appendStringInfo(&line, ", %.1f s", report.seconds);
    if (report.last && report.epoch < epochs)
        appendStringInfoString(&line, "; no better for a while, so this was the last");
    else if (!report.last)
        appendStringInfo(&line, ", at most %s left", duration(seconds_so_far / report.epoch * (epochs - report.epoch)));
    ereport(NOTICE, (errmsg_internal("%s", line.data)));
}

void finish(const char* model, int32 version, int32 best_epoch, const Training* training) {
    const holomamba::Dataset& data = training->trainer->data();
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    add_int(&p, training->report.epoch);
    add_int(&p, best_epoch);
    add_bigint(&p, training->trainer->training_events());
    add_bigint(&p, data.users());
    add_bigint(&p, data.catalogue.items);
    add_bigint(&p, static_cast<int64>(holomamba::fingerprint(
        training->trainer->best(), holomamba::state_format(training->trainer->network().options().state_format))));
    execute(
        "UPDATE holomamba.version_catalogue v SET status = 'ready', epochs = $3, best_epoch = $4, events = $5, users = $6, "
        "items = $7, fingerprint = $8, finished_at = pg_catalog.clock_timestamp() WHERE v.model = $1::pg_catalog.name AND v.version = $2",
        &p);
    p.count = 2;
    execute("SELECT holomamba.activate($1, $2)", &p);
}

}  // namespace

HOLOMAMBA_FUNCTION(holomamba_train)
Datum holomamba_train(PG_FUNCTION_ARGS) {
    if (PG_ARGISNULL(0))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("argument \"model\" must not be null")));
    if (!may_commit(fcinfo))
        ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
                        errmsg("holomamba.train() cannot run inside a transaction block"),
                        errdetail("It commits after every epoch."), errhint("CALL it by itself, outside BEGIN.")));
    SPI_connect_ext(SPI_OPT_NONATOMIC);
    const char* model = text_to_cstring(PG_GETARG_TEXT_PP(0));
    auto* training = make_owned<Training>(CurrentMemoryContext);
    const int32 version = begin_training(fcinfo);
    read_training_data(model, version, &training->data);
    const holomamba::Options& options = training->data.options;
    core_call([&] {
        training->trainer = std::make_unique<holomamba::Trainer>(std::move(training->data.dataset), options);
    });
    const holomamba::Dataset& data = training->trainer->data();
    ereport(NOTICE, (errmsg_internal("training version %d of model \"%s\": %d users, %d items, %lld events", version, model,
                                     data.users(), data.catalogue.items,
                                     static_cast<long long>(training->trainer->training_events()))));
    // From here to the end of an epoch no snapshot is held: vacuum can do its work beside a long training.
    SPI_commit();

    MemoryContext epoch_context = AllocSetContextCreate(CurrentMemoryContext, "holomamba epoch", ALLOCSET_DEFAULT_SIZES);
    int32 best_epoch = 0;
    double seconds = 0;
    while (!training->report.last) {
        instr_time start, end;
        INSTR_TIME_SET_CURRENT(start);
        interruptible_core_call(
            [&](const holomamba::StopCheck& stop) { training->report = training->trainer->run_epoch(stop); });
        INSTR_TIME_SET_CURRENT(end);
        INSTR_TIME_SUBTRACT(end, start);
        seconds += INSTR_TIME_GET_DOUBLE(end);

        MemoryContext before = MemoryContextSwitchTo(epoch_context);
        log_epoch(model, version, training->report);
        if (training->report.best) {
            best_epoch = training->report.epoch;
            store_parameters(model, version, training->trainer->network().layout(), training->trainer->best());
        }
        tell_epoch(training->report, options.epochs, seconds);
        MemoryContextSwitchTo(before);
        MemoryContextReset(epoch_context);
        SPI_commit();
    }
    // Whatever the session's default: the replay of the activation must see every event that it waited for.
    XactIsoLevel = XACT_READ_COMMITTED;
    finish(model, version, best_epoch, training);
    SPI_commit();
    ereport(NOTICE, (errmsg_internal("version %d of model \"%s\" is active: epoch %d of %d was kept", version, model,
                                     best_epoch, training->report.epoch)));
    SPI_finish();
    return Datum{0};
}
