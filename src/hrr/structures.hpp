// Data structures in vectors: names, numbers, records, sequences and n-grams, on top of the algebra of binding.hpp.
//
// Records and sequences with role vectors after Plate, "Holographic Reduced Representations", 1995; numbers as
// fractional powers after Plate, "Holographic Recurrent Networks", NIPS 1992, and Komer et al., "A neural
// representation of continuous space using fractional binding", CogSci 2019; n-grams with a permutation for each place
// after Joshi, Halseth and Kanerva, "Language geometry using random indexing", 2016.
//
// Vectors come and go as what Form says. Sums are in double precision, so that the number of rows does not show in the
// result.
// All functions may throw std::bad_alloc; `out` must not overlap an input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holomamba::hrr {

enum class Form {
    vector,    // n elements, as in binding.hpp
    spectrum,  // n numbers in the layout of fhrr.hpp
};

// A seed for random_vector() and unitary_vector(): the same for the same bytes, everywhere.
std::uint64_t seed_of_name(std::string_view name);

// out = unitary_vector(seed) to the power of value / bandwidth. For x and y that lie d bandwidths apart, the inner
// product of their vectors is about sin(pi d) / (pi d), and the vector of x + y is the vector of x bound with that of
// y. Rounding turns the phases by about |value / bandwidth| 1e-15. Throws invalid_parameter unless value is finite and
// bandwidth positive, and out_of_range where their ratio is not finite.
void number_vector(std::size_t n, double value, double bandwidth, std::uint64_t seed, Form form, float* out);

// The same on a circle: values that differ by a multiple of `period` have the same vector. Throws invalid_parameter
// unless value and period are finite and 0 < bandwidth <= period / 2.
void cyclic_number_vector(std::size_t n, double value, double period, double bandwidth, std::uint64_t seed, Form form,
                          float* out);

// The role of place `position` in a sequence: number_vector(n, position, 1, a seed of its own), unitary, so that the
// roles of i and j bound give that of i + j.
void position_vector(std::size_t n, std::int64_t position, Form form, float* out);

// The elements of the vector x in another order: a permutation drawn at random for each n, `times` times over, its
// inverse for negative times. Unlike a cyclic shift, it does not commute with binding, so that it marks places in a
// product.
void shuffle(std::size_t n, const float* x, std::int64_t times, Form form, float* out);

// sum += key * value, in their form.
void add_pair(std::size_t n, const float* key, const float* value, Form form, double* sum);

// The sums of the next two are spectra whatever the form, so that a row costs no inverse transform; vector_of_sum()
// makes the vector.

// sum += position_vector(position) * item.
void add_at_position(std::size_t n, const float* item, std::int64_t position, Form form, double* sum);

// sum += the n-gram of `size` items that `item` ends, once `place`, the item's number counted from 1, reaches size. An
// n-gram is item_1 * shuffle(item_2, 1) * ... * shuffle(item_size, size - 1). `open` holds the spectra of the size - 1
// n-grams that are begun, the longest last.
void add_ngram(std::size_t n, std::size_t size, const float* item, std::int64_t place, Form form, double* open,
               double* sum);

// The vector that a sum is the spectrum of.
void vector_of_sum(std::size_t n, const double* sum, Form form, float* out);

}  // namespace holomamba::hrr
