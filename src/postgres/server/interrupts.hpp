// How a long computation of the core hears that the server wants it to stop.
#pragma once

#include "postgres/server/guard.hpp"

extern "C" {
#include "utils/memutils.h"
}

namespace holomamba::postgres {

// A StopCheck for the core, for the thread that runs the backend. A cancelled query or a terminated session makes the core
// unwind first; what then is to be said, raise() says. Other requests of the server (barriers, cache resets) are served on
// the spot, and an error they raise stops the core as well and is kept until it has unwound.
class Interrupts {
  public:
    bool operator()() {
        if (!InterruptPending) return false;
        if (QueryCancelPending || ProcDiePending) return true;
        MemoryContext context = CurrentMemoryContext;
        volatile bool failed = false;
        PG_TRY();
        { CHECK_FOR_INTERRUPTS(); }
        PG_CATCH();
        {
            MemoryContextSwitchTo(context);
            error_ = CopyErrorData();
            FlushErrorState();
            failed = true;
        }
        PG_END_TRY();
        return failed;
    }
    ErrorData* error() const { return error_; }

  private:
    ErrorData* error_ = nullptr;
};

// core_call for a function that takes a StopCheck: function(check).
template <typename Function>
void interruptible_core_call(Function&& function) {
    Interrupts interrupts;
    Outcome outcome;
    if (try_core(&outcome, [&] { function([&] { return interrupts(); }); })) return;
    if (interrupts.error()) ReThrowError(interrupts.error());
    raise(outcome);
}

}  // namespace holomamba::postgres
