#!/bin/bash
# Installs Daybook into an empty place, builds a project against it, and runs its programs, as a
# user would.
#
#   tests/consumer/run.sh BUILD_DIR|PACKAGES_DIR PROJECT_DIR 'PROGRAM [ARGUMENT...]'...
#
# BUILD_DIR is installed into a prefix that is then moved: it must not remember where it was
# installed. From PACKAGES_DIR both Debian packages are, by dpkg, into a root of its own.
set -euo pipefail

build=$1 project=$2
shift 2
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT

linker_flags=-fuse-ld=lld
if compgen -G "$build/*.deb" >/dev/null; then
  mkdir -p "$work/root/var/lib/dpkg/"{info,updates}
  touch "$work/root/var/lib/dpkg/status"
  # What they depend on is installed on the machine, not in this root.
  dpkg --root="$work/root" --force-depends --force-not-root --install "$build"/*.deb \
    >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
  mv "$work/root/usr" "$work/prefix"
  "$work/prefix/bin/daybook" --version
  gzip --test "$work/prefix/share/man/man1/daybook.1.gz"
  test -s "$work/prefix/share/doc/daybook/copyright"
  test -s "$work/prefix/share/doc/libdaybook-dev/copyright"
else
  cmake --install "$build" --prefix "$work/first" >/dev/null
  mv "$work/first" "$work/prefix"
  linker_flags=$(sed -n 's/^CMAKE_EXE_LINKER_FLAGS:[A-Z]*=//p' "$build/CMakeCache.txt")
fi
if grep --recursive --fixed-strings --files-with-matches -e "$work/first" -e "$source" \
     "$work/prefix/lib/cmake" "$work/prefix/include"; then
  echo "the installed files above name the machine that they were built on" >&2
  exit 1
fi

cmake -S "$project" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" \
  -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_EXE_LINKER_FLAGS="$linker_flags" >"$work/log" ||
  { cat "$work/log" >&2; exit 1; }
cmake --build "$work/build" >"$work/log" || { cat "$work/log" >&2; exit 1; }
cd "$work"
for command in "$@"; do
  read -ra words <<<"$command"
  "$work/build/${words[0]}" "${words[@]:1}"
done
