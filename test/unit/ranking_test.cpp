#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "base/random.hpp"
#include "hrr/vector.hpp"
#include "ranking/batch.hpp"
#include "ranking/mmr.hpp"
#include "ranking/plane.hpp"
#include "ranking/seen_items.hpp"

namespace holomamba::ranking {
namespace {

std::vector<float> random_floats(std::size_t n, base::Random& random) {
    std::vector<float> x(n);
    for (float& element : x) element = static_cast<float>(random.normal());
    return x;
}

// --- batches
// ------------------------------------------------------------------------------------------------------------

struct Batch {
    BatchItems items;
    BatchUsers users;

    Batch(std::size_t item_count, std::size_t user_count, std::size_t width, std::size_t token_width,
          base::Random& random) {
        std::vector<float> target;
        for (std::size_t i = 0; i < item_count; i++) {
            // Every fifth item has the target of the one before, so that there are ties.
            if (i % 5 != 4) target = random_floats(width, random);
            items.add(target, random_floats(token_width, random));
        }
        users.clear();
        for (std::size_t u = 0; u < user_count; u++) {
            const auto vector = random_floats(width, random);
            users.vectors.insert(users.vectors.end(), vector.begin(), vector.end());
            std::vector<std::int32_t> seen, left_out;
            for (std::size_t i = u % 7; i < item_count && u % 3 != 0; i += 1 + u % 7)
                seen.push_back(static_cast<std::int32_t>(i));
            for (std::size_t i = u % 5; i < item_count && u % 4 == 1; i += 1 + u % 3)
                left_out.push_back(static_cast<std::int32_t>(i));
            users.add(seen, left_out);
        }
    }
    std::vector<Recommended> brute_force(std::size_t user, std::size_t k,
                                         float seen_score = -std::numeric_limits<float>::infinity()) const {
        const auto holds = [&](const std::vector<std::int32_t>& places, const std::vector<std::size_t>& starts,
                               std::size_t item) {
            const auto at = [&](std::size_t start) { return places.begin() + static_cast<std::ptrdiff_t>(start); };
            return std::binary_search(at(starts[user]), at(starts[user + 1]), static_cast<std::int32_t>(item));
        };
        std::vector<Recommended> all;
        for (std::size_t i = 0; i < items.count(); i++) {
            const bool seen = holds(users.seen, users.starts, i);
            if (holds(users.left_out, users.left_out_starts, i) || (seen && std::isinf(seen_score))) continue;
            const double score =
                hrr::inner_product(items.width(), items.target(i), users.vectors.data() + user * items.width());
            all.push_back({static_cast<std::int32_t>(i), seen ? score + static_cast<double>(seen_score) : score});
        }
        std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
        all.resize(std::min(k, all.size()));
        return all;
    }
};

void expect_same(const std::vector<Recommended>& found, const std::vector<Recommended>& expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); i++) {
        EXPECT_EQ(found[i].item, expected[i].item);
        EXPECT_EQ(found[i].score, expected[i].score);
    }
}

TEST(Batch, EqualsBruteForceBitByBit) {
    base::Random random(7);
    for (const std::size_t item_count : {1, 15, 1024, 2500})
        for (const std::size_t width : {1, 17, 65}) {
            const Batch batch(item_count, 150, width, 0, random);
            for (const int k : {1, 10, 1000})
                for (const int threads : {1, 3}) {
                    std::vector<std::vector<Recommended>> lists;
                    rank_batch(batch.items, batch.users, {.k = k, .threads = threads}, lists, nullptr);
                    ASSERT_EQ(lists.size(), 150u);
                    for (std::size_t u = 0; u < lists.size(); u++)
                        expect_same(lists[u], batch.brute_force(u, static_cast<std::size_t>(k)));
                    rank_batch(batch.items, batch.users, {.k = k, .seen_score = 0.7f, .threads = threads}, lists,
                               nullptr);
                    for (std::size_t u = 0; u < lists.size(); u++)
                        expect_same(lists[u], batch.brute_force(u, static_cast<std::size_t>(k), 0.7f));
                }
        }
}

TEST(Batch, NearTiesAreOrderedByTheExactScore) {
    // Scores that differ in the last bits: the matrix product alone would order them otherwise.
    base::Random random(8);
    const auto base = random_floats(65, random);
    Batch batch(0, 64, 65, 0, random);
    for (int i = 0; i < 3000; i++) {
        auto target = base;
        target[static_cast<std::size_t>(i) % 65] *= 1 + 1e-7f * static_cast<float>(random.normal());
        batch.items.add(target, {});
    }
    std::vector<std::vector<Recommended>> lists;
    rank_batch(batch.items, batch.users, {.k = 20}, lists, nullptr);
    for (std::size_t u = 0; u < lists.size(); u++) expect_same(lists[u], batch.brute_force(u, 20));
}

TEST(Batch, ZeroVectorsTieEverywhere) {
    base::Random random(9);
    Batch batch(500, 1, 8, 0, random);
    std::fill(batch.users.vectors.begin(), batch.users.vectors.end(), 0.0f);
    std::vector<std::vector<Recommended>> lists;
    rank_batch(batch.items, batch.users, {.k = 3}, lists, nullptr);
    expect_same(lists[0], {{0, 0.0}, {1, 0.0}, {2, 0.0}});
}

TEST(Batch, DiversityIsThatOfOneList) {
    base::Random random(10);
    const Batch batch(700, 70, 9, 8, random);
    std::vector<std::vector<Recommended>> lists;
    rank_batch(batch.items, batch.users, {.k = 12, .diversity = 0.4f, .threads = 2}, lists, nullptr);
    for (std::size_t u = 0; u < lists.size(); u++) {
        const auto pool = batch.brute_force(u, static_cast<std::size_t>(mmr_pool(12)));
        std::vector<float> relevance;
        std::vector<const float*> tokens;
        for (const Recommended& r : pool) {
            relevance.push_back(static_cast<float>(r.score));
            tokens.push_back(batch.items.token(static_cast<std::size_t>(r.item)));
        }
        std::vector<Recommended> expected;
        for (const auto place : maximal_marginal_relevance(relevance, tokens, 8, 12, 0.4f, nullptr))
            expected.push_back(pool[static_cast<std::size_t>(place)]);
        expect_same(lists[u], expected);
    }
}

TEST(Batch, RefusesWhatCannotBeRanked) {
    BatchItems items;
    items.add(std::vector<float>{1, 2}, {});
    EXPECT_THROW(items.add(std::vector<float>{1, 2, 3}, {}), base::Error);
    BatchUsers users;
    users.clear();
    users.vectors = {1, 2, 3};
    users.add({}, {});
    std::vector<std::vector<Recommended>> lists;
    EXPECT_THROW(rank_batch(items, users, {}, lists, nullptr), base::Error);
    users.vectors = {3e38f, 3e38f};
    EXPECT_THROW(rank_batch(items, users, {}, lists, nullptr), base::Error);
    users.vectors = {1, 1};
    EXPECT_THROW(rank_batch(items, users, {}, lists, [] { return true; }), base::Cancelled);
}

// --- diversity
// ----------------------------------------------------------------------------------------------------------

// The definition, in so many words.
std::vector<std::int32_t> plain_mmr(const std::vector<float>& relevance, const std::vector<std::vector<float>>& vectors,
                                    int k, double diversity) {
    std::vector<std::int32_t> chosen;
    const double span = relevance.front() - relevance.back();
    while (chosen.size() < std::min(relevance.size(), static_cast<std::size_t>(k))) {
        double most = -10;
        std::int32_t next = -1;
        for (std::size_t i = 0; i < relevance.size(); i++) {
            if (std::find(chosen.begin(), chosen.end(), static_cast<std::int32_t>(i)) != chosen.end()) continue;
            double nearest = chosen.empty() ? 0 : -1;
            for (const auto j : chosen) {
                const double cosine = hrr::cosine_similarity(vectors[i].size(), vectors[i].data(),
                                                             vectors[static_cast<std::size_t>(j)].data());
                nearest = std::max(nearest, cosine);
            }
            const double value = chosen.empty()
                                     ? relevance[i]
                                     : (1 - diversity) * (relevance[i] - relevance.back()) / span - diversity * nearest;
            if (next < 0 || value > most) {
                next = static_cast<std::int32_t>(i);
                most = value;
            }
        }
        chosen.push_back(next);
    }
    return chosen;
}

struct Pool {
    std::vector<float> relevance;
    std::vector<std::vector<float>> vectors;
    std::vector<const float*> pointers;

    Pool(std::size_t n, std::size_t d, base::Random& random) : relevance(random_floats(n, random)) {
        std::sort(relevance.begin(), relevance.end(), std::greater<>());
        for (std::size_t i = 0; i < n; i++) vectors.push_back(random_floats(d, random));
        for (const auto& vector : vectors) pointers.push_back(vector.data());
    }
};

TEST(Mmr, EqualsTheDefinition) {
    base::Random random(11);
    const Pool pool(80, 12, random);
    for (const float diversity : {0.1f, 0.5f, 0.9f, 1.0f})
        EXPECT_EQ(maximal_marginal_relevance(pool.relevance, pool.pointers, 12, 30, diversity, nullptr),
                  plain_mmr(pool.relevance, pool.vectors, 30, diversity));
}

TEST(Mmr, WithoutDiversityTheOrderIsThatOfThePool) {
    base::Random random(12);
    const Pool pool(50, 4, random);
    std::vector<std::int32_t> order(20);
    std::iota(order.begin(), order.end(), 0);
    EXPECT_EQ(maximal_marginal_relevance(pool.relevance, pool.pointers, 4, 20, 0, nullptr), order);
}

TEST(Mmr, EqualItemsComeLast) {
    const std::vector<float> a{1, 0}, b{0, 1}, none{0, 0};
    const std::vector<const float*> vectors{a.data(), a.data(), b.data(), none.data()};
    const std::vector<float> relevance{4, 3.9f, 2, 1};
    EXPECT_EQ(maximal_marginal_relevance(relevance, vectors, 2, 4, 0.5f, nullptr),
              (std::vector<std::int32_t>{0, 2, 3, 1}));
    EXPECT_EQ(maximal_marginal_relevance({}, {}, 2, 4, 0.5f, nullptr).size(), 0u);
    // All equally good: the lower place first.
    const std::vector<float> same{2, 2, 2, 2};
    EXPECT_EQ(maximal_marginal_relevance(same, vectors, 2, 2, 0.5f, nullptr), (std::vector<std::int32_t>{0, 2}));
}

TEST(Mmr, ListensToItsCaller) {
    base::Random random(13);
    const Pool pool(100, 4, random);
    EXPECT_THROW(maximal_marginal_relevance(pool.relevance, pool.pointers, 4, 50, 0.5f, [] { return true; }),
                 base::Cancelled);
}

TEST(SeenItems, AreEachUsersOwnAscendingAndOnce) {
    SeenItems seen;
    for (const int threads : {1, 3}) {
        seen.start(4);
        for (const SeenItem event : {SeenItem{2, 7}, {0, 5}, {2, 1}, {0, 5}, {2, 3}, {3, 0}, {2, 1}})
            seen.add({&event, 1});
        seen.finish(threads);
        const auto items_of = [&](std::size_t user) { return std::vector(seen.of(user).begin(), seen.of(user).end()); };
        EXPECT_EQ(items_of(0), (std::vector<std::int32_t>{5}));
        EXPECT_TRUE(items_of(1).empty());
        EXPECT_EQ(items_of(2), (std::vector<std::int32_t>{1, 3, 7}));
        EXPECT_EQ(items_of(3), (std::vector<std::int32_t>{0}));
    }
}

TEST(PrincipalPlane, HoldsAsMuchVarianceAsAnyPlane) {
    base::Random random(3);
    constexpr int kCount = 200, kWidth = 7;
    std::vector<float> vectors = random_floats(kCount * kWidth, random);
    for (int i = 0; i < kCount; i++) vectors[i * kWidth + 2] *= 4, vectors[i * kWidth + 5] *= 2.5F;
    std::fill_n(vectors.begin(), kWidth, 0.0F);  // has no direction
    Eigen::MatrixXd directions(kCount, kWidth);
    for (int i = 0; i < kCount; i++)
        for (int c = 0; c < kWidth; c++) directions(i, c) = vectors[i * kWidth + c];
    for (int i = 1; i < kCount; i++) directions.row(i).normalize();
    const Eigen::MatrixXd centred = directions.rowwise() - directions.colwise().mean();
    const Eigen::VectorXd variances =
        Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(centred.transpose() * centred).eigenvalues();
    const std::vector<float> places = principal_plane(vectors, kWidth, nullptr);
    ASSERT_EQ(places.size(), 2U * kCount);
    double first = 0, second = 0, together = 0;
    for (int i = 0; i < kCount; i++) {
        first += places[2 * i] * places[2 * i];
        second += places[2 * i + 1] * places[2 * i + 1];
        together += places[2 * i] * places[2 * i + 1];
    }
    EXPECT_NEAR(first, variances[kWidth - 1], 1e-3 * first);
    EXPECT_NEAR(second, variances[kWidth - 2], 1e-3 * second);
    EXPECT_NEAR(together, 0, 1e-3 * second);
    EXPECT_EQ(principal_plane(vectors, kWidth, nullptr), places);
}

TEST(PrincipalPlane, OfOneDirectionOrNoneIsALineOrAPoint) {
    const std::vector<float> line{3, 0, -1, 0, 2, 0, -5, 0};  // directions (1, 0) and (-1, 0)
    EXPECT_EQ(principal_plane(line, 2, nullptr), (std::vector<float>{1, 0, -1, 0, 1, 0, -1, 0}));
    EXPECT_EQ(principal_plane(std::vector<float>(6, 0.0F), 3, nullptr), (std::vector<float>(4, 0.0F)));
    EXPECT_TRUE(principal_plane({}, 3, nullptr).empty());
    EXPECT_THROW(principal_plane(line, 2, base::StopCheck([] { return true; })), base::Cancelled);
}

}  // namespace
}  // namespace holomamba::ranking
