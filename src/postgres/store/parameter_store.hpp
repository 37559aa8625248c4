// Weights in the catalogue: a row per parameter.
#pragma once

#include <span>
#include <vector>

#include "model/parameters.hpp"
#include "postgres/server/guard.hpp"

namespace holomamba::postgres {

// Raises where a parameter is larger than a value of a table may be.
void check_parameters(const ParameterLayout& layout);

// Writes every parameter of a version, over those of an earlier epoch. SPI is connected.
void store_parameters(const char* model, int32 version, const ParameterLayout& layout,
                      std::span<const float> parameters);

// Reads every parameter of a version into `parameters`, which has the layout's size. SPI is connected.
void load_parameters(const char* model, int32 version, const ParameterLayout& layout, std::span<float> parameters);

// The error for a version whose parameters are not those of the model's items and attributes.
[[noreturn]] void refuse_weights(const char* model, int32 version);

}  // namespace holomamba::postgres
