#include "training/dataset.hpp"

#include <cmath>

namespace holomamba::training {

double Dataset::repeat_log_odds() const {
    const std::vector<std::int64_t> popularity = training_counts(true);
    const auto total = static_cast<double>(std::accumulate(popularity.begin(), popularity.end(), std::int64_t{0}));
    double repeats = 0, expected = 0;
    for (int user = 0; user < users(); user++) {
        double seen = 0;  // the share of all targets that are of items this user has had so far
        for (int i = 0; i < training[user]; i++) {
            const bool again = seen_before(user, i, i);
            if (is_target(user, i)) {
                expected += seen;
                repeats += again;
            }
            if (!again) seen += static_cast<double>(popularity[history(user)[i]]) / total;
        }
    }
    return std::log((repeats + 0.5) / (expected + 0.5));
}

}  // namespace holomamba::training
