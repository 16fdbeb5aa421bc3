#!/usr/bin/env bash
# Choose the server to publish to, in this order, and say it in one line: SERVING_URL; a private server of the mysqld or
# mariadbd that is here, or that apt installs (as root on Debian or Ubuntu); else an embedded DuckDB file.
# `server.sh install` only sees that a server program is here, and fails when there is none.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'server     %s\n' "$*"; }

if [ "${1:-}" != install ]; then
  case ${SERVING_URL:-} in
    '') ;;
    embedded) say "an embedded DuckDB file, as SERVING_URL=embedded asks"; exit ;;
    *) say "the one that SERVING_URL names"; exit ;;
  esac
fi

PATH=$PATH:/usr/sbin:/usr/local/sbin # a user's PATH often leaves out where packages put servers
program() { command -v "${WAREHOUSE_MYSQLD:-mysqld}" || command -v mariadbd; }

if [ -n "${WAREHOUSE_MYSQLD:-}" ]; then
  if ! command -v "$WAREHOUSE_MYSQLD" >/dev/null; then
    say "WAREHOUSE_MYSQLD=$WAREHOUSE_MYSQLD: no such program; name a mysqld or mariadbd, or unset it" >&2
    exit 1
  fi
elif ! program >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  say "no mysqld or mariadbd here: installing MariaDB with apt (programs only, no service is started)"
  apt-get update -qq || say "apt-get update failed" >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    mariadb-server-core mariadb-client-core >/dev/null || say "apt could not install MariaDB" >&2
fi

if program >/dev/null; then
  say "a private one, by $(program)"
  [ "${1:-}" = install ] || exec .venv/bin/warehouse server start
elif [ "${1:-}" = install ]; then
  say "no mysqld or mariadbd here; install MySQL or MariaDB, or name its program in WAREHOUSE_MYSQLD" >&2
  exit 1
else
  say "an embedded DuckDB file: no mysqld or mariadbd here, and installing one takes root on Debian or Ubuntu"
fi
