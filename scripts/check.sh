#!/usr/bin/env bash
# All that can be said about the files without running them; what is wrong is shown, and every check has its turn.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
export WAREHOUSE_FAMILIES=all # models of families that have not delivered here are checked too
failed=0
check() {
  local output
  if output=$("$@" 2>&1); then
    printf 'check      %-40s ok\n' "${*#.venv/bin/}"
  else
    printf 'check      %-40s FAILED\n%s\n' "${*#.venv/bin/}" "$output"
    failed=1
  fi
}

check .venv/bin/sqlmesh format --check
check .venv/bin/sqlmesh lint
check .venv/bin/ruff check
check .venv/bin/ruff format --check
check .venv/bin/python -m scripts.generate --check
check .venv/bin/python -m scripts.powerbi_check
check .venv/bin/uv lock --check
exit $failed
