#!/usr/bin/env bash
# `make demo-shop`: builds the extension, starts a throw-away server with a made-up shop's data, and opens the shop for a browser,
# until Ctrl-C. `make check-shop`: has Chromium click through it, without a window.
#
#   examples/shop/demo.sh           SHOP_PORT (8080) is the port, another one where it is taken
#   examples/shop/demo.sh check     leaves pictures in build/check-shop
set -euo pipefail

cd "$(dirname "$0")/../.."
test/install_deps.sh "$([[ ${1:-} == check ]] && echo browser || echo shop)"
# shellcheck source=test/server.sh
source test/server.sh

# Debian's, which has Debian's packages, where another comes before it in PATH.
python=/usr/bin/python3
[[ -x $python ]] || python=python3

echo 'Building the extension (a minute or two the first time) ...'
mkdir -p build
server_build all >build/demo.log 2>&1 || server_die "$(tail -n 30 build/demo.log)"
echo 'Starting a PostgreSQL server of its own, beside whatever runs here ...'
server_prepare
server_start shared_buffers=256MB
as_server_user createdb -h "$server_work" -U postgres shop
export PGDATABASE=shop
"$python" examples/shop/make_data.py >"$server_base/data.sql"
server_run psql -X -q -v ON_ERROR_STOP=1 -v data="$server_base/data.sql" <examples/shop/models.sql

if [[ ${1:-} == check ]]; then
    server_run "$python" examples/shop/check_shop.py build/check-shop
else
    echo "psql to the same server: $server_bin/psql -h $server_work -U postgres shop"
    echo 'Ctrl-C closes the shop and removes the server.'
    server_run "$python" examples/shop/server.py "${SHOP_PORT:-8080}"
fi
