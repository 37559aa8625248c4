// A training that is broken off and goes on, and one that starts from another's weights.
#include "training/checkpoint.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "base/error.hpp"
#include "training/memory.hpp"
#include "training/trainer.hpp"
#include "training/warm_start.hpp"

namespace holomamba::training {
namespace {

// Users who walk round a ring of items that have a category and a number each.
Dataset ring(int items, int users, int length, bool held_out) {
    Dataset data;
    data.catalogue.items = items;
    model::Attribute kind, price;
    kind.name = "kind";
    kind.values = 3;
    kind.offsets = {0};
    price.name = "price";
    price.kind = model::AttributeKind::number;
    for (int i = 0; i < items; i++) {
        if (i % 4) kind.indices.push_back(i % 3);
        kind.offsets.push_back(static_cast<std::int32_t>(kind.indices.size()));
        price.numbers.push_back(i == 2 ? std::numeric_limits<float>::quiet_NaN() : 0.1f * static_cast<float>(i));
    }
    data.catalogue.attributes = {kind, price};
    for (int u = 0; u < users; u++) {
        std::vector<std::int32_t> events;
        for (int i = 0; i < length; i++) events.push_back((u * 7 + i) % items);
        data.add_user(events);
        if (held_out) data.hold_out(length - 1, true, false);
    }
    return data;
}

model::Options options_with(std::initializer_list<std::pair<const char*, const char*>> chosen) {
    model::Options options;
    for (const auto& [name, value] :
         std::initializer_list<std::pair<const char*, const char*>>{{"dimension", "16"},
                                                                    {"layers", "1"},
                                                                    {"batch_size", "8"},
                                                                    {"epochs", "6"},
                                                                    {"dropout", "0.1"},
                                                                    {"learning_rate", "0.01"},
                                                                    {"threads", "2"},
                                                                    {"max_history", "9"}})
        options.set(name, value);
    for (const auto& [name, value] : chosen) options.set(name, value);
    return options;
}

std::vector<std::vector<std::byte>> copy_of(std::vector<StoredArray> state) {
    std::vector<std::vector<std::byte>> copy;
    for (const StoredArray& array : state) copy.emplace_back(array.bytes.begin(), array.bytes.end());
    return copy;
}

TEST(Checkpoint, PackedDataComesBack) {
    const Dataset data = ring(9, 5, 7, true);
    const auto bytes = pack(data);
    const Dataset copy = unpack(bytes);
    EXPECT_EQ(pack(copy), bytes);
    EXPECT_EQ(copy.starts, data.starts);
    EXPECT_EQ(copy.items, data.items);
    EXPECT_EQ(copy.training, data.training);
    EXPECT_EQ(copy.validation, data.validation);
    EXPECT_EQ(copy.test, data.test);
    EXPECT_EQ(copy.catalogue.attributes[0].indices, data.catalogue.attributes[0].indices);
    EXPECT_EQ(copy.catalogue.attributes[1].name, "price");
}

TEST(Checkpoint, DamagedDataIsRefused) {
    const auto bytes = pack(ring(9, 5, 7, true));
    for (std::size_t length = 0; length < bytes.size(); length++)
        EXPECT_THROW(unpack(std::span(bytes).first(length)), base::Error) << length;
    auto longer = bytes;
    longer.resize(bytes.size() + 1);
    EXPECT_THROW(unpack(longer), base::Error);
    auto other = bytes;
    other[0] = std::byte{99};
    EXPECT_THROW(unpack(other), base::Error);
}

// Rows can be written by hand: no number in them may lead out of the data.
TEST(Checkpoint, ImpossibleDataIsRefused) {
    const auto refused = [](auto&& change) {
        Dataset data = ring(9, 5, 7, true);
        change(data);
        EXPECT_THROW(unpack(pack(data)), base::Error);
    };
    refused([](Dataset& data) { data.items[3] = 9; });
    refused([](Dataset& data) { data.items[3] = -1; });
    refused([](Dataset& data) { data.starts[1] = 1000; });
    refused([](Dataset& data) { data.starts[0] = -1; });
    refused([](Dataset& data) { data.starts.pop_back(); });
    refused([](Dataset& data) { data.training[1] = 8; });
    refused([](Dataset& data) { data.training[1] = -1; });
    refused([](Dataset& data) { data.validation[1] = 7; });
    refused([](Dataset& data) { data.test[1] = -2; });
    refused([](Dataset& data) { data.test.push_back(0); });
    refused([](Dataset& data) { data.catalogue.items = -1; });
    refused([](Dataset& data) { data.catalogue.items = 10; });
    refused([](Dataset& data) { data.catalogue.attributes[0].indices[2] = 3; });
    refused([](Dataset& data) { data.catalogue.attributes[0].offsets[2] = 100; });
    refused([](Dataset& data) { data.catalogue.attributes[0].offsets[2] = -1; });
    refused([](Dataset& data) { data.catalogue.attributes[0].offsets[0] = 1; });
    refused([](Dataset& data) { data.catalogue.attributes[1].numbers.pop_back(); });
    refused([](Dataset& data) { data.catalogue.attributes[1].numbers[0] = std::numeric_limits<float>::infinity(); });
    refused([](Dataset& data) { data.catalogue.attributes[0].values = model::kMostItems + 1; });
    refused([](Dataset& data) {
        data.catalogue.items = std::numeric_limits<int>::max();
        data.catalogue.attributes.clear();
    });
}

// Whatever bytes are taken for data are refused, or a training can begin with them; the sanitizers see the rest.
TEST(Checkpoint, DataOfAnyBytesIsRefusedOrWhole) {
    const auto bytes = pack(ring(9, 5, 7, true));
    std::size_t accepted = 0;
    const auto look = [&](const std::vector<std::byte>& changed) {
        try {
            const Dataset data = unpack(changed);
            accepted++;
            EXPECT_EQ(pack(data).size(), changed.size());
            for (const model::Attribute& attribute : data.catalogue.attributes)
                if (attribute.values > 1000) return;  // well formed, and more than a test has memory for
            if (data.catalogue.items > 1000) return;
            Trainer trainer(data, options_with({{"epochs", "1"}, {"threads", "1"}}));
            trainer.run_epoch({});
        } catch (const base::Error&) {
        }
    };
    for (std::size_t place = 0; place < bytes.size(); place++)
        for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
            auto changed = bytes;
            changed[place] = static_cast<std::byte>(value);
            look(changed);
        }
    base::Random random(1);
    for (int i = 0; i < 2000; i++) {
        auto changed = bytes;
        for (std::uint64_t n = 1 + random.below(4); n > 0; n--)
            changed[random.below(changed.size())] = static_cast<std::byte>(random.below(256));
        look(changed);
    }
    EXPECT_GT(accepted, 100u);
}

// The arrays of a checkpoint can be written by hand as well: none of them may send a training astray.
TEST(Checkpoint, ImpossibleStateIsRefused) {
    const model::Options options = options_with({});
    Trainer whole(ring(9, 20, 12, true), options);
    whole.run_epoch({});
    whole.run_epoch({});
    whole.check_state();
    const auto refused = [&](const char* name, auto value) {
        Trainer trainer(ring(9, 20, 12, true), options);
        auto from = whole.state(), to = trainer.state();
        for (std::size_t i = 0; i < to.size(); i++) std::ranges::copy(from[i].bytes, to[i].bytes.begin());
        trainer.check_state();
        for (const StoredArray& array : to)
            if (array.name == name) std::memcpy(array.bytes.data(), &value, sizeof value);
        EXPECT_THROW(trainer.check_state(), base::Error) << name << " " << value;
    };
    constexpr int kMost = std::numeric_limits<int>::max(), kLeast = std::numeric_limits<int>::min();
    for (const int epoch : {kMost, kLeast, -1, 7, 1})
        refused("epoch", epoch);  // 6 at most, and as many steps as 2 have
    for (const std::int64_t steps : {std::numeric_limits<std::int64_t>::max(), std::int64_t{-1}, std::int64_t{0}})
        refused("steps", steps);
    for (const int epoch : {kMost, kLeast, -1, 3}) refused("best_epoch", epoch);
    for (const double ndcg : {std::numeric_limits<double>::quiet_NaN(), 2.0, -std::numeric_limits<double>::infinity()})
        refused("best_ndcg", ndcg);
    for (const char* array : {"parameters", "first_moment", "second_moment", "best"}) {
        refused(array, std::numeric_limits<float>::quiet_NaN());
        refused(array, std::numeric_limits<float>::infinity());
    }
    refused("second_moment", -1.0f);
}

// Broken off after each epoch in turn, with and without validation, the schedule of the whole and the patience of the
// whole.
TEST(Checkpoint, ResumedEqualsUnbroken) {
    for (const bool held_out : {false, true}) {
        const model::Options options = options_with({{"patience", "3"}});
        Trainer whole(ring(9, 20, 12, held_out), options);
        std::vector<std::vector<std::vector<std::byte>>> checkpoints{copy_of(whole.state())};
        std::vector<EpochReport> reports;
        while (!whole.finished()) {
            reports.push_back(whole.run_epoch({}));
            checkpoints.push_back(copy_of(whole.state()));
        }
        for (std::size_t epoch = 0; epoch < checkpoints.size(); epoch++) {
            Trainer resumed(unpack(pack(whole.data())), options);
            auto state = resumed.state();
            ASSERT_EQ(state.size(), checkpoints[epoch].size());
            for (std::size_t i = 0; i < state.size(); i++) {
                ASSERT_EQ(state[i].bytes.size(), checkpoints[epoch][i].size());
                std::copy(checkpoints[epoch][i].begin(), checkpoints[epoch][i].end(), state[i].bytes.begin());
            }
            EXPECT_EQ(resumed.finished(), epoch + 1 == checkpoints.size());
            for (std::size_t next = epoch; !resumed.finished(); next++) {
                const EpochReport report = resumed.run_epoch({});
                EXPECT_EQ(report.epoch, reports[next].epoch);
                EXPECT_EQ(report.loss, reports[next].loss);
                EXPECT_EQ(report.gradient_norm, reports[next].gradient_norm);
                EXPECT_EQ(report.learning_rate, reports[next].learning_rate);
                EXPECT_EQ(report.best, reports[next].best);
            }
            EXPECT_EQ(copy_of(resumed.state()), checkpoints.back()) << "resumed after epoch " << epoch;
            EXPECT_TRUE(
                std::equal(resumed.best().begin(), resumed.best().end(), whole.best().begin(), whole.best().end()));
            EXPECT_EQ(resumed.best_epoch(), whole.best_epoch());
        }
    }
}

// A new catalogue: item 0 is new, items 1 and 2 are the old 2 and 0; the values of "kind" have changed places.
TEST(WarmStart, CopiesRowsByLabel) {
    const model::Options options = options_with({});
    const Dataset old_data = ring(3, 2, 3, false), new_data = ring(3, 2, 3, false);
    const model::Network old_network(options, old_data.catalogue), network(options, new_data.catalogue);
    const auto old_weights = old_network.initialise(1), fresh = network.initialise(2);
    auto weights = fresh;
    WarmStart warm(network.layout(), weights);
    warm.match("", {-1, 2, 0});
    warm.match("kind", {1, -1, 0});
    for (const model::ParameterInfo& p : old_network.layout().parameters())
        warm.copy(p.name, p.shape, std::span(old_weights).subspan(p.offset, p.size));
    warm.finish();
    const auto row = [](const std::vector<float>& from, const model::ParameterInfo& p, int i) {
        const std::size_t width = p.size / static_cast<std::size_t>(p.shape[0]);
        return std::vector<float>(from.begin() + static_cast<std::ptrdiff_t>(p.offset + i * width),
                                  from.begin() + static_cast<std::ptrdiff_t>(p.offset + (i + 1) * width));
    };
    for (const model::ParameterInfo& p : network.layout().parameters()) {
        if (p.name == "embedding.items") {
            EXPECT_EQ(row(weights, p, 0), row(fresh, p, 0));
            EXPECT_EQ(row(weights, p, 1), row(old_weights, p, 2));
            EXPECT_EQ(row(weights, p, 2), row(old_weights, p, 0));
            EXPECT_EQ(row(weights, p, 3), row(old_weights, p, 3));  // the unknown item
            EXPECT_EQ(row(weights, p, 4), row(old_weights, p, 4));  // the start token
        } else if (p.name == "embedding.values.kind") {
            EXPECT_EQ(row(weights, p, 0), row(old_weights, p, 1));
            EXPECT_EQ(row(weights, p, 1), row(fresh, p, 1));
            EXPECT_EQ(row(weights, p, 2), row(old_weights, p, 0));
        } else if (p.name != "head.bias") {
            EXPECT_TRUE(std::equal(weights.begin() + static_cast<std::ptrdiff_t>(p.offset),
                                   weights.begin() + static_cast<std::ptrdiff_t>(p.offset + p.size),
                                   old_weights.begin() + static_cast<std::ptrdiff_t>(p.offset)))
                << p.name;
        }
    }
}

TEST(WarmStart, RefusesWhatDoesNotFit) {
    const Dataset data = ring(3, 2, 3, false);
    const model::Network network(options_with({}), data.catalogue);
    auto weights = network.initialise(1);
    WarmStart warm(network.layout(), weights);
    warm.match("", {0, 5, 2});
    const std::vector<float> values(1000);
    const auto copy = [&](const char* name, std::vector<int> shape) {
        std::size_t size = 1;
        for (const int extent : shape) size *= static_cast<std::size_t>(extent);
        warm.copy(name, shape, std::span(values).first(size));
    };
    EXPECT_THROW(copy("no.such.parameter", {1}), base::Error);
    EXPECT_THROW(copy("embedding.norm.gain", {8}), base::Error);
    EXPECT_THROW(copy("embedding.items", {5, 8}), base::Error);
    EXPECT_THROW(copy("embedding.items", {1, 16}), base::Error);
    EXPECT_THROW(copy("embedding.items", {}), base::Error);
    EXPECT_THROW(warm.copy("embedding.items", {-1, 16}, std::span(values).first(16)), base::Error);
    EXPECT_THROW(warm.copy("embedding.items", {std::numeric_limits<int>::max(), 16}, std::span(values).first(16)),
                 base::Error);
    EXPECT_THROW(copy("embedding.items", {5, 16}), base::Error);  // there is no row 5
    EXPECT_THROW(warm.copy("head.bias", {3}, std::span(values).first(2)), base::Error);
    EXPECT_THROW(warm.finish(), base::Error);
}

TEST(TrainingMemory, GrowsWithWhatIsAsked) {
    const Dataset data = ring(9, 20, 12, true);
    const auto memory = [&](std::initializer_list<std::pair<const char*, const char*>> chosen, int threads) {
        const model::Options options = options_with(chosen);
        return training_memory(model::Network(options, data.catalogue), options, data, threads);
    };
    EXPECT_GT(memory({}, 2), memory({}, 1));
    EXPECT_GT(memory({{"dimension", "64"}}, 1), memory({}, 1));
    EXPECT_GT(memory({{"layers", "3"}}, 1), memory({}, 1));
    EXPECT_LT(memory({}, 1), std::size_t{100} << 20);
    EXPECT_GT(memory({{"dimension", "999"}, {"layers", "16"}, {"expand", "8"}}, 256), std::size_t{100} << 30);
}

}  // namespace
}  // namespace holomamba::training
