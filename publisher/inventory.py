"""What the server should hold by SQLMesh's state, beside what it holds: compared in every plan, before anything else.

An environment shows a view of each published model, which selects all columns of the model's physical table; that is a
table, a view of a store (publisher/versions.py), or a view of the model's own query. What the server makes of such a
query is its own wording, so the adapter keeps a hash of it when it makes the view, in the table RECORDED. What somebody
dropped or changed since is made again of what lies in DuckDB; so is a view that an older version made, without a hash.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import duckdb
from sqlglot import exp
from sqlmesh.core.console import get_console
from sqlmesh.core.engine_adapter import EngineAdapter
from sqlmesh.core.environment import Environment
from sqlmesh.core.snapshot import DeployabilityIndex, SnapshotEvaluator
from sqlmesh.core.snapshot.definition import SnapshotTableInfo
from sqlmesh.core.state_sync import StateReader
from sqlmesh.utils.dag import DAG
from sqlmesh.utils.date import now
from sqlmesh.utils.errors import SQLMeshError

from publisher.adapter import CATALOG, RECORDED, ServingAdapter
from publisher.mysql_types import mysql_name
from publisher.versions import LISTED, Versions

Place = tuple[str, str]
"""A schema of the server, and a table or view in it."""

SHOWN = 5
"""How many faults a message lists."""


@dataclass(frozen=True)
class Fault:
    """A table or view that is not as it was published, in the environment that shows it; `what` says how it differs."""

    environment: Environment
    model: SnapshotTableInfo
    place: Place
    what: str
    is_physical: bool

    def __str__(self) -> str:
        """Name the place and say what is wrong with it."""
        return f"{'.'.join(self.place)} {self.what}"


def faults(adapter: EngineAdapter, environments: Iterable[Environment]) -> list[Fault]:
    """Return what is missing or changed of what `environments` show by `adapter`: a server, or the file in its place.

    Raises:
        SQLMeshError: when a table stands where a view should be: it is not the publisher's to drop.
    """
    shown = [
        (environment, model, _place(model.qualified_view_name.table_for_environment(environment.naming_info)))
        for environment in environments
        for model in environment.promoted_snapshots
        if model.is_model and not model.is_symbolic and model.model_gateway == CATALOG
    ]
    if not shown:
        return []
    schemas = {schema for _, _, (schema, _) in shown} | {model.physical_schema for _, model, _ in shown}
    held = _Held(adapter, schemas)
    found = []
    for environment, model, view in shown:
        # A version that is not to be deployed has a table of its own in a development environment.
        tables = [_place(exp.to_table(model.table_name(is_deployable))) for is_deployable in (True, False)]
        table = next((place for place in tables if place in held.types), tables[0])
        if what := held.fault_of_table(table):
            found.append(Fault(environment, model, table, what, is_physical=True))
        if what := held.fault_of_view(view, tables):
            found.append(Fault(environment, model, view, what, is_physical=False))
    return found


def mend(found: Iterable[Fault], state: StateReader, evaluator: SnapshotEvaluator) -> None:
    """Publish again what is missing or changed, of the tables that lie in DuckDB, and say so.

    Raises:
        SQLMeshError: when a table cannot be published: what readers see of it is as it was before.
    """
    by_environment: dict[str, list[Fault]] = defaultdict(list)
    for fault in found:
        by_environment[fault.environment.name].append(fault)
    for name, some in by_environment.items():
        listed = "; ".join(str(fault) for fault in some[:SHOWN]) + ("; ..." if len(some) > SHOWN else "")
        get_console().log_warning(
            f"Environment {name}: {len(some)} published tables and views are missing or changed ({listed}). "
            "They are published again."
        )
        try:
            _mend(some[0].environment, some, state, evaluator)
        except duckdb.CatalogException as error:
            raise SQLMeshError(
                f"Environment {name} cannot be published again: {str(error).splitlines()[0]}. "
                "The files state.duckdb and warehouse.duckdb are not of one moment: restore both from one backup, or "
                "remove the state and plan: all is built again"
            ) from error


def _mend(environment: Environment, found: Sequence[Fault], state: StateReader, evaluator: SnapshotEvaluator) -> None:
    snapshots = state.get_snapshots([model.snapshot_id for model in environment.snapshots])
    by_name = {snapshot.name: snapshot for snapshot in snapshots.values()}
    deployability = DeployabilityIndex.create(snapshots, start=environment.start_at)
    order: DAG[str] = DAG({name: {parent.name for parent in by_name[name].parents} for name in by_name})
    adapter = evaluator.adapters[CATALOG]
    physical = {fault.model.name: fault.place for fault in found if fault.is_physical}
    evaluator.create_physical_schemas([by_name[name] for name in physical], deployability)
    if isinstance(adapter, ServingAdapter):
        for schema, table in physical.values():
            Versions(adapter, schema, table).distrust(table)
    for name in (name for name in order if name in physical):
        evaluator.evaluate(
            by_name[name],
            start=environment.start_at,
            end=environment.end_at or now(),
            execution_time=now(),
            snapshots=by_name,
            deployability_index=deployability,
        )
    views = [by_name[fault.model.name] for fault in found if not fault.is_physical]
    with adapter.one_swap() if isinstance(adapter, ServingAdapter) else nullcontext():
        evaluator.promote(views, environment.naming_info, deployability_index=deployability, snapshots=snapshots)


class _Held:
    """What the schemas of a server hold."""

    def __init__(self, adapter: EngineAdapter, schemas: Iterable[str]) -> None:
        """Read it, in three queries at most."""
        listed = ", ".join(exp.Literal.string(schema).sql("mysql") for schema in sorted(schemas))
        self.is_server = isinstance(adapter, ServingAdapter)
        catalog = "" if self.is_server else f" AND t.table_catalog = '{CATALOG}'"
        text = "SHA2(v.view_definition, 256), v.view_definition" if self.is_server else "NULL, NULL"
        joined = "LEFT JOIN information_schema.views AS v USING (table_schema, table_name)" if self.is_server else ""
        rows = adapter.fetchall(
            f"SELECT t.table_schema, t.table_name, t.table_type, {text} FROM information_schema.tables AS t {joined} "
            f"WHERE t.table_schema IN ({listed}){catalog}"
        )
        self.types = {(schema, name): kind for schema, name, kind, *_ in rows}
        self.hashes = {(schema, name): hashed for schema, name, _, hashed, _ in rows}
        self.definitions = {(schema, name): text for schema, name, _, _, text in rows}
        self.columns: dict[Place, list[str]] = defaultdict(list)
        self.recorded: dict[Place, str] = {}
        self.stores: dict[Place, Place] = {}
        if not self.is_server:
            return
        for schema, table, column in adapter.fetchall(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns "
            f"WHERE table_schema IN ({listed}) ORDER BY table_schema, table_name, ordinal_position"
        ):
            self.columns[schema, table].append(column)
        for schema in schemas:
            if (schema, RECORDED) in self.types:
                rows = adapter.fetchall(f"SELECT view_name, definition FROM {mysql_name(schema)}.{RECORDED}")
                self.recorded |= {(schema, name): hashed for name, hashed in rows}
            if (schema, LISTED) in self.types:
                rows = adapter.fetchall(f"SELECT physical, store FROM {mysql_name(schema)}.{LISTED}")
                self.stores |= {(schema, name): (schema, store) for name, store in rows}

    def fault_of_table(self, table: Place) -> str | None:
        """Say what is wrong with a model's physical table or view; None where nothing is."""
        if table not in self.types:
            return "is not there"
        if table in self.stores and self.stores[table] not in self.types:
            return f"has no store {self.stores[table][1]}"
        if self.is_server and self.types[table] == "VIEW" and self.hashes[table] != self.recorded.get(table):
            return "is not as it was made" if table in self.recorded else "was made by an older version"
        return None

    def fault_of_view(self, view: Place, tables: Sequence[Place]) -> str | None:
        """Say what is wrong with an environment's view of one of the `tables`; None where nothing is."""
        if view not in self.types:
            return "is not there"
        if not self.is_server:
            return None
        if self.types[view] != "VIEW":
            raise SQLMeshError(
                f"{'.'.join(view)} is a table that somebody made in the place of a published view: rename it or drop it"
            )
        return None if any(self._shows_all(view, table) for table in tables) else "is not as it was made"

    def _shows_all(self, view: Place, table: Place) -> bool:
        """Say whether a view is, in the server's words, one of all columns of a table."""
        schema, name = map(mysql_name, table)
        columns = (f"{name}.{column} AS {column}" for column in map(mysql_name, self.columns[table]))
        # MariaDB leaves the schema out before the columns of a view, and not before those of a table.
        said = self.definitions[view].replace(f"{schema}.{name}.", f"{name}.")
        return said == f"select {','.join(columns)} from {schema}.{name}"


def _place(table: exp.Table) -> Place:
    return table.db, table.name
