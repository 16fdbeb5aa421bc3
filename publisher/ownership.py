"""Which warehouse publishes to a schema of the server: two that shared one would replace each other's views in turn.

A warehouse is known by the name that its gateways were given (`gateways(name=...)`), which is also part of the names of
its tables, so that no janitor drops those of another. An environment's schema is owned by who first published to it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp
from sqlmesh.core.console import get_console
from sqlmesh.core.environment import Environment
from sqlmesh.utils.errors import SQLMeshError

from publisher.adapter import CATALOG, ServingAdapter
from publisher.mysql_types import mysql_name

OWNERS = "publish_owner"
"""The table, in each physical schema, that holds the owners of the schemas of environments."""


class Ownership:
    """The schemas in which an environment shows its views, and who publishes to them."""

    def __init__(self, adapter: ServingAdapter, environment: Environment, me: str) -> None:
        """Take the server, the environment and the name of this warehouse."""
        self.adapter, self.environment, self.me = adapter, environment, me
        self.schemas = {
            (model.physical_schema, model.qualified_view_name.schema_for_environment(environment.naming_info))
            for model in environment.promoted_snapshots
            if model.is_model and model.model_gateway == CATALOG
        }

    def check(self, is_new: bool) -> None:
        """Refuse a schema that another warehouse publishes to; say so where the environment of one's own `is_new`.

        Raises:
            SQLMeshError: when one is another's.
        """
        for schema, owner, since in self._owners():
            if owner != self.me:
                raise SQLMeshError(
                    f"{schema} on the server shows what another warehouse has published since {since} (or this one, "
                    "before its WAREHOUSE_HOME was removed). Plan an environment of your own: `warehouse plan NAME`; "
                    f"or replace what is shown: `warehouse plan {self.environment.name} --take-over`"
                )
            if is_new:
                get_console().log_warning(
                    f"SQLMesh's state knows no environment {self.environment.name}, but {schema} on the server shows "
                    f"what this warehouse has published since {since}: all of it is built again. What the state knew "
                    "before is not cleaned up by the janitor."
                )

    def record(self) -> None:
        """Keep that this warehouse publishes to the schemas."""
        for physical, schema in self.schemas:
            table = f"{mysql_name(physical)}.{OWNERS}"
            self.adapter.execute(
                f"CREATE TABLE IF NOT EXISTS {table} (view_schema VARCHAR(64) PRIMARY KEY, "
                "owner VARCHAR(255) NOT NULL, since DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP) "
                "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
            )
            values = ", ".join(exp.Literal.string(text).sql("mysql") for text in (schema, self.me))
            self.adapter.execute(f"INSERT IGNORE INTO {table} (view_schema, owner) VALUES ({values})")

    def _owners(self) -> Iterable[tuple[str, str, str]]:
        there = _physical_schemas_with_owners(self.adapter)
        for physical, schema in sorted(self.schemas):
            if physical in there:
                yield from self.adapter.fetchall(
                    f"SELECT view_schema, owner, DATE(since) FROM {mysql_name(physical)}.{OWNERS} "
                    f"WHERE view_schema = '{schema}'"
                )


def give_up(adapter: ServingAdapter, schema: str) -> None:
    """Forget who publishes to a schema: the next plan of any warehouse owns it."""
    for physical in _physical_schemas_with_owners(adapter):
        adapter.execute(f"DELETE FROM {mysql_name(physical)}.{OWNERS} WHERE view_schema = '{schema}'")


def _physical_schemas_with_owners(adapter: ServingAdapter) -> list[str]:
    rows = adapter.fetchall(f"SELECT table_schema FROM information_schema.tables WHERE table_name = '{OWNERS}'")
    return [schema for (schema,) in rows]
