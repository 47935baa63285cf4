#!/bin/bash
# Fills a real disk, of memory, around the program of the loans example: what it says is an error
# that names the space, nothing that was acknowledged is lost, and with space again it goes on. Left
# out (77) where nothing may be mounted.
#
#   tests/torture/full_disk_test.sh BIN
set -euo pipefail

bin=$(cd "$1" && pwd)
work=$(mktemp --directory)
disk=$work/disk store=$work/disk/store
mkdir "$disk"
mount -t tmpfs -o size=256m tmpfs "$disk" 2>/dev/null || { rm -r "$work"; exit 77; }
trap 'umount "$disk"; rm -r "$work"' EXIT
"$bin/loans" generate --rows 1000 --seed 11 --output "$work/log.csv"
"$bin/loans" generate --rows 60000 --seed 12 --output "$work/long.csv"
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
  ((code != 5)) || grep -q "No space left" "$work/err" || fail "what is it, with $kib KiB?"
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
dd if=/dev/zero of="$disk/fill" bs=1M count=150 2>/dev/null
run loans run --store "$store" --input "$work/long.csv"
((code == 1)) && grep -q "No space left" "$work/err" || fail "run until full: $code"
run daybook verify "$store"
((code == 0)) || fail "not sound when full: $code"
before=$(sed -n 's|^sound: \([0-9]*\) events.*|\1|p' "$work/out")
rm "$disk/fill"
run loans doctor --store "$store" --min-free 0
((code == 0)) || fail "doctor: $code"
run daybook verify "$store"
((code == 0)) || fail "not sound with space again: $code"
grep -q "^sound: $before events" "$work/out" ||
  fail "$before events before, now: $(cat "$work/out")"
echo "$before events until the disk was full"
