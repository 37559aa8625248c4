// The blocks besides mamba: against plain versions in double precision, and their gradients against central differences.
#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>

#include "base/error.hpp"
#include "model/attention.hpp"
#include "model/encoder.hpp"
#include "model/gru.hpp"
#include "model/network.hpp"
#include "near.hpp"
#include "reference.hpp"

namespace holomamba::model {
namespace {

using reference::random_vector;
using reference::sigmoid;
using reference::to_float;
using reference::Vector;

constexpr int kD = 6, kHeads = 2, kSpan = 4;

Options block_options() {
    Options options;
    options.dimension = kD;
    options.expand = 2;
    options.attention_heads = kHeads;
    options.attention_span = kSpan;
    return options;
}

// A layer alone, with parameters that are all different.
struct Bench {
    explicit Bench(const std::function<std::unique_ptr<Layer>(ParameterLayout&)>& make) : layer(make(layout)) {
        parameters = random_vector(random, layout.size(), 0.4);
    }
    const double* parameter(const std::string& name) const {
        for (const ParameterInfo& p : layout.parameters())
            if (p.name == name) return parameters.data() + p.offset;
        throw std::out_of_range(name);
    }

    base::Random random{5};
    ParameterLayout layout;
    std::unique_ptr<Layer> layer;
    Vector parameters;
};

// y = W x + b, b where there is one.
Vector linear(const Bench& bench, const std::string& name, bool with_bias, int outputs, const Vector& x) {
    const double* weight = bench.parameter(name + ".weight");
    Vector y(outputs);
    for (int o = 0; o < outputs; o++) {
        y[o] = with_bias ? bench.parameter(name + ".bias")[o] : 0;
        for (std::size_t i = 0; i < x.size(); i++) y[o] += weight[o * x.size() + i] * x[i];
    }
    return y;
}

// One sequence [tokens x d] through a GRU.
Vector plain_gru(const Bench& bench, const Vector& x) {
    constexpr int kE = 2 * kD;
    Vector h(kE, 0), out;
    for (std::size_t t = 0; t < x.size() / kD; t++) {
        const auto at = x.begin() + static_cast<std::ptrdiff_t>(t * kD);
        const Vector i = linear(bench, "b.in_projection", true, 3 * kE, Vector(at, at + kD));
        const Vector u = linear(bench, "b.recurrent_projection", true, 3 * kE, h);
        for (int c = 0; c < kE; c++) {
            const double r = sigmoid(i[c] + u[c]), z = sigmoid(i[kE + c] + u[kE + c]);
            const double n = std::tanh(i[2 * kE + c] + r * u[2 * kE + c]);
            h[c] = (1 - z) * n + z * h[c];
        }
        const Vector y = linear(bench, "b.out_projection", false, kD, h);
        out.insert(out.end(), y.begin(), y.end());
    }
    return out;
}

// One sequence through causal attention to the last kSpan events.
Vector plain_attention(const Bench& bench, const Vector& x) {
    constexpr int kE = 2 * kD, kWidth = kE / kHeads;
    std::vector<Vector> projected;
    Vector out;
    for (int t = 0; t < static_cast<int>(x.size()) / kD; t++) {
        projected.push_back(
            linear(bench, "b.in_projection", false, 3 * kE, Vector(x.begin() + t * kD, x.begin() + (t + 1) * kD)));
        Vector attended(kE, 0);
        for (int head = 0; head < kHeads; head++) {
            const int first = std::max(0, t + 1 - kSpan), begin = head * kWidth;
            Vector weights;
            double total = 0;
            for (int j = first; j <= t; j++) {
                double score = 0;
                for (int c = begin; c < begin + kWidth; c++) score += projected[t][c] * projected[j][kE + c];
                weights.push_back(
                    std::exp(score / std::sqrt(kWidth) + bench.parameter("b.distance_bias")[head * kSpan + t - j]));
                total += weights.back();
            }
            for (int j = first; j <= t; j++)
                for (int c = begin; c < begin + kWidth; c++)
                    attended[c] += weights[j - first] / total * projected[j][2 * kE + c];
        }
        const Vector y = linear(bench, "b.out_projection", false, kD, attended);
        out.insert(out.end(), y.begin(), y.end());
    }
    return out;
}

// Sequences of several lengths, one of them empty, packed; every element of y weighs in the scalar whose gradient is taken.
void check(const std::function<std::unique_ptr<Layer>(ParameterLayout&)>& make,
           const std::function<Vector(const Bench&, const Vector&)>& plain) {
    Bench bench(make);
    const std::vector<int> starts{0, 3, 3, 10, 11, 15};
    const int tokens = starts.back();
    Vector x = random_vector(bench.random, tokens * kD);
    const Vector upstream = random_vector(bench.random, tokens * kD);
    const auto expected = [&] {
        Vector y;
        for (std::size_t s = 0; s + 1 < starts.size(); s++) {
            const Vector part = plain(bench, Vector(x.begin() + starts[s] * kD, x.begin() + starts[s + 1] * kD));
            y.insert(y.end(), part.begin(), part.end());
        }
        return y;
    };
    const auto value = [&] { return reference::dot(expected(), upstream); };
    for (const kernels::Table* table : kernels::tables()) {
        const std::vector<float> parameters = to_float(bench.parameters), in = to_float(x), dy = to_float(upstream);
        std::vector<float> gradients(parameters.size(), 0.0f), y(in.size()), dx(in.size());
        Arena arena;
        Pass pass{*table, parameters.data(), gradients.data(), starts, arena};
        Saved saved(bench.layer->saved_slots());
        bench.layer->forward(pass, in.data(), nullptr, y.data(), saved);
        expect_near(y, expected(), 1e-5, "y");
        bench.layer->backward(pass, in.data(), dy.data(), dx.data(), saved);
        expect_near(dx, reference::central_differences(x, value), 1e-4, "dx");
        expect_near(gradients, reference::central_differences(bench.parameters, value), 1e-4, "gradients");
    }
}

TEST(Blocks, GruEqualsThePlainOne) {
    check([](ParameterLayout& layout) { return std::make_unique<Gru>(block_options(), "b", layout); }, plain_gru);
}

TEST(Blocks, AttentionEqualsThePlainOne) {
    check([](ParameterLayout& layout) { return std::make_unique<Attention>(block_options(), "b", layout); },
          plain_attention);
}

// A state has as many floats as its layer says, and no others are written.
TEST(Blocks, StatesAreAsLargeAsTheySay) {
    Options options = block_options();
    for (const char* block : {"mamba", "gru", "attention"}) {
        options.block = block;
        options.layers = 1;
        const Catalogue catalogue;
        const Network network(options, catalogue);
        const std::vector<float> parameters = network.initialise(3);
        constexpr float kUntouched = 12345;
        const std::size_t size = network.state().size();
        std::vector<float> states(3 * size + 1, kUntouched);
        std::fill_n(states.begin(), 2 * size, 0.0f);
        const std::vector<float> token(kD, 0.5f);
        const std::vector<TokenEvent> events(9, {token.data()});
        const std::vector<int> starts{0, 2, 9};
        Arena arena;
        Pass pass{.kernels = kernels::table(),
                  .parameters = parameters.data(),
                  .gradients = nullptr,
                  .starts = starts,
                  .arena = arena,
                  .states = states.data(),
                  .state_stride = size};
        Network::Kept kept;
        network.encode(pass, events, kept);
        for (const int user : {0, 1})
            EXPECT_TRUE(std::any_of(states.begin() + user * size, states.begin() + (user + 1) * size, [](float x) {
                return x != 0;
            })) << block;
        EXPECT_TRUE(std::all_of(states.begin() + 2 * size, states.end(), [](float x) { return x == kUntouched; }))
            << block;
    }
}

// A block whose state is not as wide as E: the sum of what it has read, Rows times.
template <int Rows>
class Sum : public Layer {
  public:
    explicit Sum(int width) : width_(width) {}
    void initialise(base::Random&, float*) const override {}
    void prepare(const float*, float*) const override {}
    void forward(Pass& pass, const float* x, float* state, float* y, Saved&) const override {
        for (int s = 0; s < pass.sequences(); s++, state += pass.state_stride)
            for (int t = pass.starts[s]; t < pass.starts[s + 1]; t++) {
                for (int j = 0; j < Rows * width_; j++) state[j] += x[t * kD + j % kD];
                if (!pass.exact()) pass.round(Rows, width_, state);
                std::copy_n(state, kD, y + t * kD);
            }
    }
    void backward(Pass&, const float*, const float*, float*, const Saved&) const override {}
    std::size_t saved_slots() const override { return 0; }
    StateShape state() const override { return {Rows, width_}; }
    std::size_t activation_size() const override { return 0; }

  private:
    int width_;
};

TEST(Blocks, StatesMayBeOfAnyWidth) {
    Options options = block_options();
    options.layers = 1;
    options.feed_forward = 0;
    options.residual = "pre";
    const Catalogue catalogue;
    const auto make = [](const Options&, const std::string&, ParameterLayout&) -> std::unique_ptr<Layer> {
        return std::make_unique<Sum<3>>(kD);
    };
    for (const char* format : {"float32", "float16", "int8"}) {
        options.state_format = format;
        const Network network(options, catalogue, make);
        Encoder encoder(options, {}, kernels::table(), make);
        encoder.set_parameters(network.layout(), network.initialise(3));
        encoder.finish();
        base::Random random(7);
        const std::vector<float> tokens = to_float(random_vector(random, 4 * kD));
        std::vector<TokenEvent> events;
        for (int t = 0; t < 4; t++) events.push_back({tokens.data() + t * kD});
        std::vector<std::byte> whole(encoder.start().begin(), encoder.start().end()), stepped = whole;
        encoder.advance(whole.data(), events);
        for (const TokenEvent& event : events) encoder.advance(stepped.data(), {&event, 1});
        EXPECT_EQ(stepped, whole) << format;
        // All rows have read the same.
        std::vector<float> state(network.state().size());
        StateCodec(encoder.format(), network.state(), kD).read(kernels::table(), whole.data(), state.data());
        for (int j = 0; j < 2 * kD; j++) EXPECT_EQ(state[j], state[j + kD]) << format;
        EXPECT_GT(std::abs(state[0]), 0) << format;
    }
}

TEST(Blocks, StatesThatDoNotFitAreRefused) {
    Options options = block_options();
    const Catalogue catalogue;
    const auto differ = [](const Options&, const std::string& prefix, ParameterLayout&) -> std::unique_ptr<Layer> {
        return std::make_unique<Sum<2>>(prefix.starts_with("blocks.0") ? kD : 2 * kD);
    };
    EXPECT_THROW(Network(options, catalogue, differ), std::logic_error);
    const auto wide = [](const Options&, const std::string&, ParameterLayout&) -> std::unique_ptr<Layer> {
        return std::make_unique<Sum<1>>(kWidestState + 1);
    };
    EXPECT_THROW(Encoder(options, {}, kernels::table(), wide), std::length_error);
    options.block = "lstm";
    EXPECT_THROW(Network(options, catalogue), std::logic_error);
}

TEST(Blocks, ChannelsThatHeadsDoNotDivideAreRefused) {
    Options options = block_options();
    options.block = "attention";
    options.attention_heads = 5;
    const Catalogue catalogue;
    try {
        const Network network(options, catalogue);
        FAIL();
    } catch (const base::Error& e) {
        EXPECT_STREQ(e.what(), "12 channels cannot be divided among 5 attention heads");
    }
}

}  // namespace
}  // namespace holomamba::model
