#include "postgres/training/warm_start.hpp"

#include <memory>

#include "postgres/server/compat.h"
#include "postgres/server/owned.hpp"
#include "postgres/store/stored.hpp"
#include "training/warm_start.hpp"

namespace holomamba::postgres {
namespace {

Parameters key(const char* model, int32 version) {
    Parameters p;
    add_text(&p, model);
    add_int(&p, version);
    return p;
}

// Every field's rows in the older version, in the order of the new version's labels.
void match_labels(const char* model, int32 version, int32 from, WarmStart* warm) {
    Parameters p = key(model, version);
    add_int(&p, from);
    execute("SELECT m.field::pg_catalog.text, m.old_rows FROM holomamba_internal.matching_rows($1, $2, $3) m", &p);
    const Rows rows = last_rows("holomamba.vocabulary_catalogue", model, version);
    for (uint64 row = 0; row < rows.count; row++) {
        const char* field = text_of(rows, row, 1);
        const Integers old_rows = int32s_of(rows, row, 2, -1, kMostItems);
        core_call([&] { warm->match(field, {old_rows.x, old_rows.x + old_rows.count}); });
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
    execute(
        "SELECT p.name FROM holomamba.parameters p WHERE p.model = $1::pg_catalog.name AND p.version = $2 "
        "ORDER BY p.name COLLATE \"C\"",
        &p);
    const Rows names = last_rows("holomamba.parameters", model, from);
    for (uint64 row = 0; row < names.count; row++) {
        const char* name = text_of(names, row, 1);
        Parameters one = key(model, from);
        add_text(&one, name);
        execute(
            "SELECT p.shape, p.data FROM holomamba.parameters p "
            "WHERE p.model = $1::pg_catalog.name AND p.version = $2 AND p.name = $3",
            &one);
        const Rows parameter = last_rows("holomamba.parameters", model, from);
        if (parameter.count != 1) refuse_value(names, 1, psprintf("\"%s\" came or went while it was read", name));
        const Integers shape = int32s_of(parameter, 0, 1, 0, PG_INT32_MAX);
        const Floats data = floats_of(parameter, 0, 2);
        core_call_with(parameter, 1, [&] {
            (*warm)->copy(name, {shape.x, shape.x + shape.count}, {data.x, data.count});
        });
        release(data);
        SPI_freetuptable(SPI_tuptable);
    }
    core_call([&] {
        (*warm)->finish();
        trainer->fit_trend();
    });
    ereport(NOTICE, (errmsg_internal("starting from the weights of version %d", from)));
}

}  // namespace holomamba::postgres
