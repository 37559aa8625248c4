// What the parts of an item bring to its score, for explain_recommendation(), which is written in SQL.
#include <cmath>
#include <vector>

#include "postgres/server/arrays.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/owned.hpp"
#include "postgres/store/item_description.hpp"
#include "postgres/types/hrr.hpp"

using namespace holomamba::postgres;
using holomamba::Head;

namespace {

const char* name_of(Head::Contribution::Kind kind) {
    switch (kind) {
        case Head::Contribution::attribute:
            return "attribute";
        case Head::Contribution::item:
            return "item";
        default:
            return "bias";
    }
}

void put_contribution(ReturnSetInfo* result, const ItemDescription& d, const Head::Contribution& contribution) {
    if (!std::isfinite(contribution.score))
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("value out of range: overflow")));
    const bool of_attribute = contribution.kind == Head::Contribution::attribute,
               has_value = of_attribute && contribution.value >= 0;
    Datum values[4] = {CStringGetTextDatum(name_of(contribution.kind)), Datum{0}, Datum{0},
                       Float8GetDatum(contribution.score)};
    if (of_attribute) values[1] = CStringGetTextDatum(d.catalogue.attributes[contribution.number].name.c_str());
    if (has_value) values[2] = Int32GetDatum(d.values[contribution.number][contribution.value] + 1);
    bool nulls[4] = {false, !of_attribute, !has_value, false};
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

}  // namespace

HOLOMAMBA_FUNCTION(holomamba_item_parts)
Datum holomamba_item_parts(PG_FUNCTION_ARGS) {
    const char* model = text_to_cstring(PG_GETARG_TEXT_PP(0));
    const int32 version = PG_GETARG_INT32(1);
    Datum item = PG_GETARG_DATUM(2);
    const Hrr *target = DatumGetHrr(PG_GETARG_DATUM(3)), *vector = DatumGetHrr(PG_GETARG_DATUM(4));
    InitMaterializedSRF(fcinfo, 0);
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);

    SPI_connect();
    const int level = pin_search_path();
    auto* d = make_owned<ItemDescription>(CurrentMemoryContext);
    describe_items(model, version, array_of(TEXTOID, &item, 1), 1, DescribedFor::reader, d);
    const int width = d->options.dimension;
    for (const Hrr* given : {target, vector})
        if (given->dims != Head::stored_size(width))
            ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
                            errmsg("different vector dimensions %d and %d", given->dims, Head::stored_size(width))));
    auto* contributions = make_owned<std::vector<Head::Contribution>>(CurrentMemoryContext);
    core_call([&] {
        *contributions = d->head->explain(Head::stored_view(width, target->x), *d->embedding, d->parameters.data(),
                                          d->composed, 0, 0, vector->x);
    });
    for (const Head::Contribution& contribution : *contributions) put_contribution(result, *d, contribution);
    restore_search_path(level);
    SPI_finish();
    return Datum{0};
}
