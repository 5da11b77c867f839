#!/usr/bin/env bash
# Builds the static release binary and proves that it is one. Prints its path, size and SHA-256.
#   packaging/build.sh           release profile: quick to build, what the tests measure
#   packaging/build.sh --dist    fat LTO: smaller and a little faster, what is shipped
# Environment: CARGO (the cargo to use), CARGO_BUILD_JOBS, CARGO_TARGET_DIR.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() { echo "build.sh: $*" >&2; exit 1; }

profile=release
for argument in "$@"; do
  case "$argument" in
    --dist) profile=dist ;;
    -h | --help) sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "build.sh: unknown option $argument (see --help)" >&2; exit 2 ;;
  esac
done

machine=$(uname -m)
case "$machine" in
  x86_64 | aarch64) target="$machine-unknown-linux-gnu" ;;
  *) die "no build for $machine: x86_64 and aarch64 are supported" ;;
esac

# --target keeps the flag away from build scripts and procedural macros, which must stay dynamic.
export RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static"
"${CARGO:-cargo}" build --locked --profile "$profile" --target "$target" --bin rostrum

folder=${CARGO_TARGET_DIR:-target}
binary="$folder/$target/$profile/rostrum"
[ -x "$binary" ] || die "cargo succeeded but $binary is missing"

# A program that asks for a loader names it in its INTERP header.
if command -v readelf >/dev/null && readelf --program-headers "$binary" | grep -q INTERP; then
  die "$binary needs a dynamic loader: it is not static"
fi
libraries=$(ldd "$binary" 2>&1 || true)
case "$libraries" in
  *"statically linked"* | *"not a dynamic executable"*) ;;
  *) die "$binary is linked to: $libraries" ;;
esac
if command -v file >/dev/null; then
  kind=$(file --brief "$binary")
  case "$kind" in
    *static*) ;;
    *) die "$binary is not static: $kind" ;;
  esac
fi

size=$(stat --format=%s "$binary")
printf 'path    %s\n' "$binary"
printf 'size    %s bytes (%s MB)\n' "$size" "$(awk -v n="$size" 'BEGIN { printf "%.1f", n / 1e6 }')"
printf 'sha256  %s\n' "$(sha256sum "$binary" | cut -d' ' -f1)"
