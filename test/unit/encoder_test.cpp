// Serving: a state is the same to the last bit however its events came, in every format and on every instruction set.
#include "model/encoder.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <map>

#include "base/error.hpp"
#include "near.hpp"

namespace holomamba::model {
namespace {

using Bytes = std::vector<std::byte>;
using Tokens = std::vector<TokenEvent>;

// Odd sizes, where vectors do not fill the registers, and usual ones.
struct Shape {
    const char *dimension, *layers, *state_size, *expand, *conv_width, *feed_forward, *residual, *block = "mamba";
};
constexpr Shape kShapes[] = {{"64", "2", "4", "1", "3", "4", "post"},
                             {"20", "2", "3", "2", "4", "0", "pre"},
                             {"9", "1", "5", "3", "1", "1", "post"},
                             {"33", "3", "1", "1", "2", "2", "pre"},
                             {"96", "1", "16", "2", "4", "4", "post"},
                             {"20", "2", "1", "2", "1", "1", "post", "gru"},
                             {"9", "1", "1", "3", "1", "0", "pre", "gru"},
                             {"22", "2", "1", "1", "1", "2", "post", "attention"},
                             {"64", "1", "1", "1", "1", "0", "pre", "attention"}};

class Serving : public testing::TestWithParam<std::tuple<Shape, const char*, bool>> {
  protected:
    Serving() {
        const Shape& shape = std::get<0>(GetParam());
        for (const auto& [name, value] : std::map<const char*, const char*>{{"dimension", shape.dimension},
                                                                            {"layers", shape.layers},
                                                                            {"state_size", shape.state_size},
                                                                            {"expand", shape.expand},
                                                                            {"conv_width", shape.conv_width},
                                                                            {"feed_forward", shape.feed_forward},
                                                                            {"residual", shape.residual},
                                                                            {"block", shape.block},
                                                                            {"attention_span", "17"},
                                                                            {"state_format", std::get<1>(GetParam())}})
            options.set(name, value);
        d = options.dimension;
        if (std::get<2>(GetParam())) columns = {true, {{"kind", false, 3}, {"size", true}}};
        items.resize(kItems * d);
        for (float& x : items) x = static_cast<float>(random.normal());
    }

    Encoder make_encoder(const kernels::Table& kernels) const {
        const Catalogue catalogue{0, {}, columns};
        const Network network(options, catalogue);
        Encoder encoder(options, columns, kernels);
        auto parameters = network.initialise(3);
        for (const ParameterInfo& p : network.layout().parameters())
            if (p.name == "moment.projection.weight")
                for (std::size_t i = 0; i < p.size; i++) parameters[p.offset + i] = static_cast<float>(i % 7) * 0.01f;
        encoder.set_parameters(network.layout(), parameters);
        encoder.finish();
        return encoder;
    }

    Tokens random_tokens(std::size_t count) {
        Tokens tokens;
        for (std::size_t i = 0; i < count; i++) {
            const auto item = random.next() % (kItems + 1);
            tokens.push_back({item == kItems ? nullptr : items.data() + item * d});
            if (!columns.timed) continue;
            // Some times are not known, some are not in order.
            now += static_cast<double>(random.next() % 1000000) / 7 - 20000;
            tokens.back().time = random.next() % 9 == 0 ? kNoTime : now;
            values.push_back({static_cast<float>(random.next() % 3), static_cast<float>(random.normal())});
            if (random.next() % 5 == 0) values.back()[random.next() % 2] = std::numeric_limits<float>::quiet_NaN();
            if (random.next() % 9 != 0) tokens.back().values = values.back().data();
        }
        return tokens;
    }

    static constexpr std::size_t kItems = 30;
    Options options;
    std::size_t d = 0;
    EventColumns columns;
    double now = 1.7e9;
    std::vector<float> items;
    std::deque<std::array<float, 2>> values;
    base::Random random{11};
};

INSTANTIATE_TEST_SUITE_P(Shapes, Serving,
                         testing::Combine(testing::ValuesIn(kShapes), testing::Values("float32", "float16", "int8"),
                                          testing::Bool()),
                         [](const auto& variant) {
                             const Shape& shape = std::get<0>(variant.param);
                             return std::string(shape.block) + "d" + shape.dimension + "n" + shape.state_size +
                                    std::get<1>(variant.param) + (std::get<2>(variant.param) ? "timed" : "");
                         });

TEST_P(Serving, EverySplitGivesTheSameBytes) {
    for (const kernels::Table* table : kernels::tables()) {
        Encoder encoder = make_encoder(*table);
        const Bytes start(encoder.start().begin(), encoder.start().end());
        constexpr int kUsers = 9;
        std::vector<Tokens> histories;
        std::vector<Bytes> whole;
        for (int u = 0; u < kUsers; u++) {
            histories.push_back(random_tokens(u == 0 ? 0 : 1 + random.next() % (u == 1 ? 300 : 40)));
            whole.push_back(start);
            encoder.advance(whole.back().data(), histories.back());
        }
        EXPECT_EQ(whole[0], start);
        EXPECT_NE(whole[1], start);

        std::vector<Bytes> stepped(kUsers, start);
        for (int u = 0; u < kUsers; u++)
            for (const TokenEvent& token : histories[u]) encoder.advance(stepped[u].data(), {&token, 1});
        EXPECT_EQ(stepped, whole) << table->name << ": one by one";

        // Everyone goes on by some events at a time, in company.
        for (const std::size_t most : {2, 5, 100}) {
            std::vector<Bytes> together(kUsers, start);
            std::vector<std::size_t> done(kUsers, 0);
            Encoder::Workspace workspace;
            for (bool left = true; left;) {
                std::vector<UserEvents> batch;
                left = false;
                for (int u = 0; u < kUsers; u++) {
                    const std::size_t count = std::min(histories[u].size() - done[u], random.next() % (most + 1));
                    batch.push_back({together[u].data(), std::span(histories[u]).subspan(done[u], count)});
                    done[u] += count;
                    left = left || done[u] < histories[u].size();
                }
                encoder.advance(batch, workspace);
            }
            EXPECT_EQ(together, whole) << table->name << ": up to " << most << " at a time";
        }
    }
}

// Of which instruction set `default` is one, the Makefile says.
bool fuses([[maybe_unused]] const kernels::Table& table) {
#ifdef __aarch64__
    return true;
#else
    return std::string(table.name) != "default";
#endif
}

TEST_P(Serving, InstructionSetsWithFusedMultiplyAddAgree) {
    const Tokens tokens = random_tokens(50);
    std::vector<Bytes> states;
    for (const kernels::Table* table : kernels::tables()) {
        if (!fuses(*table)) continue;
        Encoder encoder = make_encoder(*table);
        states.emplace_back(encoder.start().begin(), encoder.start().end());
        encoder.advance(states.back().data(), tokens);
        EXPECT_EQ(states.back(), states.front()) << table->name;
    }
}

// Rounding at every event must not lead astray: the vector stays near that of unrounded states.
TEST_P(Serving, FormatsStayNearFloat32) {
    const Tokens tokens = random_tokens(200);
    const auto vector = [&](const char* format) {
        options.set("state_format", format);
        Encoder encoder = make_encoder(kernels::table());
        Bytes state(encoder.start().begin(), encoder.start().end());
        encoder.advance(state.data(), tokens);
        std::vector<float> result(d);
        encoder.vector(state.data(), kNoTime, result.data());
        return result;
    };
    const std::string format = std::get<1>(GetParam());
    expect_near(vector(format.c_str()), vector("float32"), format == "int8" ? 0.2 : 5e-3, format);
}

// A vector is read as of a moment, that of the last event where none is given, and reading changes nothing.
TEST_P(Serving, AnswersAsOfAMoment) {
    Encoder encoder = make_encoder(kernels::table());
    const Tokens tokens = random_tokens(20);
    Bytes state(encoder.start().begin(), encoder.start().end());
    const auto at = [&](double moment) {
        std::vector<float> result(d);
        encoder.vector(state.data(), moment, result.data());
        return result;
    };
    EXPECT_EQ(at(kNoTime) == at(1.7e9), !columns.timed) << "nobody's last event";
    encoder.advance(state.data(), tokens);
    double last = 0;
    for (const TokenEvent& token : tokens)
        if (token.time > last) last = token.time;
    EXPECT_EQ(at(last), at(kNoTime));
    EXPECT_EQ(at(last + 86400) == at(kNoTime), !columns.timed);
    EXPECT_EQ(at(last - 86400) == at(kNoTime), !columns.timed) << "the season, not the memory";
}

TEST(Encoder, RefusesIncompleteAndMisshapenWeights) {
    Options options;
    Encoder encoder(options);
    EXPECT_THROW(encoder.finish(), base::Error);
    const std::vector<float> short_one(3);
    EXPECT_THROW(encoder.set_parameter("blocks.0.mamba.skip", short_one), base::Error);
}

// In a batch as one by one, though the numbers after it are finite again.
TEST(Encoder, RefusesStatesThatAreNoLongerFinite) {
    Options options;
    options.residual = "pre";
    options.state_format = "float16";
    const Catalogue catalogue;
    const Network network(options, catalogue);
    Encoder encoder(options);
    encoder.set_parameters(network.layout(), network.initialise(3));
    encoder.finish();
    std::vector<float> huge(options.dimension, 3e38f), small(options.dimension, 0.5f);
    Tokens tokens(9, {small.data()});
    tokens[2] = {huge.data()};
    std::vector<std::byte> state(encoder.start().begin(), encoder.start().end());
    EXPECT_THROW(encoder.advance(state.data(), tokens), base::Error);
}

// What x86-64-v3, -v4 and 64-bit ARM make of the same weights and events, of which nothing comes from a library: a state may move between
// them. Where the mathematics of an event changes, so do these numbers, and every stored state is another than its replay gives.
TEST(Encoder, StatesAreTheSameOnEveryMachine) {
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "The compiler joins products and sums where it optimises, and elsewhere where it adds checks.";
#endif
    struct Case {
        Shape shape;
        const char* format;
        std::uint64_t hash;
    };
    const Case cases[] = {
        {{"64", "2", "4", "1", "3", "4", "post"}, "float32", 0xf2f11e257c94ea06},
        {{"64", "2", "4", "1", "3", "4", "post"}, "float16", 0xb34780122c8d362e},
        {{"64", "2", "4", "1", "3", "4", "post"}, "int8", 0x85ae0a2c4110e407},
        {{"33", "3", "1", "1", "2", "2", "pre"}, "float32", 0x28e6565e97c3a3d9},
        {{"33", "3", "1", "1", "2", "2", "pre"}, "float16", 0x7fa01539f26ebc57},
        {{"20", "2", "1", "2", "1", "1", "post", "gru"}, "float32", 0x1ba12f13fdf73ad2},
        {{"22", "2", "1", "1", "1", "2", "post", "attention"}, "float32", 0x03e6264b18a5cefe},
    };
    for (const Case& one : cases) {
        const Shape& shape = one.shape;
        Options options;
        for (const auto& [name, value] : std::map<const char*, const char*>{{"dimension", shape.dimension},
                                                                            {"layers", shape.layers},
                                                                            {"state_size", shape.state_size},
                                                                            {"expand", shape.expand},
                                                                            {"conv_width", shape.conv_width},
                                                                            {"feed_forward", shape.feed_forward},
                                                                            {"residual", shape.residual},
                                                                            {"block", shape.block},
                                                                            {"state_format", one.format}})
            options.set(name, value);
        base::Random random(5);
        const auto uniform = [&] {
            return static_cast<float>(static_cast<double>(random.next() >> 40) / 16777216.0 - 0.5);
        };
        const Catalogue catalogue;
        const Network network(options, catalogue);
        std::vector<float> parameters(network.layout().size());
        for (float& x : parameters) x = 0.5f * uniform();
        std::vector<float> items(static_cast<std::size_t>(50) * options.dimension);
        for (float& x : items) x = 2.0f * uniform();
        Tokens tokens;
        for (int i = 0; i < 300; i++) tokens.push_back({items.data() + random.next() % 50 * options.dimension});
        for (const kernels::Table* table : kernels::tables()) {
            if (!fuses(*table)) continue;
            Encoder encoder(options, {}, *table);
            encoder.set_parameters(network.layout(), parameters);
            encoder.finish();
            Bytes state(encoder.start().begin(), encoder.start().end());
            encoder.advance(state.data(), tokens);
            std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
            for (const std::byte byte : state) hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3;
            EXPECT_EQ(hash, one.hash) << table->name << ", " << shape.block << " " << shape.dimension << ", "
                                      << one.format;
        }
    }
}

}  // namespace
}  // namespace holomamba::model
