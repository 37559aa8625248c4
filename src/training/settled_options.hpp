// Options that are left to the data.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/options.hpp"
#include "training/dataset.hpp"

namespace holomamba::training {

// The options with a value for each that is automatic, chosen by how much there is to learn from; and with the number of
// threads of this machine for "all there are". What is settled stays as it is.
model::Options settled(model::Options options, const Dataset& data);

// Everything that settled() may have chosen, by its name, with the value as a JSON number: what a version must remember, so that
// settling it again changes nothing.
std::vector<std::pair<std::string, std::string>> settled_values(const model::Options& options);

}  // namespace holomamba::training
