#include "postgres/training/training_data.hpp"

#include "postgres/server/compat.h"
#include "postgres/store/cursor.hpp"
#include "postgres/store/item_attributes.hpp"
#include "postgres/store/options.hpp"

namespace holomamba::postgres {
namespace {

// Rows (place of the test event or -1, items in order), one a user.
void read_histories(const char* query, const char* model, int32 version, TrainingData* data) {
    const bool with_validation = data->options.validation == "on";
    const int items = data->dataset.catalogue.items;
    for_each_row(query, kLabels, model, version, false, [&](const Rows& rows, uint64 row) {
        const Integers events = int32s_of(rows, row, 2, 0, items - 1);
        const int32 place = int32_of(rows, row, 1, -1, events.count);
        core_call([&] {
            data->dataset.add_user(std::span(events.x, static_cast<std::size_t>(events.count)));
            if (place >= 0 && place < events.count) data->dataset.hold_out(place, with_validation, data->strict);
        });
    });
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
        "SELECT v.options, v.holdout FROM holomamba.version_catalogue v "
        "WHERE v.model = $1::pg_catalog.name AND v.version = $2",
        &p);
    const Rows rows = last_rows("holomamba.version_catalogue", model, version);
    if (rows.count == 0)
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("model \"%s\" has no version %d", model, version),
                        errhint("The view holomamba.versions lists the versions.")));
    read_options(rows, 0, 1, &data->options);
    const char* holdout = text_of(rows, 0, 2);
    data->held_out = std::strcmp(holdout, "none") != 0;
    data->strict = std::strcmp(holdout, "time") == 0;
    if (data->held_out && !data->strict && std::strcmp(holdout, "leave_one_out") != 0)
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
    for (uint64 i = attributes; i < histories; i++) read_served(text_of(queries, i, 4), model, version, &data->dataset);
    for (uint64 i = attributes; i-- > 0;) read_attribute(queries, i, catalogue.items, false, &catalogue.attributes[i]);
}

}  // namespace holomamba::postgres
