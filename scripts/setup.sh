#!/usr/bin/env bash
# Make .venv: Python 3.11 to 3.13, what uv.lock pins, and this project, editable. Nothing is done when nothing changed.
set -euo pipefail
cd "$(dirname "$0")/.."

what_is_installed() { pwd; cat scripts/setup.sh pyproject.toml uv.lock; }
if what_is_installed | cmp -s - .venv/installed && # and by the interpreter asked for, where one is
  [ "$("${PYTHON:-.venv/bin/python}" --version)" = "$(.venv/bin/python --version)" ]; then
  exit
fi
say() { printf 'setup      %s\n' "$*"; }
die() { printf 'setup      %s\n' "$*" >&2; exit 1; }

python=
if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3.12 python3.11 python3; fi
for name; do
  # Run it: a name on PATH may be a shim for a version that is not installed.
  if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
    python=$name
    break
  fi
done
[ -n "$python" ] || die "needs Python 3.11 to 3.13; here is" \
  "$("$name" --version 2>/dev/null || echo none). Install one, or name it: make setup PYTHON=/path/to/python3.12"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

if ! "$python" -c 'import ensurepip' 2>/dev/null; then # Debian and Ubuntu package it apart
  package=python$version-venv
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    die "$python has no ensurepip; as root: apt-get install $package"
  fi
  say "installing $package with apt"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null
fi

rm -f .venv/installed
"$python" -m venv --clear .venv
pinned=$(awk '/^name = "uv"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' uv.lock)
if .venv/bin/python -m pip install -q --disable-pip-version-check "uv==$pinned"; then
  say "Python $version, packages of uv.lock by uv $pinned"
  # Exported, not `uv sync`: this takes the same versions, checked by hash, from whichever index is configured; and
  # trusts the machine's certificates, as pip does, since a hospital's proxy often signs with its own.
  .venv/bin/uv export -q --frozen |
    .venv/bin/uv pip sync -q --python .venv/bin/python --system-certs --compile-bytecode -
else
  say "Python $version, packages of uv.lock by plain pip (uv $pinned cannot be had here; pip checks no hashes)"
  .venv/bin/python - >.venv/pins.txt <<'PINS'
import tomllib

with open("uv.lock", "rb") as lock:
    for package in tomllib.load(lock)["package"]:
        if "registry" in package["source"]:
            markers = " or ".join(package.get("resolution-markers", []))
            print(f"{package['name']}=={package['version']}" + (f" ; {markers}" if markers else ""))
PINS
  .venv/bin/python - >.venv/dev.txt <<'DEV'
import tomllib

with open("pyproject.toml", "rb") as project:
    print(*[name for name in tomllib.load(project)["dependency-groups"]["dev"] if not name.startswith("uv")], sep="\n")
DEV
  .venv/bin/python -m pip install -q --disable-pip-version-check -c .venv/pins.txt -r .venv/dev.txt -e .
  .venv/bin/python -m compileall -q .venv/lib # SQLMesh starts in 2 s instead of 6
fi
what_is_installed >.venv/installed
say "done: .venv/bin/warehouse"
