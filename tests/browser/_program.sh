# Sourced by the commands of this folder: which program they run, in which browser, with which Node.
# shellcheck shell=bash
# shellcheck source=tests/peers/_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../peers/_lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")"

program=${ROSTRUM_BIN:-${CARGO_TARGET_DIR:-$PWD/../../target}/debug/rostrum}
[ -x "$program" ] || { echo "no program at $program: cargo build first" >&2; exit 1; }
CHROMIUM=${CHROMIUM:-$(command -v chromium || true)}
[ -n "$CHROMIUM" ] || { echo "no chromium on PATH: install it, or name it in CHROMIUM" >&2; exit 1; }
ROSTRUM_BIN=$(realpath "$program")
export CHROMIUM ROSTRUM_BIN

need_node
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts >&2
