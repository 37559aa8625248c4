# shellcheck shell=bash
# A throw-away PostgreSQL server for the tests, the demo and the benches. Source it in bash, under `set -euo pipefail`:
#
#   server_build [TARGET ...]      compile the extension (make)
#   server_prepare                 a private copy of the server's installation, with the extension in it
#   server_start [NAME=VALUE ...]  a new cluster in it, with these settings, started
#   server_psql [ARGUMENT ...]     psql on it, as superuser
#   server_stop [MODE]             stop it (fast)
#   server_keep [DATABASE]         leave it running when the script ends, and say how to use and how to stop it
#
# After server_start the environment (PATH, PGHOST, PGUSER, ...) leads every client there. It listens on no port, only
# on a socket that nobody else can reach. The machine's own clusters and installation are never touched. Everything is
# removed when the script ends, after Ctrl-C too: the traps for EXIT, HUP, INT, PIPE and TERM are taken.
#
# PG_CONFIG names the installation to copy; without it, Debian's of major version PG_MAJOR (test/pg_major.sh). PostgreSQL refuses to
# run as root: there the server's processes belong to SERVER_USER (postgres). SERVER_UNDER is a command to run servers with, such
# as valgrind.

server_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
server_base=
server_step=

# The caller's own PGHOST, PGUSER, PGOPTIONS and the like must not lead anywhere else. PG_CONFIG and PG_MAJOR stay.
for server_variable in "${!PG@}"; do
    [[ $server_variable == PG_* ]] || unset "$server_variable"
done
export LC_ALL=C.UTF-8
# shellcheck source=test/pg_major.sh
source "$server_root/test/pg_major.sh"
export PG_CONFIG=${PG_CONFIG:-/usr/lib/postgresql/$PG_MAJOR/bin/pg_config}

trap server_cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

server_die() {
    echo "$1" >&2
    exit 1
}

# Runs a long command (a program, not a function) so that a signal to this script ends it at once, with every process
# that it started: bash alone would wait for it first.
server_run() {
    local status=0
    setsid env --default-signal=INT,QUIT "$@" <&0 &
    server_step=$!
    wait "$server_step" || status=$?
    server_step=
    return "$status"
}

server_build() {
    server_run make -C "$server_root" --no-print-directory -j"$(nproc)" PG_CONFIG="$PG_CONFIG" "$@"
}

# server_as is what must stand before a command for it to run as the server's user, in server_work, which is the only
# place that this user is sure to be able to read.
as_server_user() {
    "${server_as[@]}" "$@"
}

server_prepare() {
    local user=() owner parent=${TMPDIR:-/tmp}
    owner=$(id -un)
    if [[ $(id -u) == 0 ]]; then
        owner=${SERVER_USER:-postgres}
        id "$owner" >/dev/null || server_die 'PostgreSQL does not run as root: set SERVER_USER to a user that it may run as'
        user=(setpriv --reuid "$owner" --regid "$(id -g "$owner")" --init-groups)
    fi
    # A socket's path has room for 107 bytes, and the TAP tests break at a blank.
    if ((${#parent} > 60)) || [[ $parent == *" "* ]] || ! "${user[@]}" test -x "$parent"; then
        parent=/tmp
    fi
    server_base=$(mktemp -d "$parent/holomamba.XXXXXX")
    server_work=$server_base/work
    server_as=("${user[@]}" env --chdir "$server_work" HOME="$server_work" TMPDIR="$server_work")
    chmod 755 "$server_base"
    mkdir -m 700 "$server_work"
    chown "$owner" "$server_work"
    server_bin=$server_base$("$PG_CONFIG" --bindir)
    export PATH=$server_bin:$PATH
    (umask 022 && server_copy && server_install)
}

# PostgreSQL finds its libraries and its extensions from where its own file lies. So the programs are copied, under the
# same path below server_base, and what they look for there may be links.
server_copy() {
    local bin lib share
    bin=$("$PG_CONFIG" --bindir)
    lib=$("$PG_CONFIG" --pkglibdir)
    share=$("$PG_CONFIG" --sharedir)
    mkdir -p "$server_bin" "$server_base$lib" "$server_base$share/extension"
    cp "$bin"/{postgres,initdb,psql,createdb,dropdb,vacuumdb,pgbench,pg_*} "$server_bin/"
    ln -s "$lib"/* "$server_base$lib/"
    find "$share" -mindepth 1 -maxdepth 1 ! -name extension -exec ln -s -t "$server_base$share" {} +
    ln -s "$share"/extension/* "$server_base$share/extension/"
    [[ $("$server_bin/pg_config" --sharedir) == "$server_base$share" ]] ||
        server_die "this PostgreSQL cannot be copied: its programs do not look for $share beside themselves"
    # A signal in its first second would leave shared memory behind: out of the group that server_run ends.
    mv "$server_bin/initdb" "$server_bin/initdb.real"
    cat >"$server_bin/initdb" <<INITDB
#!/bin/sh
exec setsid -w '$server_bin/initdb.real' "\$@"
INITDB
    chmod 755 "$server_bin/initdb"
    [[ -z ${SERVER_UNDER:-} ]] || server_wrap
}

# What initdb starts, and what only tells its version, runs as it is.
server_wrap() {
    mv "$server_bin/postgres" "$server_bin/postgres.real"
    cat >"$server_bin/postgres" <<POSTGRES
#!/bin/sh
[ "\$1" != -D ] || exec $SERVER_UNDER '$server_bin/postgres.real' "\$@"
exec '$server_bin/postgres.real' "\$@"
POSTGRES
    chmod 755 "$server_bin/postgres"
}

server_install() {
    local lib share
    lib=$server_base$("$PG_CONFIG" --pkglibdir)
    share=$server_base$("$PG_CONFIG" --sharedir)/extension
    # If the machine has the extension installed, there are links to it here.
    rm -f "$lib"/holomamba.so "$share"/holomamba{.control,--*.sql}
    install -m 755 "$server_root/holomamba.so" "$lib/"
    install -m 644 "$server_root/holomamba.control" "$server_root"/build/holomamba--*.sql "$share/"
    find "$server_root/extension" -name '*.sql' -exec install -m 644 -t "$share" {} +
}

server_start() {
    local setting
    as_server_user initdb --pgdata data --username postgres --auth trust --encoding UTF8 --locale C.UTF-8 --no-sync \
        >"$server_base/initdb.log" 2>&1 || server_die "$(<"$server_base/initdb.log")"
    for setting in listen_addresses= unix_socket_directories="$server_work" timezone=UTC log_timezone=UTC "$@"; do
        printf "%s = '%s'\n" "${setting%%=*}" "${setting#*=}"
    done | as_server_user tee -a data/postgresql.conf >/dev/null
    as_server_user pg_ctl start --pgdata data --log server.log --silent >/dev/null ||
        server_die "the server did not start: $(tail -n 20 "$server_work/server.log")"
    export PGHOST=$server_work PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
}

server_stop() {
    as_server_user pg_ctl stop --pgdata data --mode "${1:-fast}" --silent
}

server_psql() {
    psql -X -v ON_ERROR_STOP=1 "$@"
}

server_keep() {
    cat >"$server_base/stop" <<STOP
#!/bin/sh
# Stops this server and removes it.
$(printf '%q ' "${server_as[@]}" "$server_bin/pg_ctl" stop --pgdata data --mode fast --silent)
$(printf '%q ' rm -rf "$server_base")
STOP
    chmod 755 "$server_base/stop"
    echo "The server goes on running."
    echo "    connect:          $server_bin/psql -h $server_work -U postgres ${1:-postgres}"
    echo "    stop and remove:  $server_base/stop"
    server_base=
}

# Ends every server that was left below server_work, those of the TAP tests too.
server_sweep() {
    local file data tries=100
    while grep -qF "$server_bin/initdb" < <(readlink /proc/[0-9]*/exe) && ((tries--)); do sleep 0.1; done
    find "$server_work" -name postmaster.pid | while read -r file; do
        data=${file%/*}
        as_server_user pg_ctl stop --pgdata "$data" --mode immediate --timeout 10 --silent </dev/null && continue
        # Killed with no time to clean up: its shared memory goes when the data directory is next opened.
        rm -f "$file"
        as_server_user postgres --single -D "$data" template1 </dev/null
    done >/dev/null 2>&1
}

server_end_step() {
    local tries=50
    kill -TERM -- "-$server_step" 2>/dev/null || true
    while kill -0 -- "-$server_step" 2>/dev/null && ((tries--)); do sleep 0.1; done
    kill -KILL -- "-$server_step" 2>/dev/null || true
}

server_cleanup() {
    trap '' HUP INT PIPE TERM
    set +e
    [[ -z $server_step ]] || server_end_step
    if [[ -n $server_base ]]; then
        server_sweep
        rm -rf "$server_base"
        server_base=
    fi
}
