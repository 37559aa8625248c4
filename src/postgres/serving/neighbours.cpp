// similar_items(), recommend_users() and similar_users(): what is close to an item or a user by the vectors that are stored.
#include "hrr/vector.hpp"
#include "postgres/server/compat.h"
#include "postgres/server/held_table.hpp"
#include "postgres/server/plan_cache.hpp"
#include "postgres/serving/ranked_table.hpp"
#include "postgres/serving/recommend_statements.hpp"
#include "postgres/serving/verb.hpp"
#include "postgres/types/hrr.hpp"

using namespace holomamba::postgres;

HOLOMAMBA_FUNCTION(holomamba_similar_items)
Datum holomamba_similar_items(PG_FUNCTION_ARGS) {
    InitMaterializedSRF(fcinfo, 0);
    SPI_connect();
    const int level = pin_search_path();
    const Asked asked = read_arguments(fcinfo, "similar_items", IdsOf::items, kPlacesOfSimilarItems);
    const ServingModel& m = asked.model;
    if (!PG_ARGISNULL(0)) {
        const Filters filters = read_filters(fcinfo, asked, kPlacesOfSimilarItems);
        RankedTable items = look_at(m.items_table);
        items.ordered = false;  // no index gives them by their tokens
        const Candidates candidates =
            filters.candidates == nullptr ? Candidates::none : way_of(count_of(filters.candidates), items);
        Parameters p;
        add(&p, m.item_family, id_of(PG_GETARG_DATUM(0), asked.ids, m.item_family, m.item_type));
        add_filters(&p, asked, filters, 0);
        query_planned(similar_items_statement(m, asked.ids, round_up(asked.k), candidates, filters.exclude != nullptr),
                      &p, static_cast<uint64>(asked.k));
        put_rows(reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo));
    }
    restore_search_path(level);
    SPI_finish();
    return Datum{0};
}

HOLOMAMBA_FUNCTION(holomamba_recommend_users)
Datum holomamba_recommend_users(PG_FUNCTION_ARGS) {
    InitMaterializedSRF(fcinfo, 0);
    SPI_connect();
    const int level = pin_search_path();
    const Asked asked = read_arguments(fcinfo, "recommend_users", IdsOf::both, kPlacesOfNone);
    const ServingModel& m = asked.model;
    if (!PG_ARGISNULL(0)) {
        Parameters p;
        add(&p, m.item_family, id_of(PG_GETARG_DATUM(0), asked.ids, m.item_family, m.item_type));
        assert_held(m.users_table, m.users_held);
        // An index of the users' vectors may be there, and may not.
        query_planned(users_of_item_statement(m, asked.ids, round_up(asked.k), look_at(m.users_table).ordered), &p,
                      static_cast<uint64>(asked.k));
        put_rows(reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo));
    }
    restore_search_path(level);
    SPI_finish();
    return Datum{0};
}

HOLOMAMBA_FUNCTION(holomamba_similar_users)
Datum holomamba_similar_users(PG_FUNCTION_ARGS) {
    InitMaterializedSRF(fcinfo, 0);
    SPI_connect();
    const int level = pin_search_path();
    const Asked asked = read_arguments(fcinfo, "similar_users", IdsOf::users, kPlacesOfNone);
    const ServingModel& m = asked.model;
    if (!PG_ARGISNULL(0)) {
        Parameters p;
        add(&p, m.user_family, id_of(PG_GETARG_DATUM(0), asked.ids, m.user_family, m.user_type));
        query_planned(similar_users_statement(m, asked.ids, round_up(asked.k)), &p, static_cast<uint64>(asked.k));
        put_rows(reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo));
    }
    restore_search_path(level);
    SPI_finish();
    return Datum{0};
}

// 1 - the cosine of two vectors of users but for their last element, which is 1 for the bias.
HOLOMAMBA_FUNCTION(holomamba_user_distance)
Datum holomamba_user_distance(PG_FUNCTION_ARGS) {
    const Hrr *a = DatumGetHrr(PG_GETARG_DATUM(0)), *b = DatumGetHrr(PG_GETARG_DATUM(1));
    check_same_dims(a->dims, b->dims);
    PG_RETURN_FLOAT8(1 - holomamba::hrr::cosine_similarity(static_cast<std::size_t>(a->dims) - 1, a->x, b->x));
}
