#!/bin/bash
# Control script for load harnesses: ccm.sh start|stop|pid. "start" prints the pid once the server is ready.
# C2S, HTTP: ports (25522, 25580). DURABILITY: full or relaxed. CPU: the core to pin to (0). RUN: where state goes; it is
# kept, so that accounts outlive a restart.
# PYTHON: an interpreter that has CCM installed (by default this checkout's .venv).
HERE=$(cd "$(dirname "$0")/.." && pwd)
C2S=${C2S:-25522}; HTTP=${HTTP:-25580}; CPU=${CPU:-0}; DURABILITY=${DURABILITY:-full}
RUN=${RUN:-${TMPDIR:-/tmp}/ccm-bench-$C2S}
BIN=$HERE/.venv/bin; [ -n "$CCM_PYTHON" ] && BIN=$(dirname "$CCM_PYTHON")
ulimit -n "$(ulimit -Hn)" 2> /dev/null
alive() { [ -f "$RUN/pid" ] && kill -0 "$(cat "$RUN/pid")" 2> /dev/null; }
start() {
  if alive; then echo "already running" >&2; cat "$RUN/pid"; return; fi
  mkdir -p "$RUN"; rm -f "$RUN/log"
  cd "$HERE" || exit 1
  setsid taskset -c "$CPU" "$BIN/twistd" --nodaemon --pidfile= --logfile "$RUN/log" ccm --config "$HERE/etc/bench.toml" \
    --set "server.state=\"$RUN/state\"" --set "listen.c2s=[\"tcp:$C2S:interface=127.0.0.1:backlog=4096\"]" \
    --set "listen.http=[\"tcp:$HTTP:interface=127.0.0.1:backlog=4096\"]" --set "web.url=\"http://localhost:$HTTP/\"" \
    --set "store.durability=\"$DURABILITY\"" > "$RUN/stdout" 2>&1 < /dev/null &
  echo $! > "$RUN/pid"
  for _ in $(seq 1 150); do
    if grep -qs "CCM is ready" "$RUN/log"; then cat "$RUN/pid"; return; fi
    if ! alive; then echo "the server ended; see $RUN/log" >&2; exit 1; fi
    sleep 0.2
  done
  echo "not ready within 30 s; see $RUN/log" >&2; exit 1
}
stop() {
  if alive; then
    pid=$(cat "$RUN/pid"); kill "$pid"
    for _ in $(seq 1 60); do kill -0 "$pid" 2> /dev/null || break; sleep 0.2; done
    kill -0 "$pid" 2> /dev/null && kill -9 "$pid"
  fi
  rm -f "$RUN/pid"
}
case "$1" in
  start) start ;;
  stop) stop ;;
  pid) cat "$RUN/pid" ;;
  *) echo "usage: $0 start|stop|pid" >&2; exit 2 ;;
esac
