#!/usr/bin/env bash
# Where the time of a training goes: samples of the processor clock by kind of work. Prints a Markdown table.
#
#   bench/training_profile.sh [SET ...]    ml-1m and amazon-beauty; default options, 30 s from the first epoch's end on
#
# Needs Debian's linux-perf, and the right to observe the server's processes (root).
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

(($# > 0)) || set -- ml-1m amazon-beauty
perf=$(command -v perf) || server_die 'perf is missing: install linux-perf'

# profile SET: lines "share|kind"
profile() {
    local database=${1//-/_} attribute=genres min_count=1 job pid
    [[ $1 != ml-1m ]] || min_count=5
    [[ $1 != amazon-beauty ]] || attribute=attribute_ids
    bench_load "$database" "$1" "$min_count"
    server_psql -q -d "$database" -c "SET client_min_messages = warning" -c "SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{id}',
        'items', 'item_id', '{$attribute}')" >/dev/null
    job=$(server_psql -At -d "$database" -c "SELECT holomamba.start_training('m', 1000)")
    until [[ $(server_psql -At -d "$database" -c 'SELECT count(*) FROM holomamba.training_log') != 0 ]]; do sleep 0.2; done
    pid=$(server_psql -At -d "$database" -c "SELECT holomamba_internal.training_pid($job)")
    "$perf" record -q -e cpu-clock -F 997 -p "$pid" -o "$server_base/perf.data" -- sleep 30 >/dev/null 2>&1
    server_psql -q -d "$database" -c "SELECT holomamba.cancel_training($job)" >/dev/null
    "$perf" report -i "$server_base/perf.data" --stdio --no-children -F overhead,symbol 2>/dev/null | awk '
        !/^ +[0-9.]+%/ { next }
        /multiply_|copy_panel/ { kind = "matrix products, those of the softmax included" }
        /exponential_scores|CrossEntropy|weighted_row_sums|top_k/ { kind = "the rest of the softmax and its gradient" }
        /selective_scan/ { kind = "selective scan" }
        /causal_convolution/ { kind = "causal convolution" }
        /gelu|silu|gate|softplus|layer_norm|dropout|::add|bias|::scale/ && !/CrossEntropy|BatchGradient|Holographic/ { kind = "layer norms, activations, dropout, sums" }
        /HolographicEmbedding|Transform|spectrum|fftwf|bind|BatchGradient|gather|scatter/ { kind = "embedding: binding, gathering" }
        /adamw|squared_norm|Trainer::step/ { kind = "AdamW" }
        { if (kind == "") kind = "all else"; share[kind] += $1; kind = "" }
        END { for (kind in share) printf "%.1f|%s\n", share[kind], kind }' | sort -t '|' -k 1 -n -r
}

bench_server fsync=off synchronous_commit=off
bench_machine
for set; do
    printf '\n| %s | share of the time |\n| --- | --- |\n' "$set"
    profile "$set" | awk -F '|' '{ printf "| %s | %s %% |\n", $2, $1 }'
done
