// Ranks held-out events over the whole catalogue.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "base/stop.hpp"
#include "model/network.hpp"
#include "training/dataset.hpp"
#include "training/metrics.hpp"
#include "training/rankers.hpp"

namespace holomamba::training {

enum class Held { validation, test };

// Which of a user's events from the held-out one on are asked for: that one, the last, or each in turn, those before it being
// history. A validation event stands alone.
enum class TestTargets { first, last, successive };

struct EvaluationOptions {
    int k = 10;
    bool exclude_seen =
        true;  // what the user has had cannot be recommended: P-excl in docs/performance.md, else P-open
    int threads = 1;
    TestTargets targets = TestTargets::first;
};

// What is known beforehand of a held-out event. An event is of all its segments.
enum class Segment {
    first_time,  // the user has not had the item
    repeated,
    new_users,  // with nothing to learn from
    new_items,
    head,  // the items that together have half of the events to learn from, the most popular ones
    tail,  // the others that have any
    count
};
const char* name_of(Segment segment);

struct Evaluation {
    struct Part {
        Metrics metrics;
        std::int64_t users = 0;
    };
    Part all;
    std::array<Part, static_cast<std::size_t>(Segment::count)> segments;
    std::int64_t not_served = 0;  // events whose item cannot be recommended: they count as missed
    double coverage = 0;          // share of the items that can be, that stand in some user's top k
};

// The model: each held-out user's history before the event is encoded and all items are scored. Where the model trains on
// last windows only, so much of the history is read.
Evaluation evaluate_model(const model::Network& network, std::span<const float> parameters,
                          const model::Options& options, const Dataset& data, Held held, const EvaluationOptions& how,
                          const base::StopCheck& stop);

// What needs no model.
Evaluation evaluate_ranker(const Ranker& ranker, const Dataset& data, Held held, const EvaluationOptions& how,
                           const base::StopCheck& stop);

// Whether what users have had before is part of the question: where repeats are learned and there are more of them than chance
// would bring. Elsewhere seen items are left out.
bool repeats_count(const model::Options& options, const Dataset& data);

}  // namespace holomamba::training
