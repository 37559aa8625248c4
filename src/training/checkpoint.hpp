// What a training that was broken off needs to go on as if it had not been: its data, packed once, and the arrays that
// every epoch changes (Trainer::state).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "training/dataset.hpp"

namespace holomamba::training {

// Bytes of a running training, to be written to a checkpoint or read back from one. The form is that of the machine.
struct StoredArray {
    std::string name;
    std::span<std::byte> bytes;
    bool changed = true;  // since the epoch before
};

template <typename T>
StoredArray stored(const char* name, T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return {name, std::as_writable_bytes(std::span(&value, 1))};
}

template <typename T, typename Allocator>
StoredArray stored(const char* name, std::vector<T, Allocator>& values) {
    return {name, std::as_writable_bytes(std::span(values))};
}

// The data set as bytes: those of what is known of each event, 20 a user, and 4 for each value of an item.
std::vector<std::byte> pack(const Dataset& data);

// The data set that pack was given. Throws Error (corrupted) where the bytes are not such a one.
Dataset unpack(std::span<const std::byte> bytes);

}  // namespace holomamba::training
