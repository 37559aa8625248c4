// How the rows of a table of ours that a query orders by a vector are best read.
#pragma once

#include "postgres/serving/recommend_statements.hpp"

namespace holomamba::postgres {

// How many rows there are, whether an index gives them in the order of a product, and whether it knows their ids.
struct RankedTable {
    double count;
    bool ordered, keyed;
};

// Of a table that is held.
RankedTable look_at(Oid table);

// How to read so many candidates of its rows.
Candidates way_of(int candidates, const RankedTable& table);

// 1, 2, 5, 10, 20, 50, ...: limits are in the texts of statements, and there should be few of those.
int32 round_up(int32 k);

}  // namespace holomamba::postgres
