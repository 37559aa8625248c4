// The crossing between the two worlds: C++ exceptions stop here, and the server's errors are raised after.
#pragma once

#include <cstring>

extern "C" {
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
}

// In PostgreSQL 15 the module hides its symbols by itself; these are the ones the server looks up.
#define HOLOMAMBA_EXPORT __attribute__((visibility("default")))
#define HOLOMAMBA_FUNCTION(name)                               \
    extern "C" {                                               \
    HOLOMAMBA_EXPORT Datum name(PG_FUNCTION_ARGS);             \
    HOLOMAMBA_EXPORT const Pg_finfo_record* pg_finfo_##name(); \
    PG_FUNCTION_INFO_V1(name);                                 \
    }

// Here the core goes by its short names.
namespace holomamba::base {}
namespace holomamba::model {}
namespace holomamba::training {}
namespace holomamba::ranking {}
namespace holomamba {
using namespace base;
using namespace model;
using namespace training;
using namespace ranking;
}  // namespace holomamba

namespace holomamba::postgres {

// The outcome of a call into the core: plain data, so that it may live in a frame that the server jumps out of.
struct Outcome {
    int sqlstate;
    char message[512];
    char hint[256];
};

// An Outcome with these texts, cut to its room.
Outcome outcome_of(int sqlstate, const char* message, const char* hint);

// The exception that is being handled.
void describe_exception(Outcome* outcome) noexcept;

// Runs a piece of the core; every exception becomes an Outcome. The function may not call the server.
template <typename Function>
bool try_core(Outcome* outcome, Function&& function) noexcept {
    try {
        function();
        return true;
    } catch (...) {
        describe_exception(outcome);
        return false;
    }
}

// A text of an Outcome, for the server. Where it was cut off, it ends with a whole character.
char* server_text(const char* text);

[[noreturn]] void raise(const Outcome& outcome);

// try_core, and the error raised once every C++ object of the call is gone.
template <typename Function>
void core_call(Function&& function) {
    Outcome outcome;
    if (!try_core(&outcome, function)) raise(outcome);
}

}  // namespace holomamba::postgres
