"""What SQLMesh asks of a database, of MySQL and MariaDB: they have no catalogs, so that they get one by name alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any

import pymysql
from sqlglot import exp
from sqlmesh.core.engine_adapter import EngineAdapter
from sqlmesh.core.engine_adapter.mysql import MySQLEngineAdapter
from sqlmesh.core.engine_adapter.shared import CatalogSupport, DataObject, DataObjectType

from publisher.connection import ServingError, Session, running
from publisher.mysql_types import mysql_name
from publisher.swap import ViewSwap

if TYPE_CHECKING:
    from sqlmesh.core._typing import TableName

CATALOG = "serving"
"""The gateway's name, and the catalog in which SQLMesh sees its models (MySQL itself has no catalogs)."""

RECORDED = "publish_view"
"""The table that holds, of every view of a schema, a hash of what the server said of its query when it was made."""


class ServingAdapter(MySQLEngineAdapter):
    """MySQL under a virtual catalog, so that the names of its models nest as deep as DuckDB's."""

    _swap: ViewSwap | None = None

    @property
    def catalog_support(self) -> CatalogSupport:
        """One catalog, which SQLMesh then leaves out of most names that it hands to the server."""
        return CatalogSupport.SINGLE_CATALOG_ONLY

    def get_current_catalog(self) -> str | None:
        """Return the virtual catalog."""
        return CATALOG

    @property
    def source(self) -> EngineAdapter:
        """The adapter that SQLMesh has opened on the warehouse (the configuration keeps one for each file)."""
        return self._extra_config["source"].create_engine_adapter()

    def drop_data_object_on_type_mismatch(self, data_object: DataObject | None, expected_type: DataObjectType) -> bool:
        """Drop what is not a table where one should be; but not a large published table, which is a view of a store."""
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
        """Create the views that are created inside this beside the old ones, and rename all into place at its end."""
        self._swap = swap = ViewSwap(self)
        try:
            yield
            self._swap = None
            swap.rename()
        finally:
            self._swap = None
            swap.clear()

    def clear_cache(self) -> None:
        """Forget which tables and views there are, after some were renamed or dropped by a statement of one's own."""
        self._clear_data_object_cache()

    def create_view(self, view_name: TableName, *args: Any, **kwargs: Any) -> None:
        """Create a view, and record it; inside `one_swap`, beside the one that readers see."""
        super().create_view(self._swap.staged(view_name) if self._swap else view_name, *args, **kwargs)
        if not self._swap:
            self.record_view(exp.to_table(view_name))

    def record_view(self, view: exp.Table) -> None:
        """Keep what the server says of a view that was just made; nothing for a table."""
        recorded = f"{mysql_name(view.db)}.{RECORDED}"
        self.execute(
            f"CREATE TABLE IF NOT EXISTS {recorded} (view_name VARCHAR(64) PRIMARY KEY, definition CHAR(64) NOT NULL) "
            "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
        )
        self.execute(
            f"REPLACE INTO {recorded} SELECT table_name, SHA2(view_definition, 256) FROM information_schema.views "
            f"WHERE table_schema = '{view.db}' AND table_name = '{view.name}'"
        )

    def _to_sql(self, expression: exp.Expression, quote: bool = True, **kwargs: Any) -> str:
        expression = expression.copy()
        for name in expression.find_all(exp.Table, exp.Column):
            if name.text("catalog") == CATALOG:
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
