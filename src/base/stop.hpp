// How a caller stops a long computation.
#pragma once

namespace holomamba::base {

// Thrown out of a long computation when its caller asked it to stop.
struct Cancelled {};

class Stop;  // the same for several threads: parallel.hpp

// Asked on the calling thread only, between pieces of work of some tens of milliseconds; true: stop. It refers to a function
// that the caller keeps, as a parameter of the computation does.
class StopCheck {
  public:
    StopCheck() = default;  // never
    template <typename Function>
    StopCheck(const Function& function)
        : ask_([](const void* asked) { return (*static_cast<const Function*>(asked))(); }), function_(&function) {}
    bool operator()() const { return ask_ != nullptr && ask_(function_); }

  private:
    bool (*ask_)(const void*) = nullptr;
    const void* function_ = nullptr;
};

}  // namespace holomamba::base
