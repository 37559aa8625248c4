// Evaluation and the rankers that models are compared with.
#include "training/evaluation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "model/encoder.hpp"
#include "ranking/top_k.hpp"
#include "small_training.hpp"

namespace holomamba::training {
namespace {

TEST(Evaluation, TiesCountAgainstTheModelAndSeenItemsAreLeftOut) {
    Dataset data;
    data.catalogue.items = 4;
    data.add_user(std::vector<std::int32_t>{0, 1, 2});
    data.hold_out(2, false, false);
    // Popularity: items 0 and 1 once, 2 and 3 never. Open: the target ties with 3 behind 0 and 1, so its rank is 4.
    const auto open = evaluate_ranker(Popularity(data), data, Held::test, {.k = 4, .exclude_seen = false}, nullptr);
    EXPECT_DOUBLE_EQ(open.all.metrics.mrr(), 0.25);
    EXPECT_DOUBLE_EQ(open.coverage, 1.0);
    // Without what is seen, it ties with 3 alone.
    const auto unseen = evaluate_ranker(Popularity(data), data, Held::test, {.k = 4, .exclude_seen = true}, nullptr);
    EXPECT_DOUBLE_EQ(unseen.all.metrics.mrr(), 0.5);
    EXPECT_DOUBLE_EQ(unseen.all.metrics.ndcg(), 1 / std::log2(3));
    EXPECT_DOUBLE_EQ(unseen.coverage, 0.5);
    const auto cut = evaluate_ranker(Popularity(data), data, Held::test, {.k = 1, .exclude_seen = true}, nullptr);
    EXPECT_DOUBLE_EQ(cut.all.metrics.hit_rate(), 0.0);
}

// Three users: 0 and 1 alike, 2 apart; item 4 belongs to no user. The last event of each is held back.
Dataset small_shop() {
    Dataset data;
    data.catalogue.items = 5;
    for (const std::vector<std::int32_t>& items : {std::vector{0, 1, 2, 1}, {0, 1, 3, 2}, {3, 0, 3, 3}}) {
        data.add_user(items);
        data.hold_out(3, false, false);
    }
    return data;
}

TEST(Evaluation, OnlyWhatIsServedIsRanked) {
    Dataset data = small_shop();
    data.served = {1, 1, 0, 1, 1};
    const auto open = evaluate_ranker(Popularity(data), data, Held::test, {.k = 1, .exclude_seen = false}, nullptr);
    EXPECT_EQ(open.not_served, 1);
    EXPECT_EQ(open.all.metrics.events, 3);
    EXPECT_DOUBLE_EQ(open.coverage, 0.25);  // item 0 or 3 for everybody: the lower one of two with three events
    const auto all = evaluate_ranker(Popularity(data), data, Held::test, {.k = 5, .exclude_seen = false}, nullptr);
    EXPECT_DOUBLE_EQ(all.all.metrics.hits, 2);
    EXPECT_DOUBLE_EQ(all.coverage, 1);
}

TEST(Evaluation, EventsAreOfSegments) {
    Dataset data = small_shop();
    data.add_user(std::vector<std::int32_t>{4});
    data.hold_out(0, false, true);
    const auto result = evaluate_ranker(Popularity(data), data, Held::test, {.k = 5, .exclude_seen = false}, nullptr);
    const auto events = [&](Segment s) { return result.segments[static_cast<std::size_t>(s)].metrics.events; };
    EXPECT_EQ(events(Segment::first_time), 2);  // 2 and 4
    EXPECT_EQ(events(Segment::repeated), 2);    // 1 and 3
    EXPECT_EQ(events(Segment::new_users), 1);
    EXPECT_EQ(events(Segment::new_items), 1);
    EXPECT_EQ(events(Segment::head), 1);  // 0 and 3 have six of nine events
    EXPECT_EQ(events(Segment::tail), 2);
    EXPECT_STREQ(name_of(Segment::first_time), "first time");
}

TEST(Evaluation, SuccessiveTargetsAreRankedOneByOne) {
    const model::Options options = small_options();
    Dataset data = ring(12, 9, 11);
    for (int user = 0; user < data.users(); user++)
        data.training[user] = data.test[user] = 3 + user % 4, data.validation[user] = -1;
    const model::Network network(options, data.catalogue);
    const auto weights = network.initialise(5);
    for (const char* windows : {"all", "last"}) {
        model::Options with = options;
        with.windows = windows;
        const auto rank = [&](const Dataset& of, TestTargets targets) {
            return evaluate_model(network, weights, with, of, Held::test,
                                  {.k = 12, .exclude_seen = false, .threads = 2, .targets = targets}, nullptr);
        };
        const Evaluation successive = rank(data, TestTargets::successive);
        Metrics one_by_one;
        Dataset moved = data;
        for (int more = 0; more < 11; more++) {
            for (int user = 0; user < data.users(); user++)
                moved.test[user] = data.test[user] + more < 11 ? data.test[user] + more : -1;
            const Evaluation once = rank(moved, TestTargets::first);
            one_by_one.add(once.all.metrics);
            if (more == 0) {
                EXPECT_EQ(once.all.users, successive.all.users);
            }
        }
        EXPECT_EQ(successive.all.metrics.events, one_by_one.events);
        EXPECT_NEAR(successive.all.metrics.reciprocals, one_by_one.reciprocals, 1e-6);
        for (int user = 0; user < data.users(); user++) moved.test[user] = 10;
        EXPECT_EQ(rank(data, TestTargets::last).all.metrics.reciprocals,
                  rank(moved, TestTargets::first).all.metrics.reciprocals);
    }
}

TEST(Evaluation, RankingIsThatOfBruteForce) {
    const Dataset data = ring(30, 25, 12);
    const model::Options options = small_options();
    const model::Network network(options, data.catalogue);
    const auto weights = network.initialise(5);
    const auto one = evaluate_model(network, weights, options, data, Held::test,
                                    {.k = 10, .exclude_seen = false, .threads = 1}, nullptr);
    const auto three = evaluate_model(network, weights, options, data, Held::test,
                                      {.k = 10, .exclude_seen = false, .threads = 3}, nullptr);
    EXPECT_EQ(one.all.metrics.hits, three.all.metrics.hits);

    model::HolographicEmbedding::Composed composed;
    std::vector<std::int32_t> rows(network.embedding().rows());
    std::iota(rows.begin(), rows.end(), 0);
    network.embedding().prepare(weights.data(), rows.size(), composed);
    network.embedding().compose(kernels::table(), weights.data(), rows, {}, 0, rows.size(), composed);
    Metrics expected;
    for (int user = 0; user < data.users(); user++) {
        std::vector<model::TokenEvent> events{{composed.token.data() + composed.token.size() - 16}};
        const auto history = data.history(user);
        for (int i = 0; i < data.test[user]; i++) events.push_back({composed.token.data() + history[i] * 16});
        const std::vector<int> starts{0, data.test[user] + 1};
        model::Arena arena;
        model::Pass pass{kernels::table(), weights.data(), nullptr, starts, arena};
        model::Network::Kept kept;
        const float* last = network.encode(pass, events, kept) + static_cast<std::size_t>(data.test[user]) * 16;
        std::vector<double> scores;
        for (int i = 0; i < 30; i++) {
            const model::Head::View head = network.head().view(weights.data(), composed.raw.data());
            double score = head.bias[i];
            for (int c = 0; c < 16; c++) score += last[c] * head.rows[i * 16 + c];
            scores.push_back(score);
        }
        const double target = scores[history[data.test[user]]];
        expected.add(1 + std::count_if(scores.begin(), scores.end(), [&](double s) { return s > target; }), 10);
    }
    EXPECT_EQ(one.all.metrics.events, expected.events);
    EXPECT_NEAR(one.all.metrics.ndcg(), expected.ndcg(), 1e-3);
}

TEST(Rankers, ScoresAreThoseOfTheirFormulas) {
    const Dataset data = small_shop();
    const auto scores = [&](const Ranker& ranker, std::vector<std::int32_t> history) {
        std::vector<float> result(5, -1.0f);
        ranker.score(history, result);
        return result;
    };
    EXPECT_EQ(scores(Popularity(data), {2}), (std::vector<float>{3, 2, 1, 3, 0}));
    Dataset timed = data;
    for (std::size_t i = 0; i < timed.items.size(); i++) timed.times.push_back(static_cast<double>(i));
    EXPECT_GT(scores(RecentPopularity(data), {2})[0], scores(RecentPopularity(data), {2})[1]);
    const auto recent = scores(RecentPopularity(timed), {2});
    EXPECT_NEAR(std::accumulate(recent.begin(), recent.end(), 0.0), 1,
                1e-3);  // one of nine events or fewer, and shares
    // Users of 0: all, of 1: two, of 2: one, of 3: two.
    const ItemNeighbours neighbours(data, 2, nullptr);
    const auto beside = scores(neighbours, {1});
    EXPECT_NEAR(beside[0], 2 / std::sqrt(6.0) * 2 / 12, 1e-5);
    EXPECT_NEAR(beside[1], 2 / 12.0, 1e-5);
    EXPECT_NEAR(beside[2], 1 / std::sqrt(2.0) / 11, 1e-5);
    EXPECT_NEAR(beside[3], 1 / std::sqrt(4.0) / 11, 1e-5);
    EXPECT_EQ(beside[4], 0);
    EXPECT_NEAR(scores(neighbours, {2, 1, 2})[0], 1 / std::sqrt(3.0) / 11 + 2 / std::sqrt(6.0) * 2 / 12 / 2, 1e-5);
    // 0 is followed by 1, 1 and 3, and later by 2, 3 and nothing; 1 by 2 and 3.
    const Transitions transitions(data);
    const auto after = scores(transitions, {0, 1});
    EXPECT_NEAR(after[2], 0.5 + 0.25, 1e-5);
    EXPECT_NEAR(after[3], 0.5 + 0.25, 1e-5);
    EXPECT_NEAR(scores(transitions, {0})[1], 2 / 3.0, 1e-5);
    EXPECT_GT(scores(transitions, {4})[0], scores(transitions, {4})[1]);  // popularity alone
}

}  // namespace
}  // namespace holomamba::training
