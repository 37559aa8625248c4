#include "postgres/live/live_model.hpp"

#include <cstdlib>

#include "postgres/live/live_catalogue.hpp"
#include "postgres/live/statements.hpp"
#include "postgres/server/compat.h"

extern "C" {
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
}

namespace holomamba::postgres {
namespace {

LiveModel* models = nullptr;

// While a model is looked up its parts are not known yet; what it is looked up by is.
bool is_table_of(const LiveModel* m, Oid relation) {
    return relation == m->relation || relation == m->interactions || relation == m->owned_items ||
           relation == m->users || relation == m->items ||
           (m->parts > 0 &&
            std::bsearch(&relation, m->part, static_cast<Size>(m->parts), sizeof(Oid), oid_cmp) != nullptr);
}

// A table was altered, renamed, given away, dropped or analysed, or a schema renamed: names and numbers of columns are asked
// for anew.
void forget_relation(Datum, Oid relation) {
    for (LiveModel* m = models; m != nullptr; m = m->next)
        if (relation == InvalidOid || is_table_of(m, relation)) m->stale = true;
}

void forget_all(Datum, int, uint32) {
    forget_relation(Datum{0}, InvalidOid);
}

void watch_tables() {
    static bool watching = false;
    if (watching) return;
    CacheRegisterRelcacheCallback(forget_relation, Datum{0});
    CacheRegisterSyscacheCallback(NAMESPACEOID, forget_all, Datum{0});
    watching = true;
}

void free_model(LiveModel* m) {
    free_statements(m);
    MemoryContextDelete(m->context);
}

// Everything that is asked runs in the name of the model's owner: what the caller may see, and where, does not matter.
bool load(LiveModel* m) {
    if (!find_own_tables(m)) return false;
    bool found = false;
    as_owner_of(m, [&] {
        found = load_catalogue(m);
        if (found) load_statements(m);
    });
    return found;
}

// Apart from the search for the model: what a jump back might spoil stays out of this frame.
pg_noinline bool load_or_forget(LiveModel* m) {
    volatile bool found = false;
    m->running = 1;
    PG_TRY();
    { found = load(m); }
    PG_FINALLY();
    {
        m->running = 0;
        if (!found) m->stale = true;
    }
    PG_END_TRY();
    return found;
}

}  // namespace

LiveModel* find_live_model(const char* name, Oid relation) {
    for (LiveModel** link = &models; *link != nullptr;) {
        LiveModel* m = *link;
        if (m->stale && m->running == 0) {
            *link = m->next;
            free_model(m);
            continue;
        }
        if (!m->stale && (m->relation == relation || (relation == InvalidOid && m->relation == m->interactions)) &&
            std::strcmp(NameStr(m->name), name) == 0)
            return m;
        link = &m->next;
    }

    watch_tables();
    MemoryContext context = AllocSetContextCreate(CacheMemoryContext, "holomamba model", ALLOCSET_SMALL_SIZES);
    auto* m = static_cast<LiveModel*>(MemoryContextAllocZero(context, sizeof(LiveModel)));
    m->context = context;
    m->relation = relation;
    namestrcpy(&m->name, name);
    // Among the others from the start, so that it hears of changes that come while it is looked up.
    m->next = models;
    models = m;
    return load_or_forget(m) ? m : nullptr;
}

LiveModel* lock_live_model(const char* name, Oid relation, LOCKMODE mode, LOCKMODE part_mode) {
    for (;;) {
        LiveModel* m = find_live_model(name, relation);
        if (m == nullptr) return nullptr;
        // Under these locks nobody alters the tables: what was done before is known once they are held. An item's
        // insert has no lock on the events yet.
        if (m->of_items) LockRelationOid(m->interactions, AccessShareLock);
        const bool part = !m->of_items && m->relation != m->interactions;
        LockRelationOid(m->users, part ? part_mode : mode);
        LockRelationOid(m->items, AccessShareLock);
        if (!m->stale) return m;
    }
}

void warn_of_orphan(const char* model, const char* trigger, Oid relation) {
    struct Warned {
        Warned* next;
        NameData model;
    };
    static Warned* warned = nullptr;
    for (const Warned* w = warned; w != nullptr; w = w->next)
        if (std::strcmp(NameStr(w->model), model) == 0) return;
    auto* w = static_cast<Warned*>(MemoryContextAllocZero(TopMemoryContext, sizeof(Warned)));
    namestrcpy(&w->model, model);
    w->next = warned;
    warned = w;
    ereport(WARNING,
            (errcode(ERRCODE_UNDEFINED_OBJECT),
             errmsg("trigger \"%s\" on table \"%s\" follows model \"%s\", which is not there or not of this table",
                    trigger, get_rel_name(relation), model),
             errdetail("The statement is done as if there were no trigger."),
             errhint("Drop the trigger, or where the model is gone, all that is left of it: "
                     "SELECT holomamba.drop_model('%s');",
                     model)));
}

}  // namespace holomamba::postgres
