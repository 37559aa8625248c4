#!/usr/bin/env bash
# `make check-assert`: `make check` on a PostgreSQL with assertions (test/assert_server.sh), in a copy of the tree, since what is
# compiled for it fits no other server. CHECK, TESTS, TAP and WERROR as for test/check.sh, but that CHECK is regress,isolation.
set -euo pipefail

cd "$(dirname "$0")/.."
PG_CONFIG=$(test/assert_server.sh)
export PG_CONFIG CHECK=${CHECK:-regress,isolation}
# shellcheck source=test/long/common.sh
source test/long/common.sh
tree=$long_root/build/assert-tree
copy_sources "$tree"
exec "$tree/test/check.sh"
