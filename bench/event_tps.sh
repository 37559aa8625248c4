#!/usr/bin/env bash
# Inserts with live state beside inserts whose plpgsql row trigger counts the events of each user: transactions a second,
# side by side; WAL of an event; and what becomes of the table of users without a vacuum.
#
#   bench/event_tps.sh [SECONDS [ROUNDS [OPTIONS]]]
#
# One-row INSERTs by pgbench (prepared statements) for 10,000 users, 1 and 8 clients, synchronous_commit off and on; the tables
# take turns, SECONDS (4) each, ROUNDS (3) times; medians. OPTIONS of the model are
# the default ones ({}); one epoch, for the values of the weights do not matter.
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

seconds=${1:-4}
rounds=${2:-3}
options=${3:-{\}}
users=10000
bench_server autovacuum=off max_wal_size=16GB checkpoint_timeout=1h
bench_machine
as_server_user createdb -h "$server_work" -U postgres bench
export PGDATABASE=bench
server_run psql -X -q -v ON_ERROR_STOP=1 -v users="$users" -v options="$options" -f bench/event_tps.sql

for name in events counted plain; do
    # shellcheck disable=SC2016
    printf '\\set u random(1, %d)\n\\set i random(1, 1000)\nINSERT INTO %s (user_id, item_id) VALUES (:u, :i);\n' "$users" "$name" \
        >"$server_work/$name.sql"
done

# tps TABLE CLIENTS SYNCHRONOUS_COMMIT
tps() {
    PGOPTIONS="-c synchronous_commit=$3" server_run pgbench -n -M prepared -c "$2" -j "$(($2 < 2 ? 1 : 2))" -T "$seconds" \
        -f "$server_work/$1.sql" bench 2>/dev/null | sed -n 's/^tps = \([0-9]*\).*/\1/p'
}

median() {
    sort -n | sed -n "$(((rounds + 1) / 2))p"
}

printf '\n| clients | synchronous_commit | live state, tps | counter, tps | live state / counter | no trigger, tps |\n| --- | --- | --- | --- | --- | --- |\n'
for clients in 1 8; do
    for commit in off on; do
        for ((round = 0; round < rounds; round++)); do
            for name in events counted plain; do tps "$name" "$clients" "$commit" >>"$server_work/$name.$clients.$commit"; done
        done
        live=$(median <"$server_work/events.$clients.$commit")
        counter=$(median <"$server_work/counted.$clients.$commit")
        printf '| %d | %s | %d | %d | %d %% | %d |\n' "$clients" "$commit" "$live" "$counter" "$((100 * live / counter))" \
            "$(median <"$server_work/plain.$clients.$commit")"
    done
done

server_psql -q -v users="$users" -f bench/event_growth.sql
