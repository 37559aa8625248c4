// int8 copies of vectors that bound inner products safely: no inner product is ever above its bound.
//
// A vector x is turned by an orthogonal map into z, z = R x, so that x . q = z . (R q). The map is made of Householder
// reflections that bring the directions in which most of the stored vectors' length lies to the front: the first
// `prefix` elements of z are the sketch, the others the rest. (Cauchy-Schwarz on the rest: LEMP, Teflioudi, Gemulla &
// Mykytiuk 2015; the rotation first: FEXIPRO, Li, Chan, Yiu & Mamoulis 2017.) Each element is divided by its spread
// d_j, and the result is rounded to multiples of one scale s for the vector: z_j = d_j (s a_j + e_j), a_j in
// [-127, 127]. With v_j = d_j (R q)_j,
//
//     x . q  =  s (a . v)  +  e . v   <=   s (a_P . v_P)  +  |e_P| |v_P|  +  |z_R| |(R q)_R| (sketch)
//            <=  s (a_P . v_P)  +  s (a_R . v_R)  +  |e_P| |v_P|  +  |e_R| |v_R| (whole)
//
// where P is the prefix and R the rest. Rounding of the query, of float arithmetic here and of the inner product
// itself, as hrr::inner_product computes it, are in the bounds too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/stop.hpp"
#include "kernels/kernels.hpp"
#include "ranking/extent.hpp"

namespace holomamba::ranking {

constexpr int kMaxQuantisedDims = 1000;

// How vectors are turned and scaled; points into memory of its owner.
struct Transform {
    int dims;
    int prefix;            // a multiple of four; more than dims where those are few, and padded with zeros
    int reflections;       // number of Householder reflections, 0 for none
    const float* normals;  // [reflections x dims]
    const float* spread;   // [dims], positive
    int rest() const { return dims > prefix ? dims - prefix : 0; }
};

// A transform with the memory that it points into.
struct FittedTransform {
    int prefix;
    std::vector<float> normals;
    std::vector<float> spread;
};

// The prefix of a transform that knows nothing of the vectors.
int plain_prefix(int dims);

// The prefix of a fitted transform that is next to the one wanted, upwards first, and leaves little of pages of so many
// bytes empty, in extents with or without keys.
int compact_prefix(int dims, int wanted, bool keyed, int page_bytes);

// The transform that suits a sample [rows x dims] of the vectors, and pages of so many bytes: its normals are
// [prefix x dims], or none for few dims. Throws Cancelled where the check says so.
FittedTransform fit_transform(int dims, std::span<const float> sample, bool keyed, int page_bytes,
                              const base::StopCheck& stop = {});

// A stored vector. The scale is infinite where no bound is known.
struct Code {
    float scale;
    std::uint8_t rest;                                              // |z_R|, in steps of the scale
    std::uint8_t prefix_error;                                      // |e_P|
    std::uint8_t rest_error;                                        // |e_R|
    std::int8_t elements[kernels::kMaxPrefix + kMaxQuantisedDims];  // prefix, then the rest
};

void quantise(const Transform& transform, const float* x, Code* code) noexcept;

// Whether what a code says of a vector is true: that bounds made of it are safe.
bool bounds_vector(const Transform& transform, const float* x, const Code& code) noexcept;

// A query, and the numbers that make a bound of a code's product with it; in units of `unit`.
struct QuantisedQuery {
    double unit;
    double prefix_step, rest_step;                // value of 1 in the integers below
    double prefix_error_step, rest_error_step;    // what 1 in a code's errors adds to the bound
    double base;                                  // rounding
    float sketch_step, sketch_base, sketch_rest;  // arguments of the kernel sketch_bounds
    std::int16_t prefix[kernels::kMaxPrefix];
    std::int16_t rest[kMaxQuantisedDims + 32];
};

void quantise_query(const Transform& transform, const float* q, QuantisedQuery* query) noexcept;

// The bound from the whole code, given the integer products of its two parts, as a number that inner products with the
// original query never exceed. `sketch_bound` is what the kernel made of the prefix; the lower of the two bounds is
// returned.
double bound_inner_product(const QuantisedQuery& query, float sketch_bound, float scale, std::int32_t prefix_product,
                           std::int32_t rest_product, std::uint8_t prefix_error, std::uint8_t rest_error) noexcept;

}  // namespace holomamba::ranking
