#include "postgres/store/item_description.hpp"

#include <algorithm>
#include <numeric>

#include "postgres/server/arrays.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/owned.hpp"
#include "postgres/server/plan_cache.hpp"
#include "postgres/store/catalogue.hpp"
#include "postgres/store/item_attributes.hpp"
#include "postgres/store/options.hpp"
#include "postgres/store/parameter_store.hpp"

extern "C" {
#include "utils/memutils.h"
}

namespace holomamba::postgres {
namespace {

// What is asked for, and of what.
struct Request {
    const char* model;
    int32 version;
    Datum ids;
    int items;
    bool of_reader;
};

Parameters parameters_of(const Request& request) {
    Parameters p;
    add_text(&p, request.model);
    add_int(&p, request.version);
    return p;
}

// A manager's statements see what came before, and their like are rare. A reader's stay planned.
void ask(const Request& request, const char* sql, Parameters* p) {
    if (request.of_reader)
        query_planned(sql, p);
    else
        execute(sql, p);
}

void read_version_options(const Request& request, Options* options) {
    Parameters p = parameters_of(request);
    ask(request,
        "SELECT v.options FROM holomamba.version_catalogue v WHERE v.model = $1::pg_catalog.name AND v.version = $2 "
        "AND v.status = 'ready'",
        &p);
    const Rows rows = last_rows("holomamba.version_catalogue", request.model, request.version);
    if (rows.count == 0) refuse_version(request.model, request.version);
    read_options(rows, 0, 1, options);
}

[[noreturn]] void refuse_reader(const char* column, const char* table) {
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("permission denied for column \"%s\" of table %s", column, table),
                    errdetail("What an attribute contributes is told to those who may read it of every item.")));
    pg_unreachable();
}

// Numbers the values of a category that the items have from 0, and keeps their ordinals.
void keep_values(Attribute* attribute, std::vector<std::int32_t>* values) {
    *values = attribute->indices;
    std::sort(values->begin(), values->end());
    values->erase(std::unique(values->begin(), values->end()), values->end());
    for (std::int32_t& index : attribute->indices)
        index = static_cast<std::int32_t>(std::lower_bound(values->begin(), values->end(), index) - values->begin());
    attribute->values = static_cast<int>(values->size());
}

// Returns how many values the version knows of each category.
const int32* read_attributes(const Request& request, ItemDescription* d) {
    Parameters p = parameters_of(request);
    add(&p, TEXTARRAYOID, request.ids);
    ask(request,
        "SELECT q.kind, q.name, q.labels, q.query, m.items::pg_catalog.text FROM holomamba_internal.find_model($1) m, "
        "holomamba_internal.attribute_queries(m, $2, "
        "pg_catalog.format('(SELECT k.id::%s, k.n FROM unnest(%L::text[]) WITH ORDINALITY k (id, n)) k (id, n)', "
        "m.item_type, $3)) q",
        &p);
    const Rows queries = last_rows(kLabels, request.model, request.version);
    auto* labels = static_cast<int32*>(palloc0(sizeof(int32) * (queries.count + 1)));
    core_call([&] {
        d->catalogue.attributes.resize(queries.count);
        d->values.resize(queries.count);
    });
    for (uint64 i = 0; i < queries.count; i++) {
        if (request.of_reader && is_null(queries, i, 3)) refuse_reader(text_of(queries, i, 2), text_of(queries, i, 5));
        Attribute* attribute = &d->catalogue.attributes[i];
        read_attribute(queries, i, request.items, request.of_reader, attribute);
        labels[i] = attribute->values;
        core_call([&] {
            if (attribute->kind == AttributeKind::category) keep_values(attribute, &d->values[i]);
        });
    }
    return labels;
}

// Returns how many items the version knows.
int32 read_places(const Request& request, ItemDescription* d) {
    Parameters p = parameters_of(request);
    add(&p, TEXTARRAYOID, request.ids);
    ask(request,
        "WITH y AS MATERIALIZED (SELECT y.labels FROM holomamba.labels y "
        "WHERE y.model = $1::pg_catalog.name AND y.version = $2 AND y.field = '') "
        "SELECT (k.n - 1)::integer AS labels, (SELECT pg_catalog.cardinality(y.labels) FROM y) AS labels "
        "FROM unnest($3) WITH ORDINALITY i (id, n) "
        "LEFT JOIN (SELECT l.* FROM y, unnest(y.labels) WITH ORDINALITY l (id, n)) k ON k.id = i.id ORDER BY i.n",
        &p);
    const Rows rows = last_rows(kLabels, request.model, request.version);
    if (request.of_reader && rows.count > 0 && is_null(rows, 0, 2))
        refuse_reader("item_id", psprintf("holomamba.%s", quote_identifier(psprintf("%s_items", request.model))));
    if (rows.count > 0) (void)int32_of(rows, 0, 2, 0, kMostItems);
    if (rows.count != static_cast<uint64>(request.items))
        ereport(ERROR,
                (errcode(ERRCODE_DATA_CORRUPTED),
                 errmsg("%d items have %llu places among the labels of version %d of model \"%s\"", request.items,
                        static_cast<unsigned long long>(rows.count), request.version, request.model),
                 errhint("Train a new version: CALL holomamba.train('%s');", request.model)));
    for (int i = 0; i < request.items; i++)
        d->places[i] = is_null(rows, static_cast<uint64>(i), 1)
                           ? -1
                           : int32_of(rows, static_cast<uint64>(i), 1, 0, kMostItems - 1);
    return int32_of(rows, 0, 2, 0, kMostItems);
}

// Floats of a stored parameter, and where they go.
struct Piece {
    std::size_t parameter;  // of the layout
    std::size_t first, count, to;
};

// The weights that the items need. Of a parameter with a row for each item, or each value of an attribute, those of the
// items and values that there are, and what follows them all; of others everything. `stored` is how long each of them
// is.
struct Pieces {
    std::vector<Piece> pieces;
    std::vector<std::size_t> stored;

    void add_rows(std::size_t parameter, const ParameterInfo& info, std::size_t width,
                  std::span<const std::int32_t> rows, std::size_t labels) {
        for (std::size_t i = 0; i < rows.size(); i++)
            if (rows[i] >= 0) pieces.push_back({parameter, rows[i] * width, width, info.offset + i * width});
        const std::size_t behind = info.size - rows.size() * width;
        pieces.push_back({parameter, labels * width, behind, info.offset + rows.size() * width});
        stored.push_back(labels * width + behind);
    }
    void add_whole(std::size_t parameter, const ParameterInfo& info) {
        pieces.push_back({parameter, 0, info.size, info.offset});
        stored.push_back(info.size);
    }
};

void choose_pieces(const ItemDescription& d, int32 items, const int32* values, Pieces* pieces) {
    const auto& attributes = d.catalogue.attributes;
    for (std::size_t p = 0; p < d.layout.parameters().size(); p++) {
        const ParameterInfo& info = d.layout.parameters()[p];
        const std::size_t width = info.shape.size() > 1 ? static_cast<std::size_t>(info.shape[1]) : 1;
        const auto attribute = std::find_if(attributes.begin(), attributes.end(),
                                            [&](const Attribute& a) { return info.field == a.name; });
        if (info.field == kOfItems)
            pieces->add_rows(p, info, width, d.places, static_cast<std::size_t>(items));
        else if (info.field && attribute != attributes.end())
            pieces->add_rows(p, info, width, d.values[attribute - attributes.begin()],
                             static_cast<std::size_t>(values[attribute - attributes.begin()]));
        else
            pieces->add_whole(p, info);
    }
}

void read_pieces(const Request& request, const Pieces& pieces, ItemDescription* d) {
    const auto& layout = d->layout.parameters();
    const Size count = pieces.pieces.size();
    // Labels that have come to be more than there can be weights for.
    for (const std::size_t stored : pieces.stored)
        if (stored > MaxAllocSize / sizeof(float)) refuse_weights(request.model, request.version);
    auto* names = static_cast<Datum*>(palloc(sizeof(Datum) * (layout.size() + 1)));
    for (Size i = 0; i < layout.size(); i++) names[i] = CStringGetTextDatum(layout[i].name.c_str());
    Datum* numbers[3];
    for (Datum*& column : numbers) column = static_cast<Datum*>(palloc(sizeof(Datum) * (count + 1)));
    for (Size i = 0; i < count; i++) {
        const Piece& piece = pieces.pieces[i];
        numbers[0][i] = Int32GetDatum(static_cast<int32>(piece.parameter + 1));
        numbers[1][i] = Int32GetDatum(static_cast<int32>(piece.first * sizeof(float) + 1));
        numbers[2][i] = Int32GetDatum(static_cast<int32>(piece.count * sizeof(float)));
    }
    Parameters p = parameters_of(request);
    add(&p, TEXTARRAYOID, array_of(TEXTOID, names, static_cast<int>(layout.size())));
    for (Datum* column : numbers) add(&p, INT4ARRAYOID, array_of(INT4OID, column, static_cast<int>(count)));
    ask(request,
        "SELECT p.name IS NOT NULL, pg_catalog.octet_length(p.data), pg_catalog.substr(p.data, s.first, s.bytes) AS "
        "data "
        "FROM ROWS FROM (unnest($4), unnest($5), unnest($6)) WITH ORDINALITY s (parameter, first, bytes, n) "
        "LEFT JOIN holomamba.parameters p ON p.model = $1::pg_catalog.name AND p.version = $2 AND p.name = "
        "($3)[s.parameter] "
        "ORDER BY s.n",
        &p);
    const Rows rows = last_rows("holomamba.parameters", request.model, request.version);
    if (rows.count != count) refuse_weights(request.model, request.version);
    for (uint64 row = 0; row < rows.count; row++) {
        const Piece& piece = pieces.pieces[row];
        if (!DatumGetBool(datum_of(rows, row, 1, BOOLOID))) refuse_weights(request.model, request.version);
        const Floats data = floats_of(rows, row, 3);
        if (data.count != piece.count || static_cast<Size>(int32_of(rows, row, 2, 0, PG_INT32_MAX)) !=
                                             pieces.stored[piece.parameter] * sizeof(float))
            refuse_weights(request.model, request.version);
        std::memcpy(d->parameters.data() + piece.to, data.x, data.count * sizeof(float));
        release(data);
    }
}

// Of items that the version knows their own rows; others stand for the unknown item.
void compose(ItemDescription* d) {
    const HolographicEmbedding& embedding = *d->embedding;
    float* parameters = d->parameters.data();
    for (int i = 0; i < d->catalogue.items; i++) {
        if (d->places[i] >= 0) continue;
        std::copy_n(parameters + embedding.item(embedding.unknown_row()), d->options.dimension,
                    parameters + embedding.item(i));
        d->head->set_unknown(parameters, i);
    }
    std::vector<std::int32_t> rows(static_cast<std::size_t>(d->catalogue.items));
    std::iota(rows.begin(), rows.end(), 0);
    embedding.prepare(parameters, rows.size(), d->composed);
    embedding.compose(kernels::table(), parameters, rows, {}, 0, rows.size(), d->composed);
}

}  // namespace

void describe_items(const char* model, int32 version, Datum ids, int items, DescribedFor whom, ItemDescription* d) {
    const Request request{model, version, ids, items, whom == DescribedFor::reader};
    read_version_options(request, &d->options);
    d->catalogue.items = items;
    const int32* values = nullptr;
    // Whom no attribute is shown to, he needs no right to read them.
    if (!request.of_reader || Head::is_tied(d->options)) values = read_attributes(request, d);
    core_call([&] {
        d->embedding = std::make_unique<HolographicEmbedding>(d->options, d->catalogue, d->layout);
        d->head = std::make_unique<Head>(d->options, d->catalogue, d->layout);
        d->parameters.resize(d->layout.size());
        d->places.resize(static_cast<std::size_t>(items));
    });
    if (request.of_reader && d->catalogue.attributes.empty()) return;
    const int32 known = read_places(request, d);
    auto* pieces = make_owned<Pieces>(CurrentMemoryContext);
    core_call([&] { choose_pieces(*d, known, values, pieces); });
    read_pieces(request, *pieces, d);
    core_call([&] { compose(d); });
}

}  // namespace holomamba::postgres
