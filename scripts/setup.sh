#!/bin/bash
# Installs the Debian packages that Daybook is built with, and says nothing when none is missing.
#
#   scripts/setup.sh          what `make`, `make test`, `make demo` and `make bench` need
#   scripts/setup.sh package  and what `make package` needs
#   scripts/setup.sh ci       and what only .ci/run and `make format` need
#   scripts/setup.sh growth   and what `make growth` needs: gnuplot
#   scripts/setup.sh mutants  and what `make mutants` reads sources with
#   scripts/setup.sh peers    and what `make bench-peers` needs: other stores and their clients
set -euo pipefail

packages=(
  g++ clang cmake ninja-build ccache lld python3
  librocksdb-dev libprotobuf-dev libprotoc-dev protobuf-compiler libabsl-dev libssl-dev zlib1g-dev
  libgtest-dev libgmock-dev libbenchmark-dev libcli11-dev nlohmann-json3-dev libre2-dev
)
if [[ ${1:-} == ci || ${1:-} == package ]]; then
  packages+=(dpkg-dev file)
fi
if [[ ${1:-} == ci ]]; then
  packages+=(git clang-format libclang-rt-14-dev)
fi
if [[ ${1:-} == growth ]]; then
  packages+=(gnuplot-nox)
fi
if [[ ${1:-} == mutants ]]; then
  packages+=(python3-clang-14)
fi
if [[ ${1:-} == peers ]]; then
  packages+=(
    pkg-config libpq-dev libhiredis-dev libnats-dev libsqlite3-dev
    postgresql redis-server nats-server
  )
  command -v npm >/dev/null || packages+=(npm)
fi

if ! command -v dpkg-query >/dev/null; then
  echo "setup: this is no Debian system; see that it has: ${packages[*]}" >&2
  exit 0
fi

installed=$(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "${packages[@]}" \
  2>/dev/null | sed -n 's/^installed //p' || true)
missing=()
for package in "${packages[@]}"; do
  grep --quiet --line-regexp --fixed-strings -- "$package" <<<"$installed" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

as_root=()
if ((EUID != 0)); then
  as_root=(sudo --non-interactive)
  if ! "${as_root[@]}" true 2>/dev/null; then
    echo "setup: neither root nor sudo without a password; run this, then try again:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 1
  fi
fi

# Debian starts a server when it is installed, and again with the machine. Those that come with the
# peers are only there to be started by the benchmark. One that was there before is left as it is.
new_servers=()
if [[ ${1:-} == peers ]]; then
  for server in postgresql redis-server nats-server; do
    [[ -e /lib/systemd/system/$server.service ]] || new_servers+=("$server")
  done
fi
policy=/usr/sbin/policy-rc.d
own_policy=no
if ((${#new_servers[@]} > 0)) && [[ ! -e $policy ]]; then
  own_policy=yes
fi

log=$(mktemp)
clean_up() {
  rm -f "$log"
  if [[ $own_policy == yes ]]; then
    "${as_root[@]}" rm -f "$policy"
  fi
}
trap clean_up EXIT
if [[ $own_policy == yes ]]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get --quiet --yes --option DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1
}

echo "setup: installing ${missing[*]}"
apt update || true  # One unreachable source need not stand in the way of the others.
if ! apt install --no-install-recommends "${missing[@]}"; then
  cat "$log" >&2
  echo "setup: could not install ${missing[*]}" >&2
  exit 1
fi
if ((${#new_servers[@]} > 0)) && command -v systemctl >/dev/null; then
  "${as_root[@]}" systemctl disable --quiet "${new_servers[@]}" 2>/dev/null || true
fi
