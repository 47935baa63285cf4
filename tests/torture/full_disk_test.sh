#!/bin/bash
# Fills a real disk, of memory, around the program of the loans example: what it says is an error
# that names the space, nothing that was acknowledged is lost, and with space again it goes on. Left
# out (77) where nothing may be mounted.
#
# Then the same disk is filled to the brim beside a program that writes, over and over: the store
# always starts again. DAYBOOK_FULL_DISKS says how often (20),
# DAYBOOK_SEED repeats the moments.
#
#   tests/torture/full_disk_test.sh BIN WRITER
set -euo pipefail

bin=$(cd "$1" && pwd)
writer=$2 rounds=${DAYBOOK_FULL_DISKS:-20} seed=${DAYBOOK_SEED:-$RANDOM}
echo "DAYBOOK_SEED=$seed DAYBOOK_FULL_DISKS=$rounds"
RANDOM=$seed
work=$(mktemp --directory)
disk=$work/disk store=$work/disk/store
mkdir "$disk"
mount -t tmpfs -o size=256m tmpfs "$disk" 2>/dev/null || { rm -r "$work"; exit 77; }
trap 'umount "$disk"; rm -r "$work"' EXIT
"$bin/loans" generate --rows 1000 --seed 11 --output "$work/log.csv"
"$bin/loans" generate --rows 60000 --seed 12 --output "$work/long.csv"
# The store's own watermark, or what it leaves to others.
no_space="No space left\|MiB are free where the store"
submit=(execute SubmitApplication '{"application": "999999"}' --store "$store")

fail() { echo "$*" >&2; cat "$work/err" >&2; exit 1; }
run() { code=0; "$bin/$1" "${@:2}" >"$work/out" 2>"$work/err" || code=$?; }
leave() {  # leave KIB: so much is free
  rm -f "$disk/fill"
  dd if=/dev/zero of="$disk/fill" bs=64k 2>/dev/null || true
  truncate --size=-"$1"K "$disk/fill"
}

# A store that cannot be made: nothing is there afterwards.
for kib in 0 16 64 256 512 1024 8192 60000; do
  leave "$kib"
  run loans "${submit[@]}" --create
  ((code == 5)) && grep -q "No space left" "$work/err" || fail "made with $kib KiB: $code"
  run daybook verify "$store"
  ((code == 3)) || fail "half a store, made with $kib KiB: $code"
  rm -f "$disk/fill"
  run loans "${submit[@]}" --create
  ((code == 0)) || fail "not made after all, once $kib KiB were free: $code"
  rm -r "$store"
done

# A store that is there: opened, appended to, looked at.
run loans run --store "$store" --input "$work/log.csv"
((code == 0)) || fail "run: $code"
for kib in 0 4 16 32 64 128 256 1024; do
  leave "$kib"
  run loans "${submit[@]}"
  ((code == 0 || code == 5 || code == 7)) || fail "command with $kib KiB: $code"
  ((code != 5)) || grep -q "$no_space" "$work/err" || fail "what is it, with $kib KiB?"
  run daybook verify "$store"
  ((code == 0)) || fail "not sound with $kib KiB: $code"
  run loans catch-up --store "$store"
  ((code == 0 || code == 5)) || fail "catch-up with $kib KiB: $code"
  rm -f "$disk/fill"
  run loans run --store "$store" --input "$work/log.csv"
  ((code == 0)) || fail "not gone on with after $kib KiB: $code"
done
rm -r "$store"

# A run until the disk is full.
dd if=/dev/zero of="$disk/fill" bs=1M count=40 2>/dev/null  # witness and log have 134 MiB
run loans run --store "$store" --input "$work/long.csv"
((code == 1)) && grep -q "MiB are free where the store" "$work/err" ||
  fail "run until full: $code"
run daybook verify "$store"
((code == 0)) || fail "not sound when full: $code"
before=$(sed -n 's|^sound: \([0-9]*\) events.*|\1|p' "$work/out")
rm "$disk/fill"
run loans catch-up --store "$store"  # what its views were refused
((code == 0)) || fail "catch-up with space again: $code"
run loans doctor --store "$store" --min-free 0
((code == 0)) || fail "doctor: $code: $(cat "$work/out")"
run daybook verify "$store"
((code == 0)) || fail "not sound with space again: $code"
grep -q "^sound: $before events" "$work/out" ||
  fail "$before events before, now: $(cat "$work/out")"
((before > 0)) || fail "it was full from the beginning"
echo "$before events until the disk was full"
rm -r "$store"

# Filled to the brim beside a writer, at any moment.
last() { awk -v writer="$1" '$1 == writer { n = $2 } END { print n + 0 }' "$journal"; }
acknowledged() {
  awk '$3 == "accepted" && $4 > most { most = $4 } END { print most + 0 }' "$journal"
}
write() { exec "$writer" "$store" "$journal" "$(last 0)" "$(last 1)" "$(last 2)" 2>"$work/err"; }
stops() {  # stops PID MESSAGE: by itself, for want of space
  for ((tenth = 0; tenth < 300; ++tenth)); do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.1
  done
  ! kill -0 "$1" 2>/dev/null || { kill -9 "$1"; fail "$2: it goes on"; }
  code=0; wait "$1" || code=$?
  ((code == 1)) && grep -q "$no_space" "$work/err" || fail "$2: $code"
}
starts() {  # starts PID MESSAGE: it opens the store and appends
  lines=$(wc -l <"$journal")
  for ((tenth = 0; tenth < 300 && $(wc -l <"$journal") == lines; ++tenth)); do sleep 0.1; done
  (($(wc -l <"$journal") > lines)) || { kill -9 "$1"; fail "$2: it does not start"; }
}
journal=$work/journal unknown=0
: >"$journal"
for ((round = 1; round <= rounds; ++round)); do
  rm -f "$disk/fill"
  write & pid=$!
  starts "$pid" "round $round"
  sleep "0.$((RANDOM % 4))"
  leave 0
  stops "$pid" "round $round, filled beside it"
  ! grep -q "outcome unknown" "$work/err" || unknown=$((unknown + 1))
  write & pid=$!
  stops "$pid" "round $round, started on a full disk"
  rm -f "$disk/fill"
  write & pid=$!
  starts "$pid" "round $round, with space again"
  kill -9 "$pid"
  wait "$pid" 2>/dev/null || true
  run daybook verify "$store"
  ((code == 0)) || fail "round $round: not sound: $code"
  events=$(sed -n 's|^sound: \([0-9]*\) events.*|\1|p' "$work/out")
  ((events >= $(acknowledged))) ||
    fail "round $round: $(acknowledged) events were acknowledged, $events are there"
done
# What was retried had the same outcome: it was decided once.
awk '{ key = $1 " " $2; if (key in told && told[key] != $3 " " $4) { print; exit 1 }
       told[key] = $3 " " $4 }' "$journal" || fail "a retry was decided anew"
echo "COUNT full-disks $rounds"
echo "full $rounds times, $(acknowledged) events acknowledged, $unknown times with unknown outcomes"
