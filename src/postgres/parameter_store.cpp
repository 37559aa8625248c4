#include "postgres/parameter_store.hpp"

#include <bit>

#include "postgres/catalogue.hpp"
#include "postgres/stored.hpp"

extern "C" {
#include "utils/array.h"
}

namespace holomamba::postgres {

// The stored form is that of the machine, and the catalogue says little endian.
static_assert(std::endian::native == std::endian::little);

void store_parameters(const char* model, int32 version, const ParameterLayout& layout, std::span<const float> parameters) {
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
        add_text(&p, parameter.name.c_str());
        add(&p, INT4ARRAYOID, PointerGetDatum(construct_array(shape, rank, INT4OID, sizeof(int32), true, TYPALIGN_INT)));
        add(&p, BYTEAOID, PointerGetDatum(data));
        write_catalogue(
            "INSERT INTO holomamba.parameters (model, version, name, shape, data) VALUES ($1::pg_catalog.name, $2, $3, $4, $5) "
            "ON CONFLICT (model, version, name) DO UPDATE SET shape = excluded.shape, data = excluded.data",
            &p);
        pfree(data);
    }
}

void load_parameters(const char* model, int32 version, const ParameterLayout& layout, std::span<float> parameters) {
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    execute(
        "SELECT p.name, p.data FROM holomamba.parameters p WHERE p.model = $1::pg_catalog.name AND p.version = $2", &p);
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
