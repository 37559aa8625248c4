#include "training/many_users.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include "base/parallel.hpp"

namespace holomamba::training {

void advance_many(const model::Encoder& encoder, std::span<const model::UserEvents> users, int threads,
                  const base::StopCheck& check) {
    // About ten milliseconds of work, between which a thread looks whether to stop.
    constexpr std::size_t kShare = 4096;
    std::vector<std::size_t> cuts{0};
    std::size_t events = 0;
    for (std::size_t u = 0; u < users.size(); u++) {
        events += users[u].events.size();
        if (events < kShare) continue;
        cuts.push_back(u + 1);
        events = 0;
    }
    if (cuts.back() < users.size()) cuts.push_back(users.size());

    const std::size_t shares = cuts.size() - 1;
    std::atomic<std::size_t> next = 0;
    base::Stop stop(check);
    base::run_threads(std::clamp(static_cast<int>(std::min<std::size_t>(shares, 1024)), 1, threads), [&](int) {
        model::Encoder::Workspace workspace;
        for (std::size_t share = next++; share < shares; share = next++) {
            const auto part = users.subspan(cuts[share], cuts[share + 1] - cuts[share]);
            stop.poll();
            encoder.advance(part.first(part.size() - 1), workspace);
            // The last user of a share may have a history of any length.
            model::UserEvents last = part.back();
            for (auto left = last.events; !left.empty(); left = left.subspan(last.events.size())) {
                stop.poll();
                last.events = left.first(std::min(kShare, left.size()));
                encoder.advance({&last, 1}, workspace);
            }
        }
    });
}

}  // namespace holomamba::training
