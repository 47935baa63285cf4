#!/bin/bash
# Installs a build into an empty prefix, moves that prefix (a package must not remember where it was
# installed), and builds a project against it and runs its programs, as a user would.
#
#   tests/consumer/run.sh BUILD_DIR PROJECT_DIR 'PROGRAM [ARGUMENT...]'...
set -euo pipefail

build=$1 project=$2
shift 2
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/prefix"
if grep --recursive --fixed-strings --files-with-matches -e "$work/first" -e "$source" \
     "$work/prefix/lib/cmake" "$work/prefix/include"; then
  echo "the installed files above name the machine that they were built on" >&2
  exit 1
fi

cmake -S "$project" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" \
  -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_EXE_LINKER_FLAGS="$(
    sed -n 's/^CMAKE_EXE_LINKER_FLAGS:[A-Z]*=//p' "$build/CMakeCache.txt")" >"$work/log" ||
  { cat "$work/log" >&2; exit 1; }
cmake --build "$work/build" >"$work/log" || { cat "$work/log" >&2; exit 1; }
cd "$work"
for command in "$@"; do
  read -ra words <<<"$command"
  "$work/build/${words[0]}" "${words[@]:1}"
done
