// Items described by their attributes, whether a version was trained with them or not.
#include <memory>
#include <vector>

#include "model/holographic_embedding.hpp"
#include "postgres/server/compat.h"
#include "postgres/types/hrr.hpp"
#include "postgres/store/options.hpp"
#include "postgres/server/owned.hpp"
#include "postgres/store/parameter_store.hpp"
#include "postgres/store/stored.hpp"
#include "postgres/training/training_data.hpp"

extern "C" {
#include "utils/array.h"
}

using namespace holomamba::postgres;
using holomamba::HolographicEmbedding;

namespace {

// A version's embedding, of some items only.
struct Described {
    holomamba::Options options;
    holomamba::Catalogue catalogue;
    holomamba::ParameterLayout layout;
    std::unique_ptr<HolographicEmbedding> embedding;
    std::vector<float> parameters;
    HolographicEmbedding::Composed composed;
};

void read_catalogue(const char* model, int32 version, Datum ids, int items, Described* d) {
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    execute(
        "SELECT v.options, (SELECT true FROM holomamba.vocabulary y "
        "WHERE y.model = m.model AND y.version = $2 AND y.field = '' AND y.labels IS NOT NULL) AS labels "
        "FROM holomamba.assert_may_manage($1) m JOIN holomamba.version_catalogue v USING (model) "
        "WHERE v.version = $2 AND v.status = 'ready'",
        &p);
    if (SPI_processed == 0)
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("model \"%s\" has no complete version %d", model, version),
                 errhint("The view holomamba.versions lists the versions.")));
    read_options(last_rows("holomamba.version_catalogue", model, version), 0, 1, &d->options);
    (void)datum_of(last_rows("holomamba.vocabulary_catalogue", model, version), 0, 2, BOOLOID);
    d->catalogue.items = items;
    add(&p, TEXTARRAYOID, ids);
    execute(
        "SELECT q.kind, q.name, q.labels, q.query FROM holomamba.find_model($1) m, holomamba.attribute_queries(m, $2, "
        "pg_catalog.format('(SELECT k.id::%s, k.n FROM unnest(%L::text[]) WITH ORDINALITY k (id, n)) k (id, n)', "
        "m.item_type, $3)) q",
        &p);
    const Rows queries = last_rows("holomamba.vocabulary_catalogue", model, version);
    core_call([&] { d->catalogue.attributes.resize(queries.count); });
    for (uint64 i = 0; i < queries.count; i++) read_attribute(queries, i, items, &d->catalogue.attributes[i]);
}

float* parameter(Described* d, const char* name, Size* size) {
    for (const holomamba::ParameterInfo& info : d->layout.parameters()) {
        if (info.name != name) continue;
        *size = info.size;
        return d->parameters.data() + info.offset;
    }
    return nullptr;
}

// What items share, and the rows of the unknown item and the start token. The item table's end is read and no more.
void read_shared(const char* model, int32 version, Described* d, int items) {
    const int width = d->options.dimension;
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    add_int(&p, width);
    execute(
        "SELECT p.name, CASE p.name WHEN 'embedding.items' THEN "
        "pg_catalog.substr(p.data, pg_catalog.octet_length(p.data) - 8 * $3 + 1) ELSE p.data END AS data "
        "FROM holomamba.parameters p WHERE p.model = $1::pg_catalog.name AND p.version = $2 AND p.name LIKE "
        "'embedding.%'",
        &p);
    const Rows rows = last_rows("holomamba.parameters", model, version);
    for (uint64 row = 0; row < rows.count; row++) {
        const char* name = text_of(rows, row, 1);
        const Floats data = floats_of(rows, row, 2);
        Size size = 0;
        float* to = parameter(d, name, &size);
        if (to != nullptr && std::strcmp(name, "embedding.items") == 0) {
            to += static_cast<Size>(items) * width;
            size = 2 * static_cast<Size>(width);
        }
        if (to == nullptr || size != data.count) refuse_weights(model, version);
        std::memcpy(to, data.x, data.count * sizeof(float));
        release(data);
    }
    if (rows.count != d->layout.parameters().size()) refuse_weights(model, version);
}

// A piece of a row as floats; false where it is NULL.
bool read_floats(const Rows& rows, uint64 row, int number, float* to, int count) {
    if (is_null(rows, row, number)) return false;
    const Floats data = floats_of(rows, row, number);
    if (data.count != static_cast<Size>(count))
        refuse_value(rows, number, psprintf("%zu floats instead of %d", data.count, count));
    std::memcpy(to, data.x, sizeof(float) * data.count);
    return true;
}

}  // namespace

HOLOMAMBA_FUNCTION(holomamba_describe_items)
Datum holomamba_describe_items(PG_FUNCTION_ARGS) {
    const char* model = text_to_cstring(PG_GETARG_TEXT_PP(0));
    const int32 version = PG_GETARG_INT32(1);
    Datum* ids;
    bool* nulls;
    int items;
    deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), TEXTOID, -1, false, TYPALIGN_INT, &ids, &nulls, &items);
    InitMaterializedSRF(fcinfo, 0);
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    if (items == 0) return Datum{0};

    SPI_connect();
    auto* d = make_owned<Described>(CurrentMemoryContext);
    read_catalogue(model, version, PG_GETARG_DATUM(2), items, d);
    core_call([&] {
        d->embedding = std::make_unique<HolographicEmbedding>(d->options, d->catalogue, d->layout);
        d->parameters.resize(d->layout.size());
    });
    read_shared(model, version, d, items);

    // Of items that the version knows their own row and bias; of others the unknown item's.
    const int width = d->options.dimension;
    const bool tied = d->options.head == "tied";
    auto* targets = static_cast<float*>(palloc0(sizeof(float) * static_cast<Size>(items) * (width + 1)));
    auto* has_target = static_cast<bool*>(palloc0(static_cast<Size>(items)));
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    add_int(&p, width);
    add(&p, TEXTARRAYOID, PG_GETARG_DATUM(2));
    execute(
        "SELECT pg_catalog.substr(e.data, (k.n - 1)::integer * 4 * $3 + 1, 4 * $3) AS data, "
        "CASE WHEN k.n IS NULL THEN u.data ELSE pg_catalog.substr(b.data, (k.n - 1)::integer * 4 + 1, 4) END AS data, "
        "pg_catalog.substr(w.data, (k.n - 1)::integer * 4 * $3 + 1, 4 * $3) AS data "
        "FROM unnest($4) WITH ORDINALITY i (id, n) "
        "LEFT JOIN (SELECT l.* FROM holomamba.vocabulary y, unnest(y.labels) WITH ORDINALITY l (id, n) "
        "WHERE y.model = $1::pg_catalog.name AND y.version = $2 AND y.field = '') k ON k.id = i.id "
        "LEFT JOIN holomamba.parameters e ON e.model = $1::pg_catalog.name AND e.version = $2 AND e.name = "
        "'embedding.items' "
        "LEFT JOIN holomamba.parameters b ON b.model = $1::pg_catalog.name AND b.version = $2 AND b.name = 'head.bias' "
        "LEFT JOIN holomamba.parameters u ON u.model = $1::pg_catalog.name AND u.version = $2 AND u.name = "
        "'head.unknown_bias' "
        "LEFT JOIN holomamba.parameters w ON w.model = $1::pg_catalog.name AND w.version = $2 AND w.name = "
        "'head.weight' "
        "ORDER BY i.n",
        &p);
    const Rows rows = last_rows("holomamba.parameters", model, version);
    if (rows.count != static_cast<uint64>(items))
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                        errmsg("%d items have %llu places among the labels of version %d of model \"%s\"", items,
                               static_cast<unsigned long long>(rows.count), version, model),
                        errhint("Train a new version: CALL holomamba.train('%s');", model)));
    Size size;
    float* table = parameter(d, "embedding.items", &size);
    for (int i = 0; i < items; i++) {
        float* own = table + static_cast<Size>(i) * width;
        float* target = targets + static_cast<Size>(i) * (width + 1);
        const auto row = static_cast<uint64>(i);
        const bool known = read_floats(rows, row, 1, own, width);
        if (!known) std::memcpy(own, table + static_cast<Size>(items) * width, sizeof(float) * width);
        // A version that has not learned from unknown items has no bias for them.
        if (tied && !read_floats(rows, row, 2, target + width, 1) && known) refuse_weights(model, version);
        // An untied head has learned nothing to score an unknown item by.
        has_target[i] = tied || read_floats(rows, row, 3, target, width);
    }
    core_call([&] {
        std::vector<std::int32_t> rows(static_cast<std::size_t>(items));
        for (int i = 0; i < items; i++) rows[i] = i;
        d->embedding->prepare(d->parameters.data(), rows.size(), d->composed);
        d->embedding->compose(holomamba::kernels::table(), d->parameters.data(), rows, {}, 0, rows.size(), d->composed);
    });
    for (int i = 0; i < items; i++) {
        Hrr *token = hrr_allocate(width), *target = hrr_allocate(width + 1);
        std::memcpy(token->x, d->composed.token.data() + static_cast<Size>(i) * width, sizeof(float) * width);
        std::memcpy(target->x, targets + static_cast<Size>(i) * (width + 1), sizeof(float) * (width + 1));
        if (tied) std::memcpy(target->x, d->composed.raw.data() + static_cast<Size>(i) * width, sizeof(float) * width);
        check_hrr_range(token);
        check_hrr_range(target);
        Datum values[3] = {ids[i], PointerGetDatum(token), PointerGetDatum(target)};
        bool missing[3] = {nulls[i], false, !has_target[i]};
        tuplestore_putvalues(result->setResult, result->setDesc, values, missing);
    }
    SPI_finish();
    return Datum{0};
}
