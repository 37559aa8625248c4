#include "model/holographic_embedding.hpp"

#include <algorithm>
#include <cmath>

#include "hrr/binding.hpp"
#include "hrr/transform.hpp"
#include "model/spectra.hpp"

namespace holomamba::model {
namespace {

constexpr std::size_t kRowsAtOnce = 64;

// The gradient of a projection, summed over items some at a time: of y = W x it is dy x'.
struct ProjectionGradient {
    std::vector<float> dy, x;

    void add(const kernels::Table& kernels, int d, const float* of_y, int m, const float* of_x, float* gradient) {
        dy.insert(dy.end(), of_y, of_y + d);
        x.insert(x.end(), of_x, of_x + m);
        if (dy.size() == kRowsAtOnce * static_cast<std::size_t>(d)) flush(kernels, d, m, gradient);
    }
    void flush(const kernels::Table& kernels, int d, int m, float* gradient) {
        const int rows = static_cast<int>(dy.size() / static_cast<std::size_t>(d));
        if (rows > 0) kernels.multiply_at(d, m, rows, dy.data(), x.data(), gradient, true);
        dy.clear();
        x.clear();
    }
};

}  // namespace

HolographicEmbedding::HolographicEmbedding(const Options& options, const Catalogue& catalogue, ParameterLayout& layout)
    : catalogue_(catalogue),
      d_(options.dimension),
      spectrum_(hrr::spectrum_size(options.dimension)),
      paper_(options.paper_initialisation()),
      binds_(options.attributes != "added"),
      adds_(options.attributes != "bound"),
      bound_scale_(paper_ ? 1.0f / std::sqrt(static_cast<float>(d_)) : 1.0f),
      items_(layout.add("embedding.items", {catalogue.items + 2, d_}, true, kOfItems)) {
    const int attributes = static_cast<int>(catalogue.attributes.size());
    std::size_t value = 0;
    for (const Attribute& attribute : catalogue.attributes) {
        value_starts_.push_back(value);
        vector_places_.push_back(vectors_);
        packed_.push_back(packed_size_);
        switch (attribute.kind) {
            case AttributeKind::category:
                values_.push_back(
                    layout.add("embedding.values." + attribute.name, {attribute.values, d_}, true, attribute.name));
                value += attribute.values;
                break;
            case AttributeKind::number:
                values_.push_back(layout.add("embedding.base." + attribute.name, {d_}, false));
                value++;
                break;
            case AttributeKind::vector:
                values_.push_back(layout.add("embedding.projection." + attribute.name, {d_, attribute.values}));
                vectors_++;
                packed_size_ += kernels::packed_size(d_, attribute.values);
                break;
        }
    }
    value_starts_.push_back(value);
    if (attributes > 0) {
        roles_ = layout.add("embedding.roles", {attributes, d_}, false);
        bound_ = layout.add("embedding.bound", {attributes}, binds_);
        if (!paper_) added_ = layout.add("embedding.added", {attributes}, adds_);
    }
    gain_ = layout.add("embedding.norm.gain", {d_});
    bias_ = layout.add("embedding.norm.bias", {d_});
}

void HolographicEmbedding::initialise(base::Random& random, float* parameters) const {
    // Small: items N(0, 0.02); values of unit length, so that binding keeps an item's length; what is added starts as
    // long as an item. Paper: both tables N(0, 1), alpha = 0.5.
    const double item_deviation = paper_ ? 1.0 : 0.02;
    const double value_deviation = paper_ ? 1.0 : 1.0 / std::sqrt(static_cast<double>(d_));
    for (std::size_t i = items_; i < item(rows()); i++)
        parameters[i] = static_cast<float>(item_deviation * random.normal());
    for (std::size_t r = 0; r < catalogue_.attributes.size(); r++) {
        const Attribute& attribute = catalogue_.attributes[r];
        if (attribute.kind == AttributeKind::number)
            hrr::unitary_vector(d_, random.next(), parameters + values_[r]);
        else  // of a vector, the columns of its projection are as many values
            for (std::size_t i = 0; i < static_cast<std::size_t>(attribute.values) * d_; i++)
                parameters[values_[r] + i] = static_cast<float>(value_deviation * random.normal());
        float* role = parameters + roles_ + r * d_;
        if (paper_) {
            std::fill_n(role, d_, 0.0f);
            role[0] = 1.0f;
        } else {
            hrr::unitary_vector(d_, random.next(), role);
        }
        if (binds_) parameters[bound_ + r] = 0.5f;
        if (!paper_ && adds_) parameters[added_ + r] = static_cast<float>(0.02 * std::sqrt(static_cast<double>(d_)));
    }
    std::fill_n(parameters + gain_, d_, 1.0f);
    std::fill_n(parameters + bias_, d_, 0.0f);
}

void HolographicEmbedding::prepare(const float* parameters, std::size_t rows, Composed& composed) const {
    composed.raw.resize(rows * d_);
    composed.token.resize(rows * d_);
    composed.mean.resize(rows);
    composed.inverse_deviation.resize(rows);
    if (catalogue_.attributes.empty()) return;
    composed.item_spectra.resize(rows * spectrum_);
    composed.value_spectra.resize(value_starts_.back() * spectrum_);
    const hrr::Transform& transform = hrr::Transform::of_length(d_);
    Spectrum role(spectrum_);
    for (std::size_t r = 0; r < catalogue_.attributes.size(); r++) {
        transform.forward(parameters + roles_ + r * d_, role.data());
        for (std::size_t v = value_starts_[r]; v < value_starts_[r + 1]; v++) {
            Complex* value = composed.value_spectra.data() + v * spectrum_;
            transform.forward(parameters + values_[r] + (v - value_starts_[r]) * d_, value);
            // A number's base is raised to a power before it meets its role.
            if (catalogue_.attributes[r].kind != AttributeKind::number)
                for (std::size_t k = 0; k < spectrum_; k++) value[k] = times(value[k], role[k]);
        }
    }
    composed.vector_spectra.resize(vectors_ * rows * spectrum_);
    composed.projections.resize(packed_size_);
    for (std::size_t r = 0; r < catalogue_.attributes.size(); r++)
        if (catalogue_.attributes[r].kind == AttributeKind::vector)
            kernels::pack_weights(d_, catalogue_.attributes[r].values, parameters + values_[r], nullptr,
                                  composed.projections.data() + packed_[r]);
    // Behind the values, the roles of the numbers and the vectors.
    for (std::size_t r = 0; r < catalogue_.attributes.size(); r++) {
        composed.value_spectra.resize((value_starts_.back() + r + 1) * spectrum_);
        transform.forward(parameters + roles_ + r * d_,
                          composed.value_spectra.data() + (value_starts_.back() + r) * spectrum_);
    }
}

// A row's vector does not depend on the rows beside it, to the last bit: an item that comes alone gets the one that it would
// get among all.
void HolographicEmbedding::project(const kernels::Table& kernels, std::size_t r, std::span<const std::int32_t> rows,
                                   std::size_t first, std::size_t last, Composed& composed) const {
    const Attribute& attribute = catalogue_.attributes[r];
    const std::size_t m = attribute.values;
    const hrr::Transform& transform = hrr::Transform::of_length(d_);
    const Complex* role = role_of(r, composed);
    std::vector<float> x(kRowsAtOnce * m), y(kRowsAtOnce * d_);
    std::vector<std::size_t> places;
    for (std::size_t i = first; i < last; i++) {
        const float* vector = rows[i] < catalogue_.items ? attribute.vector_of(rows[i]) : nullptr;
        if (vector) {
            std::copy_n(vector, m, x.data() + places.size() * m);
            places.push_back(i);
        }
        if (places.empty() || (places.size() < kRowsAtOnce && i + 1 < last)) continue;
        kernels.multiply_packed(static_cast<int>(places.size()), d_, attribute.values, x.data(),
                                composed.projections.data() + packed_[r], y.data());
        for (std::size_t j = 0; j < places.size(); j++) {
            Complex* spectrum = composed.vector_spectra.data() + vector_spectrum(r, places[j], composed);
            transform.forward(y.data() + j * d_, spectrum);
            for (std::size_t k = 0; k < spectrum_; k++) spectrum[k] = times(spectrum[k], role[k]);
        }
        places.clear();
    }
}

bool HolographicEmbedding::attribute_spectrum(std::size_t r, std::int32_t item, const Composed& composed,
                                              std::size_t place, Complex* out, std::int32_t only) const {
    if (item >= catalogue_.items) return false;
    const Attribute& attribute = catalogue_.attributes[r];
    const Complex* values = composed.value_spectra.data() + value_starts_[r] * spectrum_;
    if (attribute.kind == AttributeKind::vector) {
        if (!attribute.vector_of(item)) return false;
        std::copy_n(composed.vector_spectra.data() + vector_spectrum(r, place, composed), spectrum_, out);
        return true;
    }
    if (attribute.kind == AttributeKind::number) {
        const float x = attribute.numbers[item];
        if (std::isnan(x)) return false;
        bind_number(d_, role_of(r, composed), values, x, out);
        return true;
    }
    std::int32_t first = attribute.offsets[item], last = attribute.offsets[item + 1];
    if (first == last) return false;
    const float share = 1.0f / static_cast<float>(last - first);
    if (only >= 0) {
        first += only;
        last = first + 1;
    }
    for (std::size_t k = 0; k < spectrum_; k++) {
        Complex total = 0;
        for (std::int32_t i = first; i < last; i++) total += values[attribute.indices[i] * spectrum_ + k];
        out[k] = share * total;
    }
    return true;
}

void HolographicEmbedding::add_attribute(std::size_t r, const float* parameters, const Complex* item,
                                         const Complex* attribute, Complex* sum) const {
    const float bound = bound_scale_ * parameters[bound_ + r];
    const float added = paper_ ? 0.0f : parameters[added_ + r];
    for (std::size_t k = 0; k < spectrum_; k++) sum[k] += times(bound * item[k] + added, attribute[k]);
}

void HolographicEmbedding::compose(const kernels::Table& kernels, const float* parameters,
                                   std::span<const std::int32_t> rows, std::span<const std::uint8_t> masked,
                                   std::size_t first, std::size_t last, Composed& composed) const {
    const hrr::Transform& transform = hrr::Transform::of_length(d_);
    Spectrum whole(spectrum_), part(spectrum_);
    for (std::size_t r = 0; r < catalogue_.attributes.size(); r++)
        if (catalogue_.attributes[r].kind == AttributeKind::vector) project(kernels, r, rows, first, last, composed);
    for (std::size_t i = first; i < last; i++) {
        const float* own = parameters + item(!masked.empty() && masked[i] ? unknown_row() : rows[i]);
        float* raw = composed.raw.data() + i * d_;
        if (catalogue_.attributes.empty() || rows[i] >= catalogue_.items) {
            std::copy_n(own, d_, raw);
            continue;
        }
        Complex* spectrum = composed.item_spectra.data() + i * spectrum_;
        transform.forward(own, spectrum);
        std::copy_n(spectrum, spectrum_, whole.data());
        for (std::size_t r = 0; r < catalogue_.attributes.size(); r++) {
            if (!attribute_spectrum(r, rows[i], composed, i, part.data())) continue;
            add_attribute(r, parameters, spectrum, part.data(), whole.data());
        }
        transform.inverse(whole.data(), raw);
    }
    kernels.layer_norm(static_cast<int>(last - first), d_, composed.raw.data() + first * d_, parameters + gain_,
                       parameters + bias_, composed.token.data() + first * d_, composed.mean.data() + first,
                       composed.inverse_deviation.data() + first);
}

void HolographicEmbedding::for_each_part(const float* parameters, const Composed& composed, std::size_t place,
                                         std::int32_t row, const UsePart& use) const {
    if (row >= catalogue_.items) return;
    Spectrum filler(spectrum_), part(spectrum_);
    std::vector<float> vector(d_);
    for (std::size_t r = 0; r < catalogue_.attributes.size(); r++) {
        const Attribute& attribute = catalogue_.attributes[r];
        const bool category = attribute.kind == AttributeKind::category;
        const std::int32_t first = category ? attribute.offsets[row] : 0,
                           count = category ? attribute.offsets[row + 1] - first : 1;
        for (std::int32_t i = 0; i < count; i++) {
            if (!attribute_spectrum(r, row, composed, place, filler.data(), i)) continue;
            std::fill(part.begin(), part.end(), Complex{});
            add_attribute(r, parameters, composed.item_spectra.data() + place * spectrum_, filler.data(), part.data());
            hrr::Transform::of_length(d_).inverse(part.data(), vector.data());
            use(static_cast<int>(r), category ? attribute.indices[first + i] : -1, vector.data());
        }
    }
}

void HolographicEmbedding::backward(const kernels::Table& kernels, const float* parameters,
                                    std::span<const std::int32_t> rows, std::span<const std::uint8_t> masked,
                                    std::size_t first, std::size_t last, const Composed& composed, float* draw,
                                    const float* dtoken, float* item_gradients, float* shared_gradients,
                                    ValueGradient& values) const {
    if (catalogue_.attributes.size() > 0) values.resize(value_starts_.back() * spectrum_);
    const hrr::Transform& transform = hrr::Transform::of_length(d_);
    Spectrum upstream(spectrum_), item_gradient(spectrum_), part(spectrum_), product(spectrum_);
    std::vector<float> through(d_), own(d_);
    std::vector<ProjectionGradient> projections(vectors_);
    for (std::size_t i = first; i < last; i++) {
        kernels.layer_norm_backward(1, d_, composed.raw.data() + i * d_, parameters + gain_, composed.mean.data() + i,
                                    composed.inverse_deviation.data() + i, dtoken + i * d_, through.data(),
                                    shared_gradients + gain_, shared_gradients + bias_);
        if (draw) kernels.add(d_, draw + i * d_, through.data());
        const std::int32_t row = !masked.empty() && masked[i] ? unknown_row() : rows[i];
        float* out = (row < catalogue_.items ? item_gradients : shared_gradients) + item(row);
        if (catalogue_.attributes.empty() || rows[i] >= catalogue_.items) {
            kernels.add(d_, through.data(), out);
            continue;
        }
        const Complex* spectrum = composed.item_spectra.data() + i * spectrum_;
        transform.forward(through.data(), upstream.data());
        item_gradient = upstream;
        for (std::size_t r = 0; r < catalogue_.attributes.size(); r++) {
            if (!attribute_spectrum(r, rows[i], composed, i, part.data())) continue;
            const float bound = bound_scale_ * parameters[bound_ + r];
            for (std::size_t k = 0; k < spectrum_; k++) {
                item_gradient[k] += bound * times(upstream[k], std::conj(part[k]));
                product[k] = times(spectrum[k], part[k]);
            }
            shared_gradients[bound_ + r] += bound_scale_ * spectral_product(d_, upstream.data(), product.data());
            float added = 0;
            if (!paper_) {
                added = parameters[added_ + r];
                shared_gradients[added_ + r] += spectral_product(d_, upstream.data(), part.data());
            }
            const Attribute& attribute = catalogue_.attributes[r];
            if (attribute.kind == AttributeKind::number) continue;
            if (attribute.kind == AttributeKind::vector) {
                const Complex* role = role_of(r, composed);
                for (std::size_t k = 0; k < spectrum_; k++)
                    product[k] = times(upstream[k], std::conj(times(bound * spectrum[k] + added, role[k])));
                transform.inverse(product.data(), own.data());
                projections[vector_places_[r]].add(kernels, d_, own.data(), attribute.values,
                                                   attribute.vector_of(rows[i]), shared_gradients + values_[r]);
                continue;
            }
            const std::int32_t begin = attribute.offsets[rows[i]], end = attribute.offsets[rows[i] + 1];
            const float share = 1.0f / static_cast<float>(end - begin);
            for (std::size_t k = 0; k < spectrum_; k++)
                product[k] = share * times(upstream[k], std::conj(bound * spectrum[k] + added));
            for (std::int32_t j = begin; j < end; j++) {
                Complex* value = values.data() + (value_starts_[r] + attribute.indices[j]) * spectrum_;
                for (std::size_t k = 0; k < spectrum_; k++) value[k] += product[k];
            }
        }
        transform.inverse(item_gradient.data(), own.data());
        kernels.add(d_, own.data(), out);
    }
    for (std::size_t r = 0; r < catalogue_.attributes.size(); r++)
        if (catalogue_.attributes[r].kind == AttributeKind::vector)
            projections[vector_places_[r]].flush(kernels, d_, catalogue_.attributes[r].values,
                                                 shared_gradients + values_[r]);
}

void HolographicEmbedding::finish_backward(const float* parameters, const ValueGradient& values,
                                           float* gradients) const {
    const hrr::Transform& transform = hrr::Transform::of_length(d_);
    Spectrum role(spectrum_), part(spectrum_);
    std::vector<float> gradient(d_);
    for (std::size_t r = 0; r < catalogue_.attributes.size(); r++) {
        if (catalogue_.attributes[r].kind != AttributeKind::category) continue;
        transform.forward(parameters + roles_ + r * d_, role.data());
        for (std::size_t v = value_starts_[r]; v < value_starts_[r + 1]; v++) {
            for (std::size_t k = 0; k < spectrum_; k++) part[k] = times(values[v * spectrum_ + k], std::conj(role[k]));
            transform.inverse(part.data(), gradient.data());
            for (int j = 0; j < d_; j++) gradients[values_[r] + (v - value_starts_[r]) * d_ + j] += gradient[j];
        }
    }
}

}  // namespace holomamba::model
