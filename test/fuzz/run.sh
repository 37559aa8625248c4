#!/usr/bin/env bash
# Fuzzes every input function of our types, under the address and undefined-behaviour sanitizers, with libFuzzer.
#
#   test/fuzz/run.sh EXECUTIONS [TARGET ...]    so many in all, shared by the targets (all that have a corpus)
#   test/fuzz/run.sh minimise                   writes test/fuzz/corpus anew from what was found since, but for the files seed-*
#
# Starts from test/fuzz/corpus; what is found stays in build/fuzz/found, an input that fails in build/fuzz/failed. Ends at the
# first failure. Run one input again with: FUZZ_TARGET=hrr_text build/fuzz/libfuzzer FILE
set -euo pipefail

cd "$(dirname "$0")/../.."
executions=${1:?usage: test/fuzz/run.sh EXECUTIONS|minimise [TARGET ...]}
shift
targets=("$@")
((${#targets[@]})) || mapfile -t targets < <(ls test/fuzz/corpus)

test/install_deps.sh fuzz
# shellcheck source=test/pg_major.sh
source test/pg_major.sh
PG_CONFIG=${PG_CONFIG:-/usr/lib/postgresql/$PG_MAJOR/bin/pg_config}
mkdir -p build/fuzz
make -j"$(nproc)" PG_CONFIG="$PG_CONFIG" all build/fuzz/libfuzzer >build/fuzz/build.log 2>&1 || { tail -n 30 build/fuzz/build.log && exit 1; }

if [[ $executions == minimise ]]; then
    for target in "${targets[@]}"; do
        rm -rf "build/fuzz/minimal/$target"
        mkdir -p "build/fuzz/minimal/$target" "build/fuzz/found/$target"
        FUZZ_TARGET=$target build/fuzz/libfuzzer -merge=1 -max_len=1024 "build/fuzz/minimal/$target" "test/fuzz/corpus/$target" \
            "build/fuzz/found/$target" >"build/fuzz/$target.log" 2>&1 || { tail -n 30 "build/fuzz/$target.log" && exit 1; }
        find "test/fuzz/corpus/$target" -type f ! -name 'seed-*' -delete
        cp "build/fuzz/minimal/$target"/* "test/fuzz/corpus/$target/"
    done
    exit
fi

total=0
for target in "${targets[@]}"; do
    mkdir -p "build/fuzz/found/$target" build/fuzz/failed
    FUZZ_TARGET=$target nice -n 10 build/fuzz/libfuzzer -runs=$((executions / ${#targets[@]})) -max_len=512 -timeout=20 \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="build/fuzz/failed/$target-" "build/fuzz/found/$target" \
        "test/fuzz/corpus/$target" >"build/fuzz/$target.log" 2>&1 || { tail -n 60 "build/fuzz/$target.log" && exit 1; }
    done_here=$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$target.log")
    total=$((total + done_here))
    printf '%-14s %10d executions, %7d a second, no failure\n' "$target" "$done_here" \
        "$(sed -n 's/^stat::average_exec_per_sec: *//p' "build/fuzz/$target.log")"
done
echo "$total executions, no failure"
