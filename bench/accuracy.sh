#!/usr/bin/env bash
# Accuracy, trained and evaluated through SQL; full ranking over the catalogue.
#
#   bench/accuracy.sh paper [SEED ...]    the paper's variant and protocol (P-paper) on MovieLens-1M, 3,706 items, 10 epochs;
#                                         seeds 42 43 44
#   bench/accuracy.sh SET [SEED ...]      the default options, leave one out, the epoch chosen on the validation events; seeds
#                                         42 43 44. SET: ml-1m (3,416 items), amazon-beauty, ml-100k, movietweetings-100k
#
# Prints, for every seed, both protocols (seen items left out, and not), the training time and the peak memory of the backend.
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

mode=${1:?paper, or a data set}
shift
set=$mode min_count=1 attribute=genres options=
case $mode in
    paper) set=ml-1m attribute=first_genre options="$paper, \"layers\": 3, \"epochs\": 10, " ;;
    ml-1m) min_count=5 ;;
    amazon-beauty) attribute=attribute_ids ;;
    ml-100k | movietweetings-100k) ;;
    *) server_die "unknown data set $mode" ;;
esac
seeds=("$@")
(($# > 0)) || seeds=(42 43 44)

bench_server fsync=off
bench_machine
bench_load bench "$set" "$min_count"
server_psql -q -d bench -c "SET client_min_messages = warning; SELECT holomamba.create_model('films', 'events', 'user_id', 'item_id',
    '{id}', 'items', 'item_id', '{$attribute}')" >/dev/null
for seed in "${seeds[@]}"; do
    server_run psql -X -q -v ON_ERROR_STOP=1 -d bench <<SQL
CALL holomamba.train('films', holdout => 'leave_one_out', options => '{$options"seed": $seed}');
\pset footer off
SELECT $seed AS seed, p.protocol, e.ranker, e.users, round(e.hit_rate::numeric, 4) AS "hit_rate@10", round(e.ndcg::numeric, 4) AS "ndcg@10",
       round(e.mrr::numeric, 4) AS "mrr@10", round(e.coverage::numeric, 3) AS coverage
FROM (VALUES ('P-excl', true), ('P-open', false)) p (protocol, exclude_seen), holomamba.evaluate('films', 10, p.exclude_seen) e
ORDER BY p.protocol, e.ranker;
SELECT $seed AS seed, v.epochs, v.best_epoch, (SELECT round(sum(seconds)) FROM holomamba.training_log l WHERE l.version = v.version) AS training_seconds,
       (SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)::numeric, 1) FROM holomamba.training_log l WHERE l.version = v.version) AS median_epoch_seconds,
       (regexp_match(pg_read_file('/proc/self/status'), 'VmHWM:\s+(\d+)'))[1]::bigint / 1024 AS peak_memory_mb
FROM holomamba.versions v WHERE v.active;
SQL
done
