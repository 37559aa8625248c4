// What is known of events beside their items: times, attributes, weights.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "hrr/binding.hpp"
#include "model/encoder.hpp"
#include "near.hpp"
#include "small_training.hpp"
#include "training/evaluation.hpp"

namespace holomamba::training {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

// Four users with events of two kinds and a size, some of which are not known, some of which are no targets.
Dataset few_events() {
    Dataset data;
    data.catalogue.items = 7;
    data.catalogue.events = {true, {{"kind", false, 2}, {"size", true}}};
    base::Random random(4);
    for (int user = 0; user < 4; user++) {
        std::vector<std::int32_t> items;
        std::vector<double> times;
        std::vector<float> values, weights;
        double now = 1.7e9 + 1e6 * user;
        for (int i = 0; i < 6 + user; i++) {
            items.push_back(static_cast<std::int32_t>(random.below(7)));
            now += 86400 * 3 * random.uniform();
            times.push_back(i == 2 ? model::kNoTime : now);
            values.push_back(i == 3 ? kNone : static_cast<float>(random.below(2)));
            values.push_back(i == 4 ? kNone : static_cast<float>(random.normal()));
            weights.push_back(i % 3 == 1 ? 0.0f : i % 3 == 2 ? 2.0f : 1.0f);
        }
        data.add_user(items, times, values, weights);
    }
    return data;
}

// In single precision, as for the golden networks (network_test.cpp).
TEST(EventColumns, GradientsEqualCentralDifferences) {
    const Dataset data = few_events();
    model::Options options = small_options();
    options.dimension = 8;
    const model::Network network(options, data.catalogue);
    std::vector<float> weights = network.initialise(3);
    base::Random random(9);
    const std::vector<float> knots = [&] {
        std::vector<float> days;
        for (int k = 0; k < model::Moment::kKnots; k++) days.push_back(19675.0f + 2.0f * static_cast<float>(k));
        return days;
    }();
    network.set_knots(knots, weights.data());
    for (const model::ParameterInfo& p : network.layout().parameters())
        if (p.name == "moment.projection.weight" || p.name == "embedding.items")
            for (std::size_t i = 0; i < p.size; i++) weights[p.offset + i] = static_cast<float>(0.3 * random.normal());
    const base::StopCheck never;
    base::Stop stop(never);
    const std::vector<Window> windows{{0, 0, 6}, {1, 2, 7}, {2, 0, 8}, {3, 0, 4}, {3, 4, 9}};
    double total = 0;
    for (const Window& window : windows) total += data.weight_of(window.user, window.first, window.last);
    BatchGradient batch(network, data, 1, 0, 0.5);
    std::vector<float> gradients(weights.size()), unused(weights.size());
    const auto loss = [&](std::vector<float>& gradient) {
        return batch.compute(windows, weights, {}, stop, gradient) / total;
    };
    loss(gradients);
    for (const model::ParameterInfo& p : network.layout().parameters()) {
        if (!p.trained) continue;
        float largest = 0;
        for (std::size_t i = p.offset; i < p.offset + p.size; i++) {
            constexpr float kStep = 1e-2f;
            const float before = weights[i];
            weights[i] = before + kStep;
            const double above = loss(unused);
            weights[i] = before - kStep;
            const double below = loss(unused);
            weights[i] = before;
            ASSERT_NEAR(gradients[i], (above - below) / (2 * kStep), 2e-3 + 0.01 * std::abs(gradients[i]))
                << p.name << " [" << i - p.offset << "]";
            largest = std::max(largest, std::abs(gradients[i]));
        }
        EXPECT_GT(largest, 0) << p.name;
    }
}

// The formulas of event_embedding.hpp and slow_memory.hpp, written down once more in double precision.
TEST(EventColumns, EncoderIsThatOfTheFormulas) {
    const Dataset data = few_events();
    model::Options options = small_options();
    options.dimension = 8;
    const model::Network network(options, data.catalogue);
    const std::vector<float> weights = network.initialise(3);
    const auto parameter = [&](const std::string& name) {
        for (const model::ParameterInfo& p : network.layout().parameters())
            if (p.name == name)
                return std::vector<float>(weights.data() + p.offset, weights.data() + p.offset + p.size);
        ADD_FAILURE() << name;
        return std::vector<float>();
    };
    const std::size_t d = 8, e = 16;
    std::vector<float> tokens(7 * d);
    base::Random random(2);
    for (float& x : tokens) x = static_cast<float>(random.normal());
    std::vector<model::TokenEvent> events;
    for (int i = 0; i < 6; i++) {
        const model::Event event = data.event(0, i);
        events.push_back(event.with(static_cast<const float*>(tokens.data() + event.item * d)));
    }
    const std::vector<int> starts{0, 6};
    model::Arena arena;
    model::Pass pass{kernels::table(), weights.data(), nullptr, starts, arena};
    model::Network::Kept kept;
    const float* encoded = network.encode(pass, events, kept);
    const double last = data.time(0, 5);
    std::vector<double> at(6, last + 86400 * 2.0);
    const float* answer = network.answer(pass, encoded, at.data(), kept);

    // Inputs of the first layer: what is bound and added, normalised.
    const auto values = parameter("events.values.kind"), base = parameter("events.base.size"),
               roles = parameter("events.roles"), bound = parameter("events.bound"), added = parameter("events.added");
    std::vector<float> filler(d), part(d), power(d);
    for (int t = 0; t < 6; t++) {
        std::vector<double> raw(events[t].item, events[t].item + d);
        for (std::size_t r = 0; r < 2; r++) {
            const float value = events[t].values[r];
            if (std::isnan(value)) continue;
            if (r == 0)
                std::copy_n(values.data() + static_cast<std::size_t>(value) * d, d, power.data());
            else
                hrr::bind_power(d, base.data(), value, power.data());
            hrr::bind(d, roles.data() + r * d, power.data(), filler.data());
            hrr::bind(d, events[t].item, filler.data(), part.data());
            for (std::size_t j = 0; j < d; j++) raw[j] += bound[r] * part[j] + added[r] * filler[j];
        }
        double mean = 0, variance = 0;
        for (const double x : raw) mean += x / static_cast<double>(d);
        for (const double x : raw) variance += (x - mean) * (x - mean) / static_cast<double>(d);
        for (std::size_t j = 0; j < d; j++)
            ASSERT_NEAR(kept.inputs[t * d + j], (raw[j] - mean) / std::sqrt(variance + 1e-5), 1e-4) << t << " " << j;
    }

    // What the slow memory adds two days after the last event; the moment adds nothing yet.
    const auto in = parameter("memory.in_projection.weight"), out = parameter("memory.out_projection.weight"),
               rate = parameter("memory.rate"), time_rate = parameter("memory.time_rate");
    std::vector<double> sums(e, 0.0);
    double before = std::nan("");
    for (int t = 0; t < 6; t++) {
        const double gap = events[t].time > before ? (events[t].time - before) / 86400 : 0;
        if (!std::isnan(events[t].time)) before = events[t].time;
        for (std::size_t c = 0; c < e; c++) {
            double input = 0;
            for (std::size_t j = 0; j < d; j++) input += double{in[c * d + j]} * kept.inputs[t * d + j];
            const double r = std::exp(rate[c]);
            sums[c] = std::exp(-r - std::exp(time_rate[c]) * gap) * sums[c] + std::sqrt(1 - std::exp(-2 * r)) * input;
        }
    }
    for (std::size_t j = 0; j < d; j++) {
        double expected = encoded[5 * d + j];
        for (std::size_t c = 0; c < e; c++)
            expected += out[j * e + c] * sums[c] * std::exp(-2 * std::exp(time_rate[c]));
        EXPECT_NEAR(answer[5 * d + j], expected, 1e-4);
    }
}

// An answer in the season of what is wanted then, learned from the dates of the questions alone.
TEST(EventColumns, SeasonsAreLearned) {
    Dataset data;
    data.catalogue.items = 4;
    data.catalogue.events.timed = true;
    base::Random random(1);
    constexpr double kYear = 365.2425 * 86400;
    for (int user = 0; user < 150; user++) {
        std::vector<std::int32_t> items;
        std::vector<double> times;
        double now = 1.6e9 + kYear * random.uniform();
        for (int i = 0; i < 12; i++) {
            now += kYear / 6 * random.uniform();
            times.push_back(now);
            items.push_back(static_cast<std::int32_t>(std::fmod(now / kYear, 1.0) * 4));
        }
        data.add_user(items, times);
        data.hold_out(11, false, false);
    }
    model::Options options = small_options();
    options.repeats = "ignored";
    const std::vector<float> weights = train(data, options);
    const model::Network network(options, data.catalogue);
    model::Encoder encoder(options, data.catalogue.events);
    encoder.set_parameters(network.layout(), weights);
    encoder.finish();
    model::HolographicEmbedding::Composed composed;
    const std::vector<std::int32_t> rows{0, 1, 2, 3};
    network.embedding().prepare(weights.data(), 4, composed);
    network.embedding().compose(kernels::table(), weights.data(), rows, {}, 0, 4, composed);
    const model::Head::View head = network.head().view(weights.data(), composed.raw.data());
    // A question is asked at the time of its event, which is often in another season than the event before.
    const Evaluation result = evaluate_model(network, weights, options, data, Held::test,
                                             {.k = 1, .exclude_seen = false, .threads = 1}, nullptr);
    EXPECT_GT(result.all.metrics.hit_rate(), 0.95);
    // Somebody of whom nothing is known, a year after the last event of the training.
    for (int season = 0; season < 4; season++) {
        std::vector<float> vector(16);
        encoder.vector(encoder.start().data(), kYear * (56 + 0.25 * season + 0.125), vector.data());
        std::vector<double> scores;
        for (int i = 0; i < 4; i++) {
            scores.push_back(head.bias[i]);
            for (int j = 0; j < 16; j++) scores.back() += double{head.rows[i * 16 + j]} * vector[j];
        }
        EXPECT_EQ(std::ranges::max_element(scores) - scores.begin(), season);
    }
}

// Trends that have been learned between some moments hold between others.
TEST(EventColumns, KnotsMove) {
    Dataset data;
    data.catalogue.items = 2;
    data.catalogue.events.timed = true;
    model::Options options = small_options();
    const model::Network network(options, data.catalogue);
    std::vector<float> weights = network.initialise(1);
    std::vector<float> knots, finer;
    for (int k = 0; k < model::Moment::kKnots; k++) {
        knots.push_back(20000.0f + 10.0f * static_cast<float>(k));
        finer.push_back(20050.0f + 5.0f * static_cast<float>(k));
    }
    network.set_knots(knots, weights.data());
    base::Random random(7);
    for (const model::ParameterInfo& p : network.layout().parameters())
        if (p.name == "moment.projection.weight")
            for (std::size_t i = 0; i < p.size; i++) weights[p.offset + i] = static_cast<float>(random.normal());
    const auto answer = [&](double day) {
        model::Encoder encoder(options, data.catalogue.events);
        encoder.set_parameters(network.layout(), weights);
        encoder.finish();
        std::vector<float> vector(16);
        encoder.vector(encoder.start().data(), day * 86400, vector.data());
        return vector;
    };
    const auto before = answer(20087), first = answer(20050), earlier = answer(20040);
    network.set_knots(finer, weights.data());
    expect_near(answer(20087), before, 1e-3, "between");
    expect_near(answer(20050), first, 1e-3, "the first");
    EXPECT_NE(answer(20040), earlier) << "before the first nothing changes any more, but for day, week and season";
}

// To the last bit, whether nothing is said or nothing is known.
TEST(EventColumns, WhatIsNotKnownAddsNothing) {
    model::Options options = small_options();
    options.dimension = 33;
    options.state_format = "float32";
    const model::EventColumns columns{false, {{"kind", false, 2}, {"size", true}}};
    const model::Catalogue catalogue{0, {}, columns};
    const model::Network network(options, catalogue);
    model::Encoder encoder(options, columns);
    encoder.set_parameters(network.layout(), network.initialise(3));
    encoder.finish();
    base::Random random(5);
    std::vector<float> token(33);
    const float unknown[] = {kNone, kNone};
    const auto state = [&](const float* values) {
        std::vector<std::byte> bytes(encoder.start().begin(), encoder.start().end());
        const model::TokenEvent event{token.data(), model::kNoTime, values};
        encoder.advance(bytes.data(), {&event, 1});
        return bytes;
    };
    for (int i = 0; i < 20; i++) {
        for (float& x : token) x = static_cast<float>(random.normal());
        EXPECT_EQ(state(unknown), state(nullptr));
    }
}

TEST(EventColumns, CategoriesHaveALimit) {
    model::ParameterLayout layout;
    EXPECT_THROW(model::EventEmbedding(small_options(), {false, {{"session", false, (1 << 24) + 1}}}, layout),
                 base::Error);
}

TEST(EventColumns, OnlyTargetsAreAskedFor) {
    Dataset data;
    data.catalogue.items = 5;
    const std::vector<std::int32_t> items{0, 1, 2, 3, 4, 0};
    const std::vector<float> weights{1, 0, 0, 2, -1, 0};
    data.add_user(items, {}, {}, weights);
    EXPECT_EQ(data.weight(0, 4), 0);
    const auto asked = [&](int place) {
        const auto [next, weight] = data.asked_before(0, place, 6);
        return std::pair(next, weight);
    };
    EXPECT_EQ(asked(0), std::pair(0, 1.0f));
    EXPECT_EQ(asked(1), std::pair(3, 0.5f));  // the farther, the less
    EXPECT_EQ(asked(2), std::pair(3, 1.0f));
    EXPECT_EQ(asked(3), std::pair(3, 2.0f));
    EXPECT_EQ(asked(4).second, 0);
    EXPECT_EQ(data.asked_before(0, 1, 3).weight, 0);
    EXPECT_EQ(data.weight_of(0, 0, 6), 4.5);
    EXPECT_EQ(data.training_counts(), (std::vector<std::int64_t>{2, 1, 1, 1, 1}));
    EXPECT_EQ(data.training_counts(true), (std::vector<std::int64_t>{1, 0, 0, 1, 0}));

    // The validation event is the target before the test event.
    data.hold_out(3, true, false);
    EXPECT_EQ(data.validation[0], -1);  // nothing would be left to learn from
    data.add_user(std::vector<std::int32_t>{0, 1, 2, 3, 4}, {}, {}, std::vector<float>{0, 1, 0, 0, 1});
    data.hold_out(4, true, false);
    EXPECT_EQ(data.validation[1], 1);
    EXPECT_EQ(data.training[1], 1);
}

// Nothing from a cutoff on is learned from, also not what is only read, and where there is nothing to test.
TEST(EventColumns, ACutoffIsOneForAllEvents) {
    Dataset data;
    data.catalogue.items = 5;
    const auto user = [&](const std::vector<float>& weights, int place, bool validation) {
        data.add_user(std::vector<std::int32_t>{0, 1, 2, 3, 4}, {}, {}, weights);
        data.hold_out(place, validation, true);
        return std::array{data.training.back(), data.validation.back(), data.test.back()};
    };
    EXPECT_EQ(user({1, 1, 1, 0, 1}, 3, true), (std::array{2, 2, 4}));
    EXPECT_EQ(user({1, 1, 1, 0, 1}, 3, false), (std::array{3, -1, 4}));
    EXPECT_EQ(user({1, 0, 0, 0, 1}, 3, true), (std::array{3, -1, 4}));   // no target to validate by that leaves any
    EXPECT_EQ(user({1, 1, 1, 0, 0}, 3, true), (std::array{3, -1, -1}));  // no target since
}

TEST(EventColumns, QuestionsAreOfTargets) {
    Dataset data;
    data.catalogue.items = 5;
    data.catalogue.events.timed = true;
    for (int user = 0; user < 3; user++) {
        data.add_user(std::vector<std::int32_t>{0, 1, 2, 3, 4}, std::vector<double>{1e9, 1.1e9, 1.2e9, 1.3e9, 1.4e9},
                      {}, std::vector<float>{1, 1, 1, 0, 1});
        data.hold_out(2, false, true);
    }
    model::Options options = small_options();
    const model::Network network(options, data.catalogue);
    const auto weights = network.initialise(5);
    const auto events = [&](TestTargets targets) {
        return evaluate_model(network, weights, options, data, Held::test,
                              {.k = 5, .exclude_seen = false, .threads = 1, .targets = targets}, nullptr)
            .all.metrics.events;
    };
    EXPECT_EQ(events(TestTargets::first), 3);
    EXPECT_EQ(events(TestTargets::last), 3);
    EXPECT_EQ(events(TestTargets::successive), 6);  // the fourth event is no target
}

}  // namespace
}  // namespace holomamba::training
