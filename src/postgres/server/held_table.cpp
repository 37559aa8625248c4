#include "postgres/server/held_table.hpp"

#include <cstdlib>

#include "postgres/server/arrays.hpp"
#include "postgres/server/compat.h"

extern "C" {
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/analyze.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
}

namespace holomamba::postgres {
namespace {

constexpr const char kNamed[] = "holomamba_table_";

post_parse_analyze_hook_type next_hook = nullptr;

void check_name(const RangeTblEntry* entry) {
    constexpr std::size_t length = sizeof(kNamed) - 1;
    if (entry->alias == nullptr || std::strncmp(entry->alias->aliasname, kNamed, length) != 0) return;
    const auto table = static_cast<Oid>(std::strtoul(entry->alias->aliasname + length, nullptr, 10));
    // The rows that a trigger is given of the table go by its name, too.
    if (entry->rtekind == RTE_NAMEDTUPLESTORE) return;
    if (entry->rtekind == RTE_RELATION && entry->relid == table) return;
    const char* name = get_rel_name(table);
    ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
                    errmsg("table \"%s\" was renamed meanwhile", name == nullptr ? entry->alias->aliasname : name),
                    errhint("Try again.")));
}

bool check_names(Node* node, void* context) {
    if (node == nullptr) return false;
    if (IsA(node, RangeTblEntry)) check_name(castNode(RangeTblEntry, node));
    // Entries walk on into what they hold by themselves.
    if (IsA(node, RangeTblEntry)) return false;
    const TreeWalker walker = tree_walker(check_names);
    if (IsA(node, Query)) return query_tree_walker(castNode(Query, node), walker, context, QTW_EXAMINE_RTES_BEFORE);
    return expression_tree_walker(node, walker, context);
}

// Most statements of a session are none of ours.
void analysed(ParseState* state, Query* query, JumbleState* jumble) {
    if (next_hook != nullptr) next_hook(state, query, jumble);
    if (state->p_sourcetext != nullptr && std::strstr(state->p_sourcetext, kNamed) != nullptr)
        (void)check_names(reinterpret_cast<Node*>(query), nullptr);
}

}  // namespace

const char* name_for(Oid table) {
    return psprintf("%s%u", kNamed, table);
}

void watch_names() {
    next_hook = post_parse_analyze_hook;
    post_parse_analyze_hook = analysed;
}

bool hold_table(Oid table) {
    if (get_rel_relkind(table) == 0) return false;
    if (pg_class_aclcheck(table, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
        pg_attribute_aclcheck_all(table, GetUserId(), ACL_SELECT, ACLMASK_ANY) != ACLCHECK_OK)
        return false;
    LockRelationOid(table, AccessShareLock);
    return true;
}

void assert_held(Oid table, bool held) {
    if (held) return;
    const char* name = get_rel_name(table);
    aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, name == nullptr ? "" : name);
}

}  // namespace holomamba::postgres

HOLOMAMBA_FUNCTION(holomamba_hold_tables)
Datum holomamba_hold_tables(PG_FUNCTION_ARGS) {
    const holomamba::postgres::Elements tables = holomamba::postgres::elements_of(PG_GETARG_ARRAYTYPE_P(0));
    for (int i = 0; i < tables.count; i++)
        if (!tables.is_null(i)) holomamba::postgres::hold_table(DatumGetObjectId(tables.values[i]));
    PG_RETURN_VOID();
}

HOLOMAMBA_FUNCTION(holomamba_hold_readable)
Datum holomamba_hold_readable(PG_FUNCTION_ARGS) {
    const Oid table = PG_GETARG_OID(0);
    holomamba::postgres::assert_held(table, holomamba::postgres::hold_table(table));
    PG_RETURN_VOID();
}

HOLOMAMBA_FUNCTION(holomamba_column_type)
Datum holomamba_column_type(PG_FUNCTION_ARGS) {
    const Oid table = PG_GETARG_OID(0);
    const AttrNumber column = get_attnum(table, NameStr(*PG_GETARG_NAME(1)));
    if (column <= 0) PG_RETURN_NULL();
    PG_RETURN_OID(get_atttype(table, column));
}

HOLOMAMBA_FUNCTION(holomamba_name_for)
Datum holomamba_name_for(PG_FUNCTION_ARGS) {
    PG_RETURN_TEXT_P(cstring_to_text(holomamba::postgres::name_for(PG_GETARG_OID(0))));
}
