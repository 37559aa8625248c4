#include "postgres/training/training_run.hpp"

#include <unistd.h>
#include <cmath>

#include <memory>

#include "base/error.hpp"
#include "base/random.hpp"
#include "model/fingerprint.hpp"
#include "postgres/server/interrupts.hpp"
#include "postgres/server/owned.hpp"
#include "postgres/server/spi.hpp"
#include "postgres/store/catalogue.hpp"
#include "postgres/store/checkpoint_store.hpp"
#include "postgres/store/parameter_store.hpp"
#include "postgres/training/training_data.hpp"
#include "postgres/training/warm_start.hpp"
#include "training/memory.hpp"
#include "training/settled_options.hpp"
#include "training/trainer.hpp"

extern "C" {
#include "access/xact.h"
#include "portability/instr_time.h"
}

namespace holomamba::postgres {
namespace {

struct Training {
    const char* model = nullptr;
    int32 version = 0, id = 0;
    TrainingData data;
    std::string settled;  // options that were left to the data, as a JSON object
    std::vector<std::byte> packed;
    std::unique_ptr<Trainer> trainer;
    EpochReport report;
};

// "40 min", "120 MB": figures for people.
const char* duration(double seconds) {
    if (seconds < 90) return psprintf("%.0f s", seconds);
    if (seconds < 5400) return psprintf("%.0f min", seconds / 60);
    return psprintf("%.1f h", seconds / 3600);
}

const char* amount(double bytes) {
    return bytes < 2e9 ? psprintf("%.0f MB", bytes / 1e6) : psprintf("%.1f GB", bytes / 1e9);
}

// The data as the training saw them first: events and items that have come or gone since are for the next one.
void read_data(Training* training) {
    read_version(training->model, training->version, &training->data);
    const int64 size = checkpoint_size(training->model, training->version, "data");
    if (size < 0) {
        read_dataset(training->model, training->version, &training->data);
        return;
    }
    core_call([&] { training->packed.resize(static_cast<std::size_t>(size)); });
    load_checkpoint(training->model, training->version, "data", training->packed);
    core_call_with_checkpoint(training->model, training->version, [&] {
        // Columns may have been renamed since: the version's row has followed.
        EventColumns events = std::move(training->data.dataset.catalogue.events);
        training->data.dataset = unpack(training->packed);
        if (events.attributes.size() != training->data.dataset.catalogue.events.attributes.size())
            throw Error(ErrorKind::corrupted, "It has other attributes of events.");
        for (std::size_t a = 0; a < events.attributes.size(); a++)
            training->data.dataset.catalogue.events.attributes[a].name = events.attributes[a].name;
    });
}

// What is left to the data and the machine becomes part of the version: the result depends on it, that of the number of
// threads by rounding.
void settle_options(Training* training) {
    Options& options = training->data.options;
    core_call([&] { options = settled(std::move(options), training->data.dataset); });
    core_call([&] {
        for (const auto& [name, value] : settled_values(options))
            training->settled += (training->settled.empty() ? "{\"" : ", \"") + name + "\": " + value;
        training->settled += "}";
    });
    Parameters p;
    add_text(&p, training->model);
    add_int(&p, training->version);
    add_text(&p, training->settled.c_str());
    write_catalogue(
        "UPDATE holomamba.version_catalogue v SET options = v.options || $3::pg_catalog.jsonb "
        "WHERE v.model = $1::pg_catalog.name AND v.version = $2",
        &p);
}

// Refuses what there would be no room for in the end, and what the machine has no memory for, before it is asked for.
double check_memory(const Training* training) {
    const TrainingData& data = training->data;
    auto* network = make_owned<std::unique_ptr<Network>>(CurrentMemoryContext);
    core_call([&] { *network = std::make_unique<Network>(data.options, data.dataset.catalogue); });
    check_parameters((*network)->layout());
    double needed = 0;
    core_call([&] {
        needed = static_cast<double>(training_memory(**network, data.options, data.dataset, data.options.threads));
    });
    const double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    if (needed > memory)
        ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY),
                        errmsg("the training needs about %s of memory, and the machine has %s", amount(needed),
                               amount(memory)),
                        errhint("Lower \"threads\", \"dimension\", \"layers\" or \"expand\".")));
    return needed;
}

// Of every transaction of a training: an error where its version has been dropped meanwhile, or who trains may not manage
// the model any more. Until the commit nobody can drop it. Its number tells it from one of another model that has the name now.
void assert_goes_on(const Training* training) {
    Parameters p;
    add_text(&p, training->model);
    add_int(&p, training->version);
    add_int(&p, training->id);
    write_catalogue(
        "SELECT FROM holomamba.version_catalogue v WHERE v.model = $1::pg_catalog.name AND v.version = $2 "
        "AND v.training_id = $3 FOR KEY SHARE",
        &p);
    if (SPI_processed == 0)
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
                        errmsg("version %d of model \"%s\" was dropped while it was trained", training->version,
                               training->model)));
    assert_may_manage(training->model);
}

void open_training(Training* training) {
    read_data(training);
    settle_options(training);
    const double memory = check_memory(training);
    const char* model = training->model;
    const int32 version = training->version;
    const bool fresh = training->packed.empty();
    core_call([&] {
        if (fresh) training->packed = pack(training->data.dataset);
        training->trainer = std::make_unique<Trainer>(std::move(training->data.dataset), training->data.options);
    });
    Trainer& trainer = *training->trainer;
    ereport(NOTICE,
            (errmsg_internal("training version %d of model \"%s\": %d users, %d items, %lld events, about %s of memory",
                             version, model, trainer.data().users(), trainer.data().catalogue.items,
                             static_cast<long long>(trainer.training_events()), amount(memory))));
    if (fresh) store_checkpoint(model, version, "data", training->packed);
    core_call([&] { std::vector<std::byte>().swap(training->packed); });

    auto* state = make_owned<std::vector<StoredArray>>(CurrentMemoryContext);
    core_call([&] { *state = trainer.state(); });
    if (checkpoint_size(model, version, "epoch") < 0) {
        warm_start(model, version, training->data.options, &trainer);
        return;
    }
    for (const StoredArray& array : *state) load_checkpoint(model, version, array.name.c_str(), array.bytes);
    core_call_with_checkpoint(model, version, [&] { trainer.check_state(); });
    ereport(NOTICE, (errmsg_internal("going on after epoch %d of %d", trainer.epoch(), training->data.options.epochs)));
}

void log_epoch(const Training* training) {
    const EpochReport& report = training->report;
    Parameters p;
    add_text(&p, training->model);
    add_int(&p, training->version);
    add_int(&p, report.epoch);
    add_real(&p, report.loss);
    add_real(&p, report.validation ? report.validation->hit_rate() : 0, !report.validation);
    add_real(&p, report.validation ? report.validation->ndcg() : 0, !report.validation);
    add_real(&p, report.seconds);
    add_real(&p, static_cast<double>(report.tokens) / std::max(report.seconds, 1e-9));
    add_real(&p, report.learning_rate);
    add_real(&p, report.gradient_norm);
    write_catalogue(
        "INSERT INTO holomamba.training_log (model, version, epoch, loss, hit_rate, ndcg, seconds, events_per_second, "
        "learning_rate, gradient_norm) VALUES ($1::pg_catalog.name, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &p);
}

void store_state(const Training* training) {
    auto* state = make_owned<std::vector<StoredArray>>(CurrentMemoryContext);
    core_call([&] { *state = training->trainer->state(); });
    for (const StoredArray& array : *state)
        if (array.changed) store_checkpoint(training->model, training->version, array.name.c_str(), array.bytes);
}

void tell_epoch(const EpochReport& report, int epochs, double seconds_an_epoch) {
    StringInfoData line;
    initStringInfo(&line);
    appendStringInfo(&line, "epoch %d of %d: loss %.4f", report.epoch, epochs, report.loss);
    if (report.validation)
        appendStringInfo(&line, ", validation hit_rate %.4f, ndcg %.4f%s", report.validation->hit_rate(),
                         report.validation->ndcg(), report.best ? " (best so far)" : "");
    appendStringInfo(&line, ", %.1f s", report.seconds);
    if (report.last && report.epoch < epochs)
        appendStringInfoString(&line, "; no better for a while, so this was the last");
    else if (report.last && report.validation && report.best)
        appendStringInfoString(&line, "; the last is the best, so more epochs may help");
    else if (!report.last)
        appendStringInfo(&line, ", at most %s left", duration(seconds_an_epoch * (epochs - report.epoch)));
    ereport(NOTICE, (errmsg_internal("%s", line.data)));
}

// To guess among all items loses the logarithm of their number an event. A training of a few steps is still near it, or on its
// way there from worse: one that has come to nothing is beyond, and has come no nearer than it was.
bool has_learned_nothing(const Training* training) {
    constexpr double kMore = 1;
    const EpochReport& report = training->report;
    const int items = std::max(1, training->trainer->data().catalogue.items);
    if (report.loss <= std::log(items) + kMore) return false;
    Parameters p;
    add_text(&p, training->model);
    add_int(&p, training->version);
    add_real(&p, report.loss);
    add_int(&p, report.epoch);
    write_catalogue(
        "SELECT FROM holomamba.training_log l WHERE l.model = $1::pg_catalog.name AND l.version = $2 AND l.epoch < $4 "
        "AND "
        "NOT l.loss > $3",
        &p);
    return SPI_processed > 0;
}

void run_epochs(Training* training, MemoryContext context, const Transactions& transactions) {
    MemoryContext epoch_context = AllocSetContextCreate(context, "holomamba epoch", ALLOCSET_DEFAULT_SIZES);
    const int epochs = training->data.options.epochs, before = training->trainer->epoch();
    double seconds = 0;
    while (!training->trainer->finished()) {
        instr_time start, end;
        INSTR_TIME_SET_CURRENT(start);
        interruptible_core_call([&](const StopCheck& stop) { training->report = training->trainer->run_epoch(stop); });
        INSTR_TIME_SET_CURRENT(end);
        INSTR_TIME_SUBTRACT(end, start);
        seconds += INSTR_TIME_GET_DOUBLE(end);

        transactions.begin();
        MemoryContextSwitchTo(epoch_context);
        assert_goes_on(training);
        as_owner(model_owner(training->model), [&] {
            log_epoch(training);
            store_state(training);
        });
        tell_epoch(training->report, epochs, seconds / (training->report.epoch - before));
        transactions.end();
        MemoryContextSwitchTo(context);
        MemoryContextReset(epoch_context);
    }
}

// States depend on the weights, and on which value of an attribute of events is which of their rows.
uint64 fingerprint_of(const Training* training) {
    const Trainer& trainer = *training->trainer;
    const uint64 weights = fingerprint(trainer.best(), state_format(trainer.network().options().state_format));
    if (trainer.data().catalogue.events.attributes.empty()) return weights;
    Parameters p;
    add_text(&p, training->model);
    add_int(&p, training->version);
    execute(
        "SELECT pg_catalog.hashtextextended(pg_catalog.array_agg(y.labels::text ORDER BY a.n)::text, 0) "
        "FROM holomamba.version_catalogue v, unnest(v.event_attributes) WITH ORDINALITY a (name, n) "
        "JOIN holomamba.vocabulary y ON y.model = $1::pg_catalog.name AND y.version = $2 "
        "AND y.field = holomamba_internal.event_field(a.name) "
        "WHERE v.model = $1::pg_catalog.name AND v.version = $2",
        &p);
    bool null;
    const Datum labels = value_of(0, 1, &null);
    return mix64(weights ^ (null ? 0 : static_cast<uint64>(DatumGetInt64(labels))));
}

// False where the version is complete, and not worth to serve.
bool finish(Training* training) {
    const Trainer& trainer = *training->trainer;
    store_parameters(training->model, training->version, trainer.network().layout(), trainer.best());
    Parameters p;
    add_text(&p, training->model);
    add_int(&p, training->version);
    add_int(&p, trainer.epoch());
    add_int(&p, trainer.best_epoch());
    add_bigint(&p, trainer.training_events());
    add_bigint(&p, trainer.data().users());
    add_bigint(&p, trainer.data().catalogue.items);
    add_bigint(&p, static_cast<int64>(fingerprint_of(training)));
    const Network& network = trainer.network();
    const auto repeat = network.head().repeat(trainer.best().data());
    add(&p, FLOAT4OID, repeat ? Float4GetDatum(*repeat) : Datum{0}, !repeat);
    write_catalogue(
        "UPDATE holomamba.version_catalogue v SET status = 'ready', message = NULL, epochs = $3, best_epoch = $4, "
        "events = $5, users = $6, items = $7, fingerprint = $8, repeat_score = $9, "
        "finished_at = pg_catalog.clock_timestamp() "
        "WHERE v.model = $1::pg_catalog.name AND v.version = $2",
        &p);
    delete_checkpoints(training->model, training->version);
    const bool serves = !has_learned_nothing(training);
    // What the activation reads needs room, too.
    core_call([&] { training->trainer.reset(); });
    if (!serves) return false;
    p.count = 2;
    execute("SELECT holomamba.activate($1, $2)", &p);
    return true;
}

}  // namespace

BegunTraining begin_training(FunctionCallInfo fcinfo) {
    const char* model = text_to_cstring(PG_GETARG_TEXT_PP(0));
    assert_may_manage(model);
    Parameters p;
    add(&p, TEXTOID, PG_GETARG_DATUM(0), PG_ARGISNULL(0));
    add(&p, INT4OID, PG_GETARG_DATUM(1), PG_ARGISNULL(1));
    add(&p, TEXTOID, PG_GETARG_DATUM(2), PG_ARGISNULL(2));
    add(&p, JSONBOID, PG_GETARG_DATUM(3), PG_ARGISNULL(3));
    as_owner(model_owner(model), [&] {
        execute("SELECT b.version, b.training_id FROM holomamba_internal.begin_training($1, $2, $3, $4) b", &p);
    });
    bool null;
    return {DatumGetInt32(value_of(0, 1, &null)), DatumGetInt32(value_of(0, 2, &null))};
}

void run_training(MemoryContext context, const char* model, const BegunTraining& begun,
                  const Transactions& transactions) {
    MemoryContextSwitchTo(context);
    auto* training = make_owned<Training>(context);
    training->model = model;
    const int32 version = training->version = begun.version;
    training->id = begun.id;
    MemoryContext opening = AllocSetContextCreate(context, "holomamba opening", ALLOCSET_DEFAULT_SIZES);
    MemoryContextSwitchTo(opening);
    assert_goes_on(training);
    as_owner(model_owner(model), [&] { open_training(training); });
    transactions.end();
    MemoryContextSwitchTo(context);
    MemoryContextDelete(opening);
    run_epochs(training, context, transactions);

    const int epochs = training->trainer->epoch(), best_epoch = training->trainer->best_epoch();
    transactions.begin();
    // Whatever the session's default: the replay of the activation must see every event that it waited for.
    XactIsoLevel = XACT_READ_COMMITTED;
    assert_goes_on(training);
    bool serves = false;
    as_owner(model_owner(model), [&] { serves = finish(training); });
    transactions.end();
    if (!serves) {
        ereport(WARNING, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                          errmsg("version %d of model \"%s\" is not activated: it has learned less than nothing",
                                 version, model),
                          errdetail("The loss of its last epoch is %.4f; that of an earlier one was lower, and to "
                                    "guess among all items would lose less.",
                                    training->report.loss),
                          errhint("Choose a lower learning_rate than %g, or activate it all the same: SELECT "
                                  "holomamba.activate('%s', %d);",
                                  training->data.options.learning_rate, model, version)));
        return;
    }
    ereport(NOTICE, (errmsg_internal("version %d of model \"%s\" is active: epoch %d of %d was kept", version, model,
                                     best_epoch, epochs)));
}

}  // namespace holomamba::postgres
