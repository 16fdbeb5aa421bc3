"""What SQLMesh 0.236 works out again for every model of a plan, worked out once: the same SQL, in less time.

tests/test_patches.py compares the SQL of every model and audit with that of SQLMesh itself. Each patch is of a name
that SQLMesh keeps private or may change, as the pin in pyproject.toml says.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from sqlglot import exp
from sqlmesh.core.macros import RuntimeStage
from sqlmesh.core.model.definition import _Model
from sqlmesh.core.renderer import QueryRenderer

Render = Callable[..., Any]

WRITING = frozenset({RuntimeStage.CREATING, RuntimeStage.EVALUATING})
"""The stages of a plan that write a model's table or view."""

TABLES = ("snapshots", "table_mapping", "deployability_index", "expand")
"""What the tables of a query follow. Dates, stage and adapter are for macros that ask; none of this project does."""


def _as_loaded(render: Render) -> Render:
    """Take a model's query as it was rendered and optimized at loading, and put the tables of the plan into it."""

    @wraps(render)
    def run(self: QueryRenderer, *positional: Any, **given: Any) -> exp.Query | None:
        writes = given.get("runtime_stage") in WRITING and given.get("needs_optimization", True)
        if writes and not positional and self._model_fqn and self._optimized_cache is not None:
            given = {name: value for name, value in given.items() if name in TABLES}
        return render(self, *positional, **given)

    return run


def _without_columns(render: Render) -> Render:
    """Render an audit without asking the database for the columns of a table that has no time column."""

    @wraps(render)
    def run(self: _Model, *positional: Any, **given: Any) -> exp.Query:
        if self.time_column is None:
            given.pop("engine_adapter", None)
        return render(self, *positional, **given)

    return run


def apply() -> None:
    """Patch SQLMesh, once a process."""
    for owner, name, patch in (
        (QueryRenderer, "render", _as_loaded),
        (_Model, "render_audit_query", _without_columns),
    ):
        plain = getattr(owner, name)
        if not hasattr(plain, "is_patched"):
            patched = patch(plain)
            patched.is_patched = True  # type: ignore[attr-defined]
            setattr(owner, name, patched)
