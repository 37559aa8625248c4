#include "postgres/serving/seen_values.hpp"

#include "postgres/server/compat.h"
#include "postgres/server/held_table.hpp"
#include "postgres/server/plan_cache.hpp"

extern "C" {
#include "catalog/pg_type_d.h"
#include "utils/lsyscache.h"
}

namespace holomamba::postgres {
namespace {

// As holomamba_internal.label_expression() has it: no cast and no operator of the owner's own types is asked.
const char* text_of_column(const ServingModel& m, Oid type) {
    const char* column = psprintf("%s.%s", name_for(m.interactions), quote_identifier(m.target_column));
    return type_is_enum(type)
               ? psprintf("CASE WHEN %s IS NOT NULL THEN format('%%s', %s) END COLLATE \"C\"", column, column)
               : psprintf("%s::text COLLATE \"C\"", column);
}

bool is_category(Oid type) {
    switch (type) {
        case TEXTOID:
        case VARCHAROID:
        case BPCHAROID:
        case BOOLOID:
        case INT2OID:
        case INT4OID:
        case INT8OID:
            return true;
        default:
            return type_is_enum(type);
    }
}

}  // namespace

SeenValues read_seen_values(const ServingModel& m, ArrayType* values) {
    if (m.target_column == nullptr)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("\"seen_values\" are values of a target column, and model \"%s\" has none", m.name),
                        errhint("Leave them out: then every event makes its item seen. Or make the model with a "
                                "\"target_column\".")));
    const AttrNumber number = get_attnum(m.interactions, m.target_column);
    const Oid type = number == InvalidAttrNumber ? InvalidOid : getBaseType(get_atttype(m.interactions, number));
    if (!is_category(type))
        ereport(ERROR,
                (errcode(ERRCODE_DATATYPE_MISMATCH),
                 errmsg("column \"%s\" of table %s cannot say which events are predicted", m.target_column, m.events),
                 errhint("Undo the change, or make model \"%s\" anew.", m.name)));
    Parameters p;
    add(&p, REGCLASSOID, ObjectIdGetDatum(m.interactions));
    add_text(&p, m.target_column);
    add(&p, TEXTARRAYOID, PointerGetDatum(values));
    query_planned("SELECT holomamba_internal.check_target_values($1, $2::name, $3)", &p);
    SPI_freetuptable(SPI_tuptable);
    return {values, text_of_column(m, type)};
}

void add_seen_values(Parameters* p, const SeenValues& seen) {
    add(p, TEXTARRAYOID, PointerGetDatum(seen.values), seen.values == nullptr);
}

}  // namespace holomamba::postgres
