#include "model/network.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>

#include "model/attention.hpp"
#include "model/feed_forward.hpp"
#include "model/gru.hpp"
#include "model/mamba.hpp"

namespace holomamba {
namespace {

template <typename Block>
std::unique_ptr<Layer> make(const Options& options, const std::string& prefix, ParameterLayout& layout) {
    return std::make_unique<Block>(options, prefix, layout);
}

// The values of the option "block".
constexpr struct {
    const char* name;
    std::unique_ptr<Layer> (*make)(const Options& options, const std::string& prefix, ParameterLayout& layout);
} kBlocks[] = {{"mamba", make<Mamba>}, {"gru", make<Gru>}, {"attention", make<Attention>}};

std::unique_ptr<Layer> make_block(const Options& options, const std::string& prefix, ParameterLayout& layout) {
    const auto* block = std::find_if(std::begin(kBlocks), std::end(kBlocks), [&](const auto& b) { return options.block == b.name; });
    return block->make(options, prefix, layout);
}

}  // namespace

Network::Network(const Options& options, const Catalogue& catalogue)
    : options_(options), catalogue_(catalogue), embedding_(options, catalogue, layout_) {
    std::uint64_t place = 1;  // 0 is the tokens' own dropout
    for (int b = 0; b < options.layers; b++) {
        const std::string block = "blocks." + std::to_string(b);
        const std::string name = block + "." + options.block;
        layers_.emplace_back(make_block(options, name, layout_), options, name + "_norm", place++, layout_);
        if (options.feed_forward > 0)
            layers_.emplace_back(std::make_unique<FeedForward>(options, block + ".feed_forward", layout_), options,
                                 block + ".feed_forward_norm", place++, layout_);
    }
    for (const Residual& layer : layers_) {
        state_size_ += layer.state_size();
        activation_size_ += layer.activation_size();
    }
    if (tied())
        head_bias_ = layout_.add("head.bias", {catalogue.items});
    else
        head_table_ = layout_.add("head.weight", {catalogue.items, options.dimension});
    if (learns_unknown()) head_unknown_bias_ = layout_.add("head.unknown_bias", {1});
    if (learns_repeats()) head_repeat_ = layout_.add("head.repeat", {1});
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
    pass.drop(dimension(), 0, tokens);
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
    pass.drop(dimension(), 0, dy);
    return dy;
}

}  // namespace holomamba
