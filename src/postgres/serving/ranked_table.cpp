#include "postgres/serving/ranked_table.hpp"

#include "postgres/server/compat.h"

extern "C" {
#include "access/table.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "optimizer/plancat.h"
#include "utils/rel.h"
#include "utils/syscache.h"
}

namespace holomamba::postgres {
namespace {

void look_at_index(Oid index, Oid method, RankedTable* found) {
    HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
    if (!HeapTupleIsValid(tuple)) return;
    const auto* form = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
    if (form->relam == method) {
        found->ordered = true;
        if (form->relnatts > 1) found->keyed = true;
    }
    ReleaseSysCache(tuple);
}

}  // namespace

RankedTable look_at(Oid table) {
    RankedTable found{};
    Relation relation = table_open(table, AccessShareLock);
    BlockNumber pages;
    double visible;
    estimate_rel_size(relation, nullptr, &pages, &found.count, &visible);
    const Oid method = get_index_am_oid("holomamba", false);
    ListCell* cell;
    foreach (cell, RelationGetIndexList(relation)) look_at_index(lfirst_oid(cell), method, &found);
    table_close(relation, AccessShareLock);
    return found;
}

// While a candidate is fetched by its id, a scan of the index reads some 300 sketches, and it costs 50 such fetches to begin
// with; where every eighth row is a candidate, enough of them come by without being looked for; and a scan of the whole table
// reads ten rows meanwhile (bench/recommend.sh).
Candidates way_of(int candidates, const RankedTable& table) {
    const double n = candidates;
    if (!table.ordered) return n * 10 <= table.count ? Candidates::by_key : Candidates::one_by_one;
    if (n * 300 <= table.count + 50 * 300) return Candidates::by_key;
    return table.keyed && n * 8 <= table.count ? Candidates::by_index : Candidates::one_by_one;
}

int32 round_up(int32 k) {
    for (int32 unit = 1;; unit *= 10)
        for (const int32 factor : {1, 2, 5})
            if (factor * unit >= k) return factor * unit;
}

}  // namespace holomamba::postgres
