// Full-ranking metrics of next-item prediction: the rank of one held-out item a user among all items.
#pragma once

#include <cmath>
#include <cstdint>

namespace holomamba::training {

// Sums over users; the accessors divide.
struct Metrics {
    std::int64_t users = 0;
    double hits = 0, gains = 0, reciprocals = 0;

    // One user whose held-out item stands at `rank` (1 is best) in the list cut at k.
    void add(std::int64_t rank, int k) {
        users++;
        if (rank > k) return;
        hits += 1;
        gains += 1.0 / std::log2(static_cast<double>(rank) + 1.0);
        reciprocals += 1.0 / static_cast<double>(rank);
    }
    void add(const Metrics& other) {
        users += other.users;
        hits += other.hits;
        gains += other.gains;
        reciprocals += other.reciprocals;
    }
    double hit_rate() const { return users ? hits / static_cast<double>(users) : 0; }
    double ndcg() const { return users ? gains / static_cast<double>(users) : 0; }
    double mrr() const { return users ? reciprocals / static_cast<double>(users) : 0; }
};

}  // namespace holomamba::training
