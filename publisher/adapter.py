"""What SQLMesh asks of a database, of MySQL and MariaDB: they have no catalogs, so that they get one by name alone."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any

import pymysql
from sqlglot import exp
from sqlmesh.core.engine_adapter import EngineAdapter
from sqlmesh.core.engine_adapter.mysql import MySQLEngineAdapter
from sqlmesh.core.engine_adapter.shared import CatalogSupport, DataObject, DataObjectType

from publisher.connection import IN_THE_WAY, LOCK_SECONDS, ServingError, Session, running

if TYPE_CHECKING:
    from sqlmesh.core._typing import TableName

CATALOG = "serving"
"""The gateway's name, and the catalog in which SQLMesh sees its models (MySQL itself has no catalogs)."""

SWAP_PAUSE_SECONDS = 0.002
"""How long a swap of views that finds a reader in its way lets it read before it tries again."""


class ServingAdapter(MySQLEngineAdapter):
    """MySQL under a virtual catalog, so that the names of its models nest as deep as DuckDB's."""

    _staged: list[exp.Table] | None = None

    @property
    def catalog_support(self) -> CatalogSupport:
        """One catalog, which SQLMesh then leaves out of most names that it hands to the server."""
        return CatalogSupport.SINGLE_CATALOG_ONLY

    def get_current_catalog(self) -> str | None:
        """Return the virtual catalog."""
        return self._default_catalog

    @property
    def source(self) -> EngineAdapter:
        """The adapter that SQLMesh has opened on the warehouse (the configuration keeps one for each file)."""
        return self._extra_config["source"].create_engine_adapter()

    def drop_data_object_on_type_mismatch(self, data_object: DataObject | None, expected_type: DataObjectType) -> bool:
        """Drop what is no table where one should be; but not a large published table, which is a view of a store."""
        if data_object and data_object.type.is_view and expected_type.is_table:
            return False
        return super().drop_data_object_on_type_mismatch(data_object, expected_type)

    @property
    def is_mariadb(self) -> bool:
        """Whether the server is MariaDB, and not MySQL."""
        return "MariaDB" in self.connection.get_server_info()

    @contextmanager
    def sessions(self, number: int) -> Iterator[list[Session]]:
        """Open `number` more connections; close them at the end."""
        with ExitStack() as stack:
            connect = self._extra_config["connect"]
            yield [Session(stack.enter_context(closing(connect()))) for _ in range(number)]

    def fetch_at_once(self, queries: Sequence[str]) -> list[tuple[Any, ...]]:
        """Run queries of one row each, all at once, and return their rows."""
        with self.sessions(len(queries)) as sessions, ThreadPoolExecutor(len(queries)) as pool:
            return [rows[0] for rows in pool.map(Session.fetchall, sessions, queries)]

    @contextmanager
    def one_swap(self) -> Iterator[None]:
        """Create the views that are created inside this beside the old ones, and rename all into place at its end.

        RENAME TABLE takes all its names at once, and a failure before it leaves the old views. On MariaDB it is tried
        without waiting, again and again, for half of LOCK_SECONDS: a reader's statement sees the old views or the new
        ones. A rename that waits (MySQL has no other; MariaDB's second half) holds some names while it does, and a
        statement that is just opening several views may, to get out of each other's way, open the rest of them after
        the swap: it sees some old views and some new ones, each of them whole.
        """
        self._staged = staged = []
        try:
            yield
            self._staged = None
            for schema in sorted({view.db for view in staged}):
                self._drop_views(schema, "old__")  # left by a plan that was killed
                self._swap(schema, sorted(view.name for view in staged if view.db == schema))
        finally:
            self._staged = None
            if self.connection.open:
                for schema in {view.db for view in staged}:
                    self._drop_views(schema, "(new|old)__")

    def _swap(self, schema: str, names: Sequence[str]) -> None:
        there = self._views(schema)
        renames = [(name, f"old__{name}") for name in names if name in there]
        renames += [(f"new__{name}", name) for name in names]
        listed = ", ".join(f"`{schema}`.`{before}` TO `{schema}`.`{after}`" for before, after in renames)
        patient = time.monotonic() + LOCK_SECONDS / 2
        while self.is_mariadb and time.monotonic() < patient:
            try:
                self.execute(f"SET STATEMENT lock_wait_timeout = 0 FOR RENAME TABLE {listed}")
                return
            except ServingError as error:
                if error.code not in IN_THE_WAY:
                    raise
            time.sleep(SWAP_PAUSE_SECONDS)
        self.execute(f"RENAME TABLE {listed}")

    def _drop_views(self, schema: str, prefix: str) -> None:
        if views := [name for name in self._views(schema) if re.match(prefix, name)]:
            self.execute("DROP VIEW IF EXISTS " + ", ".join(f"`{schema}`.`{name}`" for name in views))
            self._clear_data_object_cache()

    def _views(self, schema: str) -> list[str]:
        rows = self.fetchall(f"SELECT table_name FROM information_schema.views WHERE table_schema = '{schema}'")
        return [name for (name,) in rows]

    def create_view(self, view_name: TableName, *args: Any, **kwargs: Any) -> None:
        """Create a view; inside `one_swap`, beside the one that readers see."""
        if self._staged is None:
            super().create_view(view_name, *args, **kwargs)
            return
        view = exp.to_table(view_name)
        staged = view.copy()
        staged.set("this", exp.to_identifier(f"new__{view.name}", quoted=True))
        super().create_view(staged, *args, **kwargs)
        self._staged.append(view)

    def _to_sql(self, expression: exp.Expression, quote: bool = True, **kwargs: Any) -> str:
        expression = expression.copy()
        for name in expression.find_all(exp.Table, exp.Column):
            if name.text("catalog") == self._default_catalog:
                name.set("catalog", None)
        return super()._to_sql(expression, quote=quote, **kwargs)

    def _execute(self, sql: str, track_rows_processed: bool = False, **kwargs: Any) -> None:
        try:
            super()._execute(sql, track_rows_processed, **kwargs)
        except pymysql.err.MySQLError as error:
            raise ServingError(error, running(sql)) from error

    def _fetch_native_df(self, query: exp.Expression | str, quote_identifiers: bool = False) -> Any:
        """Fetch the rows of `query`; from DuckDB if its tables are there (`sqlmesh evaluate` of a published model)."""
        tables = query.find_all(exp.Table) if isinstance(query, exp.Expression) else ()
        if any(table.catalog == self.source.default_catalog for table in tables):
            return self.source._fetch_native_df(query, quote_identifiers)
        return super()._fetch_native_df(query, quote_identifiers)
