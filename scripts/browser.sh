#!/usr/bin/env bash
# `browser.sh install`: see that a Chromium is here for the tests of the dashboard; apt brings it, as root on Debian.
# `browser.sh picture`: take the picture of the demo's dashboard that README shows.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'browser    %s\n' "$*"; }
program() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

case ${1:-} in
install)
  program >/dev/null && exit
  if [ "$(id -u)" = 0 ] && grep -qs '^ID=debian' /etc/os-release; then
    say "no chromium here: installing it with apt"
    apt-get update -qq || say "apt-get update failed" >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null || true
  fi
  program >/dev/null || say "no chromium here, and installing it takes root on Debian: tests in a browser are skipped"
  ;;
picture)
  page=${WAREHOUSE_HOME:-.warehouse}/dashboard/prod.html
  if [ ! -e "$page" ]; then
    say "no $page: make demo writes it" >&2
    exit 1
  fi
  "$(program)" --headless --no-sandbox --hide-scrollbars --virtual-time-budget=20000 --window-size=1280,1030 \
    --screenshot=docs/dashboard.png "file://$(realpath "$page")#trust" 2>/dev/null
  say "docs/dashboard.png"
  ;;
*)
  say "usage: browser.sh install | picture" >&2
  exit 2
  ;;
esac
