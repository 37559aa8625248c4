// The serving side of a network: one user's state and what an event does to it.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "model/network.hpp"

namespace holomamba {

// A user's state is a flat array: the recurrent state of every layer, then the vector the encoder gave last [d].
class Encoder {
  public:
    explicit Encoder(const Options& options);

    // Copies a stored parameter; names the encoder has no use for are passed over. Of embedding.items only the last two
    // rows, the unknown item and the start token, need be given. Throws Error where the size is wrong.
    void set_parameter(std::string_view name, std::span<const float> values);
    // Throws Error unless every parameter has been set. Call once, before the rest.
    void finish();

    int dimension() const { return network_.dimension(); }
    std::size_t state_size() const { return network_.state_size() + dimension(); }
    // The state of a user without events: after the start token.
    void start(std::span<float> state);
    // Moves a state through `count` events. tokens[i] is the item's token vector [d]; nullptr stands for an item that the
    // model does not know. One event costs the same whatever came before it.
    void advance(std::span<float> state, std::span<const float* const> tokens);
    // What items' targets are scored against.
    std::span<const float> vector(std::span<const float> state) const { return state.last(static_cast<std::size_t>(dimension())); }

  private:
    void feed(std::span<float> state, float* tokens, int count);

    Catalogue no_items_;
    Network network_;
    std::vector<float> parameters_;
    std::vector<bool> known_;
    std::vector<float> unknown_, start_;  // tokens [d]
    Arena arena_;                         // kept, so that an event allocates nothing
};

}  // namespace holomamba
