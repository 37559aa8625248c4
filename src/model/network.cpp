#include "model/network.hpp"

#include <algorithm>

#include "model/feed_forward.hpp"
#include "model/mamba.hpp"

namespace holomamba {

Network::Network(const Options& options, const Catalogue& catalogue)
    : options_(options), catalogue_(catalogue), embedding_(options, catalogue, layout_) {
    std::uint64_t place = 1;  // 0 is the tokens' own dropout
    for (int b = 0; b < options.layers; b++) {
        const std::string block = "blocks." + std::to_string(b);
        layers_.emplace_back(std::make_unique<Mamba>(options, block + ".mamba", layout_), options,
                             block + ".mamba_norm", place++, layout_);
        if (options.feed_forward > 0)
            layers_.emplace_back(std::make_unique<FeedForward>(options, block + ".feed_forward", layout_), options,
                                 block + ".feed_forward_norm", place++, layout_);
    }
    for (const Residual& layer : layers_) state_size_ += layer.state_size();
    if (tied())
        head_bias_ = layout_.add("head.bias", {catalogue.items});
    else
        head_table_ = layout_.add("head.weight", {catalogue.items, options.dimension});
}

std::vector<float> Network::initialise(std::uint64_t seed) const {
    std::vector<float> parameters(layout_.size(), 0.0f);
    Random random(seed);
    embedding_.initialise(random, parameters.data());
    for (const Residual& layer : layers_) layer.initialise(random, parameters.data());
    if (!tied())
        initialise_linear(random, static_cast<std::size_t>(items()) * dimension(), dimension(),
                          parameters.data() + head_table_);
    return parameters;
}

std::vector<float> Network::prepare(std::span<const float> parameters) const {
    std::vector<float> prepared(layout_.prepared_size());
    for (const Residual& layer : layers_) layer.prepare(parameters.data(), prepared.data());
    return prepared;
}

float* Network::encode(Pass& pass, float* tokens, Kept& kept) const {
    const std::size_t size = static_cast<std::size_t>(pass.tokens()) * dimension();
    pass.drop(size, 0, tokens);
    kept.layers.resize(layers_.size());
    float* x = tokens;
    float* state = pass.states;
    for (std::size_t i = 0; i < layers_.size(); i++) {
        float* y = pass.arena.take(size);
        const Arena::Mark mark = pass.arena.mark();
        layers_[i].forward(pass, x, state, y, kept.layers[i]);
        if (pass.prepared) pass.arena.release(mark);  // no backward will ask
        if (state) state += layers_[i].state_size();
        x = y;
    }
    return x;
}

float* Network::backward(Pass& pass, const float* doutput, const Kept& kept) const {
    const std::size_t size = static_cast<std::size_t>(pass.tokens()) * dimension();
    float* dx = pass.arena.take(size);
    float* dy = pass.arena.take(size);
    std::copy_n(doutput, size, dy);
    for (std::size_t i = layers_.size(); i-- > 0;) {
        layers_[i].backward(pass, dy, dx, kept.layers[i]);
        std::swap(dx, dy);
    }
    pass.drop(size, 0, dy);
    return dy;
}

}  // namespace holomamba
