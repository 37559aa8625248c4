#!/usr/bin/env bash
# `make check-package`: Debian's package, from the tarball to its removal, in roots of its own.
#
#   SUITES="bookworm"       which releases of Debian (bookworm trixie sid)
#   PACKAGE_ROOTS           where their roots are kept (build/package-roots)
#
# In every release: the package is built twice, in two places, to the same bytes; lintian finds nothing; the package is installed by
# apt in a root that has never seen it, the extension created, a first recommendation made; its autopkgtest passes; it is removed and
# purged without a trace. Needs root, for debootstrap and chroot. Mounts are in a name space that ends with each command.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=test/long/common.sh
source test/long/common.sh
suite package

roots=${PACKAGE_ROOTS:-$long_root/build/package-roots}
version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" holomamba.control)
# Times in archives.
export SOURCE_DATE_EPOCH=1767225600

test/install_deps.sh package

# Runs a command in a root.
in_root() {
    local root=$1
    shift
    # shellcheck disable=SC2016 # the variables are the inner shell's
    unshare --mount --fork -- sh -c '
        root=$1 && shift
        mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" && mount -t tmpfs shm "$root/dev/shm" || exit
        exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"' \
        sh "$root" "$@" </dev/null
}

# The same, with what it says in a log, the end of which is shown where it fails.
logged() {
    local log=$long_logs/$1.log
    shift
    "$@" >"$log" 2>&1 || {
        tail -n 30 "$log"
        return 1
    }
}

fresh_root() {
    rm -rf "${roots:?}/$2"
    cp -a --reflink=auto "$roots/$1" "$roots/$2"
}

# A minimal system, and one with what the build needs.
make_roots() {
    local suite=$1 uri new=$roots/new
    mkdir -p "$roots"
    # shellcheck disable=SC2016 # $(...) is apt's own
    uri=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian //p' | grep -v security | sort -u | head -n 1)
    if [[ ! -e $roots/$suite ]]; then
        rm -rf "$new"
        debootstrap --variant=minbase "$suite" "$new" "$uri" || return
        cp -L /etc/resolv.conf "$new/etc/resolv.conf"
        printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
        chmod 755 "$new/usr/sbin/policy-rc.d"
        mv "$new" "$roots/$suite"
    fi
    if [[ ! -e $roots/$suite-build ]]; then
        fresh_root "$suite" new
        in_root "$new" apt-get -q -y install --no-install-recommends build-essential devscripts lintian debhelper libeigen3-dev pkgconf \
            postgresql-server-dev-all || return
        mv "$new" "$roots/$suite-build"
    fi
}

# The tree that packages are built from, and its tarball: once, so that both builds are of the same.
sources=$roots/sources
put_sources() {
    local tree=$sources/holomamba-$version
    rm -rf "$sources"
    mkdir -p "$sources"
    copy_sources "$tree"
    rm -rf "$tree/.ci" "$tree"/.git*
    tar -C "$sources" --sort=name --mtime=@$SOURCE_DATE_EPOCH --owner=0 --group=0 --numeric-owner --exclude="holomamba-$version/debian" -c \
        "holomamba-$version" | xz >"$sources/holomamba_$version.orig.tar.xz"
}

build_package() {
    local suite=$1 folder=$2
    rm -rf "$roots/$suite-build/$folder"
    mkdir -p "$roots/$suite-build/$folder"
    cp -a "$sources/." "$roots/$suite-build/$folder/"
    # shellcheck disable=SC2016 # the variables are the inner shell's
    in_root "$roots/$suite-build" TZ="$3" DEB_BUILD_OPTIONS="parallel=$(nproc)" sh -c 'umask "$3" && cd "$1/holomamba-$2" && pg_buildext updatecontrol &&
        dpkg-buildpackage -us -uc' sh "/$folder" "$version" "$4"
}

sums() {
    (cd "$roots/$1" && sha256sum ./*.deb ./*.dsc ./*.debian.tar.xz)
}

# From the file to a recommendation of the smoke test.
install_package() {
    in_root "$1" apt-get -q -y install --no-install-recommends /packages/"$2" &&
        in_root "$1" /source/debian/tests/smoke
}

# What PGXN gets: of a clone, since it is what git has.
if git rev-parse --verify -q HEAD >/dev/null 2>&1; then
    holds 'make dist' logged dist make dist
    unzip -q "build/holomamba-$version.zip" -d "$long_logs"
    perl test/check_meta.pl "$long_logs/holomamba-$version" | none 'the archive has what META.json names'
    (cd "$long_logs/holomamba-$version" && find . -name '.*' ! -name . ! -name .clang-format) | none 'it has nothing that is for git, CI and Docker alone'
    rm -rf "$long_logs/holomamba-$version"
fi

put_sources
for suite in ${SUITES:-bookworm}; do
    if ! logged "$suite.roots" make_roots "$suite"; then
        not_ok "$suite: roots are made"
        continue
    fi
    build=$roots/$suite-build
    if ! logged "$suite.build" build_package "$suite" build UTC 022; then
        not_ok "$suite: the package is built"
        continue
    fi
    ok "$suite: the package is built"
    package=$(cd "$build/build" && echo postgresql-*-holomamba_"$version"-*.deb)
    holds "$suite: the package is built again, elsewhere" logged "$suite.again" build_package "$suite" build-elsewhere/again Asia/Tokyo 027
    { diff <(sums "$suite-build/build") <(sums "$suite-build/build-elsewhere/again") || true; } | none "$suite: both are the same"
    # Debian has no bug that a first upload could close: the package is not in Debian.
    in_root "$build" sh -c "cd /build && lintian --info --tag-display-limit 0 --fail-on none --suppress-tags initial-upload-closes-no-bugs ./*.changes" >"$long_logs/$suite.lintian.log" 2>&1 || true
    { grep -E '^[EW]: ' "$long_logs/$suite.lintian.log" || true; } | none "$suite: lintian finds nothing"

    clean=$roots/$suite-clean
    fresh_root "$suite" "$suite-clean"
    mkdir "$clean/packages" "$clean/source"
    cp "$build/build"/*.deb "$clean/packages/"
    cp -R debian "$clean/source/"
    holds "$suite: $package is installed, and recommends" logged "$suite.install" install_package "$clean" "$package"
    { in_root "$clean" sh -c 'ldd /usr/lib/postgresql/*/lib/holomamba.so' | grep -E 'fftw|not found' || true; } | none "$suite: it needs no FFTW"
    holds "$suite: it is removed" logged "$suite.remove" in_root "$clean" apt-get -q -y remove "${package%%_*}"
    holds "$suite: it is purged" logged "$suite.purge" in_root "$clean" dpkg --purge "${package%%_*}"
    find "$clean" -xdev -name '*holomamba*' -not -path "$clean/packages/*" -not -path "$clean/source/*" -not -path "$clean/var/log/*" | none "$suite: nothing is left of it"
    rm -rf "$clean"

    fresh_root "$suite" "$suite-test"
    mkdir "$roots/$suite-test/packages"
    cp "$build/build"/*.deb "$build/build"/*.dsc "$build/build"/*.tar.xz "$roots/$suite-test/packages/"
    holds "$suite: its autopkgtest is installed" logged "$suite.autopkgtest_install" in_root "$roots/$suite-test" apt-get -q -y install --no-install-recommends autopkgtest
    holds "$suite: its autopkgtest passes" logged "$suite.autopkgtest" in_root "$roots/$suite-test" sh -c 'cd /packages && autopkgtest -B ./*.deb ./*.dsc -- null'
    rm -rf "$roots/$suite-test"
done
