#!/usr/bin/env bash
# A mail server that keeps what it gets (npm maildev), with a REST API: GET URL/api/email, DELETE URL/api/email/all.
#   maildev.sh install
#   RUN_DIR=/folder [SMTP_USER=… SMTP_PASS=…] maildev.sh start   prints its address and, in a second line, its SMTP port
#   RUN_DIR=/folder maildev.sh stop
# shellcheck source=tests/peers/_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
folder="$peers/maildev"

install() {
  npm_install "$folder" maildev@3.0.0
}

start() {
  mkdir -p "$RUN_DIR"
  local web smtp login=()
  web=$(free_port) smtp=$(free_port)
  [ -z "${SMTP_USER:-}" ] || login=(--incoming-user "$SMTP_USER" --incoming-pass "$SMTP_PASS")
  launch maildev "$folder/node_modules/.bin/maildev" --ip 127.0.0.1 --web-ip 127.0.0.1 -s "$smtp" -w "$web" --mail-directory "$RUN_DIR/mail" ${login[@]+"${login[@]}"}
  wait_http maildev "http://127.0.0.1:$web/api/healthz" 60
  echo "http://127.0.0.1:$web"
  echo "$smtp"
}

need_node
case "${1:-}" in
  install) alone maildev install ;;
  start) : "${RUN_DIR:?}"; alone maildev install; start ;;
  stop) : "${RUN_DIR:?}"; stop maildev ;;
  *) sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
