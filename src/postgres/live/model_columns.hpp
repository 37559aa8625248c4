// The columns that values cross between: those of a model's own tables, and those of its owner's that fill them.
//
// Single events cross as they lie in memory, with no query that would compare types. So whatever is read of a table is
// checked here, when the table is looked up anew: that is after every change of it, and before any row.
#pragma once

#include "postgres/server/compat.h"
#include "postgres/server/guard.hpp"

extern "C" {
#include "access/detoast.h"
#include "utils/relcache.h"
#include "utils/typcache.h"
}

namespace holomamba::postgres {

// A column of a model's own table, and the column of the triggered table that it is filled from.
struct Column {
    Oid type, array_type, collation;
    int16 length;
    bool by_value;
    char alignment;
    AttrNumber number;      // in our table
    AttrNumber source;      // in the triggered table
    TypeCacheEntry* types;  // with the equality, the order and the hash of the type
};

// Of a table of ours: raises unless it has this column, and of this type.
Column own_column(Oid table, const char* name, Oid type);
// One that holds ids: of this type, which ids can have.
Column id_column(Oid table, const char* name, Oid type);
// One that holds a value that orders events: of any type that has an order.
Column order_column(Oid table, const char* name);

// The column of the owner's table that fills ours: raises unless it has it, and of a type and a collation in which
// values are the same as in ours, byte by byte, and order alike.
AttrNumber source_column(Oid table, const char* name, const Column& column, const char* model);

// A column of the owner's table that fills none of ours: what is read of it is a number, whatever it is stored as.
struct ValueColumn {
    AttrNumber source;  // in the triggered table
    Oid type;           // under its domain
};
// Raises unless the table has it, and `is_fit` says of the type under its domain that it can be read.
ValueColumn value_column(Oid table, const char* name, bool (*is_fit)(Oid type), const char* model);

// The key of the table of items: it crosses as text, so it need only be of the same family, as create_model() asks.
AttrNumber key_column(Oid table, const char* name, const Column& item, const char* model);

// An id is the key of a row in an index, which has no room for more than some 2,700 bytes. More of an id than this is
// refused where it comes, whatever it could be compressed to: later it would fail a training at its end.
constexpr Size kMostIdBytes = 2000;

inline bool is_long_id(Datum id) {
    const auto* text = reinterpret_cast<const varlena*>(DatumGetPointer(id));
    const bool short_header = VARATT_IS_1B(text) && !VARATT_IS_1B_E(text);
    return !short_header && toast_raw_datum_size(id) - VARHDRSZ > kMostIdBytes;
}

// Of the column that a long id, of text, comes from.
[[noreturn]] void refuse_long_id(Datum id, Oid table, AttrNumber number);

// Raises unless the primary key of one of our tables is this column: rows are found by it without a query.
void check_primary_key(Relation table, const Column& column);

// Raises unless the relation is what a model is made of: a table, also a partitioned one where that may be.
void check_is_table(Oid relation, bool may_be_partitioned, const char* model);

}  // namespace holomamba::postgres
