# Sourced by install.sh and tests/run: finds or installs what the build needs on a Debian machine.
# Every function is idempotent and touches the system only where something is missing.
# shellcheck shell=bash

say() { printf '==> %s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# as_root COMMAND…: directly when root, else by sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root, and sudo is not installed: $*"
  fi
}

# as_builder COMMAND…: as the person who called sudo, so that the checkout does not fill up with root's files.
as_builder() {
  if [ "$(id -u)" = 0 ] && [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
    sudo -H -u "$SUDO_USER" --preserve-env=CARGO,CARGO_BUILD_JOBS,CARGO_TARGET_DIR,RUSTUP_TOOLCHAIN -- "$@"
  else
    "$@"
  fi
}

# need_packages PACKAGE…: Debian packages, only those that are missing, and without starting their services.
need_packages() {
  local package missing=()
  for package in "$@"; do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "please install the equivalents of these Debian packages and run again: ${missing[*]}"
  say "installing ${missing[*]}"
  local policy=/usr/sbin/policy-rc.d guard=no
  if [ ! -e "$policy" ]; then
    guard=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  local status=0
  { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; } || status=$?
  [ "$guard" = no ] || as_root rm -f "$policy"
  [ "$status" = 0 ] || die "apt-get could not install ${missing[*]}"
}

# The oldest Rust that compiles this checkout, from Cargo.toml.
rust_wanted() { sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml; }

# rust_suffices CARGO: does it run, and is it new enough?
rust_suffices() {
  local version
  version=$(as_builder "$1" --version 2>/dev/null | awk '{ print $2 }') || return 1
  [ -n "$version" ] && printf '%s\n%s\n' "$(rust_wanted)" "$version" | sort --version-sort --check=quiet
}

# need_cargo: sets and exports CARGO. Takes the cargo that is there, else asks rustup for one, else installs rustup.
need_cargo() {
  local home candidate
  home=$(as_builder printenv HOME)
  for candidate in "${CARGO:-}" "$(command -v cargo || true)" "$home/.cargo/bin/cargo"; do
    if [ -n "$candidate" ] && rust_suffices "$candidate"; then
      export CARGO="$candidate" PATH="${candidate%/*}:$PATH"
      return 0
    fi
  done
  local rustup
  rustup=$(command -v rustup || true)
  [ -n "$rustup" ] || [ ! -x "$home/.cargo/bin/rustup" ] || rustup="$home/.cargo/bin/rustup"
  if [ -n "$rustup" ]; then
    say "no cargo >= $(rust_wanted) here: installing it with rustup, which is"
    as_builder "$rustup" toolchain install "$(rust_wanted)" --profile minimal --component rustfmt --component clippy >&2 \
      || die "rustup could not install Rust $(rust_wanted)"
    RUSTUP_TOOLCHAIN=$(rust_wanted)
    export RUSTUP_TOOLCHAIN CARGO="${rustup%/*}/cargo" PATH="${rustup%/*}:$PATH"
  else
    say "no cargo >= $(rust_wanted) here: installing Rust with rustup into $home/.cargo and $home/.rustup"
    say "(to take another Rust, put its cargo on PATH and run this again)"
    # Not piped into a shell: a download that breaks off must not be run.
    # shellcheck disable=SC2016  # the inner shell expands it
    as_builder sh -c 'installer=$(mktemp) && trap "rm -f $installer" EXIT \
      && curl --proto "=https" --tlsv1.2 -sSf -o "$installer" https://sh.rustup.rs \
      && sh "$installer" -y --no-modify-path --profile minimal --component rustfmt --component clippy' >&2 \
      || die "Rust could not be downloaded. Install Rust >= $(rust_wanted) (https://rustup.rs) and run this again."
    export CARGO="$home/.cargo/bin/cargo" PATH="$home/.cargo/bin:$PATH"
  fi
  rust_suffices "$CARGO" || die "$CARGO is still older than $(rust_wanted)"
}
