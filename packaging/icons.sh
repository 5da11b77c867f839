#!/usr/bin/env bash
# Makes assets/icons/app/*.png from assets/icons/rostrum.svg, with Chromium. Run it after changing the mark.
# Environment: CHROMIUM (the browser to use).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mark=$(cat assets/icons/rostrum.svg)

# draw NAME PIXELS CORNERS SHARE: the mark on SHARE of a square of its own colour, with or without round corners.
draw() {
  local name=$1 pixels=$2 corners=$3 share=$4
  cat >"$work/$name.html" <<HTML
<!doctype html><style>
html, body { margin: 0; background: transparent }
div { inline-size: ${pixels}px; block-size: ${pixels}px; display: grid; place-items: center; background: #2f49c9; border-radius: $corners }
svg { inline-size: $share; block-size: $share; display: block }
</style><div>$mark</div>
HTML
  "${CHROMIUM:-chromium}" --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
    --default-background-color=00000000 --window-size="$pixels,$pixels" \
    --screenshot="assets/icons/app/$name.png" "file://$work/$name.html" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
}

draw 192 192 25% 100%
draw 512 512 25% 100%
# What the system cuts to its own shape: everything that matters lies within the inner four fifths.
draw maskable-512 512 0 76%
draw apple-180 180 0 84%
