// The type ssm_state: one user's recurrent state.
#pragma once

#include "postgres/guard.hpp"

namespace holomamba::postgres {

constexpr uint8 kStateVersion = 1;

// On disk and in memory. Refused unless `version` is kStateVersion and `flags` and `reserved` are zero.
struct State {
    int32 vl_len_;
    uint8 version;
    uint8 flags;
    uint16 reserved;
    uint64 fingerprint;  // of the weights that computed it
    int64 events;        // that went into it
    float x[FLEXIBLE_ARRAY_MEMBER];
};

constexpr Size kStateHeader = offsetof(State, x);

inline Size state_floats(const State* state) { return (VARSIZE(state) - kStateHeader) / sizeof(float); }

// A state of `floats` elements, uninitialised but for its header, in the current memory context.
State* allocate_state(Size floats, uint64 fingerprint, int64 events);

}  // namespace holomamba::postgres
