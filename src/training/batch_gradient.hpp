// The loss of a batch and its gradient in every parameter, over several threads.
#pragma once

#include <span>
#include <vector>

#include "model/network.hpp"
#include "training/dataset.hpp"
#include "training/packing.hpp"
#include "training/parallel.hpp"

namespace holomamba {

// Every event of a window is predicted from what comes before it (see Window). Item tokens are composed once
// for the batch; pieces of it go through the network on one thread each; what the pieces want of the items is summed and
// taken back through the embedding once.
class BatchGradient {
  public:
    // Network and data are kept by reference.
    BatchGradient(const Network& network, const Dataset& data, int threads);
    ~BatchGradient();

    // Returns the sum of the cross-entropies of the windows' events, and writes the gradient of their mean, in layout order.
    // The result depends on the number of threads only by rounding. Throws Cancelled.
    double compute(std::span<const Window> windows, std::span<const float> parameters, float dropout, std::uint64_t key, Stop& stop,
                   std::span<float> gradients);

  private:
    struct Worker;  // what one thread owns
    struct Batch {
        const float* parameters;
        float scale, dropout;
    };

    // The catalogue rows this batch needs, and their places among them.
    void choose_rows(std::span<const Window> windows);
    void add_piece(std::span<const Window> windows, const Batch& batch, std::uint64_t key, Worker& worker);

    const Network& network_;
    const Dataset& data_;
    int threads_;
    const KernelTable& kernels_;
    std::vector<std::int32_t> rows_, place_of_;
    HolographicEmbedding::Composed composed_;
    std::vector<Worker> workers_;
};

}  // namespace holomamba
