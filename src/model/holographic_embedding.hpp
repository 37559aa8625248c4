// Items bound to their attributes (arXiv 2601.08360), by several roles, with numbers and vectors as well.
#pragma once

#include <complex>
#include <functional>
#include <span>
#include <vector>

#include "base/large.hpp"
#include "model/catalogue.hpp"
#include "model/options.hpp"
#include "model/parameters.hpp"
#include "model/pass.hpp"

namespace holomamba::model {

// raw_i   = e_i + sum_r ( bound_r s bind(e_i, f_ir) + added_r f_ir ),   f_ir = bind(role_r, mean of the values of i)
// token_i = LayerNorm(raw_i)
// With the option "attributes" one of bound_r and added_r stays zero.
// s = 1; with the paper's initialisation s = 1/sqrt(d), there is no added_r, and the roles are the identity.
// Two rows follow the items: the unknown item and the start token, without attributes. An item that stands for itself by its
// attributes alone, because no event has taught anything about it, has the unknown item's vector as its e_i.
// A number x has the value base^x, the fractional power of a fixed unitary vector (Plate 1995, section 3.6.5); a vector x, of
// unit length, has the value W_r x by a learned matrix, whose columns start as values of a category do.
class HolographicEmbedding {
  public:
    HolographicEmbedding(const Options& options, const Catalogue& catalogue, ParameterLayout& layout);
    void initialise(base::Random& random, float* parameters) const;

    int unknown_row() const { return catalogue_.items; }
    int start_row() const { return catalogue_.items + 1; }
    int rows() const { return catalogue_.items + 2; }
    // Where the vector e_i of a row begins, and where those of the items end: behind them lies what all items share, beginning
    // with the unknown item and the start token.
    std::size_t item(std::int32_t row) const { return items_ + static_cast<std::size_t>(row) * d_; }
    std::size_t items_end() const { return item(unknown_row()); }

    // What compose leaves for backward; kept from batch to batch.
    struct Composed {
        base::LargeFloats raw, token;  // [number of rows asked for x d]
        std::vector<float> mean, inverse_deviation;
        std::vector<std::complex<float>> item_spectra;   // [rows asked for x spectrum]
        std::vector<std::complex<float>> value_spectra;  // bind(role, value) of every value of every category
        std::vector<float> projections;                  // of all vectors, as kernels::pack_weights() lays them out
        // [attributes that are vectors x rows asked for x spectrum] f_ir, where item i has a vector
        std::vector<std::complex<float>> vector_spectra;
    };
    // Sizes `composed` for `rows` rows and computes what all of them need. Call once before any compose of a batch.
    void prepare(const float* parameters, std::size_t rows, Composed& composed) const;
    // raw and token of rows[first .. last) (numbers of items), into places first .. last. Where masked[place] is set, an item
    // is taken as unknown but for its attributes; no list: none is. Parts may run in parallel.
    void compose(const kernels::Table& kernels, const float* parameters, std::span<const std::int32_t> rows,
                 std::span<const std::uint8_t> masked, std::size_t first, std::size_t last, Composed& composed) const;

    // What the attributes of a row add to its raw vector: calls use(attribute, value, part [d]) for each value that the row has
    // of each of them, value -1 for a number and for a vector. The row has been composed at `place`.
    using UsePart = std::function<void(int attribute, std::int32_t value, const float* part)>;
    void for_each_part(const float* parameters, const Composed& composed, std::size_t place, std::int32_t row,
                       const UsePart& use) const;

    // Gradients of the spectra of the values, summed over items; one for each thread.
    using ValueGradient = std::vector<std::complex<float>>;
    // Adds the gradients of rows[first .. last): of the items to `item_gradients` (parts must not share rows), of what items
    // share to `shared_gradients`, except the values, which go to `values`. draw may be nullptr.
    void backward(const kernels::Table& kernels, const float* parameters, std::span<const std::int32_t> rows,
                  std::span<const std::uint8_t> masked, std::size_t first, std::size_t last, const Composed& composed,
                  float* draw, const float* dtoken, float* item_gradients, float* shared_gradients,
                  ValueGradient& values) const;
    // Takes the summed spectra back to the values' own gradients.
    void finish_backward(const float* parameters, const ValueGradient& values, float* gradients) const;

  private:
    using Spectrum = std::vector<std::complex<float>>;
    // The spectrum of f_ir, or false where item i, composed at `place`, has no such attribute. `only`: what one of the values
    // brings to the mean.
    bool attribute_spectrum(std::size_t attribute, std::int32_t item, const Composed& composed, std::size_t place,
                            std::complex<float>* out, std::int32_t only = -1) const;
    // Where the spectrum of an attribute that is a vector begins, of the row composed at `place`.
    std::size_t vector_spectrum(std::size_t attribute, std::size_t place, const Composed& composed) const {
        return (vector_places_[attribute] * composed.mean.size() + place) * spectrum_;
    }
    // The spectra of the vectors of rows[first .. last).
    void project(const kernels::Table& kernels, std::size_t attribute, std::span<const std::int32_t> rows,
                 std::size_t first, std::size_t last, Composed& composed) const;
    const std::complex<float>* role_of(std::size_t attribute, const Composed& composed) const {
        return composed.value_spectra.data() + (value_starts_.back() + attribute) * spectrum_;
    }
    // sum += what attribute r brings to an item, from the spectra of both.
    void add_attribute(std::size_t r, const float* parameters, const std::complex<float>* item,
                       const std::complex<float>* attribute, std::complex<float>* sum) const;

    const Catalogue& catalogue_;
    int d_;
    std::size_t spectrum_;
    bool paper_, binds_, adds_;
    float bound_scale_;
    std::size_t items_, roles_ = 0, bound_ = 0, added_ = 0, gain_, bias_;
    // Parameter offset of each attribute's values (categories), base (numbers) or projection (vectors).
    std::vector<std::size_t> values_;
    // First of an attribute's values among all values; a number has one: its base. A vector has none.
    std::vector<std::size_t> value_starts_;
    // Of each attribute that is a vector: its place among them, and where its projection begins in Composed::projections.
    std::vector<std::size_t> vector_places_, packed_;
    std::size_t vectors_ = 0, packed_size_ = 0;
};

}  // namespace holomamba::model
