#include "postgres/training/training_data.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "postgres/server/compat.h"
#include "postgres/server/owned.hpp"
#include "postgres/store/cursor.hpp"
#include "postgres/store/event_columns.hpp"
#include "postgres/store/item_attributes.hpp"
#include "postgres/store/options.hpp"

namespace holomamba::postgres {
namespace {

// What is known of a user's events beside their items, event by event: time, values of attributes and weight, each where there is
// such.
struct About {
    std::vector<double> times;
    std::vector<float> values, weights;
};

void read_about(const Rows& rows, uint64 row, int number, int events, const EventColumns& columns, About* about) {
    const int attributes = static_cast<int>(columns.attributes.size()), first = columns.timed ? 1 : 0;
    const int known = first + attributes;
    const Numbers numbers = is_null(rows, row, number) ? Numbers{nullptr, events, 0} : doubles_of(rows, row, number);
    if (numbers.rows != events || (numbers.columns != known && numbers.columns != known + 1))
        refuse_value(rows, number, psprintf("%d x %d numbers of %d events", numbers.rows, numbers.columns, events));
    const bool weighted = numbers.columns > known;
    const auto of = [&](int event) {
        return numbers.x + static_cast<Size>(event) * static_cast<Size>(numbers.columns);
    };
    for (int i = 0; i < events; i++) {
        if (columns.timed && std::isinf(of(i)[0])) refuse_value(rows, number, "infinity");
        for (int a = 0; a < attributes; a++)
            if (!is_value_of(columns.attributes[a], of(i)[first + a]))
                refuse_value(rows, number, psprintf("%g is no value of an attribute", of(i)[first + a]));
        if (weighted && !std::isfinite(of(i)[known])) refuse_value(rows, number, "a weight that is not finite");
    }
    core_call([&] {
        about->times.resize(columns.timed ? events : 0);
        about->values.resize(static_cast<std::size_t>(events) * static_cast<std::size_t>(attributes));
        about->weights.resize(weighted ? events : 0);
    });
    for (int i = 0; i < events; i++) {
        if (columns.timed) about->times[i] = of(i)[0];
        for (int a = 0; a < attributes; a++)
            about->values[static_cast<std::size_t>(i) * attributes + a] = static_cast<float>(of(i)[first + a]);
        if (weighted) about->weights[i] = static_cast<float>(of(i)[known]);
    }
}

// Rows (place of the last event or the first since a cutoff, or -1; items in order; what else is known of these), one a user.
void read_histories(const char* query, const char* model, int32 version, TrainingData* data) {
    const bool with_validation = data->options.validation == "on";
    const int items = data->dataset.catalogue.items;
    auto* about = make_owned<About>(CurrentMemoryContext);
    for_each_row(query, kLabels, model, version, false, [&](const Rows& rows, uint64 row) {
        const Integers events = int32s_of(rows, row, 2, 0, items - 1);
        const int32 place = int32_of(rows, row, 1, -1, events.count);
        read_about(rows, row, 3, events.count, data->dataset.catalogue.events, about);
        core_call([&] {
            data->dataset.add_user(std::span(events.x, static_cast<std::size_t>(events.count)), about->times,
                                   about->values, about->weights);
            if (place >= 0 && place < events.count) data->dataset.hold_out(place, with_validation, data->cutoff);
        });
    });
}

// A training that predicts nothing would learn nothing.
void check_targets(const char* model, const Dataset& data) {
    if (data.weights.empty() || std::ranges::any_of(data.weights, [](float weight) { return weight > 0; })) return;
    ereport(
        ERROR,
        (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
         errmsg("none of the events of model \"%s\" is to be predicted", model),
         errhint(
             "An event is where its target column has one of the target values, and where its weight is above 0.")));
}

// Rows (item).
void read_served(const char* query, const char* model, int32 version, Dataset* dataset) {
    const int items = dataset->catalogue.items;
    core_call([&] { dataset->served.assign(static_cast<std::size_t>(items), 0); });
    for_each_row(query, kLabels, model, version, false,
                 [&](const Rows& rows, uint64 row) { dataset->served[int32_of(rows, row, 1, 0, items - 1)] = 1; });
}

}  // namespace

void read_version(const char* model, int32 version, TrainingData* data) {
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    execute(
        "SELECT v.options, v.holdout, v.timed, v.event_attributes::pg_catalog.text[] AS event_attributes, "
        "v.event_values "
        "FROM holomamba.version_catalogue v "
        "WHERE v.model = $1::pg_catalog.name AND v.version = $2",
        &p);
    const Rows rows = last_rows("holomamba.version_catalogue", model, version);
    if (rows.count == 0)
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("model \"%s\" has no version %d", model, version),
                        errhint("The view holomamba.versions lists the versions.")));
    read_options(rows, 0, 1, &data->options);
    read_event_columns(rows, 0, 3, &data->dataset.catalogue.events);
    const char* holdout = text_of(rows, 0, 2);
    data->held_out = std::strcmp(holdout, "none") != 0;
    data->cutoff = std::strcmp(holdout, "time") == 0;
    if (data->held_out && !data->cutoff && std::strcmp(holdout, "leave_one_out") != 0)
        refuse_value(rows, 2, psprintf("there is no holdout \"%s\"", holdout));
}

void read_dataset(const char* model, int32 version, TrainingData* data) {
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    execute("SELECT q.kind, q.name, q.labels, q.query FROM holomamba_internal.training_queries($1, $2) q", &p);
    const Rows queries = last_rows(kLabels, model, version);
    if (queries.count == 0) elog(ERROR, "no training queries");
    Catalogue& catalogue = data->dataset.catalogue;
    // What is read beside the attributes comes after them. The histories come last and tell how many items there are.
    const uint64 histories = queries.count - 1;
    uint64 attributes = histories;
    while (attributes > 0 && std::strcmp(text_of(queries, attributes - 1, 1), "served") == 0) attributes--;
    catalogue.items = int32_of(queries, histories, 3, 0, kMostItems);
    core_call([&] { catalogue.attributes.resize(attributes); });
    read_histories(text_of(queries, histories, 4), model, version, data);
    check_targets(model, data->dataset);
    for (uint64 i = attributes; i < histories; i++) read_served(text_of(queries, i, 4), model, version, &data->dataset);
    for (uint64 i = attributes; i-- > 0;) read_attribute(queries, i, catalogue.items, false, &catalogue.attributes[i]);
}

}  // namespace holomamba::postgres
