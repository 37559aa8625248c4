// A training that begins with the weights of an older version instead of random ones.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/parameters.hpp"

namespace holomamba::training {

// Tables with a row for each item or value are copied row by row, as the labels say; rows of new items and values keep
// their initial values. Everything else must have the same shape in both.
class WarmStart {
  public:
    // Parameters in layout order, initialised; both are kept by reference.
    WarmStart(const model::ParameterLayout& layout, std::span<float> parameters)
        : layout_(layout), parameters_(parameters) {}

    // old_rows[i] is the row that row i of the field's tables had in the older version, or -1 where it is new. A field
    // is that of ParameterInfo.
    void match(const std::string& field, std::vector<std::int32_t> old_rows) { rows_[field] = std::move(old_rows); }
    // Takes over one parameter of the older version, row-major. Throws Error where it does not fit.
    void copy(const std::string& name, const std::vector<int>& shape, std::span<const float> values);
    // Throws Error where a parameter has not been taken over.
    void finish() const;

  private:
    const model::ParameterLayout& layout_;
    std::span<float> parameters_;
    std::map<std::string, std::vector<std::int32_t>> rows_;
    std::size_t copied_ = 0;
};

}  // namespace holomamba::training
