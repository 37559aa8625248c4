// Values that come out of tables, of ours and of the user's. A table can have been altered by hand, restored from elsewhere
// or damaged, and two statements may find it different: so whatever the code relies on, a type, no NULL, a range, a length,
// is asked for here, where the value is read. What does not hold is an error (data_corrupted) that names table, column,
// model and version.
#pragma once

#include "postgres/server/guard.hpp"
#include "postgres/server/spi.hpp"

namespace holomamba::postgres {

struct Hrr;

// Rows of a result and where their values are from.
struct Rows {
    const SPITupleTable* table;
    uint64 count;
    const char* origin;  // the table, as SQL names it
    const char* model;
    int32 version;  // 0: of none
    Oid vector;     // the type hrr, once it has been asked for
};

// Those of the last query.
Rows last_rows(const char* origin, const char* model, int32 version = 0);

// The error for a value of column `number` (from 1).
[[noreturn]] void refuse_value(const Rows& rows, int number, const char* why);

bool is_null(const Rows& rows, uint64 row, int number);

// The readers. None of them takes NULL. Arrays have one dimension, or none where they are empty, and no NULL in them.
Datum datum_of(const Rows& rows, uint64 row, int number, Oid type);
int32 int32_of(const Rows& rows, uint64 row, int number, int32 low, int32 high);
int64 int64_of(const Rows& rows, uint64 row, int number);
float real_of(const Rows& rows, uint64 row, int number);     // a finite one
double double_of(const Rows& rows, uint64 row, int number);  // a finite one
char* text_of(const Rows& rows, uint64 row, int number);
const Hrr* hrr_of(Rows* rows, uint64 row, int number);

struct Integers {
    const int32* x;
    int count;
};
Integers int32s_of(const Rows& rows, uint64 row, int number, int32 low, int32 high);

// Rows of numbers, in an array of two dimensions; NaN and infinity are for the caller to ask for.
struct Numbers {
    const double* x;  // [rows x columns]
    int rows, columns;
};
Numbers doubles_of(const Rows& rows, uint64 row, int number);

// Numbers in an array of one dimension; NaN and infinity are for the caller to ask for.
struct Doubles {
    const double* x;
    int count;
};
Doubles list_of_doubles(const Rows& rows, uint64 row, int number);

struct Texts {
    Datum* values;
    int count;
};
Texts texts_of(const Rows& rows, uint64 row, int number);

struct Bytes {
    const char* data;
    Size count;
    bytea* copy;  // made on the way, or nullptr
};
Bytes bytes_of(const Rows& rows, uint64 row, int number);

// Floats of the machine, as weights are stored: all finite.
struct Floats {
    const float* x;
    Size count;
    bytea* copy;
};
Floats floats_of(const Rows& rows, uint64 row, int number);

template <typename Value>
void release(const Value& value) {
    if (value.copy != nullptr) pfree(value.copy);
}

// core_call for a piece of the core that a value of column `number` is given to. What the core finds damaged, that value is.
template <typename Function>
void core_call_with(const Rows& rows, int number, Function&& function) {
    Outcome outcome;
    if (try_core(&outcome, function)) return;
    if (outcome.sqlstate == ERRCODE_DATA_CORRUPTED) refuse_value(rows, number, server_text(outcome.message));
    raise(outcome);
}

}  // namespace holomamba::postgres
