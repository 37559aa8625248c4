#include "postgres/store/event_columns.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "model/catalogue.hpp"

namespace holomamba::postgres {

namespace {

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

std::string_view view_of(Datum value) {
    const auto* bytes = reinterpret_cast<const varlena*>(DatumGetPointer(value));
    return {VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)};
}

double number_of(const Rows& rows, int number, Datum label) {
    const char* written = TextDatumGetCString(label);
    char* end;
    const double x = std::strtod(written, &end);
    if (end == written || *end != '\0' || !std::isfinite(x))
        refuse_value(rows, number, "the scale of a number is none");
    return x;
}

void read_scale(const Rows& rows, int number, const Texts& labels, EventVocabulary::Attribute* attribute) {
    if (labels.count != 2) refuse_value(rows, number, "the scale of a number has another length than 2");
    attribute->mean = number_of(rows, number, labels.values[0]);
    attribute->deviation = number_of(rows, number, labels.values[1]);
    if (attribute->deviation <= 0) refuse_value(rows, number, "a deviation of 0");
}

}  // namespace

float EventVocabulary::Attribute::place_of(std::string_view label) const {
    const auto found = places.find(label);
    return found == places.end() ? kUnknown : found->second;
}

float EventVocabulary::Attribute::score_of(double x) const {
    if (!(std::abs(x) <= 1e30)) return kUnknown;
    if (std::abs(x) < 1e-30) x = 0;
    const double difference = x - mean;
    if (std::abs(difference) < 1e-30 * deviation) return 0;
    return static_cast<float>(std::clamp(difference / deviation, -10000.0, 10000.0));
}

bool is_value_of(const EventAttribute& attribute, double value) {
    if (std::isnan(value)) return true;
    if (attribute.numeric) return std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max());
    return value >= 0 && value < attribute.values && value == std::floor(value);
}

void read_event_columns(const Rows& rows, uint64 row, int first, EventColumns* columns) {
    columns->timed = DatumGetBool(datum_of(rows, row, first, BOOLOID));
    const Texts names = texts_of(rows, row, first + 1);
    const Integers values = int32s_of(rows, row, first + 2, -1, kMostItems);
    if (names.count != values.count || names.count > kMostEventAttributes)
        refuse_value(rows, first + 2, psprintf("%d numbers of values of %d attributes", values.count, names.count));
    core_call([&] {
        columns->attributes.clear();
        for (int i = 0; i < names.count; i++)
            columns->attributes.push_back({.name = std::string(view_of(names.values[i])),
                                           .numeric = values.x[i] < 0,
                                           .values = std::max(values.x[i], 0)});
    });
}

void load_event_vocabulary(const char* model, int32 version, const EventColumns& columns, EventVocabulary* vocabulary) {
    const std::size_t count = columns.attributes.size();
    core_call([&] { vocabulary->attributes.resize(count); });
    if (count == 0) return;
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    query(
        "SELECT y.labels FROM holomamba.version_catalogue v, unnest(v.event_attributes) WITH ORDINALITY a (name, n) "
        "JOIN holomamba.vocabulary y ON y.model = $1::pg_catalog.name AND y.version = $2 "
        "AND y.field = holomamba_internal.event_field(a.name) "
        "WHERE v.model = $1::pg_catalog.name AND v.version = $2 ORDER BY a.n",
        &p);
    const Rows rows = last_rows("holomamba.vocabulary_catalogue", model, version);
    if (rows.count != count)
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                        errmsg("version %d of model \"%s\" has labels of %llu attributes of events instead of %zu",
                               version, model, static_cast<unsigned long long>(rows.count), count),
                        errhint("Train a new version: CALL holomamba.train('%s');", model)));
    for (uint64 row = 0; row < rows.count; row++) {
        EventVocabulary::Attribute* attribute = &vocabulary->attributes[row];
        attribute->numeric = columns.attributes[row].numeric;
        const Texts labels = texts_of(rows, row, 1);
        if (attribute->numeric) {
            read_scale(rows, 1, labels, attribute);
            continue;
        }
        if (labels.count != columns.attributes[row].values)
            refuse_value(rows, 1, psprintf("%d labels of %d values", labels.count, columns.attributes[row].values));
        core_call([&] {
            attribute->places.reserve(static_cast<std::size_t>(labels.count));
            for (int i = 0; i < labels.count; i++)
                attribute->places.emplace(view_of(labels.values[i]), static_cast<float>(i));
        });
    }
}

}  // namespace holomamba::postgres
