#!/usr/bin/env bash
# `make check-arm`: the core and its unit tests for 64-bit ARM, run by qemu, with and without FFTW, and the extension compiled and linked
# for that machine, against Debian's headers for it.
#
# Builds in build/arm-tree.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=test/long/common.sh
source test/long/common.sh
suite arm

# shellcheck source=test/pg_major.sh
source test/pg_major.sh
root=$long_root/build/arm-root
tree=$long_root/build/arm-tree
compilers=(CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++)
jobs=$(nproc)

test/install_deps.sh arm
test/arm_packages.sh "$root" "postgresql-server-dev-$PG_MAJOR" "postgresql-client-$PG_MAJOR" libfftw3-dev libfftw3-single3
copy_sources "$tree"

# Of this machine's pg_config the paths, below those of the other's.
cat >"$long_logs/pg_config" <<PG_CONFIG
#!/bin/sh
answer=\$(/usr/lib/postgresql/$PG_MAJOR/bin/pg_config "\$@") || exit
case \$answer in /*) answer=$root\$answer ;; esac
echo "\$answer"
PG_CONFIG
chmod +x "$long_logs/pg_config"

builds() {
    make -C "$tree" -j"$jobs" "${compilers[@]}" WERROR=-Werror "$@" >"$long_logs/build.log" 2>&1 || {
        tail -n 20 "$long_logs/build.log"
        return 1
    }
}

# Counted test by test.
unit_tests() {
    local report=$long_logs/unit.xml suites failures
    QEMU_LD_PREFIX=/usr/aarch64-linux-gnu LD_LIBRARY_PATH=$root/usr/lib/aarch64-linux-gnu qemu-aarch64-static \
        "$tree/build/unit_tests" --gtest_brief=1 --gtest_output="xml:$report" || true
    if suites=$(grep -s '<testsuites tests="[0-9]*" failures="[0-9]*"' "$report"); then
        failures=$(cut -d '"' -f 4 <<<"$suites")
        long_failed=$((long_failed + failures))
        long_passed=$((long_passed + $(cut -d '"' -f 2 <<<"$suites") - failures))
    else
        not_ok "unit tests run, $1"
    fi
    rm -f "$report"
}

if builds FFTW=no build/unit_tests; then
    unit_tests 'FFTW=no'
else
    not_ok 'unit tests are built, FFTW=no'
fi
if builds CPPFLAGS="-I$root/usr/include" LDFLAGS="-L$root/usr/lib/aarch64-linux-gnu" build/unit_tests; then
    unit_tests 'FFTW=yes'
else
    not_ok 'unit tests are built, FFTW=yes'
fi
holds 'the extension is built' builds FFTW=no PG_CONFIG="$long_logs/pg_config" all
{ file "$tree/holomamba.so" | grep -v 'shared object, ARM aarch64' || true; } | none 'it is for 64-bit ARM'
