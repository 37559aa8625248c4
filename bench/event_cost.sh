#!/usr/bin/env bash
# The cost of one inserted event, with its trigger, for a user with 10 earlier events and for one with 10,000.
#
#   bench/event_cost.sh [PAIRS]
#
# Single-row INSERTs, each committed (synchronous_commit off), the two users taking turns (default 2,000 pairs), timed inside
# the server. Default options; the model is trained for one epoch, since the values of the weights do not matter.
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

pairs=${1:-2000}
bench_server synchronous_commit=off
bench_machine
as_server_user createdb -h "$server_work" -U postgres bench
server_run psql -X -q -v ON_ERROR_STOP=1 -d bench -v pairs="$pairs" -f bench/event_cost.sql
