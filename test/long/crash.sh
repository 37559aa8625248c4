#!/usr/bin/env bash
# `make check-crash`: the server killed CRASHES (200) times under traffic, during trainings, activations, bulk loads and builds of
# indexes (test/t/005_live_crash.pl).
set -euo pipefail

# shellcheck source=test/long/common.sh
source "$(dirname "$0")/common.sh"
suite crash
run_check "$long_root" CHECK=tap TAP=005_live_crash LIVE_CRASHES="${CRASHES:-200}" CHECK_LOGS=check-long/crash/check
