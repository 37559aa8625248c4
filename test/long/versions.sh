#!/usr/bin/env bash
# `make check-versions`: every suite on the PostgreSQL of Debian 12, 13 and sid, each in a system of its own, and models carried from
# one of them to another by pg_upgrade and by dumps. Needs root, or sudo without a password, for chroot; nothing stays mounted.
#
#   VERSIONS="15 17 18"     which of them, and carried between any two of these
#   VERSION_ROOTS=DIR       where the systems are kept (~/.cache/holomamba/roots), 2 to 3 GB each: made where they are missing, in 3 minutes
#   CARRIED=no              nothing is carried
#   CHECK, TESTS, TAP, WERROR   as for test/check.sh, but that CHECK=none runs no suite, and that warnings are errors
#
# A line for each version and each pair, with its count; what was written is in build/check-long/versions. The last line is the count of all.
set -euo pipefail

cd "$(dirname "$0")/../.."
: "${VERSIONS:=15 17 18}" "${VERSION_ROOTS:=${XDG_CACHE_HOME:-$HOME/.cache}/holomamba/roots}"
: "${CHECK:=unit,fuzz,regress,isolation,tap,style}" "${WERROR=-Werror}" "${CARRIED:=yes}"
declare -A release_of=([15]=bookworm [17]=trixie [18]=sid)
for version in $VERSIONS; do
    [[ ${release_of[$version]:-} ]] || { echo "no release of Debian is known to have PostgreSQL $version: ${!release_of[*]}" >&2 && exit 2; }
done

if [[ $(id -u) != 0 ]]; then
    sudo -n true 2>/dev/null || { echo 'make check-versions works in systems of its own, for which it has to be root' >&2 && exit 1; }
    # Root builds in copies of the tree; the logs are given back at the end.
    status=0
    sudo env VERSIONS="$VERSIONS" VERSION_ROOTS="$VERSION_ROOTS" CHECK="$CHECK" WERROR="$WERROR" CARRIED="$CARRIED" TESTS="${TESTS:-}" TAP="${TAP:-}" test/long/versions.sh ||
        status=$?
    sudo chown -R "$(id -u):$(id -g)" build/check-long
    exit "$status"
fi

# shellcheck source=test/long/common.sh
source test/long/common.sh
suite versions
mkdir -p "$VERSION_ROOTS"
roots=$(cd "$VERSION_ROOTS" && pwd)

# Where this machine has Debian's packages from.
mirror() {
    local uri
    # shellcheck disable=SC2016 # $(...) is apt's own
    uri=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null | sed -n 's/^Debian Debian //p' | head -n 1)
    echo "${uri:-http://deb.debian.org/debian}"
}

# A command in a system. Mounts, processes and shared memory are those of a namespace, and go with the command.
inside() {
    local root=$1
    shift
    # shellcheck disable=SC2016 # $1 and "$@" are those of the inner shell
    unshare --mount --pid --ipc --fork --kill-child bash -c '
        set -eu
        root=$1
        shift
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
            ${http_proxy:+http_proxy="$http_proxy"} "$@"' inside "$root" "$@" </dev/null
}

# Makes the system of a version, where there is none yet, and installs there what the suites need.
make_root() {
    local version=$1 release=${release_of[$1]}
    local root=$roots/$release
    if [[ ! -d $root ]]; then
        rm -rf "$root.new"
        debootstrap --variant=minbase "$release" "$root.new" "$(mirror)"
        mkdir -p "$root.new/etc/postgresql-common/createcluster.d"
        echo 'create_main_cluster = false' >"$root.new/etc/postgresql-common/createcluster.d/check_versions.conf"
        # A mirror may hold a snapshot of sid, whose lists are soon out of date.
        echo 'Acquire::Check-Valid-Until "false";' >"$root.new/etc/apt/apt.conf.d/check_versions"
        # In its place in one step: what broke off looks like no system.
        mv "$root.new" "$root"
    fi
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/" || true
    copy_sources "$root/holomamba"
    inside "$root" env PG_MAJOR="$version" /holomamba/test/install_deps.sh
}

# The count that a log ends with is added to ours.
counted() {
    local what=$1 log=$2 start=$3 count
    count=$(tail -n 5 "$log" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p')
    if [[ -z $count ]]; then
        tail -n 30 "$log"
        count='0 1'
    fi
    long_passed=$((long_passed + ${count% *}))
    long_failed=$((long_failed + ${count#* }))
    grep -E '^not ok|FAILED' "$log" | head -n 40 || true
    printf '%-28s %5d passed, %d failed %6d s   (%s)\n' "$what" "${count% *}" "${count#* }" $((SECONDS - start)) "${log#"$long_root/"}"
}

check_version() {
    local version=$1 start=$SECONDS root=$roots/${release_of[$1]} log=$long_logs/$1.log
    if ! make_root "$version" >"$long_logs/$version.root.log" 2>&1; then
        not_ok "PostgreSQL $version: a system of its own"
        tail -n 20 "$long_logs/$version.root.log"
        return
    fi
    if [[ $CHECK == none ]]; then
        inside "$root" make -C /holomamba -j"$(nproc)" WERROR="$WERROR" PG_CONFIG="/usr/lib/postgresql/$version/bin/pg_config" >"$log" 2>&1 &&
            echo '1 passed, 0 failed' >>"$log" || echo '0 passed, 1 failed' >>"$log"
    else
        inside "$root" env PG_MAJOR="$version" CHECK="$CHECK" TESTS="${TESTS:-}" TAP="${TAP:-}" \
            make -C /holomamba --no-print-directory check WERROR="$WERROR" >"$log" 2>&1 || true
    fi
    [[ ! -d $root/holomamba/build/check ]] || cp -R "$root/holomamba/build/check" "$long_logs/$version"
    counted "PostgreSQL $version, ${release_of[$version]}" "$log" "$start"
}

# In the system of the newer version, which gets the server of the older one, and what has been built for that.
carry() {
    local old=$1 new=$2 start=$SECONDS
    local log=$long_logs/$old-$new.log root=$roots/${release_of[$2]} built=$roots/${release_of[$1]}/holomamba
    if [[ ! -e $built/holomamba.so ]]; then
        not_ok "PostgreSQL $old to $new: nothing has been built for $old"
        return
    fi
    rm -rf "$root/holomamba.$old"
    mkdir -p "$root/holomamba.$old/build" "$root/holomamba.$old/test"
    cp -R "$built"/{holomamba.so,holomamba.control,extension} "$root/holomamba.$old/"
    cp "$built"/build/*.sql "$root/holomamba.$old/build/"
    cp "$built/test/server.sh" "$built/test/pg_major.sh" "$root/holomamba.$old/test/"
    echo "deb $(mirror) ${release_of[$old]} main" >"$root/etc/apt/sources.list.d/${release_of[$old]}.list"
    inside "$root" sh -c "test -e /usr/lib/postgresql/$old/bin/postgres || { apt-get -q update && apt-get -q -y --no-install-recommends install postgresql-$old; }" \
        >"$log" 2>&1 || true
    inside "$root" /holomamba/test/versions/carry.sh "$old" "$new" >>"$log" 2>&1 || true
    counted "PostgreSQL $old to $new" "$log" "$start"
}

command -v debootstrap >/dev/null || apt-get -q -y install --no-install-recommends debootstrap >"$long_logs/debootstrap.log" 2>&1 ||
    { apt-get -q update && apt-get -q -y install --no-install-recommends debootstrap; } >>"$long_logs/debootstrap.log" 2>&1
for version in $VERSIONS; do
    check_version "$version"
done
[[ $CARRIED != no ]] || exit 0
for new in $VERSIONS; do
    for old in $VERSIONS; do
        ((old >= new)) || carry "$old" "$new"
    done
done
