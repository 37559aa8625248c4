#include "postgres/live/live_catalogue.hpp"

#include "postgres/live/event_row.hpp"
#include "postgres/server/arrays.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/extension.hpp"
#include "postgres/server/relatives.hpp"
#include "postgres/server/trusted_owners.hpp"
#include "postgres/store/catalogue.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_class.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
}

namespace holomamba::postgres {
namespace {

// Whether a table is another, or a partition or an inheritance child of it.
bool is_part_of(Oid relation, Oid whole) {
    return OidIsValid(whole) && list_member_oid(ancestors_of(relation), whole);
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

// An attribute that is gone is a matter for the statements that read it.
void note_reads_of_items(LiveModel* m, const Elements& attributes) {
    m->read = static_cast<AttrNumber*>(
        MemoryContextAlloc(m->context, sizeof(AttrNumber) * (static_cast<Size>(attributes.count) + 1)));
    note_read(m, m->key);
    for (int i = 0; i < attributes.count; i++) {
        const AttrNumber number = get_attnum(m->relation, NameStr(*DatumGetName(attributes.values[i])));
        if (number == InvalidAttrNumber) {
            m->reads = 0;
            return;
        }
        note_read(m, number);
    }
}

// The tables that the model's statements for `relation` read, with all their parts.
void note_parts(LiveModel* m) {
    List* parts = NIL;
    for (const Oid table : {m->interactions, m->of_items ? m->owned_items : InvalidOid, m->users, m->items})
        if (OidIsValid(table)) parts = list_concat(parts, descendants_of(table));
    list_sort(parts, list_oid_cmp);
    m->part = static_cast<Oid*>(MemoryContextAlloc(m->context, sizeof(Oid) * static_cast<Size>(list_length(parts))));
    ListCell* cell;
    foreach (cell, parts) m->part[m->parts++] = lfirst_oid(cell);
}

// Whose names the statements go by.
void note_schemas(LiveModel* m) {
    const Oid schemas[] = {get_rel_namespace(m->interactions), get_rel_namespace(m->owned_items),
                           get_rel_namespace(m->users), extension_schema()};
    static_assert(lengthof(schemas) == lengthof(m->schema));
    for (std::size_t i = 0; i < lengthof(schemas); i++)
        m->schema[i] = GetSysCacheHashValue1(NAMESPACEOID, ObjectIdGetDatum(schemas[i]));
}

bool are_same(const Column& a, const Column& b) {
    return a.type == b.type && a.collation == b.collation && a.number == b.number && a.source == b.source;
}

bool are_same(const ValueColumn& a, const ValueColumn& b) {
    return a.source == b.source && a.type == b.type;
}

bool are_same(const LiveModel& a, const LiveModel& b) {
    bool same = a.interactions == b.interactions && a.owned_items == b.owned_items && a.users == b.users &&
                a.items == b.items && a.owner == b.owner && a.orders == b.orders && are_same(a.user, b.user) &&
                are_same(a.state, b.state) && are_same(a.vector, b.vector) && are_same(a.item, b.item) &&
                a.events == b.events && a.token == b.token && a.key == b.key;
    for (int o = 0; o < a.orders && same; o++) same = are_same(a.order[o], b.order[o]);
    same = same && are_same(a.time, b.time) && a.attributes == b.attributes;
    for (int i = 0; i < a.attributes && same; i++) same = are_same(a.attribute[i], b.attribute[i]);
    return same;
}

}  // namespace

bool find_own_tables(LiveModel* m) {
    m->users = own_table(NameStr(m->name), "users");
    m->items = own_table(NameStr(m->name), "items");
    m->owner = owner_of(m->users);
    return OidIsValid(m->owner) && OidIsValid(m->items);
}

void assert_trusted_parts(const LiveModel* m) {
    for (int i = 0; i < m->parts; i++) assert_trusted_owner(m->part[i], m->owner);
}

bool load_catalogue(LiveModel* m) {
    Parameters p;
    add_text(&p, NameStr(m->name));
    execute(
        "SELECT m.*, "
        // A foreign key from the events to the items. It is not that of inheritance children, and what replication applies
        // is not asked for it.
        "EXISTS (SELECT FROM pg_constraint c, pg_attribute e, pg_attribute i WHERE e.attrelid = m.interactions "
        "AND e.attname = m.item_column AND i.attrelid = m.items AND i.attname = m.item_key AND c.contype = 'f' "
        "AND c.conrelid = m.interactions AND c.confrelid = m.items AND c.conkey = ARRAY[e.attnum] "
        "AND c.confkey = ARRAY[i.attnum] AND c.convalidated AND NOT c.condeferrable) "
        // A key is not that of inheritance children, and what replication applies is not asked for it.
        "AND NOT EXISTS (SELECT FROM pg_inherits h, pg_class c WHERE h.inhparent = m.interactions "
        "AND c.oid = m.interactions AND c.relkind = 'r') "
        "AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = m.interactions "
        "AND t.tgfoid = 'holomamba_internal.follow_events'::regproc AND t.tgenabled = 'R') AS items_first, "
        // An order that leaves no ties: a unique index on some of what orders events, of all of them.
        "NOT EXISTS (SELECT FROM pg_index x WHERE x.indrelid = m.interactions AND x.indisunique AND x.indisvalid "
        "AND x.indimmediate AND x.indpred IS NULL AND x.indexprs IS NULL AND NOT EXISTS (SELECT FROM "
        "generate_series(0, x.indnkeyatts - 1) k JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = "
        "x.indkey[k] "
        "JOIN pg_opclass o ON o.oid = x.indclass[k] WHERE NOT (a.attnotnull AND o.opcdefault "
        "AND x.indcollation[k] = a.attcollation AND a.attname = ANY (m.order_columns || m.user_column)))) "
        "OR EXISTS (SELECT FROM pg_inherits h, pg_class c WHERE h.inhparent = m.interactions AND c.oid = "
        "m.interactions AND c.relkind = 'r') AS ties, "
        "holomamba_internal.item_attributes(m) AS item_attributes "
        "FROM holomamba.model_catalogue m WHERE m.model = $1::pg_catalog.name",
        &p);
    if (SPI_processed == 0) return false;
    bool null, no_items;
    m->interactions = DatumGetObjectId(value_of(0, "interactions", &null));
    m->owned_items = DatumGetObjectId(value_of(0, "items", &no_items));
    if (no_items || get_rel_relkind(m->owned_items) == 0) m->owned_items = InvalidOid;
    if (get_rel_relkind(m->interactions) == 0) return false;
    if (!OidIsValid(m->relation)) m->relation = m->interactions;
    const bool of_events = is_part_of(m->relation, m->interactions);
    // Not an error: a trigger that a former model has left behind must not fail where another role makes one of its
    // name.
    m->of_items = !of_events;
    if (m->of_items && !is_part_of(m->relation, m->owned_items)) return false;
    // In this order: of a part that changes hands from here on the session hears.
    note_parts(m);
    note_schemas(m);
    assert_trusted_parts(m);
    m->items_first = DatumGetBool(value_of(0, "items_first", &null));
    m->orders = elements_of(DatumGetArrayTypeP(value_of(0, "order_columns", &null))).count;
    if (m->orders == 0)
        ereport(ERROR,
                (errcode(ERRCODE_DATA_CORRUPTED), errmsg("model \"%s\" has no order columns", NameStr(m->name))));
    m->order = static_cast<Column*>(MemoryContextAllocZero(m->context, sizeof(Column) * static_cast<Size>(m->orders)));
    m->attributes = elements_of(DatumGetArrayTypeP(value_of(0, "event_attributes", &null))).count;
    if (m->attributes > kMostEventAttributes)
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                        errmsg("model \"%s\" has %d attributes of events", NameStr(m->name), m->attributes)));
    m->attribute = static_cast<ValueColumn*>(
        MemoryContextAllocZero(m->context, sizeof(ValueColumn) * (static_cast<Size>(m->attributes) + 1)));
    load_own_tables(m, DatumGetObjectId(value_of(0, "user_type", &null)),
                    DatumGetObjectId(value_of(0, "item_type", &null)));
    // Statements read all events and all items, whichever table has changed.
    find_event_columns(m, m->interactions);
    if (of_events && m->relation != m->interactions) find_event_columns(m, m->relation);
    m->ties = DatumGetBool(value_of(0, "ties", &null));
    if (of_events) note_event_columns(m);
    if (OidIsValid(m->owned_items)) {
        check_is_table(m->owned_items, true, NameStr(m->name));
        const char* key = text_of(0, "item_key");
        if (key == nullptr)
            ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                            errmsg("model \"%s\" has a table of items and no key of it", NameStr(m->name))));
        m->key = key_column(m->of_items ? m->relation : m->owned_items, key, m->item, NameStr(m->name));
        if (m->of_items) note_reads_of_items(m, elements_of(DatumGetArrayTypeP(value_of(0, "item_attributes", &null))));
    }
    return true;
}

void assert_unaltered(const LiveModel* m) {
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "holomamba model", ALLOCSET_SMALL_SIZES);
    LiveModel now{};
    now.context = context;
    now.name = m->name;
    now.relation = m->relation;
    bool same = false;
    as_owner(m->owner, [&] { same = find_own_tables(&now) && load_catalogue(&now) && are_same(*m, now); });
    if (!same)
        ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
                        errmsg("a table of model \"%s\" was altered while it was in use", NameStr(m->name)),
                        errdetail("A trigger, a rule or a policy on a table of the model has done so.")));
    MemoryContextDelete(context);
}

}  // namespace holomamba::postgres
