"""Publish what a model's query gives in DuckDB into MySQL, as SQLMesh's own versioned tables.

A model of `gateway serving` and `kind CUSTOM (materialization publish, materialization_properties (...))` is loaded
beside its table, compared with DuckDB value by value, indexed, and only then renamed into place. Its properties:

- `primary_key = (column, ...)`, required: MySQL's primary key, and the order of the load.
- `indexes = ((column), (column, column), ...)`: secondary indexes, built after the load.
- `widths = (column = n, ...)`: a text column's VARCHAR(n), beyond which a value is refused. SQLMesh keeps no n of
  DuckDB's VARCHAR(n), so any other text gets the next of `mysql_types.WIDTHS` that its longest value fits in.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import duckdb
from pydantic import model_validator
from sqlglot import exp
from sqlmesh import CustomMaterialization
from sqlmesh.core.console import get_console
from sqlmesh.core.engine_adapter import EngineAdapter
from sqlmesh.core.model import CustomKind, Model
from sqlmesh.core.snapshot import Snapshot
from sqlmesh.utils.errors import ConfigError, SQLMeshError

from loader import mysql_types, settings
from loader.mysql_types import Column, duckdb_name, mysql_name
from loader.serving import ServingAdapter, ServingError

VERSION = 1
"""Part of every published model's fingerprint: raise it when the publisher changes what it writes."""

SLICE_ROWS = 200_000
"""Rows that DuckDB sorts and writes at a time: bounds the client's memory, whatever the table's size."""

BATCH_ROWS, BATCH_CHARACTERS = 5_000, 1_000_000
"""The most that one INSERT carries (servers take 16 MB or more in a statement)."""

PROGRESS_SECONDS = 5
"""How often a load says how far it is; one that is over sooner says nothing."""

LOCAL_INFILE_OFF = {1148, 2068, 3948, 4166}
"""The errors of servers that forbid LOAD DATA LOCAL."""

CSV = "FORMAT csv, HEADER false, NULLSTR 'NULL', QUOTE '\"', ESCAPE '\"', USE_TMP_FILE false"
FIELDS = "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '' LINES TERMINATED BY '\\n'"
"""The one pair of settings that was found to carry every value to both servers (with text quoted, and NULL not)."""


class PublishKind(CustomKind):
    """The kind of a published model, its properties checked when the model is loaded."""

    @model_validator(mode="after")
    def _check_properties(self) -> PublishKind:
        known = {"primary_key", "indexes", "widths"}
        if unknown := set(self.materialization_properties) - known:
            raise ConfigError(f"publish has no property {_list(sorted(unknown))}, only {_list(sorted(known))}")
        if not self.primary_key:
            raise ConfigError("publish needs the property primary_key = (column, ...): unique, and never NULL")
        return self

    @property
    def data_hash_values(self) -> list[str | None]:
        """What makes SQLMesh publish anew when it changes: the properties, the publisher, and the server."""
        return [*super().data_hash_values, str(VERSION), settings.serving_name()]

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The columns of the primary key."""
        return tuple(name for item in self._items("primary_key") for name in _names(item))

    @property
    def indexes(self) -> list[tuple[str, ...]]:
        """The columns of each secondary index."""
        return [_names(item) for item in self._items("indexes")]

    @property
    def widths(self) -> dict[str, int]:
        """The declared widths of text columns, in characters."""
        return {item.this.name: int(item.expression.name) for item in self._items("widths")}

    def _items(self, name: str) -> list[exp.Expression]:
        value = self.materialization_properties.get(name)
        value = value.unnest() if isinstance(value, exp.Paren) else value
        return value.expressions if isinstance(value, exp.Tuple) else [value] if value else []


class Publish(CustomMaterialization[PublishKind]):
    """SQLMesh's way to fill the table of a published model."""

    NAME = "publish"

    def create(
        self,
        table_name: str,
        model: Model,
        is_table_deployable: bool,
        render_kwargs: dict[str, Any],
        skip_grants: bool,
        **kwargs: Any,
    ) -> None:
        """Publish the table without rows, where SQLMesh asks for that (a plan that skips the backfill)."""
        query = model.ctas_query(**render_kwargs)
        self.insert(table_name, query, model, True, render_kwargs, snapshots=render_kwargs["snapshots"])

    def insert(
        self,
        table_name: str,
        query_or_df: exp.Query,
        model: Model,
        is_first_insert: bool,
        render_kwargs: dict[str, Any],
        **kwargs: Any,
    ) -> None:
        """Publish the rows of the query as `table_name`.

        Raises:
            SQLMeshError: when a value or a key cannot be published, the server refuses something, or what it stored is
                not what was sent. The table is then as it was before.
        """
        parents = [s.model for s in kwargs["snapshots"].values() if s.is_model and s.name in model.depends_on]
        if views := [parent.name for parent in parents if parent.kind.is_view]:
            raise SQLMeshError(f"{model.name}: publish copies tables, but {views[0]} is a view: make it kind FULL")
        Publication(self.adapter, exp.to_table(table_name), model, parents, query_or_df).run()

    def migrate(self, target_table_name: str, source_table_name: str, snapshot: Snapshot, **kwargs: Any) -> None:
        """Change nothing: a published table is whole, and one with other columns is another version.

        SQLMesh would compare the table with an empty one of the same model, whose measured text widths are the least,
        and drop and add every wider text column: the table would stay, its texts would be NULL.
        """


class Publication:
    """One table on its way: what DuckDB will send, and what MySQL makes of it."""

    def __init__(
        self, adapter: EngineAdapter, table: exp.Table, model: Model, parents: Sequence[Model], query: exp.Query
    ) -> None:
        """Read the columns and the number of rows of `query`.

        Raises:
            SQLMeshError: when MySQL has no type for a column, would change a value, or refuse a key.
        """
        self.adapter, self.table, self.model, self.parents = adapter, table, model, parents
        self.source = adapter.source if isinstance(adapter, ServingAdapter) else adapter
        self.kind: PublishKind = model.kind
        self.rows = f"({query.sql('duckdb', identify=True)})"
        self.columns = self._columns()
        self.key = [column for name in self.kind.primary_key for column in self.columns if column.name == name]
        self.key_names = _list(duckdb_name(column.name) for column in self.key)
        self.count = self._check_values()

    def run(self) -> None:
        """Load beside the table, compare, index, and rename into place; in an embedded file, replace the table."""
        if not isinstance(self.adapter, ServingAdapter):
            description, descriptions = self._descriptions()
            rows = exp.maybe_parse(self._select(), dialect="duckdb")
            self.adapter.replace_query(
                self.table, rows, table_description=description, column_descriptions=descriptions
            )
            return
        # One transaction, so that SQLMesh does not reconnect in between: the lock would be gone with the connection.
        with self.adapter.transaction(), self._staging() as (new, old):
            self.create(new)
            self.load(new)
            self.verify(new)
            self.add_indexes(new)
            self.swap(new, old)

    def _columns(self) -> list[Column]:
        described = self.source.fetchall(f"DESCRIBE FROM {self.rows}")
        types = {name: exp.DataType.build(dtype, dialect="duckdb") for name, dtype, *_ in described}
        named = {*self.kind.primary_key, *self.kind.widths, *(name for index in self.kind.indexes for name in index)}
        if missing := named - set(types):
            raise SQLMeshError(f"{self.model.name}: has no column {_list(sorted(missing))}, which its kind names")
        texts = [name for name, dtype in types.items() if mysql_types.is_text(dtype)]
        lengths = _list(f"MAX(LENGTH({duckdb_name(name)}::VARCHAR))" for name in texts)
        longest = self.source.fetchone(f"SELECT {lengths} FROM {self.rows}") if texts else ()
        widths = dict(zip(texts, map(mysql_types.width, longest), strict=True)) | self.kind.widths
        try:
            return [mysql_types.column(name, dtype, widths.get(name)) for name, dtype in types.items()]
        except SQLMeshError as error:
            raise SQLMeshError(f"{self.model.name}: {error}") from error

    def _check_values(self) -> int:
        """Return the number of rows, having refused values that MySQL would change and keys that it cannot have."""
        refused = [(c, c.refused) for c in self.columns if c.refused]
        refused += [(c, f"{duckdb_name(c.name)} IS NULL") for c in self.key]
        counts = [f"COUNT(*) FILTER ({condition})" for _, condition in refused]
        rows, *found = self.source.fetchone(f"SELECT {_list(['COUNT(*)', *counts])} FROM {self.rows}")
        for (column, condition), number in zip(refused, found, strict=True):
            if number:
                text = f"({column.value})::VARCHAR"
                value, length, *key = self.source.fetchone(
                    f"SELECT {text}, LENGTH({text}) AS length, {self.key_names} FROM {self.rows} "
                    f"WHERE {condition} ORDER BY length DESC, {self.key_names} LIMIT 1"
                )
                raise SQLMeshError(
                    f"{self.model.name}: {column.name} as {column.mysql} cannot hold the values of {number:,} row(s); "
                    f"the longest, of {length or 0} characters, where {self._at(key)}, is {_shown(value)}"
                )
        return rows

    def _at(self, key: Sequence[Any]) -> str:
        return _list(f"{column.name} = {value}" for column, value in zip(self.key, key, strict=True))

    def _select(self, condition: str = "TRUE") -> str:
        """Return DuckDB's query for the values that are sent."""
        values = _list(f"{c.value} AS {duckdb_name(c.name)}" for c in self.columns)
        return f"SELECT {values} FROM {self.rows} WHERE {condition}"

    def _descriptions(self) -> tuple[str | None, dict[str, str]]:
        """Return what the table and its columns are: the words of the model it copies, or else its own.

        A blueprint describes all the tables of its list at once; the star model says what a row of this one is.
        """
        models = [self.model, *self.parents]
        columns = {name: text for model in models for name, text in model.column_descriptions.items()}
        return next((model.description for model in reversed(models) if model.description), None), columns

    @contextmanager
    def _staging(self) -> Iterator[tuple[str, str]]:
        """Yield the names under which the table is loaded and put aside; remove both, and what killed plans left.

        Each load holds a lock of the server in its table's name, which tells a running load from one that was killed.
        """
        schema, name = mysql_name(self.table.db), self.table.name
        with self._lock(name) as mine:
            if not mine:
                raise SQLMeshError(f"{self.model.name}: another plan is loading {name}: let it end, then plan again")
            staged = self.adapter.fetchall(
                "SELECT table_name FROM information_schema.tables "
                f"WHERE table_schema = '{self.table.db}' AND table_name REGEXP '^(new|old)__'"
            )
            for (leftover,) in staged:
                with self._lock(leftover[5:]) as dead:
                    if dead:
                        self.adapter.execute(f"DROP TABLE IF EXISTS {schema}.{mysql_name(leftover)}")
            new, old = (f"{schema}.{mysql_name(prefix + name)}" for prefix in ("new__", "old__"))
            try:
                yield new, old
            finally:
                if self.adapter.connection.open:
                    self.adapter.execute(f"DROP TABLE IF EXISTS {new}, {old}")

    @contextmanager
    def _lock(self, name: str) -> Iterator[bool]:
        lock = exp.Literal.string(name).sql("mysql")
        (taken,) = self.adapter.fetchone(f"SELECT GET_LOCK({lock}, 0)")
        try:
            yield bool(taken)
        finally:
            if taken and self.adapter.connection.open:
                self.adapter.fetchone(f"SELECT RELEASE_LOCK({lock})")

    def create(self, table: str) -> None:
        """Create `table`, empty, with primary key and comments."""
        description, descriptions = self._descriptions()
        (collation,) = self.adapter.fetchone("SELECT @@collation_connection")
        lines = [
            f"{mysql_name(c.name)} {c.mysql}{' NOT NULL' if c in self.key else ''}"
            + _comment(descriptions.get(c.name), self.adapter.MAX_COLUMN_COMMENT_LENGTH)
            for c in self.columns
        ]
        lines.append(f"PRIMARY KEY ({_list(mysql_name(c.name) for c in self.key)})")
        self.adapter.execute(
            f"CREATE TABLE {table} ({_list(lines)}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={collation}"
            + _comment(description, self.adapter.MAX_TABLE_COMMENT_LENGTH)
        )

    def load(self, table: str) -> None:
        """Fill `table` in the order of its key: by LOAD DATA LOCAL, or by INSERT where the server forbids that.

        Raises:
            SQLMeshError: when the server did not take every row as it was sent.
        """
        try:
            self._load_data(table)
        except ServingError as error:
            if error.code not in LOCAL_INFILE_OFF:
                raise
            get_console().log_warning(
                f"{self.model.name}: the server forbids LOAD DATA LOCAL, so its rows go by INSERT, which is slower. "
                "To allow it: SET GLOBAL local_infile = ON, and local_infile = ON in the server's configuration."
            )
            self._insert(table)

    def _load_data(self, table: str) -> None:
        """Stream DuckDB's COPY through a pipe into LOAD DATA LOCAL: no row touches the client's disk."""
        names = _list(mysql_name(c.name) for c in self.columns)
        with self._pipe() as path:
            self.adapter.execute(
                f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {table} CHARACTER SET utf8mb4 {FIELDS} ({names})"
            )
            loaded, warnings = self.adapter.cursor.rowcount, self.adapter.cursor.warning_count
        # LOCAL makes warnings of errors: it cuts a long text, skips a duplicate, stores 0 for what is no number.
        if loaded != self.count or warnings:
            reasons = "; ".join(text for _, _, text in self.adapter.fetchall("SHOW WARNINGS LIMIT 5"))
            raise SQLMeshError(f"{self.model.name}: {self.count:,} rows sent, {loaded:,} taken: {reasons}")

    @contextmanager
    def _pipe(self) -> Iterator[str]:
        """Let DuckDB write its rows as CSV into a pipe, in a thread; yield the path from which to read them.

        Either side's failure ends the other: a closed end is the reader's end of file, or breaks the writer's pipe.
        """
        reading, writing = os.pipe()
        failures: list[duckdb.Error] = []
        texts = _list(duckdb_name(c.name) for c in self.columns if c.kind == "TEXT")
        options = f"{CSV}, FORCE_QUOTE ({texts})" if texts else CSV
        slices, cursor = self._slices(), self.source.connection.cursor()

        def write() -> None:
            try:
                for query in self._progress(slices):
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
            raise SQLMeshError(f"{self.model.name}: DuckDB cannot read its rows: {failures[0]}") from failures[0]

    def _slices(self) -> list[str]:
        """Return queries that together give all rows in the order of the key, each about SLICE_ROWS of them."""
        slices = -(-self.count // SLICE_ROWS)
        first, literals = duckdb_name(self.key[0].name), []
        if slices > 1:
            sample = f"FROM {self.rows} AS model TABLESAMPLE RESERVOIR({100 * slices} ROWS) REPEATABLE (1)"
            values = self.source.fetchall(f"SELECT {first}::VARCHAR FROM (SELECT {first} {sample}) ORDER BY {first}")
            literals = [
                exp.Literal.string(value).sql("duckdb") for value in dict.fromkeys(v for (v,) in values[100::100])
            ]
        above = ["TRUE", *(f"{first} > {literal}" for literal in literals)]
        below = [*(f"{first} <= {literal}" for literal in literals), "TRUE"]
        ranges = (f"{low} AND {high}" for low, high in zip(above, below, strict=True))
        return [f"{self._select(condition)} ORDER BY {self.key_names}" for condition in ranges]

    def _progress(self, slices: list[str]) -> Iterator[str]:
        """Yield the slices, and say now and then on screen how far the load is."""
        started = said = time.monotonic()
        for number, query in enumerate(slices):
            now = time.monotonic()
            if now - said > PROGRESS_SECONDS:
                said, rows = now, self.count * number // len(slices)
                rate = rows / (now - started)
                get_console().log_status_update(f"  {self.table.name}: {rows:,} of {self.count:,} rows, {rate:,.0f}/s")
            yield query

    def _insert(self, table: str) -> None:
        """Send the rows as INSERT statements, their text rendered by DuckDB; strict mode makes errors of bad values."""
        values = _list(f"COALESCE({c.literal}, 'NULL')" for c in self.columns)
        cursor = self.source.connection.cursor()
        for query in self._progress(self._slices()):
            cursor.execute(f"SELECT '(' || CONCAT_WS(',', {values}) || ')' FROM ({query})")
            while rows := cursor.fetchmany(BATCH_ROWS):
                for batch in _batches([text for (text,) in rows]):
                    # Past `execute`, which logs the statement: a log is no place for patients' data.
                    self.adapter._execute(f"INSERT INTO {table} VALUES {batch}")
        cursor.close()

    def verify(self, table: str) -> None:
        """Compare what `table` holds with what was sent: the rows, and one digest of all their values.

        Raises:
            SQLMeshError: when they differ; names rows, columns and both values.
        """
        for_duckdb, for_mysql = mysql_types.digests(self.columns)
        with ThreadPoolExecutor(1) as pool:  # so that both engines count at once
            counting = pool.submit(self.source.fetchone, f"SELECT COUNT(*), {for_duckdb} FROM ({self._select()})")
            stored = self.adapter.fetchone(f"SELECT COUNT(*), {for_mysql} FROM {table}")
            sent = counting.result()
        if tuple(map(int, sent)) != tuple(map(int, stored)):
            raise SQLMeshError(
                f"{self.model.name}: the server does not hold what was sent "
                f"({sent[0]:,} rows sent, {stored[0]:,} stored): " + "; ".join(self._differences(table))
            )

    def _differences(self, table: str) -> list[str]:
        """Return up to five differences between what was sent and what `table` holds.

        Rows are dealt to 4,096 buckets by their key, and only those of buckets that differ are fetched.
        """
        sides = zip(
            (self.source, self.adapter),
            (f"({self._select()})", table),
            mysql_types.buckets(self.key),
            mysql_types.digests(self.columns),
            ([c.sent_text for c in self.columns], [f"CONCAT({c.stored_text})" for c in self.columns]),
            strict=True,
        )
        digests, fetches = [], []
        for engine, rows, bucket, digest, texts in sides:
            digests.append(dict(engine.fetchall(f"SELECT {bucket}, {digest} FROM {rows} GROUP BY 1")))
            fetches.append((engine, f"SELECT {_list(texts)} FROM {rows} WHERE {bucket} IN"))
        differing = [b for b in sorted({*digests[0], *digests[1]}) if digests[0].get(b, -1) != digests[1].get(b, -1)]
        listed = _list(f"'{bucket}'" for bucket in differing[:8])
        key = [self.columns.index(column) for column in self.key]
        sent, stored = (
            {tuple(row[position] for position in key): row for row in engine.fetchall(f"{query} ({listed})")}
            for engine, query in fetches
        )
        found = [f"the row where {self._at(lost)} is not there" for lost in sorted(sent.keys() - stored.keys())]
        found += [f"the row where {self._at(alien)} was not sent" for alien in sorted(stored.keys() - sent.keys())]
        for same in sorted(sent.keys() & stored.keys()):
            for column, a, b in zip(self.columns, sent[same], stored[same], strict=True):
                if a != b:
                    found.append(f"{column.name} where {self._at(same)}: sent {_shown(a, b)}, stored {_shown(b, a)}")
        return found[:5]

    def add_indexes(self, table: str) -> None:
        """Build the secondary indexes of the loaded `table`, all at once."""
        if self.kind.indexes:
            added = _list(f"ADD INDEX ({_list(map(mysql_name, columns))})" for columns in self.kind.indexes)
            self.adapter.execute(f"ALTER TABLE {table} {added}")

    def swap(self, new: str, old: str) -> None:
        """Rename `new` into the table's place and what stands there to `old`, at one moment."""
        target = f"{mysql_name(self.table.db)}.{mysql_name(self.table.name)}"
        (exists,) = self.adapter.fetchone(
            "SELECT COUNT(*) FROM information_schema.tables "
            f"WHERE table_schema = '{self.table.db}' AND table_name = '{self.table.name}'"
        )
        self.adapter.execute(f"RENAME TABLE {f'{target} TO {old}, ' if exists else ''}{new} TO {target}")
        self.adapter._clear_data_object_cache()


def _names(item: exp.Expression) -> tuple[str, ...]:
    return tuple(column.name for column in item.find_all(exp.Column))


def _list(items: Iterable[str]) -> str:
    return ", ".join(items)


def _comment(text: str | None, limit: int) -> str:
    return f" COMMENT {exp.Literal.string(text[:limit]).sql('mysql')}" if text else ""


def _shown(value: str | None, other: str | None = None) -> str:
    """Return a value fit for a message; of a long one, the part where it starts to differ from `other`."""
    if value is None or len(value) <= 80:
        return "NULL" if value is None else repr(value)
    same = next((i for i, (a, b) in enumerate(zip(value, other or "", strict=False)) if a != b), len(other or ""))
    start = max(0, same - 20)
    return f"{value[start : start + 60]!r} (from character {start + 1} of {len(value)})"


def _batches(rows: Sequence[str]) -> Iterator[str]:
    """Join rows for INSERT, each batch within BATCH_CHARACTERS unless it is one row."""
    start = size = 0
    for end, row in enumerate(rows):
        if end > start and size + len(row) > BATCH_CHARACTERS:
            yield ",".join(rows[start:end])
            start, size = end, 0
        size += len(row)
    yield ",".join(rows[start:])
