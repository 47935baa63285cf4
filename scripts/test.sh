#!/bin/bash
# Runs the tests of a preset: scripts/test.sh dev [ARGUMENT OF CTEST...]
#
# Stores in tests are opened, synced and killed thousands of times. What that shows does not depend
# on the disk (a kill leaves what was written, a power cut is played by a file layer of the tests),
# so they lie in memory where there is room.
set -euo pipefail
memory=/dev/shm
needed_kib=$((4 << 20))
if [[ -w $memory ]] && (($(df --output=avail "$memory" | tail -n 1) >= needed_kib)); then
  TMPDIR=$(mktemp --directory "$memory/daybook-tests-XXXXXX")
  trap 'rm -rf "$TMPDIR"' EXIT
  export TMPDIR TEST_TMPDIR=$TMPDIR
fi
ctest --preset "$@"
