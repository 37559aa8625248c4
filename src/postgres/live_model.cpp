#include "postgres/live_model.hpp"

#include "postgres/compat.h"

extern "C" {
#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_inherits.h"
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

Column column_named(TupleDesc row, const char* name) {
    Column column{};
    for (int i = 0; i < row->natts; i++) {
        const Form_pg_attribute attribute = TupleDescAttr(row, i);
        if (attribute->attisdropped || std::strcmp(NameStr(attribute->attname), name) != 0) continue;
        column.number = attribute->attnum;
        column.type = attribute->atttypid;
        column.collation = attribute->attcollation;
    }
    if (column.type == InvalidOid)
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("column \"%s\" of the table of users is gone", name)));
    column.array_type = get_array_type(column.type);
    get_typlenbyvalalign(column.type, &column.length, &column.by_value, &column.alignment);
    column.types = lookup_type_cache(column.type, TYPECACHE_EQ_OPR_FINFO | TYPECACHE_CMP_PROC_FINFO);
    return column;
}

Oid own_table(const LiveModel* m, const char* suffix) {
    const char* name = psprintf("%s_%s", NameStr(m->name), suffix);
    const Oid table = get_relname_relid(name, get_namespace_oid("holomamba", false));
    if (!OidIsValid(table))
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table holomamba.%s is gone", name)));
    return table;
}

// Whether a table is another, or a partition or an inheritance child of it.
bool is_part_of(Oid relation, Oid whole) {
    if (!OidIsValid(whole) || relation == whole) return OidIsValid(whole);
    const Oid row = get_rel_type_id(whole);
    return OidIsValid(row) && typeInheritsFrom(get_rel_type_id(relation), row);
}

void load_catalogue(LiveModel* m) {
    Parameters p;
    add_text(&p, NameStr(m->name));
    execute(
        "SELECT m.interactions::pg_catalog.oid, m.items::pg_catalog.oid, m.user_column, m.item_column, m.item_type, "
        "m.order_columns, "
        "EXISTS (SELECT FROM pg_constraint c, pg_attribute e, pg_attribute i WHERE e.attrelid = m.interactions "
        "AND e.attname = m.item_column AND i.attrelid = m.items AND i.attname = m.item_key AND c.contype = 'f' "
        "AND c.conrelid = m.interactions AND c.confrelid = m.items AND c.conkey = ARRAY[e.attnum] "
        "AND c.confkey = ARRAY[i.attnum] AND c.convalidated AND NOT c.condeferrable), m.item_key "
        "FROM holomamba.find_model($1) m",
        &p);
    bool null;
    m->interactions = DatumGetObjectId(value_of(0, 1, &null));
    m->owned_items = DatumGetObjectId(value_of(0, 2, &null));
    if (null) m->owned_items = InvalidOid;
    if (!OidIsValid(m->relation)) m->relation = m->interactions;
    const bool of_events = is_part_of(m->relation, m->interactions);
    if (!of_events && !is_part_of(m->relation, m->owned_items))
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                        errmsg("table \"%s\" is none of the tables of model \"%s\"", get_rel_name(m->relation),
                               NameStr(m->name)),
                        errhint("Drop the trigger.")));
    m->items_first = DatumGetBool(value_of(0, 7, &null));
    m->item_type = DatumGetObjectId(value_of(0, 5, &null));
    Datum* orders;
    deconstruct_array(DatumGetArrayTypeP(value_of(0, 6, &null)), NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &orders,
                      nullptr, &m->orders);
    m->order = static_cast<Column*>(MemoryContextAllocZero(m->context, sizeof(Column) * static_cast<Size>(m->orders)));

    m->users = own_table(m, "users");
    m->items = own_table(m, "items");
    Relation users = relation_open(m->users, AccessShareLock);
    m->owner = users->rd_rel->relowner;
    m->user = column_named(RelationGetDescr(users), "user_id");
    m->state = column_named(RelationGetDescr(users), "state");
    m->vector = column_named(RelationGetDescr(users), "vector");
    for (int i = 0; i < m->orders; i++) m->order[i] = column_named(RelationGetDescr(users), psprintf("last_%d", i + 1));
    m->events = column_named(RelationGetDescr(users), "events").number;
    relation_close(users, AccessShareLock);
    m->token = get_attnum(m->items, "token");
    m->item_types = lookup_type_cache(m->item_type, TYPECACHE_EQ_OPR_FINFO | TYPECACHE_HASH_PROC_FINFO);
    Oid type;
    int32 modifier;
    get_atttypetypmodcoll(m->items, get_attnum(m->items, "item_id"), &type, &modifier, &m->item_collation);
    if (!of_events) {
        m->key = get_attnum(m->relation, text_of(0, 8));
        return;
    }
    m->user.source = get_attnum(m->relation, text_of(0, 3));
    m->item = get_attnum(m->relation, text_of(0, 4));
    for (int i = 0; i < m->orders; i++) m->order[i].source = get_attnum(m->relation, NameStr(*DatumGetName(orders[i])));
}

void load_statements(LiveModel* m) {
    Parameters p;
    add_text(&p, NameStr(m->name));
    execute("SELECT s.name, s.statement FROM holomamba.event_statements($1) s", &p);
    for (uint64 row = 0; row < SPI_processed; row++)
        for (int i = 0; i < kStatements; i++)
            if (std::strcmp(text_of(row, 1), kInfos[i].name) == 0)
                m->text[i] = MemoryContextStrdup(m->context, text_of(row, 2));
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
        types[count++] = takes == Takes::event ? m->item_type : m->state.array_type;
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
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "holomamba model", ALLOCSET_SMALL_SIZES);
    auto* m = static_cast<LiveModel*>(MemoryContextAllocZero(context, sizeof(LiveModel)));
    m->context = context;
    m->relation = relation;
    namestrcpy(&m->name, name);
    if (SPI_connect() != SPI_OK_CONNECT) elog(ERROR, "SPI_connect failed");
    load_catalogue(m);
    load_statements(m);
    SPI_finish();
    MemoryContextSetParent(context, CacheMemoryContext);
    m->next = models;
    models = m;
    return m;
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

void lock_users(LiveModel* model, Statement place, Statement lock, const Arguments* arguments) {
    int64 missed = 1;
    while (missed > 0) {
        CHECK_FOR_INTERRUPTS();
        run(model, place, arguments);
        run(model, lock, arguments);
        bool null;
        missed = DatumGetInt64(value_of(0, 1, &null));
        SPI_freetuptable(SPI_tuptable);
    }
}

}  // namespace holomamba::postgres
