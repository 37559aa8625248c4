// Floats to work with during one call, aligned as SIMD instructions of FFTW want them: on the stack where they are few,
// so that short vectors cost no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

namespace holomamba::hrr {

class Scratch {
  public:
    // `size` floats of any value. Throws std::bad_alloc.
    explicit Scratch(std::size_t size)
        : many_(size > few_.size() ? std::make_unique_for_overwrite<float[]>(size) : nullptr) {}
    float* data() { return many_ ? many_.get() : few_.data(); }

  private:
    alignas(64) std::array<float, 1032> few_;
    std::unique_ptr<float[]> many_;
};

}  // namespace holomamba::hrr
