#include <algorithm>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <vector>

#include "server.hpp"

extern "C" {
#include "access/tupmacs.h"
#include "catalog/pg_type_d.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
}

namespace {

// What a function takes in its second place: versions of the server differ in whether bytes are char or void.
template <typename Function>
struct Second;
template <typename Result, typename First, typename Type, typename... Rest>
struct Second<Result(First, Type, Rest...)> {
    using type = Type;
};
template <auto function>
using SecondOf = typename Second<std::remove_pointer_t<decltype(function)>>::type;

std::vector<void*> allocations;
char message[1024];

}  // namespace

namespace fuzz {

std::jmp_buf on_error;

const char* error_message() {
    return message;
}

void free_all() {
    for (void* allocation : allocations) std::free(allocation);
    allocations.clear();
}

}  // namespace fuzz

extern "C" {

// --- memory

void* palloc(Size size) {
    if (!AllocSizeIsValid(size)) ereport(ERROR, (errmsg("invalid memory alloc request size %zu", size)));
    void* allocation = std::malloc(size);
    if (!allocation) std::abort();
    allocations.push_back(allocation);
    return allocation;
}

void* palloc0(Size size) {
    return std::memset(palloc(size), 0, size);
}

void pfree(void* pointer) {
    const auto found = std::find(allocations.rbegin(), allocations.rend(), pointer);
    if (found == allocations.rend()) std::abort();
    std::free(pointer);
    *found = allocations.back();
    allocations.pop_back();
}

char* pnstrdup(const char* text, Size length) {
    length = strnlen(text, length);
    auto* copy = static_cast<char*>(palloc(length + 1));
    std::memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

int pg_mbcliplen(const char*, int length, int limit) {
    return std::min(length, limit);
}

struct varlena* pg_detoast_datum(struct varlena* datum) {
    return datum;
}

// --- errors: their texts are formatted, so that what they show is read under the sanitizer

bool errstart(int level, const char*) {
    return level >= ERROR;
}

bool errstart_cold(int level, const char* domain) {
    return errstart(level, domain);
}

void errfinish(const char*, int, const char*) {
    std::longjmp(fuzz::on_error, 1);
}

// 16: of input functions, whose callers here ask for no error to be handed back.
bool errsave_start(struct Node*, const char* domain) {
    return errstart(ERROR, domain);
}

void errsave_finish(struct Node*, const char* file, int line, const char* function) {
    errfinish(file, line, function);
}

int errcode(int) {
    return 0;
}

int errmsg(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return 0;
}

int errdetail(const char* format, ...) {
    char detail[sizeof message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    return 0;
}

int errhint(const char* format, ...) {
    char hint[sizeof message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(hint, sizeof hint, format, arguments);
    va_end(arguments);
    return 0;
}

// --- messages

static const char* take(StringInfo buffer, int length) {
    if (length < 0 || length > buffer->len - buffer->cursor)
        ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION), errmsg("insufficient data left in message")));
    const char* start = buffer->data + buffer->cursor;
    buffer->cursor += length;
    return start;
}

static uint64 take_integer(StringInfo buffer, int length) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(take(buffer, length));
    uint64 value = 0;
    for (int i = 0; i < length; i++) value = value << 8 | bytes[i];
    return value;
}

int pq_getmsgbyte(StringInfo buffer) {
    return static_cast<int>(take_integer(buffer, 1));
}

unsigned int pq_getmsgint(StringInfo buffer, int length) {
    return static_cast<unsigned int>(take_integer(buffer, length));
}

int64 pq_getmsgint64(StringInfo buffer) {
    return static_cast<int64>(take_integer(buffer, 8));
}

float4 pq_getmsgfloat4(StringInfo buffer) {
    const auto bits = static_cast<uint32>(take_integer(buffer, 4));
    float4 value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

const char* pq_getmsgbytes(StringInfo buffer, int length) {
    return take(buffer, length);
}

void pq_copymsgbytes(StringInfo buffer, SecondOf<pq_copymsgbytes> to, int length) {
    std::memcpy(to, take(buffer, length), static_cast<Size>(length));
}

void enlargeStringInfo(StringInfo buffer, int needed) {
    if (buffer->len + needed < buffer->maxlen) return;
    const int size = 2 * (buffer->len + needed) + 1;
    auto* data = static_cast<char*>(palloc(static_cast<Size>(size)));
    std::memcpy(data, buffer->data, static_cast<Size>(buffer->len));
    buffer->data = data;
    buffer->maxlen = size;
}

void pq_begintypsend(StringInfo buffer) {
    *buffer = {static_cast<char*>(palloc0(VARHDRSZ)), VARHDRSZ, VARHDRSZ, 0};
}

bytea* pq_endtypsend(StringInfo buffer) {
    SET_VARSIZE(buffer->data, buffer->len);
    return reinterpret_cast<bytea*>(buffer->data);
}

void pq_sendbytes(StringInfo buffer, SecondOf<pq_sendbytes> data, int length) {
    enlargeStringInfo(buffer, length);
    std::memcpy(buffer->data + buffer->len, data, static_cast<Size>(length));
    buffer->len += length;
}

void pq_sendfloat4(StringInfo buffer, float4 value) {
    uint32 bits;
    std::memcpy(&bits, &value, sizeof bits);
    pq_sendint32(buffer, bits);
}

// --- hexadecimal digits; the server skips white space between bytes

static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid hexadecimal digit: \"%c\"", c)));
    return 0;
}

uint64 hex_decode(const char* from, size_t length, char* to) {
    char* out = to;
    for (size_t i = 0; i < length; i++) {
        if (from[i] == ' ' || from[i] == '\n' || from[i] == '\t' || from[i] == '\r') continue;
        const int high = digit(from[i++]);
        if (i >= length) ereport(ERROR, (errmsg("invalid hexadecimal data: odd number of digits")));
        *out++ = static_cast<char>(high << 4 | digit(from[i]));
    }
    return static_cast<uint64>(out - to);
}

uint64 hex_encode(const char* from, size_t length, char* to) {
    for (size_t i = 0; i < length; i++) {
        const auto byte = static_cast<unsigned char>(from[i]);
        to[2 * i] = "0123456789abcdef"[byte >> 4];
        to[2 * i + 1] = "0123456789abcdef"[byte & 15];
    }
    return 2 * length;
}

// --- arrays and their elements; a numeric is a text here

int ArrayGetNItems(int dimensions, const int* lengths) {
    int64 items = dimensions > 0;
    for (int i = 0; i < dimensions; i++) {
        items *= lengths[i];
        if (items < 0 || items > static_cast<int64>(MaxArraySize))
            ereport(ERROR, (errmsg("array size exceeds the maximum allowed")));
    }
    return static_cast<int>(items);
}

bool array_contains_nulls(ArrayType* array) {
    const int items = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
    const bits8* bitmap = ARR_NULLBITMAP(array);
    for (int i = 0; bitmap && i < items; i++)
        if (!(bitmap[i / 8] & 1 << i % 8)) return true;
    return false;
}

void get_typlenbyvalalign(Oid type, int16* length, bool* by_value, char* alignment) {
    *length = type == NUMERICOID ? -1 : type == FLOAT8OID ? 8 : 4;
    *by_value = type != NUMERICOID;
    *alignment = type == FLOAT8OID ? TYPALIGN_DOUBLE : TYPALIGN_INT;
}

void deconstruct_array(ArrayType* array, Oid, int length, bool by_value, char alignment, Datum** values, bool** nulls,
                       int* count) {
    const int items = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
    const bits8* bitmap = ARR_NULLBITMAP(array);
    const char* p = ARR_DATA_PTR(array);
    *values = static_cast<Datum*>(palloc(static_cast<Size>(items) * sizeof(Datum)));
    if (nulls) *nulls = static_cast<bool*>(palloc0(static_cast<Size>(items)));
    *count = items;
    for (int i = 0; i < items; i++) {
        if (bitmap && !(bitmap[i / 8] & 1 << i % 8)) {
            if (!nulls) ereport(ERROR, (errmsg("null array element not allowed in this context")));
            (*nulls)[i] = true;
            continue;
        }
        p = reinterpret_cast<const char*>(att_align_nominal(p, alignment));
        (*values)[i] = by_value ? fetch_att(p, by_value, length) : PointerGetDatum(p);
        p += length > 0 ? length : static_cast<int>(VARSIZE_ANY(p));
    }
}

Datum DirectFunctionCall1Coll(PGFunction function, Oid, Datum argument) {
    return fuzz::call(function, argument);
}

Datum numeric_out(PG_FUNCTION_ARGS) {
    const auto* number = reinterpret_cast<const text*>(PG_GETARG_POINTER(0));
    PG_RETURN_CSTRING(pnstrdup(VARDATA_ANY(number), VARSIZE_ANY_EXHDR(number)));
}

char* float8out_internal(double value) {
    auto* text = static_cast<char*>(palloc(32));
    snprintf(text, 32, "%.17g", value);
    return text;
}

char* format_type_be(Oid type) {
    auto* text = static_cast<char*>(palloc(32));
    snprintf(text, 32, "type %u", type);
    return text;
}

}  // extern "C"
