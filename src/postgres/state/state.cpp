#include "postgres/state/state.hpp"

#include <cmath>

#include "postgres/server/interrupts.hpp"
#include "postgres/server/times.hpp"
#include "postgres/state/encoder_cache.hpp"
#include "postgres/types/hrr.hpp"
#include "training/many_users.hpp"

extern "C" {
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
}

namespace holomamba::postgres {

State* allocate_state(Size bytes, StateFormat format, uint64 fingerprint, int64 events) {
    const Size size = kStateHeader + bytes;
    auto* state = static_cast<State*>(palloc0(size));
    SET_VARSIZE(state, size);
    state->version = kStateVersion;
    state->format = static_cast<uint8>(format);
    state->fingerprint = fingerprint;
    state->events = events;
    return state;
}

State* copy_of(const State* state) {
    auto* copy = static_cast<State*>(palloc(VARSIZE(state)));
    std::memcpy(copy, state, VARSIZE(state));
    return copy;
}

State* initial_state(const char* model, int32 version) {
    const uint64 fingerprint = fingerprint_of_version(model, version);
    Encoder* encoder = encoder_of_fingerprint(fingerprint);
    State* state = allocate_state(encoder->state_bytes(), encoder->format(), fingerprint, 0);
    std::memcpy(state->x, encoder->start().data(), encoder->state_bytes());
    return state;
}

namespace {

void check_header(const State* state) {
    if (unlikely(VARSIZE(state) < kStateHeader))
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                        errmsg("ssm_state of %u bytes", static_cast<unsigned>(VARSIZE(state)))));
    if (unlikely(state->version != kStateVersion || state->format >= kStateFormats || state->reserved != 0))
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                        errmsg("unknown format of ssm_state: version %d, format %d", state->version, state->format),
                        errhint("Was it written by a newer version of holomamba?")));
    if (unlikely(state->events < 0))
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("ssm_state with a negative number of events")));
}

}  // namespace

State* get_state(Datum datum) {
    auto* state = reinterpret_cast<State*>(PG_DETOAST_DATUM(datum));
    check_header(state);
    return state;
}

Encoder* encoder_of(const State* state) {
    Encoder* encoder = encoder_of_fingerprint(state->fingerprint);
    if (state->format != static_cast<uint8>(encoder->format()) || state_bytes(state) != encoder->state_bytes())
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                        errmsg("ssm_state has %zu bytes of format %d, but its weights have states of %zu of format %d",
                               state_bytes(state), state->format, encoder->state_bytes(),
                               static_cast<int>(encoder->format()))));
    return encoder;
}

Hrr* vector_of(const State* state, const Encoder* encoder, double at) {
    Hrr* vector = hrr_allocate(model::Head::stored_size(encoder->dimension()));
    encoder->stored_vector(state->x, at, vector->x);
    return vector;
}

void count_events(State* state, Size events) {
    if (state->events > PG_INT64_MAX - static_cast<int64>(events))
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("more events than can be counted")));
    state->events += static_cast<int64>(events);
}

namespace {

const float* token_of(Datum datum, const Encoder* encoder) {
    const Hrr* token = DatumGetHrr(datum);
    if (token->dims != encoder->dimension())
        ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
                        errmsg("expected a token of %d dimensions, not %d", encoder->dimension(), token->dims),
                        errhint("Tokens are the column \"token\" of the model's table of items.")));
    return token->x;
}

}  // namespace

Elements elements_of(FunctionCallInfo fcinfo, int argument, const char* name) {
    ArrayType* array = PG_GETARG_ARRAYTYPE_P(argument);
    if (ARR_NDIM(array) > 1)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("%s must be an array of one dimension", name)));
    return elements_of(array);
}

TokenEvent* tokens_of(const Elements& elements, const Encoder* encoder) {
    auto* tokens = static_cast<TokenEvent*>(palloc(sizeof(TokenEvent) * (static_cast<Size>(elements.count) + 1)));
    for (int i = 0; i < elements.count; i++)
        tokens[i] = {elements.is_null(i) ? nullptr : token_of(elements.values[i], encoder)};
    return tokens;
}

namespace {

// What follows the varlena header in the text form.
constexpr Size kTextOffset = offsetof(State, version);

void check_input(const State* state) {
    check_header(state);
    if (state_bytes(state) % number_bytes(static_cast<StateFormat>(state->format)) != 0)
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("ssm_state with a wrong number of bytes")));
    if (!is_finite(static_cast<StateFormat>(state->format), state->x, state_bytes(state)))
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("NaN or infinity in ssm_state")));
}

// Fills in times and values of events: an array of [events x 1, where they are timed, + attributes].
void tell_about(ArrayType* about, const State* state, TokenEvent* events, int count) {
    const EventColumns& columns = event_columns_of(state->fingerprint);
    const int first = columns.timed ? 1 : 0, attributes = static_cast<int>(columns.attributes.size());
    if (count == 0) return;
    if (ARR_NDIM(about) != 2 || ARR_DIMS(about)[0] != count || ARR_DIMS(about)[1] != first + attributes)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("expected %d x %d numbers about the events", count, first + attributes)));
    if (array_contains_nulls(about))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("what is not known of events is NaN")));
    const auto* x = reinterpret_cast<const double*>(ARR_DATA_PTR(about));
    auto* values = static_cast<float*>(MemoryContextAllocHuge(
        CurrentMemoryContext, sizeof(float) * (static_cast<Size>(count) * static_cast<Size>(attributes) + 1)));
    for (int i = 0; i < count; i++) {
        if (columns.timed) {
            if (std::isinf(*x))
                ereport(ERROR,
                        (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("infinity is no time of an event")));
            events[i].time = *x++;
        }
        if (attributes > 0) events[i].values = values;
        for (int a = 0; a < attributes; a++, x++) {
            if (!is_value_of(columns.attributes[a], *x))
                ereport(ERROR,
                        (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("%g is no value of an attribute", *x)));
            *values++ = static_cast<float>(*x);
        }
    }
}

Hrr* checked_vector(Datum stored, double at) {
    const State* state = get_state(stored);
    Hrr* vector = vector_of(state, encoder_of(state), at);
    for (int i = 0; i < vector->dims; i++)
        if (!std::isfinite(vector->x[i]))
            ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("NaN or infinity in ssm_state")));
    return vector;
}

// A copy of the state, moved through the tokens; NULL tokens stand for unknown items.
State* advanced(const State* state, Encoder* encoder, const TokenEvent* tokens, Size count) {
    State* result = copy_of(state);
    count_events(result, count);
    constexpr Size kMany = 4096;  // some ten milliseconds
    if (count <= kMany)
        core_call([&] { encoder->advance(result->x, {tokens, count}); });
    else
        interruptible_core_call([&](const StopCheck& stop) {
            const UserEvents user{result->x, {tokens, count}};
            advance_many(*encoder, {&user, 1}, 1, stop);
        });
    return result;
}

}  // namespace
}  // namespace holomamba::postgres

using namespace holomamba::postgres;
using holomamba::Encoder;

HOLOMAMBA_FUNCTION(ssm_state_in)
Datum ssm_state_in(PG_FUNCTION_ARGS) {
    const char* text = PG_GETARG_CSTRING(0);
    const Size length = std::strlen(text);
    const Size bytes = length < 2 ? 0 : (length - 2) / 2;
    if (length < 2 || std::strncmp(text, "\\x", 2) != 0 || length % 2 != 0 || bytes < kStateHeader - kTextOffset)
        ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION), errmsg("invalid input syntax for type ssm_state"),
                        errhint("States are made by ssm_initial() and ssm_update(), not typed.")));
    auto* state = static_cast<State*>(palloc0(bytes + kTextOffset));
    SET_VARSIZE(state, bytes + kTextOffset);
    hex_decode(text + 2, length - 2, reinterpret_cast<char*>(state) + kTextOffset);
    check_input(state);
    PG_RETURN_POINTER(state);
}

HOLOMAMBA_FUNCTION(ssm_state_out)
Datum ssm_state_out(PG_FUNCTION_ARGS) {
    const State* state = get_state(PG_GETARG_DATUM(0));
    const Size bytes = VARSIZE(state) - kTextOffset;
    auto* text = static_cast<char*>(palloc(2 * bytes + 3));
    text[0] = '\\';
    text[1] = 'x';
    text[2 + hex_encode(reinterpret_cast<const char*>(state) + kTextOffset, bytes, text + 2)] = '\0';
    PG_RETURN_CSTRING(text);
}

HOLOMAMBA_FUNCTION(ssm_state_recv)
Datum ssm_state_recv(PG_FUNCTION_ARGS) {
    auto* buffer = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
    const int version = pq_getmsgbyte(buffer);
    const int format = pq_getmsgbyte(buffer);
    const auto reserved = static_cast<uint16>(pq_getmsgint(buffer, 2));
    const auto fingerprint = static_cast<uint64>(pq_getmsgint64(buffer));
    const int64 events = pq_getmsgint64(buffer);
    const Size bytes = static_cast<Size>(buffer->len - buffer->cursor);
    State* state = allocate_state(bytes, static_cast<holomamba::StateFormat>(format), fingerprint, events);
    state->version = static_cast<uint8>(version);
    state->reserved = reserved;
    pq_copymsgbytes(buffer, reinterpret_cast<char*>(state->x), static_cast<int>(bytes));
    check_input(state);
    PG_RETURN_POINTER(state);
}

HOLOMAMBA_FUNCTION(ssm_state_send)
Datum ssm_state_send(PG_FUNCTION_ARGS) {
    const State* state = get_state(PG_GETARG_DATUM(0));
    StringInfoData buffer;
    pq_begintypsend(&buffer);
    pq_sendbyte(&buffer, state->version);
    pq_sendbyte(&buffer, state->format);
    pq_sendint16(&buffer, state->reserved);
    pq_sendint64(&buffer, state->fingerprint);
    pq_sendint64(&buffer, static_cast<uint64>(state->events));
    pq_sendbytes(&buffer, reinterpret_cast<const char*>(state->x), static_cast<int>(state_bytes(state)));
    PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

HOLOMAMBA_FUNCTION(ssm_initial)
Datum ssm_initial(PG_FUNCTION_ARGS) {
    PG_RETURN_POINTER(initial_state(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_INT32(1)));
}

HOLOMAMBA_FUNCTION(ssm_update)
Datum ssm_update(PG_FUNCTION_ARGS) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    const State* state = get_state(PG_GETARG_DATUM(0));
    Encoder* encoder = encoder_of(state);
    const holomamba::model::TokenEvent event{PG_ARGISNULL(1) ? nullptr : token_of(PG_GETARG_DATUM(1), encoder)};
    PG_RETURN_POINTER(advanced(state, encoder, &event, 1));
}

HOLOMAMBA_FUNCTION(ssm_update_array)
Datum ssm_update_array(PG_FUNCTION_ARGS) {
    const State* state = get_state(PG_GETARG_DATUM(0));
    Encoder* encoder = encoder_of(state);
    const Elements elements = elements_of(fcinfo, 1, "tokens");
    PG_RETURN_POINTER(advanced(state, encoder, tokens_of(elements, encoder), static_cast<Size>(elements.count)));
}

HOLOMAMBA_FUNCTION(holomamba_advance_state)
Datum holomamba_advance_state(PG_FUNCTION_ARGS) {
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1)) PG_RETURN_NULL();
    const State* state = get_state(PG_GETARG_DATUM(0));
    Encoder* encoder = encoder_of(state);
    const Elements elements = elements_of(fcinfo, 1, "tokens");
    holomamba::model::TokenEvent* events = tokens_of(elements, encoder);
    if (!PG_ARGISNULL(2)) tell_about(PG_GETARG_ARRAYTYPE_P(2), state, events, elements.count);
    PG_RETURN_POINTER(advanced(state, encoder, events, static_cast<Size>(elements.count)));
}

HOLOMAMBA_FUNCTION(ssm_vector)
Datum ssm_vector(PG_FUNCTION_ARGS) {
    PG_RETURN_POINTER(checked_vector(PG_GETARG_DATUM(0), holomamba::model::kNoTime));
}

HOLOMAMBA_FUNCTION(ssm_vector_at)
Datum ssm_vector_at(PG_FUNCTION_ARGS) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    double at = holomamba::model::kNoTime;
    if (!PG_ARGISNULL(1)) {
        at = seconds_of_timestamp(PG_GETARG_TIMESTAMPTZ(1));
        if (std::isnan(at))
            ereport(ERROR,
                    (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("infinity is no moment to read a state at")));
    }
    PG_RETURN_POINTER(checked_vector(PG_GETARG_DATUM(0), at));
}

HOLOMAMBA_FUNCTION(ssm_events)
Datum ssm_events(PG_FUNCTION_ARGS) {
    PG_RETURN_INT64(get_state(PG_GETARG_DATUM(0))->events);
}
