// The loss of a batch and its gradient in every parameter, over several threads.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "model/network.hpp"
#include "training/dataset.hpp"
#include "training/negative_sampler.hpp"
#include "training/packing.hpp"
#include "training/parallel.hpp"

namespace holomamba {

// Every event of a window is predicted from what comes before it (see Window). Item tokens are composed once
// for the batch; pieces of it go through the network on one thread each; what the pieces want of the items is summed and
// taken back through the embedding once.
class BatchGradient {
  public:
    // Network and data are kept by reference. With `negatives`, an event is not scored against the whole catalogue but
    // against the items of the batch's targets and that many sampled ones, which takes a tied head.
    BatchGradient(const Network& network, const Dataset& data, int threads, int negatives = 0);
    ~BatchGradient();

    // Returns the sum of the cross-entropies of the windows' events, and writes the gradient of their mean, in layout order.
    // The result depends on the number of threads only by rounding. Pass the same span every time, zeros at first: only what
    // the last batch left in the item table is cleared. Throws Cancelled.
    double compute(std::span<const Window> windows, std::span<const float> parameters, float dropout, std::uint64_t key, Stop& stop,
                   std::span<float> gradients);

    // The rows of the item table that the last batch read; gradients of others are zero.
    std::span<const std::int32_t> rows() const { return rows_; }

  private:
    struct Worker;  // what one thread owns
    struct Batch {
        const float* parameters;
        float scale, dropout;
    };

    // The catalogue rows this batch needs, those that are scored first, and their places among them.
    void choose_rows(std::span<const Window> windows, std::uint64_t key);
    void want_row(std::int32_t row);
    void sample_rows(std::span<const Window> windows, std::uint64_t key);
    void add_piece(std::span<const Window> windows, const Batch& batch, std::uint64_t key, Worker& worker);

    const Network& network_;
    const Dataset& data_;
    int threads_, negatives_;
    const KernelTable& kernels_;
    std::optional<NegativeSampler> sampler_;
    std::vector<std::int32_t> rows_, place_of_;
    int scored_ = 0;                     // rows_[0 .. scored_) are items that are scored
    std::vector<float> log_inclusion_;   // of each of them, where they are sampled
    std::vector<float> scored_bias_;
    HolographicEmbedding::Composed composed_;
    std::vector<Worker> workers_;
};

}  // namespace holomamba
