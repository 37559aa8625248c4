// The whole network: holographic embedding, residual layers, head.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/catalogue.hpp"
#include "model/event.hpp"
#include "model/event_embedding.hpp"
#include "model/head.hpp"
#include "model/holographic_embedding.hpp"
#include "model/moment.hpp"
#include "model/options.hpp"
#include "model/parameters.hpp"
#include "model/pass.hpp"
#include "model/residual.hpp"
#include "model/slow_memory.hpp"

namespace holomamba::model {

class Network {
  public:
    // Makes one of the network's blocks; `prefix` begins the names of its parameters.
    using MakeBlock = std::unique_ptr<Layer>(const Options& options, const std::string& prefix,
                                             ParameterLayout& layout);

    // The catalogue is kept by reference. The blocks are those that the options name, or others of the caller's. Throws
    // std::logic_error where there are none of that name, or the rows of their states differ in width.
    Network(const Options& options, const Catalogue& catalogue, MakeBlock* make_block = nullptr);

    const ParameterLayout& layout() const { return layout_; }
    const HolographicEmbedding& embedding() const { return embedding_; }
    const Head& head() const { return head_; }
    const Options& options() const { return options_; }
    int dimension() const { return options_.dimension; }
    int items() const { return catalogue_.items; }

    // Sets the moments between which the trend of timed events is learned (Moment::set_knots), to so many of their times; what has
    // been learned of others goes over to them. Nothing where events are not timed.
    void set_knots(std::span<const float> knots, float* parameters) const;

    // Initial values of every parameter for a seed, in layout order.
    std::vector<float> initialise(std::uint64_t seed) const;

    // Makes an item that no event teaches anything about what unknown items are, with attributes of its own; where the head has a
    // table of its own, such an item stays as it began.
    void set_unknown(float* parameters, std::int32_t item) const;

    // The encoder's weights as serving reads them: layout().prepared_size() floats, for Pass::prepared.
    std::vector<float> prepare(std::span<const float> parameters) const;

    // --- the encoder: events in, one for each token of the pass, and vectors [tokens x d] out --------------------------
    struct Kept {
        std::vector<Residual::Kept> layers;
        const float* inputs;  // of the first layer
        EventEmbedding::Kept events;
        // Of events that are timed:
        const double* times;  // of the last event up to each token, kNoTime before the first
        SlowMemory::Kept memory;
        Moment::Kept moment;
    };
    // Returns the encoder's output, in the pass's arena.
    float* encode(Pass& pass, std::span<const TokenEvent> events, Kept& kept) const;
    // What items are scored against, in the pass's arena, from what encode() has returned: as of a moment for each token, in
    // seconds since 1970, or kNoTime. Where events are not timed, what has been returned.
    const float* answer(Pass& pass, const float* encoded, const double* at, Kept& kept) const;
    // The gradient of the events' token vectors, in the pass's arena, from that of the answer.
    float* backward(Pass& pass, const float* danswer, const Kept& kept) const;
    // One sequence's recurrent state: the rows of the layers' states one after another.
    const StateShape& state() const { return state_; }
    // Whether events are timed; then the last row of a state is the slow memory's.
    bool timed() const { return timed_.has_value(); }
    // Floats of a token that the layers' forward and backward work with.
    std::size_t activation_size() const { return activation_size_; }

  private:
    // Days between the events of the pass, and in `kept` their times.
    static const float* find_gaps(Pass& pass, std::span<const TokenEvent> events, Kept& kept);

    Options options_;
    const Catalogue& catalogue_;
    ParameterLayout layout_;
    HolographicEmbedding embedding_;
    std::optional<EventEmbedding> event_embedding_;
    std::vector<Residual> layers_;
    struct Timed {
        SlowMemory memory;
        Moment moment;
    };
    std::optional<Timed> timed_;
    Head head_;
    StateShape state_;
    std::size_t activation_size_ = 0;
};

}  // namespace holomamba::model
