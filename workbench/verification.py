"""Compare what an environment shows on the server with what it was published from, and publish again what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlglot import exp
from sqlmesh import Context
from sqlmesh.core.engine_adapter import EngineAdapter
from sqlmesh.core.environment import Environment
from sqlmesh.core.snapshot import DeployabilityIndex, Snapshot
from sqlmesh.utils.errors import SQLMeshError

from publisher import inventory
from publisher.adapter import CATALOG, ServingAdapter
from publisher.connection import NOT_THERE, ServingError
from publisher.inventory import Fault
from publisher.mysql_types import mysql_name
from publisher.ownership import Ownership
from publisher.publish import Publication, PublishKind
from workbench import planning, status


@dataclass(frozen=True)
class Verified:
    """A published table or view: its rows where it is as it should be, else how it differs."""

    name: str
    rows: int | None
    faults: tuple[Fault, ...] = ()


def verify(environment: str) -> Iterator[Verified]:
    """Yield each table and view that `environment` shows, read as readers do.

    A table is compared with DuckDB's, a view with what its model's query gives on the server.

    Raises:
        ValueError: when there is no such environment, or no server.
        SQLMeshError: when another warehouse publishes to it.
        ServingError: when the server cannot be reached, or refuses something; what is missing there is a difference.
    """
    context, planned = _opened(environment)
    adapter = context.engine_adapters[CATALOG]
    snapshots = context.state_reader.get_snapshots([info.snapshot_id for info in planned.snapshots])
    deployability = DeployabilityIndex.create(snapshots, start=planned.start_at)
    by_name = {snapshot.name: snapshot for snapshot in snapshots.values()}
    known: dict[str, list[Fault]] = {}
    for fault in inventory.faults(adapter, [planned]):
        known.setdefault(fault.model.name, []).append(fault)
    for snapshot in sorted(snapshots.values(), key=lambda snapshot: snapshot.name):
        if not snapshot.is_model or snapshot.model.gateway != CATALOG:
            continue
        view = snapshot.qualified_view_name.table_for_environment(planned.naming_info, dialect=adapter.dialect)
        if snapshot.name in known:
            yield Verified(view.name, None, tuple(known[snapshot.name]))
            continue
        query = snapshot.model.render_query_or_raise(
            snapshots=by_name, deployability_index=deployability, engine_adapter=adapter
        )
        try:
            yield Verified(view.name, _compared(adapter, snapshot, exp.table_(view.name, db=view.db), query))
        except SQLMeshError as error:
            if isinstance(error, ServingError) and error.code not in NOT_THERE:
                raise
            table = exp.to_table(snapshot.table_name(deployability.is_deployable(snapshot)))
            fault = Fault(planned, snapshot.table_info, (table.db, table.name), str(error), is_physical=True)
            yield Verified(view.name, None, (fault,))


def repair(faults: Iterable[Fault]) -> None:
    """Publish again what `verify` found to differ.

    Raises:
        SQLMeshError: when the server refuses it: what readers see is as it was before.
    """
    context = status.context()
    inventory.mend(faults, context.state_reader, context.snapshot_evaluator)


def _opened(environment: str) -> tuple[Context, Environment]:
    planning.reach_server()
    context = status.context()
    adapter = context.engine_adapters[CATALOG]
    if not isinstance(adapter, ServingAdapter):
        raise ValueError("SERVING_URL=embedded: what is published lies in a DuckDB file, there is no server to compare")
    planned = context.state_reader.get_environment(environment)
    if planned is None:
        raise ValueError(f"there is no environment {environment}: run `warehouse plan {environment}` first")
    publishes_as = context.config.get_scheduler(context.gateway).publishes_as
    Ownership(adapter, publishes_as).check(planned, is_new=False)
    return context, planned


def _compared(adapter: EngineAdapter, snapshot: Snapshot, view: exp.Table, query: exp.Query) -> int:
    """Return the rows of a view of an environment, which are those of its model's `query`.

    Raises:
        SQLMeshError: when they are not, or the server cannot read it.
    """
    if isinstance(snapshot.model.kind, PublishKind):
        shown = f"{mysql_name(view.db)}.{mysql_name(view.name)}"
        return Publication(adapter, view, snapshot.model, [], query).compare(shown)[0]
    there, due = (Counter(adapter.fetchall(rows)) for rows in (exp.select("*").from_(view), query))
    if there != due:
        raise SQLMeshError(
            f"{view.name}: {(there - due).total():,} rows that its query does not give, "
            f"{(due - there).total():,} of its query's are missing"
        )
    return there.total()
