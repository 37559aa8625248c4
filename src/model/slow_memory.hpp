// A slow memory of a user's events beside the blocks: what he has always liked, which a recurrent state of a few numbers a channel
// forgets. Projected tokens go into sums that fade by events and by time, each at a rate of its own, and a projection of what is
// left of them at the time of a question is added to the encoder's output: items are scored against all past tokens through a
// learned matrix (FISM, Kabbur et al. 2013), in constant size, as the preference memory of Rec2PM (arXiv 2602.11605).
#pragma once

#include <string>

#include "model/layer.hpp"
#include "model/linear.hpp"
#include "model/options.hpp"

namespace holomamba::model {

class SlowMemory {
  public:
    SlowMemory(const Options& options, ParameterLayout& layout);
    void initialise(base::Random& random, float* parameters) const;
    void prepare(const float* parameters, float* prepared) const;
    // One row of sums.
    StateShape state() const { return {1, channels_}; }
    // Floats of a token that all this works with.
    std::size_t activation_size() const { return 5 * static_cast<std::size_t>(channels_) + 3 * d_; }

    // What is left of them for backward, in the pass's arena.
    struct Kept {
        const float *input, *gaps, *waits;
        const float *sums, *left;  // after each token, and of those at the time of the question
    };
    // sums_t = e^(-rate - time_rate gap_t) sums_{t-1} + sqrt(1 - e^(-2 rate)) P x_t, from x[tokens x d]; gaps[tokens]: days since
    // the event before. The factor keeps a sum's length where inputs have nothing in common (Orvieto et al. 2023, arXiv
    // 2303.06349, eq. 7). `state` as for Layer.
    void write(Pass& pass, const float* x, const float* gaps, float* state, Kept& kept) const;
    // Adds Q e^(-time_rate wait_t) sums_t to y[tokens x d]; waits[tokens]: days from the event to the question.
    void read(Pass& pass, const float* waits, float* y, Kept& kept) const;
    // dx is added to.
    void backward(Pass& pass, const float* x, const float* dy, float* dx, const Kept& kept) const;

  private:
    // In the pass's arena, of each channel: the rate of an event, what is left of a sum after one, what one adds; the rate of a day.
    struct Rates {
        float *rate, *lasting, *fresh, *speed;
    };
    Rates rates(Pass& pass) const;

    int d_, channels_;
    Linear in_, out_;
    std::size_t rate_, time_rate_;  // logarithms
};

}  // namespace holomamba::model
