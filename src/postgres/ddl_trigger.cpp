// Commands that change the tables of models: renamed columns, partitions that come and go.
#include "postgres/compat.h"
#include "postgres/live_model.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "commands/event_trigger.h"
#include "nodes/parsenodes.h"
}

using namespace holomamba::postgres;

namespace {

// Only the command itself tells the old name of a column.
void follow_rename(const RenameStmt* statement) {
    if (statement->renameType != OBJECT_COLUMN || statement->relation == nullptr) return;
    const Oid relation = RangeVarGetRelid(statement->relation, NoLock, true);
    if (!OidIsValid(relation)) return;
    Parameters p;
    add(&p, OIDOID, ObjectIdGetDatum(relation));
    add_text(&p, statement->subname);
    add_text(&p, statement->newname);
    execute("SELECT holomamba.column_renamed($1, $2, $3)", &p);
}

bool changes_parts(const Node* command) {
    if (IsA(command, CreateStmt)) return reinterpret_cast<const CreateStmt*>(command)->inhRelations != NIL;
    if (!IsA(command, AlterTableStmt)) return false;
    ListCell* cell;
    foreach (cell, reinterpret_cast<const AlterTableStmt*>(command)->cmds) {
        const AlterTableType type = static_cast<AlterTableCmd*>(lfirst(cell))->subtype;
        if (type == AT_AttachPartition || type == AT_DetachPartition || type == AT_DetachPartitionFinalize ||
            type == AT_AddInherit || type == AT_DropInherit)
            return true;
    }
    return false;
}

}  // namespace

HOLOMAMBA_FUNCTION(holomamba_follow_commands)
Datum holomamba_follow_commands(PG_FUNCTION_ARGS) {
    if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
        ereport(ERROR,
                (errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED), errmsg("not called by an event trigger")));
    const Node* command = reinterpret_cast<EventTriggerData*>(fcinfo->context)->parsetree;
    SPI_connect();
    if (IsA(command, RenameStmt))
        follow_rename(reinterpret_cast<const RenameStmt*>(command));
    else if (changes_parts(command))
        execute("SELECT holomamba.follow_parts(m.model) FROM holomamba.model_catalogue m");
    SPI_finish();
    return PointerGetDatum(nullptr);
}
