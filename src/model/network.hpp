// The whole network: holographic embedding, residual layers, head.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/catalogue.hpp"
#include "model/holographic_embedding.hpp"
#include "model/options.hpp"
#include "model/parameters.hpp"
#include "model/pass.hpp"
#include "model/residual.hpp"

namespace holomamba::model {

class Network {
  public:
    // Makes one of the network's blocks; `prefix` begins the names of its parameters.
    using MakeBlock = std::unique_ptr<Layer>(const Options& options, const std::string& prefix, ParameterLayout& layout);

    // The catalogue is kept by reference. The blocks are those that the options name, or others of the caller's. Throws
    // std::logic_error where there are none of that name, or the rows of their states differ in width.
    Network(const Options& options, const Catalogue& catalogue, MakeBlock* make_block = nullptr);

    const ParameterLayout& layout() const { return layout_; }
    const HolographicEmbedding& embedding() const { return embedding_; }
    const Options& options() const { return options_; }
    int dimension() const { return options_.dimension; }
    int items() const { return catalogue_.items; }
    bool tied() const { return options_.head == "tied"; }

    // Initial values of every parameter for a seed, in layout order.
    std::vector<float> initialise(std::uint64_t seed) const;

    // The encoder's weights as serving reads them: layout().prepared_size() floats, for Pass::prepared.
    std::vector<float> prepare(std::span<const float> parameters) const;

    // --- the encoder: tokens [tokens x d] in, vectors [tokens x d] out ------------------------------------------------
    struct Kept {
        std::vector<Residual::Kept> layers;
    };
    // Returns the encoder's output, in the pass's arena. Drops tokens in place when the pass has a dropout rate.
    float* encode(Pass& pass, float* tokens, Kept& kept) const;
    // The gradient of the tokens, in the pass's arena, from that of the output.
    float* backward(Pass& pass, const float* doutput, const Kept& kept) const;
    // One sequence's recurrent state: the rows of the layers' states one after another.
    const StateShape& state() const { return state_; }
    // Floats of a token that the layers' forward and backward work with.
    std::size_t activation_size() const { return activation_size_; }

    // --- the head -------------------------------------------------------------------------------------------------------
    // Scores are vector . table_i + bias_i over items 0 .. items-1. A tied head's table is the embedding's raw vectors.
    std::size_t head_table() const { return head_table_; }  // untied: offset of [items x d]
    std::size_t head_bias() const { return head_bias_; }    // tied: offset of [items]
    // The bias of items that are known by their attributes alone. Offset of [1], where training learns from such.
    bool learns_unknown() const { return tied() && options_.item_dropout > 0 && !catalogue_.attributes.empty(); }
    std::size_t head_unknown_bias() const { return head_unknown_bias_; }
    // What is added to the score of an item that the user has had before: one number, so that a small state need not
    // remember every item. Offset of [1], where repeats are learned.
    bool learns_repeats() const { return options_.repeats == "learned"; }
    std::size_t head_repeat() const { return head_repeat_; }

  private:
    Options options_;
    const Catalogue& catalogue_;
    ParameterLayout layout_;
    HolographicEmbedding embedding_;
    std::vector<Residual> layers_;
    StateShape state_;
    std::size_t activation_size_ = 0;
    std::size_t head_table_ = 0, head_bias_ = 0, head_unknown_bias_ = 0, head_repeat_ = 0;
};

}  // namespace holomamba::model
