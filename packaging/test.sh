#!/bin/sh
# Set up what is missing, then run every check: lint, format, types, import contracts, tests.
# Arguments go to pytest: `sh packaging/test.sh tests/unit -x`. The windows of the tests are not shown;
# QT_QPA_PLATFORM=xcb (or wayland, cocoa) shows them.
set -eu
cd "$(dirname "$0")/.."
. packaging/setup.sh

set_up dev

QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen}
export QT_QPA_PLATFORM
bin=$PWD/.venv/bin
failed=

check() {
    name=$1
    shift
    say "== $name"
    "$@" || failed="$failed $name"
}

check lint "$bin/ruff" check
check format "$bin/ruff" format --check
check types "$bin/mypy"
check imports "$bin/lint-imports"
check tests "$bin/python" -m pytest "$@"

[ -z "$failed" ] || fail "Failed:$failed"
say "All checks passed."
