#!/bin/sh
# Checks the web client: its tables, its libraries, and the types of its scripts (which needs Node, nothing else does).
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python
$python scripts/generate_web_wire.py --check
$python scripts/vendor_web.py --check
if ! command -v npm >/dev/null 2>&1; then
    echo "NOT CHECKED: the types of the web client; that needs Node (npm)" >&2
    test "${CI:-}" != true
    exit
fi
if ! cmp -s package-lock.json node_modules/.installed-lock; then
    npm ci --silent --no-audit --no-fund
    cp package-lock.json node_modules/.installed-lock
fi
node_modules/.bin/tsc --project .
