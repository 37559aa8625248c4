// What is known of an event beside its item, bound to the item's token (Plate 1995, "Holographic reduced representations"):
//     x = LN(token + sum_r (bound_r token + added_r delta) * role_r * value_r)
// with * circular convolution, delta its identity, and the value of a number x the power x of a base.
#pragma once

#include <complex>
#include <span>
#include <string>
#include <vector>

#include "model/event.hpp"
#include "model/layer.hpp"
#include "model/options.hpp"
#include "model/parameters.hpp"

namespace holomamba::model {

class EventEmbedding {
  public:
    // Throws Error for a category of more than 2^24 values.
    EventEmbedding(const Options& options, const EventColumns& columns, ParameterLayout& layout);
    void initialise(base::Random& random, float* parameters) const;

    struct Kept {
        const TokenEvent* events;
        float *raw, *mean, *inverse_deviation;
    };
    // x[tokens x d] of the events of a pass.
    void forward(Pass& pass, std::span<const TokenEvent> events, float* x, Kept& kept) const;
    // dtoken[tokens x d] from dx.
    void backward(Pass& pass, const float* dx, float* dtoken, const Kept& kept) const;

  private:
    using Spectrum = std::vector<std::complex<float>>;
    struct Scratch;
    // Whether anything is known of an event beside its item. Where nothing is, its token stays as it is to the last bit.
    bool is_told(const TokenEvent& event) const;
    // The spectrum of role_r * value_r of an event; false where there is none.
    bool filler(const Pass& pass, const TokenEvent& event, std::size_t r, Scratch& scratch) const;

    EventColumns columns_;
    int d_;
    std::vector<std::size_t> values_;  // parameter offset of each attribute's values (categories) or base (numbers)
    std::size_t roles_, bound_, added_, gain_, bias_;
};

}  // namespace holomamba::model
