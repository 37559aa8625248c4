#!/usr/bin/env bash
# `make check-memory`: memory that is exhausted, and threads that cannot be started (test/long/memory.pl).
set -euo pipefail

# shellcheck source=test/long/common.sh
source "$(dirname "$0")/common.sh"
suite memory
run_check "$long_root" CHECK=tap TAP=long/memory CHECK_LOGS=check-long/memory/check
