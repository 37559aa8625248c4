#include "postgres/store/catalogue.hpp"

#include "postgres/server/compat.h"

extern "C" {
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace holomamba::postgres {

Oid own_relation(const char* name) {
    const Oid schema = get_namespace_oid("holomamba", true);
    return OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
}

Oid own_table(const char* model, const char* suffix) {
    return own_relation(psprintf("%s_%s", model, suffix));
}

void refuse_gone_table(const char* model, const char* suffix) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table holomamba.%s_%s is gone", model, suffix),
                    errhint("SELECT holomamba.drop_model('%s');", model)));
    pg_unreachable();
}

void assert_may_manage(const char* model) {
    Parameters p;
    add_text(&p, model);
    execute("SELECT holomamba_internal.assert_may_manage($1)", &p);
}

Oid catalogue_owner() {
    return owner_of(own_relation("model_catalogue"));
}

void write_catalogue(const char* sql, Parameters* p) {
    as_owner(catalogue_owner(), [&] { execute(sql, p); });
}

void refuse_version(const char* model, int32 version) {
    ereport(ERROR,
            (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("model \"%s\" has no complete version %d", model, version),
             errhint("The view holomamba.versions lists the versions.")));
    pg_unreachable();
}

void assert_trusted_owners(const char* model) {
    Parameters p;
    add_text(&p, model);
    execute(
        "SELECT holomamba_internal.assert_trusted_owners(m) FROM holomamba.model_catalogue m "
        "WHERE m.model = $1::pg_catalog.name",
        &p);
}

Oid model_owner(const char* model) {
    const Oid owner = owner_of(own_table(model, "users"));
    if (!OidIsValid(owner)) refuse_gone_table(model, "users");
    return owner;
}

}  // namespace holomamba::postgres

using namespace holomamba::postgres;

namespace {

// The arguments of a call as parameters of a statement.
Parameters parameters_of(FunctionCallInfo fcinfo) {
    Oid* types;
    int count;
    (void)get_func_signature(fcinfo->flinfo->fn_oid, &types, &count);
    Parameters p;
    for (int i = 0; i < count; i++) add(&p, types[i], fcinfo->args[i].value, fcinfo->args[i].isnull);
    return p;
}

// The same, of a function whose first argument names a model that the caller may manage.
Parameters for_manager(FunctionCallInfo fcinfo) {
    if (PG_ARGISNULL(0))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("argument \"model\" must not be null")));
    const Parameters p = parameters_of(fcinfo);
    assert_may_manage(NameStr(*PG_GETARG_NAME(0)));
    return p;
}

// The first column of the first row that a statement has returned, an integer; NULL where there is none.
Datum first_integer(FunctionCallInfo fcinfo) {
    bool null = true;
    const Datum value = SPI_processed > 0 ? value_of(0, 1, &null) : Datum{0};
    SPI_finish();
    fcinfo->isnull = null;
    return value;
}

// Deletes the rows of one model, or of one of its versions, from the catalogue's tables: first those that trainings lock
// while they write the rest. Whether there was one in the first table.
bool delete_rows(const char* const* tables, int count, const char* condition, Parameters* p) {
    bool found = false;
    for (int i = 0; i < count; i++) {
        write_catalogue(psprintf("DELETE FROM holomamba.%s c WHERE %s", tables[i], condition), p);
        if (i == 0) found = SPI_processed > 0;
    }
    return found;
}

// A version is locked, by which an activation of it ends or waits, before it is looked at whether it is active: under a lock, for
// a snapshot may show what was. The model comes first, as where it is dropped.
void refuse_if_active(const NameData* model, int32 version) {
    Parameters p;
    add(&p, NAMEOID, NameGetDatum(model));
    write_catalogue("SELECT FROM holomamba.model_catalogue m WHERE m.model = $1 FOR KEY SHARE", &p);
    Parameters both = p;
    add_int(&both, version);
    write_catalogue("SELECT FROM holomamba.version_catalogue v WHERE v.model = $1 AND v.version = $2 FOR UPDATE",
                    &both);
    write_catalogue("SELECT m.active_version FROM holomamba.model_catalogue m WHERE m.model = $1 FOR SHARE", &p);
    bool null = true;
    const Datum active = SPI_processed > 0 ? value_of(0, 1, &null) : Datum{0};
    if (!null && DatumGetInt32(active) == version)
        ereport(
            ERROR,
            (errcode(ERRCODE_OBJECT_IN_USE), errmsg("version %d of model \"%s\" is active", version, NameStr(*model)),
             errhint("Activate another version first: SELECT holomamba.activate('%s', ...);", NameStr(*model))));
}

constexpr const char* kTables[] = {"model_catalogue",      "version_catalogue", "parameters",
                                   "vocabulary_catalogue", "training_log",      "checkpoint_catalogue"};

}  // namespace

HOLOMAMBA_FUNCTION(holomamba_declare_model)
Datum holomamba_declare_model(PG_FUNCTION_ARGS) {
    SPI_connect();
    Parameters p = parameters_of(fcinfo);
    // Whose tables they are, and what they hold, is asked in the caller's name: create_model() is not all that can call this.
    execute(
        "SELECT holomamba_internal.check_interactions($2, $3, $4, $5), CASE WHEN $6 IS NOT NULL THEN "
        "holomamba_internal.check_table($6) END, "
        "CASE WHEN $6 IS NOT NULL THEN holomamba_internal.check_items($6, $7, $2, $4) END, "
        "holomamba_internal.check_attributes($6, $8), "
        "holomamba_internal.check_event_columns($2, $3, $4, $8, $10, $11, $12, $13, $14), "
        "holomamba_internal.check_options($9)",
        &p);
    write_catalogue(
        "INSERT INTO holomamba.model_catalogue (model, interactions, user_column, item_column, order_columns, items, "
        "item_key, attributes, options, user_type, item_type, time_column, event_attributes, target_column, "
        "target_values, weight_column) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
        "holomamba_internal.check_id_column($2, $3), holomamba_internal.check_id_column($2, $4), $10, $11, $12, $13, "
        "$14) ON CONFLICT (model) DO NOTHING",
        &p);
    // create_model() has looked before; another may have come since.
    if (SPI_processed == 0)
        ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT),
                        errmsg("model \"%s\" already exists", NameStr(*PG_GETARG_NAME(0)))));
    p.count = 1;
    write_catalogue("SELECT holomamba_internal.create_tables($1)", &p);
    SPI_finish();
    PG_RETURN_VOID();
}

HOLOMAMBA_FUNCTION(holomamba_delete_model)
Datum holomamba_delete_model(PG_FUNCTION_ARGS) {
    SPI_connect();
    Parameters p = parameters_of(fcinfo);
    execute("SELECT holomamba_internal.is_abandoned($1)", &p);
    bool null;
    if (!DatumGetBool(value_of(0, 1, &null))) p = for_manager(fcinfo);
    const bool found = delete_rows(kTables, lengthof(kTables), "c.model = $1", &p);
    SPI_finish();
    PG_RETURN_BOOL(found);
}

HOLOMAMBA_FUNCTION(holomamba_delete_version)
Datum holomamba_delete_version(PG_FUNCTION_ARGS) {
    SPI_connect();
    Parameters p = for_manager(fcinfo);
    refuse_if_active(PG_GETARG_NAME(0), PG_GETARG_INT32(1));
    const bool found = delete_rows(kTables + 1, lengthof(kTables) - 1, "c.model = $1 AND c.version = $2", &p);
    SPI_finish();
    PG_RETURN_BOOL(found);
}

HOLOMAMBA_FUNCTION(holomamba_active_version)
Datum holomamba_active_version(PG_FUNCTION_ARGS) {
    SPI_connect();
    if (!IsolationUsesXactSnapshot()) {
        Parameters p = parameters_of(fcinfo);
        execute("SELECT m.active_version FROM holomamba.model_catalogue m WHERE m.model = $1", &p);
    } else {
        // An older snapshot may show a version that is active no more: to lock the row is to fail if so.
        Parameters p = for_manager(fcinfo);
        write_catalogue("SELECT m.active_version FROM holomamba.model_catalogue m WHERE m.model = $1 FOR SHARE", &p);
    }
    return first_integer(fcinfo);
}

HOLOMAMBA_FUNCTION(holomamba_hold_version)
Datum holomamba_hold_version(PG_FUNCTION_ARGS) {
    SPI_connect();
    Parameters p = for_manager(fcinfo);
    write_catalogue(
        "SELECT FROM holomamba.version_catalogue v WHERE v.model = $1 AND v.version = $2 AND v.status = 'ready' "
        "FOR KEY SHARE",
        &p);
    const bool there = SPI_processed > 0;
    SPI_finish();
    PG_RETURN_BOOL(there);
}

HOLOMAMBA_FUNCTION(holomamba_set_active_version)
Datum holomamba_set_active_version(PG_FUNCTION_ARGS) {
    SPI_connect();
    Parameters p = for_manager(fcinfo);
    write_catalogue("UPDATE holomamba.model_catalogue m SET active_version = $2 WHERE m.model = $1", &p);
    SPI_finish();
    PG_RETURN_VOID();
}

HOLOMAMBA_FUNCTION(holomamba_set_name)
Datum holomamba_set_name(PG_FUNCTION_ARGS) {
    SPI_connect();
    Parameters p = for_manager(fcinfo);
    write_catalogue("SELECT holomamba_internal.move_names($1, $2)", &p);
    SPI_finish();
    PG_RETURN_VOID();
}

// Sessions that follow the items of the model are told: they read its columns by their numbers.
HOLOMAMBA_FUNCTION(holomamba_set_attributes)
Datum holomamba_set_attributes(PG_FUNCTION_ARGS) {
    SPI_connect();
    Parameters p = for_manager(fcinfo);
    execute(
        "SELECT holomamba_internal.check_attributes(m.items, $2), holomamba_internal.check_fields($2, "
        "m.event_attributes) FROM holomamba.model_catalogue m WHERE m.model = $1",
        &p);
    write_catalogue("UPDATE holomamba.model_catalogue m SET attributes = $2 WHERE m.model = $1", &p);
    const Oid items = own_table(NameStr(*PG_GETARG_NAME(0)), "items");
    if (OidIsValid(items)) CacheInvalidateRelcacheByRelid(items);
    SPI_finish();
    PG_RETURN_VOID();
}

HOLOMAMBA_FUNCTION(holomamba_add_version)
Datum holomamba_add_version(PG_FUNCTION_ARGS) {
    SPI_connect();
    Parameters p = for_manager(fcinfo);
    // Trainings that start at the same moment get numbers one after the other.
    Parameters model = p;
    model.count = 1;
    write_catalogue("SELECT FROM holomamba.model_catalogue m WHERE m.model = $1 FOR NO KEY UPDATE", &model);
    // Dropped or renamed while it was waited for.
    if (SPI_processed == 0)
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
                        errmsg("model \"%s\" does not exist", NameStr(*PG_GETARG_NAME(0)))));
    write_catalogue(
        "INSERT INTO holomamba.version_catalogue AS v (model, version, status, holdout, options, seed, attributes) "
        "SELECT $1, coalesce(pg_catalog.max(o.version), 0) + 1, 'training', $2, $3, ($3 ->> 'seed')::bigint, "
        "(SELECT m.attributes FROM holomamba.model_catalogue m WHERE m.model = $1) "
        "FROM holomamba.version_catalogue o WHERE o.model = $1 RETURNING v.training_id",
        &p);
    return first_integer(fcinfo);
}

HOLOMAMBA_FUNCTION(holomamba_reopen_version)
Datum holomamba_reopen_version(PG_FUNCTION_ARGS) {
    SPI_connect();
    Parameters p = for_manager(fcinfo);
    write_catalogue(
        "UPDATE holomamba.version_catalogue v SET status = 'training', message = NULL "
        "WHERE v.model = $1 AND v.version = $2 AND v.status <> 'ready' RETURNING v.training_id",
        &p);
    return first_integer(fcinfo);
}

HOLOMAMBA_FUNCTION(holomamba_store_event_columns)
Datum holomamba_store_event_columns(PG_FUNCTION_ARGS) {
    SPI_connect();
    Parameters p = for_manager(fcinfo);
    write_catalogue(
        "UPDATE holomamba.version_catalogue v SET timed = $3, event_attributes = $4, event_values = $5 "
        "WHERE v.model = $1 AND v.version = $2 AND v.status = 'training'",
        &p);
    SPI_finish();
    PG_RETURN_VOID();
}

HOLOMAMBA_FUNCTION(holomamba_store_vocabulary)
Datum holomamba_store_vocabulary(PG_FUNCTION_ARGS) {
    SPI_connect();
    Parameters p = for_manager(fcinfo);
    write_catalogue(
        "INSERT INTO holomamba.vocabulary_catalogue (model, version, field, labels, counts) "
        "SELECT v.model, v.version, $3, $4, $5 FROM holomamba.version_catalogue v "
        "WHERE v.model = $1 AND v.version = $2 AND v.status = 'training' "
        "ON CONFLICT (model, version, field) DO UPDATE SET labels = excluded.labels, counts = excluded.counts",
        &p);
    SPI_finish();
    PG_RETURN_VOID();
}
