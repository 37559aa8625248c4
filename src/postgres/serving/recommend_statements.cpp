#include "postgres/serving/recommend_statements.hpp"

#include <initializer_list>

#include "postgres/server/held_table.hpp"
#include "postgres/server/sql_template.hpp"

extern "C" {
#include "catalog/pg_type_d.h"
#include "utils/builtins.h"
}

namespace holomamba::postgres {
namespace {

const char* filled(const char* text, const ServingModel& m, std::initializer_list<Slot> parts,
                   const char* seen_column = nullptr) {
    const Slot names[] = {{"schema", m.schema},
                          {"items", m.items},
                          {"users", m.users},
                          {"events", psprintf("%s %s", m.events, name_for(m.interactions))},
                          {"e", name_for(m.interactions)},
                          {"at", m.timed ? ", $6" : ""},
                          {"vector_of_row", m.timed ? psprintf("%s.ssm_vector(u.state, $6)", m.schema) : "u.vector"},
                          {"user_column", m.user_column},
                          {"item_column", m.item_column},
                          {"seen_column", seen_column},
                          {"user_family", format_type_be(m.user_family)},
                          {"item_family", format_type_be(m.item_family)}};
    return fill_template(text, {names, lengthof(names)}, {parts.begin(), static_cast<int>(parts.size())});
}

// --- whom targets are compared with ----------------------------------------------------------------------------------

constexpr const char* kNobody = "{schema}.ssm_vector({schema}.ssm_initial($4, $5){at})";

constexpr const char* kVectorOfUser =
    "SELECT coalesce((SELECT {vector_of_row} FROM {users} u WHERE u.user_id = $1), {nobody})";

constexpr const char* kVectorOfHistory = R"(
    SELECT {schema}.ssm_vector({advance}({schema}.ssm_initial($4, $5), coalesce(array_agg(t.token ORDER BY h.number), ARRAY[]::{schema}.hrr[]){about}){at})
    FROM unnest($1) WITH ORDINALITY AS h (id, number) LEFT JOIN {items} t ON t.item_id = h.id
    WHERE h.id IS NOT NULL)";

// Each item by itself, known or not, and each once; in the order of ids, so that sums round alike whatever the array's order.
constexpr const char* kVectorOfBasket = R"(
    SELECT coalesce({schema}.avg({schema}.ssm_vector({schema}.ssm_update(n.state, b.token){at}) ORDER BY b.item_id), {nobody})
    FROM (SELECT t.item_id, t.token FROM {items} t WHERE t.item_id = ANY ($1)
          UNION ALL
          SELECT NULL, NULL FROM (SELECT DISTINCT h.id FROM unnest($1) h (id) WHERE h.id IS NOT NULL
                                  AND NOT EXISTS (SELECT FROM {items} t WHERE t.item_id = h.id)) u) b,
         (SELECT {schema}.ssm_initial($4, $5)) n (state))";

// --- which items count -----------------------------------------------------------------------------------------------
// Each is asked of one row at a time, so that it serves beside an index that gives rows in order. IS NOT TRUE keeps the seen
// items a hashed subplan: read once, however many there are.

constexpr const char* kSeenByUser =
    " AND (i.item_id IN (SELECT {e}.{item_column} FROM {events} WHERE {e}.{user_column} = $1 "
    "AND {e}.{item_column} IS NOT NULL)) IS NOT TRUE";
constexpr const char* kSeenByValue =
    " AND (i.item_id IN (SELECT {e}.{item_column} FROM {events} WHERE {e}.{user_column} = $1 "
    "AND {e}.{item_column} IS NOT NULL AND {seen_column} = ANY ($8))) IS NOT TRUE";
constexpr const char* kSeenInHistory = " AND NOT holomamba_internal.is_among(i.item_id::{item_family}, $1)";
constexpr const char* kHadByUser =
    " AND i.item_id IN (SELECT {e}.{item_column} FROM {events} WHERE {e}.{user_column} = $1)";
constexpr const char* kHadInHistory = " AND i.item_id = ANY ($1)";
constexpr const char* kCandidatesByKey = " AND i.item_id = ANY ($2)";
constexpr const char* kCandidatesByIndex = " AND i.item_id::{item_family} OPERATOR(holomamba.<@) $2";
constexpr const char* kCandidates = " AND holomamba_internal.is_among(i.item_id::{item_family}, $2)";
constexpr const char* kExclude = " AND NOT holomamba_internal.is_among(i.item_id::{item_family}, $3)";

// --- the order -------------------------------------------------------------------------------------------------------
// An index knows distances and not which of two equal items has the lower id: WITH TIES takes all that are as good as the last,
// and the outer ORDER BY chooses among them.

constexpr const char* kInOrder = "ORDER BY distance FETCH FIRST {limit} ROWS WITH TIES";
constexpr const char* kSorted = "ORDER BY distance, {id} LIMIT {limit}";

constexpr const char* kRanking = R"(
SELECT r.item_id::{ids}, (-r.distance)::real{outer_token}
FROM ((SELECT i.item_id, i.target OPERATOR({schema}.<#>) ({vector}) AS distance{inner_token}
       FROM {items} i
       WHERE i.target IS NOT NULL{candidates}{exclude}{seen}
       {order}){repeats}) r
ORDER BY r.distance, r.item_id
LIMIT {limit})";

// An index knows nothing of who has had what: the items that the user has not had come from it, those that he has had beside it.
constexpr const char* kRepeats = R"(
      UNION ALL
      SELECT i.item_id, (i.target OPERATOR({schema}.<#>) ({vector})) - $7 AS distance{inner_token}
      FROM {items} i
      WHERE i.target IS NOT NULL{candidates}{exclude}{had}{had_and_seen})";

// Tokens are what an item means to the encoder, attributes included, and all of one length.
constexpr const char* kSimilarItems = R"(
SELECT r.item_id::{ids}, (1 - r.distance)::real
FROM (SELECT i.item_id, i.token OPERATOR({schema}.<=>) (SELECT t.token FROM {items} t WHERE t.item_id = $1) AS distance
      FROM {items} i
      WHERE i.target IS NOT NULL AND i.item_id <> $1 AND EXISTS (SELECT FROM {items} t WHERE t.item_id = $1){candidates}{exclude}
      ORDER BY distance, i.item_id
      LIMIT {limit}) r
ORDER BY r.distance, r.item_id)";

constexpr const char* kUsersOfItem = R"(
SELECT r.user_id::{ids}, (-r.distance)::real
FROM (SELECT u.user_id, u.vector OPERATOR({schema}.<#>) (SELECT t.target FROM {items} t WHERE t.item_id = $1) AS distance
      FROM {users} u
      WHERE u.vector IS NOT NULL AND EXISTS (SELECT FROM {items} t WHERE t.item_id = $1 AND t.target IS NOT NULL)
      {order}) r
ORDER BY r.distance, r.user_id
LIMIT {limit})";

constexpr const char* kSimilarUsers = R"(
SELECT r.user_id::{ids}, (1 - r.distance)::real
FROM (SELECT u.user_id, holomamba_internal.user_distance(u.vector, (SELECT o.vector FROM {users} o WHERE o.user_id = $1)) AS distance
      FROM {users} u
      WHERE u.vector IS NOT NULL AND u.user_id <> $1 AND EXISTS (SELECT FROM {users} o WHERE o.user_id = $1 AND o.vector IS NOT NULL)
      {order}) r
ORDER BY r.distance, r.user_id)";

constexpr const char* kBatchItems = R"(
SELECT i.item_id::{item_family}, i.target{inner_token}
FROM {items} i
WHERE i.target IS NOT NULL{candidates}{exclude}
ORDER BY i.item_id)";

constexpr const char* kBatchUsers = R"(
SELECT w.user_id::{ids}, w.vector, w.user_id::{user_family}
FROM ({who}) w
ORDER BY w.number)";

constexpr const char* kAllUsers = R"(
      SELECT u.user_id, u.user_id AS number, coalesce({vector_of_row}, (SELECT {nobody})) AS vector FROM {users} u)";

constexpr const char* kTheseUsers = R"(
      SELECT g.user_id, g.number, coalesce({vector_of_row}, (SELECT {nobody})) AS vector
      FROM unnest($1) WITH ORDINALITY AS g (user_id, number) LEFT JOIN {users} u ON u.user_id = g.user_id
      WHERE g.user_id IS NOT NULL)";

// In no order: the reader knows the users' places. The planner may take an index for few users. There may be very
// many, so the executor evaluates nothing for each of them: NULLs are passed over and integers widened as they come.
constexpr const char* kBatchEvents = R"(
SELECT {e}.{user_column}{user_cast}, {e}.{item_column}{item_cast}{seen}
FROM {events}{of_users})";
constexpr const char* kSeenInEvent = ", {seen_column} = ANY ($2)";
constexpr const char* kOfTheseUsers = " WHERE {e}.{user_column} IN (SELECT unnest($1))";

const char* candidates_clause(Candidates candidates) {
    switch (candidates) {
        case Candidates::none:
            break;
        case Candidates::by_key:
            return kCandidatesByKey;
        case Candidates::by_index:
            return kCandidatesByIndex;
        case Candidates::one_by_one:
            return kCandidates;
    }
    return "";
}

const char* vector_of(Subject subject) {
    switch (subject) {
        case Subject::user:
            return kVectorOfUser;
        case Subject::history:
            return kVectorOfHistory;
        case Subject::basket:
            return kVectorOfBasket;
    }
    return "";
}

// Which items the first part of a ranking leaves out: where repeats are scored otherwise, the second part has all that was had.
const char* left_out(const Ranking& ranking) {
    if (ranking.repeats || (ranking.exclude_seen && ranking.seen_column == nullptr))
        return ranking.subject == Subject::user ? kSeenByUser : kSeenInHistory;
    return ranking.exclude_seen ? kSeenByValue : "";
}

}  // namespace

const char* ranking_statement(const ServingModel& m, const Ranking& ranking) {
    const bool of_user = ranking.subject == Subject::user;
    if (of_user) assert_held(m.users_table, m.users_held);
    if (of_user && (ranking.exclude_seen || ranking.repeats)) assert_held(m.interactions, m.events_held);
    return filled(kRanking, m,
                  {{"ids", format_type_be(ranking.ids)},
                   {"limit", psprintf("%d", ranking.limit)},
                   {"id", "i.item_id"},
                   {"vector", vector_of(ranking.subject)},
                   {"nobody", kNobody},
                   {"advance", ranking.about ? "holomamba_internal.advance_state" : "{schema}.ssm_update"},
                   {"about", ranking.about ? ", $9" : ""},
                   {"inner_token", ranking.with_tokens ? ", i.token" : ""},
                   {"outer_token", ranking.with_tokens ? ", r.token" : ""},
                   {"candidates", candidates_clause(ranking.candidates)},
                   {"exclude", ranking.exclude ? kExclude : ""},
                   {"seen", left_out(ranking)},
                   {"repeats", ranking.repeats ? kRepeats : ""},
                   {"had", of_user ? kHadByUser : kHadInHistory},
                   {"had_and_seen", ranking.seen_column != nullptr ? kSeenByValue : ""},
                   {"order", ranking.in_order ? kInOrder : kSorted}},
                  ranking.seen_column);
}

const char* similar_items_statement(const ServingModel& m, Oid ids, int32 limit, Candidates candidates, bool exclude) {
    return filled(kSimilarItems, m,
                  {{"ids", format_type_be(ids)},
                   {"limit", psprintf("%d", limit)},
                   {"candidates", candidates_clause(candidates)},
                   {"exclude", exclude ? kExclude : ""}});
}

const char* users_of_item_statement(const ServingModel& m, Oid ids, int32 limit, bool in_order) {
    assert_held(m.users_table, m.users_held);
    return filled(kUsersOfItem, m,
                  {{"ids", format_type_be(ids)},
                   {"id", "u.user_id"},
                   {"limit", psprintf("%d", limit)},
                   {"order", in_order ? kInOrder : kSorted}});
}

const char* similar_users_statement(const ServingModel& m, Oid ids, int32 limit) {
    assert_held(m.users_table, m.users_held);
    return filled(
        kSimilarUsers, m,
        {{"ids", format_type_be(ids)}, {"id", "u.user_id"}, {"limit", psprintf("%d", limit)}, {"order", kSorted}});
}

const char* batch_items_statement(const ServingModel& m, bool candidates, bool exclude, bool with_tokens) {
    return filled(kBatchItems, m,
                  {{"inner_token", with_tokens ? ", i.token" : ""},
                   {"candidates", candidates ? kCandidates : ""},
                   {"exclude", exclude ? kExclude : ""}});
}

const char* batch_users_statement(const ServingModel& m, Oid ids, bool all_users) {
    assert_held(m.users_table, m.users_held);
    return filled(kBatchUsers, m,
                  {{"ids", format_type_be(ids)}, {"who", all_users ? kAllUsers : kTheseUsers}, {"nobody", kNobody}});
}

int16 stored_width(Oid stored, Oid family) {
    if (family != INT8OID || !FLOAT8PASSBYVAL) return 0;
    switch (stored) {
        case INT2OID:
            return sizeof(int16);
        case INT4OID:
            return sizeof(int32);
        case INT8OID:
            return sizeof(int64);
        default:
            return 0;
    }
}

const char* batch_events_statement(const ServingModel& m, bool all_users, const char* seen_column) {
    assert_held(m.interactions, m.events_held);
    return filled(kBatchEvents, m,
                  {{"user_cast", stored_width(m.user_stored, m.user_family) > 0 ? "" : "::{user_family}"},
                   {"item_cast", stored_width(m.item_stored, m.item_family) > 0 ? "" : "::{item_family}"},
                   {"seen", seen_column == nullptr ? "" : kSeenInEvent},
                   {"of_users", all_users ? "" : kOfTheseUsers}},
                  seen_column);
}

}  // namespace holomamba::postgres
