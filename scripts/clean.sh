#!/usr/bin/env bash
# Remove all that make made here: the private server, WAREHOUSE_HOME, .venv, caches.
set -euo pipefail
cd "$(dirname "$0")/.."
home=${WAREHOUSE_HOME:-.warehouse}

if [ -d "$home" ]; then
  # A WAREHOUSE_HOME set by mistake (a home folder, say) is not ours to remove.
  if [ ! -e "$home/warehouse.duckdb" ] && [ ! -e "$home/server" ] && [ -n "$(ls -A "$home")" ]; then
    echo "clean      $home holds no warehouse and no private server: not removed; check WAREHOUSE_HOME" >&2
    exit 1
  fi
  if [ -e "$home/server" ]; then
    if [ ! -x .venv/bin/warehouse ]; then
      echo "clean      $home/server may hold a running server, and stopping it takes .venv: make setup clean" >&2
      exit 1
    fi
    .venv/bin/warehouse server stop
  fi
  rm -rf "$home"
fi
find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
rm -rf .venv .parsers .cache logs ./*.egg-info .pytest_cache .ruff_cache .hypothesis
