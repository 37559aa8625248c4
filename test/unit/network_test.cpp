// The network against an independent oracle (test/golden), its gradients against central differences, and step = scan.
#include "model/network.hpp"

#include <limits>
#include <map>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "golden.hpp"
#include "model/encoder.hpp"
#include "near.hpp"
#include "training/batch_gradient.hpp"

namespace holomamba::model {
namespace {

class GoldenNetwork : public testing::TestWithParam<const char*> {
  protected:
    GoldenNetwork() : golden(GetParam()), network(golden.options, golden.catalogue) {
        parameters.resize(network.layout().size());
        for (const ParameterInfo& p : network.layout().parameters()) {
            const auto& values = golden.at("parameter." + p.name);
            EXPECT_EQ(values.size(), p.size) << p.name;
            std::copy(values.begin(), values.end(), parameters.begin() + static_cast<std::ptrdiff_t>(p.offset));
        }
        data.catalogue = golden.catalogue;
        for (const auto& sequence : golden.sequences) {
            windows.push_back({data.users(), 0, static_cast<std::int32_t>(sequence.size())});
            data.add_user(sequence);
            events += sequence.size();
        }
        std::vector<std::int32_t> rows(network.embedding().rows());
        std::iota(rows.begin(), rows.end(), 0);
        network.embedding().prepare(parameters.data(), rows.size(), composed);
        network.embedding().compose(kernels::table(), parameters.data(), rows, {}, 0, rows.size(), composed);
    }

    // Mean loss of all sequences and its gradient, as training computes them.
    double loss(int threads, std::vector<float>& gradients) {
        training::BatchGradient batch(network, data, threads);
        base::Stop stop{no_stop};
        gradients.assign(parameters.size(), 0.0f);
        return batch.compute(windows, parameters, {}, stop, gradients) / static_cast<double>(events);
    }

    Golden golden;
    Network network;
    std::vector<float> parameters;
    HolographicEmbedding::Composed composed;
    training::Dataset data;
    std::vector<training::Window> windows;
    std::size_t events = 0;
    base::StopCheck no_stop;
};

INSTANTIATE_TEST_SUITE_P(Variants, GoldenNetwork,
                         testing::Values("small_post_tied", "small_post_tied_odd", "paper", "pre_tied_no_attributes",
                                         "rank_two_post_untied"),
                         [](const auto& variant) { return std::string(variant.param); });

TEST_P(GoldenNetwork, EmbeddingEqualsTheOracle) {
    expect_near(composed.raw, golden.at("expected.raw"), 1e-5, "raw");
    expect_near(composed.token, golden.at("expected.token"), 1e-5, "token");
}

// What an item's values, the item and its bias bring to a score: what the score lacks without them, and all of it together.
TEST_P(GoldenNetwork, ContributionsAreWhatAblationGives) {
    const std::size_t d = golden.options.dimension;
    base::Random random(9);
    std::vector<float> vector(d);
    for (float& x : vector) x = static_cast<float>(random.normal());
    // The item's part of the score, with another catalogue.
    const auto score = [&](const Catalogue& catalogue, std::int32_t item, const std::vector<std::uint8_t>& masked) {
        const HolographicEmbedding embedding = [&] {
            ParameterLayout layout;
            return HolographicEmbedding(golden.options, catalogue, layout);
        }();
        HolographicEmbedding::Composed one;
        const std::vector<std::int32_t> rows{item};
        embedding.prepare(parameters.data(), 1, one);
        embedding.compose(kernels::table(), parameters.data(), rows, masked, 0, 1, one);
        const float* row =
            network.head().view(parameters.data(), one.raw.data()).rows + (network.head().tied() ? 0 : item * d);
        return std::inner_product(row, row + d, vector.begin(), 0.0);
    };
    // The values of an item's attribute replaced by these.
    const auto with_values = [&](std::size_t r, std::int32_t item, const std::vector<std::int32_t>& values) {
        Catalogue catalogue = golden.catalogue;
        Attribute& attribute = catalogue.attributes[r];
        if (attribute.kind == AttributeKind::number) {
            attribute.numbers[item] = std::numeric_limits<float>::quiet_NaN();
            return catalogue;
        }
        const auto first = attribute.indices.begin() + attribute.offsets[item];
        attribute.indices.insert(
            attribute.indices.erase(first, first + (attribute.offsets[item + 1] - attribute.offsets[item])),
            values.begin(), values.end());
        const int more = static_cast<int>(values.size()) - (attribute.offsets[item + 1] - attribute.offsets[item]);
        for (std::size_t i = item + 1; i < attribute.offsets.size(); i++) attribute.offsets[i] += more;
        return catalogue;
    };
    int found = 0;
    for (std::int32_t item = 0; item < network.items(); item++)
        for (const bool unknown : {false, true}) {
            const std::vector<std::uint8_t> masked{unknown};
            const std::vector<std::int32_t> rows{item};
            HolographicEmbedding::Composed one;
            network.embedding().prepare(parameters.data(), 1, one);
            network.embedding().compose(kernels::table(), parameters.data(), rows, masked, 0, 1, one);
            const float bias = 0.25f;
            Head::View view = network.head().view(parameters.data(), one.raw.data(), &bias);
            if (!network.head().tied()) view.rows += item * d;
            const auto contributions =
                network.head().explain(view, network.embedding(), parameters.data(), one, 0, item, vector.data());
            const double whole = score(golden.catalogue, item, masked);
            double total = 0;
            std::map<int, std::vector<std::int32_t>> values;
            for (const Head::Contribution& c : contributions) {
                total += c.score;
                if (c.kind == Head::Contribution::attribute) values[c.number].push_back(c.value);
            }
            EXPECT_NEAR(total, whole + (network.head().tied() ? bias : 0), 1e-4);
            for (std::size_t r = 0; r < golden.catalogue.attributes.size() && network.head().tied(); r++) {
                const Attribute& attribute = golden.catalogue.attributes[r];
                const double without = score(with_values(r, item, {}), item, masked);
                double of_attribute = 0;
                for (const Head::Contribution& c : contributions) {
                    if (c.kind != Head::Contribution::attribute || c.number != static_cast<int>(r)) continue;
                    of_attribute += c.score;
                    found++;
                    if (attribute.kind == AttributeKind::category) {
                        const double alone = score(with_values(r, item, {c.value}), item, masked) - without;
                        EXPECT_NEAR(c.score, alone / static_cast<double>(values[c.number].size()), 1e-4);
                    }
                    EXPECT_EQ(c.value < 0, attribute.kind != AttributeKind::category);
                }
                EXPECT_NEAR(of_attribute, whole - without, 1e-4);
            }
            EXPECT_EQ(contributions.back().kind, Head::Contribution::bias);
        }
    EXPECT_EQ(found > 0, network.head().tied() && !golden.catalogue.attributes.empty());
}

TEST_P(GoldenNetwork, EncoderStateAndScoresEqualTheOracle) {
    const std::size_t d = golden.options.dimension;
    for (std::size_t j = 0; j < golden.sequences.size(); j++) {
        const std::string number = std::to_string(j);
        std::vector<std::int32_t> inputs = golden.sequences[j];
        inputs.insert(inputs.begin(), network.embedding().start_row());
        std::vector<TokenEvent> read;
        for (const std::int32_t row : inputs) read.push_back({composed.token.data() + row * d});
        const std::vector<int> starts{0, static_cast<int>(inputs.size())};
        std::vector<float> state(network.state().size(), 0.0f);
        Arena arena;
        Pass pass{kernels::table(), parameters.data(), nullptr, starts, arena, state.data(), state.size()};
        Network::Kept kept;
        const float* encoded = network.encode(pass, read, kept);
        expect_near(std::vector<float>(encoded, encoded + inputs.size() * d), golden.at("expected.encoded." + number),
                    1e-5, "encoded");

        auto part = state.begin();
        for (int layer = 0; layer < golden.options.layers; layer++)
            for (const char* name : {".h", ".conv"}) {
                const auto& expected = golden.at("expected.state." + number + "." + std::to_string(layer) + name);
                const auto end = part + static_cast<std::ptrdiff_t>(expected.size());
                expect_near(std::vector<float>(part, end), expected, 1e-5, name);
                part = end;
            }
        EXPECT_EQ(part, state.end());

        const Head::View head = network.head().view(parameters.data(), composed.raw.data());
        std::vector<double> scores;
        for (int i = 0; i < network.items(); i++) {
            double score = head.bias ? head.bias[i] : 0;
            for (std::size_t c = 0; c < d; c++) score += encoded[(inputs.size() - 1) * d + c] * head.rows[i * d + c];
            scores.push_back(score);
        }
        expect_near(scores, golden.at("expected.scores." + number), 1e-5, "scores");
    }
}

TEST_P(GoldenNetwork, LossAndGradientsEqualTheOracle) {
    for (const int threads : {1, 3}) {
        std::vector<float> gradients;
        EXPECT_NEAR(loss(threads, gradients), golden.at("expected.loss")[0], 1e-5);
        for (const ParameterInfo& p : network.layout().parameters()) {
            if (!p.trained) continue;
            const auto begin = gradients.begin() + static_cast<std::ptrdiff_t>(p.offset);
            expect_near(std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(p.size)),
                        golden.at("gradient." + p.name), 1e-4, p.name);
        }
    }
}

// The same without an oracle. In single precision a difference of losses near 2.4 over a step of 2e-2 is good to about
// 2e-5, and the third derivative costs as much again.
TEST_P(GoldenNetwork, GradientsEqualCentralDifferences) {
    std::vector<float> gradients, unused;
    loss(1, gradients);
    for (const ParameterInfo& p : network.layout().parameters()) {
        if (!p.trained) continue;
        for (std::size_t i = p.offset; i < p.offset + p.size; i++) {
            constexpr float kStep = 1e-2f;
            const float before = parameters[i];
            parameters[i] = before + kStep;
            const double above = loss(1, unused);
            parameters[i] = before - kStep;
            const double below = loss(1, unused);
            parameters[i] = before;
            ASSERT_NEAR(gradients[i], (above - below) / (2 * kStep), 1e-3 + 0.01 * std::abs(gradients[i]))
                << p.name << " [" << i - p.offset << "]";
        }
    }
}

// step = scan: event by event gives what the whole sequence gives, for every kind of block, in any grouping.
TEST_P(GoldenNetwork, StepEqualsScan) {
    const std::size_t d = golden.options.dimension;
    golden.options.state_format = "float32";  // the oracle rounds nothing
    Encoder encoder(golden.options);
    encoder.set_parameters(network.layout(), parameters);
    encoder.finish();
    for (std::size_t j = 0; j < golden.sequences.size(); j++) {
        std::vector<TokenEvent> read;
        for (const std::int32_t item : golden.sequences[j]) read.push_back({composed.token.data() + item * d});
        std::vector<std::byte> whole(encoder.start().begin(), encoder.start().end()), stepped = whole;
        encoder.advance(whole.data(), read);
        for (const TokenEvent& event : read) encoder.advance(stepped.data(), {&event, 1});
        EXPECT_EQ(stepped, whole);
        std::vector<float> vector(d);
        encoder.vector(whole.data(), kNoTime, vector.data());
        const auto& expected = golden.at("expected.encoded." + std::to_string(j));
        expect_near(vector, std::vector<double>(expected.end() - static_cast<std::ptrdiff_t>(d), expected.end()), 1e-5,
                    "vector");

        // An item the model does not know is the unknown row.
        const TokenEvent unknown{nullptr}, known{composed.token.data() + network.embedding().unknown_row() * d};
        encoder.advance(whole.data(), {&unknown, 1});
        encoder.advance(stepped.data(), {&known, 1});
        EXPECT_EQ(stepped, whole);
    }
}

}  // namespace
}  // namespace holomamba::model
