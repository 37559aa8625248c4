#include "model/head.hpp"

#include <algorithm>
#include <numeric>

#include "model/layer.hpp"

namespace holomamba::model {

Head::Head(const Options& options, const Catalogue& catalogue, ParameterLayout& layout)
    : options_(options), items_(catalogue.items), has_attributes_(!catalogue.attributes.empty()) {
    if (tied())
        bias_ = layout.add("head.bias", {items_}, true, kOfItems);
    else
        table_ = layout.add("head.weight", {items_, options.dimension}, true, kOfItems);
    if (learns_unknown()) unknown_bias_ = layout.add("head.unknown_bias", {1});
    if (learns_repeats()) repeat_ = layout.add("head.repeat", {1});
}

void Head::initialise(base::Random& random, float* parameters) const {
    if (!tied())
        initialise_linear(random, static_cast<std::size_t>(items_) * options_.dimension, options_.dimension,
                          parameters + table_);
}

Head::View Head::view(const float* parameters, const float* raw, const float* bias) const {
    return {tied() ? raw : parameters + table_, tied() ? bias : nullptr, learns_repeats() ? parameters[repeat_] : 0};
}

std::optional<float> Head::repeat(const float* parameters) const {
    return learns_repeats() ? std::optional(parameters[repeat_]) : std::nullopt;
}

void Head::set_unknown(float* parameters, std::int32_t item) const {
    if (tied()) parameters[bias_of(item, false)] = learns_unknown() ? parameters[unknown_bias_] : 0;
}

void Head::store_target(int dimension, const View& view, std::size_t place, float* target) {
    std::copy_n(view.rows + place * dimension, dimension, target);
    target[dimension] = view.bias ? view.bias[place] : 0;
}

void Head::choose_bias(const float* parameters, std::span<const std::int32_t> rows,
                       std::span<const std::uint8_t> masked, std::span<const float> corrections,
                       std::vector<float>& bias) const {
    if (!tied()) return;
    bias.resize(rows.size());
    for (std::size_t i = 0; i < rows.size(); i++)
        bias[i] = parameters[bias_of(rows[i], masked[i])] - (corrections.empty() ? 0 : corrections[i]);
}

Head::Gradient Head::gradient(float* raw, float* bias, float* gradients) const {
    return {tied() ? raw : gradients + table_, tied() ? bias : nullptr,
            learns_repeats() ? gradients + repeat_ : nullptr};
}

void Head::add_bias_gradient(std::span<const std::int32_t> rows, std::span<const std::uint8_t> masked,
                             std::span<const float> bias, float* gradients) const {
    if (!tied()) return;
    for (std::size_t i = 0; i < rows.size(); i++) gradients[bias_of(rows[i], masked[i])] += bias[i];
}

std::vector<Head::Contribution> Head::explain(const View& view, const HolographicEmbedding& embedding,
                                              const float* parameters, const HolographicEmbedding::Composed& composed,
                                              std::size_t place, std::int32_t row, const float* vector) const {
    const auto product = [&](const float* x) { return std::inner_product(x, x + options_.dimension, vector, 0.0); };
    std::vector<Contribution> contributions;
    double own = product(view.rows + place * options_.dimension);
    if (tied())
        embedding.for_each_part(parameters, composed, place, row,
                                [&](int attribute, std::int32_t value, const float* part) {
                                    contributions.push_back({Contribution::attribute, attribute, value, product(part)});
                                    own -= contributions.back().score;
                                });
    contributions.push_back({Contribution::item, -1, -1, own});
    contributions.push_back({Contribution::bias, -1, -1, view.bias ? view.bias[place] : 0});
    return contributions;
}

}  // namespace holomamba::model
