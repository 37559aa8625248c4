#include "training/settled_options.hpp"

#include <algorithm>
#include <cmath>

#include "training/parallel.hpp"

namespace holomamba {
namespace {

// Short histories overfit sooner: half of all activations go where users have 8 events, a fifth where they have 160.
double dropout_for(double events_per_user) {
    const double share = 0.5 - 0.3 * std::log(std::max(events_per_user, 1.0) / 8) / std::log(160.0 / 8);
    return std::round(20 * std::clamp(share, 0.2, 0.5)) / 20;
}

}  // namespace

Options settled(Options options, const Dataset& data) {
    double events = 0, users = 0;
    for (const std::int32_t count : data.training) {
        events += count;
        users += count > 0;
    }
    if (options.dropout == Options::kAuto) options.dropout = dropout_for(events / std::max(users, 1.0));
    // A score for every item of a large catalogue costs more than all else (bench/large_catalogue.sh).
    if (options.negatives == Options::kAuto)
        options.negatives = options.head == "tied" && data.catalogue.items > 50000 ? 4096 : 0;
    options.threads = thread_count(options.threads);
    return options;
}

}  // namespace holomamba
