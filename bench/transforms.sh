#!/usr/bin/env bash
# What a build without FFTW costs: transforms and binding in the core, and epochs of training. Both builds in turns.
#
#   bench/transforms.sh [ROUNDS [SET]]    7 rounds; movietweetings-100k
#
# The fastest of the rounds counts, of epochs, which are of the default options, too. Prints Markdown tables.
set -euo pipefail
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

rounds=${1:-7}
set=${2:-movietweetings-100k}
mkdir -p build/transforms
for fftw in no yes; do
    server_build FFTW=$fftw all >build/bench.log 2>&1 || server_die "$(tail -n 30 build/bench.log)"
    libraries=()
    [[ $fftw == no ]] || libraries=(-lfftw3f)
    g++ -std=c++20 -O2 -DNDEBUG -Isrc -o build/transforms/bench_$fftw bench/transforms.cpp build/libholomamba.a "${libraries[@]}" -lpthread
    cp holomamba.so build/transforms/holomamba_$fftw.so
done
bench_server fsync=off synchronous_commit=off
bench_machine
: >build/transforms/core
: >build/transforms/epochs
bench_load bench "$set" 1
server_psql -q -d bench -c "SET client_min_messages = warning" -c "SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{id}',
    'items', 'item_id', '{genres}')" >/dev/null
for ((round = 0; round < rounds; round++)); do
    for fftw in yes no; do
        build/transforms/bench_$fftw | sed "s/^/$fftw /" >>build/transforms/core
        # A session loads the file that is there when it first needs it.
        install -m 755 build/transforms/holomamba_$fftw.so "$server_base$("$PG_CONFIG" --pkglibdir)/holomamba.so"
        server_psql -qAt -d bench -c "SET client_min_messages = warning" -c "CALL holomamba.train('m', epochs => 2)" \
            -c "SELECT '$fftw ' || min(seconds) FROM holomamba.training_log WHERE version = (SELECT max(version) FROM holomamba.training_log)" >>build/transforms/epochs
    done
done
printf '\n| n | there and back, FFTW | own | ratio | bind, FFTW | own | ratio |\n| --- | --- | --- | --- | --- | --- | --- |\n'
awk '{ key = $1 " " $2 " " $3; if (!(key in best) || $4 < best[key]) best[key] = $4; if ($2 == "pair" && !seen[$3]++) order[++lengths] = $3 }
    END {
        for (i = 1; i <= lengths; i++) {
            n = order[i]
            printf "| %d | %.0f ns | %.0f ns | %.2f | %.0f ns | %.0f ns | %.2f |\n", n, best["yes pair " n], best["no pair " n],
                best["no pair " n] / best["yes pair " n], best["yes bind " n], best["no bind " n], best["no bind " n] / best["yes bind " n]
        }
        printf "\nThe first transform of a process is made ready in %.0f us by FFTW, in %.0f us by our own.\n", best["yes first 64"] / 1e3, best["no first 64"] / 1e3
    }' build/transforms/core
awk -v set="$set" '!($1 in best) || $2 < best[$1] { best[$1] = $2 }
    END { printf "An epoch of %s takes %.2f s with FFTW, %.2f s without: %.3f times that.\n", set, best["yes"], best["no"], best["no"] / best["yes"] }' \
    build/transforms/epochs
