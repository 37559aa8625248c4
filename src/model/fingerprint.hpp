// A fingerprint of weights: states computed with other weights must not be mixed with them.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "hrr/random.hpp"

namespace holomamba {

inline std::uint64_t fingerprint(std::span<const float> parameters) {
    std::uint64_t hash = mix64(parameters.size());
    for (const float value : parameters) hash = mix64(hash ^ std::bit_cast<std::uint32_t>(value));
    return hash;
}

}  // namespace holomamba
