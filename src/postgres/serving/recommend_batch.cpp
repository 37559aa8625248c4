// recommend_batch(): the lists of many users, through matrix products.
#include <algorithm>
#include <limits>

#include "base/parallel.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/id_set.hpp"
#include "postgres/server/interrupts.hpp"
#include "postgres/server/owned.hpp"
#include "postgres/server/plan_cache.hpp"
#include "postgres/serving/recommend_statements.hpp"
#include "postgres/serving/verb.hpp"
#include "postgres/store/stored.hpp"
#include "postgres/types/hrr.hpp"
#include "ranking/batch.hpp"
#include "ranking/seen_items.hpp"

extern "C" {
#include "access/table.h"
#include "optimizer/plancat.h"
#include "tcop/pquery.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
}

namespace holomamba::postgres {
namespace {

// Users ranked and put out together.
constexpr int kBlock = 1024;
// What a user takes in memory while seen items are gathered, beside the vector, which the server's allocator may round up
// to twice its size; and an event.
constexpr double kBytesOfUser = 256;
constexpr double kBytesOfEvent = sizeof(ranking::SeenItem) + sizeof(int32);

struct Work {
    ranking::BatchItems items;
    ranking::BatchUsers users;
    ranking::SeenItems seen;      // whose scores are raised
    ranking::SeenItems left_out;  // those that are in no list
    std::vector<std::vector<ranking::Recommended>> lists;
};

// The items of a batch by place: their ids as they are compared and as they are returned.
struct ItemIds {
    Datum* ids;
    Datum* returned;
    IdSet* places;
};

Oid collation_of(Oid table, const char* column) {
    Oid type, collation;
    int32 modifier;
    get_atttypetypmodcoll(table, get_attnum(table, column), &type, &modifier, &collation);
    return collation;
}

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
        Rows rows = last_rows(m.items, m.name, m.version);
        if (count + static_cast<int>(SPI_processed) > room) {
            room = 2 * room + kBlock;
            const Size size = sizeof(Datum) * static_cast<Size>(room);
            items.ids = static_cast<Datum*>(items.ids ? repalloc_huge(items.ids, size) : palloc(size));
        }
        for (uint64 row = 0; row < rows.count; row++) {
            items.ids[count++] = datumCopy(datum_of(rows, row, 1, m.item_family), by_value, length);
            const Hrr* target = hrr_of(&rows, row, 2);
            const Hrr* token = with_tokens ? hrr_of(&rows, row, 3) : nullptr;
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
    items.places =
        make_id_set(items.ids, nullptr, count, m.item_family, collation_of(m.items_table, "item_id"), context);
    return items;
}

// Events on their way into the core, some together.
struct SeenBlock {
    ranking::SeenItems* to;  // nullptr: nobody asks for them
    int count;
    ranking::SeenItem waiting[kBlock];
};

void hand_over(SeenBlock* block) {
    core_call([&] { block->to->add({block->waiting, static_cast<std::size_t>(block->count)}); });
    block->count = 0;
}

// Takes events as the executor finds them: of the users and items that are meant, their places.
struct SeenReceiver {
    DestReceiver receiver;  // first
    IdSet* users;
    IdSet* items;
    Oid user_family, item_family;
    int16 user_width, item_width;  // see stored_width()
    bool by_value;                 // a third column says which block an event belongs to; otherwise the first
    SeenBlock had, left_out;
};

Datum widened(Datum id, int16 width) {
    switch (width) {
        case sizeof(int16):
            return Int64GetDatum(DatumGetInt16(id));
        case sizeof(int32):
            return Int64GetDatum(DatumGetInt32(id));
        default:
            return id;
    }
}

bool receive_event(TupleTableSlot* event, DestReceiver* receiver) {
    auto* to = reinterpret_cast<SeenReceiver*>(receiver);
    slot_getallattrs(event);
    if (event->tts_isnull[0] || event->tts_isnull[1]) return true;
    const int32 item = find_id(to->items, widened(event->tts_values[1], to->item_width));
    const int32 user = item < 0 ? -1 : find_id(to->users, widened(event->tts_values[0], to->user_width));
    if (user < 0) return true;
    const bool left_out = to->by_value && !event->tts_isnull[2] && DatumGetBool(event->tts_values[2]);
    SeenBlock* block = left_out ? &to->left_out : &to->had;
    if (block->to == nullptr) return true;
    block->waiting[block->count++] = {user, item};
    if (block->count == kBlock) hand_over(block);
    return true;
}

// The bytes of the ids in column `number` that have to be widened. Their type is asked of the rows that come: the table may
// have been altered since the statement was written.
int16 width_of(TupleDesc events, int number, Oid family) {
    const Oid type = TupleDescAttr(events, number)->atttypid;
    const int16 width = stored_width(type, family);
    if (width == 0 && type != family)
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("ids of events are of type %s, not %s", format_type_be(type), format_type_be(family))));
    return width;
}

void begin_events(DestReceiver* receiver, int, TupleDesc events) {
    auto* to = reinterpret_cast<SeenReceiver*>(receiver);
    to->user_width = width_of(events, 0, to->user_family);
    to->item_width = width_of(events, 1, to->item_family);
}
void end_events(DestReceiver*) {}

// About how many rows a table has.
double rows_of(Oid table) {
    Relation relation = table_open(table, AccessShareLock);
    BlockNumber pages;
    double rows, visible;
    estimate_rel_size(relation, nullptr, &pages, &rows, &visible);
    table_close(relation, AccessShareLock);
    return Max(rows, 0.0);
}

// Users read together, so that the events are read once for as many of them as maintenance_work_mem allows.
long users_at_once(const ServingModel& m, std::size_t width) {
    const double users = Max(rows_of(m.users_table), 1.0), events = rows_of(m.interactions);
    const double bytes =
        kBytesOfUser + 2.0 * sizeof(float) * static_cast<double>(width) + kBytesOfEvent * events / users;
    return static_cast<long>(Min(Max(maintenance_work_mem * 1024.0 / bytes, 1.0 * kBlock), 1e7));
}

// What the users of the last result have had, of which some is to be left out where that depends on the event. Returns for each
// row the place of its user: the row where the same user comes first.
int32* read_seen(const Asked& asked, const ItemIds& items, bool all_users, const ranking::BatchOptions& how,
                 Work* work) {
    const ServingModel& m = asked.model;
    const Rows rows = last_rows(m.users, m.name, m.version);
    const uint64 count = rows.count;
    auto* ids = static_cast<Datum*>(palloc_extended(sizeof(Datum) * count, MCXT_ALLOC_HUGE));
    for (uint64 row = 0; row < count; row++) ids[row] = datum_of(rows, row, 3, m.user_family);
    auto* reader = static_cast<SeenReceiver*>(palloc0(sizeof(SeenReceiver)));
    reader->receiver = {receive_event, begin_events, end_events, end_events, DestNone};
    reader->users = make_id_set(ids, nullptr, static_cast<int>(count), m.user_family,
                                collation_of(m.users_table, "user_id"), CurrentMemoryContext);
    reader->items = items.places;
    reader->user_family = m.user_family;
    reader->item_family = m.item_family;
    reader->by_value = asked.seen.values != nullptr;
    if (how.seen_score != 0) reader->had.to = &work->seen;
    if (reader->by_value) reader->left_out.to = &work->left_out;
    core_call([&] {
        work->seen.start(count);
        work->left_out.start(count);
    });

    Parameters p;
    add_ids(&p, m.user_family, all_users ? nullptr : array_of(m.user_family, ids, nullptr, static_cast<int>(count)));
    add_seen_values(&p, asked.seen);
    Portal cursor = open_cursor(batch_events_statement(m, all_users, asked.seen.column), &p);
    PortalRunFetch(cursor, FETCH_FORWARD, FETCH_ALL, &reader->receiver);
    SPI_cursor_close(cursor);
    for (SeenBlock* block : {&reader->had, &reader->left_out})
        if (block->to != nullptr) hand_over(block);
    core_call([&] {
        work->seen.finish(how.threads);
        work->left_out.finish(how.threads);
    });

    auto* places = static_cast<int32*>(palloc_extended(sizeof(int32) * count, MCXT_ALLOC_HUGE));
    for (uint64 row = 0; row < count; row++) places[row] = find_id(reader->users, ids[row]);
    return places;
}

// The users of rows first .. last, as the core wants them; no `places`: whatever they have seen.
void take_users(Rows* rows, uint64 first, uint64 last, const int32* places, Work* work) {
    core_call([&] { work->users.clear(); });
    for (uint64 row = first; row < last; row++) {
        const Hrr* vector = hrr_of(rows, row, 2);
        if (work->items.count() > 0) check_same_dims(static_cast<int>(work->items.width()), vector->dims);
        core_call([&] {
            ranking::BatchUsers& users = work->users;
            users.vectors.insert(users.vectors.end(), vector->x, vector->x + vector->dims);
            if (places == nullptr) return users.add({}, {});
            const auto place = static_cast<std::size_t>(places[row]);
            users.add(work->seen.of(place), work->left_out.of(place));
        });
    }
}

void put_lists(ReturnSetInfo* result, const ItemIds& items, const SPITupleTable* rows, uint64 first, const Work& work) {
    for (std::size_t i = 0; i < work.lists.size(); i++) {
        bool nulls[3] = {};
        Datum values[3];
        values[0] = SPI_getbinval(rows->vals[first + i], rows->tupdesc, 1, &nulls[0]);
        for (const ranking::Recommended& r : work.lists[i]) {
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
    const Asked asked = read_arguments(fcinfo, "recommend_batch", IdsOf::both, kPlacesOfRecommend);
    const ServingModel& m = asked.model;
    const Filters filters = read_filters(fcinfo, asked, kPlacesOfRecommend);
    const bool all_users = PG_ARGISNULL(0);
    Parameters p;
    add_ids(&p, m.user_family, all_users ? nullptr : ids_of(PG_GETARG_DATUM(0), asked.ids, m.user_family, m.user_type));
    const TrainedWith trained = trained_with(m);
    add_filters(&p, asked, filters, trained.repeat_score);

    auto* work = make_owned<Work>(CurrentMemoryContext);
    const ItemIds items = read_items(asked, filters, &p, work);
    const bool had_is_ranked = !asked.exclude_seen || asked.seen.values != nullptr;
    const float seen_score =
        had_is_ranked ? static_cast<float>(trained.repeat_score) : -std::numeric_limits<float>::infinity();
    const holomamba::ranking::BatchOptions how{.k = asked.k,
                                               .diversity = asked.diversity,
                                               .seen_score = seen_score,
                                               .threads = holomamba::thread_count(trained.threads)};
    const bool with_seen = seen_score != 0 || asked.seen.values != nullptr;
    Portal cursor = open_cursor(batch_users_statement(m, asked.ids, all_users), &p);
    const long at_once = with_seen ? users_at_once(m, work->items.width()) : kBlock;
    MemoryContext slice = AllocSetContextCreate(CurrentMemoryContext, "users of a batch", ALLOCSET_DEFAULT_SIZES);
    MemoryContext block = AllocSetContextCreate(CurrentMemoryContext, "block of a batch", ALLOCSET_DEFAULT_SIZES);
    for (;;) {
        SPI_cursor_fetch(cursor, true, at_once);
        if (SPI_processed == 0) break;
        SPITupleTable* table = SPI_tuptable;
        Rows rows = last_rows(m.users, m.name, m.version);
        MemoryContext before = MemoryContextSwitchTo(slice);
        const int32* places = with_seen ? read_seen(asked, items, all_users, how, work) : nullptr;
        MemoryContextSwitchTo(block);
        for (uint64 first = 0; first < rows.count; first += kBlock) {
            take_users(&rows, first, Min(first + kBlock, rows.count), places, work);
            interruptible_core_call([&](const holomamba::StopCheck& stop) {
                holomamba::ranking::rank_batch(work->items, work->users, how, work->lists, stop);
            });
            put_lists(result, items, table, first, *work);
            MemoryContextReset(block);
        }
        MemoryContextSwitchTo(before);
        MemoryContextReset(slice);
        SPI_freetuptable(table);
    }
    SPI_cursor_close(cursor);
    restore_search_path(level);
    SPI_finish();
    return Datum{0};
}
