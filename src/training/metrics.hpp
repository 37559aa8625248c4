// Full-ranking metrics of next-item prediction: the rank of one held-out item among all items.
#pragma once

#include <cmath>
#include <cstdint>

namespace holomamba::training {

// Sums over held-out events; the accessors divide.
struct Metrics {
    std::int64_t events = 0;
    double hits = 0, gains = 0, reciprocals = 0;

    // An event whose item stands at `rank` (1 is best) in the list cut at k.
    void add(std::int64_t rank, int k) {
        events++;
        if (rank > k) return;
        hits += 1;
        gains += 1.0 / std::log2(static_cast<double>(rank) + 1.0);
        reciprocals += 1.0 / static_cast<double>(rank);
    }
    void add(const Metrics& other) {
        events += other.events;
        hits += other.hits;
        gains += other.gains;
        reciprocals += other.reciprocals;
    }
    double hit_rate() const { return events ? hits / static_cast<double>(events) : 0; }
    double ndcg() const { return events ? gains / static_cast<double>(events) : 0; }
    double mrr() const { return events ? reciprocals / static_cast<double>(events) : 0; }
};

}  // namespace holomamba::training
