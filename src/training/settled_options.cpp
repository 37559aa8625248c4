#include "training/settled_options.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/parallel.hpp"
#include "model/head.hpp"

namespace holomamba::training {
namespace {

// Short histories overfit sooner: half of all activations go where an event is one of 16 of its user, a fifth where it is
// one of 400. Counted by events and not by users: many who have come once do not make the histories of the others short.
double dropout_for(double history) {
    const double share = 0.5 - 0.3 * std::log(std::max(history, 1.0) / 16) / std::log(400.0 / 16);
    return std::round(20 * std::clamp(share, 0.2, 0.5)) / 20;
}

// 0 up to 100,000 events, 1 from 250,000 on: between the data sets of docs/performance.md, "What options do".
double plenty(double events) {
    return std::clamp(std::log(std::max(events, 1.0) / 100000) / std::log(2.5), 0.0, 1.0);
}

// Where events are few each has to teach several states, where they are many their order can be learned.
double lookahead_for(double events) {
    return std::round(10 * (1 - plenty(events))) / 20;
}

// Where events are few, rare items are overshot.
double learning_rate_for(double events) {
    return std::round(4 * std::exp2(plenty(events))) / 1000;
}

// Adam wants steps, and matrices want rows: a power of two from 16 to 128 that leaves an epoch some 150 steps.
int batch_size_for(double windows) {
    return static_cast<int>(std::bit_floor(static_cast<unsigned>(std::clamp(windows / 150, 16.0, 128.0))));
}

// Items that few events speak of are overfitted sooner: 12 passes where an item has 12 events, 20 where it has 300. But
// always so many that the optimiser takes a thousand steps.
int epochs_for(double events_per_item, double steps_an_epoch) {
    const double passes = 6 + 2.5 * std::log(std::max(events_per_item, 1.0));
    return static_cast<int>(std::round(std::clamp(std::max(passes, 1000 / steps_an_epoch), 1.0, 100.0)));
}

}  // namespace

model::Options settled(model::Options options, const Dataset& data) {
    double events = 0, users = 0, windows = 0, history = 0;
    for (const std::int32_t count : data.training) {
        events += count;
        history += static_cast<double>(count) * count;
        users += count > 0;
        windows += (count + options.max_history - 1) / options.max_history;
    }
    if (options.windows == "last") windows = users;
    if (options.batch_size == model::Options::kAuto) options.batch_size = batch_size_for(windows);
    if (options.epochs == model::Options::kAuto)
        options.epochs = epochs_for(events / std::max(data.catalogue.items, 1),
                                    std::max(1.0, std::ceil(windows / options.batch_size)));
    if (options.dropout == model::Options::kAuto) options.dropout = dropout_for(history / std::max(events, 1.0));
    if (options.learning_rate == model::Options::kAuto) options.learning_rate = learning_rate_for(events);
    if (options.lookahead == model::Options::kAuto) options.lookahead = lookahead_for(events);
    // A score for every item of a large catalogue costs more than all else (bench/large_catalogue.sh).
    if (options.negatives == model::Options::kAuto)
        options.negatives = model::Head::is_tied(options) && data.catalogue.items > 50000 ? 4096 : 0;
    options.threads = base::thread_count(options.threads);
    return options;
}

std::vector<std::pair<std::string, std::string>> settled_values(const model::Options& options) {
    std::vector<std::pair<std::string, std::string>> values{{"threads", options.get("threads")}};
    for (const model::OptionInfo& option : model::describe_options())
        if (option.automatic) values.emplace_back(option.name, options.get(option.name));
    return values;
}

}  // namespace holomamba::training
