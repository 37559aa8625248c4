#!/usr/bin/env bash
# Runs unit tests that were built with a sanitizer, and counts: test/check_sanitized.sh build/asan/unit_tests
set -euo pipefail

report=$1.xml
rm -f "$report"
# Where nothing else is asked of it, a test ends at the first report.
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1} TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1}
"$1" --gtest_brief=1 --gtest_output="xml:$report" || true
if suites=$(grep -s '<testsuites tests="[0-9]*" failures="[0-9]*"' "$report"); then
    failures=$(cut -d '"' -f 4 <<<"$suites")
    echo "$(($(cut -d '"' -f 2 <<<"$suites") - failures)) passed, $failures failed"
    ((failures == 0))
else
    echo '0 passed, 1 failed'
    exit 1
fi
