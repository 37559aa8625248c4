#include "model/encoder.hpp"

#include <algorithm>
#include <string>

#include "hrr/error.hpp"

namespace holomamba {

Encoder::Encoder(const Options& options)
    : network_(options, no_items_),
      parameters_(network_.layout().size()),
      known_(network_.layout().parameters().size(), false) {}

void Encoder::set_parameter(std::string_view name, std::span<const float> values) {
    const auto& parameters = network_.layout().parameters();
    for (std::size_t i = 0; i < parameters.size(); i++) {
        if (parameters[i].name != name) continue;
        if (values.size() != parameters[i].size)
            throw Error(ErrorKind::corrupted, "parameter \"" + std::string(name) + "\" has the wrong size");
        std::copy(values.begin(), values.end(), parameters_.begin() + static_cast<std::ptrdiff_t>(parameters[i].offset));
        known_[i] = true;
    }
}

void Encoder::finish() {
    const auto& parameters = network_.layout().parameters();
    for (std::size_t i = 0; i < parameters.size(); i++)
        if (!known_[i] && parameters[i].size > 0)
            throw Error(ErrorKind::corrupted, "parameter \"" + parameters[i].name + "\" is missing");
    const HolographicEmbedding& embedding = network_.embedding();
    const std::vector<std::int32_t> rows{embedding.unknown_row(), embedding.start_row()};
    HolographicEmbedding::Composed composed;
    embedding.prepare(parameters_.data(), rows.size(), composed);
    embedding.compose(kernels(), parameters_.data(), rows, {}, 0, rows.size(), composed);
    unknown_.assign(composed.token.begin(), composed.token.begin() + dimension());
    start_.assign(composed.token.begin() + dimension(), composed.token.end());
}

void Encoder::start(std::span<float> state) {
    std::fill(state.begin(), state.end(), 0.0f);
    std::vector<float> token = start_;
    feed(state, token.data(), 1);
}

void Encoder::advance(std::span<float> state, std::span<const float* const> tokens) {
    // Long histories go in pieces, so that memory stays bounded whatever the length.
    constexpr std::size_t kPiece = 512;
    const std::size_t d = dimension();
    for (std::size_t first = 0; first < tokens.size(); first += kPiece) {
        const Arena::Mark mark = arena_.mark();
        const std::size_t count = std::min(kPiece, tokens.size() - first);
        float* packed = arena_.take(count * d);
        for (std::size_t t = 0; t < count; t++)
            std::copy_n(tokens[first + t] ? tokens[first + t] : unknown_.data(), d, packed + t * d);
        feed(state, packed, static_cast<int>(count));
        arena_.release(mark);
    }
}

void Encoder::feed(std::span<float> state, float* tokens, int count) {
    const Arena::Mark mark = arena_.mark();
    const int starts[] = {0, count};
    Pass pass{.kernels = kernels(),
              .parameters = parameters_.data(),
              .gradients = nullptr,
              .starts = starts,
              .arena = arena_,
              .states = state.data(),
              .state_stride = state.size()};
    Network::Kept kept;
    const float* encoded = network_.encode(pass, tokens, kept);
    const std::size_t d = dimension();
    std::copy_n(encoded + (static_cast<std::size_t>(count) - 1) * d, d, state.data() + network_.state_size());
    arena_.release(mark);
}

}  // namespace holomamba
