// Options that are left to the data.
#pragma once

#include "model/options.hpp"
#include "training/dataset.hpp"

namespace holomamba::training {

// The options with a value for each that is automatic, chosen by how much there is to learn from; and with the number of
// threads of this machine for "all there are". What is settled stays as it is.
model::Options settled(model::Options options, const Dataset& data);

}  // namespace holomamba::training
