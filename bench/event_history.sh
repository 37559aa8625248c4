#!/usr/bin/env bash
# The cost and the memory of an event after 10 to 100,000 events of the same user: a table, and docs/event_cost.svg.
#
#   bench/event_history.sh [EVENTS]
#
# Single-row INSERTs, each committed (synchronous_commit off), EVENTS (1,000) for each length of history, the users taking
# turns, timed inside the server; memory is the growth of the session's peak resident size over the loop.
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

events=${1:-1000}
bench_server synchronous_commit=off
bench_machine
as_server_user createdb -h "$server_work" -U postgres bench
export PGDATABASE=bench
server_run psql -X -q -v ON_ERROR_STOP=1 -v events="$events" -f bench/event_history.sql | tee build/event_history.txt
bench/event_history_chart.sh <build/event_history.txt >docs/event_cost.svg
