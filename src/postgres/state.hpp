// The type ssm_state: one user's recurrent state.
#pragma once

#include <cstddef>

#include "model/state_format.hpp"
#include "postgres/guard.hpp"

namespace holomamba::postgres {

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

}  // namespace holomamba::postgres
