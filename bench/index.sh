#!/usr/bin/env bash
# Exact top 10 by the index, through SQL, beside a bare int8 scan in one process, and beside pgvector.
#
#   bench/index.sh [N ...]     numbers of vectors (own: the trained ones themselves); own 10000 100000 1000000
#
# The vectors are made of trained ones, of DATASET (ml-1m), and the queries are the vectors of users (bench_vectors in
# bench/common.sh).
# PGVECTOR_DIR, a folder with pgvector's source, adds its exact scan and its HNSW index at the lowest ef_search that reaches a
# recall of 0.95 of the top 10. One connection, prepared statements, warm; latencies are pgbench's, the client's part included.
# test/server.sh forgets variables that begin with PG.
pgvector=${PGVECTOR_DIR:-}
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

(($# > 0)) || set -- own 10000 100000 1000000
bench_server shared_buffers=4GB max_wal_size=8GB fsync=off autovacuum=off maintenance_work_mem=1GB jit=off \
    max_parallel_workers_per_gather=0
bench_vectors

if [[ $pgvector ]]; then
    cp -R "$pgvector" "$server_base/pgvector"
    make -C "$server_base/pgvector" -s clean all PG_CONFIG="$PG_CONFIG" OPTFLAGS=-march=native >build/pgvector.log 2>&1
    install -m 755 "$server_base/pgvector/vector.so" "$server_base$("$PG_CONFIG" --pkglibdir)/"
    install -m 644 "$server_base/pgvector/vector.control" "$server_base"/pgvector/sql/vector--*.sql "$server_base$("$PG_CONFIG" --sharedir)/extension/"
fi

createdb bench
server_psql -q -d bench -c 'CREATE EXTENSION holomamba' -c 'CREATE TABLE users (id serial, vector hrr)' \
    -c "\\copy users (vector) FROM $vectors/users.txt (DELIMITER '|')" -c 'ALTER TABLE users ADD PRIMARY KEY (id)'
[[ -z $pgvector ]] || server_psql -q -d bench -c 'CREATE EXTENSION vector' \
    -c 'ALTER TABLE users ADD v vector' -c 'UPDATE users SET v = vector::real[]::vector' \
    -c 'VACUUM FULL users'

query() {
    server_psql -d bench -At -c "$1"
}

# latency SETTING QUERY TRANSACTIONS: p50 and p95 in milliseconds; :u in the query is a user's id.
latency() {
    printf '\\set u random(1, 1000)\n%s;\n' "$2" >"$server_work/script"
    rm -f "$server_work"/log.*
    server_run "${server_as[@]}" PGOPTIONS="$1" pgbench -n -c 1 -t "$(($3 / 10 + 1))" -M prepared -f script bench >/dev/null 2>&1
    server_run "${server_as[@]}" PGOPTIONS="$1" pgbench -n -c 1 -t "$3" -M prepared -f script -l --log-prefix=log bench >/dev/null 2>&1
    cat "$server_work"/log.* | cut -d ' ' -f 3 | sort -n |
        awk '{ t[NR] = $1 } END { printf "%.2f | %.2f", t[int(NR / 2) + 1] / 1000, t[int(NR * 0.95)] / 1000 }'
}

# Seconds that a statement takes.
seconds() {
    local start=$EPOCHREALTIME
    server_run psql -X -q -v ON_ERROR_STOP=1 -d bench -c "$1"
    awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'
}

row() {
    printf '| %s | %s | %s | %s | %s |\n' "$@"
}

bench_machine
dims=$(query 'SELECT hrr_dims(vector) FROM users LIMIT 1')
echo "$dims dimensions"
echo
echo '| vectors | method | p50 ms | p95 ms | build s | bytes / int8 |'
echo '| --- | --- | --- | --- | --- | --- |'
for n; do
    build/index_scan make "$vectors/items.txt" "${n/own/0}" "$server_work/items.bin"
    [[ $n != own ]] || n=$(wc -l <"$vectors/items.txt")
    read -r p50 p95 inexact < <(build/index_scan scan "$server_work/items.bin" "$vectors/users.txt")
    row "$n" 'bare int8 scan, no server' "$p50 | $p95" '' 1.00
    [[ $inexact == 0 ]] || echo "the bare scan missed an item in $inexact of 10 queries"
    server_psql -q -d bench -c 'CREATE TABLE items (id integer, target hrr)' -c "\\copy items FROM $server_work/items.bin (FORMAT binary)" \
        -c 'VACUUM ANALYZE items'
    build=$(seconds 'CREATE INDEX ON items USING holomamba (target)')
    size=$(query "SELECT round(pg_relation_size('items_target_idx') / ($n * $dims.0), 2)")
    top='SELECT id FROM items ORDER BY target <#> (SELECT vector FROM users WHERE id = :u) LIMIT 10'
    row "$n" 'index holomamba, exact' "$(latency '' "$top" 1000)" "$build" "$size"
    if [[ $pgvector ]]; then
        server_psql -q -d bench -c 'CREATE TABLE v_items AS SELECT id, target::real[]::vector AS v FROM items' \
            -c "ALTER TABLE v_items ALTER v TYPE vector($dims)" -c 'VACUUM ANALYZE v_items'
        near='SELECT id FROM v_items ORDER BY v <#> (SELECT v FROM users WHERE id = :u) LIMIT 10'
        row "$n" 'pgvector, exact' "$(latency '' "$near" 20)" '' ''
        build=$(seconds 'CREATE INDEX ON v_items USING hnsw (v vector_ip_ops)')
        size=$(query "SELECT round(pg_relation_size('v_items_v_idx') / ($n * $dims.0), 2)")
        for ef in 40 60 80 100 150 200 300 400 600 800 1000; do
            recall=$(query "SET hnsw.ef_search = $ef; SELECT avg((SELECT count(*) FROM (
                (SELECT id FROM items ORDER BY target <#> u.vector LIMIT 10) INTERSECT (SELECT id FROM v_items ORDER BY v <#> u.v LIMIT 10)) t))
                / 10 >= 0.95 FROM users u WHERE id <= 200" | tail -n 1)
            [[ $recall == f ]] || break
        done
        row "$n" "pgvector, HNSW, ef_search $ef" "$(latency "-c hnsw.ef_search=$ef" "$near" 1000)" "$build" "$size"
        server_psql -q -d bench -c 'DROP TABLE v_items'
    fi
    server_psql -q -d bench -c 'DROP TABLE items'
done
