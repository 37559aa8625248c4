#!/usr/bin/env bash
# Runs test/versions/carry.pl in the system of a newer PostgreSQL, which has the server of an older one, too, and beside this tree
# what has been built for that: test/long/versions.sh.
#
#   test/versions/carry.sh OLD NEW
set -euo pipefail

here=$(cd "$(dirname "$0")/../.." && pwd)
old=$1
new=$2
export PG_CONFIG=/usr/lib/postgresql/$old/bin/pg_config
# shellcheck source=test/server.sh
source "$here.$old/test/server.sh"
server_prepare
chmod 755 "$server_base"
env PG_MAJOR="$new" PG_CONFIG="/usr/lib/postgresql/$new/bin/pg_config" PATH="${PATH#*:}" OLD_INSTALL="${server_bin%/bin}" CHECK=tap TAP=versions/carry \
    "$here/test/check.sh"
