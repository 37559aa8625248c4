// What training and evaluation read from the user's tables.
#pragma once

#include "model/options.hpp"
#include "postgres/spi.hpp"
#include "training/dataset.hpp"

namespace holomamba::postgres {

struct TrainingData {
    Options options;
    bool held_out = false;  // the version was trained with a holdout
    Dataset dataset;
};

// Reads options, items with their attributes, and histories of a version, with the caller's rights. SPI is connected.
void read_training_data(const char* model, int32 version, TrainingData* data);

// Reads one attribute of items 0 .. items - 1 as row `row` of attribute_queries() or training_queries() says.
void read_attribute(SPITupleTable* queries, uint64 row, int items, Attribute* attribute);

}  // namespace holomamba::postgres
