// Checkpoints of trainings: rows of the view holomamba.checkpoints.
#pragma once

#include <cstddef>
#include <span>

#include "postgres/guard.hpp"

namespace holomamba::postgres {

// Replaces what is stored under a name. SPI is connected, here and below.
void store_checkpoint(const char* model, int32 version, const char* name, std::span<const std::byte> bytes);

// How many bytes are stored under a name; -1 where nothing is.
int64 checkpoint_size(const char* model, int32 version, const char* name);

// Reads what is stored under a name; an error where it is not exactly as long as the span.
void load_checkpoint(const char* model, int32 version, const char* name, std::span<std::byte> bytes);

void delete_checkpoints(const char* model, int32 version);

}  // namespace holomamba::postgres
