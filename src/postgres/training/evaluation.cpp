// Set-returning functions that run a whole trained network: evaluate(), item_vectors() and item_map().
#include "training/evaluation.hpp"

#include <cmath>
#include <memory>
#include <numeric>
#include <vector>

#include "base/parallel.hpp"
#include "postgres/server/check_k.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/interrupts.hpp"
#include "postgres/server/owned.hpp"
#include "postgres/store/catalogue.hpp"
#include "postgres/store/parameter_store.hpp"
#include "postgres/store/stored.hpp"
#include "postgres/training/training_data.hpp"
#include "postgres/types/hrr.hpp"
#include "ranking/plane.hpp"

using namespace holomamba::postgres;
using holomamba::Evaluation;

namespace {

// A version with everything it was trained on and all its weights.
struct Trained {
    TrainingData data;
    std::unique_ptr<holomamba::Network> network;
    std::vector<float> parameters;
    holomamba::HolographicEmbedding::Composed composed;
    std::vector<std::pair<const char*, Evaluation>> evaluations;  // of rankers
    std::vector<float> places;                                    // of items, on the map
};

// Read in the name of the model's owner, by who may manage the model: what belongs to the types of its tables is the owner's code.
Trained* load_version(const char* model, int32 version) {
    auto* trained = make_owned<Trained>(CurrentMemoryContext);
    assert_may_manage(model);
    const OwnerScope owner = enter_owner(model_owner(model));
    read_version(model, version, &trained->data);
    read_dataset(model, version, &trained->data);
    core_call([&] {
        trained->network = std::make_unique<holomamba::Network>(trained->data.options, trained->data.dataset.catalogue);
        trained->parameters.resize(trained->network->layout().size());
    });
    load_parameters(model, version, trained->network->layout(), trained->parameters);
    leave_owner(owner);
    return trained;
}

// The version to evaluate: the one asked for, or the active one.
int32 choose_version(const char* model, int32 wanted, bool active) {
    Parameters p;
    add_text(&p, model);
    execute("SELECT (holomamba_internal.find_model($1)).active_version", &p);
    if (!active) return wanted;
    const Rows rows = last_rows("holomamba.model_catalogue", model);
    if (is_null(rows, 0, 1)) {
        add_text(&p, psprintf("CALL holomamba.train('%s', holdout => 'leave_one_out');", model));
        execute("SELECT holomamba_internal.refuse_untrained($1::pg_catalog.name, $2)", &p);
    }
    return int32_of(rows, 0, 1, 1, PG_INT32_MAX);
}

void check_version(const char* model, int32 version) {
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    execute(
        "SELECT v.holdout FROM holomamba.version_catalogue v WHERE v.model = $1::pg_catalog.name AND v.version = $2 "
        "AND v.status = 'ready'",
        &p);
    if (SPI_processed == 0) refuse_version(model, version);
}

void put_part(ReturnSetInfo* result, const char* ranker, const char* segment, const Evaluation::Part& part,
              const Evaluation* whole) {
    Datum values[9] = {CStringGetTextDatum(ranker),
                       CStringGetTextDatum(segment),
                       Int64GetDatum(part.users),
                       Int64GetDatum(part.metrics.events),
                       Float8GetDatum(part.metrics.hit_rate()),
                       Float8GetDatum(part.metrics.ndcg()),
                       Float8GetDatum(part.metrics.mrr()),
                       Float8GetDatum(whole == nullptr ? 0 : whole->coverage),
                       Int64GetDatum(whole == nullptr ? 0 : whole->not_served)};
    bool nulls[9] = {};
    nulls[7] = nulls[8] = whole == nullptr;
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

// Segments without an event are left out.
void put_evaluation(ReturnSetInfo* result, const char* ranker, const Evaluation& evaluation, bool with_segments) {
    put_part(result, ranker, "all", evaluation.all, &evaluation);
    for (std::size_t s = 0; with_segments && s < evaluation.segments.size(); s++)
        if (evaluation.segments[s].metrics.events > 0)
            put_part(result, ranker, name_of(static_cast<holomamba::Segment>(s)), evaluation.segments[s], nullptr);
}

holomamba::TestTargets targets_of(const char* name) {
    if (std::strcmp(name, "first") == 0) return holomamba::TestTargets::first;
    if (std::strcmp(name, "last") == 0) return holomamba::TestTargets::last;
    if (std::strcmp(name, "successive") == 0) return holomamba::TestTargets::successive;
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid targets: \"%s\"", name),
                    errhint("Allowed: first, last and successive.")));
    pg_unreachable();
}

void evaluate(Trained* trained, const char* by_model, const holomamba::EvaluationOptions& how,
              const holomamba::StopCheck& stop) {
    const holomamba::Dataset& data = trained->data.dataset;
    const auto add = [&](const char* name, const Evaluation& evaluation) {
        trained->evaluations.emplace_back(name, evaluation);
    };
    const auto add_ranker = [&](const char* name, const holomamba::Ranker& ranker) {
        add(name, evaluate_ranker(ranker, data, holomamba::Held::test, how, stop));
    };
    add(by_model, evaluate_model(*trained->network, trained->parameters, trained->data.options, data,
                                 holomamba::Held::test, how, stop));
    add_ranker("popularity", holomamba::Popularity(data));
    if (data.catalogue.events.timed) add_ranker("recent popularity", holomamba::RecentPopularity(data));
    add_ranker("item neighbours", holomamba::ItemNeighbours(data, how.threads, stop));
    add_ranker("transitions", holomamba::Transitions(data));
}

Datum vector_of(const float* x, int count) {
    Hrr* vector = hrr_allocate(count);
    std::memcpy(vector->x, x, sizeof(float) * count);
    check_hrr_range(vector);
    return PointerGetDatum(vector);
}

// The labels of a version's items; with the tokens and raw vectors of all of them composed.
Texts compose_items(const char* model, int32 version, Trained* trained) {
    core_call([&] {
        const holomamba::HolographicEmbedding& embedding = trained->network->embedding();
        std::vector<std::int32_t> rows(trained->network->items());
        std::iota(rows.begin(), rows.end(), 0);
        embedding.prepare(trained->parameters.data(), rows.size(), trained->composed);
        embedding.compose(holomamba::kernels::table(), trained->parameters.data(), rows, {}, 0, rows.size(),
                          trained->composed);
    });
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    execute(
        "SELECT y.labels FROM holomamba.vocabulary y WHERE y.model = $1::pg_catalog.name AND y.version = $2 AND "
        "y.field = ''",
        &p);
    if (SPI_processed == 0)
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                        errmsg("version %d of model \"%s\" has no labels of its items", version, model)));
    const Texts labels = texts_of(last_rows("holomamba.vocabulary_catalogue", model, version), 0, 1);
    return labels;
}

// An attribute of the model by its name; nullptr where no name is given.
const holomamba::Attribute* find_attribute(const Trained* trained, const char* name, const char* model) {
    if (name == nullptr) return nullptr;
    for (const holomamba::Attribute& attribute : trained->data.dataset.catalogue.attributes)
        if (attribute.name == name) return &attribute;
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("\"%s\" is no attribute of model \"%s\"", name, model)));
    pg_unreachable();
}

}  // namespace

HOLOMAMBA_FUNCTION(holomamba_evaluate)
Datum holomamba_evaluate(PG_FUNCTION_ARGS) {
    for (const int argument : {0, 1, 4, 5})
        if (PG_ARGISNULL(argument))
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                            errmsg("only \"exclude_seen\" and \"version\" may be null")));
    const char* model = text_to_cstring(PG_GETARG_TEXT_PP(0));
    const int32 k = PG_GETARG_INT32(1);
    check_k(true, k);
    const holomamba::TestTargets targets = targets_of(text_to_cstring(PG_GETARG_TEXT_PP(4)));
    InitMaterializedSRF(fcinfo, 0);
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);

    SPI_connect();
    const int32 version = choose_version(model, PG_GETARG_INT32(3), PG_ARGISNULL(3));
    check_version(model, version);
    Trained* trained = load_version(model, version);
    if (!trained->data.held_out)
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("version %d of model \"%s\" was trained without a holdout", version, model),
                        errdetail("It has seen every event, so there is nothing to test it on."),
                        errhint("CALL holomamba.train('%s', holdout => 'leave_one_out');", model)));
    const bool as_validated = PG_ARGISNULL(2), exclude = !as_validated && PG_GETARG_BOOL(2);
    const char* by_model = psprintf("model %s, version %d", model, version);
    interruptible_core_call([&](const holomamba::StopCheck& stop) {
        const bool exclude_seen = as_validated ? !repeats_count(trained->data.options, trained->data.dataset) : exclude;
        evaluate(trained, by_model, {k, exclude_seen, holomamba::thread_count(trained->data.options.threads), targets},
                 stop);
    });
    for (const auto& [ranker, evaluation] : trained->evaluations)
        put_evaluation(result, ranker, evaluation, PG_GETARG_BOOL(5));
    SPI_finish();
    return Datum{0};
}

HOLOMAMBA_FUNCTION(holomamba_item_vectors)
Datum holomamba_item_vectors(PG_FUNCTION_ARGS) {
    const char* model = text_to_cstring(PG_GETARG_TEXT_PP(0));
    const int32 version = PG_GETARG_INT32(1);
    InitMaterializedSRF(fcinfo, 0);
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);

    SPI_connect();
    check_version(model, version);
    Trained* trained = load_version(model, version);
    const holomamba::Network& network = *trained->network;
    const int d = network.dimension(), items = network.items();
    const Texts labels = compose_items(model, version, trained);
    const int size = holomamba::model::Head::stored_size(d);
    auto* target = static_cast<float*>(palloc(sizeof(float) * static_cast<Size>(size)));
    const holomamba::model::Head::View head =
        network.head().view(trained->parameters.data(), trained->composed.raw.data());
    for (int i = 0; i < labels.count && i < items; i++) {
        holomamba::model::Head::store_target(d, head, static_cast<Size>(i), target);
        Datum values[3] = {labels.values[i], vector_of(trained->composed.token.data() + static_cast<Size>(i) * d, d),
                           vector_of(target, size)};
        bool nulls[3] = {};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    SPI_finish();
    return Datum{0};
}

HOLOMAMBA_FUNCTION(holomamba_item_map)
Datum holomamba_item_map(PG_FUNCTION_ARGS) {
    if (PG_ARGISNULL(0))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("argument \"model\" must not be null")));
    const char* model = text_to_cstring(PG_GETARG_TEXT_PP(0));
    const char* name = PG_ARGISNULL(2) ? nullptr : NameStr(*PG_GETARG_NAME(2));
    InitMaterializedSRF(fcinfo, 0);
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);

    SPI_connect();
    const int32 version = choose_version(model, PG_GETARG_INT32(1), PG_ARGISNULL(1));
    check_version(model, version);
    Trained* trained = load_version(model, version);
    const holomamba::Attribute* attribute = find_attribute(trained, name, model);
    const Texts labels = compose_items(model, version, trained);
    interruptible_core_call([&](const holomamba::StopCheck& stop) {
        trained->places =
            holomamba::ranking::principal_plane(trained->composed.token, trained->network->dimension(), stop);
    });
    for (int i = 0; i < labels.count && i < trained->network->items(); i++) {
        const bool numeric = attribute != nullptr && attribute->kind == holomamba::AttributeKind::number;
        const bool category = attribute != nullptr && attribute->kind == holomamba::AttributeKind::category &&
                              attribute->offsets[i] < attribute->offsets[i + 1];
        const float number = numeric ? attribute->numbers[i] : 0;
        Datum values[5] = {labels.values[i], Float4GetDatum(trained->places[2 * static_cast<Size>(i)]),
                           Float4GetDatum(trained->places[2 * static_cast<Size>(i) + 1]),
                           Int32GetDatum(category ? attribute->indices[attribute->offsets[i]] + 1 : 0),
                           Float4GetDatum(number)};
        bool nulls[5] = {false, false, false, !category, !numeric || std::isnan(number)};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    SPI_finish();
    return Datum{0};
}
