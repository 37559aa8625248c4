# shellcheck shell=bash
# What the long suites have in common. A suite sources this, calls `suite NAME`, and then says what became of each check. Its
# last line is the count, and everything that its servers and tests wrote lies in build/check-long/NAME.

long_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
long_passed=0
long_failed=0
# What stands after a pipe counts here, and not in a shell of its own.
shopt -s lastpipe

suite() {
    long_logs=$long_root/build/check-long/$1
    rm -rf "$long_logs"
    mkdir -p "$long_logs"
    exec 4>&1
    trap suite_ends EXIT
}

# However it ends: broken off is one more failure.
suite_ends() {
    local status=${1:-$?}
    ((status == 0)) || not_ok "the suite ran to its end ($status)"
    echo "$long_passed passed, $long_failed failed" >&4
    ((long_failed == 0 && long_passed > 0)) || exit 1
}

ok() {
    long_passed=$((long_passed + 1))
    echo "ok - $1"
}

not_ok() {
    long_failed=$((long_failed + 1))
    echo "not ok - $1"
}

# A command that has to succeed.
holds() {
    local what=$1
    shift
    if "$@"; then ok "$what"; else not_ok "$what"; fi
}

# What offends is read from standard input; some of it is shown.
none() {
    local offenders
    mapfile -t offenders
    if ((${#offenders[@]} == 0)); then
        ok "$1"
    else
        not_ok "$1"
        printf '    %s\n' "${offenders[@]:0:40}"
        ((${#offenders[@]} <= 40)) || echo "    ... ${#offenders[@]} in all"
    fi
}

# Makes a folder below build/ a copy of the sources, in which something else is built. What has not changed there stays as old as
# it is, and so does what was built of it.
copy_sources() {
    local tree=$1 new=$1.new file
    rm -rf "$new"
    mkdir -p "$tree" "$new"
    tar -C "$long_root" --exclude=./build --exclude=./.git --exclude='*.o' --exclude='*.d' --exclude='*.so' -c . | tar -C "$new" -x
    (cd "$tree" && find . -path ./build -prune -o -type f ! -name '*.[od]' ! -name '*.so' -print) | while read -r file; do
        [[ -e $new/$file ]] || rm "$tree/$file"
    done
    (cd "$new" && find . -type f) | while read -r file; do
        cmp -s "$new/$file" "$tree/$file" || install -D -m "$(stat -c %a "$new/$file")" "$new/$file" "$tree/$file"
    done
    rm -rf "$new"
}

# Runs `make check` as the arguments say (variables, for env), in a tree.
make_check() {
    local tree=$1
    shift
    env "$@" make -C "$tree" --no-print-directory check >"$long_logs/check.log" 2>&1 || true
}

# The same, and its count is added to ours.
run_check() {
    local counted log=$long_logs/check.log
    make_check "$@"
    counted=$(tail -n 5 "$log" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p')
    if [[ -z $counted ]]; then
        not_ok "make check counted"
        tail -n 30 "$log"
        return
    fi
    long_passed=$((long_passed + ${counted% *}))
    long_failed=$((long_failed + ${counted#* }))
    grep -E '^(not ok|test .*FAILED)|^== ' "$log" || true
}

# Where a server died, or one of its processes.
server_deaths() {
    grep -rhE 'terminated by signal|PANIC:|server process .* was terminated|TRAP:' "$@" || true
}
