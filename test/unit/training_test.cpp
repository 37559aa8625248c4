// Loss, batches, training.
#include "training/settled_options.hpp"
#include "training/trainer.hpp"

#include <numeric>
#include <set>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "near.hpp"
#include "ranking/top_k.hpp"
#include "reference.hpp"
#include "small_training.hpp"
#include "training/cross_entropy.hpp"
#include "training/evaluation.hpp"

namespace holomamba::training {
namespace {

// `raise` lifts the scores of the last items far above those of all before.
void expect_cross_entropy_of_the_whole_matrix(int tokens, int items, double raise) {
    const int d = 5;
    base::Random random(3);
    auto x = reference::random_vector(random, tokens * d), table = reference::random_vector(random, items * d),
         bias = reference::random_vector(random, items);
    for (int i = items * 3 / 4; i < items; i++) bias[i] += raise;
    Targets targets;
    SeenItems seen;
    std::vector<double> repeat{-0.7};
    for (int t = 0; t < tokens; t++) {
        // None, one or two targets, the first of which the user has often had.
        if (t % 5 > 0) targets.targets.push_back({t % items, t % 5 > 1 ? 0.75f : 1.0f, t % 4 > 0});
        if (t % 5 > 1) targets.targets.push_back({(t + 1) % items, 0.25f, false});
        targets.end_token();
        for (int i = 0; i < t % 4; i++) seen.items.push_back((t + 2 * i) % items);
        seen.end_token();
    }
    const auto loss = [&] {
        double total = 0;
        for (int t = 0; t < tokens; t++) {
            double partition = 0, hit = 0, mass = 0;
            for (int i = 0; i < items; i++) {
                double score = bias[i];
                for (int c = 0; c < d; c++) score += x[t * d + c] * table[i * d + c];
                for (const std::int32_t item : seen.of(t)) score += item == i ? repeat[0] : 0;
                partition += std::exp(score);
                for (const Target& target : targets.of(t))
                    if (target.item == i) hit += target.share * score, mass += target.share;
            }
            total += mass * std::log(partition) - hit;
        }
        return total;
    };
    std::vector<float> dx(tokens * d), dtable(items * d, 0.0f), dbias(items, 0.0f), drepeat(1, 0.0f);
    CrossEntropy cross_entropy;
    const auto add = [&](std::vector<float>& to, bool fresh) {
        return cross_entropy.add(
            kernels::table(), tokens, d, items, reference::to_float(x).data(), targets, seen,
            {reference::to_float(table).data(), reference::to_float(bias).data(), static_cast<float>(repeat[0])}, 0.5f,
            dx.data(), {to.data(), dbias.data(), drepeat.data(), fresh});
    };
    const double computed = add(dtable, false);
    EXPECT_NEAR(computed, loss(), 1e-6 * tokens * (10 + raise));
    const auto scaled = [&] { return 0.5 * loss(); };
    expect_near(dx, reference::central_differences(x, scaled), 1e-4, "dx");
    expect_near(dtable, reference::central_differences(table, scaled), 1e-4, "dtable");
    expect_near(dbias, reference::central_differences(bias, scaled), 1e-4, "dbias");
    expect_near(drepeat, reference::central_differences(repeat, scaled), 1e-4, "drepeat");

    std::vector<float> written(items * d, 7.0f);
    add(written, true);
    EXPECT_EQ(written, dtable) << "what was in a fresh table counts";
}

TEST(CrossEntropy, EqualsTheWholeMatrixAcrossTiles) {
    expect_cross_entropy_of_the_whole_matrix(300, 9, 0);
}
TEST(CrossEntropy, EqualsTheWholeMatrixAcrossBlocks) {
    expect_cross_entropy_of_the_whole_matrix(70, 400, 0);
}
TEST(CrossEntropy, EqualsTheWholeMatrixWhereLaterScoresAreFarHigher) {
    expect_cross_entropy_of_the_whole_matrix(70, 500, 60);
}

TEST(Dataset, HoldsOut) {
    const std::vector<std::int32_t> events{0, 1, 2, 3};
    Dataset data;
    const auto user = [&](int place, bool validation, bool strict) {
        data.add_user(events);
        data.hold_out(place, validation, strict);
        return std::array{data.training.back(), data.validation.back(), data.test.back()};
    };
    EXPECT_EQ(user(3, true, false), (std::array{2, 2, 3}));
    EXPECT_EQ(user(3, false, false), (std::array{3, -1, 3}));
    EXPECT_EQ(user(1, true, false), (std::array{4, -1, -1}));  // nothing would be left: learn from all
    EXPECT_EQ(user(1, true, true), (std::array{1, -1, 1}));    // a cutoff is kept whatever is left
    EXPECT_EQ(user(0, true, true), (std::array{0, -1, 0}));
    EXPECT_EQ(data.users(), 5);
    EXPECT_EQ(data.history(4).size(), 4u);
}

// The event before a window is read and not predicted, the start token learns first events only: the gradient of a window
// is that of a history that opens with that event, less what its first event adds.
TEST(BatchGradient, WindowsReadTheEventBeforeThem) {
    model::Options options = small_options();
    options.repeats = "ignored";  // which looks back over the whole history
    Dataset whole, tail;
    whole.catalogue.items = tail.catalogue.items = 9;
    whole.add_user(std::vector<std::int32_t>{7, 3, 5, 1, 8, 2});
    tail.add_user(std::vector<std::int32_t>{5, 1, 8, 2});
    const model::Network network(options, whole.catalogue);
    const auto weights = network.initialise(11);
    const base::StopCheck never;
    base::Stop stop(never);
    const auto compute = [&](const Dataset& data, Window window) {
        std::vector<float> gradient(weights.size());
        BatchGradient batch(network, data, 1);
        const double loss = batch.compute(std::array{window}, weights, {}, stop, gradient);
        for (float& g : gradient) g *= static_cast<float>(window.length());
        return std::pair(loss, gradient);
    };
    const auto [loss, gradient] = compute(whole, {0, 3, 6});        // predicts 1, 8, 2 and reads 5 before them
    const auto [all, all_gradient] = compute(tail, {0, 0, 4});      // predicts 5, 1, 8, 2
    const auto [first, first_gradient] = compute(tail, {0, 0, 1});  // predicts 5
    EXPECT_NEAR(loss, all - first, 1e-4);
    std::vector<float> expected = all_gradient;
    for (std::size_t i = 0; i < expected.size(); i++) expected[i] -= first_gradient[i];
    expect_near(gradient, expected, 1e-4, "gradient");
}

// The loss of a history with lookahead is that of its events one by one, each after what came before, by their shares.
TEST(BatchGradient, LooksAhead) {
    model::Options options = small_options();
    options.repeats = "ignored";
    model::Catalogue catalogue;
    catalogue.items = 9;
    const model::Network network(options, catalogue);
    const auto weights = network.initialise(11);
    const base::StopCheck never;
    base::Stop stop(never);
    const auto loss = [&](const std::vector<std::int32_t>& history, double lookahead) {
        Dataset data;
        data.catalogue = catalogue;
        data.add_user(history);
        BatchGradient batch(network, data, 1, 0, lookahead);
        std::vector<float> gradient(weights.size());
        return batch.compute(std::array{Window{0, 0, static_cast<std::int32_t>(history.size())}}, weights, {}, stop,
                             gradient);
    };
    const auto first = [&](std::int32_t item) { return loss({item}, 0); };
    const auto after = [&](std::int32_t before, std::int32_t item) { return loss({before, item}, 0) - first(before); };
    const double third = loss({7, 3, 5}, 0) - loss({7, 3}, 0);
    const double expected =
        (first(7) + 0.5 * first(3) + 0.25 * first(5)) / 1.75 + (after(7, 3) + 0.5 * after(7, 5)) / 1.5 + third;
    EXPECT_NEAR(loss({7, 3, 5}, 0.5), expected, 1e-5);
    EXPECT_NEAR(loss({7, 3, 5}, 0.04), loss({7, 3, 5}, 0), 1e-6);  // too small a share
}

TEST(Packing, CutsAndDealsEveryRunOnce) {
    std::vector<Window> windows;
    std::int64_t total = 0;
    for (int i = 0; i < 50; i++) {
        windows.push_back({i, 0, 1 + i * 37 % 90});
        total += windows.back().length();
    }
    const auto length = [](const Window& window) { return window.length(); };
    const auto pieces = cut_into_pieces(windows, 3, length);
    EXPECT_EQ(pieces.size(), 6u);  // of fewer than 512 tokens, and twice the number of threads
    std::size_t next = 0;
    for (const Piece& piece : pieces) {
        EXPECT_EQ(piece.first, next);
        int tokens = 0;
        for (; next < piece.last; next++) tokens += windows[next].length();
        EXPECT_EQ(piece.tokens, tokens);
        EXPECT_NEAR(tokens, static_cast<double>(total) / 6, 90);
    }
    EXPECT_EQ(next, windows.size());
    std::multiset<std::size_t> dealt;
    for (const auto& hand : deal(pieces, 3)) dealt.insert(hand.begin(), hand.end());
    EXPECT_EQ(dealt.size(), pieces.size());
    EXPECT_EQ(std::set<std::size_t>(dealt.begin(), dealt.end()).size(), pieces.size());
}

TEST(Trainer, LearnsARing) {
    std::vector<EpochReport> reports;
    const Dataset data = ring(20, 40, 14);
    const model::Options options = small_options();
    const auto weights = train(data, options, &reports);
    EXPECT_LT(reports.back().loss, 0.5 * reports.front().loss);
    EXPECT_EQ(reports.front().tokens, 40 * 12);
    const model::Network network(options, data.catalogue);
    const auto result =
        evaluate_model(network, weights, options, data, Held::test, {.k = 1, .exclude_seen = true}, nullptr);
    EXPECT_EQ(result.all.metrics.events, 40);
    EXPECT_GT(result.all.metrics.hit_rate(), 0.9);
    const auto popularity =
        evaluate_ranker(Popularity(data), data, Held::test, {.k = 1, .exclude_seen = true}, nullptr);
    EXPECT_LT(popularity.all.metrics.hit_rate(), 0.5);
}

// With so many draws that every item is among them, sampling changes nothing but the order of the sums.
TEST(BatchGradient, ManyNegativesAreTheWholeCatalogue) {
    const model::Options options = small_options();
    const Dataset data = ring(12, 6, 9);
    const model::Network network(options, data.catalogue);
    const auto weights = network.initialise(11);
    const std::vector<Window> windows{{0, 0, 7}, {1, 0, 5}, {1, 5, 7}, {4, 0, 7}};
    const base::StopCheck never;
    base::Stop stop(never);
    const auto compute = [&](int threads, int negatives) {
        BatchGradient batch(network, data, threads, negatives);
        std::vector<float> gradients(network.layout().size(), 0.0f);
        batch.compute(std::span(windows).first(2), weights, {.key = 1}, stop, gradients);  // leaves nothing behind
        gradients.push_back(
            static_cast<float>(batch.compute(windows, weights, {.key = 2}, stop, std::span(gradients))));
        return std::vector<double>(gradients.begin(), gradients.end());
    };
    const auto whole = compute(1, 0);
    for (const int threads : {1, 3}) {
        const auto sampled = compute(threads, 5000);
        expect_near(std::vector<float>(sampled.begin(), sampled.end()), whole, 1e-5, "gradient");
    }
}

// Another number of threads cuts the batch elsewhere, and drops the same.
TEST(BatchGradient, DropsTheSameHoweverABatchIsCut) {
    const model::Options options = small_options();
    const Dataset data = ring(12, 40, 9);
    const model::Network network(options, data.catalogue);
    const auto weights = network.initialise(11);
    std::vector<Window> windows;
    for (int user = 0; user < 40; user++) windows.push_back({user, 0, 7});
    const base::StopCheck never;
    base::Stop stop(never);
    const auto compute = [&](int threads, float dropout) {
        BatchGradient batch(network, data, threads);
        std::vector<float> gradients(network.layout().size(), 0.0f);
        batch.compute(windows, weights, {.dropout = dropout, .key = 5}, stop, gradients);
        return gradients;
    };
    const auto one = compute(1, 0.4f), other = compute(1, 0);
    expect_near(compute(3, 0.4f), std::vector<double>(one.begin(), one.end()), 1e-5, "gradient");
    EXPECT_NE(one, other);
}

// What an earlier batch left in a worker's memory does not count, though some workers have nothing to do.
TEST(BatchGradient, BeginsAnew) {
    const Dataset data = ring(12, 6, 9);
    const std::vector<Window> windows{{0, 0, 7}, {1, 0, 5}, {2, 0, 6}, {4, 0, 7}};
    const base::StopCheck never;
    base::Stop stop(never);
    for (const auto& [head, negatives] : {std::pair{"tied", 0}, {"untied", 0}, {"tied", 3}}) {
        model::Options options = small_options();
        options.set("head", head);
        const model::Network network(options, data.catalogue);
        const auto weights = network.initialise(11);
        const auto compute = [&](bool after_another) {
            BatchGradient batch(network, data, 3, negatives);
            std::vector<float> gradients(network.layout().size(), 0.0f);
            if (after_another) batch.compute(windows, weights, {.key = 1}, stop, gradients);
            batch.compute(std::span(windows).first(1), weights, {.key = 2}, stop, gradients);
            return gradients;
        };
        EXPECT_EQ(compute(true), compute(false)) << head << ", " << negatives << " negatives";
    }
}

TEST(BatchGradient, NegativesNeedATiedHead) {
    model::Options options = small_options();
    options.head = "untied";
    const Dataset data = ring(12, 6, 9);
    const model::Network network(options, data.catalogue);
    EXPECT_THROW(BatchGradient(network, data, 1, 5), base::Error);
}

TEST(SettledOptions, FollowTheDataAndLeaveAloneWhatIsChosen) {
    model::Options options;
    EXPECT_EQ(options.get("dropout"), "auto");
    EXPECT_EQ(settled(options, ring(20, 5, 8)).dropout, 0.5);
    EXPECT_EQ(settled(options, ring(20, 5, 80)).dropout, 0.35);
    EXPECT_EQ(settled(options, ring(20, 5, 1000)).dropout, 0.2);
    // Most users come once, most events are of one who stays.
    Dataset skewed = ring(20, 1, 400);
    for (int user = 0; user < 99; user++) skewed.add_user(std::vector<std::int32_t>{1});
    EXPECT_EQ(settled(options, skewed).dropout, 0.2);
    EXPECT_EQ(settled(options, ring(20, 5, 8)).negatives, 0);
    EXPECT_EQ(settled(options, ring(50001, 5, 8)).negatives, 4096);
    EXPECT_GT(settled(options, ring(20, 5, 8)).threads, 0);
    EXPECT_EQ(settled(options, ring(20, 5, 8)).batch_size, 16);
    EXPECT_EQ(settled(options, ring(20, 8000, 8)).batch_size, 32);
    EXPECT_EQ(settled(options, ring(20, 4000, 210)).batch_size, 32);
    EXPECT_EQ(settled(options, ring(20, 30000, 4)).batch_size, 128);
    // 12 events of an item and many steps; 300; few steps; next to none
    EXPECT_EQ(settled(options, ring(20000, 30000, 10)).epochs, 12);
    EXPECT_EQ(settled(options, ring(20, 3000, 4)).epochs, 20);
    EXPECT_EQ(settled(options, ring(20, 800, 4)).epochs, 20);
    EXPECT_EQ(settled(options, ring(20, 5, 8)).epochs, 100);
    EXPECT_EQ(settled(options, ring(20, 1000, 100)).lookahead, 0.5);
    EXPECT_EQ(settled(options, ring(20, 1571, 100)).lookahead, 0.25);
    EXPECT_EQ(settled(options, ring(20, 5000, 100)).lookahead, 0);
    EXPECT_EQ(settled(options, ring(20, 1000, 100)).learning_rate, 0.004);
    EXPECT_EQ(settled(options, ring(20, 1571, 100)).learning_rate, 0.006);
    EXPECT_EQ(settled(options, ring(20, 4000, 100)).learning_rate, 0.008);
    options.set("learning_rate", "0.5");
    EXPECT_EQ(settled(options, ring(20, 5, 8)).learning_rate, 0.5);
    options.set("lookahead", "0.6");
    EXPECT_EQ(settled(options, ring(20, 5, 8)).lookahead, 0.6);
    options.set("epochs", "9");
    EXPECT_EQ(settled(options, ring(20, 5, 8)).epochs, 9);
    options.set("batch_size", "3");
    options.set("dropout", "0.1");
    options.set("negatives", "7");
    options.set("threads", "3");
    const model::Options chosen = settled(options, ring(20, 5, 8));
    EXPECT_EQ(chosen.dropout, 0.1);
    EXPECT_EQ(chosen.negatives, 7);
    EXPECT_EQ(chosen.batch_size, 3);
    EXPECT_EQ(chosen.threads, 3);
    options.set("negatives", "auto");
    options.set("head", "untied");
    EXPECT_EQ(settled(options, ring(50001, 5, 8)).negatives, 0);
}

// What a version remembers of them settles nothing anew, whatever the data and the machine have become.
TEST(SettledOptions, AreAllRemembered) {
    model::Options resumed;
    std::set<std::string> names;
    for (const auto& [name, value] : settled_values(settled(model::Options(), ring(20, 1571, 100)))) {
        EXPECT_EQ(value.find_first_not_of("0123456789."), std::string::npos) << name << ": " << value;
        resumed.set(name, value);
        names.insert(name);
    }
    for (const model::OptionInfo& option : model::describe_options())
        EXPECT_EQ(names.contains(option.name), option.default_text == "auto" || option.name == "threads")
            << option.name;
    const model::Options again = settled(resumed, ring(50001, 5, 8));
    for (const std::string& name : names) EXPECT_EQ(again.get(name), resumed.get(name)) << name;
    EXPECT_EQ(again.lookahead, settled(model::Options(), ring(20, 1571, 100)).lookahead);
    EXPECT_EQ(again.learning_rate, settled(model::Options(), ring(20, 1571, 100)).learning_rate);
}

TEST(Trainer, AttributesAreBoundOrAddedOrBoth) {
    Dataset data = ring(9, 6, 7);
    model::Attribute parity;
    parity.name = "parity";
    parity.values = 2;
    parity.offsets = {0};
    for (int i = 0; i < 9; i++) {
        parity.indices.push_back(i % 2);
        parity.offsets.push_back(i + 1);
    }
    data.catalogue.attributes.push_back(parity);
    for (const auto& [choice, binds, adds] :
         {std::tuple{"both", true, true}, {"bound", true, false}, {"added", false, true}}) {
        model::Options options = small_options();
        options.attributes = choice;
        const auto weights = train(data, options);
        const model::Network network(options, data.catalogue);
        for (const model::ParameterInfo& p : network.layout().parameters()) {
            if (p.name == "embedding.bound") {
                EXPECT_EQ(weights[p.offset] != 0, binds) << choice;
            }
            if (p.name == "embedding.added") {
                EXPECT_EQ(weights[p.offset] != 0, adds) << choice;
            }
        }
    }
}

TEST(Trainer, SampledNegativesLearnTheRingToo) {
    const Dataset data = ring(200, 100, 14);
    model::Options options = small_options();
    options.negatives = 20;
    const auto weights = train(data, options);
    const model::Network network(options, data.catalogue);
    const auto result =
        evaluate_model(network, weights, options, data, Held::test, {.k = 10, .exclude_seen = true}, nullptr);
    EXPECT_GT(result.all.metrics.ndcg(), 0.8);
    EXPECT_EQ(train(data, options), weights);
}

TEST(NegativeSampler, DrawsAndInclusionsAreThoseOfTheCounts) {
    const std::vector<std::int64_t> counts{0, 1, 15, 84};
    const NegativeSampler sampler(counts);
    std::vector<double> weights, seen(4, 0), included(4, 0);
    for (const auto count : counts) weights.push_back(std::pow(static_cast<double>(count) + 1, 0.75));
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    base::Random random(5);
    constexpr int kDraws = 200000, kTrials = 50000, kTargets = 3, kNegatives = 4;
    for (int i = 0; i < kDraws; i++) seen[sampler.draw(random)] += 1.0 / kDraws;
    for (int trial = 0; trial < kTrials; trial++) {
        std::set<std::int32_t> items;
        for (int i = 0; i < kTargets; i++) {
            const auto event = static_cast<std::int64_t>(random.below(100));
            items.insert(event < 1 ? 1 : event < 16 ? 2 : 3);
        }
        for (int i = 0; i < kNegatives; i++) items.insert(sampler.draw(random));
        for (const auto item : items) included[item] += 1.0 / kTrials;
    }
    for (int i = 0; i < 4; i++) {
        EXPECT_NEAR(seen[i], weights[i] / total, 0.005) << i;
        EXPECT_NEAR(included[i], std::exp(sampler.log_inclusion(i, kTargets, kNegatives)), 0.01) << i;
    }
}

// Everyone listens to the same few songs again and again, or to no song twice: the score of a repeat says which.
TEST(Trainer, LearnsWhetherUsersComeBack) {
    for (const bool again : {false, true}) {
        Dataset data;
        data.catalogue.items = 40;
        base::Random random(7);
        for (int user = 0; user < 40; user++) {
            std::vector<std::int32_t> events(20);
            for (int i = 0; i < 20; i++)
                events[i] = again ? static_cast<std::int32_t>((user * 3 + random.below(3)) % 40)
                                  : (user * 7 + i * (1 + user % 3)) % 40;
            data.add_user(events);
            data.hold_out(19, true, false);
        }
        const model::Options options = small_options();
        const auto weights = train(data, options);
        const model::Network network(options, data.catalogue);
        const float repeat = *network.head().repeat(weights.data());
        EXPECT_TRUE(again ? repeat > 1 : repeat < -3) << repeat;
        if (again) continue;
        // Where nobody comes back, an open ranking is as good as one without what was seen.
        const auto ndcg = [&](bool exclude_seen) {
            return evaluate_model(network, weights, options, data, Held::test, {.k = 10, .exclude_seen = exclude_seen},
                                  nullptr)
                .all.metrics.ndcg();
        };
        EXPECT_NEAR(ndcg(false), ndcg(true), 0.01);
    }
}

TEST(Trainer, SameSeedSameWeights) {
    const Dataset data = ring(12, 20, 10);
    model::Options options = small_options();
    options.epochs = 2;
    for (const int threads : {1, 2}) {
        options.threads = threads;
        EXPECT_EQ(train(data, options), train(data, options)) << threads << " threads";
    }
    options.threads = 1;
    const auto one = train(data, options);
    options.seed = 43;
    EXPECT_NE(train(data, options), one);
}

TEST(Trainer, WeightDecayLeavesBiasesGainsAndDecaysAlone) {
    const Dataset data = ring(12, 40, 8);
    model::Options options = small_options();
    options.set("epochs", "1");
    options.set("batch_size", "64");  // one step
    options.set("gradient_clip", "0");
    options.set("weight_decay", "0");
    const std::vector<float> without = train(data, options);
    options.set("weight_decay", "1");
    const std::vector<float> with = train(data, options);
    const model::Network network(options, data.catalogue);
    const std::vector<float> start = network.initialise(42);
    int left_alone = 0;
    for (const model::ParameterInfo& p : network.layout().parameters()) {
        if (!p.trained) continue;
        left_alone += !p.decays();
        for (std::size_t i = p.offset; i < p.offset + p.size; i++)
            ASSERT_NEAR(with[i] - without[i], p.decays() ? -options.learning_rate * start[i] : 0, 1e-6) << p.name;
    }
    EXPECT_GT(left_alone, 10);
}

TEST(Trainer, KeepsTheBestEpochAndLosesPatience) {
    const Dataset data = ring(12, 20, 10);
    model::Options options = small_options();
    options.epochs = 200;
    options.patience = 3;
    std::vector<EpochReport> reports;
    train(data, options, &reports);
    ASSERT_LT(reports.size(), 200u);
    int best = 0;
    for (const EpochReport& report : reports)
        if (report.best) best = report.epoch;
    EXPECT_EQ(reports.back().epoch - best, 3);
    for (const EpochReport& report : reports)
        EXPECT_LE(report.validation->ndcg(), reports[best - 1].validation->ndcg());
}

TEST(Trainer, WithoutHoldoutTrainsEveryEpochAndKeepsTheLast) {
    Dataset data;
    data.catalogue.items = 3;
    data.add_user(std::vector<std::int32_t>{0, 1, 2});
    model::Options options = small_options();
    options.epochs = 4;
    options.patience = 1;
    std::vector<EpochReport> reports;
    train(data, options, &reports);
    ASSERT_EQ(reports.size(), 4u);
    EXPECT_FALSE(reports[3].validation);
    EXPECT_TRUE(reports[3].best);
}

TEST(Trainer, StopsWhenAsked) {
    Trainer trainer(ring(12, 20, 10), small_options());
    int asked = 0;
    EXPECT_THROW(trainer.run_epoch([&] { return ++asked == 2; }), base::Cancelled);
    EXPECT_EQ(asked, 2);
}

TEST(Trainer, RefusesAnEmptyHistory) {
    Dataset data;
    data.catalogue.items = 3;
    EXPECT_THROW(Trainer(data, small_options()), base::Error);
}

TEST(Trainer, LastWindowsReadOnlyTheEnd) {
    model::Options options = small_options();
    const Dataset data = ring(20, 3, 24);  // 22 events to learn from, in windows of up to 9
    EXPECT_EQ(Trainer(data, options).training_events(), 3 * 22);
    options.windows = "last";
    EXPECT_EQ(Trainer(data, options).training_events(), 3 * 9);
}

TEST(Trainer, ValidationCountsRepeatsWhereTheyAreTheRule) {
    // Users come back to what they have had: of three items each, each again and again.
    Dataset data;
    data.catalogue.items = 60;
    for (int user = 0; user < 40; user++) {
        std::vector<std::int32_t> items;
        for (int i = 0; i < 12; i++) items.push_back((user + i % 3) % 60);
        data.add_user(items);
        data.hold_out(11, true, false);
    }
    model::Options options = small_options();
    options.repeats = "learned";
    EXPECT_TRUE(repeats_count(options, data));
    EXPECT_FALSE(repeats_count(options, ring(20, 10, 14)));
    Trainer trainer(data, options);
    EXPECT_GT(trainer.run_epoch(nullptr).validation->hit_rate(), 0.5);
    options.repeats = "ignored";
    EXPECT_FALSE(repeats_count(options, data));
}

TEST(TopK, BestFirstAndLowerPlacesFirstAmongEquals) {
    const std::vector<float> scores{1, 3, 2, 3, -1, 2};
    EXPECT_EQ(ranking::top_k(scores, 4), (std::vector<std::int32_t>{1, 3, 2, 5}));
    EXPECT_EQ(ranking::top_k(scores, 10), (std::vector<std::int32_t>{1, 3, 2, 5, 0, 4}));
    EXPECT_TRUE(ranking::top_k({}, 3).empty());
}

TEST(Threads, RethrowAndJoin) {
    std::vector<int> ran(4, 0);
    EXPECT_THROW(base::run_threads(4,
                                   [&](int thread) {
                                       ran[thread] = 1;
                                       if (thread == 2) throw std::runtime_error("two");
                                   }),
                 std::runtime_error);
    EXPECT_EQ(std::accumulate(ran.begin(), ran.end(), 0), 4);
    EXPECT_EQ(base::thread_count(3), 3);
    EXPECT_GE(base::thread_count(0), 1);
}

}  // namespace
}  // namespace holomamba::training
