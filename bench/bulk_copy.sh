#!/usr/bin/env bash
# COPY of MovieLens-1M (1,000,209 events) into a table of events with a trained model: events a second, and whether the states
# are those of the same events inserted one by one, byte for byte.
#
#   bench/bulk_copy.sh [ROUNDS]
#
# Default options, one epoch on the same data. The events one by one: those of every tenth user, the same statement a row.
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

rounds=${1:-3}
bench_server max_wal_size=8GB synchronous_commit=on
bench_machine
as_server_user createdb -h "$server_work" -U postgres bench
export PGDATABASE=bench
zcat "$DATA/ml-1m/interactions.csv.gz" >"$server_work/interactions.csv"
chmod 644 "$server_work/interactions.csv"
server_run psql -X -q -v ON_ERROR_STOP=1 -v file="$server_work/interactions.csv" -v rounds="$rounds" -f bench/bulk_copy.sql
