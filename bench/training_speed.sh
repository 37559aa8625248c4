#!/usr/bin/env bash
# Training speed beside PyTorch: an epoch of the paper's variant, and of PyTorch models of the same size, on the same
# processors in one run, taking turns.
#
#   bench/training_speed.sh [BATCHES [ROUNDS]]
#
# holomamba trains whole epochs through SQL. Of each PyTorch model BATCHES random optimiser steps of an epoch are timed after
# one that is not, and scaled to the epoch (default 8; 0 runs whole epochs, which takes the better part of two hours). Each
# round measures all of them once (default 2 rounds); medians and ratios are for the reader to take from the lines.
# Needs Debian's python3-torch and libopenblas0-pthread.
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

batches=${1:-8}
rounds=${2:-2}
threads=$(nproc)
bench_server fsync=off
bench_machine
for set in ml-1m:3:first_genre amazon-beauty:2:modulo; do
    IFS=: read -r name layers attribute <<<"$set"
    bench_load "$name" "$name" 1
    server_psql -q -d "$name" -c "SET client_min_messages = warning; SELECT holomamba.create_model('bench', 'events', 'user_id',
        'item_id', '{id}', 'items', 'item_id', '{$attribute}')" >/dev/null
    for ((round = 1; round <= rounds; round++)); do
        server_run psql -X -q -v ON_ERROR_STOP=1 -d "$name" -c "SET client_min_messages = warning" -c "CALL holomamba.train('bench', epochs => 3,
            holdout => 'leave_one_out', options => '{$paper, \"layers\": $layers, \"threads\": $threads}')"
        server_psql -d "$name" -At -v name="$name" -v threads="$threads" <<'SQL'
SELECT json_build_object('model', 'holomamba', 'data', :'name', 'threads', :threads, 'seconds_per_epoch',
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)::numeric, 2))
FROM holomamba.training_log WHERE version = (SELECT active_version FROM holomamba.models);
SQL
        for style in plain careful; do
            for model in mamba gru transformer; do
                server_run /usr/bin/python3 bench/pytorch/baselines.py --data "$DATA/$name" --model "$model" \
                    --style "$style" --threads "$threads" --batches "$batches"
            done
        done
    done
done
