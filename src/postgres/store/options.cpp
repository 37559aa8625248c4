#include "postgres/store/options.hpp"

#include <vector>

#include "postgres/server/compat.h"
#include "postgres/server/owned.hpp"

extern "C" {
#include "utils/builtins.h"
#include "utils/jsonb.h"
}

namespace holomamba::postgres {

namespace {

Outcome refused(const char* message, const char* hint) {
    return outcome_of(ERRCODE_INVALID_PARAMETER_VALUE, message, hint);
}

// The text of a value that an option may have; nullptr where it may not.
const char* text_of_value(const JsonbValue& value) {
    switch (value.type) {
        case jbvString:
            return pnstrdup(value.val.string.val, value.val.string.len);
        case jbvNumeric:
            return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));
        case jbvBool:
            return value.val.boolean ? "true" : "false";
        default:
            return nullptr;
    }
}

// Sets every option of a JSON object; false, and what is wrong, where that cannot be.
bool set_options(Jsonb* object, Options* options, Outcome* outcome) {
    if (!JB_ROOT_IS_OBJECT(object)) {
        *outcome = refused("options must be a JSON object", "Such as '{\"dimension\": 64}'.");
        return false;
    }
    JsonbIterator* iterator = JsonbIteratorInit(&object->root);
    JsonbValue value;
    const char* name = nullptr;
    for (;;) {
        const JsonbIteratorToken token = JsonbIteratorNext(&iterator, &value, true);
        if (token == WJB_DONE) return true;
        if (token == WJB_KEY) name = pnstrdup(value.val.string.val, value.val.string.len);
        if (token != WJB_VALUE) continue;
        const char* text = text_of_value(value);
        if (text == nullptr) {
            *outcome = refused(psprintf("option \"%s\" must be a number, a string or a boolean", name),
                               "holomamba.options() lists the options and their values.");
            return false;
        }
        if (!try_core(outcome, [&] { options->set(name, text); })) return false;
    }
}

}  // namespace

void read_options(const Rows& rows, uint64 row, int number, Options* options) {
    Outcome outcome;
    if (set_options(DatumGetJsonbP(datum_of(rows, row, number, JSONBOID)), options, &outcome)) return;
    if (outcome.sqlstate == ERRCODE_OUT_OF_MEMORY) raise(outcome);
    refuse_value(rows, number, server_text(outcome.message));
}

}  // namespace holomamba::postgres

using namespace holomamba::postgres;

HOLOMAMBA_FUNCTION(holomamba_check_options)
Datum holomamba_check_options(PG_FUNCTION_ARGS) {
    Outcome outcome;
    auto* options = make_owned<holomamba::Options>(CurrentMemoryContext);
    if (!set_options(PG_GETARG_JSONB_P(0), options, &outcome)) raise(outcome);
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
