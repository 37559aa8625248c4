#!/usr/bin/env bash
# `make demo`: builds the extension, starts a throw-away server with a film site's data, and shows what holomamba does.
set -euo pipefail

cd "$(dirname "$0")/.."
test/install_deps.sh build
# shellcheck source=test/server.sh
source test/server.sh

echo 'Building the extension (a minute or two the first time) ...'
mkdir -p build
server_build all >build/demo.log 2>&1 || server_die "$(tail -n 30 build/demo.log)"
echo 'Starting a PostgreSQL server of its own, beside whatever runs here ...'
server_prepare
server_start shared_buffers=256MB
as_server_user createdb -h "$server_work" -U postgres films

# Fed through a pipe, so that psql does not put file and line before every message; in its own process group, so that
# Ctrl-C ends it and the server is removed.
server_run psql -X -q -v ON_ERROR_STOP=1 -d films -v ratings="zcat $PWD/examples/movietweetings/interactions.csv.gz" \
    -v movies="zcat $PWD/examples/movietweetings/items.csv.gz" <examples/demo.sql

server_keep films
