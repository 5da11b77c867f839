#!/usr/bin/env bash
# Builds Rostrum from this checkout and installs it. Safe to run again: that is how to upgrade.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=packaging/toolchain.sh
. packaging/toolchain.sh

usage() {
  cat <<'TEXT'
Usage: ./install.sh [options]

Builds Rostrum and installs the program. On Debian and its relatives it also installs what the build needs: a C compiler,
curl, and Rust when there is none that is new enough. Run it as root or as a user who may use sudo.

  --start         afterwards run it here, in the foreground, with its data in ./data
  --systemd       also install the service and /etc/rostrum/rostrum.toml (an existing one is kept)
  --prefix DIR    install DIR/bin/rostrum (default: /usr/local)
  --dist          build with full optimisation: the smallest binary, and a link step that takes 2 GB of memory
  --binary FILE   install FILE, which packaging/build.sh made elsewhere, and build nothing
  --uninstall     remove the program and the service; keep configuration and data
  --purge         with --uninstall: remove /etc/rostrum and /var/lib/rostrum too, and with them every post and account
  -h, --help      this text

What it prints is on standard error, except for what the program itself prints after --start.
TEXT
}

start=no systemd=no uninstall=no purge=no prefix=/usr/local binary="" build_options=()
while [ $# -gt 0 ]; do
  case "$1" in
    --start) start=yes ;;
    --systemd) systemd=yes ;;
    --dist) build_options+=(--dist) ;;
    --prefix) [ $# -ge 2 ] || die "--prefix needs a folder"; prefix=$2; shift ;;
    --prefix=*) prefix=${1#*=} ;;
    --binary) [ $# -ge 2 ] || die "--binary needs a file"; binary=$2; shift ;;
    --binary=*) binary=${1#*=} ;;
    --uninstall) uninstall=yes ;;
    --purge) purge=yes ;;
    -h | --help) usage; exit 0 ;;
    *) printf 'install.sh: unknown option %s\n\n' "$1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
[ "$purge" = no ] || [ "$uninstall" = yes ] || die "--purge goes with --uninstall"
[ "$start" = no ] || [ "$systemd" = no ] || die "--start runs it here, --systemd as a service: choose one"
[ "$uninstall" = no ] || [ "$start$systemd$binary" = nono ] || die "--uninstall goes with --prefix and --purge only"
case "$prefix" in /*) ;; *) prefix="$PWD/$prefix" ;; esac

program="$prefix/bin/rostrum"
unit=/etc/systemd/system/rostrum.service
configuration=/etc/rostrum/rostrum.toml

# to_prefix COMMAND…: root only where the prefix asks for it, so that --prefix ~/.local needs nobody.
to_prefix() {
  local folder=$prefix
  while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
  if [ -w "$folder" ] && { [ ! -e "$prefix/bin" ] || [ -w "$prefix/bin" ]; }; then "$@"; else as_root "$@"; fi
}

systemd_runs() { [ -d /run/systemd/system ]; }

remove() {
  if [ -e "$unit" ]; then
    if systemd_runs; then as_root systemctl disable --now rostrum.service 2>/dev/null || true; fi
    as_root rm -f "$unit"
    if systemd_runs; then as_root systemctl daemon-reload; fi
    say "removed $unit"
  fi
  if [ -e "$program" ]; then
    to_prefix rm -f "$program"
    say "removed $program"
  fi
  local folder kept=()
  for folder in /etc/rostrum /var/lib/rostrum /var/lib/private/rostrum; do
    [ -e "$folder" ] || [ -L "$folder" ] || continue
    if [ "$purge" = yes ]; then
      as_root rm -rf "$folder"
      say "removed $folder"
    else
      kept+=("$folder")
    fi
  done
  [ ${#kept[@]} -eq 0 ] || say "kept ${kept[*]} (--uninstall --purge removes them)"
  [ ! -d data ] || say "kept $PWD/data, which a run by hand made"
}

build() {
  need_packages build-essential ca-certificates curl pkg-config
  need_cargo
  say "building with $CARGO (some minutes; the first time longer)"
  local report
  report=$(as_builder env "CARGO=$CARGO" "PATH=$PATH" packaging/build.sh "${build_options[@]}") || die "the build failed, see above"
  printf '%s\n' "$report" >&2
  binary=$(printf '%s\n' "$report" | sed -n 's/^path  *//p')
}

install_program() {
  "$binary" --version >/dev/null || die "$binary does not run on this machine"
  to_prefix install -d "$prefix/bin"
  # Beside it, then renamed: a running server keeps the file that it started from.
  to_prefix install -m 755 "$binary" "$program.new"
  to_prefix mv -f "$program.new" "$program"
  say "installed $program ($("$program" --version))"
}

install_service() {
  local text
  text=$(sed "s|/usr/local/bin/rostrum|$program|" packaging/rostrum.service)
  printf '%s\n' "$text" | as_root install -m 644 /dev/stdin "$unit"
  as_root install -d -m 755 /etc/rostrum
  if [ -e "$configuration" ]; then
    say "kept $configuration"
  else
    as_root install -m 644 packaging/rostrum.toml "$configuration"
    say "installed $configuration"
  fi
  say "installed $unit"
  systemd_runs || { say "systemd does not run here: the service is installed, not loaded"; return 0; }
  as_root systemctl daemon-reload
  if systemctl is-active --quiet rostrum.service; then
    as_root systemctl restart rostrum.service
    say "restarted the service"
  fi
}

next_steps() {
  local run=$program
  case ":$PATH:" in *":$prefix/bin:"*) run=rostrum ;; esac
  if [ "$systemd" = yes ]; then
    cat >&2 <<TEXT

Next:
  1. Set server.url in $configuration (the address that people will type).
  2. systemctl enable --now rostrum
  3. journalctl -u rostrum -n 20     shows the link that creates the first account
  Behind a proxy: packaging/proxy.md. Every setting: $run config show
TEXT
  else
    cat >&2 <<TEXT

Next:
  $run serve                  data in ./data, http://127.0.0.1:8080
  and open the set-up link that it prints. As a service: ./install.sh --systemd
TEXT
  fi
}

if [ "$uninstall" = yes ]; then
  remove
  exit 0
fi
if [ -n "$binary" ]; then
  [ -x "$binary" ] || die "$binary is not a program"
else
  build
fi
install_program
[ "$systemd" = no ] || install_service
if [ "$start" = yes ]; then
  say "starting; Ctrl-C stops it, '$program serve' starts it again"
  if [ "$(id -u)" = 0 ] && [ -z "${SUDO_USER:-}" ]; then
    exec "$program" serve --data ./data
  fi
  as_builder "$program" serve --data ./data
else
  next_steps
fi
