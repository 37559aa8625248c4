#include "model/event_embedding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "hrr/binding.hpp"
#include "hrr/transform.hpp"
#include "model/spectra.hpp"

namespace holomamba::model {
struct EventEmbedding::Scratch {
    Scratch(const Pass& pass, std::size_t roles, std::size_t attributes, int d)
        : size(hrr::spectrum_size(d)),
          role(attributes, Spectrum(size)),
          filler(size),
          token(size),
          whole(size),
          part(size) {
        for (std::size_t r = 0; r < attributes; r++)
            hrr::Transform::of_length(d).forward(pass.parameters + roles + r * static_cast<std::size_t>(d),
                                                 role[r].data());
    }
    std::size_t size;
    std::vector<Spectrum> role;
    Spectrum filler, token, whole, part;
};

EventEmbedding::EventEmbedding(const Options& options, const EventColumns& columns, ParameterLayout& layout)
    : columns_(columns), d_(options.dimension) {
    const int attributes = static_cast<int>(columns.attributes.size());
    // Numbers of values travel as floats.
    constexpr int kMostValues = 1 << std::numeric_limits<float>::digits;
    for (const EventAttribute& attribute : columns.attributes)
        if (attribute.values > kMostValues)
            throw base::Error(base::ErrorKind::invalid_parameter,
                              "attribute \"" + attribute.name + "\" of events has more values than can be told apart",
                              "Leave it out, or give it fewer values.");
    // Vocabularies call attributes of events so, beside those of items.
    for (const EventAttribute& attribute : columns.attributes)
        values_.push_back(attribute.numeric ? layout.add("events.base." + attribute.name, {d_}, false)
                                            : layout.add("events.values." + attribute.name, {attribute.values, d_},
                                                         true, "event." + attribute.name));
    roles_ = layout.add("events.roles", {attributes, d_}, false);
    bound_ = layout.add("events.bound", {attributes});
    added_ = layout.add("events.added", {attributes});
    gain_ = layout.add("events.norm.gain", {d_});
    bias_ = layout.add("events.norm.bias", {d_});
}

void EventEmbedding::initialise(base::Random& random, float* parameters) const {
    // Values of unit length. What is bound starts half as long as the token, what is added as long as an attribute of an item.
    const double deviation = 1 / std::sqrt(static_cast<double>(d_));
    for (std::size_t r = 0; r < values_.size(); r++) {
        const EventAttribute& attribute = columns_.attributes[r];
        if (attribute.numeric)
            hrr::unitary_vector(d_, random.next(), parameters + values_[r]);
        else
            for (std::size_t i = 0; i < static_cast<std::size_t>(attribute.values) * d_; i++)
                parameters[values_[r] + i] = static_cast<float>(deviation * random.normal());
        hrr::unitary_vector(d_, random.next(), parameters + roles_ + r * d_);
        parameters[bound_ + r] = 0.5f;
        parameters[added_ + r] = static_cast<float>(0.5 * std::sqrt(static_cast<double>(d_)));
    }
    std::fill_n(parameters + gain_, d_, 1.0f);
    std::fill_n(parameters + bias_, d_, 0.0f);
}

bool EventEmbedding::is_told(const TokenEvent& event) const {
    return event.values &&
           std::any_of(event.values, event.values + columns_.attributes.size(), [](float x) { return !std::isnan(x); });
}

bool EventEmbedding::filler(const Pass& pass, const TokenEvent& event, std::size_t r, Scratch& scratch) const {
    if (!event.values || std::isnan(event.values[r])) return false;
    const float* p = pass.parameters + values_[r];
    const Spectrum& role = scratch.role[r];
    if (!columns_.attributes[r].numeric) {
        hrr::Transform::of_length(d_).forward(p + static_cast<std::size_t>(event.values[r]) * d_,
                                              scratch.filler.data());
        for (std::size_t k = 0; k < scratch.size; k++) scratch.filler[k] = times(scratch.filler[k], role[k]);
        return true;
    }
    hrr::Transform::of_length(d_).forward(p, scratch.filler.data());
    bind_number(d_, role.data(), scratch.filler.data(), event.values[r], scratch.filler.data());
    return true;
}

void EventEmbedding::forward(Pass& pass, std::span<const TokenEvent> events, float* x, Kept& kept) const {
    const std::size_t d = d_, rows = events.size();
    const hrr::Transform& transform = hrr::Transform::of_length(d_);
    kept = {events.data(), pass.arena.take(rows * d), pass.arena.take(rows), pass.arena.take(rows)};
    Scratch s(pass, roles_, values_.size(), d_);
    for (std::size_t t = 0; t < rows; t++) {
        float* raw = kept.raw + t * d;
        if (!is_told(events[t])) {
            std::copy_n(events[t].item, d, raw);
            continue;
        }
        transform.forward(events[t].item, s.token.data());
        s.whole = s.token;
        for (std::size_t r = 0; r < values_.size(); r++) {
            if (!filler(pass, events[t], r, s)) continue;
            const float bound = pass.parameters[bound_ + r], added = pass.parameters[added_ + r];
            for (std::size_t k = 0; k < s.size; k++) s.whole[k] += times(bound * s.token[k] + added, s.filler[k]);
        }
        transform.inverse(s.whole.data(), raw);
    }
    pass.kernels.layer_norm(static_cast<int>(rows), d_, kept.raw, pass.parameters + gain_, pass.parameters + bias_, x,
                            kept.mean, kept.inverse_deviation);
}

void EventEmbedding::backward(Pass& pass, const float* dx, float* dtoken, const Kept& kept) const {
    const std::size_t d = d_, rows = pass.tokens();
    const hrr::Transform& transform = hrr::Transform::of_length(d_);
    const Arena::Mark mark = pass.arena.mark();
    float* draw = pass.arena.take(rows * d);
    float* dvalue = pass.arena.take(d);
    pass.kernels.layer_norm_backward(static_cast<int>(rows), d_, kept.raw, pass.parameters + gain_, kept.mean,
                                     kept.inverse_deviation, dx, draw, pass.gradients + gain_, pass.gradients + bias_);
    Scratch s(pass, roles_, values_.size(), d_);
    Spectrum upstream(s.size);
    for (std::size_t t = 0; t < rows; t++) {
        const TokenEvent& event = kept.events[t];
        if (!is_told(event)) {
            std::copy_n(draw + t * d, d, dtoken + t * d);
            continue;
        }
        transform.forward(event.item, s.token.data());
        transform.forward(draw + t * d, upstream.data());
        s.whole = upstream;
        for (std::size_t r = 0; r < values_.size(); r++) {
            if (!filler(pass, event, r, s)) continue;
            const float bound = pass.parameters[bound_ + r], added = pass.parameters[added_ + r];
            for (std::size_t k = 0; k < s.size; k++) {
                s.whole[k] += bound * times(upstream[k], std::conj(s.filler[k]));
                s.part[k] = times(s.token[k], s.filler[k]);
            }
            pass.gradients[bound_ + r] += spectral_product(d_, upstream.data(), s.part.data());
            pass.gradients[added_ + r] += spectral_product(d_, upstream.data(), s.filler.data());
            if (columns_.attributes[r].numeric) continue;
            for (std::size_t k = 0; k < s.size; k++)
                s.part[k] = times(times(upstream[k], std::conj(bound * s.token[k] + added)), std::conj(s.role[r][k]));
            transform.inverse(s.part.data(), dvalue);
            pass.kernels.add(d, dvalue, pass.gradients + values_[r] + static_cast<std::size_t>(event.values[r]) * d);
        }
        transform.inverse(s.whole.data(), dtoken + t * d);
    }
    pass.arena.release(mark);
}

}  // namespace holomamba::model
