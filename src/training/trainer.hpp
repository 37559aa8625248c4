// Training: epochs over packed histories, full cross-entropy, AdamW.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/large.hpp"
#include "model/network.hpp"
#include "training/batch_gradient.hpp"
#include "training/checkpoint.hpp"
#include "training/dataset.hpp"
#include "training/metrics.hpp"

namespace holomamba::training {

struct EpochReport {
    int epoch = 0;                      // from 1
    double loss = 0;                    // mean cross-entropy of a training event, in nats
    std::optional<Metrics> validation;  // at 10, where validation events are held back; seen items by repeats_count()
    double seconds = 0;                 // of training, without validation
    std::int64_t tokens = 0;            // training events
    double learning_rate = 0;           // of the last step
    double gradient_norm = 0;           // mean over the steps, before the clip
    bool best = false;                  // these are the weights to keep so far
    bool last = false;                  // the last epoch, or patience has run out
};

// Deterministic for a seed and a number of threads.
class Trainer {
  public:
    // Takes the data. Throws Error where there is nothing to learn from.
    Trainer(Dataset data, const model::Options& options);

    // One pass over the training events and, where there are any, the validation events. Throws Cancelled soon after
    // `stop` says so; the trainer is of no more use then.
    EpochReport run_epoch(const base::StopCheck& stop);

    // Whether the last epoch has been run, or patience has run out.
    bool finished() const;
    // Everything that run_epoch changes: written after an epoch and read into a trainer with the same data, options and
    // number of threads, the next epochs are those of an unbroken run, bit for bit.
    std::vector<StoredArray> state();
    // After that: throws Error (corrupted) where no training of this data and these options can have come to such a state.
    void check_state() const;

    const model::Network& network() const { return *network_; }
    const Dataset& data() const { return data_; }
    // The weights, to start from others than random ones before the first epoch, and what is to be called then: trends that they
    // have learned go over to the time of this data.
    std::span<float> parameters() { return parameters_; }
    void fit_trend();
    // The weights of the best epoch; without validation, of the last.
    std::span<const float> best() const { return validated_ ? best_ : parameters_; }
    int epoch() const { return epoch_; }
    int best_epoch() const { return best_epoch_; }
    std::int64_t training_events() const;

  private:
    // What the training events weigh as targets, all together.
    double training_weight() const;
    void make_windows();
    // Items that no event teaches anything about become what unknown items are, with attributes of their own.
    void know_cold_items_by_attributes();
    // One step of AdamW along the clipped gradient; returns its norm before the clip.
    double step(double rate);
    // What a step changes. With sampled negatives, items that the batch did not read stay as they are, momentum and all.
    void choose_shares();
    double learning_rate() const;

    model::Options options_;
    Dataset data_;
    std::unique_ptr<model::Network> network_;
    int threads_;
    bool repeats_count_ = false;
    bool validated_;  // validation events are held back, so the best weights are not always the last
    const kernels::Table& kernels_;
    base::LargeFloats parameters_, gradients_, first_moment_, second_moment_, best_;
    std::vector<Window> windows_;
    struct Share {
        std::size_t first, last;
        bool decays;
    };
    std::vector<Share> shares_;
    BatchGradient batch_gradient_;
    base::Random random_;
    std::int64_t steps_ = 0, steps_per_epoch_ = 0;
    int epoch_ = 0, best_epoch_ = 0;
    double best_ndcg_ = -1;
};

}  // namespace holomamba::training
