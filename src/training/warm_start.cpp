#include "training/warm_start.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace holomamba::training {
namespace {

std::string text_of(const std::vector<int>& shape) {
    std::string text;
    for (const int extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
    return text.empty() ? "one number" : text;
}

[[noreturn]] void refuse(const std::string& reason) {
    throw base::Error(base::ErrorKind::invalid_parameter, "the weights to start from do not fit: " + reason,
                      "Train with the options of that version, or without \"warm_start\".");
}

}  // namespace

void WarmStart::copy(const std::string& name, const std::vector<int>& shape, std::span<const float> values) {
    const auto& all = layout_.parameters();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const model::ParameterInfo& p) { return p.name == name; });
    if (found == all.end()) refuse("there is no \"" + name + "\" any more");
    float* to = parameters_.data() + found->offset;
    const auto rows = found->field ? rows_.find(*found->field) : rows_.end();
    copied_++;
    if (rows == rows_.end()) {
        if (shape != found->shape || values.size() != found->size)
            refuse("\"" + name + "\" is " + text_of(shape) + " there and " + text_of(found->shape) + " here");
        std::copy(values.begin(), values.end(), to);
        return;
    }
    if (shape.size() != found->shape.size() || shape[0] < 0)
        refuse("\"" + name + "\" is " + text_of(shape) + " there and " + text_of(found->shape) + " here");
    if (!std::equal(shape.begin() + 1, shape.end(), found->shape.begin() + 1))
        refuse("rows of \"" + name + "\" are of " + text_of({shape.begin() + 1, shape.end()}) + " there and of " +
               text_of({found->shape.begin() + 1, found->shape.end()}) + " here");
    const std::vector<std::int32_t>& old_rows = rows->second;
    // Rows behind those of the labels (the unknown item, the start token) are the last ones in both.
    const auto extra = static_cast<std::size_t>(found->shape[0]) - old_rows.size();
    const auto old_count = static_cast<std::size_t>(shape[0]);
    if (old_rows.size() > static_cast<std::size_t>(found->shape[0]) || extra > old_count)
        refuse("\"" + name + "\" has " + std::to_string(shape[0]) + " rows there");
    if (found->shape[0] == 0) return;
    const std::size_t width = found->size / static_cast<std::size_t>(found->shape[0]);
    if (values.size() != old_count * width) refuse("\"" + name + "\" is not whole");
    for (std::size_t i = 0; i < static_cast<std::size_t>(found->shape[0]); i++) {
        const bool labelled = i < old_rows.size();
        if (labelled && old_rows[i] < 0) continue;
        const std::size_t from =
            labelled ? static_cast<std::size_t>(old_rows[i]) : old_count - extra + (i - old_rows.size());
        if (from >= old_count) refuse("\"" + name + "\" has " + std::to_string(shape[0]) + " rows there");
        std::copy_n(values.data() + from * width, width, to + i * width);
    }
}

void WarmStart::finish() const {
    if (copied_ != layout_.parameters().size())
        refuse("they are " + std::to_string(copied_) + " arrays there and " +
               std::to_string(layout_.parameters().size()) + " here");
}

}  // namespace holomamba::training
