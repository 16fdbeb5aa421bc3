"""Show which rows made an audit fail: SQLMesh itself names the audit, the count and the query."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas
from pydantic import Field
from rich.table import Table
from sqlglot import exp
from sqlmesh.core.notification_target import GenericNotificationTarget, NotificationEvent
from sqlmesh.utils.errors import AuditError

from loader.cli import Screen

SAMPLE_ROWS = 5
"""How many failing rows are shown."""

HINTS = {
    "references_resolve": "What is referred to is in no delivered row, or its row was quarantined: `warehouse status` "
    "counts those, and column violation of the tables in schema quarantine (in DuckDB) says why.",
}
"""What to look at next, by audit, where the failing rows do not show it."""


class AuditSamples(GenericNotificationTarget):
    """Print the first failing rows of every audit that fails.

    `fetch` takes a gateway's name (None for the default one) and an audit's query, and returns its rows as a DataFrame.
    """

    notify_on: frozenset[NotificationEvent] = frozenset({NotificationEvent.AUDIT_FAILURE})
    fetch: Callable[[str | None, exp.Expression], Any] = Field(exclude=True, repr=False)

    def notify_audit_failure(self, audit_error: AuditError, *args: Any, **kwargs: Any) -> None:
        """Print `audit_error`'s model, audit, count and first failing rows."""
        model = audit_error.model
        rows = self.fetch(model.gateway if model else None, audit_error.query.limit(SAMPLE_ROWS))
        screen = Screen(stderr=True, highlight=False)
        count = f"{audit_error.count} failing row{'s' if audit_error.count != 1 else ''}"
        screen.print(f"Audit {audit_error.audit_name} failed on {audit_error.model_name}", style="bold red", end="")
        screen.print(f": {count}, the first {len(rows)}:")
        shown = Table()
        # A wide row does not fit a screen: show it as name and value, one column a failing row.
        shown.add_column("column")
        for number in range(1, len(rows) + 1):
            shown.add_column(f"row {number}", overflow="fold")
        for column in rows.columns:
            shown.add_row(str(column), *("NULL" if pandas.isna(value) else str(value) for value in rows[column]))
        screen.print(shown)
        if hint := HINTS.get(audit_error.audit_name):
            screen.print(hint)
