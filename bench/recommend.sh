#!/usr/bin/env bash
# Recommendations: the time of a call, batches, and calls beside writers. Prints Markdown.
#
#   bench/recommend.sh [calls|batch|writers ...]     all three without arguments
#
#   SIZES   numbers of items for the calls (1000 10000 100000)
#   USERS   users of the batch (100000)
#   SECONDS_OF_WRITING   how long clients meet writers (20)
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

sizes=${SIZES:-1000 10000 100000}
users=${USERS:-100000}
seconds=${SECONDS_OF_WRITING:-20}
parts=${*:-calls batch writers}

# make_model DATABASE ITEMS USERS: the database of bench/recommend.sql
make_model() {
    as_server_user createdb -h "$server_work" -U postgres "$1"
    build/index_scan make "$vectors/items.txt" "$2" "$server_work/targets.bin"
    cp "$vectors/users.txt" "$server_work/users.txt"
    server_run psql -X -q -d "$1" -v items="$2" -v users="$3" -v targets="$server_work/targets.bin" -v queries="$server_work/users.txt" \
        -f bench/recommend.sql
}

# percentiles DATABASE SCRIPT: p50 and p95 in ms of a pgbench script, one client, prepared statements
percentiles() {
    as_server_user pgbench -h "$server_work" -U postgres -n -M prepared -c 1 -t 600 -l --log-prefix "$server_work/latency" -f "$2" "$1" >/dev/null
    tail -q -n 500 "$server_work"/latency.* | awk '{ print $3 / 1000 }' | sort -n |
        awk '{ x[NR] = $1 } END { printf "%.3f (%.3f)", x[int((NR + 1) / 2)], x[int(NR * 0.95)] }'
    rm -f "$server_work"/latency.*
}

# script NAME STATEMENT: a file that pgbench can read
script() {
    printf '%s\n' "$2" | as_server_user tee "$server_work/$1.pgbench" >/dev/null
    echo "$server_work/$1.pgbench"
}

calls() {
    local n
    echo
    echo '### A call'
    echo
    echo "p50 (p95) in ms of 500 calls of \`recommend(user, 10)\`, in the server and, in the last two columns, by a client with"
    echo 'prepared statements, round trip included; dimension 96, every user has 100 events.'
    echo
    echo '| items | seen left out | seen too | candidates 1 % | 10 % | 50 % | diversity 0.3 | by a client | an empty statement |'
    echo '| --- | --- | --- | --- | --- | --- | --- | --- | --- |'
    for n in $sizes; do
        make_model "calls_$n" "$n" 1000
        server_psql -q -d "calls_$n" -c "CALL time_calls('1')" -c "CALL time_calls('2', seen => false)" -c "CALL time_calls('3', 1)" \
            -c "CALL time_calls('4', 10)" -c "CALL time_calls('5', 50)" -c "CALL time_calls('6', diversity => 0.3)"
        printf '| %s |%s %s | %s |\n' "$n" \
            "$(server_psql -q -A -t -R '' -d "calls_$n" -c "SELECT format(' %s (%s) |', round((percentile_cont(0.5) WITHIN GROUP (ORDER BY ms))::numeric, 3),
                round((percentile_cont(0.95) WITHIN GROUP (ORDER BY ms))::numeric, 3)) FROM timings GROUP BY what ORDER BY what")" \
            "$(percentiles "calls_$n" "$(script call '\set u random(1, 1000)
SELECT * FROM recommend(:u::bigint);')")" \
            "$(percentiles "calls_$n" "$(script nothing 'SELECT 1;')")"
        as_server_user dropdb -h "$server_work" -U postgres "calls_$n"
    done
}

batch() {
    local baseline with without in_one_go
    # shellcheck disable=SC2046
    g++ -O3 -march=native -std=c++20 $(pkg-config --cflags eigen3) -o build/recommend_baseline bench/recommend_baseline.cpp -lpthread
    make_model batch 10000 "$users"
    baseline=$(build/recommend_baseline "$users" 10000 97 10 "$(nproc)" 2>/dev/null)
    without=$(batch_seconds 'exclude_seen => false')
    with=$(batch_seconds 'exclude_seen => true')
    in_one_go=$(batch_seconds 'exclude_seen => true' 256MB)
    echo
    echo '### A batch'
    echo
    echo "The top 10 of 10,000 items for $users users of 100 events each, $(nproc) threads, best of three."
    echo
    echo '| | seconds | users per second | speed of the bare product |'
    echo '| --- | --- | --- | --- |'
    awk -v users="$users" -v base="$baseline" -v a="$without" -v b="$with" -v c="$in_one_go" 'BEGIN {
        printf "| Eigen, product and top k only | %.2f | %d | 100 %% |\n", base, users / base
        printf "| `recommend_batch(…, exclude_seen => false)` | %.2f | %d | %d %% |\n", a, users / a, 100 * base / a
        printf "| `recommend_batch(…)` | %.2f | %d | %d %% |\n", b, users / b, 100 * base / b
        printf "| `recommend_batch(…)`, `maintenance_work_mem` 256MB | %.2f | %d | %d %% |\n", c, users / c, 100 * base / c }'
    as_server_user dropdb -h "$server_work" -U postgres batch
}

# batch_seconds ARGUMENT [MAINTENANCE_WORK_MEM]
batch_seconds() {
    for _ in 1 2 3; do
        server_psql -q -A -t -d batch -c "SET maintenance_work_mem = '${2:-64MB}'" -c '\timing on' -c "SELECT count(*) FROM recommend_batch(NULL::bigint[], 10, $1)" |
            sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p'
    done | sort -n | awk 'NR == 1 { print $1 / 1000 }'
}

# Readers, each tenth call of whom compares with brute force in one statement, and so under one snapshot: a wrong answer
# divides by zero and ends its client.
writers() {
    local ask check event item failed
    as_server_user createdb -h "$server_work" -U postgres writers
    server_run psql -X -q -d writers -f bench/recommend_writers.sql
    ask=$(script ask '\set u random(1, 1000)
SELECT * FROM recommend(:u::bigint);')
    check=$(script check '\set u random(1, 1000)
SELECT 1 / (ARRAY(SELECT item_id FROM recommend(:u::bigint)) = brute_force(:u::integer))::integer;')
    event=$(script event '\set u random(1, 1000)
\set i random(1, 2000)
INSERT INTO events (user_id, item_id) VALUES (:u, :i);')
    item=$(script item "INSERT INTO items (kind) VALUES ('new');")
    load readers -c 8 -f "$ask@9" -f "$check@1" &
    load events -c 8 -f "$event" &
    load items -c 1 -R 50 -f "$item" &
    wait
    echo
    echo '### Calls beside writers'
    echo
    echo "8 clients call \`recommend()\`, each tenth time compared with brute force, 8 insert events, one inserts items, for $seconds s;"
    echo '2,000 items, 1,000 users, default options, synchronous_commit off.'
    echo
    echo '| clients | transactions per second | failed clients |'
    echo '| --- | --- | --- |'
    for load in readers events items; do
        failed=$(grep -c 'aborted\|ERROR' "$server_work/$load.log" || true)
        printf '| %s | %s | %s |\n' "$load" "$(sed -n 's/^tps = \([0-9]*\).*/\1/p' "$server_work/$load.log")" "$failed"
    done
    server_psql -q -A -t -d writers -c "SELECT 'Wrong answers at the end, of ' || count(*) || ' users: ' || count(*) FILTER (WHERE ARRAY(SELECT item_id FROM recommend(u)) <> brute_force(u)) FROM generate_series(1, 1000) u"
}

# load NAME PGBENCH-OPTIONS: its output goes to NAME.log
load() {
    local log=$server_work/$1.log
    shift
    as_server_user pgbench -h "$server_work" -U postgres -n -M prepared -T "$seconds" "$@" writers >"$log" 2>&1 || true
}

bench_server synchronous_commit=off
bench_vectors
bench_machine
for part in $parts; do
    "$part"
done
