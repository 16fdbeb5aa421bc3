"""The views of an environment, replaced at one moment: a reader's statement sees all the old ones or all the new ones.

A view is created as `new__<view>`, beside the one that readers see. When all are there, one RENAME TABLE moves the old
views to `old__<view>` and the new ones into their place: a server renames all the names of a statement together, and
a failure before it leaves the old views as they were.

MariaDB can try the rename without waiting, and does so again and again for half of LOCK_SECONDS: nobody waits for
anybody, and readers see the old views or the new ones. A rename that waits for readers (MySQL has no other, and it is
MariaDB's second half) holds some of the names meanwhile. A statement that is just opening several views may then open
the rest of them after the swap: it sees some old views and some new ones, each of them whole.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from publisher.connection import IN_THE_WAY, LOCK_SECONDS, ServingError
from publisher.mysql_types import mysql_name

if TYPE_CHECKING:
    from sqlmesh.core._typing import TableName

    from publisher.adapter import ServingAdapter

PAUSE_SECONDS = 0.002
"""How long a swap that finds a reader in its way lets it read before it tries again."""


class ViewSwap:
    """The views of one swap, of one or several schemas."""

    def __init__(self, adapter: ServingAdapter) -> None:
        """Take the adapter of the server."""
        self._adapter = adapter
        self._views: list[exp.Table] = []

    def staged(self, view_name: TableName) -> exp.Table:
        """Return the name under which a view of the swap is to be created."""
        view = exp.to_table(view_name)
        self._views.append(view)
        beside = view.copy()
        beside.set("this", exp.to_identifier(f"new__{view.name}", quoted=True))
        return beside

    def rename(self) -> None:
        """Put all views into place, a schema at a time."""
        for schema in sorted({view.db for view in self._views}):
            self._drop(schema, "old__")  # left by a plan that was killed
            self._rename(schema, sorted(view.name for view in self._views if view.db == schema))

    def clear(self) -> None:
        """Drop the old views; and where the swap did not happen, the new ones."""
        if self._adapter.connection.open:
            for schema in {view.db for view in self._views}:
                self._drop(schema, "(new|old)__")

    def _rename(self, schema: str, names: Sequence[str]) -> None:
        there = self._existing(schema)
        renames = [(name, f"old__{name}") for name in names if name in there]
        renames += [(f"new__{name}", name) for name in names]
        qualified = mysql_name(schema)
        listed = ", ".join(
            f"{qualified}.{mysql_name(before)} TO {qualified}.{mysql_name(after)}" for before, after in renames
        )
        patient = time.monotonic() + LOCK_SECONDS / 2
        while self._adapter.is_mariadb and time.monotonic() < patient:
            try:
                self._adapter.execute(f"SET STATEMENT lock_wait_timeout = 0 FOR RENAME TABLE {listed}")
                return
            except ServingError as error:
                if error.code not in IN_THE_WAY:
                    raise
            time.sleep(PAUSE_SECONDS)
        self._adapter.execute(f"RENAME TABLE {listed}")

    def _drop(self, schema: str, prefix: str) -> None:
        if views := [name for name in self._existing(schema) if re.match(prefix, name)]:
            listed = ", ".join(f"{mysql_name(schema)}.{mysql_name(name)}" for name in views)
            self._adapter.execute(f"DROP VIEW IF EXISTS {listed}")
            self._adapter.clear_cache()

    def _existing(self, schema: str) -> list[str]:
        rows = self._adapter.fetchall(
            f"SELECT table_name FROM information_schema.views WHERE table_schema = '{schema}'"
        )
        return [name for (name,) in rows]
