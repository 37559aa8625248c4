#include "postgres/serving/serving_model.hpp"

#include <cctype>

#include "model/options.hpp"
#include "postgres/server/check_k.hpp"
#include "postgres/server/extension.hpp"
#include "postgres/server/held_table.hpp"
#include "postgres/server/ids.hpp"
#include "postgres/server/plan_cache.hpp"
#include "postgres/store/catalogue.hpp"
#include "postgres/store/stored.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "catalog/pg_class_d.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace holomamba::postgres {
namespace {

// The functions in SQL that say what is wrong. They are asked where something is, and raise the error.
[[noreturn]] void refuse_model(const char* name, int32 k) {
    Parameters p;
    if (name != nullptr)
        add_text(&p, name);
    else
        add(&p, TEXTOID, Datum{0}, true);
    add_int(&p, k);
    query("SELECT holomamba_internal.choose_model($1, $2)", &p);
    elog(ERROR, "model \"%s\" cannot be asked", name == nullptr ? "" : name);
    pg_unreachable();
}

[[noreturn]] void refuse_overload(const char* model, const char* verb, Oid ids, IdsOf whose) {
    Parameters p;
    add_text(&p, model);
    add_text(&p, verb);
    add(&p, REGTYPEOID, ObjectIdGetDatum(ids));
    add(&p, BOOLOID, BoolGetDatum(whose != IdsOf::items));
    add(&p, BOOLOID, BoolGetDatum(whose != IdsOf::users));
    query(
        "SELECT holomamba_internal.check_overload(m, $2, $3, $4, $5) FROM holomamba.model_catalogue m WHERE m.model = "
        "$1::name",
        &p);
    elog(ERROR, "%s cannot serve model \"%s\"", verb, model);
    pg_unreachable();
}

const char* qualified(const char* schema, const char* name) {
    return quote_qualified_identifier(schema, name);
}

#define CATALOGUE_COLUMNS                                                                                            \
    "SELECT m.model::text, m.active_version, m.interactions::oid, m.user_type::oid, m.item_type::oid, "              \
    "m.user_column::text, m.item_column::text, "                                                                     \
    "(SELECT v.timed FROM holomamba.version_catalogue v WHERE v.model = m.model AND v.version = m.active_version), " \
    "m.target_column::text "                                                                                         \
    "FROM holomamba.model_catalogue m"

// The row of the model that is meant where none is named: the only one, or else the only one whose items the caller may read.
// What a stranger declares must not be in anybody's way.
void find_only_model() {
    Parameters none;
    query_planned(CATALOGUE_COLUMNS, &none, 2);
    if (SPI_processed > 1) query_planned(CATALOGUE_COLUMNS " WHERE holomamba_internal.may_ask(m.model)", &none, 2);
}

// A table of ours, as it was made, and as it stays while it is asked: its owner may turn it into something that runs code of his
// own when it is read.
Oid hold_own_table(const char* model, const char* suffix, bool* held) {
    for (;;) {
        const Oid table = own_table(model, suffix);
        *held = OidIsValid(table) && hold_table(table);
        if (own_table(model, suffix) != table) continue;
        if (!OidIsValid(table) || get_rel_relkind(table) != RELKIND_RELATION) refuse_gone_table(model, suffix);
        return table;
    }
}

// The type of a column that statements compare and cast: of another type they would find operators and casts of its owner's.
Oid check_column(const ServingModel& m, Oid table, const char* column, Oid type) {
    const AttrNumber number = get_attnum(table, column);
    const Oid found = number == InvalidAttrNumber ? InvalidOid : get_atttype(table, number);
    const Oid base = OidIsValid(found) ? getBaseType(found) : InvalidOid;
    if (base != type && id_family(base) != type)
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("column \"%s\" of table %s is not of type %s", column,
                               qualified(get_namespace_name(get_rel_namespace(table)), get_rel_name(table)),
                               format_type_be(type)),
                        errhint("Undo the change, or make model \"%s\" anew.", m.name)));
    return found;
}

void check_own_columns(const ServingModel& m) {
    const Oid vector = extension_type("hrr");
    (void)check_column(m, m.items_table, "item_id", m.item_family);
    (void)check_column(m, m.items_table, "token", vector);
    (void)check_column(m, m.items_table, "target", vector);
    (void)check_column(m, m.users_table, "user_id", m.user_family);
    (void)check_column(m, m.users_table, "vector", vector);
}

bool is_table(Oid relation) {
    const char kind = get_rel_relkind(relation);
    return kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE;
}

}  // namespace

ServingModel choose_model(const char* name, bool k_given, int32 k, const char* verb, Oid ids, IdsOf whose) {
    if (name == nullptr) {
        name = GetConfigOption("holomamba.model", true, false);
        if (name != nullptr && *name == '\0') name = nullptr;
    }
    check_k(k_given, k);
    if (name == nullptr) {
        find_only_model();
    } else {
        Parameters p;
        add_text(&p, name);
        query_planned(CATALOGUE_COLUMNS " WHERE m.model = $1::name", &p);
    }
    if (SPI_processed != 1) refuse_model(name, k);

    ServingModel m{};
    bool untrained, null;
    m.name = text_of(0, 1);
    m.version = DatumGetInt32(value_of(0, 2, &untrained));
    m.interactions = DatumGetObjectId(value_of(0, 3, &null));
    m.events_held = hold_table(m.interactions);
    m.user_type = DatumGetObjectId(value_of(0, 4, &null));
    m.item_type = DatumGetObjectId(value_of(0, 5, &null));
    const char* events = get_rel_name(m.interactions);
    if (untrained || events == nullptr || !is_table(m.interactions)) refuse_model(m.name, k);

    m.user_family = id_family(m.user_type);
    m.item_family = id_family(m.item_type);
    const Oid element = get_element_type(ids);
    const Oid given = OidIsValid(element) ? element : ids;
    if (given != TEXTOID &&
        ((whose != IdsOf::users && given != m.item_family) || (whose != IdsOf::items && given != m.user_family)))
        refuse_overload(m.name, verb, ids, whose);

    // The right to look into the schema, for which kept plans do not ask again.
    (void)LookupExplicitNamespace("holomamba", false);
    bool items_held;
    m.items_table = hold_own_table(m.name, "items", &items_held);
    assert_held(m.items_table, items_held);
    m.users_table = hold_own_table(m.name, "users", &m.users_held);
    check_own_columns(m);
    m.schema = quote_identifier(get_namespace_name(extension_schema()));
    m.items = qualified("holomamba", get_rel_name(m.items_table));
    m.users = qualified("holomamba", get_rel_name(m.users_table));
    m.events = qualified(get_namespace_name(get_rel_namespace(m.interactions)), events);
    const char* user_column = text_of(0, 6);
    const char* item_column = text_of(0, 7);
    m.user_stored = check_column(m, m.interactions, user_column, m.user_family);
    m.item_stored = check_column(m, m.interactions, item_column, m.item_family);
    m.timed = DatumGetBool(value_of(0, 8, &null)) && !null;
    if (m.timed) (void)check_column(m, m.users_table, "state", extension_type("ssm_state"));
    m.user_column = quote_identifier(user_column);
    m.item_column = quote_identifier(item_column);
    m.target_column = text_of(0, 9);
    SPI_freetuptable(SPI_tuptable);
    return m;
}

TrainedWith trained_with(const ServingModel& m) {
    Parameters p;
    add_text(&p, m.name);
    add_int(&p, m.version);
    query_planned(
        "SELECT v.repeat_score, (v.options ->> 'threads')::int4 AS options "
        "FROM holomamba.version_catalogue v WHERE v.model = $1::name AND v.version = $2",
        &p);
    if (SPI_processed != 1) elog(ERROR, "version %d of model \"%s\" is gone", m.version, m.name);
    const Rows rows = last_rows("holomamba.version_catalogue", m.name, m.version);
    const TrainedWith trained{is_null(rows, 0, 1) ? 0 : real_of(rows, 0, 1),
                              is_null(rows, 0, 2) ? 0 : int32_of(rows, 0, 2, 0, kMostThreads)};
    SPI_freetuptable(SPI_tuptable);
    return trained;
}

namespace {

// Whether a text has the form of an integer, or of a uuid. What is out of the type's range, the type itself refuses.
bool looks_like_integer(const char* s) {
    while (std::isspace(static_cast<unsigned char>(*s))) s++;
    if (*s == '-' || *s == '+') s++;
    if (!std::isdigit(static_cast<unsigned char>(*s))) return false;
    while (std::isdigit(static_cast<unsigned char>(*s))) s++;
    while (std::isspace(static_cast<unsigned char>(*s))) s++;
    return *s == '\0';
}

bool looks_like_uuid(const char* s) {
    if (*s == '{') s++;
    for (int group = 0; group < 8; group++) {
        for (int i = 0; i < 4; i++)
            if (!std::isxdigit(static_cast<unsigned char>(*s++))) return false;
        if (group < 7 && *s == '-') s++;
    }
    if (*s == '}') s++;
    return *s == '\0';
}

// An id of a family of which not every text that its input function takes is one.
Datum read_id_of_family(Datum given, Oid family, Oid type) {
    const char* id = TextDatumGetCString(given);
    if (family == INT8OID ? !looks_like_integer(id) : !looks_like_uuid(id))
        ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                        errmsg("\"%s\" is not an id of type %s", id, format_type_be(type))));
    return read_id(given, family);
}

}  // namespace

Datum id_of(Datum id, Oid given, Oid family, Oid type) {
    return given == family ? id : read_id_of_family(id, family, type);
}

ArrayType* ids_of(Datum ids, Oid given_element, Oid family, Oid type) {
    ArrayType* array = DatumGetArrayTypeP(ids);
    if (given_element == family) return array;
    return read_ids(array, family, [&](Datum id) { return read_id_of_family(id, family, type); });
}

}  // namespace holomamba::postgres
