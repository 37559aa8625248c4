// Structures in vectors, against their definitions in double precision.
#include "hrr/structures.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <set>
#include <vector>

#include "base/error.hpp"
#include "hrr/binding.hpp"
#include "hrr/fhrr.hpp"
#include "hrr/vector.hpp"
#include "near.hpp"

using namespace holomamba;
using hrr::Form;

namespace {

using Vector = std::vector<float>;
using Sum = std::vector<double>;

constexpr std::size_t kLengths[] = {1, 2, 3, 4, 7, 64, 96, 127, 128, 1000, 1024};

Vector random_vector(std::size_t n, std::uint64_t seed) {
    Vector x(n);
    hrr::random_vector(n, seed, x.data());
    return x;
}

Vector bound(const Vector& x, const Vector& y) {
    Vector out(x.size());
    hrr::bind(x.size(), x.data(), y.data(), out.data());
    return out;
}

Vector plus(const Vector& x, const Vector& y) {
    Vector out(x.size());
    hrr::add(x.size(), x.data(), y.data(), out.data());
    return out;
}

Vector shuffle(const Vector& x, std::int64_t times) {
    Vector out(x.size());
    hrr::shuffle(x.size(), x.data(), times, Form::vector, out.data());
    return out;
}

Vector number(std::size_t n, double value, double bandwidth) {
    Vector out(n);
    hrr::number_vector(n, value, bandwidth, 3, Form::vector, out.data());
    return out;
}

Vector cyclic(std::size_t n, double value, double period, double bandwidth) {
    Vector out(n);
    hrr::cyclic_number_vector(n, value, period, bandwidth, 3, Form::vector, out.data());
    return out;
}

Vector vector_of(std::size_t n, const Sum& sum) {
    Vector out(n);
    hrr::vector_of_sum(n, sum.data(), Form::vector, out.data());
    return out;
}

Vector spectrum_of(const Vector& x) {
    Vector out(x.size());
    fhrr::from_hrr(x.size(), x.data(), out.data());
    return out;
}

}  // namespace

TEST(SeedOfName, IsFixedAndSpreads) {
    // Stored vectors depend on it: it must never change.
    EXPECT_EQ(hrr::seed_of_name(""), 0xf52a15e9a9b5e89bu);
    EXPECT_EQ(hrr::seed_of_name("apple"), 0xba8e799dceb3bcb1u);
    std::set<std::uint64_t> seeds;
    for (int i = 0; i < 10000; i++) seeds.insert(hrr::seed_of_name(std::to_string(i)));
    EXPECT_EQ(seeds.size(), 10000u);
}

TEST(NumberVector, IsAFractionalPower) {
    for (const std::size_t n : kLengths) {
        Vector base(n), power(n);
        hrr::unitary_vector(n, 3, base.data());
        hrr::bind_power(n, base.data(), -2.75, power.data());
        expect_near(number(n, -5.5, 2.0), power, 1e-5, "power at " + std::to_string(n));
        expect_near(bound(number(n, 2.5, 0.5), number(n, -1.0, 0.5)), number(n, 1.5, 0.5), 1e-5, "sum");
    }
}

TEST(NumberVector, HasASincForItsKernel) {
    constexpr std::size_t n = 16000;
    for (const double d : {0.0, 0.3, 0.5, 1.0, 1.5, 3.0}) {
        const double expected = d == 0.0 ? 1.0 : std::sin(std::numbers::pi * d) / (std::numbers::pi * d);
        EXPECT_NEAR(hrr::inner_product(n, number(n, 7.0, 4.0).data(), number(n, 7.0 + 4.0 * d, 4.0).data()), expected,
                    0.03)
            << d;
    }
}

TEST(CyclicNumberVector, GoesRound) {
    for (const std::size_t n : kLengths) {
        expect_near(cyclic(n, 25.5, 24.0, 2.0), cyclic(n, 1.5, 24.0, 2.0), 1e-5, "a period more");
        expect_near(cyclic(n, -0.5, 24.0, 2.0), cyclic(n, 23.5, 24.0, 2.0), 1e-5, "a period less");
        expect_near(bound(cyclic(n, 20.0, 24.0, 2.0), cyclic(n, 5.0, 24.0, 2.0)), cyclic(n, 1.0, 24.0, 2.0), 1e-5,
                    "sum");
    }
    // Within a period it is as similar as numbers are.
    EXPECT_NEAR(hrr::inner_product(4096, cyclic(4096, 23.0, 24.0, 2.0).data(), cyclic(4096, 0.0, 24.0, 2.0).data()),
                2.0 / std::numbers::pi, 0.05);
}

TEST(NumberVector, RefusesWhatHasNoPlace) {
    const double infinity = std::numeric_limits<double>::infinity();
    float out[4];
    EXPECT_THROW(hrr::number_vector(4, infinity, 1.0, 0, Form::vector, out), base::Error);
    EXPECT_THROW(hrr::number_vector(4, 1.0, 0.0, 0, Form::vector, out), base::Error);
    EXPECT_THROW(hrr::number_vector(4, 1e300, 1e-300, 0, Form::vector, out), base::Error);
    EXPECT_THROW(hrr::cyclic_number_vector(4, 1.0, infinity, 1.0, 0, Form::vector, out), base::Error);
    EXPECT_THROW(hrr::cyclic_number_vector(4, 1.0, 2.0, 1.5, 0, Form::vector, out), base::Error);
}

TEST(Shuffle, IsAGroupOfPermutations) {
    for (const std::size_t n : kLengths) {
        const Vector x = random_vector(n, 1);
        const Vector y = shuffle(x, 1);
        EXPECT_EQ(std::multiset<float>(x.begin(), x.end()), std::multiset<float>(y.begin(), y.end()));
        EXPECT_EQ(shuffle(x, 0), x);
        EXPECT_EQ(shuffle(shuffle(x, 1), 2), shuffle(x, 3));
        EXPECT_EQ(shuffle(shuffle(x, std::int64_t{1} << 40), -(std::int64_t{1} << 40)), x);
    }
}

TEST(Sums, AreWhatTheirNamesSay) {
    for (const std::size_t n : kLengths) {
        const std::string at = " at " + std::to_string(n);
        const Vector a = random_vector(n, 1), b = random_vector(n, 2), c = random_vector(n, 3);
        Vector first(n), second(n);
        hrr::position_vector(n, 1, Form::vector, first.data());
        hrr::position_vector(n, 2, Form::vector, second.data());

        Sum record(n), sequence(n);
        hrr::add_pair(n, first.data(), a.data(), Form::vector, record.data());
        hrr::add_pair(n, second.data(), b.data(), Form::vector, record.data());
        hrr::add_at_position(n, a.data(), 1, Form::vector, sequence.data());
        hrr::add_at_position(n, b.data(), 2, Form::vector, sequence.data());
        const Vector expected = plus(bound(first, a), bound(second, b));
        expect_near(Vector(record.begin(), record.end()), expected, 1e-5, "record" + at);
        expect_near(vector_of(n, sequence), expected, 1e-5, "sequence" + at);

        Sum bigrams(n), open(n);
        std::int64_t place = 0;
        for (const Vector& item : {a, b, c})
            hrr::add_ngram(n, 2, item.data(), ++place, Form::vector, open.data(), bigrams.data());
        expect_near(vector_of(n, bigrams), plus(bound(a, shuffle(b, 1)), bound(b, shuffle(c, 1))), 1e-5,
                    "bigrams" + at);
    }
}

TEST(Sums, AreTheSameForSpectra) {
    for (const std::size_t n : kLengths) {
        const Vector a = random_vector(n, 1), sa = spectrum_of(a);
        Sum sums[2] = {Sum(n), Sum(n)};
        Sum open[2] = {Sum(2 * n), Sum(2 * n)};
        hrr::add_at_position(n, a.data(), 5, Form::vector, sums[0].data());
        hrr::add_at_position(n, sa.data(), 5, Form::spectrum, sums[1].data());
        for (std::int64_t place = 1; place <= 4; place++) {
            hrr::add_ngram(n, 3, a.data(), place, Form::vector, open[0].data(), sums[0].data());
            hrr::add_ngram(n, 3, sa.data(), place, Form::spectrum, open[1].data(), sums[1].data());
        }
        expect_near(sums[1], sums[0], 1e-5, "sums at " + std::to_string(n));
        Vector shuffled(n), out(n);
        hrr::shuffle(n, sa.data(), -3, Form::spectrum, shuffled.data());
        expect_near(shuffled, spectrum_of(shuffle(a, -3)), 1e-5, "shuffle at " + std::to_string(n));
        hrr::cyclic_number_vector(n, 5.0, 24.0, 2.0, 3, Form::spectrum, out.data());
        expect_near(out, spectrum_of(cyclic(n, 5.0, 24.0, 2.0)), 1e-5, "number at " + std::to_string(n));
    }
}
