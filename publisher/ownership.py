"""Which warehouse publishes to a schema of the server: two that shared one would replace each other's views in turn.

A warehouse is known by the name that its gateways were given (`gateways(name=...)`), which is also part of the names of
its tables, so that no janitor drops those of another. An environment's schema is owned by who first published to it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp
from sqlmesh.core.console import get_console
from sqlmesh.core.engine_adapter import EngineAdapter
from sqlmesh.core.environment import Environment
from sqlmesh.utils.errors import SQLMeshError

from publisher.adapter import CATALOG, ServingAdapter
from publisher.mysql_types import mysql_name

OWNERS = "publish_owner"
"""The table, in each physical schema, that holds the owners of the schemas of environments."""


class Ownership:
    """Who publishes to the schemas of a server; nobody to those of an embedded file, which is one warehouse's own."""

    def __init__(self, adapter: EngineAdapter, me: str) -> None:
        """Read the owners; `me` is the name of this warehouse."""
        self.adapter, self.me = adapter, me
        self.owners: dict[str, tuple[str, str]] = {}
        if isinstance(adapter, ServingAdapter):
            for physical in _physical_schemas_with_owners(adapter):
                rows = adapter.fetchall(f"SELECT view_schema, owner, DATE(since) FROM {mysql_name(physical)}.{OWNERS}")
                self.owners |= {schema: (owner, since) for schema, owner, since in rows}

    def own(self, environments: Iterable[Environment]) -> list[Environment]:
        """Return those of `environments` that no other warehouse publishes to: what it shows there is not ours."""
        return [environment for environment in environments if not self._others(environment)]

    def check(self, environment: Environment, is_new: bool) -> None:
        """Refuse an environment that another warehouse publishes to; say so where one of this warehouse's `is_new`.

        Raises:
            SQLMeshError: when it is another's.
        """
        for schema in self._others(environment):
            raise SQLMeshError(
                f"{schema} on the server shows what another warehouse has published since {self.owners[schema][1]} (or "
                "this one, before its WAREHOUSE_HOME was removed). Plan an environment of your own: `warehouse plan "
                f"NAME`; or replace what is shown: `warehouse plan {environment.name} --take-over`"
            )
        for _, schema in sorted(_schemas(environment)):
            if is_new and schema in self.owners:
                get_console().log_warning(
                    f"SQLMesh's state knows no environment {environment.name}, but {schema} on the server shows what "
                    f"this warehouse has published since {self.owners[schema][1]}: all of it is built again. What the "
                    "state knew before is not cleaned up by the janitor."
                )

    def record(self, environment: Environment) -> None:
        """Keep that this warehouse publishes to the environment's schemas on a server."""
        if not isinstance(self.adapter, ServingAdapter):
            return
        for physical, schema in _schemas(environment):
            table = f"{mysql_name(physical)}.{OWNERS}"
            self.adapter.execute(
                f"CREATE TABLE IF NOT EXISTS {table} (view_schema VARCHAR(64) PRIMARY KEY, "
                "owner VARCHAR(255) NOT NULL, since DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP) "
                "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
            )
            values = ", ".join(exp.Literal.string(text).sql("mysql") for text in (schema, self.me))
            self.adapter.execute(f"INSERT IGNORE INTO {table} (view_schema, owner) VALUES ({values})")

    def _others(self, environment: Environment) -> list[str]:
        """Return the schemas of an environment that another warehouse publishes to."""
        schemas = sorted(schema for _, schema in _schemas(environment))
        return [schema for schema in schemas if self.owners.get(schema, (self.me,))[0] != self.me]


def give_up(adapter: ServingAdapter, schema: str) -> None:
    """Forget who publishes to a schema: the next plan of any warehouse owns it."""
    for physical in _physical_schemas_with_owners(adapter):
        adapter.execute(f"DELETE FROM {mysql_name(physical)}.{OWNERS} WHERE view_schema = '{schema}'")


def _schemas(environment: Environment) -> set[tuple[str, str]]:
    """Return the schemas in which an environment shows its views, each behind that of their tables."""
    return {
        (model.physical_schema, model.qualified_view_name.schema_for_environment(environment.naming_info))
        for model in environment.promoted_snapshots
        if model.is_model and model.model_gateway == CATALOG
    }


def _physical_schemas_with_owners(adapter: ServingAdapter) -> list[str]:
    rows = adapter.fetchall(f"SELECT table_schema FROM information_schema.tables WHERE table_name = '{OWNERS}'")
    return [schema for (schema,) in rows]
