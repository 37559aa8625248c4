#include "postgres/live/fold.hpp"

#include "base/parallel.hpp"
#include "postgres/live/event_row.hpp"
#include "postgres/live/unknown_items.hpp"
#include "postgres/server/arrays.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/interrupts.hpp"
#include "postgres/state/encoder_cache.hpp"
#include "postgres/state/state.hpp"
#include "training/many_users.hpp"

extern "C" {
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
}

namespace holomamba::postgres {
namespace {

// So many users and events are held in memory at once: enough for the encoder to work on full matrices and for a
// statement to be worth its start. A longer history is taken in parts.
constexpr int kUsers = 1024;
constexpr int kEvents = 16384;
constexpr int kFew = 1024;   // not worth threads
constexpr long kRows = 512;  // fetched at a time

// The events of one user, as far as they are known.
struct Run {
    Datum user;
    Datum *first, *last;  // order values
    bool *first_null, *last_null;
    int event, events;  // from where in Fold::inputs, how many
    State* state;       // before these events, then after them; NULL until it is known where the user stands
    bool known;         // whether that is known
    bool stays;         // not to be moved: late or tied
};

struct Fold {
    LiveModel* model;
    int32 version;
    FoldInto into;
    ReturnSetInfo* differences;
    const State* fresh;  // of a user without events
    Run runs[kUsers];
    int users;
    EventRow row;  // the event being taken
    TokenEvent inputs[kEvents];
    int events;
    MemoryContext batch;  // of what runs and inputs point to
    ArrayBuildState* behind;
};

Datum copy(const Column& column, Datum value, bool null) {
    return null ? Datum{0} : datumCopy(value, column.by_value, column.length);
}

bool same(const Column& column, Datum a, bool a_null, Datum b, bool b_null) {
    if (a_null || b_null) return a_null && b_null;
    return DatumGetBool(FunctionCall2Coll(&column.types->eq_opr_finfo, column.collation, a, b));
}

Datum* allocate_values(int count) {
    return static_cast<Datum*>(palloc0(sizeof(Datum) * static_cast<Size>(count)));
}

bool* allocate_flags(int count) {
    return static_cast<bool*>(palloc0(static_cast<Size>(count)));
}

// Users and order values of the chosen runs as parameters.
Arguments keys_of(const Fold* f, Run* const* chosen, int count, bool first) {
    const LiveModel* m = f->model;
    Arguments arguments = make_arguments(m, Takes::many);
    Datum* values = allocate_values(count);
    bool* nulls = allocate_flags(count);
    for (int i = 0; i < count; i++) values[i] = chosen[i]->user;
    set(&arguments, OfUser::user, array_of(m->user, values, nulls, count));
    for (int o = 0; o < m->orders; o++) {
        for (int i = 0; i < count; i++) {
            values[i] = (first ? chosen[i]->first : chosen[i]->last)[o];
            nulls[i] = (first ? chosen[i]->first_null : chosen[i]->last_null)[o];
        }
        set_order(&arguments, o, array_of(m->order[o], values, nulls, count));
    }
    return arguments;
}

// From which state each run goes on.
void find_states(Fold* f) {
    Run* asked[kUsers];
    int count = 0;
    for (int i = 0; i < f->users; i++) {
        Run* r = &f->runs[i];
        if (r->known) continue;
        r->known = true;
        if (f->into != FoldInto::moved)
            r->state = copy_of(f->fresh);
        else
            asked[count++] = r;
    }
    if (count == 0) return;
    const Arguments arguments = keys_of(f, asked, count, true);
    if (run(f->model, Statement::states, &arguments) != static_cast<uint64>(count))
        elog(ERROR, "users are not distinct");
    for (int i = 0; i < count; i++) {
        bool null, unknown;
        const Datum state = value_of(static_cast<uint64>(i), 1, &null);
        const bool after = DatumGetBool(value_of(static_cast<uint64>(i), 2, &unknown));
        asked[i]->stays = asked[i]->stays || unknown || !after;
        asked[i]->state = copy_of(null ? f->fresh : get_state(state));
    }
    SPI_freetuptable(SPI_tuptable);
}

// Moves every run that may move through its events.
void advance(Fold* f) {
    auto* moves = static_cast<UserEvents*>(palloc(sizeof(UserEvents) * kUsers));
    std::size_t count = 0;
    Encoder* encoder = encoder_of_fingerprint(f->fresh->fingerprint);
    for (int i = 0; i < f->users; i++) {
        Run* r = &f->runs[i];
        if (r->stays || r->events == 0) continue;
        if (r->state->fingerprint != f->fresh->fingerprint || r->state->format != f->fresh->format ||
            VARSIZE(r->state) != VARSIZE(f->fresh))
            ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("a state belongs to weights that are not active"),
                            errhint("SELECT holomamba.rebuild_state('%s');", NameStr(f->model->name))));
        moves[count++] = {r->state->x, {f->inputs + r->event, static_cast<std::size_t>(r->events)}};
        count_events(r->state, static_cast<Size>(r->events));
        r->events = 0;
    }
    if (count == 1 && f->events <= kFew)
        core_call([&] { encoder->advance(moves->state, moves->events); });
    else
        interruptible_core_call([&](const StopCheck& stop) {
            advance_many(*encoder, {moves, count}, f->events <= kFew ? 1 : thread_count(encoder->options().threads),
                         stop);
        });
}

// Of the compared rows those that differ, as their last column says.
void put_differences(ReturnSetInfo* result) {
    for (uint64 row = 0; row < SPI_processed; row++) {
        bool same;
        (void)value_of(row, result->setDesc->natts, &same);
        if (!same) put_row(result, row);
    }
}

// Stores, or compares, the states of the first `count` runs.
void finish(Fold* f, int count) {
    LiveModel* m = f->model;
    Run* done[kUsers];
    int users = 0;
    for (int i = 0; i < count; i++) {
        Run* r = &f->runs[i];
        if (!r->stays) {
            done[users++] = r;
            continue;
        }
        MemoryContext before = MemoryContextSwitchTo(MemoryContextGetParent(f->batch));
        f->behind = accumArrayResult(f->behind, r->user, false, m->user.type, MemoryContextGetParent(f->batch));
        MemoryContextSwitchTo(before);
    }
    if (users == 0) return;

    Arguments arguments = keys_of(f, done, users, false);
    const Encoder* encoder = encoder_of_fingerprint(f->fresh->fingerprint);
    Datum *states = allocate_values(users), *vectors = allocate_values(users), *events = allocate_values(users);
    bool* nulls = allocate_flags(users);
    for (int i = 0; i < users; i++) {
        states[i] = PointerGetDatum(done[i]->state);
        vectors[i] = PointerGetDatum(vector_of(done[i]->state, encoder));
        events[i] = Int64GetDatum(done[i]->state->events);
    }
    set(&arguments, OfUser::state, array_of(m->state, states, nulls, users));
    set(&arguments, OfUser::vector, array_of(m->vector, vectors, nulls, users));
    set(&arguments, OfUser::events, array_of(INT8OID, events, users));
    set(&arguments, OfUser::version, Int32GetDatum(f->version));
    if (f->into == FoldInto::compared) {
        run(m, Statement::compare, &arguments, true);
        put_differences(f->differences);
        SPI_freetuptable(SPI_tuptable);
    } else {
        run(m, Statement::store, &arguments);
    }
}

// Deals with what has been collected. The last run may go on: then its state so far is kept and it stays the only one.
void flush(Fold* f, bool goes_on) {
    if (f->users == 0) return;
    find_states(f);
    advance(f);
    const int finished = goes_on ? f->users - 1 : f->users;
    finish(f, finished);
    if (!goes_on) {
        MemoryContextReset(f->batch);
        f->users = f->events = 0;
        return;
    }
    const LiveModel* m = f->model;
    MemoryContext old = f->batch;
    f->batch = AllocSetContextCreate(MemoryContextGetParent(old), "holomamba events", ALLOCSET_DEFAULT_SIZES);
    MemoryContextSwitchTo(f->batch);
    Run kept = f->runs[f->users - 1];
    kept.user = copy(m->user, kept.user, false);
    Datum *first = allocate_values(m->orders), *last = allocate_values(m->orders);
    bool *first_null = allocate_flags(m->orders), *last_null = allocate_flags(m->orders);
    for (int o = 0; o < m->orders; o++) {
        first[o] = copy(m->order[o], kept.first[o], first_null[o] = kept.first_null[o]);
        last[o] = copy(m->order[o], kept.last[o], last_null[o] = kept.last_null[o]);
    }
    kept.first = first;
    kept.last = last;
    kept.first_null = first_null;
    kept.last_null = last_null;
    kept.state = copy_of(kept.state);
    MemoryContextDelete(old);
    kept.event = kept.events = 0;
    f->runs[0] = kept;
    f->users = 1;
    f->events = 0;
}

// One more event: of the last run's user, or of the next.
void take(Fold* f, SPITupleTable* rows, uint64 row) {
    const LiveModel* m = f->model;
    EventRow& event = f->row;
    read_event(m, rows, row, &event);
    const bool more = f->users > 0 && same(m->user, f->runs[f->users - 1].user, false, event.user, false);
    if (f->events == kEvents || (!more && f->users == kUsers)) flush(f, more);
    MemoryContextSwitchTo(f->batch);

    if (!more) f->users++;
    Run* r = &f->runs[f->users - 1];
    if (!more) {
        *r = Run{};
        if (m->user.length == -1 && is_long_id(event.user)) refuse_long_id(event.user, m->interactions, m->user.source);
        r->user = copy(m->user, event.user, false);
        r->first = allocate_values(m->orders);
        r->last = allocate_values(m->orders);
        r->first_null = allocate_flags(m->orders);
        r->last_null = allocate_flags(m->orders);
        r->event = f->events;
    }
    bool tied = more && f->into == FoldInto::moved;
    for (int o = 0; o < m->orders; o++) {
        const Datum order = event.order[o];
        const bool null = event.order_null[o];
        tied = tied && same(m->order[o], r->last[o], r->last_null[o], order, null);
        r->last[o] = copy(m->order[o], order, null);
        r->last_null[o] = null;
        if (!more) {
            r->first[o] = r->last[o];
            r->first_null[o] = null;
        }
    }
    r->stays = r->stays || tied;

    const float* token = nullptr;
    if (!event.no_item) {
        const int dimension = encoder_of_fingerprint(f->fresh->fingerprint)->dimension();
        const Size size = sizeof(float) * static_cast<Size>(dimension);
        token = static_cast<const float*>(std::memcpy(palloc(size), read_token(m, event.input.item, dimension), size));
    }
    if (token == nullptr) note_unknown();
    float* values =
        m->attributes == 0 ? nullptr : static_cast<float*>(palloc(sizeof(float) * static_cast<Size>(m->attributes)));
    f->inputs[f->events++] = encoder_input(m, event, token, f->fresh->fingerprint, values);
    r->events++;
}

}  // namespace

Datum fold(LiveModel* model, int32 version, Statement events, const Arguments* arguments, FoldInto into,
           ReturnSetInfo* differences) {
    const bool read_only = into == FoldInto::compared;
    MemoryContext caller = CurrentMemoryContext;
    MemoryContext context = AllocSetContextCreate(caller, "holomamba fold", ALLOCSET_DEFAULT_SIZES);
    MemoryContextSwitchTo(context);
    // The weights may have become active since this statement began.
    if (!read_only) PushActiveSnapshot(GetTransactionSnapshot());
    auto* f = static_cast<Fold*>(palloc0(sizeof(Fold)));
    f->model = model;
    f->version = version;
    f->into = into;
    f->differences = differences;
    f->fresh = initial_state(NameStr(model->name), version);
    f->row = make_event_row(model);
    f->batch = AllocSetContextCreate(context, "holomamba events", ALLOCSET_DEFAULT_SIZES);

    Portal cursor = open(model, events, arguments, read_only);
    for (;;) {
        SPI_cursor_fetch(cursor, true, kRows);
        if (SPI_processed == 0) break;
        SPITupleTable* rows = SPI_tuptable;
        const uint64 count = SPI_processed;
        for (uint64 row = 0; row < count; row++) take(f, rows, row);
        SPI_freetuptable(rows);
    }
    SPI_cursor_close(cursor);
    flush(f, false);
    if (!read_only) PopActiveSnapshot();

    MemoryContextSwitchTo(caller);
    const Datum behind = f->behind ? makeArrayResult(f->behind, caller) : Datum{0};
    MemoryContextDelete(context);
    return behind;
}

}  // namespace holomamba::postgres
