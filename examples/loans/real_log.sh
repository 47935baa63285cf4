#!/bin/bash
# Runs the log of the BPI Challenge 2012 and compares the report with the figures that its owner
# and an independent count of it give.
#
#   examples/loans/real_log.sh BIN LOG
set -euo pipefail

bin=${1:?"usage: real_log.sh BIN LOG"}
log=${2:?"usage: real_log.sh BIN LOG"}
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

"$bin/loans" run --store "$temp/store" --input "$log" --report "$temp/report.json"
diff <(grep -v events_per_second "$temp/report.json") - <<'END'
{
  "rows": 262200,
  "events": 261156,
  "rejections": {"1": 0, "2": 0, "3": 2, "4": 1042},
  "cases": 13087,
  "declined": 7635,
  "cancelled": 2807,
  "undecided": 2645,
  "approved": 2246,
  "approved_amount": 35290338,
  "open_work_items": 3,
}
END
"$bin/daybook" verify "$temp/store"
grep events_per_second "$temp/report.json"
