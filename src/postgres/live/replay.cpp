#include "postgres/live/replay.hpp"

#include "postgres/live/fold.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/ids.hpp"
#include "postgres/store/catalogue.hpp"

extern "C" {
#include "tcop/utility.h"
#include "utils/lsyscache.h"
}

namespace holomamba::postgres {

bool active_version(LiveModel* model, int32* version) {
    run(model, Statement::active_version);
    bool null;
    *version = DatumGetInt32(value_of(0, 1, &null));
    return !null;
}

namespace {

// Events of users whose ids are too long for a state may have been there before the model was: they can be deleted.
Datum without_long_ids(const LiveModel* model, Datum users) {
    if (model->user.length != -1) return users;
    const Elements ids = elements_of(DatumGetArrayTypeP(users));
    int kept = 0;
    for (int i = 0; i < ids.count; i++)
        if (!ids.is_null(i) && !is_long_id(ids.values[i])) ids.values[kept++] = ids.values[i];
    return array_of(model->user, ids.values, nullptr, kept);
}

}  // namespace

void replay_users(LiveModel* model, Datum users) {
    int32 version;
    if (users == Datum{0} || !active_version(model, &version)) return;
    Arguments arguments = make_arguments(model, Takes::many);
    set(&arguments, OfUser::user, without_long_ids(model, users));
    lock_users(model, Statement::place_chosen, Statement::lock_chosen, &arguments);
    fold(model, version, Statement::history_chosen, &arguments, FoldInto::replayed);
    run(model, Statement::remove_chosen, &arguments);
}

void replay_all(LiveModel* model) {
    execute("SELECT holomamba_internal.assert_read_committed('rebuild_state')");
    int32 version;
    if (!active_version(model, &version)) return;
    fold(model, version, Statement::history, nullptr, FoldInto::replayed);
    run(model, Statement::remove);
}

}  // namespace holomamba::postgres

using namespace holomamba::postgres;

namespace {

// Calls function(model) with the rights of the model's owner and this lock on its users, if the caller may manage it.
template <typename Function>
void as_manager(const char* name, LOCKMODE mode, Function&& function) {
    if (SPI_connect() != SPI_OK_CONNECT) elog(ERROR, "SPI_connect failed");
    Parameters p;
    add(&p, TEXTOID, name ? CStringGetTextDatum(name) : Datum{0}, name == nullptr);
    execute("SELECT holomamba_internal.assert_tables_exist(holomamba_internal.assert_may_manage($1))", &p);
    if (mode == ShareRowExclusiveLock) execute("SELECT holomamba_internal.assert_read_committed('rebuild_state')");
    LiveModel* m = lock_live_model(name, InvalidOid, mode, mode);
    if (m == nullptr)
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("a table of model \"%s\" is gone", name),
                        errhint("SELECT holomamba.drop_model('%s');", name)));
    use_model(m, [&](LiveModel* used) {
        as_owner(used->owner, [&] {
            assert_trusted_owners(name);
            function(used);
        });
    });
    SPI_finish();
}

}  // namespace

HOLOMAMBA_FUNCTION(holomamba_rebuild_state)
Datum holomamba_rebuild_state(PG_FUNCTION_ARGS) {
    const char* name = PG_ARGISNULL(0) ? nullptr : text_to_cstring(PG_GETARG_TEXT_PP(0));
    PreventCommandIfReadOnly("rebuild_state()");
    ArrayType* users = PG_ARGISNULL(1) ? nullptr : PG_GETARG_ARRAYTYPE_P(1);
    as_manager(name, users == nullptr ? ShareRowExclusiveLock : RowExclusiveLock, [&](LiveModel* m) {
        if (users == nullptr) return replay_all(m);
        const Oid type = m->user.type;
        replay_users(m, PointerGetDatum(read_ids(users, type, [&](Datum id) { return read_id(id, type); })));
    });
    PG_RETURN_VOID();
}

HOLOMAMBA_FUNCTION(holomamba_check_state)
Datum holomamba_check_state(PG_FUNCTION_ARGS) {
    const char* name = text_to_cstring(PG_GETARG_TEXT_PP(0));
    InitMaterializedSRF(fcinfo, 0);
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    as_manager(name, AccessShareLock, [&](LiveModel* m) {
        Parameters p;
        add_text(&p, name);
        query("SELECT (holomamba_internal.find_model($1)).active_version", &p);
        bool null;
        const int32 version = DatumGetInt32(value_of(0, 1, &null));
        if (!null) fold(m, version, Statement::history, nullptr, FoldInto::compared, result);
        const uint64 strays = run(m, Statement::without_events, nullptr, true);
        for (uint64 row = 0; row < strays; row++) put_row(result, row);
    });
    return Datum{0};
}
