#!/usr/bin/env bash
# The cost of operations on vectors: in the core beside bare FFTW, in SQL beside reading the rows and beside pgvector.
#
#   bench/vectors.sh [ROWS [ROUNDS]]
#
#   PGVECTOR_DIR   a built source tree of pgvector; without it, its column stays empty
#
# Prints Markdown tables. Everything that is compared is measured in turns: in the core the median of 9 repetitions of Google
# Benchmark in random order; in SQL the median of ROUNDS (7) rounds over ROWS (1,000,000) rows of hrr(128) in shared buffers,
# without parallel workers, timed by the server's clock. First calls are medians over 51 new sessions each. Needs Debian's
# libbenchmark-dev.
pgvector_dir=${PGVECTOR_DIR:-} # before the libpq settings of the caller, PG*, are forgotten
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

rows=${1:-1000000}
rounds=${2:-7}
DATA=. bench_server shared_buffers=2GB max_wal_size=8GB fsync=off autovacuum=off jit=off max_parallel_workers_per_gather=0
bench_machine

g++ -std=c++20 -O3 -DNDEBUG -Isrc -o build/bench_vectors bench/vectors_core.cpp build/libholomamba.a -lbenchmark -lfftw3f -lpthread
server_run build/bench_vectors --benchmark_repetitions=9 --benchmark_min_time=0.05 --benchmark_enable_random_interleaving=true \
    --benchmark_report_aggregates_only=true --benchmark_format=csv >build/bench_vectors.csv 2>build/bench_vectors.log
# name,iterations,real_time,cpu_time,...: nanoseconds
awk -F '[",/]+' '
/_median/ {
    sub(/_median/, "", $3)
    time[$2, $3] = $6
}
END {
    print "\n| n | bare transforms | direct sum | bind | bind / transforms | bind / direct sum | fhrr bind | bind / fhrr bind |"
    print "| --- | --- | --- | --- | --- | --- | --- | --- |"
    lengths = split("8 16 32 64 96 128 256 512 1024", order, " ")
    for (i = 1; i <= lengths; i++) {
        n = order[i]
        printf "| %d | %.0f ns | %.0f ns | %.0f ns | %.2f | %.2f | %.0f ns | %.1f |\n", n, time["transforms", n], time["direct", n],
            time["bind", n], time["bind", n] / time["transforms", n], time["bind", n] / time["direct", n], time["fhrr_bind", n],
            time["bind", n] / time["fhrr_bind", n]
    }
}' build/bench_vectors.csv
transform=$(awk -F '[",/]+' '$2 == "forward" && $3 == "128_median" { print $6 }' build/bench_vectors.csv)

as_server_user createdb -h "$server_work" -U postgres bench
pgvector=0
if [[ -n $pgvector_dir ]]; then
    install -m 755 "$pgvector_dir/vector.so" "$server_base$("$PG_CONFIG" --pkglibdir)/"
    install -m 644 "$pgvector_dir"/{vector.control,sql/vector--*.sql} "$server_base$("$PG_CONFIG" --sharedir)/extension/"
    pgvector=1
fi
server_run psql -X -q -v ON_ERROR_STOP=1 -d bench -v rows="$rows" -v rounds="$rounds" -v transform="$transform" -v pgvector="$pgvector" \
    -f bench/vectors.sql

# psql prints the time between the server's clock before and after a call; connecting anew makes it the first.
first_calls() {
    for ((i = 0; i < 51; i++)); do
        printf '%s\n' '\c bench' "SELECT 1e3 * extract(epoch FROM -(clock_timestamp() - CASE WHEN ($1) IS NOT NULL THEN clock_timestamp() END)) FROM one;"
    done | server_psql -q -At -d bench | sort -g | sed -n 26p
}
printf '\n| first call in a session | ms |\n| --- | --- |\n'
for call in 'a16 * b16' 'a128 * b128' 'unitary(a128)' 'hrr_unitary(128, seed)' 'a128::fhrr' 'f128 * f128' 'a1024 * b1024'; do
    printf "| \`%s\` | %.3f |\n" "$call" "$(first_calls "$call")"
done
for ((i = 0; i < 51; i++)); do
    printf '%s\n' '\c bench' "SELECT clock_timestamp() AS before \gset" "LOAD 'holomamba';" "SELECT 1e3 * extract(epoch FROM clock_timestamp() - :'before');"
done | server_psql -q -At -d bench | sort -g | sed -n 26p | xargs printf '| loading the library, before it | %.3f |\n'
