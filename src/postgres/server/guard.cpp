#include "postgres/server/guard.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/error.hpp"
#include "base/stop.hpp"

extern "C" {
#include "mb/pg_wchar.h"
}

namespace holomamba::postgres {
namespace {

template <std::size_t Size>
void copy_text(char (&to)[Size], const char* from) {
    const std::size_t length = std::min(std::strlen(from), Size - 1);
    std::memcpy(to, from, length);
    to[length] = '\0';
}

int sqlstate_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::invalid_parameter:
            return ERRCODE_INVALID_PARAMETER_VALUE;
        case ErrorKind::data:
            return ERRCODE_DATA_EXCEPTION;
        case ErrorKind::out_of_range:
            return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
        case ErrorKind::not_ready:
            return ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
        case ErrorKind::corrupted:
            break;
    }
    return ERRCODE_DATA_CORRUPTED;
}

}  // namespace

Outcome outcome_of(int sqlstate, const char* message, const char* hint) {
    Outcome outcome;
    outcome.sqlstate = sqlstate;
    copy_text(outcome.message, message);
    copy_text(outcome.hint, hint);
    return outcome;
}

void describe_exception(Outcome* outcome) noexcept {
    try {
        throw;
    } catch (const Error& error) {
        *outcome = outcome_of(sqlstate_of(error.kind()), error.what(), error.hint().c_str());
    } catch (const Cancelled&) {
        *outcome = outcome_of(ERRCODE_QUERY_CANCELED, "canceling statement due to user request", "");
    } catch (const std::bad_alloc&) {
        *outcome = outcome_of(ERRCODE_OUT_OF_MEMORY, "out of memory", "");
    } catch (const std::exception& error) {
        *outcome = outcome_of(ERRCODE_INTERNAL_ERROR, error.what(), "");
    } catch (...) {
        *outcome = outcome_of(ERRCODE_INTERNAL_ERROR, "unknown C++ exception", "");
    }
}

char* server_text(const char* text) {
    const int length = static_cast<int>(std::strlen(text));
    return pnstrdup(text, static_cast<Size>(pg_mbcliplen(text, length, length)));
}

void raise(const Outcome& outcome) {
    // Where the server itself has something to say about a cancelled call, it says it better.
    if (outcome.sqlstate == ERRCODE_QUERY_CANCELED) CHECK_FOR_INTERRUPTS();
    ereport(ERROR, (errcode(outcome.sqlstate), errmsg("%s", server_text(outcome.message)),
                    outcome.hint[0] ? errhint("%s", server_text(outcome.hint)) : 0));
    pg_unreachable();
}

}  // namespace holomamba::postgres
