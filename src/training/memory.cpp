#include "training/memory.hpp"

#include "training/packing.hpp"

namespace holomamba::training {

std::size_t training_memory(const model::Network& network, const model::Options& options, const Dataset& data,
                            int threads) {
    constexpr std::size_t kFloat = sizeof(float), kComplex = 2 * sizeof(float);
    const std::size_t parameters = network.layout().size(), d = network.dimension();
    const std::size_t rows = network.embedding().rows(), items = network.items(), workers = threads;
    std::size_t values = 0, vectors = 0, given = 0;
    for (const model::Attribute& attribute : data.catalogue.attributes) {
        if (attribute.kind == model::AttributeKind::vector) {
            vectors++;
            given +=
                attribute.vectors.size() + attribute.indices.size() + d * static_cast<std::size_t>(attribute.values);
        } else {
            values += attribute.kind == model::AttributeKind::number ? 1 : attribute.values;
        }
    }

    // Histories, and each window twice: as it is and in the epoch's order.
    const std::size_t windows = data.items.size() / static_cast<std::size_t>(options.max_history) + data.users();
    const std::size_t histories = data.items.size() * 8 + data.times.size() * sizeof(double) +
                                  (data.values.size() + data.weights.size()) * kFloat +
                                  static_cast<std::size_t>(data.users()) * 20 + windows * 24;
    // Value, gradient, two moments, best so far; and the gradient of each worker but one.
    const std::size_t weights = parameters * (4 + workers) * kFloat;
    // Composed items: raw and token, their spectra and those of the values; vectors of items and their projections; gradients of all of that in each worker.
    const std::size_t composed = rows * (2 * d * kFloat + (1 + vectors) * (d / 2 + 1) * kComplex) + given * kFloat +
                                 values * (d / 2 + 1) * kComplex * (1 + workers) +
                                 rows * d * kFloat * workers * (network.head().tied() ? 2 : 1);
    // A piece's activations with what backward needs, and a tile of scores.
    const std::size_t tokens = kPieceTokens + static_cast<std::size_t>(options.max_history);
    const std::size_t scores = 128 * items;
    return histories + weights + composed + workers * (tokens * network.activation_size() + scores) * kFloat;
}

}  // namespace holomamba::training
