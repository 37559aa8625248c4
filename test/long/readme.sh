#!/usr/bin/env bash
# `make check-readme`: README.md followed to the letter, by somebody with sudo on a fresh Debian: the demos, the installation from the
# source and as a package, and the first model. Its blocks of commands are run as they stand there.
#
#   SUITES="bookworm"       which releases of Debian (bookworm trixie sid)
#   PARTS="source package"  which of the two ways of installation; the demos come with the first
#   SYSTEM=kept             goes on in the system of a run that was broken off
#   PACKAGE_ROOTS           where their roots are kept (build/package-roots), as for check-package
#
# Needs root, for debootstrap and chroot. What runs in a root ends with it.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=test/long/common.sh
source test/long/common.sh
suite readme

roots=${PACKAGE_ROOTS:-$long_root/build/package-roots}
test/install_deps.sh package

# Block number $2 of language $3 of the section $1.
block() {
    awk -v section="## $1" -v number="$2" -v fence="\`\`\`$3" '
        /^## / { inside = $0 == section }
        inside && $0 == fence { found++; shown = found == number; next }
        $0 == "```" { shown = 0 }
        shown' README.md
}

# A system as the installer leaves it, with sudo, git and make, and a user who may do what he likes.
make_system() {
    local suite=$1 system=$2 uri
    if [[ ! -e $roots/$suite ]]; then
        mkdir -p "$roots"
        # shellcheck disable=SC2016 # $(...) is apt's own
        uri=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian //p' | grep -v security | sort -u | head -n 1)
        rm -rf "$roots/new"
        debootstrap --variant=minbase "$suite" "$roots/new" "$uri" || return
        cp -L /etc/resolv.conf "$roots/new/etc/resolv.conf"
        mv "$roots/new" "$roots/$suite"
    fi
    rm -rf "$system"
    cp -a --reflink=auto "$roots/$suite" "$system"
    # Nothing of check-package's may keep services from starting.
    rm -f "$system/usr/sbin/policy-rc.d"
    # A mirror may stand still for a while.
    printf '%s\n' 'APT::Get::Assume-Yes "true";' 'Acquire::Check-Valid-Until "false";' >"$system/etc/apt/apt.conf.d/90yes"
    inside "$system" sh -c 'apt-get update && apt-get install --no-install-recommends sudo git make procps curl ca-certificates &&
        useradd --create-home --shell /bin/bash you && echo "you ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/you' || return
    copy_sources "$system/home/you/holomamba"
    inside "$system" chown -R you:you /home/you
}

inside() {
    local system=$1
    shift
    # shellcheck disable=SC2016 # the variables are the inner shell's
    unshare --mount --pid --ipc --fork --kill-child bash -c '
        system=$1
        shift
        mount -t proc proc "$system/proc" && mount --rbind /dev "$system/dev" && mount -t tmpfs shm "$system/dev/shm" &&
            exec chroot "$system" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
                DEBIAN_FRONTEND=noninteractive "$@"' inside "$system" "$@" </dev/null
}

# A script that the user runs at home, in the clone; what it says is in a log.
follow() {
    local system=$1 log=$long_logs/$2.log
    { printf '%s\n' 'set -euxo pipefail' 'cd ~/holomamba' 'export USER=you' && cat; } >"$system/home/you/script"
    inside "$system" su --login --command 'bash ~/script' you >"$log" 2>&1 || {
        tail -n 40 "$log"
        return 1
    }
}

# The shop goes on until Ctrl-C.
shop() {
    cat <<SHOP
env --default-signal=INT,QUIT setsid $(block Demo 1 sh) >~/shop.log 2>&1 &
shop=\$!
for i in \$(seq 900); do ! grep -q 'The shop is open' ~/shop.log || break; kill -0 \$shop || { cat ~/shop.log; exit 1; }; sleep 1; done
curl --silent --show-error --fail --location "\$(sed -n 's/^The shop is open: //p' ~/shop.log)" | grep -c 'class="card"' | grep -x 12
kill -INT -- -\$shop
wait \$shop || true
! pgrep -f server.py
SHOP
}

# Data of one's own in the tables of "Getting started", which has those of the demo.
own_data() {
    cat <<'SQL'
INSERT INTO movies SELECT n, CASE n WHEN 7 THEN 'Toy Story 3 (2010)' ELSE 'Film ' || n END, ARRAY['genre ' || n % 4] FROM generate_series(1, 100) n;
INSERT INTO ratings (user_id, movie_id, rated_at) SELECT u, 1 + (u * 7 + n * (1 + u % 3)) % 100, now() - (50 - n) * interval '1 day' FROM generate_series(1, 300) u, generate_series(1, 30) n;
SQL
}

# What README.md says of a PostgreSQL that came with a demo, with the number of this one.
cluster() {
    # shellcheck disable=SC2016 # it is the text of a page
    grep -o '`sudo pg_createcluster 15 main --start`' README.md | tr -d '`' | sed 's/15/"$(ls \/usr\/lib\/postgresql)"/'
}

first_hour() {
    shop
    echo "$(block Demo 2 sh) >~/demo.log 2>&1"
    # shellcheck disable=SC2016 # it is the other shell's
    echo 'grep -F "Toy Story" ~/demo.log; $(sed -n "s/^ *stop and remove: *//p" ~/demo.log)'
    block Installation 1 sh
    cluster
    first_model
}

# What the system does when it has started, where nothing starts in a root.
boot() {
    # shellcheck disable=SC2016 # they are the other shell's
    echo 'pg_lsclusters -h | while read -r version name _ status _; do [[ $status == online ]] || sudo pg_ctlcluster "$version" "$name" start; done'
}

# psql, the last of that block, is given what "Getting started" says.
first_model() {
    block Installation 3 sh | sed '$d'
    echo "$(block Installation 3 sh | tail -n 1) -v ON_ERROR_STOP=1 >~/answer <<'SQL'"
    block 'Getting started' 1 sql
    own_data
    block 'Getting started' 2 sql
    echo SQL
    echo 'cat ~/answer; grep -F "(5 rows)" ~/answer'
}

[[ $(first_hour | grep -c 'make demo\|make install\|pg_createcluster\|create_model\|createdb') == 7 ]] || { echo 'README.md has other blocks than this suite knows' >&2 && exit 1; }
for suite in ${SUITES:-bookworm}; do
    system=$roots/$suite-readme
    for part in ${PARTS:-source package}; do
        if [[ ${SYSTEM:-} != kept ]] && ! make_system "$suite" "$system" >"$long_logs/$suite.system.log" 2>&1; then
            tail -n 20 "$long_logs/$suite.system.log"
            not_ok "$suite: a fresh system"
            continue
        fi
        start=$SECONDS
        if [[ $part == source ]]; then
            holds "$suite: the demos, the installation from the source, the first model" follow "$system" "$suite.$part" < <(first_hour)
        else
            holds "$suite: the installation as a package, the first model" follow "$system" "$suite.$part" < <(block Installation 2 sh && boot && first_model)
        fi
        echo "   $((SECONDS - start)) s"
    done
    rm -rf "$system"
done
