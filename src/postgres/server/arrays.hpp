// The server's arrays: their elements, and arrays of given elements.
#pragma once

#include "postgres/server/guard.hpp"

extern "C" {
#include "utils/array.h"
}

namespace holomamba::postgres {

// The number of an array's elements, the elements, which may lie in it, and which of them are NULL: none, where `nulls`
// is.
int elements_of(ArrayType* array, Datum** elements, bool** nulls);

struct Elements {
    Datum* values;
    bool* nulls;  // nullptr: none is NULL
    int count;

    bool is_null(int i) const { return nulls != nullptr && nulls[i]; }
};
inline Elements elements_of(ArrayType* array) {
    Elements elements;
    elements.count = elements_of(array, &elements.values, &elements.nulls);
    return elements;
}

// An array of one dimension, or of none where it is empty; no `nulls`: none is NULL.
ArrayType* array_of(Oid type, Datum* values, bool* nulls, int count);
inline Datum array_of(Oid type, Datum* values, int count) {
    return PointerGetDatum(array_of(type, values, nullptr, count));
}

}  // namespace holomamba::postgres
