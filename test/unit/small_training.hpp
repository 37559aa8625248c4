// A data set that is learned in no time, and options to do so.
#pragma once

#include <initializer_list>
#include <utility>
#include <vector>

#include "model/options.hpp"
#include "training/trainer.hpp"

namespace holomamba::training {

// Users who walk round a ring of items: after item i comes i + 1.
inline Dataset ring(int items, int users, int length) {
    Dataset data;
    data.catalogue.items = items;
    for (int u = 0; u < users; u++) {
        std::vector<std::int32_t> events;
        for (int i = 0; i < length; i++) events.push_back((u * 7 + i) % items);
        data.add_user(events);
        data.hold_out(length - 1, true, false);
    }
    return data;
}

inline model::Options small_options() {
    model::Options options;
    for (const auto& [name, value] :
         std::initializer_list<std::pair<const char*, const char*>>{{"dimension", "16"},
                                                                    {"layers", "1"},
                                                                    {"batch_size", "8"},
                                                                    {"epochs", "12"},
                                                                    {"dropout", "0.1"},
                                                                    {"learning_rate", "0.01"},
                                                                    {"threads", "1"},
                                                                    {"max_history", "9"},
                                                                    {"lookahead", "0"}})
        options.set(name, value);
    return options;
}

inline std::vector<float> train(const Dataset& data, const model::Options& options,
                                std::vector<EpochReport>* reports = nullptr) {
    Trainer trainer(data, options);
    for (;;) {
        const EpochReport report = trainer.run_epoch({});
        if (reports) reports->push_back(report);
        if (report.last) return {trainer.best().begin(), trainer.best().end()};
    }
}

}  // namespace holomamba::training
