// The highest bounds that a scan has met, in the order in which their rows are to be looked at.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace holomamba::ranking {

// A vector that the scan of an index has met, and what its inner product with the query cannot exceed.
struct Candidate {
    double bound;
    std::uint32_t extent;
    std::uint16_t slot;
    std::uint8_t row[6];
    std::uint64_t page_version;  // of the page that the row was read from
};

// Every slot has its place in this order: the higher bound first, equal ones by where they lie.
inline bool comes_before(const Candidate& a, const Candidate& b) {
    if (a.bound != b.bound) return a.bound > b.bound;
    if (a.extent != b.extent) return a.extent < b.extent;
    return a.slot < b.slot;
}

// The first `capacity` of the candidates offered, in memory of the owner's: a heap with the last of them on top.
struct BestBounds {
    Candidate* items;
    std::size_t count, capacity;

    bool full() const { return count == capacity; }
    // No candidate with a lower bound has a place any more.
    double threshold() const { return full() ? items[0].bound : -std::numeric_limits<double>::infinity(); }

    void offer(const Candidate& candidate) {
        if (!full()) {
            items[count++] = candidate;
            std::push_heap(items, items + count, comes_before);
        } else if (comes_before(candidate, items[0])) {
            std::pop_heap(items, items + count, comes_before);
            items[count - 1] = candidate;
            std::push_heap(items, items + count, comes_before);
        }
    }
    // Makes items a list, the first first.
    void sort() { std::sort_heap(items, items + count, comes_before); }
};

}  // namespace holomamba::ranking
