// recommend_batch(): the lists of many users, through matrix products.
#include <algorithm>
#include <limits>

#include "postgres/compat.h"
#include "postgres/hrr.hpp"
#include "postgres/id_set.hpp"
#include "postgres/interrupts.hpp"
#include "postgres/owned.hpp"
#include "postgres/plan_cache.hpp"
#include "postgres/recommend_statements.hpp"
#include "postgres/verb.hpp"
#include "ranking/batch.hpp"

extern "C" {
#include "utils/datum.h"
#include "utils/lsyscache.h"
}

namespace holomamba::postgres {
namespace {

// Users read, ranked and put out together. Seen items of so many are in memory at a time.
constexpr int kBlock = 1024;

struct Work {
    BatchItems items;
    BatchUsers users;
    std::vector<std::vector<Recommended>> lists;
};

// The items of a batch by place: their ids as they are compared and as they are returned.
struct ItemIds {
    Datum* ids;
    Datum* returned;
    IdSet* places;
};

ItemIds read_items(const Asked& asked, const Filters& filters, Parameters* p, Work* work) {
    const ServingModel& m = asked.model;
    const bool with_tokens = asked.diversity > 0;
    MemoryContext context = CurrentMemoryContext;
    int16 length;
    bool by_value;
    get_typlenbyval(m.item_family, &length, &by_value);
    FmgrInfo output;
    Oid output_function;
    bool is_varlena;
    getTypeOutputInfo(m.item_family, &output_function, &is_varlena);
    fmgr_info(output_function, &output);

    ItemIds items{};
    int count = 0, room = 0;
    Portal cursor = open_cursor(
        batch_items_statement(m, filters.candidates != nullptr, filters.exclude != nullptr, with_tokens), p);
    for (;;) {
        SPI_cursor_fetch(cursor, true, kBlock);
        if (SPI_processed == 0) break;
        if (count + static_cast<int>(SPI_processed) > room) {
            room = 2 * room + kBlock;
            const Size size = sizeof(Datum) * static_cast<Size>(room);
            items.ids = static_cast<Datum*>(items.ids ? repalloc_huge(items.ids, size) : palloc(size));
        }
        for (uint64 row = 0; row < SPI_processed; row++) {
            bool null;
            items.ids[count++] = datumCopy(value_of(row, 1, &null), by_value, length);
            const Hrr* target = DatumGetHrr(value_of(row, 2, &null));
            const Hrr* token = with_tokens ? DatumGetHrr(value_of(row, 3, &null)) : nullptr;
            core_call([&] {
                work->items.add({target->x, target->dims}, token == nullptr
                                                               ? std::span<const float>{}
                                                               : std::span<const float>{token->x, token->dims});
            });
        }
        SPI_freetuptable(SPI_tuptable);
    }
    SPI_cursor_close(cursor);

    items.returned = items.ids;
    if (asked.ids != m.item_family) {
        items.returned =
            static_cast<Datum*>(palloc_extended(sizeof(Datum) * static_cast<Size>(count + 1), MCXT_ALLOC_HUGE));
        for (int i = 0; i < count; i++)
            items.returned[i] = CStringGetTextDatum(OutputFunctionCall(&output, items.ids[i]));
    }
    Oid type, collation;
    int32 modifier;
    get_atttypetypmodcoll(m.items_table, get_attnum(m.items_table, "item_id"), &type, &modifier, &collation);
    items.places = make_id_set(items.ids, nullptr, count, m.item_family, collation, context);
    return items;
}

// The users of the last result, with what they have seen, as the core wants them. Memory of the block is current.
void take_users(const Asked& asked, const ItemIds& items, bool with_seen, Work* work) {
    int16 length;
    bool by_value;
    char alignment;
    get_typlenbyvalalign(asked.model.item_family, &length, &by_value, &alignment);
    core_call([&] { work->users.clear(); });
    for (uint64 row = 0; row < SPI_processed; row++) {
        bool null;
        const Hrr* vector = DatumGetHrr(value_of(row, 2, &null));
        if (work->items.count() > 0) check_same_dims(static_cast<int>(work->items.width()), vector->dims);
        int32* seen = nullptr;
        int found = 0;
        const Datum array = with_seen ? value_of(row, 3, &null) : Datum{0};
        if (with_seen && !null) {
            Datum* ids;
            int count;
            deconstruct_array(DatumGetArrayTypeP(array), asked.model.item_family, length, by_value, alignment, &ids,
                              nullptr, &count);
            seen = static_cast<int32*>(palloc(sizeof(int32) * static_cast<Size>(count + 1)));
            for (int i = 0; i < count; i++) {
                const int32 place = find_id(items.places, ids[i]);
                if (place >= 0) seen[found++] = place;
            }
        }
        core_call([&] {
            BatchUsers& users = work->users;
            users.vectors.insert(users.vectors.end(), vector->x, vector->x + vector->dims);
            std::sort(seen, seen + found);
            users.seen.insert(users.seen.end(), seen, std::unique(seen, seen + found));
            users.starts.push_back(users.seen.size());
        });
    }
}

void put_lists(ReturnSetInfo* result, const ItemIds& items, const Work& work) {
    for (uint64 row = 0; row < SPI_processed; row++) {
        bool nulls[3] = {};
        Datum values[3];
        values[0] = value_of(row, 1, &nulls[0]);
        for (const Recommended& r : work.lists[row]) {
            values[1] = items.returned[r.item];
            values[2] = Float4GetDatum(static_cast<float4>(r.score));
            tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
        }
    }
}

}  // namespace
}  // namespace holomamba::postgres

using namespace holomamba::postgres;

HOLOMAMBA_FUNCTION(holomamba_recommend_batch)
Datum holomamba_recommend_batch(PG_FUNCTION_ARGS) {
    InitMaterializedSRF(fcinfo, 0);
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    SPI_connect();
    const int level = pin_search_path();
    const Asked asked = read_arguments(fcinfo, "recommend_batch", true);
    const ServingModel& m = asked.model;
    const Filters filters = read_filters(fcinfo, asked);
    const bool all_users = PG_ARGISNULL(0);
    Parameters p;
    add_ids(&p, m.user_family, all_users ? nullptr : ids_of(PG_GETARG_DATUM(0), asked.ids, m.user_family, m.user_type));
    add_filters(&p, m, filters);

    auto* work = make_owned<Work>(CurrentMemoryContext);
    const ItemIds items = read_items(asked, filters, &p, work);
    const TrainedWith trained = trained_with(m);
    const float seen_score =
        asked.exclude_seen ? -std::numeric_limits<float>::infinity() : static_cast<float>(trained.repeat_score);
    const holomamba::BatchOptions how{.k = asked.k,
                                      .diversity = asked.diversity,
                                      .seen_score = seen_score,
                                      .threads = holomamba::thread_count(trained.threads)};
    const bool with_seen = seen_score != 0;
    Portal cursor = open_cursor(batch_users_statement(m, asked.ids, all_users, with_seen), &p);
    MemoryContext block = AllocSetContextCreate(CurrentMemoryContext, "users of a batch", ALLOCSET_DEFAULT_SIZES);
    for (;;) {
        SPI_cursor_fetch(cursor, true, kBlock);
        if (SPI_processed == 0) break;
        MemoryContext before = MemoryContextSwitchTo(block);
        take_users(asked, items, with_seen, work);
        interruptible_core_call(
            [&](const holomamba::StopCheck& stop) { rank_batch(work->items, work->users, how, work->lists, stop); });
        put_lists(result, items, *work);
        MemoryContextSwitchTo(before);
        MemoryContextReset(block);
        SPI_freetuptable(SPI_tuptable);
    }
    SPI_cursor_close(cursor);
    restore_search_path(level);
    SPI_finish();
    return Datum{0};
}
