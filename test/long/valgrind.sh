#!/usr/bin/env bash
# `make check-valgrind`: the regression suite on a server under valgrind. Every error with a frame of the extension counts, and every
# invalid access, whoever makes it. TESTS chooses files of test/sql (all).
set -euo pipefail

# shellcheck source=test/long/common.sh
source "$(dirname "$0")/common.sh"
suite valgrind
"$long_root/test/install_deps.sh" long

# Everyone may write there: the server does not run as root.
mkdir -m 1777 "$long_logs/processes"
export PGCTLTIMEOUT=600
under="valgrind --quiet --trace-children=yes --leak-check=no --error-limit=no --num-callers=40"
make_check "$long_root" CHECK=regress TESTS="${TESTS:-}" CHECK_LOGS=check-long/valgrind/check \
    SERVER_UNDER="$under --suppressions=$long_root/test/long/valgrind.supp --log-file=$long_logs/processes/%p"

# Results are those of a slow machine.
for result in "$long_logs"/check/regress/results/*.out; do
    name=$(basename "$result")
    diff <(sed -E 's/[0-9]+\.[0-9]+ s$/- s/' "$long_root/test/expected/$name") <(sed -E 's/[0-9]+\.[0-9]+ s$/- s/' "$result") >"$long_logs/$name.diff" || true
    none "${name%.out}" <"$long_logs/$name.diff"
done
holds 'the server ran under valgrind' test -n "$(ls "$long_logs/processes")"
perl "$long_root/test/long/valgrind.pl" "$long_logs"/processes/* >"$long_logs/errors"
none 'no error of the extension, no invalid access' <"$long_logs/errors"
