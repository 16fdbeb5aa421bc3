"""Compare what an environment shows on the server now with the tables in DuckDB that it was published from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp
from sqlmesh.core.snapshot import DeployabilityIndex
from sqlmesh.utils.errors import SQLMeshError

from publisher.adapter import CATALOG, ServingAdapter
from publisher.mysql_types import mysql_name
from publisher.publish import Publication, PublishKind
from workbench import status


@dataclass(frozen=True)
class Verified:
    """A published table: its rows where all columns are equal to DuckDB's, else how it differs."""

    name: str
    rows: int | None
    difference: str | None


def verify(environment: str) -> Iterator[Verified]:
    """Yield each table that `environment` publishes, read through its view as readers do, compared with DuckDB.

    Raises:
        ValueError: when there is no such environment, or no server.
    """
    context = status.context()
    adapter = context.engine_adapters[CATALOG]
    if not isinstance(adapter, ServingAdapter):
        raise ValueError("SERVING_URL=embedded: what is published lies in a DuckDB file, there is no server to compare")
    state = context.state_reader
    planned = state.get_environment(environment)
    if planned is None:
        raise ValueError(f"there is no environment {environment}: run `warehouse plan {environment}` first")
    snapshots = state.get_snapshots([info.snapshot_id for info in planned.snapshots])
    deployability = DeployabilityIndex.create(snapshots, start=planned.start_at)
    by_name = {snapshot.name: snapshot for snapshot in snapshots.values()}
    for snapshot in sorted(snapshots.values(), key=lambda snapshot: snapshot.name):
        if not snapshot.is_model or not isinstance(snapshot.model.kind, PublishKind):
            continue
        view = snapshot.qualified_view_name.table_for_environment(planned.naming_info, dialect=adapter.dialect)
        query = snapshot.model.render_query_or_raise(
            snapshots=by_name, deployability_index=deployability, engine_adapter=adapter
        )
        table = exp.table_(view.name, db=view.db)
        try:
            rows, *_ = Publication(adapter, table, snapshot.model, [], query).compare(
                f"{mysql_name(view.db)}.{mysql_name(view.name)}"
            )
        except SQLMeshError as error:
            yield Verified(view.name, None, str(error))
        else:
            yield Verified(view.name, rows, None)
