// The vectors of items by the attributes that they have now.
#include "postgres/server/arrays.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/owned.hpp"
#include "postgres/store/catalogue.hpp"
#include "postgres/store/item_description.hpp"
#include "postgres/types/hrr.hpp"

using namespace holomamba::postgres;
using holomamba::Head;

HOLOMAMBA_FUNCTION(holomamba_describe_items)
Datum holomamba_describe_items(PG_FUNCTION_ARGS) {
    const char* model = text_to_cstring(PG_GETARG_TEXT_PP(0));
    const int32 version = PG_GETARG_INT32(1);
    const Elements ids = elements_of(PG_GETARG_ARRAYTYPE_P(2));
    const int items = ids.count;
    InitMaterializedSRF(fcinfo, 0);
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    if (items == 0) return Datum{0};

    SPI_connect();
    assert_may_manage(model);
    auto* d = make_owned<ItemDescription>(CurrentMemoryContext);
    as_owner(model_owner(model), [&] {
        assert_trusted_owners(model);
        describe_items(model, version, PG_GETARG_DATUM(2), items, DescribedFor::manager, d);
    });
    const int width = d->options.dimension;
    const Head::View view = d->head->view(d->parameters.data(), d->composed.raw.data());
    for (int i = 0; i < items; i++) {
        Hrr *token = hrr_allocate(width), *target = hrr_allocate(Head::stored_size(width));
        std::memcpy(token->x, d->composed.token.data() + static_cast<Size>(i) * width, sizeof(float) * width);
        Head::store_target(width, view, static_cast<Size>(i), target->x);
        check_hrr_range(token);
        check_hrr_range(target);
        // A head with a table of its own has learned nothing to score an unknown item by.
        const bool has_target = d->head->tied() || d->places[i] >= 0;
        Datum values[3] = {ids.values[i], PointerGetDatum(token), PointerGetDatum(target)};
        bool missing[3] = {ids.is_null(i), false, !has_target};
        tuplestore_putvalues(result->setResult, result->setDesc, values, missing);
    }
    SPI_finish();
    return Datum{0};
}
