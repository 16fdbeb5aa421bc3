"""Compare a published table with the rows in DuckDB that it is a copy of: counts and checksums of every column."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from sqlmesh.core.engine_adapter import EngineAdapter
from sqlmesh.utils.errors import SQLMeshError

from publisher import checksums, mysql_types
from publisher.adapter import ServingAdapter
from publisher.checksums import Totals, added_up
from publisher.connection import Session
from publisher.description import Description, at, shown
from publisher.ranges import Range


class Comparison:
    """What DuckDB sent, beside what a table of the server holds."""

    def __init__(self, adapter: ServingAdapter, source: EngineAdapter, described: Description) -> None:
        """Take the adapters of the server and of DuckDB, and what was sent."""
        self.adapter, self.source, self.described = adapter, source, described
        self.columns, self.key = described.columns, described.key
        self._sent: Future[Totals] | None = None

    def start(self) -> None:
        """Let DuckDB count its side from now on, while the server loads."""
        pool = ThreadPoolExecutor(1)
        self._sent = pool.submit(self._count_sent)
        pool.shutdown(wait=False)

    def _count_sent(self) -> Totals:
        cursor = self.source.connection.cursor()
        rows = f"({self.described.select}) AS rows"
        for number, column in enumerate(self.columns):
            if column.has_few_texts:
                name, crc32 = map(mysql_types.duckdb_name, (column.name, checksums.crc32_of(column)))
                cursor.execute(f"SELECT DISTINCT {name} FROM ({self.described.select}) WHERE {name} IS NOT NULL")
                texts = [text for (text,) in cursor.fetchall()]
                # A table, and not a list in the query: DuckDB joins by the smaller side where it knows which that is.
                listed = f"UNNEST($1::VARCHAR[]) AS text, UNNEST($2::BIGINT[]) AS {crc32}"
                numbers = [zlib.crc32(text.encode()) for text in texts]
                cursor.execute(f"CREATE TEMP TABLE texts{number} AS SELECT {listed}", [texts, numbers])
                rows += f" LEFT JOIN texts{number} ON rows.{name} = texts{number}.text"
        aggregates = ", ".join(checksums.checksums(self.columns, self.described.weighing)[0])
        cursor.execute(f"SELECT {aggregates} FROM {rows}")
        return [number or 0 for number in cursor.fetchone()]

    def run(self, table: str, ranges: Sequence[Range] = (Range(),)) -> Totals:
        """Compare the whole of `table`, the server reading all `ranges` at once; return what its columns sum up to.

        Raises:
            SQLMeshError: when they differ; names the columns, how they differ, and rows with both values.
        """
        aggregates = ", ".join(checksums.checksums(self.columns, self.described.weighing)[1])
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
        aggregates = ", ".join(checksums.checksums(self.columns, self.described.weighing)[1])
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
                f"{self.described.name}: the server does not hold what was sent ({sent[0]:,} rows sent, "
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
            (f"({self.described.select})", table),
            checksums.buckets(self.key),
            checksums.digests(self.columns),
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
