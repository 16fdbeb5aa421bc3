"""Intervals, written once for every view that shows a proportion."""

from __future__ import annotations

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator

Z = 1.959963984540054
"""The 97.5 % point of the normal distribution, of a 95 % interval."""


@macro()
def wilson_low(evaluator: MacroEvaluator, numerator: exp.Expression, denominator: exp.Expression) -> str:
    """Return the lower end of the 95 % Wilson interval of a proportion; NULL where the denominator is 0."""
    return _wilson(evaluator, numerator, denominator, "-")


@macro()
def wilson_high(evaluator: MacroEvaluator, numerator: exp.Expression, denominator: exp.Expression) -> str:
    """Return the upper end of the 95 % Wilson interval of a proportion; NULL where the denominator is 0."""
    return _wilson(evaluator, numerator, denominator, "+")


def _wilson(evaluator: MacroEvaluator, numerator: exp.Expression, denominator: exp.Expression, side: str) -> str:
    x, n = (part.sql(evaluator.dialect) for part in (numerator, denominator))
    half = f"{Z} * SQRT(1.0 * ({x}) * ({n} - {x}) / NULLIF({n}, 0) + {Z * Z / 4})"
    return f"(({x}) + {Z * Z / 2} {side} {half}) / NULLIF({n} + {Z * Z}, {Z * Z})"
