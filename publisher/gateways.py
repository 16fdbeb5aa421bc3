"""SQLMesh's two gateways: DuckDB, and beside it a MySQL or MariaDB server, or a DuckDB file in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import Field, SecretStr
from sqlmesh.core.config import DuckDBConnectionConfig, GatewayConfig, MySQLConnectionConfig
from sqlmesh.core.engine_adapter import DuckDBEngineAdapter, EngineAdapter

from publisher.adapter import CATALOG, ServingAdapter
from publisher.connection import Connection, connect
from publisher.scheduler import PublishingScheduler
from publisher.url import ServingUrl


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
    """Return the connection to the server at `url`, or to the file that `source` has attached where there is none."""
    if url is None:
        return EmbeddedConnection(source=source, concurrent_tasks=source.concurrent_tasks)
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
        "warehouse": GatewayConfig(
            connection=source,
            state_connection=state_connection,
            scheduler=PublishingScheduler(publishes_as=_published_to),
        ),
        CATALOG: GatewayConfig(connection=serving_connection(url, source)),
    }
