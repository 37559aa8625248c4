// Checkpoints of trainings: rows of the view holomamba.checkpoints.
#pragma once

#include <cstddef>
#include <span>

#include "postgres/server/guard.hpp"

namespace holomamba::postgres {

// Replaces what is stored under a name. SPI is connected, here and below.
void store_checkpoint(const char* model, int32 version, const char* name, std::span<const std::byte> bytes);

// How many bytes are stored under a name; -1 where nothing is.
int64 checkpoint_size(const char* model, int32 version, const char* name);

// Reads what is stored under a name; an error where it is not exactly as long as the span.
void load_checkpoint(const char* model, int32 version, const char* name, std::span<std::byte> bytes);

// core_call for a piece of the core that stored bytes are given to. What it finds damaged, the checkpoint is.
template <typename Function>
void core_call_with_checkpoint(const char* model, int32 version, Function&& function) {
    Outcome outcome;
    if (try_core(&outcome, function)) return;
    if (outcome.sqlstate != ERRCODE_DATA_CORRUPTED) raise(outcome);
    ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                    errmsg("the checkpoint of version %d of model \"%s\" is damaged", version, model),
                    errdetail_internal("%s", server_text(outcome.message)),
                    errhint("SELECT holomamba.forget_version('%s', %d); and train a new one.", model, version)));
}

void delete_checkpoints(const char* model, int32 version);

}  // namespace holomamba::postgres
