#include "base/parallel.hpp"

#include <pthread.h>
#include <sched.h>

#include <csignal>
#include <thread>

namespace holomamba {

int thread_count(int wanted) {
    if (wanted > 0) return wanted;
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
    return 1;
}

void run_threads(int threads, const std::function<void(int)>& body) {
    std::vector<std::exception_ptr> failures(threads);
    const auto guarded = [&](int thread) {
        try {
            body(thread);
        } catch (...) {
            failures[thread] = std::current_exception();
        }
    };
    // New threads inherit the mask: the server's signals go on reaching its one thread.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::vector<std::thread> others;
    try {
        for (int thread = 1; thread < threads; thread++) others.emplace_back(guarded, thread);
    } catch (...) {
        failures[0] = std::current_exception();
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (!failures[0]) guarded(0);
    for (std::thread& other : others) other.join();
    for (const std::exception_ptr& failure : failures)
        if (failure) std::rethrow_exception(failure);
}

}  // namespace holomamba
