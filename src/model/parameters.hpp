// Parameters by name, in one flat array: optimiser, gradient sums and storage see floats, layers see offsets.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace holomamba::model {

// The field of parameters with a row for each item.
inline constexpr const char* kOfItems = "";

struct ParameterInfo {
    std::string name;        // such as blocks.0.mamba.skip
    std::vector<int> shape;  // row-major
    std::size_t offset, size;
    bool trained;
    // What its rows stand for, the first ones: values of this attribute of items or, behind "event.", of events; kOfItems; or nothing.
    std::optional<std::string> field;

    // Whether weight decay pulls it to zero: matrices. Biases, gains and A_log are left alone, as Gu & Dao 2023 do.
    bool decays() const { return shape.size() > 1 && !name.ends_with(".a_log"); }
};

class ParameterLayout {
  public:
    // Reserves a parameter and returns where it starts.
    std::size_t add(const std::string& name, const std::vector<int>& shape, bool trained = true,
                    const std::optional<std::string>& field = std::nullopt) {
        std::size_t count = 1;
        for (const int extent : shape) count *= static_cast<std::size_t>(extent);
        parameters_.push_back({name, shape, size_, count, trained, field});
        size_ += count;
        return size_ - count;
    }
    // Reserves floats among the weights prepared for serving (Pass::prepared) and returns where they start.
    std::size_t prepare(std::size_t count) {
        prepared_size_ += count;
        return prepared_size_ - count;
    }
    std::size_t size() const { return size_; }
    std::size_t prepared_size() const { return prepared_size_; }
    const std::vector<ParameterInfo>& parameters() const { return parameters_; }

  private:
    std::vector<ParameterInfo> parameters_;
    std::size_t size_ = 0, prepared_size_ = 0;
};

}  // namespace holomamba::model
