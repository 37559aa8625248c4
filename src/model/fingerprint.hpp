// A fingerprint of what computes states: those of other weights, or rounded to another format, must not be mixed with
// them.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "base/random.hpp"
#include "model/state_format.hpp"

namespace holomamba::model {

inline std::uint64_t fingerprint(std::span<const float> parameters, StateFormat format) {
    std::uint64_t hash = base::mix64(parameters.size() ^ static_cast<std::uint64_t>(format) << 56);
    for (const float value : parameters) hash = base::mix64(hash ^ std::bit_cast<std::uint32_t>(value));
    return hash;
}

}  // namespace holomamba::model
