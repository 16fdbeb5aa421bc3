"""Run `sqlmesh plan` from the warehouse's own commands, and count what it did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp
from sqlmesh import Context
from sqlmesh.core.console import TerminalConsole, set_console
from sqlmesh.core.plan import Plan
from sqlmesh.core.snapshot import Snapshot
from sqlmesh.utils.concurrency import NodeExecutionFailedError
from sqlmesh.utils.errors import PlanError

from loader import settings
from publisher import ownership
from publisher.adapter import CATALOG, ServingAdapter
from publisher.connection import connect_to


@dataclass
class Planned:
    """What one plan did.

    Attributes:
        models: models built, by layer.
        audits: audits passed.
        context: SQLMesh's context, with the project loaded.
    """

    context: Context
    models: Counter[str] = field(default_factory=Counter)
    audits: int = 0


class CountingConsole(TerminalConsole):
    """SQLMesh's terminal, which also counts; `quiet` leaves out all but progress, warnings and errors."""

    def __init__(self, quiet: bool = False, **kwargs: Any) -> None:
        """Count from zero."""
        super().__init__(**kwargs)
        self.quiet = quiet
        self.models: Counter[str] = Counter()
        self.audits = 0
        self._skipped = 0

    def log_skipped_models(self, snapshot_names: set[str]) -> None:
        """Keep how many models were skipped: why is said first."""
        self._skipped = len(snapshot_names)

    def log_failed_models(self, errors: list[NodeExecutionFailedError]) -> None:
        """Show what failed and why, and only then how many models were skipped for it."""
        super().log_failed_models(errors)
        if errors and self._skipped:
            self.console.print(f"{self._skipped} models that read what failed were not built.\n")

    def update_snapshot_evaluation_progress(
        self, snapshot: Snapshot, interval: Any, batch_idx: int, duration_ms: int | None, *args: Any, **kwargs: Any
    ) -> None:
        """Count a model that was built, and the audits that it passed."""
        passed = kwargs["num_audits_passed"] if "num_audits_passed" in kwargs else args[0]
        self.models[snapshot.fully_qualified_table.db] += 1
        self.audits += passed
        # Without a duration SQLMesh moves its bar and prints no line.
        shown = None if self.quiet else duration_ms
        super().update_snapshot_evaluation_progress(snapshot, interval, batch_idx, shown, *args, **kwargs)

    def start_cleanup(self, ignore_ttl: bool) -> bool:
        """Go on without asking: the command that started it has been told."""
        return True

    def show_environment_difference_summary(self, *args: Any, **kwargs: Any) -> None:
        """Show which models differ, unless quiet."""
        if not self.quiet:
            super().show_environment_difference_summary(*args, **kwargs)

    def show_model_difference_summary(self, *args: Any, **kwargs: Any) -> None:
        """Show how models differ, unless quiet."""
        if not self.quiet:
            super().show_model_difference_summary(*args, **kwargs)

    def log_success(self, message: str) -> None:
        """Say that a step ended well, unless quiet."""
        if not self.quiet:
            super().log_success(message)


def plan(environment: str = "prod", *, quiet: bool = False, take_over: bool = False) -> Planned:
    """Plan and apply `environment`: build what changed, audit, publish, and switch the views.

    The unit tests of models whose own text has changed run first: not in the first plan, where all models are new, and
    not for a delivery. `quiet` leaves them out, and the differences.
    `take_over` replaces what another warehouse publishes to that environment on the server.

    Raises:
        ServingError: the server cannot be reached, or refuses the account.
        SQLMeshError: an audit or a step failed; what the environment shows is as it was before.
    """
    reach_server()
    console = CountingConsole(quiet=quiet)
    set_console(console)
    context = Context(paths=[str(settings.PROJECT)])
    adapter = context.engine_adapters[CATALOG]
    if take_over and isinstance(adapter, ServingAdapter):
        ownership.give_up(adapter, schema_of(environment))
    builder = context.plan_builder(environment, skip_tests=True)
    if not quiet:
        _test_what_changed(context, builder.build())
    context.console.plan(builder, True, context.default_catalog, no_diff=quiet, no_prompts=True)
    return Planned(context=context, models=console.models, audits=console.audits)


def _test_what_changed(context: Context, plan: Plan) -> None:
    """Run the unit tests of the models that a plan changes by themselves; others read what they read before.

    Raises:
        PlanError: one fails.
    """
    if plan.context_diff.is_new_environment and not plan.context_diff.create_from_env_exists:
        return
    changed = {snapshot.name for snapshot in plan.directly_modified}
    if context.select_tests(model_names=changed) and not context.test(model_names=changed).wasSuccessful():
        raise PlanError("A unit test fails: its model and what it should be are above. Nothing was built.")


def reach_server() -> None:
    """Connect to the server, where there is one, so that a command that cannot says so first, and once.

    Raises:
        ServingError: it cannot be reached, or refuses the account.
    """
    if url := settings.serving():
        connect_to(url).close()


def schema_of(environment: str) -> str:
    """Return the schema in which an environment's published tables are seen."""
    return "serving" if environment == "prod" else f"serving__{environment.lower()}"


def schemas_of(context: Context, environment: str) -> dict[str, str]:
    """Return the schema of each table and view that an environment shows itself; the others it leaves to prod."""
    schema = schema_of(environment)
    held = exp.select("table_name").from_("information_schema.tables").where(exp.column("table_schema").eq(schema))
    return {name: schema for (name,) in context.engine_adapters[CATALOG].fetchall(held)}


def read(context: Context, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query on published tables, named `serving.<table>`, wherever they are published."""
    return [tuple(row.values()) for row in records(context, query, {})]


def records(context: Context, query: str, schemas: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the rows of a query as `read` does, with the names of its columns; `schemas` as of `schemas_of`."""
    parsed = exp.maybe_parse(query, dialect="mysql")
    for table in parsed.find_all(exp.Table):
        if table.db:
            table.set("db", exp.to_identifier(schemas.get(table.name, schema_of("prod"))))
            table.set("catalog", exp.to_identifier(CATALOG))
    adapter = context.engine_adapters[CATALOG]
    rows = adapter.fetchall(parsed, quote_identifiers=True)
    names = [column[0] for column in adapter.cursor.description]
    return [dict(zip(names, row, strict=True)) for row in rows]
