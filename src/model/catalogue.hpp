// The items of a model and what is known about each, and about an event.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/event.hpp"

namespace holomamba::model {

// Rows of a table of vectors, at most: so numbers of rows, and of those few behind the items, are never out of range.
constexpr int kMostItems = 1 << 30;

// One attribute of all items: several values out of a set each (a category), or one number each.
struct Attribute {
    std::string name;
    bool numeric = false;
    int values = 0;                     // categories: size of the set
    std::vector<std::int32_t> offsets;  // categories: items + 1; item i has indices[offsets[i] .. offsets[i+1])
    std::vector<std::int32_t> indices;
    std::vector<float> numbers;  // numbers: one an item, standardised; NaN where there is none
};

struct Catalogue {
    int items = 0;
    std::vector<Attribute> attributes;
    EventColumns events;
};

}  // namespace holomamba::model
