#!/usr/bin/env bash
# `make check-long`: the suites that take minutes to hours, one after the other, each of which has a target of its own, too.
#
#   test/check_long.sh [PART ...]      all of them, or these
#
# A line for each part, with its count and the time it took; what it wrote is in build/check-long/PART. The last line is the
# count of all.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
logs=$root/build/check-long
passed=0
failed=0

parts=("$@")
((${#parts[@]})) || parts=(attacks asan tsan ubsan memory disk arm package readme assert versions valgrind crash sqlsmith)
mkdir -p "$logs"
for part in "${parts[@]}"; do
    start=$SECONDS
    make -C "$root" --no-print-directory "check-$part" >"$logs/$part.log" 2>&1 || true
    counted=$(tail -n 5 "$logs/$part.log" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed.*$/\1 \2/p')
    # What did not count anything failed.
    : "${counted:=0 1}"
    passed=$((passed + ${counted% *}))
    failed=$((failed + ${counted#* }))
    printf '%-10s %5d passed, %d failed %8d s   (build/check-long/%s.log)\n' "$part" "${counted% *}" "${counted#* }" $((SECONDS - start)) "$part"
done
echo "$passed passed, $failed failed"
((failed == 0))
