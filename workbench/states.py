"""SQLMesh's state: what every plan knows of the ones before it."""

from __future__ import annotations

import secrets

import duckdb

from loader import settings


def checkpoint() -> None:
    """Write the state into its file, so that a copy of the file holds all of it and not what stood there long ago.

    Runs when a command ends, after its own connection. Where another command has the file open, that one does it.
    """
    file = settings.state_file()
    if not file.with_name(f"{file.name}.wal").exists():
        return
    try:
        with duckdb.connect(str(file)) as con:
            con.execute("CHECKPOINT")
    except duckdb.IOException as error:
        if "lock" not in str(error):
            raise


def published_as() -> str:
    """Return the name under which this warehouse publishes: its server's, and its own on a server that others can use.

    A warehouse that was made before there were such names has none of its own: its tables keep theirs.
    """
    server, file = settings.serving_name(), settings.home() / "name"
    if server in {"embedded", "private"}:
        return server
    if not file.exists() and not settings.state_file().exists():
        file.write_text(secrets.token_hex(4), encoding="utf-8")
    return f"{server}/{file.read_text(encoding='utf-8')}" if file.exists() else server
