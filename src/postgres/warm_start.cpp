#include "postgres/warm_start.hpp"

#include <memory>

#include "postgres/compat.h"
#include "postgres/owned.hpp"
#include "postgres/spi.hpp"
#include "training/warm_start.hpp"

extern "C" {
#include "utils/array.h"
}

namespace holomamba::postgres {
namespace {

Parameters key(const char* model, int32 version) {
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    return p;
}

std::span<const int32> integers_of(Datum datum) {
    ArrayType* array = DatumGetArrayTypeP(datum);
    return {reinterpret_cast<const int32*>(ARR_DATA_PTR(array)),
            static_cast<std::size_t>(ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)))};
}

// Every field's rows in the older version, in the order of the new version's labels.
void match_labels(const char* model, int32 version, int32 from, WarmStart* warm) {
    Parameters p = key(model, version);
    add_int(&p, from);
    execute("SELECT m.field::pg_catalog.text, m.old_rows FROM holomamba.matching_rows($1, $2, $3) m", &p);
    for (uint64 row = 0; row < SPI_processed; row++) {
        bool null;
        const char* field = text_of(row, 1);
        const auto rows = integers_of(value_of(row, 2, &null));
        core_call([&] { warm->match(field, {rows.begin(), rows.end()}); });
    }
}

}  // namespace

void warm_start(const char* model, int32 version, const Options& options, Trainer* trainer) {
    if (options.warm_start == "false") return;
    const int32 from = pg_strtoint32(options.warm_start.c_str());
    auto* warm = make_owned<std::unique_ptr<WarmStart>>(CurrentMemoryContext);
    core_call([&] { *warm = std::make_unique<WarmStart>(trainer->network().layout(), trainer->parameters()); });
    match_labels(model, version, from, warm->get());

    Parameters p = key(model, from);
    execute("SELECT p.name FROM holomamba.parameters p WHERE p.model = $1::pg_catalog.name AND p.version = $2", &p);
    SPITupleTable* names = SPI_tuptable;
    const uint64 count = SPI_processed;
    for (uint64 row = 0; row < count; row++) {
        const char* name = SPI_getvalue(names->vals[row], names->tupdesc, 1);
        Parameters one = key(model, from);
        add_text(&one, name);
        execute(
            "SELECT p.shape, p.data FROM holomamba.parameters p "
            "WHERE p.model = $1::pg_catalog.name AND p.version = $2 AND p.name = $3",
            &one);
        bool null;
        const auto shape = integers_of(value_of(0, 1, &null));
        const bytea* data = DatumGetByteaP(value_of(0, 2, &null));
        core_call([&] {
            (*warm)->copy(name, {shape.begin(), shape.end()},
                          {reinterpret_cast<const float*>(VARDATA(data)), (VARSIZE(data) - VARHDRSZ) / sizeof(float)});
        });
        SPI_freetuptable(SPI_tuptable);
    }
    core_call([&] { (*warm)->finish(); });
    ereport(NOTICE, (errmsg_internal("starting from the weights of version %d", from)));
}

}  // namespace holomamba::postgres
