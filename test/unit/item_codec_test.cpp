// What the index relies on, of every codec: bounds are safe however codes come to lie on pages, and a code survives
// that.
#include "ranking/item_codec.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/random.hpp"
#include "hrr/vector.hpp"

namespace holomamba::ranking {
namespace {

constexpr int kPageBytes = 8104;

// Pages as the index has them; what is free holds rubbish.
struct Pages {
    ExtentShape shape;
    std::vector<char> sketch, detail;

    explicit Pages(const ExtentShape& of) : shape(of), sketch(kPageBytes, 77), detail(kPageBytes, 99) {
        for (int slot = 0; slot < shape.sketch_slots; slot++) scale(slot) = 0;
    }
    float& scale(int slot) { return reinterpret_cast<float*>(sketch.data() + shape.scales_at())[slot]; }
    void put(const ItemCodec& codec, int slot, const ItemCode& code) {
        codec.put_sketch(shape, slot, code, sketch.data());
        codec.put_detail(shape, slot % shape.rows, code, detail.data());
        scale(slot) = code.scale;
    }
};

std::vector<float> vectors(base::Random& random, int count, int dims) {
    std::vector<float> x;
    for (int i = 0; i < count * dims; i++)
        x.push_back(static_cast<float>(random.normal() / (1 + i % dims) * (i / dims % 7 == 0 ? 1e-6 : 1)));
    return x;
}

void expect_safe(const ItemCodec& codec, int dims, bool keyed, bool fitted) {
    base::Random random{static_cast<std::uint64_t>(dims)};
    const auto x = vectors(random, 60, dims), q = vectors(random, 10, dims);
    FittedBasis fit{codec.plain(dims), {}};
    if (fitted) {
        fit = codec.fit(dims, x, keyed, kPageBytes, {});
    } else {
        fit.floats.resize(codec.floats(fit.form));
        codec.plain_floats(fit.form, fit.floats.data());
    }
    ASSERT_TRUE(codec.is_possible(fit.form));
    ASSERT_EQ(fit.floats.size(), codec.floats(fit.form));
    ASSERT_EQ(codec.first_impossible(fit.form, fit.floats.data()), fit.floats.size());
    const CodeBasis basis{fit.form, fit.floats.data()};
    const ExtentShape shape = codec.shape(fit.form, keyed, kPageBytes);
    ASSERT_LE(shape.keys_at() + (keyed ? 4 : 0) * shape.sketch_slots, kPageBytes);
    ASSERT_LE(shape.notes_at() + shape.rows * static_cast<int>(sizeof(DetailNote)), kPageBytes);
    ASSERT_LE(codec.code_bytes(shape), ItemCode::kMostBytes);

    Pages pages(shape);
    const int count = std::min(60, shape.rows);
    for (int slot = 0; slot < count; slot++) {
        ItemCode code, back;
        codec.encode(basis, &x[static_cast<std::size_t>(slot * dims)], &code);
        EXPECT_TRUE(codec.bounds_vector(basis, &x[static_cast<std::size_t>(slot * dims)], code));
        pages.put(codec, slot, code);
        codec.get_sketch(shape, slot, pages.sketch.data(), &back);
        codec.get_detail(shape, slot % shape.rows, pages.detail.data(), &back);
        EXPECT_EQ(std::memcmp(code.bytes, back.bytes, codec.code_bytes(shape)), 0);
        std::vector<float> point(static_cast<std::size_t>(shape.prefix), NAN);
        codec.place(basis, code.scale, code.bytes, point.data());
        for (const float along : point) EXPECT_TRUE(std::isfinite(along));
    }
    std::vector<std::int32_t> found(static_cast<std::size_t>(shape.sketch_slots));
    std::vector<float> bounds(found.size());
    std::vector<double> query(codec.query_bytes() / sizeof(double) + 1);
    for (std::size_t j = 0; j < q.size(); j += static_cast<std::size_t>(dims)) {
        const double unit = codec.ask(basis, &q[j], query.data());
        const float best =
            codec.sketch(shape, query.data(), pages.sketch.data(), found.data(), bounds.data(), nullptr, 0);
        for (int slot = 0; slot < shape.grouped_slots(); slot++) {
            const auto i = static_cast<std::size_t>(slot);
            EXPECT_LE(bounds[i], best);
            if (slot >= count) {
                EXPECT_EQ(bounds[i], -INFINITY);
                continue;
            }
            const double product = hrr::inner_product(dims, &x[i * static_cast<std::size_t>(dims)], &q[j]);
            const double bound = codec.bound(shape, query.data(), bounds[i], pages.scale(slot), found[i],
                                             pages.detail.data(), slot % shape.rows);
            EXPECT_GE(bounds[i] * unit, product);
            EXPECT_GE(bound, product);
            EXPECT_LE(bound, bounds[i] * unit);
        }
    }
    const double unit = codec.ask_anything(query.data());
    codec.sketch(shape, query.data(), pages.sketch.data(), found.data(), bounds.data(), nullptr, 0);
    EXPECT_EQ(bounds[0] * unit, INFINITY);
    EXPECT_EQ(codec.bound(shape, query.data(), bounds[0], pages.scale(0), found[0], pages.detail.data(), 0), INFINITY);
}

TEST(ItemCodec, NoProductIsAboveItsBound) {
    for (int number = 0; item_codec(number); number++)
        for (const int dims : {1, 5, 16, 33, 65, 97, 257})
            for (const bool keyed : {false, true})
                for (const bool fitted : {false, true}) {
                    SCOPED_TRACE(testing::Message() << "codec " << number << ", " << dims << " dimensions");
                    expect_safe(*item_codec(number), dims, keyed, fitted);
                }
    EXPECT_TRUE(item_codec(kInt8Code));
    EXPECT_FALSE(item_codec(-1));
}

}  // namespace
}  // namespace holomamba::ranking
