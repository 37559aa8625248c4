// The statements of holomamba_internal.event_statements() (sql/32_triggers.sql), by the names that they have there, and what
// each of them takes. The two lists are compared when a session loads the statements of a model.
#pragma once

namespace holomamba::postgres {

// The parameters of a statement.
enum class Takes {
    nothing,
    one,    // of one user: as many as the model has order columns, then those of OfUser
    many,   // the same of many users, as arrays; the version is one
    items,  // those of OfItems
};

// The parameters of a statement about users, after the order values.
enum class OfUser { user, state, vector, events, version };
// The parameters of a statement about items: an array of their ids as text, and a version.
enum class OfItems { ids, version };

// clang-format off
#define HOLOMAMBA_STATEMENTS(statement)   \
    statement(active_version, nothing)    \
    statement(start, one)                 \
    statement(unknown_arrived, nothing)   \
    statement(place_arrived, nothing)     \
    statement(lock_arrived, nothing)      \
    statement(arrived, nothing)           \
    statement(users_arrived, nothing)     \
    statement(states, many)               \
    statement(store, many)                \
    statement(place_chosen, many)         \
    statement(lock_chosen, many)          \
    statement(history_chosen, many)       \
    statement(remove_chosen, many)        \
    statement(history, nothing)           \
    statement(remove, nothing)            \
    statement(compare, many)              \
    statement(without_events, nothing)    \
    statement(unknown_altered, nothing)   \
    statement(touched_by_delete, nothing) \
    statement(touched_by_update, nothing) \
    statement(tied_by_update, nothing)    \
    statement(tied, one)                  \
    statement(touched_or_tied, nothing)   \
    statement(clear, nothing)             \
    statement(items_left, nothing)        \
    statement(items_gone, items)          \
    statement(items_cleared, nothing)     \
    statement(items_arrived, nothing)     \
    statement(items_altered, nothing)     \
    statement(items_unmet, items)         \
    statement(items_describe, items)      \
    statement(items_awaited, items)
// clang-format on

#define HOLOMAMBA_NAME(name, takes) name,
enum class Statement { HOLOMAMBA_STATEMENTS(HOLOMAMBA_NAME) };
#undef HOLOMAMBA_NAME

#define HOLOMAMBA_ONE(name, takes) +1
constexpr int kStatements = 0 HOLOMAMBA_STATEMENTS(HOLOMAMBA_ONE);
#undef HOLOMAMBA_ONE

}  // namespace holomamba::postgres
