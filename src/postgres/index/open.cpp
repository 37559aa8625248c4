#include "postgres/index/open.hpp"

extern "C" {
#include "access/genam.h"
#include "access/table.h"
#include "catalog/index.h"
#include "catalog/pg_class_d.h"
#include "commands/defrem.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
}

namespace holomamba::postgres {

OpenIndex open_index(Oid index_id, MayOpen may, LOCKMODE heap_lock) {
    const Oid heap_id = IndexGetRelation(index_id, true);
    if (!OidIsValid(heap_id)) {
        const char* name = get_rel_name(index_id);
        ereport(ERROR,
                (errcode(ERRCODE_WRONG_OBJECT_TYPE), name ? errmsg("\"%s\" is not an index", name)
                                                          : errmsg("relation with OID %u does not exist", index_id)));
    }
    // Before anything is locked: a stranger may not keep writers waiting.
    if (may == MayOpen::owner && !owns_relation(index_id))
        aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_INDEX, get_rel_name(index_id));
    if (may == MayOpen::readers && pg_class_aclcheck(heap_id, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
        aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, get_rel_name(heap_id));
    OpenIndex opened;
    opened.heap = table_open(heap_id, heap_lock);
    opened.scope = enter_owner(opened.heap->rd_rel->relowner);
    opened.index = index_open(index_id, AccessShareLock);
    const char* name = RelationGetRelationName(opened.index);
    if (opened.index->rd_rel->relam != get_index_am_oid("holomamba", false))
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                        errmsg("\"%s\" is not an index of access method holomamba", name)));
    if (opened.index->rd_rel->relkind == RELKIND_PARTITIONED_INDEX)
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is a partitioned index", name),
                        errhint("Name the indexes of its partitions.")));
    return opened;
}

void close_index(const OpenIndex& opened) {
    index_close(opened.index, NoLock);
    leave_owner(opened.scope);
    table_close(opened.heap, NoLock);
}

}  // namespace holomamba::postgres
