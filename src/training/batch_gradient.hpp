// The loss of a batch and its gradient in every parameter, over several threads.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/stop.hpp"
#include "model/network.hpp"
#include "training/cross_entropy.hpp"
#include "training/dataset.hpp"
#include "training/negative_sampler.hpp"
#include "training/packing.hpp"

namespace holomamba::training {

// What a batch leaves to chance, as functions of a key: activations that are dropped, items that are known by their attributes
// alone, and sampled negatives.
struct Noise {
    float dropout = 0, item_dropout = 0;
    std::uint64_t key = 0;
};

// Every event of a window is predicted from what comes before it (see Window). Item tokens are composed once
// for the batch; pieces of it go through the network on one thread each; what the pieces want of the items is summed and
// taken back through the embedding once.
class BatchGradient {
  public:
    // Network and data are kept by reference. With `negatives`, an event is not scored against the whole catalogue but
    // against the items of the batch's targets and that many sampled ones, which takes a tied head. With `lookahead`, the
    // later targets of the window are to be found as well, each with that share of the one before.
    BatchGradient(const model::Network& network, const Dataset& data, int threads, int negatives = 0,
                  double lookahead = 0);
    ~BatchGradient();

    // Returns the sum of the cross-entropies of the windows' targets by their weights, and writes the gradient of their mean, in
    // layout order. Some window has a target.
    // The result depends on the number of threads only by rounding. Pass the same span every time, zeros at first: only what
    // the last batch left in the item table is cleared. Throws Cancelled.
    double compute(std::span<const Window> windows, std::span<const float> parameters, const Noise& noise,
                   base::Stop& stop, std::span<float> gradients);

    // The rows of the item table that the last batch read; gradients of others are zero.
    std::span<const std::int32_t> rows() const { return rows_; }

  private:
    struct Worker;  // what one thread owns
    struct Batch {
        const float* parameters;
        float scale, dropout;
        std::uint64_t key;  // of what is dropped
    };

    // The catalogue rows this batch needs, those that are scored first, and their places among them.
    void choose_rows(std::span<const Window> windows, std::uint64_t key);
    void want_row(std::int32_t row);
    void sample_rows(std::span<const Window> windows, std::uint64_t key);
    void mask_rows(const Noise& noise);
    // Where an item stands among those that are scored, or -1.
    std::int32_t place_in_head(std::int32_t item) const { return network_.head().tied() ? place_of_[item] : item; }
    // What is to be predicted where the window's event at this place comes next; false where there is nothing.
    bool add_targets(const Window& window, int event, Targets& targets) const;
    // Nothing of a batch in a worker's gradients, `size` of them: zeros, but in the rows that are scored against, which the first
    // piece writes over.
    void begin(Worker& worker, std::size_t size) const;
    void add_piece(std::span<const Window> windows, const Batch& batch, std::size_t first_token, Worker& worker);

    const model::Network& network_;
    const Dataset& data_;
    int threads_, negatives_;
    const kernels::Table& kernels_;
    std::vector<float> shares_;  // of the next event, the one after it, …
    std::optional<NegativeSampler> sampler_;
    std::vector<std::int32_t> rows_, place_of_;
    std::vector<std::uint8_t> masked_;  // of each row: known by its attributes alone
    int scored_ = 0;                    // rows_[0 .. scored_) are items that are scored
    std::vector<float> log_inclusion_;  // of each of them, where they are sampled
    std::vector<float> scored_bias_;
    model::HolographicEmbedding::Composed composed_;
    std::vector<Worker> workers_;
};

}  // namespace holomamba::training
