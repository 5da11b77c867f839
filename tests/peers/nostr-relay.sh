#!/usr/bin/env bash
# A relay that checks ids and signatures and keeps what it takes in SQLite: nostr-relay (PyPI).
#   nostr-relay.sh install
#   RUN_DIR=/folder nostr-relay.sh start   prints its address, http://…; sockets are opened at ws:// with the same rest
#   RUN_DIR=/folder nostr-relay.sh stop
# To a bad event it answers with a NOTICE instead of ["OK", id, false].
# shellcheck source=tests/peers/_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
version=1.14
folder="$peers/nostr-relay-$version"

install() {
  [ ! -e "$folder/.done" ] || return 0
  echo "installing nostr-relay $version" >&2
  rm -rf "$folder"
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check "nostr-relay==$version" >&2
  touch "$folder/.done"
}

start() {
  mkdir -p "$RUN_DIR"
  local port
  port=${PORT:-$(free_port)}
  printf 'relay_name: a relay\nstorage:\n  sqlalchemy.url: sqlite+aiosqlite:///%s/relay.sqlite3\n  validators:\n%s\ngunicorn:\n  bind: 127.0.0.1:%s\n  workers: 1\n' \
    "$RUN_DIR" "$(printf '    - nostr_relay.validators.%s\n' is_not_too_large is_signed is_recent)" "$port" >"$RUN_DIR/relay.yaml"
  launch relay "$folder/bin/nostr-relay" -c "$RUN_DIR/relay.yaml" serve
  wait_http relay "http://127.0.0.1:$port/" 60
  echo "http://127.0.0.1:$port"
}

case "${1:-}" in
  install) alone nostr-relay install ;;
  start) : "${RUN_DIR:?}"; alone nostr-relay install; start ;;
  stop) : "${RUN_DIR:?}"; stop relay ;;
  *) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
