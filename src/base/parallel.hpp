// Threads inside the core: plain work on plain memory, with signals blocked, never touching the server.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "base/stop.hpp"

namespace holomamba::base {

// The caller's wish to stop, passed on to the other threads.
class Stop {
  public:
    explicit Stop(const StopCheck& check) : check_(check) {}
    // Throws Cancelled once the caller wants to stop.
    void poll() {
        if (std::this_thread::get_id() == caller_ && check_()) wanted_ = true;
        if (wanted_) throw Cancelled{};
    }

  private:
    const StopCheck& check_;
    const std::thread::id caller_ = std::this_thread::get_id();
    std::atomic<bool> wanted_ = false;
};

// To be called in each thread before anything may throw in it. The first exception of a thread takes memory for what the C++ library
// keeps of it, and where there is none the C library ends the process: here it is taken while there is some. False where there is none.
bool prepare_for_exceptions();

// Processors this process may use, or `wanted` where that is not 0.
int thread_count(int wanted);

// Runs body(0) on this thread and body(1) .. body(threads - 1) beside it, or after it where no thread can be started: no body
// may wait for another. Returns when all have ended and rethrows the first exception, the calling thread's own before others.
void run_threads(int threads, const std::function<void(int)>& body);

// Part `thread` of 0 .. n-1 cut into `threads` even ranges.
struct Range {
    std::size_t first, last;
};
inline Range part_of(std::size_t n, int thread, int threads) {
    return {n * thread / threads, n * (thread + 1) / threads};
}

}  // namespace holomamba::base
