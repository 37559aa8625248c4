#include "postgres/training/training_data.hpp"

#include <limits>

#include "postgres/server/compat.h"
#include "postgres/store/options.hpp"
#include "postgres/store/stored.hpp"

extern "C" {
#include "utils/memutils.h"
}

namespace holomamba::postgres {
namespace {

// What is read from the user's tables is known by its place among the labels of a version, and where these change meanwhile
// the places do. So errors name the labels.
constexpr const char* kLabels = "holomamba.vocabulary_catalogue";

struct Version {
    const char* model;
    int32 number;
};

// Runs a query through a cursor, so that a million rows are never in memory at once.
template <typename Body>
void for_each_row(const char* query, const Version& version, Body&& body) {
    const int level = pin_search_path();
    MemoryContext some = AllocSetContextCreate(CurrentMemoryContext, "rows of a query", ALLOCSET_DEFAULT_SIZES);
    Portal cursor = SPI_cursor_open_with_args(nullptr, query, 0, nullptr, nullptr, nullptr, false, 0);
    for (;;) {
        SPI_cursor_fetch(cursor, true, 1000);
        if (SPI_processed == 0) break;
        const Rows rows = last_rows(kLabels, version.model, version.number);
        MemoryContext before = MemoryContextSwitchTo(some);
        for (uint64 row = 0; row < rows.count; row++) body(rows, row);
        MemoryContextSwitchTo(before);
        MemoryContextReset(some);
        SPI_freetuptable(SPI_tuptable);
    }
    SPI_cursor_close(cursor);
    MemoryContextDelete(some);
    restore_search_path(level);
}

// Rows (item, number), ordered by item.
void read_numbers(const char* query, const Version& version, Attribute* attribute, int items) {
    core_call([&] {
        attribute->numeric = true;
        attribute->numbers.assign(static_cast<std::size_t>(items), std::numeric_limits<float>::quiet_NaN());
    });
    for_each_row(query, version, [&](const Rows& rows, uint64 row) {
        attribute->numbers[static_cast<std::size_t>(int32_of(rows, row, 1, 0, items - 1))] = real_of(rows, row, 2);
    });
}

// Rows (item, value), ordered by item.
void read_category(const char* query, const Version& version, Attribute* attribute, int items, int values) {
    attribute->values = values;
    core_call([&] { attribute->offsets.assign(static_cast<std::size_t>(items) + 1, 0); });
    int32 last = 0;
    for_each_row(query, version, [&](const Rows& rows, uint64 row) {
        const int32 item = int32_of(rows, row, 1, last, items - 1), value = int32_of(rows, row, 2, 0, values - 1);
        if (attribute->indices.size() == PG_INT32_MAX)
            ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                            errmsg("attribute \"%s\" has more than %d values", attribute->name.c_str(), PG_INT32_MAX)));
        last = item;
        core_call([&] {
            attribute->indices.push_back(value);
            attribute->offsets[static_cast<std::size_t>(item) + 1]++;
        });
    });
    for (int i = 0; i < items; i++) attribute->offsets[i + 1] += attribute->offsets[i];
}

// Rows (place of the test event or -1, items in order), one a user.
void read_histories(const char* query, const Version& version, TrainingData* data) {
    const bool with_validation = data->options.validation == "on";
    const int items = data->dataset.catalogue.items;
    for_each_row(query, version, [&](const Rows& rows, uint64 row) {
        const Integers events = int32s_of(rows, row, 2, 0, items - 1);
        const int32 place = int32_of(rows, row, 1, -1, events.count);
        core_call([&] {
            data->dataset.add_user(std::span(events.x, static_cast<std::size_t>(events.count)));
            if (place >= 0 && place < events.count) data->dataset.hold_out(place, with_validation, data->strict);
        });
    });
}

}  // namespace

void read_attribute(const Rows& queries, uint64 row, int items, Attribute* attribute) {
    const Version version{queries.model, queries.version};
    const char *kind = text_of(queries, row, 1), *name = text_of(queries, row, 2), *query = text_of(queries, row, 4);
    const int32 labels = int32_of(queries, row, 3, 0, kMostItems);
    core_call([&] { attribute->name = name; });
    if (std::strcmp(kind, "number") == 0)
        read_numbers(query, version, attribute, items);
    else
        read_category(query, version, attribute, items, labels);
}

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
    execute("SELECT q.kind, q.name, q.labels, q.query FROM holomamba.training_queries($1, $2) q", &p);
    const Rows queries = last_rows(kLabels, model, version);
    if (queries.count == 0) elog(ERROR, "no training queries");
    Catalogue& catalogue = data->dataset.catalogue;
    // The histories come last and tell how many items there are, which the attributes need.
    const uint64 attributes = queries.count - 1;
    catalogue.items = int32_of(queries, attributes, 3, 0, kMostItems);
    core_call([&] { catalogue.attributes.resize(attributes); });
    read_histories(text_of(queries, attributes, 4), {model, version}, data);
    for (uint64 i = attributes; i-- > 0;) read_attribute(queries, i, catalogue.items, &catalogue.attributes[i]);
}

}  // namespace holomamba::postgres
