#include "postgres/state.hpp"

#include <cmath>
#include <vector>

#include "postgres/encoder_cache.hpp"
#include "postgres/hrr.hpp"
#include "postgres/owned.hpp"

extern "C" {
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
}

namespace holomamba::postgres {

State* allocate_state(Size floats, uint64 fingerprint, int64 events) {
    const Size size = kStateHeader + floats * sizeof(float);
    auto* state = static_cast<State*>(palloc0(size));
    SET_VARSIZE(state, size);
    state->version = kStateVersion;
    state->fingerprint = fingerprint;
    state->events = events;
    return state;
}

namespace {

State* get_state(Datum datum) { return reinterpret_cast<State*>(PG_DETOAST_DATUM(datum)); }

// What follows the varlena header in the text form.
constexpr Size kTextOffset = offsetof(State, version);

void check_stored_state(const State* state) {
    if (state->version != kStateVersion || state->flags != 0 || state->reserved != 0)
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("unknown format of ssm_state: version %d", state->version),
                        errhint("Was it written by a newer version of holomamba?")));
    if (state->events < 0)
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("ssm_state with a negative number of events")));
    for (Size i = 0; i < state_floats(state); i++)
        if (!std::isfinite(state->x[i]))
            ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("NaN or infinity in ssm_state")));
}

// The encoder of a state, once the state is known to be one of its own.
Encoder* encoder_of(const State* state) {
    Encoder* encoder = encoder_of_fingerprint(state->fingerprint);
    if (state_floats(state) != encoder->state_size())
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                        errmsg("ssm_state has %zu elements, but its weights have states of %zu", state_floats(state),
                               encoder->state_size())));
    return encoder;
}

void check_token(const Hrr* token, const Encoder* encoder) {
    if (token->dims != encoder->dimension())
        ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
                        errmsg("expected a token of %d dimensions, not %d", encoder->dimension(), token->dims),
                        errhint("Tokens are the column \"token\" of the model's table of items.")));
}

// A copy of the state, moved through the tokens; NULL tokens stand for unknown items.
State* advanced(const State* state, Encoder* encoder, const float* const* tokens, Size count) {
    if (state->events > PG_INT64_MAX - static_cast<int64>(count))
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("more events than can be counted")));
    State* result = allocate_state(state_floats(state), state->fingerprint, state->events + static_cast<int64>(count));
    std::memcpy(result->x, state->x, state_floats(state) * sizeof(float));
    core_call([&] {
        const std::span<float> x(result->x, state_floats(result));
        encoder->advance(x, {tokens, count});
        for (const float element : encoder->vector(x))
            if (!std::isfinite(element)) throw Error(ErrorKind::out_of_range, "the state is no longer finite");
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
    if (length < 2 || std::strncmp(text, "\\x", 2) != 0 || length % 2 != 0 || bytes < kStateHeader - kTextOffset ||
        (bytes - (kStateHeader - kTextOffset)) % sizeof(float) != 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION), errmsg("invalid input syntax for type ssm_state"),
                        errhint("States are made by ssm_initial() and ssm_update(), not typed.")));
    auto* state = static_cast<State*>(palloc0(bytes + kTextOffset));
    SET_VARSIZE(state, bytes + kTextOffset);
    hex_decode(text + 2, length - 2, reinterpret_cast<char*>(state) + kTextOffset);
    check_stored_state(state);
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
    const int flags = pq_getmsgbyte(buffer);
    const auto reserved = static_cast<uint16>(pq_getmsgint(buffer, 2));
    const auto fingerprint = static_cast<uint64>(pq_getmsgint64(buffer));
    const int64 events = pq_getmsgint64(buffer);
    const auto floats = static_cast<Size>(pq_getmsgint(buffer, 4));
    if (floats != static_cast<Size>(buffer->len - buffer->cursor) / sizeof(float))
        ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("ssm_state with a wrong number of elements")));
    State* state = allocate_state(floats, fingerprint, events);
    state->version = static_cast<uint8>(version);
    state->flags = static_cast<uint8>(flags);
    state->reserved = reserved;
    for (Size i = 0; i < floats; i++) state->x[i] = pq_getmsgfloat4(buffer);
    check_stored_state(state);
    PG_RETURN_POINTER(state);
}

HOLOMAMBA_FUNCTION(ssm_state_send)
Datum ssm_state_send(PG_FUNCTION_ARGS) {
    const State* state = get_state(PG_GETARG_DATUM(0));
    StringInfoData buffer;
    pq_begintypsend(&buffer);
    pq_sendbyte(&buffer, state->version);
    pq_sendbyte(&buffer, state->flags);
    pq_sendint16(&buffer, state->reserved);
    pq_sendint64(&buffer, state->fingerprint);
    pq_sendint64(&buffer, static_cast<uint64>(state->events));
    pq_sendint32(&buffer, static_cast<uint32>(state_floats(state)));
    for (Size i = 0; i < state_floats(state); i++) pq_sendfloat4(&buffer, state->x[i]);
    PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

HOLOMAMBA_FUNCTION(ssm_initial)
Datum ssm_initial(PG_FUNCTION_ARGS) {
    const uint64 fingerprint = fingerprint_of_version(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_INT32(1));
    Encoder* encoder = encoder_of_fingerprint(fingerprint);
    State* state = allocate_state(encoder->state_size(), fingerprint, 0);
    core_call([&] { encoder->start({state->x, state_floats(state)}); });
    PG_RETURN_POINTER(state);
}

HOLOMAMBA_FUNCTION(ssm_update)
Datum ssm_update(PG_FUNCTION_ARGS) {
    const State* state = get_state(PG_GETARG_DATUM(0));
    const Hrr* token = DatumGetHrr(PG_GETARG_DATUM(1));
    Encoder* encoder = encoder_of(state);
    check_token(token, encoder);
    const float* tokens[] = {token->x};
    PG_RETURN_POINTER(advanced(state, encoder, tokens, 1));
}

HOLOMAMBA_FUNCTION(ssm_update_array)
Datum ssm_update_array(PG_FUNCTION_ARGS) {
    const State* state = get_state(PG_GETARG_DATUM(0));
    ArrayType* array = PG_GETARG_ARRAYTYPE_P(1);
    Encoder* encoder = encoder_of(state);
    if (ARR_NDIM(array) > 1)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("tokens must be an array of one dimension")));
    int16 length;
    bool by_value;
    char alignment;
    get_typlenbyvalalign(ARR_ELEMTYPE(array), &length, &by_value, &alignment);
    Datum* elements;
    bool* nulls;
    int count;
    deconstruct_array(array, ARR_ELEMTYPE(array), length, by_value, alignment, &elements, &nulls, &count);
    auto** tokens = static_cast<const float**>(palloc(sizeof(float*) * (static_cast<Size>(count) + 1)));
    for (int i = 0; i < count; i++) {
        tokens[i] = nullptr;
        if (nulls[i]) continue;
        const Hrr* token = DatumGetHrr(elements[i]);
        check_token(token, encoder);
        tokens[i] = token->x;
    }
    PG_RETURN_POINTER(advanced(state, encoder, tokens, static_cast<Size>(count)));
}

HOLOMAMBA_FUNCTION(ssm_vector)
Datum ssm_vector(PG_FUNCTION_ARGS) {
    const State* state = get_state(PG_GETARG_DATUM(0));
    const Encoder* encoder = encoder_of(state);
    const int d = encoder->dimension();
    Hrr* vector = hrr_allocate(d + 1);
    std::memcpy(vector->x, encoder->vector({state->x, state_floats(state)}).data(), sizeof(float) * d);
    vector->x[d] = 1;  // meets the bias at the end of a target
    PG_RETURN_POINTER(vector);
}

HOLOMAMBA_FUNCTION(ssm_events)
Datum ssm_events(PG_FUNCTION_ARGS) { PG_RETURN_INT64(get_state(PG_GETARG_DATUM(0))->events); }
