// Ranks held-out events over the whole catalogue.
#pragma once

#include <span>
#include <vector>

#include "base/stop.hpp"
#include "model/network.hpp"
#include "training/dataset.hpp"
#include "training/metrics.hpp"

namespace holomamba::training {

enum class Held { validation, test };

struct EvaluationOptions {
    int k = 10;
    bool exclude_seen =
        true;  // what the user has had cannot be recommended: P-excl in docs/performance.md, else P-open
    int threads = 1;
};

struct Evaluation {
    Metrics metrics;
    double coverage = 0;  // share of the catalogue that stands in some user's top k
};

// The model: each held-out user's history before the event is encoded and all items are scored. Where the model trains on
// last windows only, so much of the history is read.
Evaluation evaluate_model(const model::Network& network, std::span<const float> parameters,
                          const model::Options& options, const Dataset& data, Held held, const EvaluationOptions& how,
                          const base::StopCheck& stop);

// The same with every item's number of training events as its score.
Evaluation evaluate_popularity(const Dataset& data, Held held, const EvaluationOptions& how,
                               const base::StopCheck& stop);

}  // namespace holomamba::training
