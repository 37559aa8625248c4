// Names, numbers, positions and shuffles as vectors, and the aggregates that build records, sequences and n-grams.
//
// The state of these aggregates is an array of double precision, {count, n, size, spectra}: the sum, as a spectrum
// (complex numbers of which there are spectrum_size(n)), and behind it the size - 1 n-grams that are begun (size is 1
// but for n-grams). It is {0} before the first vector.
#include <algorithm>
#include <complex>

#include "hrr/binding.hpp"
#include "hrr/structures.hpp"
#include "hrr/transform.hpp"
#include "postgres/aggregate_state.hpp"
#include "postgres/hrr.hpp"

extern "C" {
#include "utils/builtins.h"
}

using namespace holomamba;
using namespace holomamba::postgres;

namespace {

constexpr int kHeader = 3;
constexpr int kLongestNgram = 16;

int state_length(int dims, int size) {
    return kHeader + 2 * size * static_cast<int>(spectrum_size(static_cast<Size>(dims)));
}

// A state of spectra, which is not empty.
struct Structure {
    AggregateState state;
    int dims;
    int size;
    int64 count() const { return static_cast<int64>(state.values[0]); }
    std::complex<double>* sum() const { return reinterpret_cast<std::complex<double>*>(state.values + kHeader); }
    std::complex<double>* open() const { return sum() + spectrum_size(static_cast<Size>(dims)); }
};

Structure new_structure(int dims, int size) {
    Structure structure = {new_aggregate_state(state_length(dims, size)), dims, size};
    structure.state.values[1] = dims;
    structure.state.values[2] = size;
    return structure;
}

Structure structure_of(const AggregateState& state) {
    const double* values = state.values;
    if (state.length <= kHeader || !(values[0] <= 0x1p53) || !(values[1] >= 1 && values[1] <= kMaxHrrDims) ||
        !(values[2] >= 1 && values[2] <= kLongestNgram))
        refuse_aggregate_state();
    const Structure structure = {state, static_cast<int>(values[1]), static_cast<int>(values[2])};
    if (state.length != state_length(structure.dims, structure.size)) refuse_aggregate_state();
    return structure;
}

// The state in argument 0, to be written to, with one more counted.
Structure next(FunctionCallInfo fcinfo, int dims, int size) {
    const AggregateState state = aggregate_state_argument(fcinfo, 0);
    Structure structure;
    if (state.empty()) {
        structure = new_structure(dims, size);
    } else {
        structure = structure_of(state);
        check_same_dims(structure.dims, dims);
        if (structure.size != size)
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the size of n-grams must not change")));
        structure.state = writable_aggregate_state(fcinfo, state);
    }
    structure.state.values[0]++;
    return structure;
}

Datum named_vector(FunctionCallInfo fcinfo, void (*make)(Size, uint64, float*)) {
    const int32 dims = PG_GETARG_INT32(0);
    const text* name = PG_GETARG_TEXT_PP(1);
    check_hrr_dims(dims);
    const uint64 seed = hrr::seed_of_name({VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)});
    return make_hrr(dims, [&](float* out) { make(dims, seed, out); });
}

}  // namespace

HOLOMAMBA_FUNCTION(hrr_symbol)
Datum hrr_symbol(PG_FUNCTION_ARGS) {
    return named_vector(fcinfo, [](Size n, uint64 seed, float* out) { hrr::random_vector(n, seed, out); });
}

HOLOMAMBA_FUNCTION(hrr_role)
Datum hrr_role(PG_FUNCTION_ARGS) {
    return named_vector(fcinfo, [](Size n, uint64 seed, float* out) { hrr::unitary_vector(n, seed, out); });
}

HOLOMAMBA_FUNCTION(hrr_position)
Datum hrr_position(PG_FUNCTION_ARGS) {
    const int32 dims = PG_GETARG_INT32(0);
    const int32 position = PG_GETARG_INT32(1);
    check_hrr_dims(dims);
    return make_hrr(dims, [&](float* out) { hrr::position_vector(dims, position, out); });
}

HOLOMAMBA_FUNCTION(hrr_encode_number)
Datum hrr_encode_number(PG_FUNCTION_ARGS) {
    const int32 dims = PG_GETARG_INT32(0);
    const double value = PG_GETARG_FLOAT8(1);
    const double bandwidth = PG_GETARG_FLOAT8(2);
    const auto seed = static_cast<uint64>(PG_GETARG_INT64(3));
    check_hrr_dims(dims);
    return make_hrr(dims, [&](float* out) { hrr::number_vector(dims, value, bandwidth, seed, out); });
}

HOLOMAMBA_FUNCTION(hrr_encode_cyclic)
Datum hrr_encode_cyclic(PG_FUNCTION_ARGS) {
    const int32 dims = PG_GETARG_INT32(0);
    const double value = PG_GETARG_FLOAT8(1);
    const double period = PG_GETARG_FLOAT8(2);
    const double bandwidth = PG_GETARG_FLOAT8(3);
    const auto seed = static_cast<uint64>(PG_GETARG_INT64(4));
    check_hrr_dims(dims);
    return make_hrr(dims, [&](float* out) { hrr::cyclic_number_vector(dims, value, period, bandwidth, seed, out); });
}

HOLOMAMBA_FUNCTION(hrr_shuffle)
Datum hrr_shuffle(PG_FUNCTION_ARGS) {
    const Hrr* a = hrr_argument(fcinfo, 0);
    const int32 times = PG_GETARG_INT32(1);
    return make_hrr(a->dims, [&](float* out) { hrr::shuffle(a->dims, a->x, times, out); });
}

// (state, key, value)
HOLOMAMBA_FUNCTION(hrr_record_step)
Datum hrr_record_step(PG_FUNCTION_ARGS) {
    const Hrr* key = hrr_argument(fcinfo, 1);
    const Hrr* value = hrr_argument(fcinfo, 2);
    check_same_dims(key->dims, value->dims);
    const Structure record = next(fcinfo, key->dims, 1);
    core_call([&] { hrr::add_pair(record.dims, key->x, value->x, record.sum()); });
    PG_RETURN_ARRAYTYPE_P(record.state.array);
}

HOLOMAMBA_FUNCTION(hrr_record_combine)
Datum hrr_record_combine(PG_FUNCTION_ARGS) {
    const AggregateState state = aggregate_state_argument(fcinfo, 0);
    const AggregateState other = aggregate_state_argument(fcinfo, 1);
    if (other.empty()) PG_RETURN_ARRAYTYPE_P(state.array);
    if (state.empty()) PG_RETURN_ARRAYTYPE_P(other.array);
    Structure record = structure_of(state);
    const Structure more = structure_of(other);
    check_same_dims(record.dims, more.dims);
    if (record.size != 1 || more.size != 1) refuse_aggregate_state();
    record.state = writable_aggregate_state(fcinfo, state);
    record.state.values[0] += more.state.values[0];
    core_call([&] { hrr::add_spectra(record.dims, more.sum(), record.sum()); });
    PG_RETURN_ARRAYTYPE_P(record.state.array);
}

// (state, item)
HOLOMAMBA_FUNCTION(hrr_sequence_step)
Datum hrr_sequence_step(PG_FUNCTION_ARGS) {
    const Hrr* item = hrr_argument(fcinfo, 1);
    const Structure sequence = next(fcinfo, item->dims, 1);
    core_call([&] { hrr::add_at_position(sequence.dims, item->x, sequence.count(), sequence.sum()); });
    PG_RETURN_ARRAYTYPE_P(sequence.state.array);
}

// (state, item, size)
HOLOMAMBA_FUNCTION(hrr_ngrams_step)
Datum hrr_ngrams_step(PG_FUNCTION_ARGS) {
    const Hrr* item = hrr_argument(fcinfo, 1);
    const int32 size = PG_GETARG_INT32(2);
    if (size < 1 || size > kLongestNgram)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("the size of n-grams must be between 1 and %d", kLongestNgram)));
    const Structure ngrams = next(fcinfo, item->dims, size);
    core_call([&] {
        hrr::add_ngram(ngrams.dims, static_cast<Size>(size), item->x, ngrams.count(), ngrams.open(), ngrams.sum());
    });
    PG_RETURN_ARRAYTYPE_P(ngrams.state.array);
}

// NULL where nothing was added up: no rows, or fewer than an n-gram has items.
HOLOMAMBA_FUNCTION(hrr_structure_final)
Datum hrr_structure_final(PG_FUNCTION_ARGS) {
    const AggregateState state = aggregate_state_argument(fcinfo, 0);
    if (state.empty()) PG_RETURN_NULL();
    const Structure structure = structure_of(state);
    if (structure.count() < structure.size) PG_RETURN_NULL();
    return make_hrr(structure.dims, [&](float* out) { hrr::vector_of_spectrum(structure.dims, structure.sum(), out); });
}
