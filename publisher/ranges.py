"""Ranges of keys: the parts of a table that several sessions load, or read back, at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from publisher import mysql_types
from publisher.mysql_types import Column

DUCKDB, MYSQL = 0, 1
"""Which of a pair of literals, names or conditions is whose."""


@dataclass(frozen=True)
class Range:
    """Part of a table's rows: those whose key lies above `low` and not above `high`; None: no bound.

    Bounds are the key's values as pairs of literals, DuckDB's and MySQL's. Where the range has no bound, `least` and
    `greatest`, the least and greatest values that DuckDB has in each column, let it skip rows as bounds would.
    """

    low: tuple[tuple[str, str], ...] | None = None
    high: tuple[tuple[str, str], ...] | None = None
    least: tuple[tuple[str, str], ...] | None = None
    greatest: tuple[tuple[str, str], ...] | None = None

    def conditions(self, key: Sequence[Column]) -> tuple[str, str]:
        """Return DuckDB's and MySQL's condition for a row of the range."""
        names = [(mysql_types.duckdb_name(c.name), mysql_types.mysql_name(c.name)) for c in key]
        return tuple(self._condition([name[engine] for name in names], engine) for engine in (DUCKDB, MYSQL))

    def _condition(self, columns: Sequence[str], engine: int) -> str:
        bounds = (self.low, self.high, self.low or self.least, self.high or self.greatest)
        low, high, first, last = ([literal[engine] for literal in bound or ()] for bound in bounds)
        # Engines skip the rows outside the range by the columns that both bounds have alike, and by the first other.
        ends = (first, last) if engine == DUCKDB else (low, high)
        same = next((n for n, (a, b) in enumerate(zip(*ends, strict=False)) if a != b), 0)
        parts = [f"{column} = {literal}" for column, literal in zip(columns[:same], ends[0], strict=False)]
        columns, low, high = columns[same:], low[same:], high[same:]
        if low:
            parts += [f"{columns[0]} >= {low[0]}", _beyond(columns, ">", low)]
        if high:
            equal = " AND ".join(f"{column} = {literal}" for column, literal in zip(columns, high, strict=True))
            parts += [f"{columns[0]} <= {high[0]}", f"({_beyond(columns, '<', high)} OR ({equal}))"]
        return " AND ".join(parts) or "TRUE"


def ranges(rows: Sequence[Sequence[str]], key: Sequence[Column]) -> list[Range]:
    """Return the ranges between keys in order, given as the texts of their values; the outer two bound all."""
    bounds = []
    for row in rows:
        literals = [exp.Literal.string(text) for text in row]
        bounds.append(
            tuple(
                (literal.sql("duckdb"), literal.name if column.is_number else literal.sql("mysql"))
                for literal, column in zip(literals, key, strict=True)
            )
        )
    least, *inner, greatest = bounds
    parts = [Range(low, high) for low, high in zip([None, *inner], [*inner, None], strict=True)]
    parts[0] = replace(parts[0], least=least)
    parts[-1] = replace(parts[-1], greatest=greatest)
    return parts


def _beyond(columns: Sequence[str], compare: str, literals: Sequence[str]) -> str:
    """Return the condition for a key that comes after (`>`) or before (`<`) another, as an index can answer it."""
    conditions = []
    for position, (column, literal) in enumerate(zip(columns, literals, strict=True)):
        same = [f"{c} = {value}" for c, value in zip(columns[:position], literals[:position], strict=True)]
        conditions.append("(" + " AND ".join([*same, f"{column} {compare} {literal}"]) + ")")
    return "(" + " OR ".join(conditions) + ")"
