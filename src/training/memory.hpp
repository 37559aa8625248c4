// How much memory a training takes, before it is taken.
#pragma once

#include <cstddef>

#include "model/network.hpp"
#include "training/dataset.hpp"

namespace holomamba::training {

// Bytes that a Trainer of this network and data holds at its peak, within about a quarter; `threads` as thread_count
// gives.
std::size_t training_memory(const model::Network& network, const model::Options& options, const Dataset& data,
                            int threads);

}  // namespace holomamba::training
