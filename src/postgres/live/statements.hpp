// The statements of a model (statement_list.hpp), planned once in a session. SPI is connected.
#pragma once

#include "postgres/live/live_model.hpp"

namespace holomamba::postgres {

// Asks for the texts. Raises where they are not those of statement_list.hpp.
void load_statements(LiveModel* model);
// Frees their plans.
void free_statements(LiveModel* model);

// Values of a statement's parameters, NULL at first.
struct Arguments {
    Takes takes;
    int orders;
    Datum* values;
    char* nulls;
};
Arguments make_arguments(const LiveModel* model, Takes takes);
void set_order(Arguments* arguments, int number, Datum value, bool null = false);
void set(Arguments* arguments, OfUser number, Datum value, bool null = false);
void set(Arguments* arguments, OfItems number, Datum value, bool null = false);

// Values as an array of the column's type.
Datum array_of(const Column& column, Datum* values, bool* nulls, int count);

// Runs a statement; rows, if any, are in SPI_tuptable, their number is returned.
uint64 run(LiveModel* model, Statement statement, const Arguments* arguments = nullptr, bool read_only = false);
Portal open(LiveModel* model, Statement statement, const Arguments* arguments = nullptr, bool read_only = false);

// As run(), but the statement sees all that is committed, whatever the isolation level.
uint64 run_on_latest(LiveModel* model, Statement statement, const Arguments* arguments = nullptr);

// The array of users that a statement returns in one row, 0 for NULL.
Datum users_of(LiveModel* model, Statement statement);

// Gives users a row, and locks it. Runs `place` and `lock` until no row has gone while it was waited for.
void lock_users(LiveModel* model, Statement place, Statement lock, const Arguments* arguments = nullptr);

}  // namespace holomamba::postgres
