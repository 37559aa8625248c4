// Trainings that start from the weights of an older version.
#pragma once

#include "postgres/server/guard.hpp"
#include "training/trainer.hpp"

namespace holomamba::postgres {

// Where the options name a version to start from, copies its weights into the trainer: rows of items and values by
// their labels. SPI is connected.
void warm_start(const char* model, int32 version, const Options& options, Trainer* trainer);

}  // namespace holomamba::postgres
