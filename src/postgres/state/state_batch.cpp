// States of many users moved by many events at once, for triggers and activations.
#include "base/parallel.hpp"
#include "postgres/server/interrupts.hpp"
#include "postgres/state/encoder_cache.hpp"
#include "postgres/state/state.hpp"
#include "training/many_users.hpp"

extern "C" {
#include "funcapi.h"
#include "utils/tuplestore.h"
}

using namespace holomamba::postgres;
using holomamba::Encoder;
using holomamba::UserEvents;

namespace {

// 0 for NULL, where that is allowed; raises where the number of an event is not one of an array's elements.
int32 number_at(const Elements& numbers, int i, int most, const char* what, bool may_be_null) {
    if (numbers.is_null(i) && may_be_null) return 0;
    const int32 number = numbers.is_null(i) ? 0 : DatumGetInt32(numbers.values[i]);
    if (number < 1 || number > most)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("event %d is of %s %d, but there are %d", i + 1, what, number, most)));
    return number;
}

void* allocate(Size count, Size size) {
    return MemoryContextAllocHuge(CurrentMemoryContext, (count + 1) * size);
}

// Copies of the states, all of one encoder.
State** copy_states(const Elements& states, Encoder** encoder) {
    auto** copies = static_cast<State**>(allocate(states.count, sizeof(State*)));
    for (int u = 0; u < states.count; u++) {
        if (states.is_null(u))
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("state %d is null", u + 1)));
        const State* state = get_state(states.values[u]);
        Encoder* own = encoder_of(state);
        if (u > 0 && own != *encoder)
            ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("states of different weights")));
        *encoder = own;
        copies[u] = copy_of(state);
    }
    return copies;
}

// The events by user, each user's in the order of the arrays.
UserEvents* sort_events(State** states, int count, const Elements& users, const Elements& items,
                        const holomamba::model::TokenEvent* tokens, int tokens_count) {
    auto* numbers = static_cast<int32*>(allocate(users.count, sizeof(int32)));
    auto* starts = static_cast<Size*>(allocate(static_cast<Size>(count) + 1, sizeof(Size)));
    std::memset(starts, 0, sizeof(Size) * (static_cast<Size>(count) + 1));
    for (int i = 0; i < users.count; i++) {
        numbers[i] = number_at(users, i, count, "user", false) - 1;
        starts[numbers[i] + 1]++;
    }
    for (int u = 0; u < count; u++) starts[u + 1] += starts[u];
    auto* sorted =
        static_cast<holomamba::model::TokenEvent*>(allocate(users.count, sizeof(holomamba::model::TokenEvent)));
    auto* batch = static_cast<UserEvents*>(allocate(count, sizeof(UserEvents)));
    for (int u = 0; u < count; u++) batch[u] = {states[u]->x, {sorted + starts[u], starts[u + 1] - starts[u]}};
    for (int i = 0; i < users.count; i++) {
        const int32 item = number_at(items, i, tokens_count, "item", true);
        sorted[starts[numbers[i]]++] = item == 0 ? holomamba::model::TokenEvent{nullptr} : tokens[item - 1];
    }
    return batch;
}

}  // namespace

HOLOMAMBA_FUNCTION(holomamba_advance_states)
Datum holomamba_advance_states(PG_FUNCTION_ARGS) {
    InitMaterializedSRF(fcinfo, 0);
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    const Elements states = elements_of(fcinfo, 0, "states"), tokens = elements_of(fcinfo, 1, "tokens"),
                   users = elements_of(fcinfo, 2, "users"), items = elements_of(fcinfo, 3, "items");
    if (users.count != items.count)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("%d users of events, but %d items", users.count, items.count)));
    if (states.count == 0 && users.count == 0) return Datum{0};
    Encoder* encoder = nullptr;
    State** copies = copy_states(states, &encoder);
    const UserEvents* batch =
        sort_events(copies, states.count, users, items, encoder ? tokens_of(tokens, encoder) : nullptr, tokens.count);
    for (int u = 0; u < states.count; u++) count_events(copies[u], batch[u].events.size());
    interruptible_core_call([&](const holomamba::StopCheck& stop) {
        holomamba::advance_many(*encoder, {batch, static_cast<Size>(states.count)},
                                holomamba::thread_count(encoder->options().threads), stop);
    });
    for (int u = 0; u < states.count; u++) {
        CHECK_FOR_INTERRUPTS();
        Datum values[2] = {Int32GetDatum(u + 1), PointerGetDatum(copies[u])};
        bool nulls[2] = {};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    return Datum{0};
}
