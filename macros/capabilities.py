"""What each feed delivers, counted from its rows; seeds/capability_evidence.csv says what counts."""

from __future__ import annotations

from itertools import groupby

from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def capability_evidence(evaluator: MacroEvaluator) -> str:
    """Return a query of the evidence for each capability of each feed, one row each; it reads an input table once."""
    evidence = sorted(evaluator.var("capability_evidence") or [], key=lambda row: row["input_table"])
    parts = []
    for table, rows in groupby(evidence, key=lambda row: row["input_table"]):
        shown = list(rows)
        counts = ", ".join(f"{row['evidence']} AS {row['capability']}" for row in shown)
        counted = f"SELECT source_system, {counts} FROM input.{table} GROUP BY source_system"
        parts += [
            f"SELECT source_system, '{row['capability']}' AS capability, {row['capability']} AS evidence_rows "
            f"FROM ({counted}) AS {table}_count"
            for row in shown
        ]
    return " UNION ALL ".join(parts)
