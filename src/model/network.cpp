#include "model/network.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <stdexcept>

#include "model/attention.hpp"
#include "model/feed_forward.hpp"
#include "model/gru.hpp"
#include "model/mamba.hpp"

namespace holomamba::model {
namespace {

template <typename Block>
std::unique_ptr<Layer> make(const Options& options, const std::string& prefix, ParameterLayout& layout) {
    return std::make_unique<Block>(options, prefix, layout);
}

// The values of the option "block".
constexpr struct {
    const char* name;
    Network::MakeBlock* make;
} kBlocks[] = {{"mamba", make<Mamba>}, {"gru", make<Gru>}, {"attention", make<Attention>}};

Network::MakeBlock* block_named(const std::string& name) {
    const auto* block =
        std::find_if(std::begin(kBlocks), std::end(kBlocks), [&](const auto& b) { return name == b.name; });
    if (block == std::end(kBlocks)) throw std::logic_error("no block is called \"" + name + "\"");
    return block->make;
}

// The rows of `before`, then those of `next`.
StateShape stacked(const StateShape& before, const StateShape& next) {
    if (next.rows == 0) return before;
    if (before.rows > 0 && before.width != next.width)
        throw std::logic_error("layers with states of " + std::to_string(before.width) + " and of " +
                               std::to_string(next.width) + " channels");
    return {before.rows + next.rows, next.width};
}

// 0 where one of them is not known or the second is not later.
float days_between(double first, double second) {
    constexpr double kDay = 86400;  // seconds
    return second > first ? static_cast<float>((second - first) / kDay) : 0;
}

std::vector<Residual> make_layers(const Options& options, Network::MakeBlock* make_block, ParameterLayout& layout) {
    if (!make_block) make_block = block_named(options.block);
    std::vector<Residual> layers;
    std::uint64_t place = 1;  // 0 is the tokens' own dropout
    for (int b = 0; b < options.layers; b++) {
        const std::string block = "blocks." + std::to_string(b);
        const std::string name = block + "." + options.block;
        layers.emplace_back(make_block(options, name, layout), options, name + "_norm", place++, layout);
        if (options.feed_forward > 0)
            layers.emplace_back(std::make_unique<FeedForward>(options, block + ".feed_forward", layout), options,
                                block + ".feed_forward_norm", place++, layout);
    }
    return layers;
}

}  // namespace

Network::Network(const Options& options, const Catalogue& catalogue, MakeBlock* make_block)
    : options_(options),
      catalogue_(catalogue),
      embedding_(options, catalogue, layout_),
      layers_(make_layers(options, make_block, layout_)),
      head_(options, catalogue, layout_) {
    if (!catalogue.events.attributes.empty()) event_embedding_.emplace(options, catalogue.events, layout_);
    if (catalogue.events.timed) timed_.emplace(Timed{{options, layout_}, {options, layout_}});
    for (const Residual& layer : layers_) {
        state_ = stacked(state_, layer.state());
        activation_size_ += layer.activation_size();
    }
    if (timed_) {
        state_ = stacked(state_, timed_->memory.state());
        activation_size_ += timed_->memory.activation_size() + timed_->moment.activation_size();
    }
}

void Network::set_knots(std::span<const float> knots, float* parameters) const {
    if (timed_) timed_->moment.set_knots(knots, parameters);
}

std::vector<float> Network::initialise(std::uint64_t seed) const {
    std::vector<float> parameters(layout_.size(), 0.0f);
    base::Random random(seed);
    embedding_.initialise(random, parameters.data());
    for (const Residual& layer : layers_) layer.initialise(random, parameters.data());
    head_.initialise(random, parameters.data());
    if (event_embedding_) event_embedding_->initialise(random, parameters.data());
    if (timed_) {
        timed_->memory.initialise(random, parameters.data());
        timed_->moment.initialise(random, parameters.data());
    }
    return parameters;
}

void Network::set_unknown(float* parameters, std::int32_t item) const {
    if (!head_.tied()) return;
    std::copy_n(parameters + embedding_.item(embedding_.unknown_row()), dimension(),
                parameters + embedding_.item(item));
    head_.set_unknown(parameters, item);
}

std::vector<float> Network::prepare(std::span<const float> parameters) const {
    std::vector<float> prepared(layout_.prepared_size());
    for (const Residual& layer : layers_) layer.prepare(parameters.data(), prepared.data());
    if (timed_) {
        timed_->memory.prepare(parameters.data(), prepared.data());
        timed_->moment.prepare(parameters.data(), prepared.data());
    }
    return prepared;
}

float* Network::encode(Pass& pass, std::span<const TokenEvent> events, Kept& kept) const {
    const std::size_t d = dimension(), size = events.size() * d;
    float* x = pass.arena.take(size);
    if (event_embedding_)
        event_embedding_->forward(pass, events, x, kept.events);
    else
        for (std::size_t t = 0; t < events.size(); t++) std::copy_n(events[t].item, d, x + t * d);
    pass.drop(d, 0, x);
    kept.inputs = x;
    kept.layers.resize(layers_.size());
    float* state = pass.states;
    for (std::size_t i = 0; i < layers_.size(); i++) {
        float* y = pass.arena.take(size);
        const Arena::Mark mark = pass.arena.mark();
        layers_[i].forward(pass, x, state, y, kept.layers[i]);
        if (pass.prepared) pass.arena.release(mark);  // no backward will ask
        if (state) state += layers_[i].state().size();
        x = y;
    }
    if (timed_) timed_->memory.write(pass, kept.inputs, find_gaps(pass, events, kept), state, kept.memory);
    return x;
}

const float* Network::find_gaps(Pass& pass, std::span<const TokenEvent> events, Kept& kept) {
    auto* times = reinterpret_cast<double*>(pass.arena.take(2 * events.size()));
    float* gaps = pass.arena.take(events.size());
    kept.times = times;
    for (int s = 0; s < pass.sequences(); s++) {
        double last = pass.last_times ? pass.last_times[s] : kNoTime;
        for (int t = pass.starts[s]; t < pass.starts[s + 1]; t++) {
            // Events may be ordered by something else than their time.
            const double time = kept_time(events[t].time);
            gaps[t] = days_between(last, time);
            if (!(time <= last) && !std::isnan(time)) last = time;
            times[t] = last;
        }
        if (pass.last_times) pass.last_times[s] = last;
    }
    return gaps;
}

const float* Network::answer(Pass& pass, const float* encoded, const double* at, Kept& kept) const {
    if (!timed_) return encoded;
    const std::size_t rows = pass.tokens(), size = rows * dimension();
    float* y = pass.arena.take(size);
    float* waits = pass.arena.take(rows);
    std::copy_n(encoded, size, y);
    for (std::size_t t = 0; t < rows; t++)
        waits[t] =
            std::isnan(kept.times[t]) ? std::numeric_limits<float>::quiet_NaN() : days_between(kept.times[t], at[t]);
    timed_->memory.read(pass, waits, y, kept.memory);
    timed_->moment.read(pass, at, waits, y, kept.moment);
    return y;
}

float* Network::backward(Pass& pass, const float* danswer, const Kept& kept) const {
    const std::size_t size = static_cast<std::size_t>(pass.tokens()) * dimension();
    float* dx = pass.arena.take(size);
    float* dy = pass.arena.take(size);
    std::copy_n(danswer, size, dy);
    for (std::size_t i = layers_.size(); i-- > 0;) {
        layers_[i].backward(pass, dy, dx, kept.layers[i]);
        std::swap(dx, dy);
    }
    if (timed_) {
        timed_->memory.backward(pass, kept.inputs, danswer, dy, kept.memory);
        timed_->moment.backward(pass, danswer, kept.moment);
    }
    pass.drop(dimension(), 0, dy);
    if (event_embedding_) {
        event_embedding_->backward(pass, dy, dx, kept.events);
        return dx;
    }
    return dy;
}

}  // namespace holomamba::model
