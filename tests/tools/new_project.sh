#!/bin/bash
# Writes a project with `daybook new`, and builds and tests it against an installed Daybook.
#
#   tests/tools/new_project.sh BUILD_DIR DAYBOOK
set -euo pipefail

build=$1 daybook=$2
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT

"$daybook" new ledger --in "$work"
"$(dirname "$0")/../consumer/run.sh" "$build" "$work/ledger" ledger_test \
  'ledger execute AddTask {"task":"1","title":"write"} --create' \
  'ledger query Board 1' 'ledger why Board 1' 'ledger doctor --min-free 0' 'ledger verify'
