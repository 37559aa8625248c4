#include "postgres/live/model_columns.hpp"

#include "postgres/server/compat.h"
#include "postgres/server/ids.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class_d.h"
#include "catalog/pg_type_d.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
}

namespace holomamba::postgres {
namespace {

const char* name_of(Oid table) {
    return quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)), get_rel_name(table));
}

struct Attribute {
    AttrNumber number;
    Oid type, collation;
};

// Raises where a table has no column of this name.
Attribute attribute_of(Oid table, const char* name, const char* hint) {
    HeapTuple row = SearchSysCacheAttName(table, name);
    if (!HeapTupleIsValid(row))
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                        errmsg("column \"%s\" of table %s is gone", name, name_of(table)), errhint("%s", hint)));
    const auto* attribute = reinterpret_cast<Form_pg_attribute>(GETSTRUCT(row));
    const Attribute found{attribute->attnum, attribute->atttypid, attribute->attcollation};
    ReleaseSysCache(row);
    return found;
}

const char* remake(const char* model) {
    return psprintf("To make the model anew: SELECT holomamba.drop_model('%s'), then holomamba.create_model().", model);
}

constexpr const char* kUndo =
    "The table is holomamba's: undo the change, or make the model anew with holomamba.drop_model() and "
    "holomamba.create_model().";

constexpr int kTypeParts =
    TYPECACHE_EQ_OPR_FINFO | TYPECACHE_CMP_PROC_FINFO | TYPECACHE_HASH_PROC_FINFO | TYPECACHE_BTREE_OPFAMILY;

// Whether values of one type are values of the other with not a byte changed, and have the same order: a type itself,
// and text and varchar. Not what the server only calls binary-coercible, as it does integer and oid, whose orders
// differ.
bool same_values(Oid from, Oid into) {
    if (from == into) return true;
    if (!IsBinaryCoercible(from, into)) return false;
    const TypeCacheEntry *a = lookup_type_cache(from, kTypeParts), *b = lookup_type_cache(into, kTypeParts);
    return OidIsValid(a->btree_opf) && a->btree_opf == b->btree_opf && a->btree_opintype == b->btree_opintype;
}

Column column_of(Oid table, const char* name) {
    const Attribute attribute = attribute_of(table, name, kUndo);
    Column column{};
    column.number = attribute.number;
    column.type = attribute.type;
    column.collation = attribute.collation;
    column.array_type = get_array_type(column.type);
    get_typlenbyvalalign(column.type, &column.length, &column.by_value, &column.alignment);
    column.types = lookup_type_cache(column.type, kTypeParts);
    return column;
}

// What the event trigger does in the command itself, where it is on.
const char* follow(Oid table, const char* model) {
    return psprintf(
        "Give the column back what it had, or let the model follow: SELECT holomamba.change_interactions('%s', '%s');",
        model, name_of(table));
}

void refuse_type(Oid table, const char* name, Oid type, Oid wanted, const char* model, const char* hint) {
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                    errmsg("column \"%s\" of table %s is of type %s, but model \"%s\" keeps it as %s", name,
                           name_of(table), format_type_be(type), model, format_type_be(wanted)),
                    errhint("%s", hint)));
}

const char* collation_name(Oid collation) {
    return OidIsValid(collation) ? psprintf("\"%s\"", get_collation_name(collation)) : "none";
}

}  // namespace

Column own_column(Oid table, const char* name, Oid type) {
    const Column column = column_of(table, name);
    if (column.type != type)
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("column \"%s\" of table %s is of type %s, not %s", name, name_of(table),
                               format_type_be(column.type), format_type_be(type)),
                        errhint("%s", kUndo)));
    return column;
}

Column id_column(Oid table, const char* name, Oid type) {
    const Column column = own_column(table, name, type);
    if (!OidIsValid(id_family(type)))
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("column \"%s\" of table %s is of type %s, which ids cannot have", name, name_of(table),
                               format_type_be(type)),
                        errhint("%s", kUndo)));
    return column;
}

Column order_column(Oid table, const char* name) {
    const Column column = column_of(table, name);
    // A domain would have to be checked, and every comparison would go through the type under it.
    if (!OidIsValid(column.types->cmp_proc) || !OidIsValid(column.types->eq_opr) ||
        getBaseType(column.type) != column.type)
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("column \"%s\" of table %s is of type %s, which is no type that orders events", name,
                               name_of(table), format_type_be(column.type)),
                        errhint("%s", kUndo)));
    return column;
}

AttrNumber source_column(Oid table, const char* name, const Column& column, const char* model) {
    const Attribute source = attribute_of(table, name, remake(model));
    const Oid type = getBaseType(source.type);
    if (!same_values(type, column.type))
        refuse_type(table, name, source.type, column.type, model, follow(table, model));
    if (source.collation != column.collation)
        ereport(ERROR,
                (errcode(ERRCODE_COLLATION_MISMATCH),
                 errmsg("column \"%s\" of table %s has the collation %s, but model \"%s\" keeps it with %s", name,
                        name_of(table), collation_name(source.collation), model, collation_name(column.collation)),
                 errhint("%s", follow(table, model))));
    return source.number;
}

ValueColumn value_column(Oid table, const char* name, bool (*is_fit)(Oid type), const char* model) {
    const Attribute source = attribute_of(table, name, remake(model));
    const Oid type = getBaseType(source.type);
    if (!is_fit(type))
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("column \"%s\" of table %s is of type %s, which model \"%s\" cannot read", name,
                               name_of(table), format_type_be(source.type), model),
                        errhint("Give the column its type back. %s", remake(model))));
    return {source.number, type};
}

AttrNumber key_column(Oid table, const char* name, const Column& item, const char* model) {
    const Attribute key = attribute_of(table, name, remake(model));
    const Oid family = id_family(getBaseType(key.type));
    if (!OidIsValid(family) || family != id_family(item.type))
        refuse_type(table, name, key.type, item.type, model,
                    psprintf("Give the column its type back. %s", remake(model)));
    return key.number;
}

void refuse_long_id(Datum id, Oid table, AttrNumber number) {
    const Size bytes = toast_raw_datum_size(id) - VARHDRSZ;
    ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                    errmsg("an id in column \"%s\" of table %s is %zu bytes long", get_attname(table, number, false),
                           name_of(table), bytes),
                    errdetail("Ids of a model have at most %zu bytes.", kMostIdBytes)));
    pg_unreachable();
}

void check_primary_key(Relation table, const Column& column) {
    const Oid primary = primary_key_of(table);
    if (OidIsValid(primary)) {
        HeapTuple row = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(primary));
        if (!HeapTupleIsValid(row)) elog(ERROR, "cache lookup failed for index %u", primary);
        const auto* index = reinterpret_cast<Form_pg_index>(GETSTRUCT(row));
        const bool is_column = index->indnkeyatts == 1 && index->indkey.values[0] == column.number;
        ReleaseSysCache(row);
        if (is_column) return;
    }
    ereport(ERROR, (errcode(ERRCODE_INVALID_TABLE_DEFINITION),
                    errmsg("the primary key of table %s is not \"%s\" any more", name_of(RelationGetRelid(table)),
                           get_attname(RelationGetRelid(table), column.number, false)),
                    errhint("%s", kUndo)));
}

void check_is_table(Oid relation, bool may_be_partitioned, const char* model) {
    const char kind = get_rel_relkind(relation);
    if (kind == RELKIND_RELATION || (kind == RELKIND_PARTITIONED_TABLE && may_be_partitioned)) return;
    ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                    errmsg("%s of model \"%s\" is not a table any more", name_of(relation), model),
                    errhint("%s", remake(model))));
}

}  // namespace holomamba::postgres
