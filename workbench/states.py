"""SQLMesh's state: what every plan knows of the ones before it."""

from __future__ import annotations

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
