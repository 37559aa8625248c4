// Histories to train and evaluate on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "model/catalogue.hpp"

namespace holomamba::training {

// Every user's events in order, as item numbers, one user after another. The first `training` events of a user may be
// learned from; where a user is held out, the event at `training` is the validation event (if held back) and the one at
// `test` the test event.
struct Dataset {
    model::Catalogue catalogue;
    std::vector<std::int64_t> starts{0};  // users + 1
    std::vector<std::int32_t> items;
    std::vector<std::int32_t> firsts;      // of each event: the place in its user's history where its item comes first
    std::vector<std::int32_t> training;    // events of each user to learn from
    std::vector<std::int32_t> validation;  // place of the validation event in the user's history, or -1
    std::vector<std::int32_t> test;        // place of the test event, or -1
    std::vector<std::uint8_t> cold;        // of each item: whether it has no event to learn from; empty: ask of none

    int users() const { return static_cast<int>(starts.size()) - 1; }
    std::span<const std::int32_t> history(int user) const {
        return {items.data() + starts[user], items.data() + starts[user + 1]};
    }

    // The items of the user's first `events` events, each once: calls use(item).
    template <typename Use>
    void for_each_seen(int user, int events, Use&& use) const {
        const std::int64_t first = starts[user];
        for (std::int64_t i = first; i < first + events; i++)
            if (firsts[i] == i - first) use(items[i]);
    }
    // Whether the user has had the item of the event at `place` among the first `events` events.
    bool seen_before(int user, int place, int events) const { return firsts[starts[user] + place] < events; }

    // Adds a user whose whole history is for training.
    void add_user(std::span<const std::int32_t> events) {
        items.insert(items.end(), events.begin(), events.end());
        starts.push_back(static_cast<std::int64_t>(items.size()));
        find_firsts(events);
        training.push_back(static_cast<std::int32_t>(events.size()));
        validation.push_back(-1);
        test.push_back(-1);
    }
    // Holds back the last user's event at `place` for the test and, if asked, the one before for validation; only what lies
    // before them is learned from. Where nothing would be left to learn from, a strict holdout keeps the events back all the
    // same, without validation, and any other learns from the whole history and tests nothing.
    void hold_out(int place, bool with_validation, bool strict) {
        if (place - (with_validation ? 1 : 0) < 1) {
            if (!strict) return;
            with_validation = false;
        }
        training.back() = with_validation ? place - 1 : place;
        validation.back() = with_validation ? place - 1 : -1;
        test.back() = place;
    }

    // Training events of each item.
    std::vector<std::int64_t> training_counts() const {
        std::vector<std::int64_t> counts(catalogue.items, 0);
        for (int user = 0; user < users(); user++)
            for (int i = 0; i < training[user]; i++) counts[history(user)[i]]++;
        return counts;
    }
    bool is_cold(std::int32_t item) const { return !cold.empty() && cold[item]; }

  private:
    void find_firsts(std::span<const std::int32_t> events) {
        std::vector<std::int32_t> order(events.size());
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return events[a] < events[b]; });
        const std::size_t start = firsts.size();
        firsts.resize(start + events.size());
        for (std::size_t i = 0; i < order.size(); i++) {
            const bool again = i > 0 && events[order[i]] == events[order[i - 1]];
            firsts[start + order[i]] = again ? firsts[start + order[i - 1]] : order[i];
        }
    }
};

}  // namespace holomamba::training
