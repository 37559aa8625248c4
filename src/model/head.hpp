// What the score of an item is: the one owner of targets, biases and repeats, for training, serving and explanations.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "model/catalogue.hpp"
#include "model/holographic_embedding.hpp"
#include "model/options.hpp"
#include "model/parameters.hpp"

namespace holomamba::model {

// For the encoder's vector, score_i = vector . row_i + bias_i, plus `repeat` where the user has had item i.
//   tied    row_i is the item's raw_i (holographic_embedding.hpp)
//   untied  row_i is one of a table of the head's own, and there is no bias
// An item that is known by its attributes alone has the unknown item's bias.
class Head {
  public:
    Head(const Options& options, const Catalogue& catalogue, ParameterLayout& layout);
    void initialise(base::Random& random, float* parameters) const;

    // Whether items are scored by their composed vectors.
    bool tied() const { return is_tied(options_); }
    static bool is_tied(const Options& options) { return options.head == "tied"; }
    // Whether training meets items that are known by their attributes alone.
    bool learns_unknown() const { return tied() && options_.item_dropout > 0 && has_attributes_; }
    // Whether repeats have a score: one number, so that a small state need not remember every item.
    bool learns_repeats() const { return options_.repeats == "learned"; }

    // --- scores ---------------------------------------------------------------------------------------------------------
    // What vectors are scored against.
    struct View {
        const float* rows;  // [items x d]
        const float* bias;  // [items], or nullptr
        float repeat;
    };
    // The items whose raw vectors these are [items x d], all of the catalogue in its order.
    View view(const float* parameters, const float* raw) const { return view(parameters, raw, parameters + bias_); }
    // Those of a batch of training, with biases of its own. An untied head knows the whole catalogue only.
    View view(const float* parameters, const float* raw, const float* bias) const;

    std::optional<float> repeat(const float* parameters) const;
    void set_repeat(float* parameters, float score) const { parameters[repeat_] = score; }  // where it is learned
    // The bias of an item that no event teaches anything about.
    void set_unknown(float* parameters, std::int32_t item) const;

    // --- as stored: an item's target (row_i, bias_i) and a user's vector (vector, 1) have the score as their inner product --
    static int stored_size(int dimension) { return dimension + 1; }
    static void complete_vector(int dimension, float* stored) { stored[dimension] = 1; }
    static void store_target(int dimension, const View& view, std::size_t place, float* target);
    // The view of one stored target.
    static View stored_view(int dimension, const float* target) { return {target, target + dimension, 0}; }

    // --- training: a batch scores against some items, `rows`, of which some may be known by their attributes alone, `masked` ---
    // Their biases, each less what it is corrected by; no list: nothing. Nothing where there are none.
    void choose_bias(const float* parameters, std::span<const std::int32_t> rows, std::span<const std::uint8_t> masked,
                     std::span<const float> corrections, std::vector<float>& bias) const;
    // The gradient of a view: added to; nullptr where there is no such parameter. Fresh rows hold nothing yet and are written
    // over.
    struct Gradient {
        float* rows;
        float* bias;
        float* repeat;
        bool fresh = false;
    };
    // `raw` and `bias` are the batch's own, for the embedding and add_bias_gradient; the rest is among all gradients.
    Gradient gradient(float* raw, float* bias, float* gradients) const;
    void add_bias_gradient(std::span<const std::int32_t> rows, std::span<const std::uint8_t> masked,
                           std::span<const float> bias, float* gradients) const;

    // --- explanations ---------------------------------------------------------------------------------------------------
    // What something of an item brings to its score.
    struct Contribution {
        enum Kind { attribute, item, bias } kind;
        int number;          // of the attribute
        std::int32_t value;  // of a category; of a number -1
        double score;
    };
    // Of the item at a place of what was composed of `row`, for a vector [d]: one for each value of its attributes, then the item
    // itself and the bias. They add up to the score; events and repeats are no part of an item.
    std::vector<Contribution> explain(const View& view, const HolographicEmbedding& embedding, const float* parameters,
                                      const HolographicEmbedding::Composed& composed, std::size_t place,
                                      std::int32_t row, const float* vector) const;

  private:
    std::size_t bias_of(std::int32_t item, bool masked) const {
        return masked ? unknown_bias_ : bias_ + static_cast<std::size_t>(item);
    }

    Options options_;
    int items_;
    bool has_attributes_;
    std::size_t table_ = 0, bias_ = 0, unknown_bias_ = 0, repeat_ = 0;
};

}  // namespace holomamba::model
