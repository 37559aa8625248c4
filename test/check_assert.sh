#!/usr/bin/env bash
# `make check-assert`: `make check` on a PostgreSQL with assertions (test/assert_server.sh), in a copy of the tree, since what is
# compiled for it fits no other server. CHECK, TESTS, TAP and WERROR as for test/check.sh, but that CHECK is regress,isolation.
set -euo pipefail

cd "$(dirname "$0")/.."
PG_CONFIG=$(test/assert_server.sh)
export PG_CONFIG CHECK=${CHECK:-regress,isolation}
tree=build/assert-tree
mkdir -p "$tree"
# What is gone from here must go there, too; what was compiled there stays.
find "$tree" -path "$tree/build" -prune -o -type f ! -name '*.[od]' ! -name '*.so' -exec rm {} +
git ls-files -z --cached --others --exclude-standard --deduplicate |
    tar --create --null --files-from - --ignore-failed-read 2>/dev/null | tar --extract --directory "$tree"
exec "$tree/test/check.sh"
