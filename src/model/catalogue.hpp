// The items of a model and what is known about each, and about an event.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "model/event.hpp"

namespace holomamba::model {

// Rows of a table of vectors, at most: so numbers of rows, and of those few behind the items, are never out of range.
constexpr int kMostItems = 1 << 30;

// Elements of a vector that describes an item, at most.
constexpr int kMostElements = 4096;

enum class AttributeKind : std::uint8_t { category, number, vector };

// One attribute of all items: several values out of a set each (a category), or one number or one vector each.
struct Attribute {
    std::string name;
    AttributeKind kind = AttributeKind::category;
    int values = 0;                     // categories: size of the set; vectors: how many elements each has
    std::vector<std::int32_t> offsets;  // categories: items + 1; item i has indices[offsets[i] .. offsets[i+1])
    std::vector<std::int32_t> indices;  // vectors: one an item, the place of its vector, or -1 where there is none
    std::vector<float> numbers;         // numbers: one an item, standardised; NaN where there is none
    std::vector<float> vectors;         // [places x values], each of unit length

    const float* vector_of(std::int32_t item) const {
        return indices[item] < 0
                   ? nullptr
                   : vectors.data() + static_cast<std::size_t>(indices[item]) * static_cast<std::size_t>(values);
    }
    // Gives an item the vector x[values], brought to unit length. One of zeros, or with NaN or infinity in it, is none.
    void set_vector(std::int32_t item, const double* x) {
        double largest = 0, squares = 0;
        for (int i = 0; i < values; i++) {
            if (!std::isfinite(x[i])) return;
            largest = std::max(largest, std::abs(x[i]));
        }
        if (largest == 0) return;
        for (int i = 0; i < values; i++) squares += (x[i] / largest) * (x[i] / largest);
        const double length = std::sqrt(squares);
        indices[item] = static_cast<std::int32_t>(vectors.size() / static_cast<std::size_t>(values));
        for (int i = 0; i < values; i++) vectors.push_back(static_cast<float>(x[i] / largest / length));
    }
};

struct Catalogue {
    int items = 0;
    std::vector<Attribute> attributes;
    EventColumns events;
};

}  // namespace holomamba::model
