// The type ssm_state: one user's recurrent state.
#pragma once

#include <cstddef>

#include "model/encoder.hpp"
#include "postgres/server/arrays.hpp"

namespace holomamba::postgres {

struct Hrr;

constexpr uint8 kStateVersion = 1;

// On disk and in memory. Refused unless `version` is kStateVersion, `format` a StateFormat and `reserved` zero.
struct State {
    int32 vl_len_;
    uint8 version;
    uint8 format;  // of the bytes at the end: StateFormat, laid out by StateCodec
    uint16 reserved;
    uint64 fingerprint;  // of the weights that computed it
    int64 events;        // that went into it
    std::byte x[FLEXIBLE_ARRAY_MEMBER];
};

constexpr Size kStateHeader = offsetof(State, x);

inline Size state_bytes(const State* state) {
    return VARSIZE(state) - kStateHeader;
}

// A state of `bytes`, zero but for its header, in the current memory context.
State* allocate_state(Size bytes, StateFormat format, uint64 fingerprint, int64 events);
State* copy_of(const State* state);

// The stored state, detoasted. Raises where its header is not one that this version writes.
State* get_state(Datum datum);

// The encoder of a state. Raises where the weights are gone or the state is not one of theirs.
Encoder* encoder_of(const State* state);

// What items' targets are compared with as of a moment, in seconds since 1970, or of the last event: the encoder's answer, and 1 for
// the bias.
Hrr* vector_of(const State* state, const Encoder* encoder, double at = model::kNoTime);

// Adds to the number of events; raises where it cannot be counted on.
void count_events(State* state, Size events);

// The elements of an argument that must be an array of one dimension.
Elements elements_of(FunctionCallInfo fcinfo, int argument, const char* name);

// Tokens of an array, each checked; nullptr for NULL, an item that the model does not know.
TokenEvent* tokens_of(const Elements& elements, const Encoder* encoder);

// The state of a user without events. Raises where the version is not there.
State* initial_state(const char* model, int32 version);

}  // namespace holomamba::postgres
