// What the moment of a question says: the hour, the day of the week, the season, how long the user has been away, and how far the
// events of the training had come. A learned vector of it is added to the encoder's output: what everybody wants changes with time.
#pragma once

#include <span>
#include <string>

#include "model/layer.hpp"
#include "model/linear.hpp"
#include "model/options.hpp"

namespace holomamba::model {

class Moment {
  public:
    Moment(const Options& options, ParameterLayout& layout);
    void initialise(base::Random& random, float* parameters) const;
    void prepare(const float* parameters, float* prepared) const;
    std::size_t activation_size() const { return static_cast<std::size_t>(features_) + d_; }

    // Where events are as many before each of so many moments as between it and the next, what is learned of one of them goes over
    // into what is learned of the next. Before the first and after the last of them nothing changes.
    static constexpr int kKnots = 24;
    // Sets the moments, rising, in days since 1970 [kKnots]. What has been learned of others goes over to them.
    void set_knots(std::span<const float> knots, float* parameters) const;

    struct Kept {
        const float* features;
    };
    // Adds to y[tokens x d]; at[tokens]: the moments, in seconds since 1970 (kNoTime: nothing is added); waits[tokens]: days
    // since the last event, NaN: there was none.
    void read(Pass& pass, const double* at, const float* waits, float* y, Kept& kept) const;
    void backward(Pass& pass, const float* dy, const Kept& kept) const;

  private:
    void describe(const Pass& pass, double at, float wait, float* features) const;

    int d_, features_;
    std::size_t knots_;
    Linear out_;
};

}  // namespace holomamba::model
