#!/usr/bin/env bash
# What it costs to know more of an event than its item: the same events told to a model with a time and two attributes of events,
# and to one without.
#
#   bench/event_columns.sh [PAIRS]
#
# Single-row INSERTs, each committed (synchronous_commit off), the two tables taking turns (default 2,000 pairs), timed inside the
# server; calls of recommend() likewise; the size of a user's row; and the time of an epoch. Default options.
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

pairs=${1:-2000}
bench_server synchronous_commit=off
bench_machine
as_server_user createdb -h "$server_work" -U postgres bench
server_run psql -X -q -v ON_ERROR_STOP=1 -d bench -v pairs="$pairs" -f bench/event_columns.sql
