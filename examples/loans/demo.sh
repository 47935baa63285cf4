#!/bin/bash
# Shows that a run which is killed and started again ends as one that was left alone.
#
#   INPUT=log.csv[.gz] REPORT=report.json examples/loans/demo.sh BIN
#
# BIN is the directory with `loans` and `daybook`. Without INPUT a log of ROWS steps is generated.
# The stores lie in a temporary directory that is removed afterwards.
set -euo pipefail

bin=${1:?"usage: demo.sh BIN"}
loans=$bin/loans
temp=$(mktemp -d)
child=
trap '[[ -z $child ]] || kill -9 "$child" 2>/dev/null || true; rm -rf "$temp"' EXIT

say() { printf '\n== %s\n' "$*"; }
now_ms() { date +%s%3N; }
# A report without the one figure that is another each time.
figures() { grep -v events_per_second "$1"; }

input=${INPUT:-}
if [[ -z $input ]]; then
  input=$temp/log.csv.gz
  say "Making a log of ${ROWS:-100000} steps"
  "$loans" generate --rows "${ROWS:-100000}" --seed 2012 --output "$input"
fi

say "Running $(basename "$input"), one command a row, each durable"
start=$(now_ms)
"$loans" run --store "$temp/whole" --input "$input" --report "$temp/whole.json"
elapsed=$(($(now_ms) - start))
cat "$temp/whole.json"

say "The views"
"$loans" tables --store "$temp/whole" --limit 12

# Somewhere between a quarter and three quarters of the time that a whole run takes; earlier, when
# this run was quicker.
part=$((25 + RANDOM % 50))
while :; do
  say "Running it again in a new store, and killing that run with kill -9 after $part % of the time"
  rm -rf "$temp/killed" "$temp/killed.json"
  "$loans" run --store "$temp/killed" --input "$input" --report "$temp/killed.json" &
  child=$!
  sleep "$(printf '%d.%03d' $((elapsed * part / 100000)) $((elapsed * part / 100 % 1000)))"
  kill -9 "$child" 2>/dev/null || true
  status=0
  wait "$child" 2>/dev/null || status=$?
  child=
  # A run that was killed with its report written had come to its end all the same.
  [[ $status -ne 137 || -e $temp/killed.json ]] || break
  if ((status != 0 && status != 137 || part == 0)); then
    echo "demo: the run could not be killed in its middle (it ended with $status)" >&2
    exit 1
  fi
  part=$((part / 2))
done
echo

say "Starting it once more on what it left behind"
"$loans" run --store "$temp/killed" --input "$input" --report "$temp/killed.json"

say "Comparing"
if ! diff <(figures "$temp/whole.json") <(figures "$temp/killed.json"); then
  echo "demo: the reports differ" >&2
  exit 1
fi
"$loans" tables --store "$temp/whole" --tsv >"$temp/whole.tsv"
"$loans" tables --store "$temp/killed" --tsv >"$temp/killed.tsv"
if ! cmp "$temp/whole.tsv" "$temp/killed.tsv"; then
  echo "demo: the views differ" >&2
  exit 1
fi
echo "The same: the report, and each of the $(wc -l <"$temp/killed.tsv") rows of the views."

say "Verifying the store that was killed"
"$bin/daybook" verify "$temp/killed"

if [[ -n ${REPORT:-} ]]; then
  cp "$temp/killed.json" "$REPORT"
  say "The report is in $REPORT"
fi
