"""What is said to DuckDB, and what comes back, in one way everywhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb


def quoted(name: str) -> str:
    """Return a name as an identifier of DuckDB's, whatever it is made of."""
    return '"' + name.replace('"', '""') + '"'


def filled(file: Path, **parts: str) -> str:
    """Return an SQL file with its {names} filled in: SQL and quoted identifiers, never values."""
    text = file.read_text(encoding="utf-8")
    return re.sub(r"\{(\w+)\}", lambda match: parts[match[1]], text) if parts else text


def records(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query, each as a mapping by column name."""
    result = con.execute(query)
    names = [name for name, *_ in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says: DuckDB goes on with the query."""
    return str(error).strip().splitlines()[0]
