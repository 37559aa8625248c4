#!/usr/bin/env bash
# Accuracy on MovieLens-1M, trained and evaluated through SQL; full ranking over the catalogue.
#
#   bench/accuracy.sh paper [SEED ...]    the paper's variant and protocol (P-paper), 3,706 items, 10 epochs; seeds 42 43 44
#   bench/accuracy.sh recipe [SEED ...]   the default options with 30 epochs, leave one out, 3,416 items, the epoch chosen on
#                                         the validation events; seed 42
#
# Prints, for every seed, both protocols (seen items left out, and not), the training time and the peak memory of the backend.
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

mode=${1:?paper or recipe}
shift
case $mode in
    paper) min_count=1 attribute=first_genre options="$paper, \"layers\": 3, \"epochs\": 10" seeds=(42 43 44) ;;
    recipe) min_count=5 attribute=genres options='"epochs": 30' seeds=(42) ;;
    *) server_die 'paper or recipe' ;;
esac
(($# == 0)) || seeds=("$@")

bench_server fsync=off
bench_machine
bench_load bench ml-1m "$min_count"
server_psql -q -d bench -c "SET client_min_messages = warning; SELECT holomamba.create_model('films', 'events', 'user_id', 'item_id',
    '{id}', 'items', 'item_id', '{$attribute}')" >/dev/null
for seed in "${seeds[@]}"; do
    server_run psql -X -q -v ON_ERROR_STOP=1 -d bench <<SQL
CALL holomamba.train('films', holdout => 'leave_one_out', options => '{$options, "seed": $seed}');
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
