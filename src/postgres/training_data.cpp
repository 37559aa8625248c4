#include "postgres/training_data.hpp"

#include <cmath>
#include <limits>

#include "postgres/options.hpp"
#include "postgres/spi.hpp"

extern "C" {
#include "utils/array.h"
}

namespace holomamba::postgres {
namespace {

// Runs a query through a cursor, so that a million rows are never in memory at once.
template <typename Body>
void for_each_row(const char* query, Body&& body) {
    const int level = pin_search_path();
    Portal cursor = SPI_cursor_open_with_args(nullptr, query, 0, nullptr, nullptr, nullptr, false, 0);
    for (;;) {
        SPI_cursor_fetch(cursor, true, 1000);
        if (SPI_processed == 0) break;
        for (uint64 row = 0; row < SPI_processed; row++) body(row);
        SPI_freetuptable(SPI_tuptable);
    }
    SPI_cursor_close(cursor);
    restore_search_path(level);
}

int32 int_of(uint64 row, int number) {
    bool null;
    return DatumGetInt32(value_of(row, number, &null));
}

// Rows (item, number), ordered by item.
void read_numbers(const char* query, Attribute* attribute, int items) {
    core_call([&] {
        attribute->numeric = true;
        attribute->numbers.assign(items, std::numeric_limits<float>::quiet_NaN());
    });
    for_each_row(query, [&](uint64 row) {
        bool null;
        attribute->numbers[int_of(row, 1)] = DatumGetFloat4(value_of(row, 2, &null));
    });
}

// Rows (item, value), ordered by item.
void read_category(const char* query, Attribute* attribute, int items, int values) {
    attribute->values = values;
    core_call([&] { attribute->offsets.assign(static_cast<std::size_t>(items) + 1, 0); });
    for_each_row(query, [&](uint64 row) {
        const int32 item = int_of(row, 1), value = int_of(row, 2);
        core_call([&] {
            attribute->indices.push_back(value);
            attribute->offsets[static_cast<std::size_t>(item) + 1]++;
        });
    });
    for (int i = 0; i < items; i++) attribute->offsets[i + 1] += attribute->offsets[i];
}

// Rows (items in order, place of the test event or -1), one a user.
void read_histories(const char* query, TrainingData* data) {
    const bool with_validation = data->options.validation == "on";
    for_each_row(query, [&](uint64 row) {
        bool null;
        ArrayType* items = DatumGetArrayTypeP(value_of(row, 1, &null));
        const auto* events = reinterpret_cast<const int32*>(ARR_DATA_PTR(items));
        const int count = ArrayGetNItems(ARR_NDIM(items), ARR_DIMS(items));
        const int32 place = int_of(row, 2);
        core_call([&] {
            data->dataset.add_user(std::span(events, static_cast<std::size_t>(count)));
            if (place >= 0 && place < count) data->dataset.hold_out(place, with_validation, data->strict);
        });
    });
}

}  // namespace

void read_attribute(SPITupleTable* queries, uint64 row, int items, Attribute* attribute) {
    const auto text = [&](int number) { return SPI_getvalue(queries->vals[row], queries->tupdesc, number); };
    const char *kind = text(1), *name = text(2), *query = text(4);
    bool null;
    const int labels = DatumGetInt32(SPI_getbinval(queries->vals[row], queries->tupdesc, 3, &null));
    core_call([&] { attribute->name = name; });
    if (std::strcmp(kind, "number") == 0)
        read_numbers(query, attribute, items);
    else
        read_category(query, attribute, items, labels);
}

void read_version(const char* model, int32 version, TrainingData* data) {
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    execute(
        "SELECT v.options::pg_catalog.text, v.holdout FROM holomamba.version_catalogue v "
        "WHERE v.model = $1::pg_catalog.name AND v.version = $2",
        &p);
    read_options(text_of(0, 1), &data->options);
    const char* holdout = text_of(0, 2);
    data->held_out = std::strcmp(holdout, "none") != 0;
    data->strict = std::strcmp(holdout, "time") == 0;
}

void read_dataset(const char* model, int32 version, TrainingData* data) {
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    execute("SELECT q.kind, q.name, q.labels, q.query FROM holomamba.training_queries($1, $2) q", &p);
    SPITupleTable* queries = SPI_tuptable;
    const uint64 count = SPI_processed;
    for (uint64 i = count; i-- > 0;) {
        // The histories come last and tell how many items there are, which the attributes need.
        const char* kind = SPI_getvalue(queries->vals[i], queries->tupdesc, 1);
        const char* query = SPI_getvalue(queries->vals[i], queries->tupdesc, 4);
        bool null;
        const int labels = DatumGetInt32(SPI_getbinval(queries->vals[i], queries->tupdesc, 3, &null));
        Catalogue& catalogue = data->dataset.catalogue;
        if (std::strcmp(kind, "histories") == 0) {
            catalogue.items = labels;
            core_call([&] { catalogue.attributes.resize(count - 1); });
            read_histories(query, data);
            continue;
        }
        read_attribute(queries, i, catalogue.items, &catalogue.attributes[i]);
    }
}

}  // namespace holomamba::postgres
