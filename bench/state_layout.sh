#!/usr/bin/env bash
# What a user's row and an event cost, and how well is recommended, by the layout of the state.
#
#   bench/state_layout.sh [DATASET [EPOCHS]]    movietweetings (in the repository, the default) or ml-1m; 20 epochs
#
# Trains the default options with each layout, leave one out, and prints: bytes of the widest row of the table of users; hit
# rate and NDCG on the validation events at the best epoch; microseconds of ssm_update() for one event, and for each of 5,000
# in one array; and of 3,000 single-row INSERTs, each committed (synchronous_commit off), the median of the microseconds in
# the server and the mean of the bytes of write-ahead log, no full page among them. The first line is a table without a model.
# The second table: how many users have the same top 10 by stored, rounded states of the same weights. The third: rows written
# whole at every event beside rows in which events wait.
#
#   PARTS   which of layouts, formats, waiting (all)
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

dataset=${1:-movietweetings}
epochs=${2:-20}
options=(
    '{"state_format": "float32"}'
    '{"state_format": "float16"}'
    '{"state_format": "int8"}'
    '{"state_size": 2}'
    '{"state_size": 4}'
    '{"state_size": 16}'
    '{"state_size": 16, "state_format": "int8"}'
    '{"conv_width": 2}'
    '{"conv_width": 4}'
    '{"expand": 1}'
    '{"expand": 1, "state_size": 4}'
    '{"expand": 3}'
    '{"layers": 1}'
    '{"layers": 1, "state_size": 8}'
    '{"layers": 3}'
    '{"dimension": 96}'
    '{"state_format": "float32", "state_size": 16, "conv_width": 4}'
)

[[ $dataset != movietweetings ]] || DATA=examples
bench_server synchronous_commit=off
bench_machine
echo "$dataset, $epochs epochs"
bench_load bench "$dataset" 5
server_psql -q -d bench -f bench/state_layout.sql >/dev/null
layouts() {
    local layout
    printf '\n| layout | row | hit_rate@10 | ndcg@10 | event alone | in an array | INSERT | WAL |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n'
    server_psql -d bench -A -t -q -c "SELECT format('| no model | | | | | | %s µs | %s B |', round(p.microseconds), p.wal_bytes) FROM time_inserts('plain') p"
    for layout in "${options[@]}"; do
        server_psql -d bench -A -t -q -v layout="$layout" -v epochs="$epochs" <<'SQL'
SET client_min_messages = warning;
CALL holomamba.train('layouts', holdout => 'leave_one_out', options => :'layout'::jsonb || jsonb_build_object('epochs', :epochs));
VACUUM holomamba.layouts_users;
SELECT format('| %s | %s B | %s | %s | %s µs | %s µs | %s µs | %s B |',
              (SELECT string_agg(key || ' ' || value, ', ' ORDER BY key <> 'state_format', key) FROM jsonb_each_text(:'layout'::jsonb)),
              (SELECT max(pg_column_size(u)) FROM holomamba.layouts_users u),
              round(l.hit_rate::numeric, 4), round(l.ndcg::numeric, 4), round(c.alone::numeric, 1), round(c.in_array::numeric, 1),
              round(i.microseconds), i.wal_bytes)
FROM holomamba.versions v
     JOIN LATERAL (SELECT * FROM holomamba.training_log l WHERE l.model = v.model AND l.version = v.version ORDER BY l.ndcg DESC LIMIT 1) l ON true,
     core_cost() c, time_inserts('events') i
WHERE v.model = 'layouts' AND v.active;
SELECT holomamba.forget_version('layouts', version) FROM holomamba.versions WHERE model = 'layouts' AND NOT active \g /dev/null
SQL
    done
}

formats() {
    local format
    printf '\n| numbers | the same top 10 | items in common |\n| --- | --- | --- |\n'
    for format in float32 float16 int8; do
        server_psql -d bench -A -t -q -v format="$format" -v epochs="$epochs" <<'SQL'
SET client_min_messages = warning;
CALL holomamba.train('layouts', holdout => 'leave_one_out', options => jsonb_build_object('epochs', :epochs, 'state_format', :'format'));
CREATE TABLE :format AS SELECT user_id, array_agg(item_id ORDER BY n) AS items
    FROM (SELECT *, row_number() OVER () AS n FROM recommend_batch(NULL::bigint[], 10)) r GROUP BY user_id;
SELECT format('| %s | %s %% | %s %% |', :'format', round(100 * avg((a.items = b.items)::integer), 1),
              round(avg(10 * (SELECT count(*) FROM unnest(a.items) i JOIN unnest(b.items) j ON i = j)), 1))
FROM float32 a JOIN :format b USING (user_id);
SQL
    done
}

waiting() {
    local every
    printf '\n| state of 1,904 B | an event | WAL |\n| --- | --- | --- |\n'
    for every in 1 2 4 8 16; do
        server_psql -d bench -A -t -q -F ' | ' -c "CALL time_waiting(1904, $every)" |
            awk -F ' \\| ' -v every="$every" '{ printf "| %s | %.1f µs | %s B |\n", every == 1 ? "in the row, written at every event" : "beside it, written every " every " events", $1, $2 }'
    done
}

for part in ${PARTS:-layouts formats waiting}; do
    "$part"
done
