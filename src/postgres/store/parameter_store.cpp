#include "postgres/store/parameter_store.hpp"

#include <bit>

#include "postgres/server/arrays.hpp"
#include "postgres/store/catalogue.hpp"
#include "postgres/store/stored.hpp"

extern "C" {
#include "utils/memutils.h"
}

namespace holomamba::postgres {

// The stored form is that of the machine, and the catalogue says little endian.
static_assert(std::endian::native == std::endian::little);

namespace {

// The names of the columns that are attributes, as they are now: one may have been renamed since a training has read it.
Rows read_attributes(const char* model, int32 version) {
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    execute(
        "SELECT a.name FROM holomamba.model_catalogue m, "
        "unnest(holomamba_internal.attributes_of(m, $2) || m.event_attributes) WITH ORDINALITY a (name, number) "
        "WHERE m.model = $1::pg_catalog.name ORDER BY a.number",
        &p);
    return last_rows("holomamba.model_catalogue", model);
}

// What a parameter is stored as. Those of the attributes come in the order of these, those of items first.
const char* stored_name(const ParameterInfo& parameter, const Rows& attributes, uint64* attribute) {
    const char* name = parameter.name.c_str();
    for (const char* prefix :
         {"embedding.values.", "embedding.base.", "embedding.projection.", "events.values.", "events.base."})
        if (parameter.name.starts_with(prefix) && *attribute < attributes.count)
            return psprintf("%s%s", prefix, text_of(attributes, (*attribute)++, 1));
    return name;
}

// The largest value that there is room for: what palloc() gives, less a header.
constexpr Size kMostFloats = (MaxAllocSize - VARHDRSZ) / sizeof(float);

}  // namespace

void check_parameters(const ParameterLayout& layout) {
    for (const ParameterInfo& parameter : layout.parameters())
        if (parameter.size > kMostFloats)
            ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                            errmsg("weights \"%s\" would take %.1f GB, and a value of a table has at most 1 GB",
                                   parameter.name.c_str(), static_cast<double>(parameter.size * sizeof(float)) / 1e9),
                            errhint("Lower \"dimension\".")));
}

void store_parameters(const char* model, int32 version, const ParameterLayout& layout,
                      std::span<const float> parameters) {
    const Rows attributes = read_attributes(model, version);
    uint64 attribute = 0;
    for (const ParameterInfo& parameter : layout.parameters()) {
        const Size bytes = parameter.size * sizeof(float);
        auto* data = static_cast<bytea*>(palloc(VARHDRSZ + bytes));
        SET_VARSIZE(data, VARHDRSZ + bytes);
        std::memcpy(VARDATA(data), parameters.data() + parameter.offset, bytes);
        const int rank = static_cast<int>(parameter.shape.size());
        auto* shape = static_cast<Datum*>(palloc(sizeof(Datum) * parameter.shape.size()));
        for (int i = 0; i < rank; i++) shape[i] = Int32GetDatum(parameter.shape[i]);

        Parameters p;
        add_text(&p, model);
        add_int(&p, version);
        add_text(&p, stored_name(parameter, attributes, &attribute));
        add(&p, INT4ARRAYOID, array_of(INT4OID, shape, rank));
        add(&p, BYTEAOID, PointerGetDatum(data));
        write_catalogue(
            "INSERT INTO holomamba.parameters (model, version, name, shape, data) VALUES ($1::pg_catalog.name, $2, $3, "
            "$4, $5) "
            "ON CONFLICT (model, version, name) DO UPDATE SET shape = excluded.shape, data = excluded.data",
            &p);
        pfree(data);
    }
}

void load_parameters(const char* model, int32 version, const ParameterLayout& layout, std::span<float> parameters) {
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    execute("SELECT p.name, p.data FROM holomamba.parameters p WHERE p.model = $1::pg_catalog.name AND p.version = $2",
            &p);
    const Rows rows = last_rows("holomamba.parameters", model, version);
    Size found = 0;
    for (uint64 row = 0; row < rows.count; row++) {
        const char* name = text_of(rows, row, 1);
        const Floats data = floats_of(rows, row, 2);
        for (const ParameterInfo& parameter : layout.parameters()) {
            if (parameter.name != name || parameter.size != data.count) continue;
            std::memcpy(parameters.data() + parameter.offset, data.x, data.count * sizeof(float));
            found++;
        }
        release(data);
    }
    if (found != layout.parameters().size()) refuse_weights(model, version);
}

void refuse_weights(const char* model, int32 version) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("the weights of version %d of model \"%s\" do not fit the model", version, model),
                    errdetail("The items or attributes it was trained on are described differently now."),
                    errhint("Train a new version: CALL holomamba.train('%s');", model)));
    pg_unreachable();
}

}  // namespace holomamba::postgres
