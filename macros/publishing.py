"""Where a published table comes from."""

from __future__ import annotations

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def published_source(evaluator: MacroEvaluator, table: exp.Expression) -> exp.Table:
    """Return the table of the warehouse that is published under its own name: mart_* of mart, all others of star."""
    return exp.table_(table.name, db="mart" if table.name.startswith("mart_") else "star", catalog="warehouse")
