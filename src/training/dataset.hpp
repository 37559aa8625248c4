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
// learned from; where a user is held out, `validation` is the place of the validation event (if held back), `test` that of the
// test event. All events are read; some only that, and are no targets.
struct Dataset {
    model::Catalogue catalogue;
    std::vector<std::int64_t> starts{0};   // users + 1
    std::vector<std::int32_t> items;       // of each event
    std::vector<double> times;             // of each event, where events are timed: EventOf::time
    std::vector<float> values;             // [events x attributes of events]: EventOf::values
    std::vector<float> weights;            // of each event: what it counts as a target, where that is above 0; empty: 1
    std::vector<std::int32_t> firsts;      // of each event: the place in its user's history where its item comes first
    std::vector<std::int32_t> training;    // events of each user to learn from
    std::vector<std::int32_t> validation;  // place of the validation event in the user's history, or -1
    std::vector<std::int32_t> test;        // place of the test event, or -1
    std::vector<std::uint8_t> cold;        // of each item: whether it has no event to learn from; empty: ask of none
    std::vector<std::uint8_t> served;      // of each item: whether it can be recommended; empty: all can

    int users() const { return static_cast<int>(starts.size()) - 1; }
    // The items of a user's events.
    std::span<const std::int32_t> history(int user) const {
        return {items.data() + starts[user], items.data() + starts[user + 1]};
    }
    double time(int user, int place) const {
        return times.empty() ? model::kNoTime : times[static_cast<std::size_t>(starts[user]) + place];
    }
    // What the encoder is told of an event.
    model::Event event(int user, int place) const {
        const auto i = static_cast<std::size_t>(starts[user]) + place;
        const std::size_t width = catalogue.events.attributes.size();
        return {items[i], time(user, place), width > 0 ? values.data() + i * width : nullptr};
    }
    // What an event counts as a target: 0 where it is none.
    float weight(int user, int place) const {
        return weights.empty() ? 1.0f : std::max(0.0f, weights[static_cast<std::size_t>(starts[user]) + place]);
    }
    // What is asked for before the event at `place` comes, among those before `last`: the next target, which counts the less the
    // more other events come first. Nothing where it is too far.
    struct Asked {
        int place;
        float weight;  // 0: nothing
    };
    Asked asked_before(int user, int place, int last) const {
        constexpr float kFarther = 0.5f, kLeast = 0.05f;
        float share = 1;
        for (int i = place; i < last && share >= kLeast; i++, share *= kFarther)
            if (const float w = weight(user, i); w > 0) return {i, share * w};
        return {place, 0};
    }
    // All that counts among a user's events from `first` to before `last`.
    double weight_of(int user, int first, int last) const {
        double sum = 0;
        for (int i = first; i < last; i++) sum += asked_before(user, i, last).weight;
        return sum;
    }
    bool is_target(int user, int place) const { return weight(user, place) > 0; }

    // The items of the user's first `count` events, each once: calls use(item).
    template <typename Use>
    void for_each_seen(int user, int count, Use&& use) const {
        const std::int64_t first = starts[user];
        for (std::int64_t i = first; i < first + count; i++)
            if (firsts[i] == i - first) use(items[i]);
    }
    // Whether the user has had the item of the event at `place` among the first `count` events.
    bool seen_before(int user, int place, int count) const { return firsts[starts[user] + place] < count; }

    // Adds a user whose whole history is for training. Times, values and weights are those of all users or of none.
    void add_user(std::span<const std::int32_t> user_items, std::span<const double> user_times = {},
                  std::span<const float> user_values = {}, std::span<const float> user_weights = {}) {
        items.insert(items.end(), user_items.begin(), user_items.end());
        times.insert(times.end(), user_times.begin(), user_times.end());
        values.insert(values.end(), user_values.begin(), user_values.end());
        weights.insert(weights.end(), user_weights.begin(), user_weights.end());
        starts.push_back(static_cast<std::int64_t>(items.size()));
        find_firsts(history(users() - 1));
        training.push_back(static_cast<std::int32_t>(user_items.size()));
        validation.push_back(-1);
        test.push_back(-1);
    }
    // Holds back a target of the last user for the test, the last one up to `place` or, with a cutoff, the first from `place` on; and,
    // if asked, the target before it for validation. Only what lies before them is learned from, and nothing from a cutoff on, be it a
    // target or only read. Where nothing would be left to learn from, a cutoff is kept all the same, without validation, and
    // otherwise the whole history is learned from and nothing tested.
    void hold_out(int place, bool with_validation, bool cutoff) {
        const int user = users() - 1, events = static_cast<int>(history(user).size());
        const auto is_one = [&](int i) { return i >= 0 && i < events; };
        int tested = place;
        while (is_one(tested) && !is_target(user, tested)) tested += cutoff ? 1 : -1;
        const int end = cutoff ? place : tested;
        int validated = with_validation ? end - 1 : -1;
        while (validated >= 0 && !is_target(user, validated)) validated--;
        const bool found = is_one(tested), validates = found && validated >= 1;
        if (!cutoff && (!found || (with_validation ? !validates : end < 1))) return;
        training.back() = validates ? validated : end;
        validation.back() = validates ? validated : -1;
        test.back() = found ? tested : -1;
    }

    // Training events of each item, or those of them that are targets.
    std::vector<std::int64_t> training_counts(bool targets = false) const {
        std::vector<std::int64_t> counts(catalogue.items, 0);
        for (int user = 0; user < users(); user++)
            for (int i = 0; i < training[user]; i++)
                if (!targets || is_target(user, i)) counts[history(user)[i]]++;
        return counts;
    }
    bool is_cold(std::int32_t item) const { return !cold.empty() && cold[item]; }
    bool is_served(std::int32_t item) const { return served.empty() || served[item]; }

    // How much more often users come back to items they have had than if everyone chose by popularity alone, as a logarithm, by
    // the events to learn from.
    double repeat_log_odds() const;

  private:
    void find_firsts(std::span<const std::int32_t> user_items) {
        std::vector<std::int32_t> order(user_items.size());
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return user_items[a] < user_items[b]; });
        const std::size_t start = firsts.size();
        firsts.resize(start + user_items.size());
        for (std::size_t i = 0; i < order.size(); i++) {
            const bool again = i > 0 && user_items[order[i]] == user_items[order[i - 1]];
            firsts[start + order[i]] = again ? firsts[start + order[i - 1]] : order[i];
        }
    }
};

}  // namespace holomamba::training
