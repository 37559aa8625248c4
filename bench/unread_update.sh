#!/usr/bin/env bash
# What an UPDATE of columns that no model reads costs with the triggers of a model, beside the same without: the stock of an item,
# a note on an event. Of all rows in one statement, and of one row a statement; where a unique index says that no two events of a
# user have the same place in his history, and where none does.
#
#   bench/unread_update.sh [ROUNDS [SECONDS]]
#
# 100,000 rows of 10,000 users, 100,000 items; ROUNDS (5) in turns, SECONDS (3) of one-row updates by pgbench (prepared
# statements, one client, synchronous_commit off) each; medians.
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

rounds=${1:-5}
seconds=${2:-3}
bench_server autovacuum=off max_wal_size=16GB checkpoint_timeout=1h synchronous_commit=off
bench_machine
as_server_user createdb -h "$server_work" -U postgres bench
export PGDATABASE=bench
server_run psql -X -q -v ON_ERROR_STOP=1 -f bench/unread_update.sql >/dev/null

for table in ordered tied goods; do
    # shellcheck disable=SC2016
    printf '\\set id random(1, 100000)\nUPDATE %s SET note = :id WHERE id = :id;\n' "$table" >"$server_work/$table.sql"
done

# Milliseconds of an update of all rows, in which nothing but the trigger differs.
all_rows() {
    server_psql -q -c "ALTER TABLE $1 $2 TRIGGER USER" -c "VACUUM FULL $1"
    server_psql -qAt -c '\timing on' -c "UPDATE $1 SET note = 'seen'" | sed -n 's/^Time: \([0-9]*\).*/\1/p'
}

# Microseconds of an update of one row.
one_row() {
    server_psql -q -c "ALTER TABLE $1 $2 TRIGGER USER" -c "VACUUM FULL $1"
    server_run pgbench -n -M prepared -c 1 -T "$seconds" -f "$server_work/$1.sql" bench 2>/dev/null |
        sed -n 's/^latency average = \([0-9.]*\) ms/\1/p' | awk '{ print int(1000 * $1) }'
}

median() {
    sort -n | sed -n "$(((rounds + 1) / 2))p"
}

printf '\n| table | update | without triggers | with | ratio |\n| --- | --- | --- | --- | --- |\n'
for table in ordered tied goods; do
    for what in all_rows one_row; do
        for ((round = 0; round < rounds; round++)); do
            for triggers in DISABLE ENABLE; do "$what" "$table" "$triggers" >>"$server_work/$table.$what.$triggers"; done
        done
        without=$(median <"$server_work/$table.$what.DISABLE")
        with=$(median <"$server_work/$table.$what.ENABLE")
        printf '| %s | %s | %d | %d | %s |\n' "$table" "$what" "$without" "$with" "$(awk "BEGIN { printf \"%.2f\", $with / $without }")"
    done
done
