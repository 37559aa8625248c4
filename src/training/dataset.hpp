// Histories to train and evaluate on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "model/catalogue.hpp"
#include "model/event.hpp"

namespace holomamba::training {

// Every user's events in order, one user after another. The first `training` events of a user may be
// learned from; where a user is held out, the event at `training` is the validation event (if held back) and the one at
// `test` the test event.
struct Dataset {
    model::Catalogue catalogue;
    std::vector<std::int64_t> starts{0};  // users + 1
    std::vector<model::Event> events;
    std::vector<std::int32_t> firsts;      // of each event: the place in its user's history where its item comes first
    std::vector<std::int32_t> training;    // events of each user to learn from
    std::vector<std::int32_t> validation;  // place of the validation event in the user's history, or -1
    std::vector<std::int32_t> test;        // place of the test event, or -1
    std::vector<std::uint8_t> cold;        // of each item: whether it has no event to learn from; empty: ask of none
    std::vector<std::uint8_t> served;      // of each item: whether it can be recommended; empty: all can

    int users() const { return static_cast<int>(starts.size()) - 1; }
    std::span<const model::Event> history(int user) const {
        return {events.data() + starts[user], events.data() + starts[user + 1]};
    }

    // The items of the user's first `count` events, each once: calls use(item).
    template <typename Use>
    void for_each_seen(int user, int count, Use&& use) const {
        const std::int64_t first = starts[user];
        for (std::int64_t i = first; i < first + count; i++)
            if (firsts[i] == i - first) use(events[i].item);
    }
    // Whether the user has had the item of the event at `place` among the first `count` events.
    bool seen_before(int user, int place, int count) const { return firsts[starts[user] + place] < count; }

    // Adds a user whose whole history, events or their items, is for training.
    template <typename History>
    void add_user(const History& user_events) {
        for (const auto& event : user_events) events.emplace_back(event);
        starts.push_back(static_cast<std::int64_t>(events.size()));
        find_firsts(history(users() - 1));
        training.push_back(static_cast<std::int32_t>(user_events.size()));
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
            for (int i = 0; i < training[user]; i++) counts[history(user)[i].item]++;
        return counts;
    }
    bool is_cold(std::int32_t item) const { return !cold.empty() && cold[item]; }
    bool is_served(std::int32_t item) const { return served.empty() || served[item]; }

    // How much more often users come back to items they have had than if everyone chose by popularity alone, as a logarithm, by
    // the events to learn from.
    double repeat_log_odds() const;

  private:
    void find_firsts(std::span<const model::Event> user_events) {
        std::vector<std::int32_t> order(user_events.size());
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(),
                         [&](auto a, auto b) { return user_events[a].item < user_events[b].item; });
        const std::size_t start = firsts.size();
        firsts.resize(start + user_events.size());
        for (std::size_t i = 0; i < order.size(); i++) {
            const bool again = i > 0 && user_events[order[i]].item == user_events[order[i - 1]].item;
            firsts[start + order[i]] = again ? firsts[start + order[i - 1]] : order[i];
        }
    }
};

}  // namespace holomamba::training
