#include "postgres/options.hpp"

#include <vector>

#include "postgres/owned.hpp"
#include "postgres/compat.h"

extern "C" {
#include "utils/builtins.h"
#include "utils/jsonb.h"
}

namespace holomamba::postgres {

void read_options(const char* json, Options* options) {
    Jsonb* object = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
    if (!JB_ROOT_IS_OBJECT(object))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("options must be a JSON object"),
                        errhint("Such as '{\"dimension\": 64}'.")));
    JsonbIterator* iterator = JsonbIteratorInit(&object->root);
    JsonbValue value;
    const char* name = nullptr;
    for (;;) {
        const JsonbIteratorToken token = JsonbIteratorNext(&iterator, &value, true);
        if (token == WJB_DONE) break;
        if (token == WJB_KEY) name = pnstrdup(value.val.string.val, value.val.string.len);
        if (token != WJB_VALUE) continue;
        const char* text;
        if (value.type == jbvString)
            text = pnstrdup(value.val.string.val, value.val.string.len);
        else if (value.type == jbvNumeric)
            text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));
        else if (value.type == jbvBool)
            text = value.val.boolean ? "true" : "false";
        else
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("option \"%s\" must be a number, a string or a boolean", name),
                            errhint("holomamba.options() lists the options and their values.")));
        core_call([&] { options->set(name, text); });
    }
}

}  // namespace holomamba::postgres

using namespace holomamba::postgres;

HOLOMAMBA_FUNCTION(holomamba_check_options)
Datum holomamba_check_options(PG_FUNCTION_ARGS) {
    const char* json = DatumGetCString(DirectFunctionCall1(jsonb_out, PG_GETARG_DATUM(0)));
    auto* options = make_owned<holomamba::Options>(CurrentMemoryContext);
    read_options(json, options);
    core_call([&] { options->check(); });
    PG_RETURN_VOID();
}

HOLOMAMBA_FUNCTION(holomamba_options)
Datum holomamba_options(PG_FUNCTION_ARGS) {
    InitMaterializedSRF(fcinfo, 0);
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    auto* described = make_owned<std::vector<holomamba::OptionInfo>>(CurrentMemoryContext);
    core_call([&] { *described = holomamba::describe_options(); });
    for (const holomamba::OptionInfo& option : *described) {
        Datum values[4] = {CStringGetTextDatum(option.name.c_str()), CStringGetTextDatum(option.default_text.c_str()),
                           CStringGetTextDatum(option.range.c_str()), CStringGetTextDatum(option.description.c_str())};
        bool nulls[4] = {};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    return Datum{0};
}
