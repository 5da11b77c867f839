#!/usr/bin/env bash
# A real Ghost on SQLite, without the internet: the package of npm with what its lock file names.
#   ghost.sh install
#   RUN_DIR=/folder ghost.sh start   prints its address and the key of an integration
#   RUN_DIR=/folder ghost.sh stop
# shellcheck source=tests/peers/_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
version=5.130.6
sqlite=5.1.7
folder="$peers/ghost-$version"

install() {
  need_node
  if [ ! -e "$folder/.done" ]; then
    echo "installing ghost $version" >&2
    rm -rf "$folder"
    mkdir -p "$folder"
    (cd "$folder" && npm pack --silent "ghost@$version" >/dev/null && tar xzf "ghost-$version.tgz" && rm "ghost-$version.tgz")
    (cd "$folder/package" && npm ci --ignore-scripts --omit=dev --omit=optional >&2)
    touch "$folder/.done"
  fi
  # Its driver is optional there and comes as a download from elsewhere: above the package, built from its own source.
  npm_install "$folder" "sqlite3@$sqlite"
  [ -e "$folder/.done-driver" ] || (cd "$folder" && npm rebuild sqlite3 --build-from-source >&2 && touch .done-driver)
}

# ask METHOD PATH [BODY]: of the admin's API, as the page of the site does it.
ask() {
  curl --silent --show-error --fail-with-body --max-time 60 --cookie-jar "$RUN_DIR/cookies" --cookie "$RUN_DIR/cookies" \
    --header "origin: $url" --header 'content-type: application/json' --request "$1" ${3:+--data "$3"} "$url/ghost/api/admin/$2"
}

start() {
  need_node
  mkdir -p "$RUN_DIR"
  local port url
  port=${PORT:-$(free_port)} url="http://127.0.0.1:$port"
  cp -r "$folder/package/content" "$RUN_DIR/content"
  cd "$folder/package" || exit
  launch ghost env NODE_ENV=production url="$url" server__port="$port" server__host=127.0.0.1 logging__level=error logging__transports='["stdout"]' \
    database__client=sqlite3 database__connection__filename="$RUN_DIR/ghost.db" database__useNullAsDefault=true \
    paths__contentPath="$RUN_DIR/content" mail__transport=stub sendWelcomeEmail=false \
    privacy__useUpdateCheck=false privacy__useGravatar=false privacy__useRpcPing=false privacy__useStructuredData=false \
    security__staffDeviceVerification=false imageOptimization__resize=false "$(command -v node)" index.js
  wait_http ghost "$url/ghost/api/admin/site/" 180
  ask POST authentication/setup/ '{"setup":[{"name":"Ann","email":"ann@example.org","password":"a peer of the tests","blogTitle":"Peer"}]}' >/dev/null
  ask POST session/ '{"username":"ann@example.org","password":"a peer of the tests"}' >/dev/null
  ask POST 'integrations/?include=api_keys' '{"integrations":[{"name":"rostrum"}]}' >"$RUN_DIR/integration.json"
  echo "$url $(python3 -c 'import json, sys; print(next(k["secret"] for k in json.load(open(sys.argv[1]))["integrations"][0]["api_keys"] if k["type"] == "admin"))' "$RUN_DIR/integration.json")"
}

case "${1:-}" in
  install) alone ghost install ;;
  start) : "${RUN_DIR:?}"; alone ghost install; start ;;
  stop) : "${RUN_DIR:?}"; stop ghost ;;
  *) sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
