#include "model/slow_memory.hpp"

#include <algorithm>
#include <cmath>

namespace holomamba::model {
namespace {

// Among the places of the network where activations are dropped, that of what is read; those of layers count from 0.
constexpr std::uint64_t kPlace = std::uint64_t{1} << 32;

}  // namespace

SlowMemory::SlowMemory(const Options& options, ParameterLayout& layout)
    : d_(options.dimension),
      channels_(options.channels()),
      in_("memory.in_projection", channels_, d_, false, layout),
      out_("memory.out_projection", d_, channels_, false, layout),
      rate_(layout.add("memory.rate", {channels_})),
      time_rate_(layout.add("memory.time_rate", {channels_})) {}

void SlowMemory::initialise(base::Random& random, float* parameters) const {
    in_.initialise(random, parameters);
    out_.initialise(random, parameters);
    // Half of what was is forgotten after 3 to 300 events and after a week to ten years, one whatever the other.
    const auto spread = [&](double low, double high, float* rates) {
        for (int c = 0; c < channels_; c++)
            rates[c] = static_cast<float>(-std::log(low / std::log(2.0) * std::pow(high / low, (c + 0.5) / channels_)));
    };
    spread(3, 300, parameters + rate_);
    spread(7, 3650, parameters + time_rate_);
    for (int c = channels_ - 1; c > 0; c--)
        std::swap(parameters[time_rate_ + c], parameters[time_rate_ + random.below(static_cast<std::size_t>(c) + 1)]);
}

void SlowMemory::prepare(const float* parameters, float* prepared) const {
    in_.prepare(parameters, prepared);
    out_.prepare(parameters, prepared);
}

SlowMemory::Rates SlowMemory::rates(Pass& pass) const {
    const std::size_t e = channels_;
    const Rates r{pass.arena.take(e), pass.arena.take(e), pass.arena.take(e), pass.arena.take(e)};
    pass.kernels.exponential(e, pass.parameters + rate_, r.rate);
    for (std::size_t c = 0; c < e; c++) r.fresh[c] = -r.rate[c];
    pass.kernels.exponential(e, r.fresh, r.lasting);
    for (std::size_t c = 0; c < e; c++)
        r.fresh[c] = static_cast<float>(std::sqrt(1 - static_cast<double>(r.lasting[c]) * r.lasting[c]));
    pass.kernels.exponential(e, pass.parameters + time_rate_, r.speed);
    return r;
}

void SlowMemory::write(Pass& pass, const float* x, const float* gaps, float* state, Kept& kept) const {
    const std::size_t e = channels_, rows = pass.tokens();
    float* input = pass.arena.take(rows * e);
    float* sums = pass.arena.take(rows * e);
    float* before = pass.arena.take(e);
    const Rates r = rates(pass);
    kept.input = input;
    kept.sums = sums;
    kept.gaps = gaps;
    in_.forward(pass, x, input);
    for (int s = 0; s < pass.sequences(); s++) {
        float* row = state ? state + static_cast<std::size_t>(s) * pass.state_stride : nullptr;
        if (row)
            std::copy_n(row, e, before);
        else
            std::fill_n(before, e, 0.0f);
        for (int t = pass.starts[s]; t < pass.starts[s + 1]; t++) {
            float* sum = sums + t * e;
            pass.kernels.fade(e, before, r.speed, gaps[t], before);
            pass.kernels.weighted_sum(e, r.lasting, before, r.fresh, input + t * e, sum);
            if (!pass.exact()) pass.round(1, channels_, sum);
            std::copy_n(sum, e, before);
        }
        if (row) std::copy_n(before, e, row);
    }
}

void SlowMemory::read(Pass& pass, const float* waits, float* y, Kept& kept) const {
    const std::size_t e = channels_, rows = pass.tokens();
    float* left = pass.arena.take(rows * e);
    const Rates r = rates(pass);
    kept.left = left;
    kept.waits = waits;
    for (std::size_t t = 0; t < rows; t++)
        pass.kernels.fade(e, kept.sums + t * e, r.speed, std::isnan(waits[t]) ? 0 : waits[t], left + t * e);
    float* out = pass.arena.take(rows * d_);
    out_.forward(pass, left, out);
    pass.drop(d_, kPlace, out);
    pass.kernels.add(rows * d_, out, y);
}

void SlowMemory::backward(Pass& pass, const float* x, const float* dy, float* dx, const Kept& kept) const {
    const std::size_t e = channels_, rows = pass.tokens();
    const Arena::Mark mark = pass.arena.mark();
    float* dout = pass.arena.take(rows * d_);
    float* dleft = pass.arena.take(rows * e);
    float* dinput = pass.arena.take(rows * e);
    float* dsum = pass.arena.take(e);  // with what the later tokens send back
    float* factor = pass.arena.take(e);
    const Rates r = rates(pass);
    float* drate = pass.gradients + rate_;
    float* dtime_rate = pass.gradients + time_rate_;
    std::copy_n(dy, rows * d_, dout);
    pass.drop(d_, kPlace, dout);
    out_.backward(pass, kept.left, dout, dleft);
    for (int s = 0; s < pass.sequences(); s++) {
        std::fill_n(dsum, e, 0.0f);
        for (int t = pass.starts[s + 1] - 1; t >= pass.starts[s]; t--) {
            const std::size_t row = t * e;
            // From the question back to the sums.
            if (const float wait = kept.waits[t]; wait > 0) {
                for (std::size_t c = 0; c < e; c++)
                    dtime_rate[c] -= dleft[row + c] * kept.left[row + c] * r.speed[c] * wait;
                pass.kernels.fade(e, dleft + row, r.speed, wait, dleft + row);
            }
            pass.kernels.add(e, dleft + row, dsum);
            // From the sums to what was added and what was left.
            const float* before = t > pass.starts[s] ? kept.sums + row - e : nullptr;
            pass.kernels.fade(e, r.lasting, r.speed, kept.gaps[t], factor);
            for (std::size_t c = 0; c < e; c++) {
                const float old = before ? dsum[c] * before[c] * factor[c] : 0;
                dinput[row + c] = dsum[c] * r.fresh[c];
                drate[c] +=
                    r.rate[c] * (dsum[c] * kept.input[row + c] * r.lasting[c] * r.lasting[c] / r.fresh[c] - old);
                dtime_rate[c] -= old * r.speed[c] * kept.gaps[t];
                dsum[c] *= factor[c];
            }
        }
    }
    float* through = pass.arena.take(rows * d_);
    in_.backward(pass, x, dinput, through);
    pass.kernels.add(rows * d_, through, dx);
    pass.arena.release(mark);
}

}  // namespace holomamba::model
