#!/usr/bin/env bash
# `make check`: builds the extension and runs every test, on a throw-away server (test/server.sh).
#
#   CHECK=unit,fuzz,regress,isolation,tap,style   which kinds of tests to run (all)
#   TESTS="hrr state"                             which files of test/sql to run (all)
#   TAP="001_cancel"                              which files of test/t to run (all); long/memory: one of test/long
#   WERROR=-Werror                                warnings are errors, as in CI
#   CHECK_LOGS=check-long/ubsan                   where below build/ to leave what the tests wrote (check)
#
# What the tests wrote is left in build/check. The last line is the count of what passed and what failed.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
kept=$root/build/${CHECK_LOGS:-check}
kinds=,${CHECK:-unit,fuzz,regress,isolation,tap,style},
passed=0
failed=0
section=

chosen() {
    [[ $kinds == *,$1,* ]]
}

count() {
    passed=$((passed + $1))
    failed=$((failed + $2))
}

# Ends a section of the output with the time it took, and begins another.
begin() {
    [[ -z $section ]] || echo "== $section: $((SECONDS - section_start)) s"
    section=$1
    section_start=$SECONDS
    [[ -z $section ]] || echo "== $section"
}

# However the script ends, even broken off, which is one more failure.
finish() {
    local status=$?
    set +e
    exec >&3
    ((status == 0)) || count 0 1
    begin ''
    [[ -z $server_base ]] || keep_output
    server_cleanup
    echo "$passed passed, $failed failed"
    ((failed == 0 && passed > 0)) || exit 1
}

keep_output() {
    local file
    for file in server.log regress isolation; do
        [[ ! -e $server_work/$file ]] || cp -R "$server_work/$file" "$kept/"
    done
    for file in "$server_work"/tap/*/tmp_check/log/*; do
        [[ ! -f $file ]] || install -D -m 644 "$file" "$kept/tap/${file#"$server_work/tap/"}"
    done
}

unit() {
    local report=$kept/unit.xml suites failures
    server_run "$root/build/unit_tests" --gtest_brief=1 --gtest_output="xml:$report" || true
    if suites=$(grep -s '<testsuites tests="[0-9]*" failures="[0-9]*"' "$report"); then
        failures=$(cut -d '"' -f 4 <<<"$suites")
        count $(($(cut -d '"' -f 2 <<<"$suites") - failures)) "$failures"
    else
        count 0 1
    fi
}

# What fuzzing found worth keeping, with the input functions under sanitizers.
fuzz() {
    if server_build build/fuzz/replay >"$kept/fuzz_build.log" 2>&1 && server_run "$root/build/fuzz/replay" "$root/test/fuzz/corpus"; then
        count 1 0
    else
        tail -n 30 "$kept/fuzz_build.log"
        count 0 1
    fi
}

# The server's user gets a copy of the tests and their data that it can read and write.
start_server() {
    server_prepare
    cp -R "$root/test" "$root/examples" "$server_work/"
    chown -R "$(stat -c %u "$server_work")" "$server_work"/{test,examples}
    server_start max_prepared_transactions=10
    harness=$(dirname "$("$PG_CONFIG" --pgxs)")/../test
}

# The names of the files with one ending in a folder, sorted.
names() {
    [[ ! -d $root/test/$1 ]] || find "$root/test/$1" -maxdepth 1 -name "*.$2" -printf '%f\n' | sed "s/\.$2\$//" | sort
}

# Runs pg_regress, or its sibling for isolation tests, and counts.
run_regress() {
    local program=$1 input=$server_work/$2 output=$server_work/$3 name failures
    shift 3
    (($# > 0)) || return 0
    as_server_user mkdir -p "$output" "$input/expected"
    # A new test, of which nothing is expected yet, must not end the run of the others.
    for name; do
        [[ -e $input/expected/$name.out ]] || as_server_user touch "$input/expected/$name.out"
    done
    if server_run "${server_as[@]}" "$harness/$program" --bindir "$server_bin" --inputdir "$input" \
        --outputdir "$output" --host "$server_work" --port 5432 --user postgres --dbname contrib_regression \
        --load-extension holomamba "$@"; then
        count $# 0
    else
        cat "$output/regression.diffs" 2>/dev/null || true
        # Where it names no test that failed, none was run.
        failures=$(grep -cE '^(test .* FAILED|not ok )' "$output/regression.out") || failures=$#
        count $(($# - failures)) "$failures"
    fi
}

regress() {
    local tests
    mapfile -t tests < <(if [[ ${TESTS:-} ]]; then xargs -n 1 <<<"$TESTS"; else names sql sql; fi)
    run_regress regress/pg_regress test regress "${tests[@]}"
}

isolation() {
    local specs
    mapfile -t specs < <(names isolation/specs spec)
    run_regress isolation/pg_isolation_regress test/isolation isolation "${specs[@]}"
}

# Each file starts servers of its own. tini reaps those that a test kills: one that is still a zombie cannot be started
# again.
tap() {
    local name file result start
    for name in ${TAP:-$(names t pl)}; do
        start=$SECONDS
        file=test/t/$name.pl
        # Those of another folder are only run where they are asked for.
        [[ $name != */* ]] || file=test/$name.pl
        name=${name##*/}
        as_server_user mkdir -p "tap/$name"
        # Since 16 the folders of data and of logs have names of their own.
        if server_run "${server_as[@]}" TESTDIR="$server_work/tap/$name" TESTDATADIR="$server_work/tap/$name/tmp_check" \
            TESTLOGDIR="$server_work/tap/$name/tmp_check/log" PG_REGRESS="$harness/regress/pg_regress" \
            tini -s -g -- prove -v -I "$harness/perl" -I test/t "$file" >"$kept/tap_$name.log" 2>&1; then
            result=ok
            count 1 0
        else
            result='FAILED (more in build/check/tap)'
            count 0 1
            cat "$kept/tap_$name.log"
        fi
        printf 'test %-28s ... %s %8d s\n' "$name" "$result" $((SECONDS - start))
    done
}

style() {
    local results=$kept/style.log
    createdb style
    server_psql -q -d style -c 'CREATE EXTENSION holomamba' || true
    PGDATABASE=style "$root/test/check_style.sh" public_rights >"$kept/public_rights.txt" || true
    { PGDATABASE=style "$root/test/check_style.sh" || echo 'not ok - these checks broke off'; } | tee "$results"
    count "$(grep -c '^ok ' "$results")" "$(grep -c '^not ok ' "$results")"
}

"$root/test/install_deps.sh"
# shellcheck source=test/server.sh
source "$root/test/server.sh"
exec 3>&1
trap finish EXIT
rm -rf "$kept"
mkdir -p "$kept"

begin build
server_build all
if chosen unit; then
    server_build build/unit_tests
    begin unit
    unit
fi
if chosen fuzz; then
    begin fuzz
    fuzz
fi
if [[ $kinds =~ ,(regress|isolation|tap|style), ]]; then
    begin server
    start_server
fi
if chosen regress; then
    begin regress
    regress
fi
if chosen isolation; then
    begin isolation
    isolation
fi
if chosen tap; then
    begin tap
    tap
fi
if chosen style; then
    begin style
    style
fi
