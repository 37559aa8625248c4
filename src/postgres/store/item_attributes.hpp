// Attributes of items, as the user's tables have them.
#pragma once

#include "model/catalogue.hpp"
#include "postgres/store/stored.hpp"

namespace holomamba::postgres {

// What is read from the user's tables is known by its place among the labels of a version, and where these change
// meanwhile the places do. So errors name the labels.
inline constexpr const char* kLabels = "holomamba.vocabulary_catalogue";

// Reads one attribute of items 0 .. items - 1 as row `row` of attribute_queries() or training_queries() says, by the
// caller's snapshot where it only reads. SPI is connected.
void read_attribute(const Rows& queries, uint64 row, int items, bool only_reads, Attribute* attribute);

}  // namespace holomamba::postgres
