// Ids of users and items: which types they can have, and how they come in as text.
#pragma once

#include "postgres/server/arrays.hpp"

namespace holomamba::postgres {

// bigint, text or uuid: the type in which ids of this type are passed and compared. InvalidOid for a type that ids
// cannot have, domains included.
Oid id_family(Oid type);

// An id of this type from text, by the input function of the type.
Datum read_id(Datum id, Oid type);

// An array of ids of this type from one of text, each by read(text). NULL elements stay.
template <typename Read>
ArrayType* read_ids(ArrayType* texts, Oid type, Read&& read) {
    const Elements ids = elements_of(texts);
    for (int i = 0; i < ids.count; i++)
        if (!ids.is_null(i)) ids.values[i] = read(ids.values[i]);
    return array_of(type, ids.values, ids.nulls, ids.count);
}

}  // namespace holomamba::postgres
