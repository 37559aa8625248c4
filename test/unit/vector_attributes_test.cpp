// Items that vectors describe: the value that a vector has, its gradients, what a score owes to it.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "hrr/binding.hpp"
#include "model/network.hpp"
#include "small_training.hpp"
#include "training/batch_gradient.hpp"
#include "training/checkpoint.hpp"
#include "training/memory.hpp"

namespace holomamba::training {
namespace {

constexpr int kItems = 70, kElements = 5;

// An attribute that is a vector, which each third item lacks.
model::Attribute vector_attribute(const std::string& name, int items, int elements, std::uint64_t seed) {
    model::Attribute attribute;
    attribute.name = name;
    attribute.kind = model::AttributeKind::vector;
    attribute.values = elements;
    attribute.indices.assign(items, -1);
    base::Random random(seed);
    for (int i = 0; i < items; i++) {
        std::vector<double> x(elements);
        for (double& element : x) element = 100 * random.normal();
        if (i % 3 != 1) attribute.set_vector(i, x.data());
    }
    return attribute;
}

// More items than are projected at once, with a category between two vectors.
Dataset described(int items, int elements) {
    Dataset data;
    data.catalogue.items = items;
    model::Attribute kind;
    kind.name = "kind";
    kind.values = 2;
    kind.offsets = {0};
    for (int i = 0; i < items; i++) {
        kind.indices.push_back(i % 2);
        kind.offsets.push_back(i + 1);
    }
    data.catalogue.attributes = {vector_attribute("text", items, elements, 1), kind,
                                 vector_attribute("picture", items, 2 * elements, 2)};
    for (int user = 0; user < 4; user++) {
        std::vector<std::int32_t> events;
        for (int i = 0; i < 6; i++) events.push_back((user * 3 + i * i) % items);
        data.add_user(events);
    }
    return data;
}

model::Options options_with(const char* attributes, const char* initialisation) {
    model::Options options = small_options();
    options.dimension = 8;
    options.set("attributes", attributes);
    options.set("initialisation", initialisation);
    return options;
}

TEST(VectorAttributes, AVectorIsBroughtToUnitLength) {
    model::Attribute attribute;
    attribute.kind = model::AttributeKind::vector;
    attribute.values = 2;
    attribute.indices.assign(9, -1);
    const double infinity = std::numeric_limits<double>::infinity(), tiny = std::numeric_limits<double>::min();
    const double given[9][2] = {
        {3, 4},       {0, 0},         {1e300, 1e300}, {infinity, 1}, {1, std::nan("")}, {-3 * tiny, 4 * tiny},
        {0, -1e-300}, {1, -infinity}, {-0.0, 0.0}};
    for (int i = 0; i < 9; i++) attribute.set_vector(i, given[i]);
    EXPECT_EQ(attribute.indices, (std::vector<std::int32_t>{0, -1, 1, -1, -1, 2, 3, -1, -1}));
    EXPECT_FLOAT_EQ(attribute.vector_of(0)[0], 0.6f);
    EXPECT_FLOAT_EQ(attribute.vector_of(0)[1], 0.8f);
    EXPECT_FLOAT_EQ(attribute.vector_of(2)[0], std::sqrt(0.5f));
    EXPECT_FLOAT_EQ(attribute.vector_of(5)[0], -0.6f);
    EXPECT_FLOAT_EQ(attribute.vector_of(6)[1], -1);
    EXPECT_EQ(attribute.vector_of(1), nullptr);
}

// raw = e + sum_r ( bound_r s bind(e, f_r) + added_r f_r ), f_r = bind(role_r, W_r x), in double precision.
TEST(VectorAttributes, EmbeddingIsThatOfTheFormula) {
    for (const auto& [how, initialisation] : {std::pair{"both", "small"}, {"bound", "small"}, {"both", "paper"}}) {
        Dataset data = described(kItems, kElements);
        data.catalogue.attributes.erase(data.catalogue.attributes.begin() + 1);
        const model::Options options = options_with(how, initialisation);
        const model::Network network(options, data.catalogue);
        std::vector<float> weights = network.initialise(3);
        const std::size_t d = 8;
        const auto parameter = [&](const std::string& name) {
            for (const model::ParameterInfo& p : network.layout().parameters())
                if (p.name == name) return std::span(weights).subspan(p.offset, p.size);
            return std::span<float>();
        };
        base::Random random(5);
        for (float& x : parameter("embedding.items")) x = static_cast<float>(random.normal());
        std::vector<std::int32_t> rows(network.embedding().rows());
        std::iota(rows.begin(), rows.end(), 0);
        model::HolographicEmbedding::Composed composed;
        network.embedding().prepare(weights.data(), rows.size(), composed);
        network.embedding().compose(kernels::table(), weights.data(), rows, {}, 0, rows.size(), composed);
        const auto bind = [&](const auto* x, const auto* y) {
            std::vector<double> out(d);
            for (std::size_t i = 0; i < d; i++)
                for (std::size_t j = 0; j < d; j++) out[i] += static_cast<double>(x[j]) * y[(i + d - j) % d];
            return out;
        };
        const double scale = std::string(initialisation) == "paper" ? 1 / std::sqrt(8.0) : 1;
        for (int i = 0; i < kItems + 2; i++) {
            const float* own = parameter("embedding.items").data() + i * d;
            std::vector<double> raw(own, own + d);
            for (std::size_t r = 0; r < 2 && i < kItems; r++) {
                const model::Attribute& attribute = data.catalogue.attributes[r];
                const float* x = attribute.vector_of(i);
                if (!x) continue;
                const auto projection = parameter("embedding.projection." + attribute.name);
                std::vector<double> value(d);
                for (std::size_t row = 0; row < d; row++)
                    for (int j = 0; j < attribute.values; j++)
                        value[row] += static_cast<double>(projection[row * attribute.values + j]) * x[j];
                const std::vector<double> role(
                    parameter("embedding.roles").begin() + static_cast<std::ptrdiff_t>(r * d),
                    parameter("embedding.roles").begin() + static_cast<std::ptrdiff_t>((r + 1) * d));
                const auto filler = bind(role.data(), value.data());
                const std::vector<double> item(own, own + d);
                const auto bound = bind(item.data(), filler.data());
                const auto added = parameter("embedding.added");
                for (std::size_t j = 0; j < d; j++)
                    raw[j] +=
                        scale * parameter("embedding.bound")[r] * bound[j] + (added.empty() ? 0 : added[r] * filler[j]);
            }
            for (std::size_t j = 0; j < d; j++) EXPECT_NEAR(composed.raw[i * d + j], raw[j], 2e-5) << how << i;
        }
        // An item alone, at another place, is the same to the last bit.
        for (const std::int32_t item : {0, 1, 69}) {
            model::HolographicEmbedding::Composed alone;
            const std::vector<std::int32_t> row{kItems, item};
            network.embedding().prepare(weights.data(), 2, alone);
            network.embedding().compose(kernels::table(), weights.data(), row, {}, 0, 2, alone);
            for (std::size_t j = 0; j < d; j++) EXPECT_EQ(alone.token[d + j], composed.token[item * d + j]);
        }
    }
}

// What is added starts as long as a value of a category does.
TEST(VectorAttributes, ValuesStartAtUnitLength) {
    for (const int elements : {1, 8, 768}) {
        Dataset data;
        data.catalogue.items = 400;
        data.catalogue.attributes = {vector_attribute("text", 400, elements, 7)};
        model::Options options;
        options.dimension = 64;
        const model::Network network(options, data.catalogue);
        const std::vector<float> weights = network.initialise(3);
        double squares = 0;
        int vectors = 0;
        for (const model::ParameterInfo& p : network.layout().parameters()) {
            if (p.name != "embedding.projection.text") continue;
            EXPECT_EQ(p.shape, (std::vector<int>{64, elements}));
            EXPECT_TRUE(p.decays());
            for (int i = 0; i < 400; i++) {
                const float* x = data.catalogue.attributes[0].vector_of(i);
                if (!x) continue;
                vectors++;
                for (int row = 0; row < 64; row++) {
                    const double y =
                        std::inner_product(x, x + elements, weights.data() + p.offset + row * elements, 0.0);
                    squares += y * y;
                }
            }
        }
        EXPECT_NEAR(squares / vectors, 1, elements == 1 ? 0.6 : 0.3);
    }
}

// In single precision, as for the golden networks (network_test.cpp).
TEST(VectorAttributes, GradientsEqualCentralDifferences) {
    for (const auto& [how, initialisation] : {std::pair{"both", "small"}, {"added", "small"}, {"both", "paper"}}) {
        const Dataset data = described(kItems, kElements);
        const model::Network network(options_with(how, initialisation), data.catalogue);
        std::vector<float> weights = network.initialise(3);
        base::Random random(9);
        for (const model::ParameterInfo& p : network.layout().parameters())
            if (p.name == "embedding.items")
                for (std::size_t i = 0; i < p.size; i++)
                    weights[p.offset + i] = static_cast<float>(0.3 * random.normal());
        const base::StopCheck never;
        base::Stop stop(never);
        const std::vector<Window> windows{{0, 0, 6}, {1, 2, 6}, {2, 0, 5}, {3, 0, 6}};
        for (const int threads : {1, 3}) {
            BatchGradient batch(network, data, threads, 0, 0);
            std::vector<float> gradients(weights.size()), unused(weights.size());
            const auto loss = [&](std::vector<float>& gradient) {
                return batch.compute(windows, weights, {}, stop, gradient) / 21;
            };
            loss(gradients);
            for (const model::ParameterInfo& p : network.layout().parameters()) {
                if (!p.trained || !p.name.starts_with("embedding.") || p.name == "embedding.items") continue;
                float largest = 0;
                for (std::size_t i = p.offset; i < p.offset + p.size; i++) {
                    constexpr float kStep = 1e-2f;
                    const float before = weights[i];
                    weights[i] = before + kStep;
                    const double above = loss(unused);
                    weights[i] = before - kStep;
                    const double below = loss(unused);
                    weights[i] = before;
                    ASSERT_NEAR(gradients[i], (above - below) / (2 * kStep), 1e-3 + 0.01 * std::abs(gradients[i]))
                        << how << p.name << " [" << i - p.offset << "]";
                    largest = std::max(largest, std::abs(gradients[i]));
                }
                EXPECT_GT(largest, 0) << p.name;
            }
        }
    }
}

// One part for the whole vector: what the score lacks without it.
TEST(VectorAttributes, APartOfTheScoreIsWhatItLacksWithoutIt) {
    const Dataset data = described(kItems, kElements);
    const model::Network network(options_with("both", "small"), data.catalogue);
    const std::vector<float> weights = network.initialise(3);
    base::Random random(4);
    std::vector<float> vector(8);
    for (float& x : vector) x = static_cast<float>(random.normal());
    for (const std::int32_t item : {0, 1, 2}) {
        const auto raw = [&](const model::Catalogue& catalogue, model::HolographicEmbedding::Composed& composed) {
            const model::Network other(options_with("both", "small"), catalogue);
            const std::vector<std::int32_t> rows{kItems, item};
            other.embedding().prepare(weights.data(), 2, composed);
            other.embedding().compose(kernels::table(), weights.data(), rows, {}, 0, 2, composed);
            return std::inner_product(vector.begin(), vector.end(), composed.raw.begin() + 8, 0.0);
        };
        model::HolographicEmbedding::Composed composed, unused;
        const double whole = raw(data.catalogue, composed);
        int parts = 0;
        network.embedding().for_each_part(weights.data(), composed, 1, item,
                                          [&](int r, std::int32_t value, const float* part) {
                                              if (r == 1) return;
                                              parts++;
                                              EXPECT_EQ(value, -1);
                                              model::Catalogue without = data.catalogue;
                                              without.attributes[r].indices[item] = -1;
                                              EXPECT_NEAR(std::inner_product(vector.begin(), vector.end(), part, 0.0),
                                                          whole - raw(without, unused), 1e-5);
                                          });
        EXPECT_EQ(parts, item == 1 ? 0 : 2);
    }
}

TEST(VectorAttributes, CheckpointsKeepThemAndRefuseDamage) {
    const Dataset data = described(9, kElements);
    const Dataset back = unpack(pack(data));
    for (std::size_t r = 0; r < 3; r++) {
        EXPECT_EQ(back.catalogue.attributes[r].kind, data.catalogue.attributes[r].kind);
        EXPECT_EQ(back.catalogue.attributes[r].values, data.catalogue.attributes[r].values);
        EXPECT_EQ(back.catalogue.attributes[r].indices, data.catalogue.attributes[r].indices);
        EXPECT_EQ(back.catalogue.attributes[r].vectors, data.catalogue.attributes[r].vectors);
    }
    const auto refused = [&](auto&& damage) {
        Dataset damaged = data;
        damage(damaged.catalogue.attributes[0]);
        EXPECT_THROW(unpack(pack(damaged)), base::Error);
    };
    refused([](model::Attribute& a) { a.kind = static_cast<model::AttributeKind>(3); });
    refused([](model::Attribute& a) { a.kind = model::AttributeKind::number; });
    refused([](model::Attribute& a) { a.kind = model::AttributeKind::category; });
    refused([](model::Attribute& a) { a.values = 4; });
    refused([](model::Attribute& a) { a.values = 0; });
    refused([](model::Attribute& a) { a.values = -1; });
    refused([](model::Attribute& a) { a.values = model::kMostElements + 1; });
    refused([](model::Attribute& a) { a.vectors.pop_back(); });
    refused([](model::Attribute& a) { a.vectors[0] = std::nanf(""); });
    refused([](model::Attribute& a) { a.indices.pop_back(); });
    refused([](model::Attribute& a) { a.indices[0] = 6; });
    refused([](model::Attribute& a) { a.indices[0] = -2; });
}

// Those of an attribute that no item has take no weights, and change nothing.
TEST(VectorAttributes, ThereMayBeNone) {
    Dataset data = described(9, 1);
    data.catalogue.attributes[0].values = 0;
    data.catalogue.attributes[0].indices.assign(9, -1);
    data.catalogue.attributes[0].vectors.clear();
    EXPECT_EQ(unpack(pack(data)).catalogue.attributes[0].values, 0);
    const model::Network network(options_with("both", "small"), data.catalogue);
    const std::vector<float> weights = network.initialise(3);
    const base::StopCheck never;
    base::Stop stop(never);
    std::vector<float> gradients(weights.size());
    const std::vector<Window> windows{{0, 0, 6}};
    EXPECT_TRUE(std::isfinite(BatchGradient(network, data, 1).compute(windows, weights, {}, stop, gradients)));
}

TEST(VectorAttributes, TheEstimateOfMemoryCountsThem) {
    const auto estimate = [](int elements) {
        const Dataset data = described(1000, elements);
        const model::Options options = options_with("both", "small");
        const model::Network network(options, data.catalogue);
        return training_memory(network, options, data, 1);
    };
    // Two attributes, 4 and 8 elements more, of 667 and 667 items in single precision.
    EXPECT_GE(estimate(8) - estimate(4), 667 * (4 + 8) * sizeof(float));
}

}  // namespace
}  // namespace holomamba::training
