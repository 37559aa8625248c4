// The crossing between the two worlds: C++ exceptions stop here, and the server's errors are raised after.
#pragma once

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>

#include "base/error.hpp"
#include "base/parallel.hpp"

extern "C" {
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
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

// What became of a call into the core: plain data, so that it may live in a frame that the server jumps out of.
struct Outcome {
    int sqlstate;
    char message[512];
    char hint[256];
};

template <std::size_t Size>
void copy_text(char (&to)[Size], const char* from) {
    const std::size_t length = std::min(std::strlen(from), Size - 1);
    std::memcpy(to, from, length);
    to[length] = '\0';
}

// Runs a piece of the core; every exception becomes an Outcome. The function may not call the server.
template <typename Function>
bool try_core(Outcome* outcome, Function&& function) noexcept {
    outcome->hint[0] = '\0';
    try {
        function();
        return true;
    } catch (const Error& error) {
        outcome->sqlstate = error.kind() == ErrorKind::invalid_parameter ? ERRCODE_INVALID_PARAMETER_VALUE
                            : error.kind() == ErrorKind::data            ? ERRCODE_DATA_EXCEPTION
                            : error.kind() == ErrorKind::out_of_range    ? ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE
                            : error.kind() == ErrorKind::not_ready       ? ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE
                                                                         : ERRCODE_DATA_CORRUPTED;
        copy_text(outcome->message, error.what());
        copy_text(outcome->hint, error.hint().c_str());
    } catch (const Cancelled&) {
        outcome->sqlstate = ERRCODE_QUERY_CANCELED;
        copy_text(outcome->message, "canceling statement due to user request");
    } catch (const std::bad_alloc&) {
        outcome->sqlstate = ERRCODE_OUT_OF_MEMORY;
        copy_text(outcome->message, "out of memory");
    } catch (const std::exception& error) {
        outcome->sqlstate = ERRCODE_INTERNAL_ERROR;
        copy_text(outcome->message, error.what());
    } catch (...) {
        outcome->sqlstate = ERRCODE_INTERNAL_ERROR;
        copy_text(outcome->message, "unknown C++ exception");
    }
    return false;
}

// A text of an Outcome, for the server. Where it was cut off, it ends with a whole character.
inline char* server_text(const char* text) {
    const int length = static_cast<int>(std::strlen(text));
    return pnstrdup(text, static_cast<Size>(pg_mbcliplen(text, length, length)));
}

[[noreturn]] inline void raise(const Outcome& outcome) {
    // Where the server itself has something to say about a cancelled call, it says it better.
    if (outcome.sqlstate == ERRCODE_QUERY_CANCELED) CHECK_FOR_INTERRUPTS();
    ereport(ERROR, (errcode(outcome.sqlstate), errmsg("%s", server_text(outcome.message)),
                    outcome.hint[0] ? errhint("%s", server_text(outcome.hint)) : 0));
    pg_unreachable();
}

// try_core, and the error raised once every C++ object of the call is gone.
template <typename Function>
void core_call(Function&& function) {
    Outcome outcome;
    if (!try_core(&outcome, function)) raise(outcome);
}

}  // namespace holomamba::postgres
