#!/usr/bin/env bash
# This tree beside another one, in turns: what an event, a COPY, an update of an unread column and a recommendation cost. For
# changes that must not make anything dearer.
#
#   bench/beside.sh OTHER_TREE [ROUNDS]
#
# OTHER_TREE is a checkout that has been built with `make`. Both servers run at once, one of them works. Default options, one
# epoch, 10,000 users, 1,000 items, one session. ROUNDS (9); of each quantity the median of the ratios of the rounds, this tree
# by the other, and the smallest and largest.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
other=$(cd "${1:?which other tree?}" && pwd)
rounds=${2:-9}
quantities='event events copy unread recommend'

# A server of a tree, which does what it reads and answers in microseconds.
side() {
    # shellcheck source=test/server.sh
    source "$1/test/server.sh"
    server_prepare
    server_start shared_buffers=512MB max_wal_size=8GB checkpoint_timeout=1h autovacuum=off synchronous_commit=off
    server_psql -q -f "$here/bench/beside.sql" >/dev/null 2>"$server_base/setup.log" || server_die "$(tail "$server_base/setup.log")"
    as_server_user psql -X -q -h "$server_work" -U postgres -c "COPY (SELECT 1 + (n::bigint * 7919) % 10000, 1 + (n::bigint * 104729) % 1000, 0 FROM generate_series(1, 100000) n) TO STDOUT" >"$server_base/events.tsv"
    echo ready
    local quantity
    while read -r quantity; do
        if [[ $quantity == copy ]]; then
            server_psql -q -A -t -c '\timing on' -c 'BEGIN' -c "\\copy events (user_id, item_id, note) FROM '$server_base/events.tsv'" -c 'ROLLBACK' |
                sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n | tail -n 1 | awk '{ print $1 * 1000 / 100000 }'
            server_psql -q -c 'VACUUM events, holomamba.bench_users'
        else
            server_psql -q -A -t -c "CALL time_$quantity()" -c 'SELECT microseconds FROM timing' -c 'VACUUM events, holomamba.bench_users'
        fi
    done
}

if [[ ${BESIDE_SIDE:-} ]]; then
    side "$1"
    exit
fi

pipes=$(mktemp -d)
trap 'rm -rf "$pipes"' EXIT
mkfifo "$pipes"/{new,old}.{in,out}
BESIDE_SIDE=1 bash "$0" "$here" <"$pipes/new.in" >"$pipes/new.out" &
BESIDE_SIDE=1 bash "$0" "$other" <"$pipes/old.in" >"$pipes/old.out" &
exec {new_in}>"$pipes/new.in" {new_out}<"$pipes/new.out" {old_in}>"$pipes/old.in" {old_out}<"$pipes/old.out"

# ask IN OUT QUANTITY
ask() {
    local answer
    echo "$3" >&"$1"
    read -r answer <&"$2"
    echo "$answer"
}

read -r _ <&"$new_out"
read -r _ <&"$old_out"
echo "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1); $(nproc) threads; commit $(git -C "$here" rev-parse --short HEAD) beside $(git -C "$other" rev-parse --short HEAD)"
printf '\n| microseconds | this tree | the other | ratio | smallest | largest |\n| --- | --- | --- | --- | --- | --- |\n'
for quantity in $quantities; do
    ask "$new_in" "$new_out" "$quantity" >/dev/null
    ask "$old_in" "$old_out" "$quantity" >/dev/null
    for ((round = 0; round < rounds; round++)); do
        if ((round % 2)); then
            new=$(ask "$new_in" "$new_out" "$quantity") && old=$(ask "$old_in" "$old_out" "$quantity")
        else
            old=$(ask "$old_in" "$old_out" "$quantity") && new=$(ask "$new_in" "$new_out" "$quantity")
        fi
        echo "$new $old"
    done | awk -v what="$quantity" '
        function median(x, n,    i, j, t) { for (i = 2; i <= n; i++) for (j = i; j > 1 && x[j] < x[j - 1]; j--) { t = x[j]; x[j] = x[j - 1]; x[j - 1] = t } return x[int((n + 1) / 2)] }
        { n++; a[n] = $1; b[n] = $2; r[n] = $1 / $2 }
        END { m = median(r, n); printf "| %s | %.2f | %.2f | %.3f | %.3f | %.3f |\n", what, median(a, n), median(b, n), m, r[1], r[n] }'
done
exec {new_in}>&- {old_in}>&-
wait
