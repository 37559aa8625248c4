// The model that a recommendation asks, as the caller's snapshot has it, and ids on their way in.
#pragma once

#include "postgres/server/guard.hpp"

extern "C" {
#include "utils/array.h"
}

namespace holomamba::postgres {

// A trained model and how statements name what belongs to it: names are quoted and qualified.
struct ServingModel {
    const char* name;  // not quoted
    int32 version;     // the active one
    bool timed;        // whether its states are read as of a moment
    Oid interactions, items_table, users_table;
    bool events_held, users_held;  // the caller may read them; the items he may
    Oid user_type, item_type;      // of the columns, as the model was declared
    Oid user_stored, item_stored;  // and as they are now
    Oid user_family, item_family;  // bigint, text or uuid: what ids of those types are passed and compared as
    const char* schema;            // of the extension's types, functions and operators
    const char *items, *users, *events, *user_column, *item_column;
    const char* target_column;  // not quoted; nullptr: there is none
};

// Whose ids a verb takes and returns.
enum class IdsOf { items, users, both };

// The model named, or the one of the setting holomamba.model, or the only one. Raises what holomamba_internal.choose_model and
// holomamba_internal.check_overload say where there is none, it is not trained, k is out of range, or ids of type `ids`, the
// type of the first argument (an array or not), cannot serve it. SPI is connected and the search path pinned; all that
// is returned lives in SPI's memory.
ServingModel choose_model(const char* name, bool k_given, int32 k, const char* verb, Oid ids, IdsOf whose);

// What else a ranking needs to know of the active version.
struct TrainedWith {
    double repeat_score;  // is added to the score of items that the user has had before
    int threads;          // as in the options: 0 for one each processor
};
TrainedWith trained_with(const ServingModel& m);

// An id, or an array of ids, as the family of a model's ids: as it is, unless the overload for text was called, where
// ids that the type cannot read are refused. NULL elements stay. The array is detoasted.
Datum id_of(Datum id, Oid given, Oid family, Oid type);
ArrayType* ids_of(Datum ids, Oid given_element, Oid family, Oid type);

}  // namespace holomamba::postgres
