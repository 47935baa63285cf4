#!/bin/bash
# Measures Daybook beside other stores: starts their servers on 127.0.0.1 with their data in a
# temporary directory, runs daybook_bench_peers on them, and ends the servers again.
#
#   bench/peers/run.sh build/release/bin
#   SCALE=0.1 bench/peers/run.sh build/release/bin   a look, with a tenth of the work
#
# Data lies under TMPDIR, by default /var/tmp: let it be a disk.
set -euo pipefail
bin=$(realpath "$1")
scale=${SCALE:-1}

directory=$(mktemp --directory "${TMPDIR:-/var/tmp}/daybook-peers-XXXXXX")
chmod 711 "$directory"  # The user that PostgreSQL runs as has its directory in here.
servers=()
client=

# Whatever ends this script, even Ctrl-C.
stop() {
  trap '' HUP INT TERM
  if [[ -n $client ]]; then
    kill "$client" 2>/dev/null || true
    wait "$client" 2>/dev/null || true
  fi
  for server in "${servers[@]}"; do
    kill -INT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  done
  rm -rf "$directory"
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  echo "bench-peers: $1" >&2
  exit 1
}

# start NAME COMMAND...: runs it in the background, with its output in NAME.log.
start() {
  local name=$1
  shift
  printf '  %s:' "$name"
  printf ' %q' "$@"
  printf '\n'
  "$@" >"$directory/$name.log" 2>&1 </dev/null &
  servers+=($!)
}

# await NAME COMMAND...: until the command succeeds, as long as the last server lives.
await() {
  local name=$1
  shift
  for ((i = 0; i < 300; i++)); do
    kill -0 "${servers[-1]}" 2>/dev/null || break
    if "$@" >/dev/null 2>&1; then
      return
    fi
    sleep 0.1
  done
  cat "$directory/$name.log" >&2
  fail "$name does not start"
}

listens() { (: <"/dev/tcp/127.0.0.1/$1"); }

read -r postgres_port redis_port nats_port < <(python3 - <<'PORTS'
import socket
sockets = [socket.socket() for _ in range(3)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PORTS
)

# PostgreSQL does not run as root: where the script does, it is the user of Debian's package.
as_postgres=()
if ((EUID == 0)); then
  as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups)
fi
postgres_bin=$(pg_config --bindir)
mkdir "$directory/postgres" "$directory/redis" "$directory/nats" "$directory/in-process"
if ((EUID == 0)); then
  chown postgres: "$directory/postgres"
fi
(cd "$directory" && "${as_postgres[@]}" "$postgres_bin/initdb" --pgdata="$directory/postgres" \
  --username=postgres --auth=trust --encoding=UTF8 --locale=C >"$directory/initdb.log" 2>&1) ||
  { cat "$directory/initdb.log" >&2; fail "initdb failed"; }

# The functions of Message DB, as its package for npm brings them.
(cd "$directory" && npm install --no-save --no-audit --no-fund --prefix "$directory/npm" \
  '@eventide/message-db@1.3.1' >"$directory/npm.log" 2>&1) ||
  { cat "$directory/npm.log" >&2; fail "npm could not install @eventide/message-db"; }
message_db=$directory/npm/node_modules/@eventide/message-db/database

echo "Servers:"
cd "$directory"
start postgres "${as_postgres[@]}" "$postgres_bin/postgres" -D "$directory/postgres" \
  -p "$postgres_port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
  -c fsync=on -c synchronous_commit=on -c full_page_writes=on
await postgres "$postgres_bin/pg_isready" --host=127.0.0.1 --port="$postgres_port"
start redis redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$directory/redis" \
  --appendonly yes --appendfsync always --save ''
await redis redis-cli -p "$redis_port" ping
start nats nats-server --addr 127.0.0.1 --port "$nats_port" --jetstream \
  --store_dir "$directory/nats"
await nats listens "$nats_port"

export PGHOST=127.0.0.1 PGPORT=$postgres_port PGUSER=postgres
createdb events
bash "$message_db/install.sh" >"$directory/message-db.log" 2>&1 ||
  { cat "$directory/message-db.log" >&2; fail "Message DB could not be installed"; }

echo "Versions:"
"$postgres_bin/postgres" --version | sed 's/^/  /'
redis-server --version | sed 's/^/  /'
nats-server --version | sed 's/^/  /'
echo "  Message DB $(cat "$message_db/VERSION.txt"), by npm"
dpkg-query --show --showformat '  ${Package} ${Version}\n' libpq5 libhiredis0.14 libnats3.4 \
  libsqlite3-0 librocksdb7.8 2>/dev/null || true

# As little as a scale asks for, but never nothing: rounds, seconds, streams of 1,000 events.
read -r rounds seconds streams < <(python3 -c "
scale = float('$scale')
scale = scale if 0 < scale <= 1 else 1
print(7 if scale == 1 else 3, max(0.05, 2 * scale), max(1, round(50 * scale)))")

program=("$bin/daybook_bench_peers" --data "$directory/in-process"
  --postgres "host=127.0.0.1 port=$postgres_port dbname=events user=postgres"
  --message-db "host=127.0.0.1 port=$postgres_port dbname=message_store user=message_store"
  --redis "$redis_port" --nats "nats://127.0.0.1:$nats_port"
  --rounds "$rounds" --seconds "$seconds" --streams "$streams")
echo "Run:"
printf ' '
printf ' %q' "${program[@]}"
printf '\n\n'
"${program[@]}" &  # So that a signal is heard while it runs.
client=$!
wait "$client"
