#include "postgres/server/arrays.hpp"

extern "C" {
#include "catalog/pg_type_d.h"
#include "utils/lsyscache.h"
}

namespace holomamba::postgres {

int elements_of(ArrayType* array, Datum** elements, bool** nulls) {
    // They lie in it as in memory: nothing is copied.
    if (ARR_ELEMTYPE(array) == INT8OID && FLOAT8PASSBYVAL && !ARR_HASNULL(array)) {
        *elements = reinterpret_cast<Datum*>(ARR_DATA_PTR(array));
        *nulls = nullptr;
        return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
    }
    int16 length;
    bool by_value;
    char alignment;
    int count;
    get_typlenbyvalalign(ARR_ELEMTYPE(array), &length, &by_value, &alignment);
    deconstruct_array(array, ARR_ELEMTYPE(array), length, by_value, alignment, elements, nulls, &count);
    return count;
}

ArrayType* array_of(Oid type, Datum* values, bool* nulls, int count) {
    int16 length;
    bool by_value;
    char alignment;
    get_typlenbyvalalign(type, &length, &by_value, &alignment);
    int dims[] = {count}, lower[] = {1};
    return construct_md_array(values, nulls, count == 0 ? 0 : 1, dims, lower, type, length, by_value, alignment);
}

}  // namespace holomamba::postgres
