#!/usr/bin/env bash
# `make check-ubsan`: the regression and isolation suites, random traffic and sessions on an index (CHECK and TAP say otherwise),
# on an extension that reports every undefined operation. It is built in a copy of the tree, build/ubsan-tree, which is kept for
# the next time. (Unit tests have the same in `make check-asan`.)
set -euo pipefail

# shellcheck source=test/long/common.sh
source "$(dirname "$0")/common.sh"
suite ubsan

tree=$long_root/build/ubsan-tree
copy_sources "$tree"

# Every place is reported once a process, with the calls that led there.
export UBSAN_OPTIONS=print_stacktrace=1
run_check "$tree" CHECK="${CHECK:-regress,isolation,tap}" TAP="${TAP:-004_live_random 012_index 040_odd_arguments}" SANITIZE=undefined
rm -rf "$long_logs/check"
cp -R "$tree/build/check" "$long_logs/"
{ grep -rhoE '[^ ]+:[0-9]+:[0-9]+: runtime error: .*' "$long_logs" || true; } | sort | uniq -c | sort -rn | none 'no undefined operation'
