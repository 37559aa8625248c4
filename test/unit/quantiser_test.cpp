// Bounds of inner products from int8 codes: never below the product, whatever the vectors.
#include "ranking/quantiser.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <cstring>

#include "base/random.hpp"
#include "hrr/vector.hpp"
#include "ranking/best_bounds.hpp"
#include "ranking/clustering.hpp"
#include "ranking/extent.hpp"
#include "reference.hpp"

namespace holomamba::ranking {
namespace {

using reference::random_vector;
using reference::to_float;
using Floats = std::vector<float>;

// Rows of one length whose first directions hold most of the length, and a few that are out of the ordinary.
Floats sample(base::Random& random, int rows, int dims) {
    Floats x;
    for (int i = 0; i < rows; i++) {
        auto row = random_vector(random, dims);
        for (int j = 0; j < dims; j++) row[j] *= i % 7 == 0 ? 1 : std::exp(-0.1 * j);
        if (i % 11 == 0) row[i % dims] *= 1000;
        const double factor = i % 13 == 0   ? 1e34
                              : i % 13 == 1 ? 1e-38
                              : i % 13 == 2 ? 0
                              : i % 13 == 3 ? 1e-44
                                            : std::exp(i % 5);
        for (double& element : row) element *= factor;
        const Floats narrow = to_float(row);
        x.insert(x.end(), narrow.begin(), narrow.end());
    }
    return x;
}

struct Bounds {
    float sketch;
    double whole;
};

// Both bounds, by the kernels of a table, of a code laid down as on a page.
Bounds bounds_of(const kernels::Table& kernels, const Transform& transform, const QuantisedQuery& query,
                 const Code& code) {
    const ExtentShape shape = extent_shape(transform.dims, transform.prefix, false, 8000);
    const int slot = 5;
    std::vector<std::int8_t> codes(kernels::kSketchGroup * shape.prefix, 77), rest(shape.rest + 32, 99);
    Floats scales(kernels::kSketchGroup), bounds(kernels::kSketchGroup);
    std::vector<std::uint8_t> rests(kernels::kSketchGroup);
    std::vector<std::int32_t> products(kernels::kSketchGroup);
    put_prefix(shape, slot, code.elements, codes.data());
    std::memcpy(rest.data(), code.elements + shape.prefix, shape.rest);
    scales[slot] = code.scale;
    rests[slot] = code.rest;
    const float best = kernels.sketch_bounds(kernels::kSketchGroup, shape.prefix, codes.data(), query.prefix,
                                             scales.data(), rests.data(), query.sketch_step, query.sketch_base,
                                             query.sketch_rest, products.data(), bounds.data(), nullptr, 0);
    EXPECT_EQ(best, bounds[slot]);
    EXPECT_EQ(bounds[slot + 1], -INFINITY);
    const std::int32_t product = kernels.code_product(shape.rest, rest.data(), query.rest);
    return {bounds[slot], bound_inner_product(query, bounds[slot], code.scale, products[slot], product,
                                              code.prefix_error, code.rest_error)};
}

constexpr int kPageBytes = 8104;

void expect_safe(int dims, bool fitted) {
    base::Random random{static_cast<std::uint64_t>(dims)};
    const Floats x = sample(random, 150, dims), q = sample(random, 30, dims);
    const FittedTransform fit = fitted ? fit_transform(dims, x, false, kPageBytes)
                                       : FittedTransform{plain_prefix(dims), {}, Floats(dims, 1.0f)};
    const Transform transform{dims, fit.prefix, static_cast<int>(fit.normals.size()) / dims, fit.normals.data(),
                              fit.spread.data()};
    std::vector<QuantisedQuery> queries(q.size() / dims);
    for (std::size_t j = 0; j < queries.size(); j++) quantise_query(transform, &q[j * dims], &queries[j]);
    for (std::size_t i = 0; i < x.size(); i += dims) {
        Code code;
        quantise(transform, &x[i], &code);
        EXPECT_TRUE(code.scale > 1e38f || bounds_vector(transform, &x[i], code));
        for (std::size_t j = 0; j < queries.size(); j++) {
            const double product = hrr::inner_product(dims, &x[i], &q[j * dims]);
            for (const kernels::Table* kernels : kernels::tables()) {
                const Bounds bounds = bounds_of(*kernels, transform, queries[j], code);
                ASSERT_GE(bounds.sketch * queries[j].unit, product) << kernels->name << " " << i / dims << " " << j;
                ASSERT_GE(bounds.whole, product) << kernels->name << " " << i / dims << " " << j;
            }
        }
    }
}

TEST(Quantiser, NoProductIsAboveItsBound) {
    for (const int dims : {1, 2, 5, 16, 17, 33, 65, 97, 130}) {
        expect_safe(dims, false);
        expect_safe(dims, true);
    }
    expect_safe(kMaxQuantisedDims, false);
}

TEST(Quantiser, BoundsAreTightEnoughToBeOfUse) {
    constexpr int kDims = 65;
    base::Random random{3};
    Floats x;
    for (int i = 0; i < 500; i++) {
        auto row = random_vector(random, kDims);
        for (int j = 0; j < kDims; j++) row[j] *= std::exp(-0.1 * j);
        const Floats narrow = to_float(row);
        x.insert(x.end(), narrow.begin(), narrow.end());
    }
    const FittedTransform fit = fit_transform(kDims, x, false, kPageBytes);
    EXPECT_GE(fit.prefix, 8);
    EXPECT_LE(fit.prefix, 24);
    const Transform transform{kDims, fit.prefix, fit.prefix, fit.normals.data(), fit.spread.data()};
    double excess = 0, rest = 0, lengths = 0;
    for (int j = 0; j < 500; j++) {
        QuantisedQuery query;
        quantise_query(transform, &x[j * kDims], &query);
        for (int i = 0; i < 500; i++) {
            Code code;
            quantise(transform, &x[i * kDims], &code);
            const double product = hrr::inner_product(kDims, &x[i * kDims], &x[j * kDims]);
            const Bounds bounds = bounds_of(kernels::table(), transform, query, code);
            excess += bounds.whole - product;
            rest += bounds.sketch * query.unit - product;
            lengths += hrr::norm(kDims, &x[i * kDims]) * hrr::norm(kDims, &x[j * kDims]);
        }
    }
    EXPECT_LT(excess / lengths, 0.03);
    EXPECT_LT(rest / lengths, 0.3);
}

TEST(Quantiser, TheSketchHoldsWhatTheBestDirectionsHold) {
    constexpr int kDims = 200, kRows = 600;
    const std::function<double(int)> spectra[] = {[](int j) { return std::exp(-0.1 * j); },
                                                  [](int j) { return j < 20 ? 1 : 0.1; },
                                                  [](int j) { return 1 / (1.0 + j); }, [](int) { return 1; }};
    for (const auto& spectrum : spectra) {
        base::Random random{7};
        // Mixed, so that the best directions are none of the coordinates.
        const auto mixer = random_vector(random, kDims * kDims);
        const Eigen::MatrixXd mix =
            Eigen::HouseholderQR<Eigen::MatrixXd>(Eigen::Map<const Eigen::MatrixXd>(mixer.data(), kDims, kDims))
                .householderQ();
        Eigen::MatrixXd rows(kRows, kDims);
        for (int i = 0; i < kRows; i++) {
            const auto row = random_vector(random, kDims);
            for (int j = 0; j < kDims; j++) rows(i, j) = row[j] * spectrum(j);
        }
        const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> x = (rows * mix).cast<float>();
        const FittedTransform fit = fit_transform(kDims, {x.data(), kRows * kDims}, false, kPageBytes);
        const Eigen::MatrixXd wide = x.cast<double>();
        const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> best(wide.transpose() * wide, Eigen::EigenvaluesOnly);
        double held = 0, all = 0;
        for (int j = 0; j < kDims; j++) {
            all += fit.spread[j] * fit.spread[j];
            if (j < fit.prefix) held += fit.spread[j] * fit.spread[j];
        }
        EXPECT_GE(held / all, 0.97 * best.eigenvalues().tail(fit.prefix).sum() / best.eigenvalues().sum());
    }
}

// A check that is asked often, and heeded: `function` is given one.
void expect_stops(int often, const std::function<void(const base::StopCheck&)>& function) {
    int asked = 0;
    function([&] { return ++asked < 0; });
    EXPECT_GE(asked, often);
    for (const int last : {1, asked / 2, asked}) {
        int more = 0;
        EXPECT_THROW(function([&] { return ++more == last; }), base::Cancelled);
        EXPECT_EQ(more, last);
    }
}

TEST(Quantiser, AFitCanBeStopped) {
    base::Random random{8};
    const Floats x = sample(random, 300, 400);
    // For each block of rows, round of the iteration and direction of the sketch.
    expect_stops(40, [&](const base::StopCheck& stop) { fit_transform(400, x, false, kPageBytes, stop); });
}

TEST(Clustering, CanBeStopped) {
    base::Random random{9};
    const Floats points = to_float(random_vector(random, 4 * 5000));
    expect_stops(50, [&](const base::StopCheck& stop) { cluster(5000, 4, points.data(), 360, 90, stop); });
}

TEST(Quantiser, ADifferentVectorIsNotWithinACode) {
    base::Random random{4};
    Floats x = to_float(random_vector(random, 65));
    const Transform transform{65, 16, 0, nullptr, nullptr};
    const Floats spread(65, 1.0f);
    Transform plain = transform;
    plain.spread = spread.data();
    Code code;
    quantise(plain, x.data(), &code);
    EXPECT_TRUE(bounds_vector(plain, x.data(), code));
    x[3] += 0.1f;
    EXPECT_FALSE(bounds_vector(plain, x.data(), code));
    x[3] -= 0.1f;
    x[50] += 0.1f;
    EXPECT_FALSE(bounds_vector(plain, x.data(), code));
}

// 1.35 times the vectors in int8, where there are enough dimensions for the rest of a slot to weigh little.
TEST(Extent, PagesAreWellFilledWhateverPrefixIsWanted) {
    for (const int dims : {64, 96, 97, 128, 129, 256, 257, 513})
        for (int wanted = 8; wanted <= dims; wanted += 4) {
            const int prefix = compact_prefix(dims, wanted, false, kPageBytes);
            const ExtentShape shape = extent_shape(dims, prefix, false, kPageBytes);
            EXPECT_LE(shape.pages() * kPageBytes, 1.35 * dims * shape.slots) << dims << " " << wanted;
            EXPECT_LE(std::abs(prefix - std::min(wanted, kernels::kMaxPrefix)), 24) << dims << " " << wanted;
        }
}

TEST(Extent, EverythingHasItsPlace) {
    for (int dims = 1; dims <= kMaxQuantisedDims; dims++)
        for (int prefix = 4; prefix <= kernels::kMaxPrefix; prefix += 4) {
            const ExtentShape shape = extent_shape(dims, prefix, false, kPageBytes);
            ASSERT_GE(shape.slots, 8);
            ASSERT_LE(shape.grouped_slots(), shape.sketch_slots);
            ASSERT_LE(shape.sides_at() + shape.sketch_slots, kPageBytes);
            ASSERT_LE(shape.notes_at() + shape.rows * static_cast<int>(sizeof(DetailNote)), kPageBytes);
            ASSERT_GE(shape.rows * static_cast<int>(sizeof(DetailNote)), 31);
        }
    const ExtentShape shape = extent_shape(97, 16, false, kPageBytes);
    std::vector<std::int8_t> page(shape.sketch_slots * 16);
    for (int slot = 0; slot < shape.slots; slot++) {
        std::int8_t prefix[16], back[16];
        for (int j = 0; j < 16; j++) prefix[j] = static_cast<std::int8_t>(slot * 7 + j * 31);
        put_prefix(shape, slot, prefix, page.data());
        get_prefix(shape, slot, page.data(), back);
        EXPECT_EQ(std::memcmp(prefix, back, 16), 0);
    }
}

TEST(BestBounds, KeepsTheFirstOfAllInOrder) {
    base::Random random{5};
    std::vector<Candidate> all(1000), kept(50);
    BestBounds best{kept.data(), 0, kept.size()};
    for (std::uint32_t i = 0; i < all.size(); i++) {
        all[i] = {std::floor(random.normal() * 10), i % 17, static_cast<std::uint16_t>(i), {}, 0};
        best.offer(all[i]);
    }
    best.sort();
    std::sort(all.begin(), all.end(), comes_before);
    for (std::size_t i = 0; i < kept.size(); i++) EXPECT_EQ(kept[i].slot, all[i].slot);
}

TEST(Clustering, IsAnOrderInWhichRunsAreNearerThanChance) {
    base::Random random{6};
    constexpr std::size_t kCount = 5000;
    constexpr int kDims = 4;
    const Floats points = to_float(random_vector(random, kCount * kDims));
    const auto order = cluster(kCount, kDims, points.data(), 360, 90);
    std::vector<bool> met(kCount);
    for (const std::uint32_t i : order) met[i] = true;
    EXPECT_EQ(std::count(met.begin(), met.end(), true), kCount);
    double near = 0, far = 0;
    for (std::size_t i = 0; i + kCount / 2 < kCount; i++) {
        near += hrr::squared_distance(kDims, &points[order[i] * kDims], &points[order[i + 1] * kDims]);
        far += hrr::squared_distance(kDims, &points[order[i] * kDims], &points[order[i + kCount / 2] * kDims]);
    }
    EXPECT_LT(near, 0.5 * far);
    EXPECT_TRUE(cluster(0, kDims, nullptr, 360, 90).empty());
}

}  // namespace
}  // namespace holomamba::ranking
