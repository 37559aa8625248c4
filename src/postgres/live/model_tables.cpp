#include "postgres/live/model_tables.hpp"

#include "postgres/server/compat.h"
#include "postgres/store/catalogue.hpp"

extern "C" {
#include "access/relation.h"
#include "access/xact.h"
#include "storage/lock.h"
#include "utils/rel.h"
}

namespace holomamba::postgres {

void run_statements(const char* query, Parameters* p) {
    execute(query, p);
    const uint64 count = SPI_processed;
    auto* roles = static_cast<Oid*>(palloc(sizeof(Oid) * (count + 1)));
    auto** statements = static_cast<char**>(palloc(sizeof(char*) * (count + 1)));
    for (uint64 i = 0; i < count; i++) {
        bool null;
        const Datum role = value_of(i, 1, &null);
        roles[i] = null ? GetUserId() : DatumGetObjectId(role);
        statements[i] = text_of(i, 2);
    }
    for (uint64 i = 0; i < count; i++) as_owner(roles[i], [&] { execute(statements[i]); });
}

}  // namespace holomamba::postgres

using namespace holomamba::postgres;

HOLOMAMBA_FUNCTION(holomamba_create_triggers)
Datum holomamba_create_triggers(PG_FUNCTION_ARGS) {
    SPI_connect();
    assert_may_manage(NameStr(*PG_GETARG_NAME(0)));
    Parameters p;
    add(&p, NAMEOID, PG_GETARG_DATUM(0));
    add(&p, BOOLOID, PG_GETARG_DATUM(1));
    write_catalogue("SELECT holomamba_internal.follow_parts($1, $2)", &p);
    SPI_finish();
    PG_RETURN_VOID();
}

// Whose tables they are, and that these are tables, is asked in the caller's name: of those that the model gets, and of the
// events also where they stay, for the model then goes to their owner.
HOLOMAMBA_FUNCTION(holomamba_set_tables)
Datum holomamba_set_tables(PG_FUNCTION_ARGS) {
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(3))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("arguments must not be null")));
    SPI_connect();
    assert_may_manage(NameStr(*PG_GETARG_NAME(0)));
    Parameters p;
    add(&p, NAMEOID, PG_GETARG_DATUM(0));
    add(&p, REGCLASSOID, PG_GETARG_DATUM(1));
    add(&p, REGCLASSOID, PG_GETARG_DATUM(2), PG_ARGISNULL(2));
    add(&p, BOOLOID, PG_GETARG_DATUM(3));
    execute(
        "SELECT holomamba_internal.check_table(v.relation) FROM holomamba.model_catalogue m, "
        "LATERAL (VALUES ($2, $4 OR $2 <> m.interactions), ($3, $3 <> m.items)) v (relation, is_new) "
        "WHERE m.model = $1 AND coalesce(v.is_new, v.relation IS NOT NULL)",
        &p);
    execute(
        "SELECT CASE WHEN $4 OR $2 <> m.interactions "
        "THEN holomamba_internal.check_interactions($2, m.user_column, m.item_column, m.order_columns) END, "
        "CASE WHEN $4 OR $2 <> m.interactions THEN holomamba_internal.check_event_columns(m, $2) END, "
        "CASE WHEN $3 IS NOT NULL THEN holomamba_internal.check_items($3, m.item_key, $2, m.item_column) END, "
        "holomamba_internal.check_attributes($3, holomamba_internal.item_attributes(m)) FROM holomamba.model_catalogue "
        "m WHERE m.model = $1",
        &p);
    add(&p, OIDOID, ObjectIdGetDatum(GetUserId()));
    write_catalogue("SELECT holomamba_internal.move_triggers($1, $2, $3, $4, $5)", &p);
    p.count = 1;
    add(&p, BOOLOID, BoolGetDatum(!PG_GETARG_BOOL(3)));
    as_owner(catalogue_owner(), [&] {
        run_statements("SELECT f.run_as, f.statement FROM holomamba_internal.fit_statements($1, $2) f", &p);
    });
    SPI_finish();
    PG_RETURN_VOID();
}

HOLOMAMBA_FUNCTION(holomamba_is_written_anew)
Datum holomamba_is_written_anew(PG_FUNCTION_ARGS) {
    Relation relation = try_relation_open(PG_GETARG_OID(0), AccessShareLock);
    if (relation == nullptr) PG_RETURN_BOOL(false);
    const bool anew = relation->rd_createSubid != InvalidSubTransactionId ||
                      relation->rd_newRelfilelocatorSubid != InvalidSubTransactionId;
    relation_close(relation, AccessShareLock);
    PG_RETURN_BOOL(anew);
}

HOLOMAMBA_FUNCTION(holomamba_is_held)
Datum holomamba_is_held(PG_FUNCTION_ARGS) {
    LOCKTAG tag;
    SET_LOCKTAG_RELATION(tag, MyDatabaseId, PG_GETARG_OID(0));
    PG_RETURN_BOOL(lock_held_by_me(&tag, AccessExclusiveLock));
}
