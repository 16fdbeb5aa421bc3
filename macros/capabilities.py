"""What each feed delivers, counted from its rows; seeds/capability_evidence.csv says what counts."""

from __future__ import annotations

from itertools import groupby

from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def capability_evidence(evaluator: MacroEvaluator) -> str:
    """Return a query of the evidence for each capability of each feed, one row each; it reads an input table once."""
    evidence = sorted(evaluator.var("capability_evidence") or [], key=lambda row: row["input_table"])
    return " UNION ALL ".join(
        _evidence_of_table(table, list(rows)) for table, rows in groupby(evidence, key=lambda row: row["input_table"])
    )


def _evidence_of_table(table: str, rows: list[dict[str, str]]) -> str:
    counts = ", ".join(f"{row['evidence']} AS {row['capability']}" for row in rows)
    names = ", ".join(f"('{row['capability']}')" for row in rows)
    cases = " ".join(f"WHEN '{row['capability']}' THEN {row['capability']}" for row in rows)
    return (
        f"SELECT n.source_system, c.capability, CASE c.capability {cases} END AS evidence_rows "
        f"FROM (SELECT source_system, {counts} FROM input.{table} GROUP BY source_system) AS n "
        f"CROSS JOIN (VALUES {names}) AS c(capability)"
    )
