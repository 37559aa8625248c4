#!/usr/bin/env bash
# `make check-attacks`: what one role may try against the models of another (test/t/031_mallory.pl, 033_owner_races.pl).
set -euo pipefail

# shellcheck source=test/long/common.sh
source "$(dirname "$0")/common.sh"
suite attacks
run_check "$long_root" CHECK=tap TAP="031_mallory 033_owner_races" CHECK_LOGS=check-long/attacks/check
