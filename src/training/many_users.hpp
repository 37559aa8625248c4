// Many users' events at once: after a COPY, and when a version becomes active.
#pragma once

#include <span>

#include "base/stop.hpp"
#include "model/encoder.hpp"

namespace holomamba::training {

// Encoder::advance on several threads: the states must differ. Throws Cancelled where `check` says so, Error as advance
// does; some of the states may have been replaced by then.
void advance_many(const model::Encoder& encoder, std::span<const model::UserEvents> users, int threads,
                  const base::StopCheck& check);

}  // namespace holomamba::training
