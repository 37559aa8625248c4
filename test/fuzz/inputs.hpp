#pragma once

#include <cstddef>
#include <cstdint>

namespace fuzz {

// Makes a function the one that LLVMFuzzerTestOneInput tests; false where there is none of that name.
bool choose(const char* name);

}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
