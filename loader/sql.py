"""What is said to DuckDB, and what comes back, in one way everywhere."""

from __future__ import annotations

from typing import Any

import duckdb


def quoted(name: str) -> str:
    """Return a name as an identifier of DuckDB's, whatever it is made of."""
    return '"' + name.replace('"', '""') + '"'


def records(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query, each as a mapping by column name."""
    result = con.execute(query)
    names = [name for name, *_ in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says: DuckDB goes on with the query."""
    return str(error).strip().splitlines()[0]
