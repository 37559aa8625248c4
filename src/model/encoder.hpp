// The serving side of a network: users' states and what events do to them.
//
// A state after some events is the same to the last bit however they came: one at a time, in batches of any sizes,
// whole, alone or beside other users'. It depends on the weights, the events and the processor's instruction set:
// kernels for AVX2 and AVX-512 agree, those for older processors round otherwise in the last digits.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "model/network.hpp"
#include "model/state_format.hpp"

namespace holomamba::model {

// One user's part of a batch.
struct UserEvents {
    std::byte* state;  // Encoder::state_bytes() of them: read, and replaced by the state after the events
    std::span<const TokenEvent> events;  // oldest first
};

class Encoder {
  public:
    // The blocks as for Network. Throws std::exception where their states do not fit.
    explicit Encoder(const Options& options, const EventColumns& events = {},
                     const kernels::Table& kernels = kernels::table(), Network::MakeBlock* make_block = nullptr);

    // Copies a stored parameter; names the encoder has no use for are passed over. Of embedding.items only the last two
    // rows, the unknown item and the start token, need be given. Throws Error where the size is wrong.
    void set_parameter(std::string_view name, std::span<const float> values);
    // Calls use(ParameterInfo) for each parameter that must be set: those of the network but for the head's.
    template <typename Use>
    void for_each_parameter(Use&& use) const {
        for (const ParameterInfo& p : network_.layout().parameters())
            if (reads(p)) use(p);
    }
    // Those of a whole network, in its layout's order.
    void set_parameters(const ParameterLayout& layout, std::span<const float> parameters);
    // Throws Error unless every parameter has been set. Call once, before the rest.
    void finish();

    const Options& options() const { return network_.options(); }
    int dimension() const { return network_.dimension(); }
    std::size_t state_bytes() const { return codec_.bytes(); }
    StateFormat format() const { return codec_.format(); }
    // The state of a user without events: after the start token.
    std::span<const std::byte> start() const { return start_state_; }
    // What items are scored against [d], as of a moment, in seconds since 1970 (kNoTime: that of the last event), and as it is
    // stored for items' targets [Head::stored_size].
    void vector(const std::byte* state, double at, float* vector) const;
    void stored_vector(const std::byte* state, double at, float* stored) const {
        vector(state, at, stored);
        Head::complete_vector(dimension(), stored);
    }

    // What advance() works in; one for each thread, kept so that an event allocates nothing.
    struct Workspace {
        Arena arena;
        Network::Kept kept;
        std::vector<TokenEvent> events;
        std::vector<int> starts;
        std::vector<std::size_t> users;  // whose events the sequences are
        std::vector<double> times;       // of their last events
    };
    // Moves states through events. An event costs the same whatever came before it, and less in company: the dense
    // layers take the events of many users as one matrix. The states must differ. Throws Error where numbers are no
    // longer finite; some of the states may have been replaced by then.
    void advance(std::span<const UserEvents> users, Workspace& workspace) const;
    void advance(std::byte* state, std::span<const TokenEvent> events) {
        const UserEvents user{state, events};
        advance({&user, 1}, workspace_);
    }

  private:
    static bool reads(const ParameterInfo& parameter) {
        return parameter.size > 0 && !parameter.name.starts_with("head.");
    }
    // The workspace's sequences through the network: states [sequences x recurrent] are replaced; returns [tokens x d].
    const float* encode(float* states, Workspace& workspace) const;

    Catalogue no_items_;
    Network network_;
    StateCodec codec_;
    const kernels::Table& kernels_;
    std::vector<float> parameters_, prepared_;
    std::vector<bool> known_;
    std::vector<float> unknown_;  // token [d]
    std::vector<std::byte> start_state_;
    Workspace workspace_;
};

}  // namespace holomamba::model
