#!/usr/bin/env bash
# What it brings to know when events were: the default options on the same events, once with their times and once in their order alone.
#
#   bench/time.sh SET [SEED ...]      SET: movietweetings-demo, movietweetings-100k, amazon-beauty, ml-1m (3,416 items); seeds 42 43 44
#
# Leave one out, and what comes from the 0.9 quantile of all times on held out: of each user's test events the first, the last, and
# all one after another. What users have had is left out (P-excl). The epoch is chosen on the validation events.
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

set=${1:?a data set}
shift
min_count=1 attribute=genres
case $set in
    ml-1m) min_count=5 ;;
    amazon-beauty) attribute=attribute_ids ;;
    movietweetings-demo | movietweetings-100k) ;;
    *) server_die "unknown data set $set" ;;
esac
seeds=("$@")
(($# > 0)) || seeds=(42 43 44)

bench_server fsync=off
bench_machine
bench_load bench "$set" "$min_count"
server_psql -q -d bench >/dev/null <<SQL
SET client_min_messages = warning;
SELECT holomamba.create_model(m, 'events', 'user_id', 'item_id', '{seconds,id}', 'items', 'item_id', '{$attribute}', time_column => c)
FROM (VALUES ('timed', 'seconds'::name), ('ordered', '')) v (m, c);
CREATE TABLE results (holdout text, targets text, ranker text, seed bigint, hit_rate double precision, ndcg double precision, seconds double precision);
SQL
for holdout in leave_one_out time; do
    for model in ordered timed; do
        for seed in "${seeds[@]}"; do
            server_run psql -X -q -v ON_ERROR_STOP=1 -d bench -v holdout="$holdout" -v model="$model" -v seed="$seed" <<'SQL'
SET client_min_messages = warning;
SELECT json_build_object('seed', :seed, 'cutoff', (SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY seconds)::text FROM events WHERE :'holdout' = 'time')) AS options \gset
CALL holomamba.train(:'model', holdout => :'holdout', options => json_strip_nulls(:'options')::jsonb);
INSERT INTO results
SELECT :'holdout', t, CASE WHEN starts_with(e.ranker, 'model') THEN :'model' ELSE e.ranker END, :seed, e.hit_rate, e.ndcg,
       (SELECT sum(l.seconds) FROM holomamba.training_log l JOIN holomamba.versions v USING (model, version) WHERE v.active AND v.model = :'model')
FROM unnest(CASE :'holdout' WHEN 'time' THEN '{first,last,successive}' ELSE '{first}' END::text[]) t, holomamba.evaluate(:'model', 10, true, targets => t) e;
SQL
        done
    done
done
server_run psql -X -q -v ON_ERROR_STOP=1 -d bench <<'SQL'
\pset footer off
SELECT holdout, targets, ranker, count(DISTINCT seed) AS seeds, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY hit_rate)::numeric, 4) AS "median hit_rate@10",
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ndcg)::numeric, 4) AS "median ndcg@10",
       round(min(ndcg)::numeric, 4) AS "least ndcg@10", round(max(ndcg)::numeric, 4) AS "most ndcg@10",
       CASE WHEN ranker IN ('timed', 'ordered') THEN round(percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)) END AS "median seconds of training"
FROM results GROUP BY 1, 2, 3 ORDER BY 1, 2, 6 DESC;
SQL
