// What explain_recommendation(), which is written in SQL, needs of stored weights.
#include <cstring>

#include "postgres/types/hrr.hpp"

using namespace holomamba::postgres;

// The vector of elements that are stored as in holomamba.parameters: floats of the machine, which is little endian.
HOLOMAMBA_FUNCTION(holomamba_hrr_of_bytes)
Datum holomamba_hrr_of_bytes(PG_FUNCTION_ARGS) {
    const bytea* data = PG_GETARG_BYTEA_PP(0);
    const Size bytes = VARSIZE_ANY_EXHDR(data);
    if (bytes % sizeof(float) != 0)
        ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("%zu bytes are no row of floats", bytes)));
    check_hrr_dims(static_cast<int64>(bytes / sizeof(float)));
    Hrr* vector = hrr_allocate(static_cast<int>(bytes / sizeof(float)));
    std::memcpy(vector->x, VARDATA_ANY(data), bytes);
    check_hrr_range(vector);
    PG_RETURN_POINTER(vector);
}
