// The statements behind the verbs. All of their SQL is in recommend_statements.cpp.
#pragma once

#include "postgres/serving/serving_model.hpp"

namespace holomamba::postgres {

// The parameters of every statement here, in this order:
//   $1  the user, the history, the basket, the item, or the users, as id or array of ids
//   $2  candidates, $3  exclude: arrays of ids of items
//   $4  the model's name (text), $5  its active version (integer)
//   $6  as of when users of a timed version are asked about (timestamptz); NULL: their last events
//   $7  what a seen item's score is raised by (double precision), in rankings with `repeats`
//   $8  the values of the target column that make an item seen (text[])
//   $9  what is known of the events of a history, as holomamba_internal.advance_state() takes it, in rankings with `about`
enum class Subject { user, history, basket };

// How the candidates are read: there are none; each by its id; the index of targets passes others over; each item that
// comes by is looked for among them.
enum class Candidates { none, by_key, by_index, one_by_one };

struct Ranking {
    Subject subject;
    Oid ids;      // the type in which item ids are returned
    int32 limit;  // rows at most; in the text, so that the planner knows
    bool exclude_seen;
    const char* seen_column;  // only items seen in events where this is among $8 are excluded; nullptr: in any event
    bool repeats;             // items had before that are not excluded are scored otherwise
    bool about;               // more of the history's events is known than their items
    Candidates candidates;
    bool exclude;
    bool in_order;     // an index gives the items in order: read until there are enough. Otherwise all are sorted
    bool with_tokens;  // and the items' tokens, for what compares items
};

// Rows (item_id, score real[, token]), best first, the lower id first among equals.
const char* ranking_statement(const ServingModel& m, const Ranking& ranking);

// Rows (item_id, similarity real): the items whose tokens are closest to that of item $1.
const char* similar_items_statement(const ServingModel& m, Oid ids, int32 limit, Candidates candidates, bool exclude);

// Rows (user_id, score real): the users for whom item $1 has the highest score, as of their last events.
const char* users_of_item_statement(const ServingModel& m, Oid ids, int32 limit, bool in_order);
// Rows (user_id, similarity real): the users whose vectors are closest to that of user $1.
const char* similar_users_statement(const ServingModel& m, Oid ids, int32 limit);

// For batches. Rows (item_id as the family of ids, target, token if asked for), in the order of ids.
const char* batch_items_statement(const ServingModel& m, bool candidates, bool exclude, bool with_tokens);
// Rows (user_id, vector, user_id as the family of ids), in the order of $1, or all users of the model by id where
// `all_users`.
const char* batch_users_statement(const ServingModel& m, Oid ids, bool all_users);
// Rows (user_id, item_id[, whether seen_column is among $2]), NULLs among them: the events of the users $1, or of all. Ids are of
// their families, but for integers, which are as the table stores them where stored_width() is not 0.
const char* batch_events_statement(const ServingModel& m, bool all_users, const char* seen_column);
// The bytes of an id in a column of type `stored` that batch_events_statement() leaves as it is; 0: it is of its family.
int16 stored_width(Oid stored, Oid family);

}  // namespace holomamba::postgres
