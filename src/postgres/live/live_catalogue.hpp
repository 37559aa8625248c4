// What the tables of a model are: found when a session first writes to one of them, and again after each change of
// them.
#pragma once

#include "postgres/live/live_model.hpp"

namespace holomamba::postgres {

// Finds the tables that are ours, and whose the model is. False where one of them is gone.
bool find_own_tables(LiveModel* model);

// Adds to the columns of `relation` that the model reads.
inline void note_read(LiveModel* model, AttrNumber number) {
    model->read[model->reads++] = number;
    model->last_read = Max(model->last_read, number);
}

// Fills in the rest. False where there is no such model, a table of its owner's is gone, or `relation` is none of its
// tables. Raises where the columns of two tables do not agree (model_columns.hpp). SPI is connected.
bool load_catalogue(LiveModel* model);

// Raises where a table that is read belongs to a role that has not all rights of the model's owner (trusted_owners.hpp).
void assert_trusted_parts(const LiveModel* model);

// Raises where the tables are not any more what they were found to be. Of a model that is in use. SPI is connected.
void assert_unaltered(const LiveModel* model);

}  // namespace holomamba::postgres
