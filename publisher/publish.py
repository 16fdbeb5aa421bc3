"""Publish what a model's query gives in DuckDB into MySQL, as SQLMesh's own versioned tables.

A model of `gateway serving` and `kind CUSTOM (materialization publish, materialization_properties (...))` is loaded
beside its table, compared with DuckDB column by column, indexed, and only then renamed into place. Its properties:

- `primary_key = (column, ...)`, required: MySQL's primary key, and the order of the load.
- `indexes = ((column), (column, column), ...)`: secondary indexes, built after the load.
- `widths = (column = n, ...)`: a text column's VARCHAR(n), beyond which a value is refused. SQLMesh keeps no n of
  DuckDB's VARCHAR(n), so any other text gets the next of `mysql_types.WIDTHS` that its longest value fits in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from pydantic import model_validator
from sqlglot import exp
from sqlmesh import CustomMaterialization
from sqlmesh.core.console import get_console
from sqlmesh.core.engine_adapter import EngineAdapter
from sqlmesh.core.model import CustomKind, Model
from sqlmesh.core.snapshot import Snapshot
from sqlmesh.utils.errors import ConfigError, SQLMeshError

from publisher import mysql_types, versions
from publisher.comparison import Comparison, at, shown
from publisher.mysql_types import Column, Totals, duckdb_name, mysql_name
from publisher.serving import ServingAdapter, ServingError, published_to
from publisher.transfer import Transfer
from publisher.versions import Version, Versions

VERSION = 2
"""Part of every published model's fingerprint: raise it when the publisher changes what it writes."""

LOCK_SECONDS = 5
"""How long a load waits for its lock: another load of the plan may hold it while it drops what a killed plan left."""

SORT_BYTES = 128 << 20
"""Memory that MySQL may take to sort the rows of all indexes of one table."""


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
        return [*super().data_hash_values, str(VERSION), published_to()]

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

    def delete(self, name: str, **kwargs: Any) -> None:
        """Drop a published table; a version of a large one is taken out of its store."""
        found = self.adapter.get_data_object(exp.to_table(name))
        if found and found.type.is_view:
            table = exp.to_table(name)
            Versions(self.adapter, table.db, "").remove(table.name)
        else:
            super().delete(name, **kwargs)

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

    @cached_property
    def transfer(self) -> Transfer:
        """The way of the rows to the server."""
        return Transfer(self.adapter, self.source, self.model.name, self._select(), self.columns, self.key, self.count)

    @cached_property
    def comparison(self) -> Comparison:
        """The rows beside what the server holds."""
        return Comparison(
            self.adapter, self.source, self.model.name, self._select(), self.columns, self.key, self.weighing
        )

    @cached_property
    def weighing(self) -> list[Column]:
        """The columns of the key that have more than one value: a row's weight in a checksum is made of them."""
        several = _list(f"MIN({name}) < MAX({name})" for name in (duckdb_name(column.name) for column in self.key))
        found = self.source.fetchone(f"SELECT {several} FROM {self.rows}")
        return [column for column, differs in zip(self.key, found, strict=True) if differs] or self.key

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
            if self.count < versions.VERSIONED_ROWS:
                self._load_whole(new)
            else:
                self._make_version(new)
            self.swap(new, old)

    def _load_whole(self, table: str, version: int | None = None) -> Totals:
        self.create(table, version)
        self.comparison.start()
        self.load(table)
        totals = self.compare(table)
        self.add_indexes(table)
        return totals

    def _make_version(self, view: str) -> None:
        """Make `view` show the rows as one more version in the store of the last one, or in a store of its own."""
        layout = versions.layout(self.columns, self.key, self.weighing, self.kind.indexes)
        made = Versions(self.adapter, self.table.db, self.model.view_name)
        latest = made.latest(layout)
        if latest and self._make_from_changes(made, latest, view, layout):
            return
        number = made.number()
        store = f"store__{self.model.view_name}__{number}"
        totals = self._load_whole(view, number)
        self.adapter.execute(f"RENAME TABLE {view} TO {made.qualified(store)}")
        with self.adapter.sessions(1) as [session]:
            made.record(session, number, self.table.name, store, layout, self.rows, totals)
        made.create_view(view, store, number, self.columns)

    def _make_from_changes(self, made: Versions, latest: Version, view: str, layout: str) -> bool:
        """Make `view` show a version that differs from the `latest` by few rows; return whether that could be."""
        name = f"changes__{self.table.name}"
        in_duckdb, on_server = (
            f"{duckdb_name(self.source.default_catalog)}.publish.{duckdb_name(name)}",
            made.qualified(name),
        )
        self.comparison.start()
        try:
            count = versions.changes(self.transfer, latest.source, in_duckdb)
            if count is None:
                return False
            get_console().log_status_update(f"  {self.model.name}: {count:,} of {self.count:,} rows are to be sent")
            number = made.number(latest.store)
            columns = [*self.columns, versions.GONE, versions.SHARE]
            self.create(on_server, columns=columns)
            if count:
                rows = f"SELECT * FROM {in_duckdb}"
                Transfer(self.adapter, self.source, self.model.name, rows, columns, self.key, count).load(on_server)
            made.end_and_add(latest, number, on_server, self.table.name, layout, self.rows, self.comparison)
        except ServingError:
            raise
        except SQLMeshError as error:
            get_console().log_warning(f"{error}\nSo it is loaded whole.")
            return False
        finally:
            self.source.execute(f"DROP TABLE IF EXISTS {in_duckdb}")
            if self.adapter.connection.open:
                self.adapter.execute(f"DROP TABLE IF EXISTS {on_server}")
        made.create_view(view, latest.store, number, self.columns)
        return True

    def _columns(self) -> list[Column]:
        described = self.source.fetchall(f"DESCRIBE FROM {self.rows}")
        types = {name: exp.DataType.build(dtype, dialect="duckdb") for name, dtype, *_ in described}
        named = {*self.kind.primary_key, *self.kind.widths, *(name for index in self.kind.indexes for name in index)}
        if missing := named - set(types):
            raise SQLMeshError(f"{self.model.name}: has no column {_list(sorted(missing))}, which its kind names")
        texts = [name for name, dtype in types.items() if mysql_types.is_text(dtype)]
        measures = [
            measure.format(f"{duckdb_name(name)}::VARCHAR")
            for name in texts
            for measure in ("MAX(LENGTH({}))", "APPROX_COUNT_DISTINCT({})")
        ]
        found = self.source.fetchone(f"SELECT {_list(measures)} FROM {self.rows}") if texts else ()
        longest, different = dict(zip(texts, found[::2], strict=True)), dict(zip(texts, found[1::2], strict=True))
        widths = {name: mysql_types.width(length) for name, length in longest.items()} | self.kind.widths
        few = {name for name, number in different.items() if number <= mysql_types.FEW_TEXTS}
        try:
            return [mysql_types.column(name, dtype, widths.get(name), name in few) for name, dtype in types.items()]
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
                    f"the longest, of {length or 0} characters, where {at(self.key, key)}, is {shown(value)}"
                )
        return rows

    def _select(self) -> str:
        """Return DuckDB's query for the values that are sent."""
        values = _list(f"{c.value} AS {duckdb_name(c.name)}" for c in self.columns)
        return f"SELECT {values} FROM {self.rows}"

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
        with self._lock(name, LOCK_SECONDS) as mine:
            if not mine:
                raise SQLMeshError(f"{self.model.name}: another plan is loading {name}: let it end, then plan again")
            for leftover in self._tables("^(new|old|changes)__"):
                with self._lock(leftover.partition("__")[2]) as dead:
                    if dead:
                        self._drop(f"{schema}.{mysql_name(leftover)}")
            new, old = (f"{schema}.{mysql_name(prefix + name)}" for prefix in ("new__", "old__"))
            try:
                yield new, old
            finally:
                if self.adapter.connection.open:
                    self._drop(new, old)

    def _tables(self, pattern: str) -> list[str]:
        """Return the tables and views of the physical schema whose names match a regular expression."""
        rows = self.adapter.fetchall(
            "SELECT table_name FROM information_schema.tables "
            f"WHERE table_schema = '{self.table.db}' AND table_name REGEXP '{pattern}'"
        )
        return [name for (name,) in rows]

    def _drop(self, *names: str) -> None:
        """Drop tables or views, whichever they are, if they are."""
        rows = self.adapter.fetchall(
            f"SELECT table_name FROM information_schema.views WHERE table_schema = '{self.table.db}'"
        )
        views = {f"{mysql_name(self.table.db)}.{mysql_name(name)}" for (name,) in rows}
        for name in names:
            self.adapter.execute(f"DROP {'VIEW' if name in views else 'TABLE'} IF EXISTS {name}")

    @contextmanager
    def _lock(self, name: str, seconds: int = 0) -> Iterator[bool]:
        lock = exp.Literal.string(name).sql("mysql")
        (taken,) = self.adapter.fetchone(f"SELECT GET_LOCK({lock}, {seconds})")
        try:
            yield bool(taken)
        finally:
            if taken and self.adapter.connection.open:
                self.adapter.fetchone(f"SELECT RELEASE_LOCK({lock})")

    def create(self, table: str, version: int | None = None, columns: Sequence[Column] | None = None) -> None:
        """Create `table`, empty, with primary key and comments; as a store whose rows begin with a `version`."""
        description, descriptions = self._descriptions()
        (collation,) = self.adapter.fetchone("SELECT @@collation_connection")
        lines = [
            f"{mysql_name(c.name)} {c.mysql}{' NOT NULL' if c in self.key else ''}"
            + _comment(descriptions.get(c.name), self.adapter.MAX_COLUMN_COMMENT_LENGTH)
            for c in columns or self.columns
        ]
        key = [mysql_name(c.name) for c in self.key]
        if version is not None:
            lines.append(f"first_version INT NOT NULL DEFAULT {version}")
            lines.append(f"last_version INT NOT NULL DEFAULT {versions.LAST}")
            key.append("first_version")
        lines.append(f"PRIMARY KEY ({_list(key)})")
        self.adapter.execute(
            f"CREATE TABLE {table} ({_list(lines)}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={collation}"
            + _comment(description, self.adapter.MAX_TABLE_COMMENT_LENGTH)
        )

    def load(self, table: str) -> None:
        """Fill `table` with the rows."""
        self.transfer.load(table)

    def compare(self, table: str) -> Totals:
        """Compare what `table` holds with what was sent, column by column; return what they sum up to.

        Raises:
            SQLMeshError: when they differ.
        """
        return self.comparison.run(table, self.transfer.ranges)

    def add_indexes(self, table: str) -> None:
        """Build the secondary indexes of the loaded `table`, all at once."""
        if self.kind.indexes:
            if not self.adapter.is_mariadb:
                # MySQL's default of 1 MB makes many sorted runs; MariaDB's, also 1 MB, is set when it starts.
                self.adapter.execute(f"SET SESSION innodb_ddl_buffer_size = {SORT_BYTES}")
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
