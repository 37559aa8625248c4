// The one exception of the core: what went wrong, and what to do about it.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace holomamba::base {

enum class ErrorKind {
    invalid_parameter,  // an option or argument out of its range
    data,               // input that does not make sense
    out_of_range,       // arithmetic left the representable numbers
    not_ready,          // the thing exists but is not in a state for this
    corrupted,          // stored bytes that nothing of ours wrote
};

class Error : public std::runtime_error {
  public:
    Error(ErrorKind kind, const std::string& message, std::string hint = "")
        : std::runtime_error(message), kind_(kind), hint_(std::move(hint)) {}
    ErrorKind kind() const { return kind_; }
    const std::string& hint() const { return hint_; }

  private:
    ErrorKind kind_;
    std::string hint_;
};

}  // namespace holomamba::base
