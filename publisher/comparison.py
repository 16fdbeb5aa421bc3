"""Compare a published table with the rows in DuckDB that it is a copy of: counts and checksums of every column."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from sqlglot import exp
from sqlmesh.core.engine_adapter import EngineAdapter
from sqlmesh.utils.errors import SQLMeshError

from publisher import mysql_types
from publisher.mysql_types import Column, Totals, added_up
from publisher.serving import ServingAdapter, Session

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


class Comparison:
    """What DuckDB sent, beside what a table of the server holds."""

    def __init__(
        self,
        adapter: ServingAdapter,
        source: EngineAdapter,
        name: str,
        select: str,
        columns: Sequence[Column],
        key: Sequence[Column],
        weighing: Sequence[Column],
    ) -> None:
        """Take the model's `name` for messages, `select`, DuckDB's query for what was sent, and the columns that weigh.

        `weighing` are those of the key that tell its rows apart: a row's weight in a checksum is made of them.
        """
        self.adapter, self.source, self.name, self.select = adapter, source, name, select
        self.columns, self.key, self.weighing = columns, key, weighing
        self._sent: Future[Totals] | None = None

    def start(self) -> None:
        """Let DuckDB count its side from now on, while the server loads."""
        pool = ThreadPoolExecutor(1)
        self._sent = pool.submit(self._count_sent)
        pool.shutdown(wait=False)

    def _count_sent(self) -> Totals:
        cursor = self.source.connection.cursor()
        rows = f"({self.select}) AS rows"
        for number, column in enumerate(self.columns):
            if column.has_few_texts:
                name, crc32 = map(mysql_types.duckdb_name, (column.name, mysql_types.crc32_of(column)))
                cursor.execute(f"SELECT DISTINCT {name} FROM ({self.select}) WHERE {name} IS NOT NULL")
                texts = [text for (text,) in cursor.fetchall()]
                # A table, and not a list in the query: DuckDB joins by the smaller side where it knows which that is.
                listed = f"UNNEST($1::VARCHAR[]) AS text, UNNEST($2::BIGINT[]) AS {crc32}"
                numbers = [zlib.crc32(text.encode()) for text in texts]
                cursor.execute(f"CREATE TEMP TABLE texts{number} AS SELECT {listed}", [texts, numbers])
                rows += f" LEFT JOIN texts{number} ON rows.{name} = texts{number}.text"
        aggregates = ", ".join(mysql_types.checksums(self.columns, self.weighing)[0])
        cursor.execute(f"SELECT {aggregates} FROM {rows}")
        return [number or 0 for number in cursor.fetchone()]

    def run(self, table: str, ranges: Sequence[Range] = (Range(),)) -> Totals:
        """Compare the whole of `table`, the server reading all `ranges` at once; return what its columns sum up to.

        Raises:
            SQLMeshError: when they differ; names the columns, how they differ, and rows with both values.
        """
        aggregates = ", ".join(mysql_types.checksums(self.columns, self.weighing)[1])
        if self._sent is None:
            self.start()
        parts = self.adapter.fetch_at_once(
            [f"SELECT {aggregates} FROM {table} WHERE {part.conditions(self.key)[1]}" for part in ranges]
        )
        stored = added_up(parts)
        self.judge(stored, table)
        return stored

    def read(self, session: Session, rows: str) -> Totals:
        """Return what the columns of some rows on the server sum up to."""
        aggregates = ", ".join(mysql_types.checksums(self.columns, self.weighing)[1])
        [numbers] = session.fetchall(f"SELECT {aggregates} FROM {rows}")
        return list(numbers)

    def judge(self, stored: Totals, table: str | None = None) -> None:
        """Compare what the columns on the server sum up to with DuckDB's.

        Raises:
            SQLMeshError: when they differ; names the columns, how they differ, and rows of `table` with both values.
        """
        if self._sent is None:
            self.start()
        sent = self._sent.result()
        if sent != stored:
            differing = self._columns_that_differ(sent, stored)
            raise SQLMeshError(
                f"{self.name}: the server does not hold what was sent ({sent[0]:,} rows sent, "
                f"{stored[0]:,} stored; {'; '.join(differing)}): "
                + "; ".join(self._differences(table) if table else [])
            )

    def _columns_that_differ(self, sent: Totals, stored: Totals) -> list[str]:
        """Return of each column that differs its name, and how it does."""
        found = []
        for number, column in enumerate(self.columns):
            values, checksum = 1 + 2 * number, 2 + 2 * number
            if sent[values] - sent[0] != stored[values] - stored[0]:
                nulls = (side[0] - side[values] for side in (sent, stored))
                found.append("column {}: {:,} NULL sent, {:,} stored".format(column.name, *nulls))
            elif sent[checksum] != stored[checksum]:
                found.append(f"column {column.name}: another checksum")
        return found

    def _differences(self, table: str) -> list[str]:
        """Return up to five differences between what was sent and what `table` holds.

        Rows are dealt to 4,096 buckets by their key, and only those of buckets that differ are fetched.
        """
        sides = zip(
            (self.source, self.adapter),
            (f"({self.select})", table),
            mysql_types.buckets(self.key),
            mysql_types.digests(self.columns),
            ([c.sent_text for c in self.columns], [f"CONCAT({c.stored_text})" for c in self.columns]),
            strict=True,
        )
        digests, fetches = [], []
        for engine, rows, bucket, digest, texts in sides:
            digests.append(dict(engine.fetchall(f"SELECT {bucket}, {digest} FROM {rows} AS t GROUP BY 1")))
            fetches.append((engine, f"SELECT {', '.join(texts)} FROM {rows} AS t WHERE {bucket} IN"))
        differing = [b for b in sorted({*digests[0], *digests[1]}) if digests[0].get(b, -1) != digests[1].get(b, -1)]
        if not differing:
            return ["no row on its own differs"]
        listed = ", ".join(f"'{bucket}'" for bucket in differing[:8])
        key = [self.columns.index(column) for column in self.key]
        sent, stored = (
            {tuple(row[position] for position in key): row for row in engine.fetchall(f"{query} ({listed})")}
            for engine, query in fetches
        )
        found = [f"the row where {at(self.key, lost)} is not there" for lost in sorted(sent.keys() - stored.keys())]
        found += [f"the row where {at(self.key, alien)} was not sent" for alien in sorted(stored.keys() - sent.keys())]
        for same in sorted(sent.keys() & stored.keys()):
            for column, a, b in zip(self.columns, sent[same], stored[same], strict=True):
                if a != b:
                    found.append(f"{column.name} where {at(self.key, same)}: sent {shown(a, b)}, stored {shown(b, a)}")
        return found[:5]


def at(key: Sequence[Column], values: Sequence[object]) -> str:
    """Return where a row is: its key, as `column = value, ...`."""
    return ", ".join(f"{column.name} = {value}" for column, value in zip(key, values, strict=True))


def shown(value: str | None, other: str | None = None) -> str:
    """Return a value fit for a message; of a long one, the part where it starts to differ from `other`."""
    if value is None or len(value) <= 80:
        return "NULL" if value is None else repr(value)
    same = next((i for i, (a, b) in enumerate(zip(value, other or "", strict=False)) if a != b), len(other or ""))
    start = max(0, same - 20)
    return f"{value[start : start + 60]!r} (from character {start + 1} of {len(value)})"


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
