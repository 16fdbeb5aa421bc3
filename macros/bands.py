"""How a value finds its band in a seed of bands (seeds/*_band.csv and the like), and which sizes a top has."""

from __future__ import annotations

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def in_band(evaluator: MacroEvaluator, value: exp.Expression, lowest: exp.Expression, highest: exp.Expression) -> str:
    """Return whether `value` lies between the ends of a band, both of which belong to it.

    A band without a highest value is open there; one without a lowest is that of values that are not known.
    """
    v, low, high = (part.sql(evaluator.dialect) for part in (value, lowest, highest))
    return f"({v} BETWEEN {low} AND COALESCE({high}, {v}) OR ({v} IS NULL AND {low} IS NULL))"


@macro()
def top_sizes(evaluator: MacroEvaluator) -> str:
    """Return the query of seeds/top_size.csv, one row a size: a view of the server reads no seed."""
    return " UNION ALL ".join(f"SELECT {size} AS top_n" for size in evaluator.var("top_sizes") or [])
