#!/usr/bin/env bash
# `make check-ubsan`: the unit, regression and isolation suites and the random traffic on an extension that reports every
# undefined operation. It is built in a copy of the tree, build/ubsan-tree, which is kept for the next time.
set -euo pipefail

# shellcheck source=test/long/common.sh
source "$(dirname "$0")/common.sh"
suite ubsan

tree=$long_root/build/ubsan-tree
copy_sources "$tree"

# Every place is reported once a process, with the calls that led there.
export UBSAN_OPTIONS=print_stacktrace=1
run_check "$tree" CHECK=unit,regress,isolation,tap TAP="004_live_random 012_index" SANITIZE=undefined
rm -rf "$long_logs/check"
cp -R "$tree/build/check" "$long_logs/"
{ grep -rhoE '[^ ]+:[0-9]+:[0-9]+: runtime error: .*' "$long_logs" || true; } | sort | uniq -c | sort -rn | none 'no undefined operation'
