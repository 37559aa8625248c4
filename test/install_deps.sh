#!/usr/bin/env bash
# Installs the Debian packages that are missing. Where all are there it does nothing and says nothing.
#
#   test/install_deps.sh           everything
#   test/install_deps.sh build     what `make` and `make demo` need
#   test/install_deps.sh test      what `make check` needs besides
#   test/install_deps.sh format    what `make format` needs
#   test/install_deps.sh fuzz      what test/fuzz/run.sh needs
#   test/install_deps.sh long      what `make check-long` needs besides
#   test/install_deps.sh arm       what `make check-arm` needs besides
#   test/install_deps.sh package   what `make check-package` needs
#   test/install_deps.sh shop      what `make demo-shop` needs
#   test/install_deps.sh browser   what `make check-shop` needs
#   test/install_deps.sh examples  what `make check-examples` needs, but for node-postgres: `node`
#
# PG_MAJOR is the PostgreSQL to build for (the one of this Debian, test/pg_major.sh); with PG_CONFIG set to a complete installation of your own, no PostgreSQL
# package is asked for. No cluster is created, and none that runs is restarted.
set -euo pipefail

# shellcheck source=test/pg_major.sh
source "${BASH_SOURCE[0]%/*}/pg_major.sh"
server=postgresql-$PG_MAJOR
headers=postgresql-server-dev-$PG_MAJOR

build=(g++ make pkg-config binutils libeigen3-dev libfftw3-dev)
own_headers=$({ "${PG_CONFIG:-false}" --includedir-server || true; } 2>/dev/null)
if [[ ! -e $own_headers/postgres.h || $own_headers == /usr/include/postgresql/* ]]; then
    build+=("$server" "$headers")
fi
# The last two are for tests of a picture and of an example, which are left out where they are missing.
test=(libgtest-dev perl libipc-run-perl tini shellcheck librsvg2-bin python3-psycopg2)
format=(clang-format)
fuzz=(clang-14 libclang-rt-14-dev)
# Of these the last build the server with assertions.
long=(valgrind sqlsmith dpkg-dev bison flex)
arm=(g++-aarch64-linux-gnu qemu-user-static file googletest)
package=(debootstrap dpkg-dev git zip unzip)
shop=(python3 python3-psycopg2)
browser=(chromium chromium-driver python3-selenium)
examples=(python3-sqlalchemy python3-django)
node=(nodejs node-pg)

case ${1:-all} in
    all) wanted=("${build[@]}" "${test[@]}") ;;
    build) wanted=("${build[@]}") ;;
    test) wanted=("${test[@]}") ;;
    format) wanted=("${format[@]}") ;;
    fuzz) wanted=("${build[@]}" "${fuzz[@]}") ;;
    long) wanted=("${build[@]}" "${test[@]}" "${long[@]}") ;;
    arm) wanted=("${build[@]}" "${test[@]}" "${arm[@]}") ;;
    package) wanted=("${package[@]}") ;;
    shop) wanted=("${build[@]}" "${shop[@]}") ;;
    browser) wanted=("${build[@]}" "${shop[@]}" "${browser[@]}") ;;
    examples) wanted=("${build[@]}" "${test[@]}" "${examples[@]}") ;;
    node) wanted=("${node[@]}") ;;
    *) echo "usage: $0 [all|build|test|format|fuzz|long|arm|package|shop|browser|examples|node]" >&2 && exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian system: what these packages hold has to be there already: ${wanted[*]}" >&2
    exit 0
fi

# The version of an installed package, or nothing.
version_of() {
    { dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null || true; } | sed -n 's/^installed //p'
}

give_up() {
    printf '%s\n' "$1" 'Install them, then run this again:' "    apt-get install ${missing[*]}" >&2
    exit 1
}

missing=()
for package in "${wanted[@]}"; do
    version=$(version_of "$package")
    # Headers of another minor version than the server's are as good as none.
    if [[ -z $version || ( $package == "$headers" && $version != "$(version_of "$server")" ) ]]; then
        missing+=("$package")
    fi
done
((${#missing[@]})) || exit 0

echo "Debian packages that are missing: ${missing[*]}"
if [[ $(id -u) == 0 ]]; then
    root=()
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v; }; }; then
    root=(sudo)
else
    give_up 'They can only be installed by root, and there is no sudo for you here.'
fi
# needrestart must leave the machine's services alone.
apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
    apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)

"${apt[@]}" update </dev/null || echo 'apt-get update failed: going on with the lists that are there' >&2

# The headers have to be of the server's version. Where the archive has it no more, both are upgraded; where it has, apt
# must not upgrade the server by the way, as it does with packages of one source.
install=("${missing[@]}")
installed_server=$(version_of "$server")
if [[ -n $installed_server && " ${missing[*]} " == *" $headers "* ]]; then
    if apt-cache madison "$headers" | grep -qF "| $installed_server |"; then
        install=("${missing[@]/#$headers/$headers=$installed_server}")
    else
        install+=("$server")
    fi
fi

install=(install --no-install-recommends --allow-downgrades -o APT::Get::Upgrade-By-Source-Package=false
    "${install[@]}")
if [[ $(pg_lsclusters -h 2>/dev/null || true) =~ (^|$'\n')$PG_MAJOR\ [^$'\n']*online ]] &&
    apt-get -s "${install[@]}" | grep -q "^Inst $server \["; then
    missing+=("$server")
    give_up "A PostgreSQL $PG_MAJOR cluster is running, and installing them would upgrade and restart it."
fi

# A first installation of the server would create and start a cluster.
if [[ -z $installed_server ]]; then
    no_cluster=/etc/postgresql-common/createcluster.d/holomamba.conf
    trap '"${root[@]}" sh -c "rm -f $no_cluster; rmdir --ignore-fail-on-non-empty ${no_cluster%/*}"' EXIT
    "${root[@]}" mkdir -p "${no_cluster%/*}"
    echo 'create_main_cluster = false' | "${root[@]}" tee "$no_cluster" >/dev/null
fi

"${apt[@]}" "${install[@]}" </dev/null || give_up 'apt-get could not install them.'
