#!/usr/bin/env bash
# `make check-sqlsmith`: random queries (sqlsmith) for SMITH_SECONDS (1800) on a database with a model and with tables of vectors
# and states, by the model's owner and by a role that may only read, in turns; and every function with odd arguments
# (test/t/040_odd_arguments.pl), ODD_ARGUMENTS times (200) by each role. The server must not die, no error may be an internal one,
# and the model must be as it should be afterwards.
#
# SMITH_SEED is the first seed (from the clock; it is printed).
set -euo pipefail

# shellcheck source=test/long/common.sh
source "$(dirname "$0")/common.sh"
suite sqlsmith
seconds=${SMITH_SECONDS:-1800}
seed=${SMITH_SEED:-$((RANDOM * 1000))}
turns=6

"$long_root/test/install_deps.sh" long
run_check "$long_root" CHECK=tap TAP=040_odd_arguments ODD_ARGUMENTS="${ODD_ARGUMENTS:-200}" CHECK_LOGS=check-long/sqlsmith/check

# shellcheck source=test/server.sh
source "$long_root/test/server.sh"
finish() {
    local status=$?
    [[ -z $server_base ]] || cp "$server_work/server.log" "$long_logs/" || true
    server_cleanup
    suite_ends "$status"
}
trap finish EXIT

server_prepare
server_start log_error_verbosity=verbose log_min_error_statement=error log_min_messages=warning log_line_prefix='%m [%p] %u ' \
    restart_after_crash=on fsync=off max_connections=20
server_psql -q -d postgres -c 'CREATE DATABASE smith'
export PGDATABASE=smith
server_psql -q <<'SQL'
CREATE EXTENSION holomamba;
CREATE ROLE smith_owner LOGIN;
CREATE ROLE smith_reader LOGIN;
-- What is random must end.
ALTER ROLE smith_owner SET statement_timeout = '2s';
ALTER ROLE smith_reader SET statement_timeout = '2s';
ALTER ROLE smith_owner SET lock_timeout = '1s';
ALTER ROLE smith_reader SET lock_timeout = '1s';
CREATE SCHEMA smith AUTHORIZATION smith_owner;
GRANT USAGE ON SCHEMA smith TO smith_reader;
ALTER DATABASE smith SET search_path = smith, public;
SET ROLE smith_owner;
SET search_path = smith, public;
CREATE TABLE goods (item_id integer PRIMARY KEY, genre text, tags text[], price real);
INSERT INTO goods SELECT i, 'genre ' || i % 3, ARRAY['tag ' || i % 5], i FROM generate_series(1, 60) i;
CREATE TABLE events (user_id integer, item_id integer, t integer);
CREATE INDEX ON events (user_id);
INSERT INTO events SELECT u, 1 + (u * 7 + n * n) % 60, n FROM generate_series(1, 40) u, generate_series(1, 10) n;
SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{t}', 'goods', 'item_id', '{genre,tags,price}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('m', holdout => 'leave_one_out');
CALL holomamba.train('m');
CREATE TABLE vectors (id bigint PRIMARY KEY, x hrr, y hrr, f fhrr, s ssm_state, many hrr[], states ssm_state[], model text DEFAULT 'm');
INSERT INTO vectors
SELECT i, hrr_random(8, i), CASE WHEN i % 5 > 0 THEN hrr_unitary(8, i) END, hrr_random(8, -i)::fhrr, u.state, ARRAY[hrr_random(8, i), NULL, hrr_random(8, 1)], ARRAY[u.state]
FROM generate_series(1, 60) i LEFT JOIN holomamba.m_users u ON u.user_id = i;
CREATE INDEX ON vectors USING holomamba (x);
CREATE INDEX ON vectors USING holomamba (y, id);
CREATE INDEX ON vectors (x);
CREATE VIEW scores AS SELECT v.id, i.item_id, i.target <#> u.vector AS distance, i.token, u.state FROM vectors v, holomamba.m_items i, holomamba.m_users u WHERE u.user_id = v.id;
GRANT SELECT ON ALL TABLES IN SCHEMA smith TO smith_reader;
GRANT SELECT ON holomamba.m_items, holomamba.m_users TO smith_reader;
SQL

echo "SMITH_SEED=$seed SMITH_SECONDS=$seconds"
for ((turn = 0; turn < turns; turn++)); do
    role=smith_owner
    ((turn % 2 == 0)) || role=smith_reader
    # In two turns of three without the server's own tables, which would be most of what is met.
    exclude=(--exclude-catalog)
    ((turn % 3 < 2)) || exclude=()
    server_run timeout --signal=INT --kill-after=10 $((seconds / turns)) sqlsmith --seed=$((seed + turn)) "${exclude[@]}" --verbose \
        --target="host=$PGHOST port=5432 dbname=smith user=$role" >"$long_logs/turn$turn.out" 2>"$long_logs/turn$turn.err" || true
    # After a crash the server is there again in a moment.
    for ((try = 0; try < 100; try++)); do psql -qXc '' 2>/dev/null || { sleep 0.2 && continue; }; break; done
    echo "turn $turn, $role: $(grep -aoE 'queries: [0-9]+' "$long_logs/turn$turn.err" | tail -n 1)"
done
cp "$server_work/server.log" "$long_logs/"

holds 'there were queries' grep -qaE 'queries: [0-9]{2,}' "$long_logs"/turn*.err
server_deaths "$long_logs/server.log" | none 'no process of the server died'
# Internal errors, with the place that they come from. What the server's own functions say of odd arguments is left out: they are in
# the files that sqlsmith.known names.
awk '/ERROR:  XX/ { error = $0; sub(/^.*ERROR:  /, "", error) } /LOCATION:/ && error { sub(/^.*LOCATION:  /, ""); print $0 ": " error; error = "" }' "$long_logs/server.log" |
    sed -E 's/[0-9]+/N/g' | sort | uniq -c | sort -rn >"$long_logs/internal_errors"
{ grep -vF -f "$long_root/test/long/sqlsmith.known" "$long_logs/internal_errors" || true; } | none 'no internal error'
server_psql -qAt -c "SELECT * FROM holomamba.check_state('m')" | none 'states are those of a replay'
server_psql -qAt -c "SELECT i.indexrelid::regclass, p.* FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam, holomamba.check_index(c.oid) p WHERE a.amname = 'holomamba'" |
    none 'nothing is wrong with the indexes'
