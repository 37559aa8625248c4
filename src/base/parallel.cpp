#include "base/parallel.hpp"

#include <pthread.h>
#include <sched.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <thread>

namespace holomamba::base {

bool prepare_for_exceptions() {
    // More than is needed, given back at once: the allocation that cannot be asked follows.
    constexpr std::size_t kReserve = 1 << 16;
    void* volatile reserve = std::malloc(kReserve);
    if (reserve == nullptr) return false;
    std::free(reserve);
    (void)std::uncaught_exceptions();
    return true;
}

int thread_count(int wanted) {
    if (wanted > 0) return wanted;
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
    return 1;
}

void run_threads(int threads, const std::function<void(int)>& body) {
    std::vector<std::exception_ptr> failures(threads);
    const std::exception_ptr no_memory = std::make_exception_ptr(std::bad_alloc());
    const auto guarded = [&](int thread) {
        if (!prepare_for_exceptions()) {
            failures[thread] = no_memory;
            return;
        }
        try {
            body(thread);
        } catch (...) {
            failures[thread] = std::current_exception();
        }
    };
    std::vector<std::thread> others;
    others.reserve(threads);
    // New threads inherit the mask: the server's signals go on reaching its one thread.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int started = 1;
    try {
        for (; started < threads; started++) others.emplace_back(guarded, started);
    } catch (...) {
        // A limit on threads or memory: what was to run beside this thread runs on it.
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    guarded(0);
    for (int thread = started; thread < threads && !failures[0]; thread++) guarded(thread);
    for (std::thread& other : others) other.join();
    for (const std::exception_ptr& failure : failures)
        if (failure) std::rethrow_exception(failure);
}

}  // namespace holomamba::base
