"""The serving gateway: a MySQL or MariaDB server beside DuckDB in one SQLMesh project, or a DuckDB file instead."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any

import pymysql
from pydantic import Field, SecretStr
from sqlglot import exp
from sqlmesh.core.config import DuckDBConnectionConfig, GatewayConfig, MySQLConnectionConfig
from sqlmesh.core.engine_adapter import DuckDBEngineAdapter, EngineAdapter
from sqlmesh.core.engine_adapter.mysql import MySQLEngineAdapter
from sqlmesh.core.engine_adapter.shared import CatalogSupport, DataObject, DataObjectType
from sqlmesh.core.snapshot import SnapshotEvaluator
from sqlmesh.utils.errors import ConfigError, SQLMeshError

from publisher.url import ServingUrl

if TYPE_CHECKING:
    from sqlmesh.core._typing import TableName

CATALOG = "serving"
"""The gateway's name, and the catalog in which SQLMesh sees its models (MySQL itself has no catalogs)."""

SQL_MODE = ",".join(
    (
        "STRICT_ALL_TABLES",
        "ONLY_FULL_GROUP_BY",
        "NO_ZERO_DATE",
        "NO_ZERO_IN_DATE",
        "ERROR_FOR_DIVISION_BY_ZERO",
        "NO_ENGINE_SUBSTITUTION",
    )
)
"""MySQL's own default, set on every connection: no value changes in silence, and MariaDB is as strict about views."""

LOCK_SECONDS = 60
"""How long a change of a table or a view waits for those who read it, and others for the change."""

SWAP_PAUSE_SECONDS = 0.002
"""How long a swap of views that finds a reader in its way lets it read before it tries again."""

IN_THE_WAY = {1205, 1213}
"""The errors of a lock that another session holds: not had in time, or each waits for the other."""

REMEDIES = {
    (1044, 1049, 1142, 1143, 1227, 1370, 1410): "grant the publishing account what it lacks, then plan again",
    (1045, 1698): "check user and password in SERVING_URL (percent-encode : / @ in the password)",
    (2002, 2003, 2005, 2026): "check host, port and TLS options in SERVING_URL; does the server run (`make mysql`)?",
    (0, 2006, 2013, 4031): "the server ended the connection: see its error log, then plan again",
    (3, 28, 1021, 1026, 1030, 1114): "the server has no disk space left: free some, then plan again",
    (1153,): "set the server's max_allowed_packet to 64M",
    tuple(IN_THE_WAY): "another session holds a lock (SHOW PROCESSLIST names it): end it, then plan again",
    (1290, 1792, 1836): "the server is read-only: publish to the primary",
    (1071, 1074, 1118): "too wide for InnoDB: shorten the text columns",
}
"""What to do about the errors of a server, or of PyMySQL, by their numbers."""


def running(sql: str) -> str:
    """Return what is being done, for a message: the statement, short, without SQLMesh's comment and without values."""
    return "running " + re.sub(r"^/\*.*?\*/ | VALUES .*| SET physical.*", "", " ".join(sql[:1000].split()))[:100]


class ServingError(SQLMeshError):
    """The serving server refused something; `code` is its error's number. What readers see is as it was before."""

    def __init__(self, error: pymysql.err.MySQLError, doing: str) -> None:
        """Say what was being done, what the server said, and what to do about it."""
        self.code = error.args[0] if error.args else 0
        remedy = next((f" -> {remedy}" for codes, remedy in REMEDIES.items() if self.code in codes), "")
        super().__init__(f"serving server, {doing}: {error.args[-1] if error.args else error} ({self.code}){remedy}")


class Connection(pymysql.Connection):
    """A connection that says so when the server has ended it, whatever it was doing."""

    def rollback(self) -> None:
        """Roll back, unless the server has ended the connection, and so has rolled back itself."""
        if self.open:
            super().rollback()

    def _write_bytes(self, data: bytes) -> None:
        if not self.open:  # PyMySQL fails with an AttributeError when the server goes away in the middle of a file
            raise pymysql.err.OperationalError(2006, "the connection was lost while rows were sent")
        super()._write_bytes(data)


def connect(*, password: SecretStr, tls: dict[str, str], **kwargs: Any) -> Connection:
    """Connect to the serving server, and set what must not depend on its defaults.

    Args:
        password: the account's.
        tls: `ssl_ca`, the path of a CA's PEM file, and `ssl_verify`: `true` (certificate and host name, the default),
            `ca` (certificate alone) or `false`. With either of them a connection without TLS is refused.
        kwargs: further arguments of PyMySQL.

    Raises:
        ServingError: when the server cannot be reached or refuses the account.
        ConfigError: when the CA's file cannot be read.
    """
    if tls:
        verify = tls.get("ssl_verify", "true")
        try:
            kwargs["ssl"] = context = ssl.create_default_context(cafile=tls.get("ssl_ca"))
        except OSError as error:
            raise ConfigError(f"SERVING_URL: ssl_ca={tls['ssl_ca']}: {error}") from error
        context.check_hostname = verify == "true"
        context.verify_mode = ssl.CERT_NONE if verify == "false" else ssl.CERT_REQUIRED
    try:
        connection = Connection(password=password.get_secret_value(), **kwargs)
        # Texts compare as in DuckDB, by their bytes, trailing blanks included. The literals of a view keep the
        # collation of the session that creates it.
        collation = "utf8mb4_nopad_bin" if "MariaDB" in connection.get_server_info() else "utf8mb4_0900_bin"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SET time_zone = '+00:00', sql_mode = '{SQL_MODE}', collation_connection = '{collation}', "
                f"lock_wait_timeout = {LOCK_SECONDS}"
            )
    except pymysql.err.MySQLError as error:
        raise ServingError(error, f"connecting to {kwargs['host']}:{kwargs['port']} as {kwargs['user']}") from error
    return connection


def _promote_at_once(promote: Callable[..., None]) -> Callable[..., None]:
    """Let SQLMesh, which replaces the views of an environment one by one, swap those on the server at one moment."""

    @wraps(promote)
    def run(self: SnapshotEvaluator, *args: Any, **kwargs: Any) -> None:
        adapter = self.adapters.get(CATALOG)
        with adapter.one_swap() if isinstance(adapter, ServingAdapter) else nullcontext():
            promote(self, *args, **kwargs)

    return run


# SQLMesh has no hook around the promotion of an environment that may fail it: what runs after it runs too late.
SnapshotEvaluator.promote = _promote_at_once(SnapshotEvaluator.promote)


class Session:
    """One more connection to the server, for work beside the adapter's own; each statement commits itself."""

    def __init__(self, connection: Connection) -> None:
        """Take over the connection."""
        connection.autocommit(True)
        self._cursor = connection.cursor()

    def execute(self, sql: str) -> tuple[int, int]:
        """Run a statement; return the rows that it changed, and its warnings."""
        try:
            self._cursor.execute(sql)
        except pymysql.err.MySQLError as error:
            raise ServingError(error, running(sql)) from error
        return self._cursor.rowcount, self._cursor.warning_count

    def fetchall(self, sql: str) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a query."""
        self.execute(sql)
        return self._cursor.fetchall()


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


class ServingConnection(MySQLConnectionConfig):
    """The connection to a MySQL or MariaDB server; `source` is that to the warehouse from which it is loaded."""

    password: SecretStr
    tls: dict[str, str] = {}
    source: DuckDBConnectionConfig = Field(exclude=True, repr=False)

    def get_catalog(self) -> str:
        """Return the virtual catalog."""
        return CATALOG

    @property
    def _connection_kwargs_keys(self) -> set[str]:
        return {"host", "port", "user", "password", "tls"}

    @property
    def _static_connection_kwargs(self) -> dict[str, Any]:
        return {"local_infile": True, "charset": "utf8mb4", "connect_timeout": 20}

    @property
    def _engine_adapter(self) -> type[EngineAdapter]:
        return ServingAdapter

    @property
    def _connection_factory(self) -> Callable[..., Connection]:
        return connect

    @property
    def _extra_engine_config(self) -> dict[str, Any]:
        return {"source": self.source, "connect": self._connection_factory_with_kwargs}


class EmbeddedConnection(DuckDBConnectionConfig):
    """In the place of a server: a DuckDB file that the warehouse's own connection has attached as `serving`."""

    source: DuckDBConnectionConfig = Field(exclude=True, repr=False)

    def get_catalog(self) -> str:
        """Return the catalog of the attached file."""
        return CATALOG

    def create_engine_adapter(
        self, register_comments_override: bool = False, concurrent_tasks: int | None = None
    ) -> EngineAdapter:
        """Return an adapter that shares the warehouse's connection: DuckDB lets one connection write to a file."""
        warehouse = self.source.create_engine_adapter(register_comments_override, concurrent_tasks)
        return DuckDBEngineAdapter(
            warehouse._connection_pool, default_catalog=CATALOG, multithreaded=warehouse._multithreaded
        )


def serving_connection(
    url: ServingUrl | None, source: DuckDBConnectionConfig
) -> ServingConnection | EmbeddedConnection:
    """Return the connection to the server at `url`, or to the file that `source` has attached where there is none.

    Raises:
        ConfigError: when the URL has an option that is not one of TLS.
    """
    if url is None:
        return EmbeddedConnection(source=source, concurrent_tasks=source.concurrent_tasks)
    allowed = {"ssl_ca": None, "ssl_verify": {"true", "ca", "false"}}
    for name, value in url.options.items():
        if name not in allowed or (allowed[name] and value not in allowed[name]):
            raise ConfigError(f"SERVING_URL: no option {name}={value}; there are ssl_ca=FILE, ssl_verify=true|ca|false")
    return ServingConnection(
        host=url.host, port=url.port, user=url.user, password=url.password, tls=url.options, source=source
    )


_published_to = "embedded"


def published_to() -> str:
    """Return the name of the server that `gateways` was last asked for: another server has tables of its own."""
    return _published_to


def gateways(
    url: ServingUrl | None, *, name: str | None = None, warehouse: str, state: str, embedded: str, **duckdb: Any
) -> dict[str, GatewayConfig]:
    """Return SQLMesh's gateways `warehouse` and `serving`.

    Args:
        url: the server to publish to; None for a DuckDB file in its place.
        name: what tells this server from others, a part of every published model's version; else its host and port.
        warehouse: the DuckDB file of all layers before serving.
        state: the DuckDB file of SQLMesh's state.
        embedded: the DuckDB file that stands in for a server.
        duckdb: further settings of the warehouse's DuckDBConnectionConfig, such as `connector_config`.
    """
    global _published_to
    _published_to = name or (f"{url.host}:{url.port}" if url else "embedded")
    catalogs = {"warehouse": warehouse} if url else {"warehouse": warehouse, CATALOG: embedded}
    # Who reads reads the server, to which the publisher writes the comments; in the warehouse each costs a statement.
    source = DuckDBConnectionConfig(catalogs=catalogs, register_comments=False, **{"concurrent_tasks": 4, **duckdb})
    state_connection = DuckDBConnectionConfig(database=state, concurrent_tasks=source.concurrent_tasks)
    return {
        "warehouse": GatewayConfig(connection=source, state_connection=state_connection),
        CATALOG: GatewayConfig(connection=serving_connection(url, source)),
    }
