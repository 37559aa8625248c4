// Every input function of our types, and what reads bytes of our tables, under any bytes at all: a value or an error comes
// out, and a value survives its own output functions. libFuzzer calls LLVMFuzzerTestOneInput (run.sh); replay.cpp calls it with the files of corpus/.
//
// FUZZ_TARGET names the function. Arguments come from the first bytes of the input, the rest is what is to be read.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "base/error.hpp"
#include "inputs.hpp"
#include "postgres/types/hrr.hpp"
#include "server.hpp"
#include "training/checkpoint.hpp"

extern "C" {
#include "catalog/pg_type_d.h"
Datum hrr_in(PG_FUNCTION_ARGS);
Datum fhrr_in(PG_FUNCTION_ARGS);
Datum hrr_out(PG_FUNCTION_ARGS);
Datum hrr_recv(PG_FUNCTION_ARGS);
Datum hrr_send(PG_FUNCTION_ARGS);
Datum hrr_typmod_in(PG_FUNCTION_ARGS);
Datum array_to_hrr(PG_FUNCTION_ARGS);
Datum ssm_state_in(PG_FUNCTION_ARGS);
Datum ssm_state_out(PG_FUNCTION_ARGS);
Datum ssm_state_recv(PG_FUNCTION_ARGS);
Datum ssm_state_send(PG_FUNCTION_ARGS);
Datum ssm_events(PG_FUNCTION_ARGS);
}

using namespace holomamba::postgres;

namespace fuzz {

namespace {

// What is left of an input.
struct Bytes {
    const uint8_t* data;
    size_t size;

    int next() {
        if (size == 0) return 0;
        size--;
        return *data++;
    }
    char* text() const { return pnstrdup(reinterpret_cast<const char*>(data), size); }
};

void require(bool condition, const char* what) {
    if (condition) return;
    fprintf(stderr, "not so: %s\n", what);
    std::abort();
}

// -1, which is none, and small ones.
Datum typmod(Bytes& bytes) {
    return Int32GetDatum(bytes.next() % 8 - 1);
}

// The argument of a receive function: a message with these bytes, in memory of their size.
StringInfo message(const void* data, size_t size) {
    auto* buffer = static_cast<StringInfo>(palloc0(sizeof(StringInfoData)));
    buffer->data = static_cast<char*>(palloc(size));
    std::memcpy(buffer->data, data, size);
    buffer->len = static_cast<int>(size);
    return buffer;
}

// A message with what a send function returned.
StringInfo message(Datum sent) {
    const auto* bytes = reinterpret_cast<const bytea*>(DatumGetPointer(sent));
    return message(VARDATA(bytes), VARSIZE(bytes) - VARHDRSZ);
}

bool same(Datum a, Datum b) {
    const void* x = DatumGetPointer(a);
    const void* y = DatumGetPointer(b);
    return VARSIZE(x) == VARSIZE(y) && std::memcmp(x, y, VARSIZE(x)) == 0;
}

void check_vector(Datum datum, Datum typmod, PGFunction input) {
    const auto* vector = reinterpret_cast<const Hrr*>(DatumGetPointer(datum));
    const int expected = DatumGetInt32(typmod);
    require(vector->version == 0 && vector->flags == 0, "version and flags are 0");
    require(vector->dims >= 1 && vector->dims <= kMaxHrrDims, "dimensions are in range");
    require(expected == -1 || vector->dims == expected, "dimensions are those of the column");
    require(VARSIZE(vector) == hrr_size(vector->dims), "size is that of the dimensions");
    for (int i = 0; i < vector->dims; i++) require(std::isfinite(vector->x[i]), "elements are finite");
    if (vector->dims > 256) return;  // printing many numbers takes long
    const Datum none = Int32GetDatum(-1);
    require(same(datum, call(input, call(hrr_out, datum), ObjectIdGetDatum(0), none)), "text reads back");
    require(same(datum, call(hrr_recv, PointerGetDatum(message(call(hrr_send, datum))), ObjectIdGetDatum(0), none)),
            "binary reads back");
}

void check_state(Datum datum) {
    require(same(datum, call(ssm_state_in, call(ssm_state_out, datum))), "text reads back");
    require(same(datum, call(ssm_state_recv, PointerGetDatum(message(call(ssm_state_send, datum))))),
            "binary reads back");
}

void vector_text(Bytes bytes, PGFunction input) {
    const Datum mod = typmod(bytes);
    check_vector(call(input, CStringGetDatum(bytes.text()), ObjectIdGetDatum(0), mod), mod, input);
}

void hrr_text(Bytes bytes) {
    vector_text(bytes, hrr_in);
}

void fhrr_text(Bytes bytes) {
    vector_text(bytes, fhrr_in);
}

// fhrr has no receive function and no casts from arrays of its own: C functions are the same as those of hrr.
void hrr_binary(Bytes bytes) {
    const Datum mod = typmod(bytes);
    check_vector(call(hrr_recv, PointerGetDatum(message(bytes.data, bytes.size)), ObjectIdGetDatum(0), mod), mod,
                 hrr_in);
}

// Small, or just about the most dimensions that there may be.
int length(Bytes& bytes) {
    const int small = bytes.next();
    return small < 255 || bytes.next() < 255 ? small % 16 : kMaxHrrDims - 1 + bytes.next() % 4;
}

// A well-formed array, as only such reach a cast, of any shape and with any elements: type, dimensions, whether there
// are nulls, then the elements, a numeric being a text of the length that comes before it.
ArrayType* array_of(Bytes bytes) {
    constexpr Oid kTypes[] = {INT4OID, FLOAT4OID, FLOAT8OID, NUMERICOID, TEXTOID};
    const Oid type = kTypes[bytes.next() % 5];
    const int dimensions = bytes.next() % 3;
    const bool nulls = bytes.next() % 4 == 3;
    int lengths[2] = {};
    for (int i = 0; i < dimensions; i++) lengths[i] = length(bytes);
    const int items = ArrayGetNItems(dimensions, lengths);
    if (items > kMaxHrrDims + 2) return nullptr;
    const Size overhead = nulls ? ARR_OVERHEAD_WITHNULLS(dimensions, items) : ARR_OVERHEAD_NONULLS(dimensions);
    const bool fixed = type != NUMERICOID && type != TEXTOID;
    const Size width = type == FLOAT8OID ? 8 : 4;
    // Texts of up to 63 bytes, aligned to 4.
    const Size size = overhead + static_cast<Size>(items) * (fixed ? width : 68);
    auto* array = static_cast<ArrayType*>(palloc0(size));
    SET_VARSIZE(array, size);
    array->ndim = dimensions;
    array->dataoffset = nulls ? static_cast<int32>(overhead) : 0;
    array->elemtype = type;
    for (int i = 0; i < dimensions; i++) {
        ARR_DIMS(array)[i] = lengths[i];
        ARR_LBOUND(array)[i] = 1;
    }
    if (nulls)
        for (int i = 0; i < items; i += 8) ARR_NULLBITMAP(array)[i / 8] = static_cast<bits8>(bytes.next());
    char* p = ARR_DATA_PTR(array);
    for (int i = 0; i < items; i++) {
        const Size length = std::min<Size>(fixed ? width : static_cast<Size>(bytes.next() % 64), bytes.size);
        if (!fixed) SET_VARSIZE(p, VARHDRSZ + length);
        if (length > 0) std::memcpy(fixed ? p : VARDATA(p), bytes.data, length);
        bytes.data += length;
        bytes.size -= length;
        p += fixed ? width : INTALIGN(VARHDRSZ + length);
    }
    return array;
}

void array_cast(Bytes bytes) {
    const Datum mod = typmod(bytes);
    ArrayType* array = array_of(bytes);
    if (array) check_vector(call(array_to_hrr, PointerGetDatum(array), mod, BoolGetDatum(true)), mod, hrr_in);
}

void state_text(Bytes bytes) {
    check_state(call(ssm_state_in, CStringGetDatum(bytes.text())));
}

void state_binary(Bytes bytes) {
    check_state(call(ssm_state_recv, PointerGetDatum(message(bytes.data, bytes.size))));
}

// A state that lies in a table as bytes that no input function has seen.
void state_stored(Bytes bytes) {
    auto* state = static_cast<varlena*>(palloc(VARHDRSZ + bytes.size));
    SET_VARSIZE(state, VARHDRSZ + bytes.size);
    if (bytes.size > 0) std::memcpy(VARDATA(state), bytes.data, bytes.size);
    const Datum datum = PointerGetDatum(state);
    require(DatumGetInt64(call(ssm_events, datum)) >= 0, "events can be counted");
    call(ssm_state_out, datum);
    call(ssm_state_send, datum);
}

// The data of a checkpoint: what is accepted is whole, and is packed as it was read.
void dataset(Bytes bytes) {
    try {
        const holomamba::Dataset data = holomamba::unpack({reinterpret_cast<const std::byte*>(bytes.data), bytes.size});
        const auto packed = holomamba::pack(data);
        require(packed.size() == bytes.size && holomamba::pack(holomamba::unpack(packed)) == packed,
                "it packs as it was");
        const auto items = static_cast<size_t>(data.catalogue.items);
        for (int user = 0; user < data.users(); user++) {
            for (const auto item : data.history(user)) require(static_cast<size_t>(item) < items, "items are known");
            data.for_each_seen(user, data.training[user],
                               [&](auto item) { require(static_cast<size_t>(item) < items, "and seen"); });
        }
        for (const auto& attribute : data.catalogue.attributes)
            for (size_t item = 0; attribute.kind == holomamba::model::AttributeKind::category && item < items; item++)
                for (auto i = attribute.offsets[item]; i < attribute.offsets[item + 1]; i++)
                    require(attribute.indices[i] >= 0 && attribute.indices[i] < attribute.values, "values are known");
    } catch (const holomamba::Error&) {
    }
}

struct Target {
    const char* name;
    void (*run)(Bytes);
};

constexpr Target kTargets[] = {{"hrr_text", hrr_text},         {"fhrr_text", fhrr_text},
                               {"hrr_binary", hrr_binary},     {"array_cast", array_cast},
                               {"state_text", state_text},     {"state_binary", state_binary},
                               {"state_stored", state_stored}, {"dataset", dataset}};

const Target* chosen;

}  // namespace

bool choose(const char* name) {
    for (const Target& target : kTargets)
        if (name && std::strcmp(name, target.name) == 0) return chosen = &target, true;
    fprintf(stderr, "no target %s; there are:", name ? name : "is set");
    for (const Target& target : kTargets) fprintf(stderr, " %s", target.name);
    fprintf(stderr, "\n");
    return false;
}

}  // namespace fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    if (!fuzz::choose(std::getenv("FUZZ_TARGET"))) std::exit(2);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (setjmp(fuzz::on_error) == 0) fuzz::chosen->run({data, size});
    fuzz::free_all();
    return 0;
}
