# shellcheck shell=bash
# What the benches share: the build, a quiet server, the data. Source it from a script in bench/.
#
#   DATA    folder of the data sets (ml-1m, amazon-beauty: interactions.csv.gz with user_id,item_id,ts in sequence order, and
#           items.csv.gz with item_id and attributes); by default ../shared/data beside the repository
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=test/server.sh
source test/server.sh
DATA=${DATA:-$(cd .. && pwd)/shared/data}
# The variant of the paper as options, for the scripts that source this.
# shellcheck disable=SC2034
paper='"feed_forward": 0, "residual": "pre", "head": "untied", "repeats": "ignored", "initialisation": "paper", "dropout": 0, "schedule": "constant", "learning_rate": 0.001, "weight_decay": 0.01,
       "gradient_clip": 0, "lookahead": 0, "windows": "last", "max_history": 50, "batch_size": 64, "dimension": 96, "state_size": 16,
       "expand": 2, "conv_width": 4, "validation": "off"'

bench_server() {
    mkdir -p build
    server_build all >build/bench.log 2>&1 || server_die "$(tail -n 30 build/bench.log)"
    server_prepare
    server_start shared_buffers=512MB max_wal_size=4GB autovacuum=on "$@"
}

# bench_load DATABASE DATASET MIN_COUNT: a database with the data set's events of items with at least so many events, and
# those items.
bench_load() {
    [[ -d $DATA ]] || server_die "no data in $DATA: set DATA"
    as_server_user createdb -h "$server_work" -U postgres "$1"
    zcat "$DATA/$2/interactions.csv.gz" >"$server_work/interactions.csv"
    zcat "$DATA/$2/items.csv.gz" >"$server_work/items.csv"
    server_psql -q -d "$1" -v min_count="$3" -v interactions="$server_work/interactions.csv" -v items="$server_work/items.csv" \
        -f "bench/load_$2.sql"
}

# Vectors of a model of dimension 96, in build/index_vectors/DATASET, kept there and used again: items.txt, the targets;
# users.txt, the vectors of 1,000 users. Of DATASET (ml-1m, or amazon-beauty), default options, EPOCHS epochs (3). `build/index_scan make` makes more like them.
bench_vectors() {
    local dataset=${DATASET:-ml-1m} attribute=genres
    [[ $dataset != amazon-beauty ]] || attribute=attribute_ids
    vectors=build/index_vectors/$dataset
    g++ -std=c++20 -O3 -march=native -isystem /usr/include/eigen3 -o build/index_scan bench/index_scan.cpp
    [[ ! -s $vectors/users.txt ]] || return 0
    bench_load trained "$dataset" 1
    server_run psql -X -q -v ON_ERROR_STOP=1 -d trained -c "SET client_min_messages = warning" -c "SELECT holomamba.create_model('films',
        'events', 'user_id', 'item_id', '{id}', 'items', 'item_id', '{$attribute}', '{\"dimension\": 96}')" \
        -c "CALL holomamba.train('films', epochs => ${EPOCHS:-3})" >/dev/null
    mkdir -p "$vectors"
    server_psql -d trained -Atc 'SELECT target FROM holomamba.films_items WHERE target IS NOT NULL ORDER BY item_id' >"$vectors/items.txt"
    server_psql -d trained -Atc 'SELECT vector FROM holomamba.films_users ORDER BY md5(user_id::text) LIMIT 1000' >"$vectors/users.txt"
}

# The processor and what else stands beside every figure.
bench_machine() {
    printf '%s; %s; %s threads; PostgreSQL %s; commit %s\n' "$(date -u +%F)" \
        "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
        "$("$PG_CONFIG" --version | cut -d ' ' -f 2)" "$(git rev-parse --short HEAD)"
}
