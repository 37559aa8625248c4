// Names, numbers, positions and shuffles as vectors, and the aggregates that build records, sequences and n-grams, for
// hrr and fhrr: every function is a template over the form of its vectors, and has two names in SQL.
//
// The state of hrr_record is that of sum (hrr_aggregate.cpp). The state of the other two is {count, size, x_1, ...,
// x_n,
// ...}: the sum as a spectrum, and behind it the size - 1 n-grams that are begun, n numbers each (size is 1 but for
// n-grams). Both are {0} before the first vector.
#include <algorithm>

#include "hrr/binding.hpp"
#include "hrr/fhrr.hpp"
#include "hrr/structures.hpp"
#include "hrr/vector.hpp"
#include "postgres/types/aggregate_state.hpp"
#include "postgres/types/hrr.hpp"

using namespace holomamba;
using namespace holomamba::postgres;
using hrr::Form;

namespace {

constexpr int kSumHeader = 1;
constexpr int kHeader = 2;
constexpr int kLongestNgram = 16;

// A state that is not empty.
struct Structure {
    AggregateState state;
    int dims;
    int size;
    int64 count() const { return static_cast<int64>(state.count()); }
    double* sum() const { return state.values + kHeader; }
    double* open() const { return sum() + dims; }
};

Structure new_structure(int dims, int size) {
    const Structure structure = {new_aggregate_state(kHeader + dims * size), dims, size};
    structure.state.values[1] = size;
    return structure;
}

Structure structure_of(const AggregateState& state) {
    const double* values = state.values;
    if (state.length <= kHeader || !(values[1] >= 1 && values[1] <= kLongestNgram)) refuse_aggregate_state();
    const int size = static_cast<int>(values[1]);
    const int dims = (state.length - kHeader) / size;
    if (state.length != kHeader + dims * size || dims > kMaxHrrDims) refuse_aggregate_state();
    return {state, dims, size};
}

// The state of a sequence or n-grams in argument 0, to be written to, with one more counted.
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
    structure.state.count()++;
    return structure;
}

// make(n, seed, out), with the seed of a name.
Datum named_vector(FunctionCallInfo fcinfo, void (*make)(Size, uint64, float*)) {
    const int32 dims = PG_GETARG_INT32(0);
    const text* name = PG_GETARG_TEXT_PP(1);
    check_hrr_dims(dims);
    const uint64 seed = hrr::seed_of_name({VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)});
    return make_hrr(dims, [&](float* out) { make(dims, seed, out); });
}

// (dims, position)
template <Form form>
Datum position(FunctionCallInfo fcinfo) {
    const int32 dims = PG_GETARG_INT32(0);
    const int32 position = PG_GETARG_INT32(1);
    check_hrr_dims(dims);
    return make_hrr(dims, [&](float* out) { hrr::position_vector(dims, position, form, out); });
}

// (dims, value, bandwidth, seed)
template <Form form>
Datum encode_number(FunctionCallInfo fcinfo) {
    const int32 dims = PG_GETARG_INT32(0);
    const double value = PG_GETARG_FLOAT8(1);
    const double bandwidth = PG_GETARG_FLOAT8(2);
    const auto seed = static_cast<uint64>(PG_GETARG_INT64(3));
    check_hrr_dims(dims);
    return make_hrr(dims, [&](float* out) { hrr::number_vector(dims, value, bandwidth, seed, form, out); });
}

// (dims, value, period, bandwidth, seed)
template <Form form>
Datum encode_cyclic(FunctionCallInfo fcinfo) {
    const int32 dims = PG_GETARG_INT32(0);
    const double value = PG_GETARG_FLOAT8(1);
    const double period = PG_GETARG_FLOAT8(2);
    const double bandwidth = PG_GETARG_FLOAT8(3);
    const auto seed = static_cast<uint64>(PG_GETARG_INT64(4));
    check_hrr_dims(dims);
    return make_hrr(dims,
                    [&](float* out) { hrr::cyclic_number_vector(dims, value, period, bandwidth, seed, form, out); });
}

// (vector, times)
template <Form form>
Datum shuffle(FunctionCallInfo fcinfo) {
    const Hrr* a = hrr_argument(fcinfo, 0);
    const int32 times = PG_GETARG_INT32(1);
    return make_hrr(a->dims, [&](float* out) { hrr::shuffle(a->dims, a->x, times, form, out); });
}

// (state, key, value)
template <Form form>
Datum record_step(FunctionCallInfo fcinfo) {
    AggregateState state = aggregate_state_argument(fcinfo, 0);
    const Hrr* key = hrr_argument(fcinfo, 1);
    const Hrr* value = hrr_argument(fcinfo, 2);
    check_same_dims(key->dims, value->dims);
    if (state.empty()) {
        state = new_aggregate_state(kSumHeader + key->dims);
    } else {
        check_same_dims(state.length - kSumHeader, key->dims);
        state = writable_aggregate_state(fcinfo, state);
    }
    state.count()++;
    core_call([&] { hrr::add_pair(key->dims, key->x, value->x, form, state.values + kSumHeader); });
    PG_RETURN_ARRAYTYPE_P(state.array);
}

// (state, item)
template <Form form>
Datum sequence_step(FunctionCallInfo fcinfo) {
    const Hrr* item = hrr_argument(fcinfo, 1);
    const Structure sequence = next(fcinfo, item->dims, 1);
    core_call([&] { hrr::add_at_position(sequence.dims, item->x, sequence.count(), form, sequence.sum()); });
    PG_RETURN_ARRAYTYPE_P(sequence.state.array);
}

// (state, item, size)
template <Form form>
Datum ngrams_step(FunctionCallInfo fcinfo) {
    const Hrr* item = hrr_argument(fcinfo, 1);
    const int32 size = PG_GETARG_INT32(2);
    if (size < 1 || size > kLongestNgram)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("the size of n-grams must be between 1 and %d", kLongestNgram)));
    const Structure ngrams = next(fcinfo, item->dims, size);
    core_call([&] {
        hrr::add_ngram(ngrams.dims, static_cast<Size>(size), item->x, ngrams.count(), form, ngrams.open(),
                       ngrams.sum());
    });
    PG_RETURN_ARRAYTYPE_P(ngrams.state.array);
}

// NULL where nothing was added up: no rows, or fewer than an n-gram has items.
template <Form form>
Datum structure_final(FunctionCallInfo fcinfo) {
    const AggregateState state = aggregate_state_argument(fcinfo, 0);
    if (state.empty()) PG_RETURN_NULL();
    const Structure structure = structure_of(state);
    if (structure.count() < structure.size) PG_RETURN_NULL();
    return make_hrr(structure.dims,
                    [&](float* out) { hrr::vector_of_sum(structure.dims, structure.sum(), form, out); });
}

}  // namespace

#define FOR_BOTH_TYPES(name)                 \
    HOLOMAMBA_FUNCTION(hrr_##name)           \
    Datum hrr_##name(PG_FUNCTION_ARGS) {     \
        return name<Form::vector>(fcinfo);   \
    }                                        \
    HOLOMAMBA_FUNCTION(fhrr_##name)          \
    Datum fhrr_##name(PG_FUNCTION_ARGS) {    \
        return name<Form::spectrum>(fcinfo); \
    }

FOR_BOTH_TYPES(position)
FOR_BOTH_TYPES(encode_number)
FOR_BOTH_TYPES(encode_cyclic)
FOR_BOTH_TYPES(shuffle)
FOR_BOTH_TYPES(record_step)
FOR_BOTH_TYPES(sequence_step)
FOR_BOTH_TYPES(ngrams_step)
FOR_BOTH_TYPES(structure_final)

HOLOMAMBA_FUNCTION(hrr_symbol)
Datum hrr_symbol(PG_FUNCTION_ARGS) {
    return named_vector(fcinfo, [](Size n, uint64 seed, float* out) { hrr::random_vector(n, seed, out); });
}

HOLOMAMBA_FUNCTION(fhrr_symbol)
Datum fhrr_symbol(PG_FUNCTION_ARGS) {
    return named_vector(fcinfo, [](Size n, uint64 seed, float* out) { fhrr::random_vector(n, seed, out); });
}

HOLOMAMBA_FUNCTION(hrr_role)
Datum hrr_role(PG_FUNCTION_ARGS) {
    return named_vector(fcinfo, [](Size n, uint64 seed, float* out) { hrr::unitary_vector(n, seed, out); });
}

HOLOMAMBA_FUNCTION(fhrr_role)
Datum fhrr_role(PG_FUNCTION_ARGS) {
    return named_vector(fcinfo, [](Size n, uint64 seed, float* out) { fhrr::unitary_vector(n, seed, out); });
}
