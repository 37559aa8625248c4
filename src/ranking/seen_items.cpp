#include "ranking/seen_items.hpp"

#include <algorithm>

#include "base/parallel.hpp"

namespace holomamba::ranking {

void SeenItems::start(std::size_t users) {
    events_.clear();
    items_.clear();
    starts_.assign(users, 0);
    ends_.assign(users, 0);
}

void SeenItems::add(std::span<const SeenItem> seen) {
    events_.insert(events_.end(), seen.begin(), seen.end());
}

void SeenItems::finish(int threads) {
    for (const SeenItem& event : events_) ends_[static_cast<std::size_t>(event.user)]++;
    std::size_t all = 0;
    for (std::size_t user = 0; user < starts_.size(); user++) {
        starts_[user] = all;
        all += ends_[user];
        ends_[user] = starts_[user];
    }
    items_.resize(all);
    for (const SeenItem& event : events_) items_[ends_[static_cast<std::size_t>(event.user)]++] = event.item;
    std::vector<SeenItem>().swap(events_);
    base::run_threads(threads, [&](int thread) {
        const base::Range mine = base::part_of(starts_.size(), thread, threads);
        for (std::size_t user = mine.first; user < mine.last; user++) {
            std::int32_t* const first = items_.data() + starts_[user];
            std::int32_t* const last = items_.data() + ends_[user];
            std::sort(first, last);
            ends_[user] = starts_[user] + static_cast<std::size_t>(std::unique(first, last) - first);
        }
    });
}

}  // namespace holomamba::ranking
