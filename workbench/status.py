"""What has landed, what each environment reads, and what nothing reads any more."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlmesh import Context
from sqlmesh.core.console import set_console

from loader import landing, settings
from workbench.planning import CountingConsole, reach_server


@dataclass(frozen=True)
class LandedTable:
    """One landed table, of one or more files, and the feeds that deliver it, none where no feed does any more.

    `quarantined` is of the feed that has most in quarantine, None where no environment has built it.
    """

    feeds: tuple[str, ...]
    table: str
    files: tuple[str, ...]
    landed: int
    rejected: int
    landed_at: datetime
    quarantined: int | None


def context() -> Context:
    """Return SQLMesh's context on the project, its models not loaded: enough to read its state."""
    return Context(paths=[str(settings.PROJECT)], load=False)


def environments() -> dict[str, set[str]]:
    """Return the landed tables that each environment reads, by environment."""
    if not settings.state_file().exists():
        return {}
    state = context().state_reader
    reading = {}
    for environment in state.get_environments():
        snapshots = state.get_snapshots([s.snapshot_id for s in environment.snapshots]).values()
        reading[environment.name] = {table for snapshot in snapshots for table in _landed_tables_of(snapshot)}
    return reading


def landed_tables() -> list[LandedTable]:
    """Return every landed table: those of each feed, then those that no feed delivers any more; newest first."""
    if not settings.warehouse_file().exists():
        return []
    with landing.connect() as con:
        con.execute(landing.CATALOG)
        rows = con.execute(
            "SELECT landed_table, list(file_name ORDER BY file_name), sum(rows_landed)::BIGINT, "
            "sum(rows_rejected)::BIGINT, max(landed_at) FROM landing.file GROUP BY 1 ORDER BY 5 DESC, 1"
        ).fetchall()
        built = {
            name
            for (name,) in con.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'quarantine'"
            ).fetchall()
        }
        counts: dict[str, int] = {}
        feeds: dict[str, list[str]] = {}
        for source_system, tables in landing.deliveries().items():
            for name, delivery in tables.items():
                landed = delivery["landed"]
                feeds.setdefault(landed, []).append(source_system)
                if name in built:
                    (quarantined,) = con.execute(
                        f'SELECT count(*) FROM quarantine."{name}" WHERE source_system = ?', [source_system]
                    ).fetchone()
                    counts[landed] = max(quarantined, counts.get(landed, 0))
    tables = [
        LandedTable(tuple(sorted(feeds.get(table, []))), table, tuple(files), landed, rejected, at, counts.get(table))
        for table, files, landed, rejected, at in rows
    ]
    return sorted(tables, key=lambda table: (not table.feeds, table.feeds))


def collect(ignore_ttl: bool = False) -> list[str]:
    """Run SQLMesh's janitor, then drop the landed tables that no environment and no delivery names.

    A version that SQLMesh keeps (a week after its last environment left it) has its rows in tables of its own: its
    files, landed again, bring it back without building anything. With `ignore_ttl` such versions go as well.

    Raises:
        ServingError: the server cannot be reached, or refuses the account.
        SQLMeshError: something could not be removed; all else that is SQLMesh's is.
    """
    reach_server()
    set_console(CountingConsole(quiet=True))
    sqlmesh = context()
    sqlmesh.run_janitor(ignore_ttl=ignore_ttl)
    for adapter in sqlmesh.engine_adapters.values():
        adapter.close()
    kept = landing.delivered_tables().union(*environments().values())
    with landing.connect() as con:
        con.execute(landing.CATALOG)
        landed = [t for (t,) in con.execute("SELECT DISTINCT landed_table FROM landing.file ORDER BY 1").fetchall()]
        removed = [table for table in landed if table not in kept]
        for table in removed:
            con.execute(f'DROP TABLE IF EXISTS landing."{table}" CASCADE')
            con.execute("DELETE FROM landing.file WHERE landed_table = ?", [table])
            con.execute("DELETE FROM landing.reject WHERE landed_table = ?", [table])
    return removed


def _landed_tables_of(snapshot: object) -> set[str]:
    names = getattr(snapshot.node, "depends_on", set()) if snapshot.is_model else set()  # type: ignore[attr-defined]
    return {match[1] for name in names if (match := re.search(r'"landing"\."([^"]+)"$', name))}
