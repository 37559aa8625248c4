// Statements as templates that names are filled into.
//
//   {name}        the text of that name
//   <<last_#>>    last_1, last_2, ..., as many as there are
//
// Names that users chose are quoted, enter last and are not looked at again: none of them is taken for a part of the
// template.
#pragma once

#include "postgres/server/guard.hpp"

namespace holomamba::postgres {

struct Slot {
    const char* name;
    const char* text;
};

struct Slots {
    const Slot* slots;
    int count;
};

// The template with `names` filled in, and `parts`, which are templates themselves; lists are of `repeats`. NULL where
// a text that it asks for is NULL; raises where there is no such name.
char* fill_template(const char* text, Slots names, Slots parts = {nullptr, 0}, int repeats = 0);

}  // namespace holomamba::postgres
