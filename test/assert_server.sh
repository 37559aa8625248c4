#!/usr/bin/env bash
# A PostgreSQL with assertions, from Debian's source package: prints the path of its pg_config.
#
#   test/assert_server.sh          builds it, where it is not there yet (10 minutes on 2 cores)
#
# ASSERT_SERVER is where it is kept (build/assert-server), PG_MAJOR the major version (test/pg_major.sh), JOBS how many compilers run.
# The machine's own package sources and its packages stay as they are: apt is given a configuration of our own.
set -euo pipefail

# shellcheck source=test/pg_major.sh
source "${BASH_SOURCE[0]%/*}/pg_major.sh"
home=${ASSERT_SERVER:-$(cd "$(dirname "$0")/.." && pwd)/build/assert-server}
prefix=$home/$PG_MAJOR

# Standard output is for the answer alone.
exec 3>&1 >&2

if [[ -x $prefix/bin/pg_config ]]; then
    echo "$prefix/bin/pg_config" >&3
    exit 0
fi

mkdir -p "$home"
home=$(cd "$home" && pwd)
prefix=$home/$PG_MAJOR
work=$home/work.$PG_MAJOR
rm -rf "$work"
mkdir -p "$work"/{lists/partial,archives/partial,source,build}

# deb-src of every part of Debian that the machine takes its packages from.
# shellcheck disable=SC2016 # $(...) is apt's own
apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | sort -u |
    while read -r origin uri release component; do
        [[ $origin != Debian ]] ||
            echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $release $component"
    done >"$work/sources.list"
[[ -s $work/sources.list ]] || { echo 'apt knows no repository of Debian: run apt-get update first' >&2 && exit 1; }

private=(-q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists"
    -o Dir::Cache::archives="$work/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    -o APT::Sandbox::User="$(id -un)")
apt-get "${private[@]}" update
# The newest that can be had: a mirror may list what it no longer, or not yet, holds.
for version in $(apt-cache "${private[@]}" showsrc "postgresql-$PG_MAJOR" | sed -n 's/^Version: //p' | sort -Vru); do
    ! (cd "$work/source" && apt-get "${private[@]}" --download-only source "postgresql-$PG_MAJOR=$version") || break
    rm -rf "$work/source"/*
done
dpkg-source --no-check -x "$work"/source/*.dsc "$work/source/tree"

# What Debian's has and is there to build with; the rest changes nothing that the tests look at.
options=(--enable-cassert --enable-debug --enable-tap-tests --without-readline --with-system-tzdata=/usr/share/zoneinfo)
! pkg-config --exists icu-uc icu-i18n || options+=(--with-icu)
! pkg-config --exists liblz4 || options+=(--with-lz4)
! pkg-config --exists libxml-2.0 || options+=(--with-libxml)
pkg-config --exists zlib || options+=(--without-zlib)

cd "$work/build"
"$work/source/tree/configure" --quiet --prefix="$prefix" "${options[@]}" CFLAGS='-O1 -fno-omit-frame-pointer'
make --silent -j"${JOBS:-$(nproc)}" world-bin
# Into its place in one step: a build that broke off leaves nothing that looks like a server.
make --silent install-world-bin DESTDIR="$work/installed"
mv "$work/installed$prefix" "$prefix"
rm -rf "$work"
echo "$prefix/bin/pg_config" >&3
