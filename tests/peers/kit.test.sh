#!/usr/bin/env bash
# Providers against real servers of their platforms, below the engine: what tests ignore that need an address.
# shellcheck source=tests/peers/_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/_lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")"
room=$(mktemp -d)
trap 'for peer in nostr-relay bsky-pds ghost; do RUN_DIR="$room/$peer" ./$peer.sh stop || true; done; rm -rf "$room"' EXIT

NOSTR_RELAY=$(RUN_DIR="$room/nostr-relay" ./nostr-relay.sh start)
BSKY_PDS=$(RUN_DIR="$room/bsky-pds" ./bsky-pds.sh start)
read -r GHOST GHOST_KEY < <(RUN_DIR="$room/ghost" ./ghost.sh start)
export NOSTR_RELAY BSKY_PDS GHOST GHOST_KEY
"${CARGO:-cargo}" test --locked --quiet --lib -- --ignored real_relay real_pds real_ghost
