// recommend(), recommend_next() and recommend_basket(): one statement each, planned once in a session.
#include <algorithm>
#include <cmath>
#include <vector>

#include "postgres/server/compat.h"
#include "postgres/server/interrupts.hpp"
#include "postgres/server/plan_cache.hpp"
#include "postgres/serving/ranked_table.hpp"
#include "postgres/serving/recommend_statements.hpp"
#include "postgres/serving/serving_model.hpp"
#include "postgres/serving/verb.hpp"
#include "postgres/store/stored.hpp"
#include "postgres/types/hrr.hpp"
#include "ranking/mmr.hpp"

namespace holomamba::postgres {
namespace {

// The rows of the last result (id, score, token), best first, put out in the order of maximal marginal relevance.
void put_diverse_rows(ReturnSetInfo* result, const ServingModel& m, int32 k, float diversity) {
    Rows rows = last_rows(m.items, m.name, m.version);
    const uint64 pool = rows.count;
    auto* relevance = static_cast<float*>(palloc(sizeof(float) * (pool + 1)));
    auto* tokens = static_cast<const float**>(palloc(sizeof(float*) * (pool + 1)));
    auto* places = static_cast<int32*>(palloc(sizeof(int32) * (pool + 1)));
    int dims = 0;
    for (uint64 i = 0; i < pool; i++) {
        relevance[i] = real_of(rows, i, 2);
        const Hrr* token = hrr_of(&rows, i, 3);
        if (i > 0) check_same_dims(dims, token->dims);
        dims = token->dims;
        tokens[i] = token->x;
    }
    std::size_t count = 0;
    interruptible_core_call([&](const StopCheck& stop) {
        const auto order =
            ranking::maximal_marginal_relevance({relevance, pool}, {tokens, pool}, dims, k, diversity, stop);
        std::copy(order.begin(), order.end(), places);
        count = order.size();
    });
    for (std::size_t i = 0; i < count; i++) put_row(result, static_cast<uint64>(places[i]));
}

// What is known of the events of a history beside their items; false: nothing.
bool read_about(FunctionCallInfo fcinfo, const ServingModel& m, ArrayType* history, const Places& places,
                Datum* about) {
    const bool timed = is_given(fcinfo, places.times), described = is_given(fcinfo, places.event_values);
    if (!timed && !described) return false;
    Parameters p;
    add_text(&p, m.name);
    add_ids(&p, m.item_family, history);
    add(&p, get_array_type(TIMESTAMPTZOID), timed ? PG_GETARG_DATUM(places.times) : Datum{0}, !timed);
    add(&p, JSONBOID, described ? PG_GETARG_DATUM(places.event_values) : Datum{0}, !described);
    query_planned(
        psprintf("SELECT holomamba_internal.history_events($1::name, $2::%s[], $3, $4)", format_type_be(m.item_family)),
        &p);
    bool null;
    *about = value_of(0, 1, &null);
    return !null;
}

Datum rank(FunctionCallInfo fcinfo, const char* verb, Subject subject, const Places& places) {
    InitMaterializedSRF(fcinfo, 0);
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    SPI_connect();
    const int level = pin_search_path();

    const bool of_user = subject == Subject::user;
    const Asked asked = read_arguments(fcinfo, verb, of_user ? IdsOf::both : IdsOf::items, places);
    const ServingModel& m = asked.model;
    if (!PG_ARGISNULL(0)) {
        const Filters filters = read_filters(fcinfo, asked, places);
        const int32 pool = asked.diversity == 0 ? asked.k : ranking::mmr_pool(asked.k);
        const int32 limit = round_up(pool);
        const RankedTable items = look_at(m.items_table);
        const bool had_is_ranked = !asked.exclude_seen || asked.seen.values != nullptr;
        const double repeat_score = had_is_ranked ? trained_with(m).repeat_score : 0;
        const Candidates candidates =
            filters.candidates == nullptr ? Candidates::none : way_of(count_of(filters.candidates), items);
        ArrayType* history = of_user ? nullptr : ids_of(PG_GETARG_DATUM(0), asked.ids, m.item_family, m.item_type);
        Datum about{0};
        const bool with_about = read_about(fcinfo, m, history, places, &about);
        const char* statement = ranking_statement(m, {.subject = subject,
                                                      .ids = asked.ids,
                                                      .limit = limit,
                                                      .exclude_seen = asked.exclude_seen,
                                                      .seen_column = asked.seen.column,
                                                      .repeats = repeat_score != 0,
                                                      .about = with_about,
                                                      .candidates = candidates,
                                                      .exclude = filters.exclude != nullptr,
                                                      .in_order = items.ordered && candidates != Candidates::by_key,
                                                      .with_tokens = asked.diversity > 0});
        Parameters p;
        if (of_user)
            add(&p, m.user_family, id_of(PG_GETARG_DATUM(0), asked.ids, m.user_family, m.user_type));
        else
            add_ids(&p, m.item_family, history);
        add_filters(&p, asked, filters, repeat_score);
        add(&p, FLOAT8ARRAYOID, about, !with_about);
        query_planned(statement, &p, static_cast<uint64>(pool));
        if (asked.diversity > 0)
            put_diverse_rows(result, m, asked.k, asked.diversity);
        else
            put_rows(result);
    }
    restore_search_path(level);
    SPI_finish();
    return Datum{0};
}

}  // namespace
}  // namespace holomamba::postgres

using namespace holomamba::postgres;

HOLOMAMBA_FUNCTION(holomamba_recommend)
Datum holomamba_recommend(PG_FUNCTION_ARGS) {
    return rank(fcinfo, "recommend", Subject::user, kPlacesOfRecommend);
}

HOLOMAMBA_FUNCTION(holomamba_recommend_next)
Datum holomamba_recommend_next(PG_FUNCTION_ARGS) {
    return rank(fcinfo, "recommend_next", Subject::history, kPlacesOfNext);
}

HOLOMAMBA_FUNCTION(holomamba_recommend_basket)
Datum holomamba_recommend_basket(PG_FUNCTION_ARGS) {
    return rank(fcinfo, "recommend_basket", Subject::basket, kPlacesOfBasket);
}
