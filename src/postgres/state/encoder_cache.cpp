#include "postgres/state/encoder_cache.hpp"

#include <memory>

#include "postgres/server/arrays.hpp"
#include "postgres/server/owned.hpp"
#include "postgres/store/catalogue.hpp"
#include "postgres/store/options.hpp"
#include "postgres/store/stored.hpp"

extern "C" {
#include "utils/inval.h"
#include "utils/syscache.h"
}

namespace holomamba::postgres {
namespace {

struct Entry {
    uint64 fingerprint = 0;
    uint64 used = 0;
    EventColumns events;
    std::unique_ptr<Encoder> encoder;
    std::unique_ptr<EventVocabulary> vocabulary;
    uint64 labels = 0;  // the renamed labels of enums that this session had heard of when the vocabulary was read
};

// A few models, or two versions around an activation: about half a megabyte each.
constexpr int kEntries = 8;
Entry entries[kEntries];
uint64 uses = 0;

// What is being loaded; owned by the procedure's memory context, so that an error halfway leaves nothing behind.
struct Loading {
    Options options;
    EventColumns events;
    std::unique_ptr<Encoder> encoder;
    std::unique_ptr<EventVocabulary> vocabulary;
};

// Labels of enums go by new names in vocabularies, and with the same weights.
uint64 renamed_labels = 1;

void count_renamed_label(Datum, int, uint32) {
    renamed_labels++;
}

void watch_labels() {
    static bool watching = false;
    if (watching) return;
    CacheRegisterSyscacheCallback(ENUMOID, count_renamed_label, Datum{0});
    watching = true;
}

Entry* find_entry(uint64 fingerprint) {
    for (Entry& entry : entries)
        if (entry.encoder && entry.fingerprint == fingerprint) return &entry;
    return nullptr;
}

bool has_labels(const Entry& entry) {
    return entry.events.attributes.empty() || (entry.vocabulary && entry.labels == renamed_labels);
}

// The names of the parameters that an encoder reads.
Datum names_of(const Encoder& encoder) {
    int count = 0;
    encoder.for_each_parameter([&](const ParameterInfo&) { count++; });
    auto* names = static_cast<Datum*>(palloc(sizeof(Datum) * static_cast<Size>(count)));
    count = 0;
    encoder.for_each_parameter(
        [&](const ParameterInfo& parameter) { names[count++] = CStringGetTextDatum(parameter.name.c_str()); });
    return array_of(TEXTOID, names, count);
}

void load_parameters(Loading* loading, const char* model, int32 version) {
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    add_int(&p, loading->options.dimension);
    add(&p, TEXTARRAYOID, names_of(*loading->encoder));
    // Of the item table only the unknown item and the start token: the end of the value, which is not compressed, so only
    // that much is read.
    query(
        "SELECT p.name, CASE p.name WHEN 'embedding.items' THEN "
        "pg_catalog.substr(p.data, pg_catalog.octet_length(p.data) - 8 * $3 + 1) ELSE p.data END AS data "
        "FROM holomamba.parameters p WHERE p.model = $1::pg_catalog.name AND p.version = $2 AND p.name = ANY ($4)",
        &p);
    const Rows rows = last_rows("holomamba.parameters", model, version);
    for (uint64 row = 0; row < rows.count; row++) {
        const char* name = text_of(rows, row, 1);
        const Floats data = floats_of(rows, row, 2);
        core_call_with(rows, 2, [&] { loading->encoder->set_parameter(name, {data.x, data.count}); });
        release(data);
    }
    core_call_with(rows, 1, [&] { loading->encoder->finish(); });
}

}  // namespace

bool is_loaded(uint64 fingerprint) {
    return find_entry(fingerprint) != nullptr;
}

const EventColumns& event_columns_of(uint64 fingerprint) {
    (void)encoder_of_fingerprint(fingerprint);
    return find_entry(fingerprint)->events;
}

bool has_event_vocabulary(uint64 fingerprint) {
    const Entry* entry = find_entry(fingerprint);
    return entry != nullptr && has_labels(*entry);
}

const EventVocabulary& event_vocabulary(uint64 fingerprint, const char* model) {
    static const EventVocabulary none;
    Entry* entry = find_entry(fingerprint);
    if (entry == nullptr) {
        (void)encoder_of_fingerprint(fingerprint);
        entry = find_entry(fingerprint);
    }
    if (entry->events.attributes.empty()) return none;
    if (has_labels(*entry)) return *entry->vocabulary;

    watch_labels();
    SPI_connect();
    Parameters p;
    add_text(&p, model);
    add_bigint(&p, static_cast<int64>(fingerprint));
    query(
        "SELECT v.version FROM holomamba.version_catalogue v WHERE v.model = $1::pg_catalog.name AND v.fingerprint = "
        "$2 "
        "LIMIT 1",
        &p);
    const Rows rows = last_rows("holomamba.version_catalogue", model);
    if (rows.count == 0)
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                        errmsg("a state belongs to weights that are not of model \"%s\"", model),
                        errhint("SELECT holomamba.rebuild_state('%s');", model)));
    const int32 version = int32_of(rows, 0, 1, 1, PG_INT32_MAX);
    auto* loading = make_owned<Loading>(CurrentMemoryContext);
    core_call([&] { loading->vocabulary = std::make_unique<EventVocabulary>(); });
    // Before they are read: of what is renamed from here on the session hears.
    const uint64 labels = renamed_labels;
    load_event_vocabulary(model, version, entry->events, loading->vocabulary.get());
    // Nothing that was called here has loaded another encoder in its place.
    entry->vocabulary = std::move(loading->vocabulary);
    entry->labels = labels;
    SPI_finish();
    return *entry->vocabulary;
}

Encoder* encoder_of_fingerprint(uint64 fingerprint) {
    Entry* oldest = &entries[0];
    for (Entry& entry : entries) {
        if (entry.encoder && entry.fingerprint == fingerprint) {
            entry.used = ++uses;
            return entry.encoder.get();
        }
        if (entry.used < oldest->used) oldest = &entry;
    }

    SPI_connect();
    Parameters p;
    add_bigint(&p, static_cast<int64>(fingerprint));
    query(
        "SELECT v.model, v.version, v.options, v.timed, v.event_attributes::pg_catalog.text[] AS event_attributes, "
        "v.event_values "
        "FROM holomamba.version_catalogue v "
        "WHERE v.fingerprint = $1 LIMIT 1",
        &p);
    if (SPI_processed == 0)
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("the state belongs to weights that are not in this database"),
                        errhint("Rebuild the states of the model: SELECT holomamba.rebuild_state(model).")));
    Rows rows = last_rows("holomamba.version_catalogue", "", 0);
    const char* model = rows.model = text_of(rows, 0, 1);
    const int32 version = rows.version = int32_of(rows, 0, 2, 1, PG_INT32_MAX);
    auto* loading = make_owned<Loading>(CurrentMemoryContext);
    read_options(rows, 0, 3, &loading->options);
    read_event_columns(rows, 0, 4, &loading->events);
    core_call([&] { loading->encoder = std::make_unique<Encoder>(loading->options, loading->events); });
    load_parameters(loading, model, version);
    oldest->vocabulary.reset();
    oldest->events = std::move(loading->events);
    oldest->encoder = std::move(loading->encoder);
    oldest->fingerprint = fingerprint;
    oldest->used = ++uses;
    SPI_finish();
    return oldest->encoder.get();
}

uint64 fingerprint_of_version(const char* model, int32 version) {
    SPI_connect();
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    query(
        "SELECT v.fingerprint FROM holomamba.version_catalogue v WHERE v.model = $1::pg_catalog.name AND v.version = "
        "$2 "
        "AND v.status = 'ready'",
        &p);
    if (SPI_processed == 0) refuse_version(model, version);
    const auto fingerprint =
        static_cast<uint64>(int64_of(last_rows("holomamba.version_catalogue", model, version), 0, 1));
    SPI_finish();
    return fingerprint;
}

}  // namespace holomamba::postgres
