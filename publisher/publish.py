"""Publish what a model's query gives in DuckDB into MySQL, as SQLMesh's own versioned tables.

A model of `gateway serving` and `kind CUSTOM (materialization publish, materialization_properties (...))` is loaded
beside its table, compared with DuckDB column by column, indexed, and only then renamed into place. Its properties:

- `primary_key = (column, ...)`, required: MySQL's primary key, and the order of the load.
- `indexes = ((column), (column, column), ...)`: secondary indexes, built after the load.
- `widths = (column = n, ...)`: a text column's VARCHAR(n), beyond which a value is refused. SQLMesh keeps no n of
  DuckDB's VARCHAR(n), so any other text gets the next of `mysql_types.WIDTHS` that its longest value fits in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
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

from publisher import versions
from publisher.adapter import ServingAdapter
from publisher.checksums import Totals
from publisher.comparison import Comparison
from publisher.connection import ServingError
from publisher.description import describe
from publisher.gateways import published_to
from publisher.mysql_types import duckdb_name
from publisher.staging import Staging
from publisher.transfer import Transfer
from publisher.versions import Version, Versions

VERSION = 2
"""Part of every published model's fingerprint: raise it when the publisher changes what it writes."""


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
        """Describe what `query` gives.

        Raises:
            SQLMeshError: when MySQL has no type for a column, would change a value, or refuse a key.
        """
        self.adapter, self.table = adapter, table
        self.source = adapter.source if isinstance(adapter, ServingAdapter) else adapter
        self.described = describe(model, parents, query, self.source)
        self.published = model.view_name
        self.staging = Staging(adapter, table, self.described)

    @cached_property
    def transfer(self) -> Transfer:
        """The way of the rows to the server."""
        return Transfer(self.adapter, self.source, self.described)

    @cached_property
    def comparison(self) -> Comparison:
        """The rows beside what the server holds."""
        return Comparison(self.adapter, self.source, self.described)

    def run(self) -> None:
        """Load beside the table, compare, index, and rename into place; in an embedded file, replace the table."""
        if not isinstance(self.adapter, ServingAdapter):
            self.adapter.replace_query(
                self.table,
                exp.maybe_parse(self.described.select, dialect="duckdb"),
                table_description=self.described.comment,
                column_descriptions=dict(self.described.comments),
            )
            return
        # One transaction, so that SQLMesh does not reconnect in between: the lock would be gone with the connection.
        with self.adapter.transaction(), self.staging.names() as (new, old):
            if self.described.count < versions.VERSIONED_ROWS:
                self._load_whole(new)
            else:
                self._make_version(new)
            self.staging.swap(new, old)

    def _load_whole(self, table: str, version: int | None = None) -> Totals:
        self.staging.create(table, version)
        self.comparison.start()
        self.transfer.load(table)
        totals = self.compare(table)
        self.staging.add_indexes(table)
        return totals

    def compare(self, table: str) -> Totals:
        """Compare what `table` holds with what was sent, column by column; return what they sum up to.

        Raises:
            SQLMeshError: when they differ.
        """
        return self.comparison.run(table, self.transfer.ranges)

    def _make_version(self, view: str) -> None:
        """Make `view` show the rows as one more version in the store of the last one, or in a store of its own."""
        made = Versions(self.adapter, self.table.db, self.published)
        layout = versions.layout(self.described)
        latest = made.latest(layout)
        if latest and self._make_from_changes(made, latest, view):
            return
        number = made.number()
        store = f"store__{self.published}__{number}"
        totals = self._load_whole(view, number)
        self.adapter.execute(f"RENAME TABLE {view} TO {made.qualified(store)}")
        version = Version(number, self.table.name, store, layout, self.described.rows, totals)
        with self.adapter.sessions(1) as [session]:
            made.record(session, version)
        made.create_view(view, version, self.described)

    def _make_from_changes(self, made: Versions, latest: Version, view: str) -> bool:
        """Make `view` show a version that differs from the `latest` by few rows; return whether that could be."""
        name = f"changes__{self.table.name}"
        in_duckdb = f"{duckdb_name(self.source.default_catalog)}.publish.{duckdb_name(name)}"
        on_server = made.qualified(name)
        self.comparison.start()
        try:
            count = versions.changes(self.transfer, latest.source, in_duckdb)
            if count is None:
                return False
            get_console().log_status_update(
                f"  {self.described.name}: {count:,} of {self.described.count:,} rows are to be sent"
            )
            number = made.number(latest.store)
            columns = (*self.described.columns, versions.GONE, versions.SHARE)
            self.staging.create(on_server, columns=columns)
            if count:
                sent = replace(self.described, select=f"SELECT * FROM {in_duckdb}", columns=columns, count=count)
                Transfer(self.adapter, self.source, sent).load(on_server)
            version = replace(latest, number=number, physical=self.table.name, source=self.described.rows)
            made.end_and_add(latest, version, on_server, self.comparison)
        except ServingError:
            raise
        except SQLMeshError as error:
            get_console().log_warning(f"{error}\nSo it is loaded whole.")
            return False
        finally:
            self.source.execute(f"DROP TABLE IF EXISTS {in_duckdb}")
            if self.adapter.connection.open:
                self.adapter.execute(f"DROP TABLE IF EXISTS {on_server}")
        made.create_view(view, version, self.described)
        return True


def _names(item: exp.Expression) -> tuple[str, ...]:
    return tuple(column.name for column in item.find_all(exp.Column))


def _list(items: Iterable[str]) -> str:
    return ", ".join(items)
