// The event triggers: which commands concern the tables of models, and what of them. What is done then is told in
// sql/34_commands.sql and sql/35_altered_columns.sql. Of what a command names, only the names of columns are taken from it:
// which tables it altered the server reports.
#include "postgres/live/concerned_models.hpp"
#include "postgres/live/model_tables.hpp"
#include "postgres/server/arrays.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/extension.hpp"
#include "postgres/server/plan_cache.hpp"
#include "postgres/store/catalogue.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/event_trigger.h"
#include "nodes/parsenodes.h"
#include "tcop/deparse_utility.h"
#include "utils/lsyscache.h"
}

using namespace holomamba::postgres;

namespace {

// What a command may have done to tables, as its text tells.
struct Change {
    const char* renamed_column;             // its old name
    const char *renamed_label, *new_label;  // of an enum
    bool renamed_table, renamed_constraint, owner, parts, unlogged, policies, triggers;
    List *retyped, *converted;  // names of columns, and of each whether the command says how to convert its values
};

// `ALTER c TYPE t USING c::t`, or USING c, which say no more than what the server does by itself.
bool converts(const AlterTableCmd* command) {
    const auto* column = reinterpret_cast<const ColumnDef*>(command->def);
    const Node* value = column->raw_default;
    if (value == nullptr) return false;
    if (IsA(value, TypeCast)) {
        const auto* cast = reinterpret_cast<const TypeCast*>(value);
        if (!equal(cast->typeName, column->typeName)) return true;
        value = cast->arg;
    }
    if (!IsA(value, ColumnRef)) return true;
    const List* fields = reinterpret_cast<const ColumnRef*>(value)->fields;
    return list_length(fields) != 1 || !IsA(linitial(fields), String) ||
           std::strcmp(strVal(linitial(fields)), command->name) != 0;
}

void look_at(const AlterTableCmd* command, Change* change) {
    switch (command->subtype) {
        case AT_AttachPartition:
        case AT_DetachPartition:
        case AT_DetachPartitionFinalize:
        case AT_AddInherit:
        case AT_DropInherit:
            change->parts = true;
            break;
        case AT_SetUnLogged:
            change->unlogged = true;
            break;
        case AT_EnableTrig:
        case AT_EnableTrigAll:
        case AT_EnableTrigUser:
            change->triggers = true;
            break;
        case AT_ForceRowSecurity:
            change->policies = true;
            break;
        case AT_ChangeOwner:
            change->owner = true;
            break;
        case AT_AlterColumnType:
            change->retyped = lappend(change->retyped, command->name);
            change->converted = lappend_int(change->converted, converts(command));
            break;
        default:
            break;
    }
}

Change change_of(const Node* command) {
    Change change{};
    ListCell* cell;
    switch (nodeTag(command)) {
        case T_RenameStmt: {
            const auto* rename = reinterpret_cast<const RenameStmt*>(command);
            if (rename->renameType == OBJECT_COLUMN || rename->renameType == OBJECT_ATTRIBUTE)
                change.renamed_column = rename->subname;
            else
                change.renamed_table = rename->relation != nullptr && rename->subname == nullptr;
            change.renamed_constraint = rename->renameType == OBJECT_TABCONSTRAINT;
            break;
        }
        case T_AlterEnumStmt: {
            const auto* alter = reinterpret_cast<const AlterEnumStmt*>(command);
            change.renamed_label = alter->oldVal;
            change.new_label = alter->newVal;
            break;
        }
        case T_CreateStmt:
            change.parts = reinterpret_cast<const CreateStmt*>(command)->inhRelations != NIL;
            break;
        case T_CreateForeignTableStmt:
            change.parts = reinterpret_cast<const CreateForeignTableStmt*>(command)->base.inhRelations != NIL;
            break;
        case T_CreateSchemaStmt:
            change.parts = reinterpret_cast<const CreateSchemaStmt*>(command)->schemaElts != NIL;
            break;
        case T_AlterTableStmt:
            foreach (cell, reinterpret_cast<const AlterTableStmt*>(command)->cmds)
                look_at(static_cast<AlterTableCmd*>(lfirst(cell)), &change);
            break;
        default:
            break;
    }
    return change;
}

Datum* allocate_values(const List* list) {
    return static_cast<Datum*>(palloc(sizeof(Datum) * (static_cast<Size>(list_length(list)) + 1)));
}

Datum array_of_oids(const List* relations) {
    Datum* values = allocate_values(relations);
    int count = 0;
    ListCell* cell;
    foreach (cell, relations) values[count++] = ObjectIdGetDatum(lfirst_oid(cell));
    return array_of(OIDOID, values, count);
}

Datum array_of_names(const List* names) {
    Datum* values = allocate_values(names);
    int count = 0;
    ListCell* cell;
    foreach (cell, names) {
        auto* name = static_cast<NameData*>(palloc0(sizeof(NameData)));
        namestrcpy(name, static_cast<const char*>(lfirst(cell)));
        values[count++] = NameGetDatum(name);
    }
    return array_of(NAMEOID, values, count);
}

Datum array_of_flags(const List* flags) {
    Datum* values = allocate_values(flags);
    int count = 0;
    ListCell* cell;
    foreach (cell, flags) values[count++] = BoolGetDatum(lfirst_int(cell) != 0);
    return array_of(BOOLOID, values, count);
}

// A table, or a column of one, that the server reports.
struct Altered {
    Oid relation;
    int32 column;
    const CollectedCommand* command;
};

// Tables that have got or lost a parent, and those that have got or lost a partition: which one, the server does not report.
struct Parts {
    List *joined, *joined_to, *left, *left_from;
};

void sort_parts(const Altered& altered, Parts* parts) {
    if (altered.command->type != SCT_AlterTable) {
        parts->joined = lappend_oid(parts->joined, altered.relation);
        return;
    }
    ListCell* cell;
    foreach (cell, altered.command->d.alterTable.subcmds) {
        const auto* part = static_cast<const CollectedATSubcmd*>(lfirst(cell));
        switch (reinterpret_cast<const AlterTableCmd*>(part->parsetree)->subtype) {
            case AT_AttachPartition:
                parts->joined_to = lappend_oid(parts->joined_to, altered.relation);
                break;
            case AT_AddInherit:
                parts->joined = lappend_oid(parts->joined, altered.relation);
                break;
            case AT_DetachPartition:
            case AT_DetachPartitionFinalize:
                parts->left_from = lappend_oid(parts->left_from, altered.relation);
                break;
            case AT_DropInherit:
                parts->left = lappend_oid(parts->left, altered.relation);
                break;
            default:
                break;
        }
    }
}

Parameters parameters_of(Oid relation) {
    Parameters p;
    add(&p, OIDOID, ObjectIdGetDatum(relation));
    return p;
}

void follow(const Change& change, const Altered& altered, Oid actor) {
    Parameters p = parameters_of(altered.relation);
    if (change.renamed_column != nullptr && altered.column > 0) {
        add_int(&p, altered.column);
        add_text(&p, change.renamed_column);
        execute("SELECT holomamba_internal.column_renamed($1, $2, $3::pg_catalog.name)", &p);
    }
    if (altered.column != 0) return;
    if (change.renamed_table) execute("SELECT holomamba_internal.table_renamed($1)", &p);
    if (change.retyped != NIL) {
        p = parameters_of(altered.relation);
        add(&p, NAMEARRAYOID, array_of_names(change.retyped));
        add(&p, BOOLARRAYOID, array_of_flags(change.converted));
        add(&p, OIDOID, ObjectIdGetDatum(actor));
        run_statements("SELECT r.run_as, r.statement FROM holomamba_internal.columns_retyped($1, $2, $3, $4) r", &p);
    }
    if (change.owner) {
        p = parameters_of(altered.relation);
        add(&p, OIDOID, ObjectIdGetDatum(actor));
        execute("SELECT holomamba_internal.owner_changed($1, $2)", &p);
    }
    if (change.triggers) {
        p = parameters_of(altered.relation);
        run_statements("SELECT e.run_as, e.statement FROM holomamba_internal.triggers_enabled($1) e", &p);
    }
    if (change.unlogged || change.policies) {
        p = parameters_of(altered.relation);
        add(&p, BOOLOID, BoolGetDatum(change.unlogged));
        execute("SELECT holomamba_internal.table_weakened($1, $2)", &p);
    }
}

// An index is renamed with its constraint, in the schema of its table, and the server does not ask who may create there.
void refuse_names_of_models() {
    static PlannedStatement indexes{
        "SELECT i.relname, t.relname FROM pg_catalog.pg_event_trigger_ddl_commands() c "
        "JOIN pg_catalog.pg_constraint k ON c.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = "
        "c.objid "
        "JOIN pg_catalog.pg_class i ON i.oid = k.conindid AND k.contype IN ('p', 'u', 'x') "
        "JOIN pg_catalog.pg_class t ON t.oid = k.conrelid "
        "WHERE i.relnamespace = 'holomamba'::pg_catalog.regnamespace AND i.relname ~ "
        "'_(users|items)(_pkey|_target_idx)?$' "
        "AND i.relname <> t.relname || '_pkey' AND i.relname <> t.relname || '_target_idx'",
        nullptr};
    execute_planned(&indexes);
    if (SPI_processed == 0) return;
    ereport(ERROR, (errcode(ERRCODE_RESERVED_NAME),
                    errmsg("an index of holomamba.%s cannot be named \"%s\"", text_of(0, 2), text_of(0, 1)),
                    errdetail("Such names are those of the tables of models, and of their indexes.")));
}

// Weights are known by labels.
void follow_label(const char* old_label, const char* new_label) {
    static PlannedStatement types{
        "SELECT c.objid FROM pg_catalog.pg_event_trigger_ddl_commands() c "
        "WHERE c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass",
        nullptr};
    execute_planned(&types);
    if (SPI_processed == 0) return;
    bool null;
    Parameters p = parameters_of(DatumGetObjectId(value_of(0, 1, &null)));
    add_text(&p, old_label);
    add_text(&p, new_label);
    as_owner(catalogue_owner(), [&] { execute("SELECT holomamba_internal.label_renamed($1, $2, $3)", &p); });
}

// A table that has no parent any more is known by the triggers that it had as a part of a model's.
bool may_concern_models(const Change& change, const Altered& altered) {
    return concerns_models(altered.relation) || (change.parts && has_triggers(altered.relation));
}

// The tables and columns that the command has altered or made, as the server has noted them down: those that concern models.
List* altered_by_command(const Change& change) {
    // Planned once: most commands concern no model, and are to cost no more for it.
    static PlannedStatement commands{
        "SELECT c.objid, c.objsubid, c.command FROM pg_catalog.pg_event_trigger_ddl_commands() c "
        "WHERE c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass",
        nullptr};
    execute_planned(&commands);
    List* all = NIL;
    for (uint64 i = 0; i < SPI_processed; i++) {
        bool null;
        Altered altered{DatumGetObjectId(value_of(i, 1, &null)), DatumGetInt32(value_of(i, 2, &null)),
                        reinterpret_cast<const CollectedCommand*>(DatumGetPointer(value_of(i, 3, &null)))};
        if (!may_concern_models(change, altered)) continue;
        auto* kept = static_cast<Altered*>(palloc(sizeof(Altered)));
        *kept = altered;
        all = lappend(all, kept);
    }
    return all;
}

// Columns of models' tables, and what may be triggers of theirs.
bool has_dropped_what_concerns_models() {
    static PlannedStatement drops{
        "SELECT o.objid, o.object_type OPERATOR(pg_catalog.=) 'trigger' FROM "
        "pg_catalog.pg_event_trigger_dropped_objects() o "
        "WHERE o.object_type OPERATOR(pg_catalog.=) 'table column' OR o.object_type OPERATOR(pg_catalog.=) 'trigger' "
        "AND o.address_names[3] OPERATOR(pg_catalog.^@) 'holomamba_'",
        nullptr};
    execute_planned(&drops);
    for (uint64 i = 0; i < SPI_processed; i++) {
        bool null;
        const bool trigger = DatumGetBool(value_of(i, 2, &null));
        if (trigger || concerns_models(DatumGetObjectId(value_of(i, 1, &null)))) return true;
    }
    return false;
}

void follow_parts(const char* sql, const List* parts, const List* wholes) {
    if (parts == NIL && wholes == NIL) return;
    Parameters p;
    add(&p, OIDARRAYOID, array_of_oids(parts));
    add(&p, OIDARRAYOID, array_of_oids(wholes));
    execute(sql, &p);
}

void follow_all(const Change& change, const List* all, Oid actor) {
    Parts parts{};
    ListCell* cell;
    foreach (cell, all) {
        const auto* altered = static_cast<const Altered*>(lfirst(cell));
        follow(change, *altered, actor);
        if (change.parts && altered->column == 0) sort_parts(*altered, &parts);
    }
    follow_parts("SELECT holomamba_internal.parts_joined($1, $2)", parts.joined, parts.joined_to);
    follow_parts("SELECT holomamba_internal.parts_left($1, $2)", parts.left, parts.left_from);
}

// The extension's functions call each other by these names. Asked without SQL, which would not find them any more.
void refuse_new_schema_name(const RenameStmt* rename, Oid function) {
    if (rename->renameType != OBJECT_SCHEMA) return;
    const Oid schema = get_namespace_oid(rename->newname, true);
    const bool shared = schema == extension_schema();
    if (shared || schema == get_func_namespace(function) || !OidIsValid(get_namespace_oid("holomamba", true)))
        ereport(
            ERROR,
            (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
             errmsg("schema \"%s\" cannot be renamed: the functions of extension \"holomamba\" in it go by its name",
                    rename->subname),
             shared ? errhint("Move what else is in it to another schema.") : 0));
}

const Node* command_of(FunctionCallInfo fcinfo) {
    if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
        ereport(ERROR,
                (errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED), errmsg("not called by an event trigger")));
    return reinterpret_cast<EventTriggerData*>(fcinfo->context)->parsetree;
}

}  // namespace

HOLOMAMBA_FUNCTION(holomamba_follow_commands)
Datum holomamba_follow_commands(PG_FUNCTION_ARGS) {
    const Node* command = command_of(fcinfo);
    if (IsA(command, RenameStmt))
        refuse_new_schema_name(reinterpret_cast<const RenameStmt*>(command), fcinfo->flinfo->fn_oid);
    const Change change = change_of(command);
    if (change.renamed_column == nullptr && change.renamed_label == nullptr && !change.renamed_table &&
        !change.renamed_constraint && !change.owner && !change.parts && !change.unlogged && !change.policies &&
        !change.triggers && change.retyped == NIL)
        return PointerGetDatum(nullptr);
    const Oid actor = GetUserId();
    SPI_connect();
    if (change.renamed_constraint) refuse_names_of_models();
    if (change.renamed_label != nullptr) follow_label(change.renamed_label, change.new_label);
    const List* all = altered_by_command(change);
    if (all != NIL) as_owner(catalogue_owner(), [&] { follow_all(change, all, actor); });
    SPI_finish();
    return PointerGetDatum(nullptr);
}

HOLOMAMBA_FUNCTION(holomamba_follow_drops)
Datum holomamba_follow_drops(PG_FUNCTION_ARGS) {
    (void)command_of(fcinfo);
    Parameters p;
    add(&p, OIDOID, ObjectIdGetDatum(GetUserId()));
    SPI_connect();
    if (has_dropped_what_concerns_models())
        as_owner(catalogue_owner(), [&] { execute("SELECT holomamba_internal.objects_dropped($1)", &p); });
    SPI_finish();
    return PointerGetDatum(nullptr);
}
