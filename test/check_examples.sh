#!/usr/bin/env bash
# `make check-examples`: installs every driver that a program of examples/ needs, and runs the programs (test/t/009_examples.pl).
set -euo pipefail

cd "$(dirname "$0")/.."
test/install_deps.sh examples
# Debian's node-postgres needs Debian's node. Beside another one it is npm's, as in an application.
if ! (cd examples/node && NODE_PATH=/usr/share/nodejs node -e 'require("pg")') 2>/dev/null; then
    if command -v npm >/dev/null; then
        npm install --prefix examples/node --no-audit --no-fund --no-package-lock
    else
        test/install_deps.sh node
    fi
fi
EXAMPLES=all CHECK=tap TAP=009_examples exec test/check.sh
