#include "postgres/live/live_model.hpp"

#include "postgres/server/compat.h"
#include "postgres/server/extension.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
}

namespace holomamba::postgres {
namespace {

// What a statement's parameters are. First come as many as the model has order columns: of one event, or arrays of
// them.
enum class Takes {
    nothing,
    event,  // user, item, version
    many,   // users, states, vectors, numbers of events; version
    items,  // ids as text; version
};

struct StatementInfo {
    const char* name;
    Takes takes;
};

const StatementInfo kInfos[kStatements] = {
    {"active_version", Takes::nothing},
    {"start", Takes::event},
    {"unknown_arrived", Takes::nothing},
    {"place_arrived", Takes::nothing},
    {"lock_arrived", Takes::nothing},
    {"arrived", Takes::nothing},
    {"users_arrived", Takes::nothing},
    {"states", Takes::many},
    {"store", Takes::many},
    {"place_chosen", Takes::many},
    {"lock_chosen", Takes::many},
    {"history_chosen", Takes::many},
    {"remove_chosen", Takes::many},
    {"history", Takes::nothing},
    {"remove", Takes::nothing},
    {"compare", Takes::many},
    {"without_events", Takes::nothing},
    {"unknown_altered", Takes::nothing},
    {"touched_by_delete", Takes::nothing},
    {"touched_by_update", Takes::nothing},
    {"tied_by_update", Takes::nothing},
    {"tied", Takes::event},
    {"touched_or_tied", Takes::nothing},
    {"clear", Takes::nothing},
    {"items_left", Takes::nothing},
    {"items_gone", Takes::items},
    {"items_cleared", Takes::nothing},
    {"items_arrived", Takes::nothing},
    {"items_altered", Takes::nothing},
    {"items_unmet", Takes::items},
    {"items_describe", Takes::items},
    {"items_awaited", Takes::items},
};

LiveModel* models = nullptr;

// A table was altered, renamed, dropped or analysed, or a schema renamed: names and numbers of columns are asked for
// anew.
void forget_relation(Datum, Oid relation) {
    for (LiveModel* m = models; m != nullptr; m = m->next)
        if (relation == InvalidOid || relation == m->relation || relation == m->interactions ||
            relation == m->owned_items || relation == m->users || relation == m->items)
            m->stale = true;
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

// InvalidOid where it is gone.
Oid own_table(const LiveModel* m, const char* suffix) {
    const Oid schema = get_namespace_oid("holomamba", true);
    return OidIsValid(schema) ? get_relname_relid(psprintf("%s_%s", NameStr(m->name), suffix), schema) : InvalidOid;
}

// Whether a table is another, or a partition or an inheritance child of it.
bool is_part_of(Oid relation, Oid whole) {
    if (!OidIsValid(whole) || relation == whole) return OidIsValid(whole);
    const Oid row = get_rel_type_id(whole);
    return OidIsValid(row) && typeInheritsFrom(get_rel_type_id(relation), row);
}

Oid owner_of(Oid table) {
    HeapTuple row = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
    if (!HeapTupleIsValid(row)) return InvalidOid;
    const Oid owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(row))->relowner;
    ReleaseSysCache(row);
    return owner;
}

void check_key_of(Oid table, const Column& column) {
    Relation relation = relation_open(table, AccessShareLock);
    check_primary_key(relation, column);
    relation_close(relation, AccessShareLock);
}

// The columns of the tables that are ours.
void load_own_tables(LiveModel* m, Oid user_type, Oid item_type) {
    check_is_table(m->users, false, NameStr(m->name));
    check_is_table(m->items, false, NameStr(m->name));
    const Oid hrr = extension_type("hrr");
    m->user = id_column(m->users, "user_id", user_type);
    m->vector = own_column(m->users, "vector", hrr);
    m->state = own_column(m->users, "state", extension_type("ssm_state"));
    m->events = own_column(m->users, "events", INT8OID).number;
    (void)own_column(m->users, "version", INT4OID);
    for (int i = 0; i < m->orders; i++) m->order[i] = order_column(m->users, psprintf("last_%d", i + 1));
    m->item = id_column(m->items, "item_id", item_type);
    m->token = own_column(m->items, "token", hrr).number;
    (void)own_column(m->items, "target", hrr);
    (void)own_column(m->items, "popularity", INT8OID);
    check_key_of(m->users, m->user);
    check_key_of(m->items, m->item);
}

// The columns of a table of events that fill ours.
void load_events(LiveModel* m, Oid table, const char* user, const char* item, const Datum* orders) {
    const char* model = NameStr(m->name);
    check_is_table(table, true, model);
    m->user.source = source_column(table, user, m->user, model);
    m->item.source = source_column(table, item, m->item, model);
    for (int i = 0; i < m->orders; i++)
        m->order[i].source = source_column(table, NameStr(*DatumGetName(orders[i])), m->order[i], model);
}

void note_read(LiveModel* m, AttrNumber number) {
    m->read[m->reads++] = number;
    m->last_read = Max(m->last_read, number);
}

void note_reads_of_events(LiveModel* m) {
    m->read = static_cast<AttrNumber*>(
        MemoryContextAlloc(m->context, sizeof(AttrNumber) * (static_cast<Size>(m->orders) + 2)));
    note_read(m, m->user.source);
    note_read(m, m->item.source);
    for (int i = 0; i < m->orders; i++) note_read(m, m->order[i].source);
}

// An attribute that is gone is a matter for the statements that read it.
void note_reads_of_items(LiveModel* m, Datum attributes) {
    Datum* names;
    int count;
    deconstruct_array(DatumGetArrayTypeP(attributes), NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &names, nullptr,
                      &count);
    m->read =
        static_cast<AttrNumber*>(MemoryContextAlloc(m->context, sizeof(AttrNumber) * (static_cast<Size>(count) + 1)));
    note_read(m, m->key);
    for (int i = 0; i < count; i++) {
        const AttrNumber number = get_attnum(m->relation, NameStr(*DatumGetName(names[i])));
        if (number == InvalidAttrNumber) {
            m->reads = 0;
            return;
        }
        note_read(m, number);
    }
}

// False where there is no such model, one of its tables is gone, or the table with the trigger is none of them.
bool load_catalogue(LiveModel* m) {
    Parameters p;
    add_text(&p, NameStr(m->name));
    execute(
        "SELECT m.interactions::pg_catalog.oid, m.items::pg_catalog.oid, m.user_column, m.item_column, "
        "m.item_type::pg_catalog.oid, m.order_columns, "
        "EXISTS (SELECT FROM pg_constraint c, pg_attribute e, pg_attribute i WHERE e.attrelid = m.interactions "
        "AND e.attname = m.item_column AND i.attrelid = m.items AND i.attname = m.item_key AND c.contype = 'f' "
        "AND c.conrelid = m.interactions AND c.confrelid = m.items AND c.conkey = ARRAY[e.attnum] "
        "AND c.confkey = ARRAY[i.attnum] AND c.convalidated AND NOT c.condeferrable) "
        // A key is not that of inheritance children, and what replication applies is not asked for it.
        "AND NOT EXISTS (SELECT FROM pg_inherits h, pg_class c WHERE h.inhparent = m.interactions "
        "AND c.oid = m.interactions AND c.relkind = 'r') "
        "AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = m.interactions "
        "AND t.tgfoid = 'holomamba.follow_events'::regproc AND t.tgenabled = 'R'), m.item_key, "
        "m.user_type::pg_catalog.oid, m.attributes, "
        // An order that leaves no ties: a unique index on some of what orders events, of all of them.
        "NOT EXISTS (SELECT FROM pg_index x WHERE x.indrelid = m.interactions AND x.indisunique AND x.indisvalid "
        "AND x.indimmediate AND x.indpred IS NULL AND x.indexprs IS NULL AND NOT EXISTS (SELECT FROM "
        "generate_series(0, x.indnkeyatts - 1) k JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = "
        "x.indkey[k] "
        "JOIN pg_opclass o ON o.oid = x.indclass[k] WHERE NOT (a.attnotnull AND o.opcdefault "
        "AND x.indcollation[k] = a.attcollation AND a.attname = ANY (m.order_columns || m.user_column)))) "
        "OR EXISTS (SELECT FROM pg_inherits h, pg_class c WHERE h.inhparent = m.interactions AND c.oid = "
        "m.interactions "
        "AND c.relkind = 'r') "
        "FROM holomamba.model_catalogue m WHERE m.model = $1::pg_catalog.name",
        &p);
    if (SPI_processed == 0) return false;
    bool null, no_items;
    m->interactions = DatumGetObjectId(value_of(0, 1, &null));
    m->owned_items = DatumGetObjectId(value_of(0, 2, &no_items));
    if (no_items || get_rel_relkind(m->owned_items) == 0) m->owned_items = InvalidOid;
    if (get_rel_relkind(m->interactions) == 0) return false;
    if (!OidIsValid(m->relation)) m->relation = m->interactions;
    const bool of_events = is_part_of(m->relation, m->interactions);
    // Not an error: a trigger that a former model has left behind must not fail where another role makes one of its name.
    m->of_items = !of_events;
    if (m->of_items && !is_part_of(m->relation, m->owned_items)) return false;
    m->items_first = DatumGetBool(value_of(0, 7, &null));
    Datum* orders;
    deconstruct_array(DatumGetArrayTypeP(value_of(0, 6, &null)), NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &orders,
                      nullptr, &m->orders);
    if (m->orders == 0)
        ereport(ERROR,
                (errcode(ERRCODE_DATA_CORRUPTED), errmsg("model \"%s\" has no order columns", NameStr(m->name))));
    m->order = static_cast<Column*>(MemoryContextAllocZero(m->context, sizeof(Column) * static_cast<Size>(m->orders)));
    load_own_tables(m, DatumGetObjectId(value_of(0, 9, &null)), DatumGetObjectId(value_of(0, 5, &null)));
    // Statements read all events and all items, whichever table has changed.
    load_events(m, m->interactions, text_of(0, 3), text_of(0, 4), orders);
    if (of_events && m->relation != m->interactions) load_events(m, m->relation, text_of(0, 3), text_of(0, 4), orders);
    m->ties = DatumGetBool(value_of(0, 11, &null));
    if (of_events) note_reads_of_events(m);
    if (OidIsValid(m->owned_items)) {
        check_is_table(m->owned_items, true, NameStr(m->name));
        const char* key = text_of(0, 8);
        if (key == nullptr)
            ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                            errmsg("model \"%s\" has a table of items and no key of it", NameStr(m->name))));
        m->key = key_column(m->of_items ? m->relation : m->owned_items, key, m->item, NameStr(m->name));
        if (m->of_items) note_reads_of_items(m, value_of(0, 10, &null));
    }
    return true;
}

void load_statements(LiveModel* m) {
    Parameters p;
    add_text(&p, NameStr(m->name));
    execute("SELECT s.name, s.statement FROM holomamba.event_statements($1) s WHERE s.statement IS NOT NULL", &p);
    for (uint64 row = 0; row < SPI_processed; row++)
        for (int i = 0; i < kStatements; i++)
            if (std::strcmp(text_of(row, 1), kInfos[i].name) == 0)
                m->text[i] = MemoryContextStrdup(m->context, text_of(row, 2));
}

// Everything that is asked runs in the name of the model's owner: what the caller may see, and where, does not matter.
bool load(LiveModel* m) {
    m->users = own_table(m, "users");
    m->items = own_table(m, "items");
    m->owner = owner_of(m->users);
    if (!OidIsValid(m->owner) || !OidIsValid(m->items)) return false;
    if (SPI_connect() != SPI_OK_CONNECT) elog(ERROR, "SPI_connect failed");
    bool found = false;
    as_owner(m->owner, [&] {
        found = load_catalogue(m);
        if (found) load_statements(m);
    });
    SPI_finish();
    return found;
}

void free_model(LiveModel* m) {
    for (SPIPlanPtr plan : m->plan)
        if (plan != nullptr) SPI_freeplan(plan);
    MemoryContextDelete(m->context);
}

SPIPlanPtr plan_of(LiveModel* m, Statement statement) {
    const int i = static_cast<int>(statement);
    if (m->plan[i] != nullptr) return m->plan[i];
    if (m->text[i] == nullptr) elog(ERROR, "model \"%s\" has no statement \"%s\"", NameStr(m->name), kInfos[i].name);
    const Takes takes = kInfos[i].takes;
    auto* types = static_cast<Oid*>(palloc(sizeof(Oid) * (static_cast<Size>(m->orders) + 5)));
    int count = 0;
    if (takes == Takes::items) {
        types[count++] = TEXTARRAYOID;
        types[count++] = INT4OID;
    } else if (takes != Takes::nothing) {
        for (int o = 0; o < m->orders; o++)
            types[count++] = takes == Takes::event ? m->order[o].type : m->order[o].array_type;
        types[count++] = takes == Takes::event ? m->user.type : m->user.array_type;
        types[count++] = takes == Takes::event ? m->item.type : m->state.array_type;
        types[count++] = takes == Takes::event ? INT4OID : m->vector.array_type;
        if (takes == Takes::many) {
            types[count++] = INT8ARRAYOID;
            types[count++] = INT4OID;
        }
    }
    SPIPlanPtr plan = SPI_prepare_cursor(m->text[i], count, types, CURSOR_OPT_GENERIC_PLAN);
    if (plan == nullptr) elog(ERROR, "query not prepared: %s: %s", SPI_result_code_string(SPI_result), m->text[i]);
    SPI_keepplan(plan);
    return m->plan[i] = plan;
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
    ereport(WARNING, (errcode(ERRCODE_UNDEFINED_OBJECT),
                      errmsg("trigger \"%s\" on table \"%s\" follows model \"%s\", which is not there or not of this table",
                             trigger, get_rel_name(relation), model),
                      errdetail("The statement is done as if there were no trigger."),
                      errhint("Drop the trigger, or where the model is gone, all that is left of it: "
                              "SELECT holomamba.drop_model('%s');",
                              model)));
}

void check_event(const LiveModel* model, TupleTableSlot* event) {
    if (model->user.length != -1 && model->item.length != -1) return;
    bool no_user, no_item;
    const Datum user = slot_getattr(event, model->user.source, &no_user);
    const Datum item = slot_getattr(event, model->item.source, &no_item);
    if (no_user || no_item) return;
    if (model->user.length == -1 && is_long_id(user)) refuse_long_id(user, model->relation, model->user.source);
    if (model->item.length == -1 && is_long_id(item)) refuse_long_id(item, model->relation, model->item.source);
}

Arguments make_arguments(const LiveModel* model) {
    const Size count = static_cast<Size>(model->orders) + 5;
    Arguments arguments{static_cast<Datum*>(palloc0(sizeof(Datum) * count)), static_cast<char*>(palloc(count))};
    std::memset(arguments.nulls, 'n', count);
    return arguments;
}

Datum array_of(const Column& column, Datum* values, bool* nulls, int count) {
    int dimensions[] = {count}, lower[] = {1};
    return PointerGetDatum(construct_md_array(values, nulls, 1, dimensions, lower, column.type, column.length,
                                              column.by_value, column.alignment));
}

uint64 run(LiveModel* model, Statement statement, const Arguments* arguments, bool read_only) {
    SPIPlanPtr plan = plan_of(model, statement);
    const int result = SPI_execute_plan(plan, arguments ? arguments->values : nullptr,
                                        arguments ? arguments->nulls : nullptr, read_only, 0);
    if (result < 0)
        elog(ERROR, "statement \"%s\" failed: %s", kInfos[static_cast<int>(statement)].name,
             SPI_result_code_string(result));
    return SPI_processed;
}

Portal open(LiveModel* model, Statement statement, const Arguments* arguments, bool read_only) {
    return SPI_cursor_open(nullptr, plan_of(model, statement), arguments ? arguments->values : nullptr,
                           arguments ? arguments->nulls : nullptr, read_only);
}

uint64 run_on_latest(LiveModel* model, Statement statement, const Arguments* arguments) {
    const int result = SPI_execute_snapshot(plan_of(model, statement), arguments ? arguments->values : nullptr,
                                            arguments ? arguments->nulls : nullptr, GetLatestSnapshot(),
                                            InvalidSnapshot, false, true, 0);
    if (result < 0)
        elog(ERROR, "statement \"%s\" failed: %s", kInfos[static_cast<int>(statement)].name,
             SPI_result_code_string(result));
    return SPI_processed;
}

Datum users_of(LiveModel* model, Statement statement) {
    run(model, statement);
    bool null;
    const Datum users = value_of(0, 1, &null);
    return null ? Datum{0} : users;
}

void lock_users(LiveModel* model, Statement place, Statement lock, const Arguments* arguments) {
    // Each round is another transaction's that took a row away just now. So many there are not.
    constexpr int kRounds = 100;
    for (int round = 0; round < kRounds; round++) {
        CHECK_FOR_INTERRUPTS();
        run(model, place, arguments);
        run(model, lock, arguments);
        bool null;
        const int64 missed = DatumGetInt64(value_of(0, 1, &null));
        SPI_freetuptable(SPI_tuptable);
        if (missed == 0) return;
    }
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("rows of users do not stay in table holomamba.%s", get_rel_name(model->users)),
                    errhint("Drop the trigger, rule or policy on it that keeps or takes them away.")));
}

}  // namespace holomamba::postgres
