"""Carry rows from DuckDB into a table of the server: in the order of the key, by several connections at once."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import pairwise

import duckdb
from sqlmesh.core.console import get_console
from sqlmesh.core.engine_adapter import EngineAdapter
from sqlmesh.utils.errors import SQLMeshError

from publisher.adapter import ServingAdapter
from publisher.connection import ServingError, Session
from publisher.description import Description
from publisher.mysql_types import duckdb_name
from publisher.ranges import Range, ranges

SLICE_ROWS = 100_000
"""Rows that DuckDB sorts and writes at a time: bounds the client's memory, whatever the table's size."""

SESSIONS = max(1, min(4, os.cpu_count() or 1))
"""Connections that load, or read back, one table at once, each its own range of keys."""

BATCH_ROWS, BATCH_CHARACTERS = 5_000, 1_000_000
"""The most that one INSERT carries (servers take 16 MB or more in a statement)."""

PROGRESS_SECONDS = 5
"""How often a load says how far it is; one that is over sooner says nothing."""

PIPE_BYTES = 1 << 20
"""What a pipe holds between DuckDB and the server: the most that Linux grants without privileges."""

LOCAL_INFILE_OFF = {1148, 2068, 3948, 4166}
"""The errors of servers that forbid LOAD DATA LOCAL."""

CSV = "FORMAT csv, HEADER false, NULLSTR 'NULL', QUOTE '\"', ESCAPE '\"', USE_TMP_FILE false"
FIELDS = "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '' LINES TERMINATED BY '\\n'"
"""The one pair of settings that was found to carry every value to both servers (with text quoted, and NULL not)."""


class Transfer:
    """The rows of one table on their way from DuckDB to the server."""

    def __init__(self, adapter: ServingAdapter, source: EngineAdapter, described: Description) -> None:
        """Take the adapters of the server and of DuckDB, and what is sent."""
        self.adapter, self.source, self.described = adapter, source, described
        self.name, self.select, self.key, self.count = described.name, described.select, described.key, described.count
        self.slices = self._slices()
        self._stopped = threading.Event()
        self._counting, self._done, self._started, self._said = threading.Lock(), 0, 0.0, 0.0

    @property
    def shares(self) -> list[list[Range]]:
        """The slices dealt to the sessions, to each those that follow one another."""
        sessions = min(SESSIONS, len(self.slices))
        ends = [len(self.slices) * number // sessions for number in range(sessions + 1)]
        return [self.slices[start:end] for start, end in pairwise(ends)]

    @property
    def ranges(self) -> list[Range]:
        """The range of keys of each session."""
        return [Range(share[0].low, share[-1].high) for share in self.shares]

    def load(self, table: str) -> None:
        """Fill `table` in the order of its key: by LOAD DATA LOCAL, or by INSERT where the server forbids that.

        Raises:
            SQLMeshError: when the server did not take every row as it was sent.
        """
        try:
            self._run(self._load_data, table)
        except ServingError as error:
            if error.code not in LOCAL_INFILE_OFF:
                raise
            get_console().log_warning(
                f"{self.name}: the server forbids LOAD DATA LOCAL, so its rows go by INSERT, which is slower. "
                "To allow it: SET GLOBAL local_infile = ON, and local_infile = ON in the server's configuration."
            )
            self._run(self._insert, table)

    def _run(self, load: Callable[[Session, str, Sequence[Range]], int], table: str) -> None:
        """Load all shares at once; the first failure ends them all."""
        self._stopped.clear()
        self._done, self._started = 0, time.monotonic()
        self._said = self._started
        shares = self.shares
        with (
            one_thread(self.source),
            self.adapter.sessions(len(shares)) as sessions,
            ThreadPoolExecutor(len(shares)) as pool,
        ):
            loads = [pool.submit(load, *pair) for pair in zip(sessions, [table] * len(shares), shares, strict=True)]
            done, _ = wait(loads, return_when=FIRST_EXCEPTION)
            self._stopped.set()
            if failed := next((load for load in done if load.exception()), None):
                raise failed.exception()
            loaded = sum(load.result() for load in loads)
        if loaded != self.count:
            raise SQLMeshError(f"{self.name}: {self.count:,} rows sent, {loaded:,} taken")

    def _load_data(self, session: Session, table: str, share: Sequence[Range]) -> int:
        """Stream DuckDB's COPY through a pipe into LOAD DATA LOCAL: no row touches the client's disk."""
        with self._pipe(share) as path:
            loaded, warnings = session.execute(
                f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {table} CHARACTER SET utf8mb4 {FIELDS} "
                f"({self.described.names})"
            )
        # LOCAL makes warnings of errors: it cuts a long text, skips a duplicate, stores 0 for what is not a number.
        if warnings:
            reasons = "; ".join(text for _, _, text in session.fetchall("SHOW WARNINGS LIMIT 5"))
            raise SQLMeshError(f"{self.name}: {self.count:,} rows sent, {loaded:,} taken: {reasons}")
        return loaded

    @contextmanager
    def _pipe(self, share: Sequence[Range]) -> Iterator[str]:
        """Let DuckDB write its rows as CSV into a pipe, in a thread; yield the path from which to read them.

        Either side's failure ends the other: a closed end is the reader's end of file, or breaks the writer's pipe.
        """
        reading, writing = os.pipe()
        if hasattr(fcntl, "F_SETPIPE_SZ"):  # Linux
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        failures: list[duckdb.Error] = []
        texts = ", ".join(duckdb_name(c.name) for c in self.described.columns if c.kind == "TEXT")
        options = f"{CSV}, FORCE_QUOTE ({texts})" if texts else CSV
        cursor = self.source.connection.cursor()

        def write() -> None:
            try:
                for query in self._queries(share):
                    cursor.execute(f"COPY ({query}) TO '/dev/fd/{writing}' ({options})")
            except duckdb.Error as error:
                failures.append(error)
            finally:
                os.close(writing)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            yield f"/dev/fd/{reading}"
        finally:
            os.close(reading)
            writer.join()
            cursor.close()
        if failures:
            raise SQLMeshError(f"{self.name}: DuckDB cannot read its rows: {failures[0]}") from failures[0]

    def _insert(self, session: Session, table: str, share: Sequence[Range]) -> int:
        """Send the rows as INSERT statements, their text rendered by DuckDB; strict mode makes errors of bad values."""
        values = ", ".join(f"COALESCE({c.literal}, 'NULL')" for c in self.described.columns)
        cursor, inserted = self.source.connection.cursor(), 0
        for query in self._queries(share):
            cursor.execute(f"SELECT '(' || CONCAT_WS(',', {values}) || ')' FROM ({query})")
            while rows := cursor.fetchmany(BATCH_ROWS):
                for batch in _batches([text for (text,) in rows]):
                    # A session logs no statement: patients' data does not belong in a log.
                    inserted += session.execute(f"INSERT INTO {table} ({self.described.names}) VALUES {batch}")[0]
        cursor.close()
        return inserted

    def _slices(self) -> list[Range]:
        """Return the ranges of keys that together hold all rows in order, each about SLICE_ROWS of them."""
        slices = -(-self.count // SLICE_ROWS)
        if slices < 2:
            return [Range()]
        names = ", ".join(duckdb_name(c.name) for c in self.key)
        texts = ", ".join(f"{duckdb_name(c.name)}::VARCHAR" for c in self.key)
        sample = f"FROM ({self.select}) AS rows TABLESAMPLE RESERVOIR({100 * slices} ROWS) REPEATABLE (1)"
        keys = self.source.fetchall(f"SELECT {texts} FROM (SELECT {names} {sample}) ORDER BY {names}")
        least, greatest = (
            self.source.fetchone(
                f"SELECT {', '.join(f'{end}({duckdb_name(c.name)})::VARCHAR' for c in self.key)} FROM ({self.select})"
            )
            for end in ("MIN", "MAX")
        )
        return ranges([least, *dict.fromkeys(keys[100::100]), greatest], self.key)

    def _queries(self, share: Sequence[Range]) -> Iterator[str]:
        """Yield DuckDB's queries for a session's slices, and say now and then on screen how far the load is."""
        names = ", ".join(duckdb_name(c.name) for c in self.key)
        for part in share:
            if self._stopped.is_set():  # another session has failed
                return
            yield f"SELECT * FROM ({self.select}) WHERE {part.conditions(self.key)[0]} ORDER BY {names}"
            with self._counting:
                self._done += 1
                now = time.monotonic()
                if now - self._said > PROGRESS_SECONDS:
                    self._said, rows = now, self.count * self._done // len(self.slices)
                    rate = rows / (now - self._started)
                    get_console().log_status_update(f"  {self.name}: {rows:,} of {self.count:,} rows, {rate:,.0f}/s")


class _OneThread:
    """Lets DuckDB compute each query by its caller's thread alone, as long as any load goes on.

    A COPY that waits for its pipe keeps DuckDB's other threads busy with waiting: three times the processor's time, and
    twice the memory. Each session's COPY has a thread of its own anyway.
    """

    def __init__(self) -> None:
        self._lock, self._loads, self._before = threading.Lock(), 0, 0

    @contextmanager
    def __call__(self, source: EngineAdapter) -> Iterator[None]:
        with self._lock:
            self._loads += 1
            if self._loads == 1:
                (self._before,) = source.fetchone("SELECT current_setting('threads')")
                source.execute("SET threads = 1")
        try:
            yield
        finally:
            with self._lock:
                self._loads -= 1
                if not self._loads:
                    source.execute(f"SET threads = {self._before}")


one_thread = _OneThread()
"""`with one_thread(source): ...`"""


def _batches(rows: Sequence[str]) -> Iterator[str]:
    """Join rows for INSERT, each batch within BATCH_CHARACTERS unless it is one row."""
    start = size = 0
    for end, row in enumerate(rows):
        if end > start and size + len(row) > BATCH_CHARACTERS:
            yield ",".join(rows[start:end])
            start, size = end, 0
        size += len(row)
    yield ",".join(rows[start:])
