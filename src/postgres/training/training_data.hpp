// What training and evaluation read from the user's tables.
#pragma once

#include "model/options.hpp"
#include "postgres/store/stored.hpp"
#include "training/dataset.hpp"

namespace holomamba::postgres {

struct TrainingData {
    Options options;
    bool held_out = false;  // the version was trained with a holdout
    bool cutoff = false;    // the holdout is by one: it keeps back what it names, whatever is left
    Dataset dataset;
};

// Reads options and holdout of a version. SPI is connected, here and below.
void read_version(const char* model, int32 version, TrainingData* data);

// Reads items with their attributes, and histories, as the version of read_version knows them, with the caller's
// rights.
void read_dataset(const char* model, int32 version, TrainingData* data);

}  // namespace holomamba::postgres
