// Text, binary and typmod of hrr and fhrr.
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "postgres/types/hrr.hpp"

extern "C" {
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/builtins.h"
}

using namespace holomamba::postgres;

namespace {

// Raises unless a column of type hrr(typmod) takes this many dimensions; -1 is plain hrr.
void check_typmod(int32 typmod, int dims) {
    if (typmod != -1 && typmod != dims)
        ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("expected %d dimensions, not %d", typmod, dims)));
}

const char* skip_space(const char* p) {
    while (std::isspace(static_cast<unsigned char>(*p))) p++;
    return p;
}

// One more than there are commas: no vector in the text has more elements.
Size count_elements(const char* literal) {
    Size count = 1;
    for (const char* p = literal; *p; p++) count += *p == ',';
    return count;
}

// Reads '[x, ...]'. Returns null where an error was reported to `context` instead of raised.
Hrr* parse(const char* literal, const char* type, Node* context) {
    const char* p = skip_space(literal);
    if (*p != '[')
        ereturn(context, nullptr,
                (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                 errmsg("invalid input syntax for type %s: \"%s\"", type, literal),
                 errdetail("A vector starts with \"[\".")));
    p = skip_space(p + 1);
    const Size count = *p == ']' ? 0 : count_elements(literal);
    if (!check_hrr_dims(static_cast<int64>(count), context)) return nullptr;
    Hrr* vector = hrr_allocate(static_cast<int>(count));
    for (Size i = 0;; i++, p++) {
        char* end;
        p = skip_space(p);
        errno = 0;
        // As real does it: by way of double, some numbers would be rounded twice.
        const float x = std::strtof(p, &end);
        if (end == p)
            ereturn(context, nullptr,
                    (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                     errmsg("invalid input syntax for type %s: \"%s\"", type, literal),
                     *p ? errdetail("Expected a number at \"%s\".", p) : errdetail("Unexpected end of input.")));
        if (errno == ERANGE && std::isinf(x))
            ereturn(context, nullptr,
                    (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                     errmsg("\"%s\" is out of range for type real", pnstrdup(p, static_cast<Size>(end - p)))));
        if (!std::isfinite(x))
            ereturn(context, nullptr,
                    (errcode(ERRCODE_DATA_EXCEPTION), errmsg("NaN and infinity are not allowed in a vector")));
        vector->x[i] = x;
        p = skip_space(end);
        if (*p == ']') break;
        if (*p != ',')
            ereturn(context, nullptr,
                    (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                     errmsg("invalid input syntax for type %s: \"%s\"", type, literal),
                     *p ? errdetail("Expected \",\" or \"]\" at \"%s\".", p) : errdetail("Unexpected end of input.")));
    }
    p = skip_space(p + 1);
    // Nothing, hence no comma, behind the bracket: as many elements were read as counted.
    if (*p)
        ereturn(context, nullptr,
                (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                 errmsg("invalid input syntax for type %s: \"%s\"", type, literal),
                 errdetail("Unexpected \"%s\" after the closing \"]\".", p)));
    return vector;
}

// The input function of the type of that name.
Datum input(FunctionCallInfo fcinfo, const char* type) {
    const int32 typmod = PG_GETARG_INT32(2);
    Hrr* vector = parse(PG_GETARG_CSTRING(0), type, fcinfo->context);
    if (!vector) PG_RETURN_NULL();
    if (typmod != -1 && typmod != vector->dims)
        ereturn(fcinfo->context, Datum(0),
                (errcode(ERRCODE_DATA_EXCEPTION), errmsg("expected %d dimensions, not %d", typmod, vector->dims)));
    PG_RETURN_POINTER(vector);
}

}  // namespace

HOLOMAMBA_FUNCTION(hrr_in)
Datum hrr_in(PG_FUNCTION_ARGS) {
    return input(fcinfo, "hrr");
}

HOLOMAMBA_FUNCTION(fhrr_in)
Datum fhrr_in(PG_FUNCTION_ARGS) {
    return input(fcinfo, "fhrr");
}

// The shortest digits that read back as the same floats.
HOLOMAMBA_FUNCTION(hrr_out)
Datum hrr_out(PG_FUNCTION_ARGS) {
    const Hrr* vector = hrr_argument(fcinfo, 0);
    auto* text = static_cast<char*>(palloc(static_cast<Size>(vector->dims) * FLOAT_SHORTEST_DECIMAL_LEN + 3));
    char* p = text;
    for (int i = 0; i < vector->dims; i++) {
        *p++ = i == 0 ? '[' : ',';
        p += float_to_shortest_decimal_bufn(vector->x[i], p);
    }
    *p++ = ']';
    *p = '\0';
    PG_RETURN_CSTRING(text);
}

// Big-endian: dims (2 bytes), version (1), flags (1), the elements.
HOLOMAMBA_FUNCTION(hrr_recv)
Datum hrr_recv(PG_FUNCTION_ARGS) {
    auto* message = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
    const auto dims = static_cast<int>(pq_getmsgint(message, 2));
    const auto version = static_cast<int>(pq_getmsgint(message, 1));
    const auto flags = static_cast<int>(pq_getmsgint(message, 1));
    if (version != 0 || flags != 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
                        errmsg("unknown binary format of a vector: version %d, flags %d", version, flags),
                        errhint("Was it written by a newer version of holomamba?")));
    check_hrr_dims(dims);
    check_typmod(PG_GETARG_INT32(2), dims);
    Hrr* vector = hrr_allocate(dims);
    for (int i = 0; i < dims; i++) {
        vector->x[i] = pq_getmsgfloat4(message);
        if (!std::isfinite(vector->x[i]))
            ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("NaN and infinity are not allowed in a vector")));
    }
    PG_RETURN_POINTER(vector);
}

HOLOMAMBA_FUNCTION(hrr_send)
Datum hrr_send(PG_FUNCTION_ARGS) {
    const Hrr* vector = hrr_argument(fcinfo, 0);
    StringInfoData message;
    pq_begintypsend(&message);
    pq_sendint16(&message, vector->dims);
    pq_sendint8(&message, vector->version);
    pq_sendint8(&message, vector->flags);
    for (int i = 0; i < vector->dims; i++) pq_sendfloat4(&message, vector->x[i]);
    PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

HOLOMAMBA_FUNCTION(hrr_typmod_in)
Datum hrr_typmod_in(PG_FUNCTION_ARGS) {
    int count;
    const int32* modifiers = ArrayGetIntegerTypmods(PG_GETARG_ARRAYTYPE_P(0), &count);
    if (count != 1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid type modifier"),
                        errhint("The only modifier is the number of dimensions, as in hrr(64).")));
    if (modifiers[0] < 1 || modifiers[0] > kMaxHrrDims)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("the dimensions of a vector must be between 1 and %d", kMaxHrrDims)));
    PG_RETURN_INT32(modifiers[0]);
}

// The cast of a type to itself with a number of dimensions: nothing but a check.
HOLOMAMBA_FUNCTION(hrr_coerce)
Datum hrr_coerce(PG_FUNCTION_ARGS) {
    const Hrr* vector = hrr_argument(fcinfo, 0);
    check_typmod(PG_GETARG_INT32(1), vector->dims);
    PG_RETURN_POINTER(vector);
}
