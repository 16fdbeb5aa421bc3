"""Intervals, written once for every view that shows a proportion."""

from __future__ import annotations

import math

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator

Z = 1.959963984540054
"""The 97.5 % point of the normal distribution, of a 95 % interval."""

T_TERMS = (
    (Z**3 + Z) / 4,
    (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96,
    (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384,
    (79 * Z**9 + 776 * Z**7 + 1482 * Z**5 - 1920 * Z**3 - 945 * Z) / 92160,
)
"""What 1 / degrees of freedom and its powers add to Z in Student's t (Abramowitz and Stegun 26.7.5)."""


@macro()
def wilson_low(evaluator: MacroEvaluator, numerator: exp.Expression, denominator: exp.Expression) -> str:
    """Return the lower end of the 95 % Wilson interval of a proportion; NULL where the denominator is 0."""
    return _wilson(evaluator, numerator, denominator, "-")


@macro()
def wilson_high(evaluator: MacroEvaluator, numerator: exp.Expression, denominator: exp.Expression) -> str:
    """Return the upper end of the 95 % Wilson interval of a proportion; NULL where the denominator is 0."""
    return _wilson(evaluator, numerator, denominator, "+")


@macro()
def wilson_t_low(
    evaluator: MacroEvaluator, numerator: exp.Expression, denominator: exp.Expression, t: exp.Expression
) -> str:
    """Return the lower Wilson end with Student's `t` in place of the normal 1.96: for few independent patients."""
    return _wilson(evaluator, numerator, denominator, "-", t.sql(evaluator.dialect))


@macro()
def wilson_t_high(
    evaluator: MacroEvaluator, numerator: exp.Expression, denominator: exp.Expression, t: exp.Expression
) -> str:
    """Return the upper Wilson end with Student's `t` in place of the normal 1.96: for few independent patients."""
    return _wilson(evaluator, numerator, denominator, "+", t.sql(evaluator.dialect))


@macro()
def student_t(evaluator: MacroEvaluator, degrees: exp.Expression) -> str:
    """Return the 97.5 % point of Student's t distribution; NULL below 1 degree of freedom.

    Exact for 1 and 2 degrees; above, the expansion of Abramowitz and Stegun 26.7.5, which is 0.004 too low at 3
    degrees, 0.001 at 4 and closer from there.
    """
    d = f"CAST({degrees.sql(evaluator.dialect)} AS DOUBLE)"
    terms = " + ".join(f"{term} / POWER({d}, {power})" for power, term in enumerate(T_TERMS, start=1))
    return (
        f"CASE WHEN {d} < 1 THEN NULL WHEN {d} = 1 THEN {math.tan(0.475 * math.pi)} "
        f"WHEN {d} = 2 THEN {0.95 * math.sqrt(2 / (1 - 0.95**2))} ELSE {Z} + {terms} END"
    )


def _wilson(
    evaluator: MacroEvaluator, numerator: exp.Expression, denominator: exp.Expression, side: str, z: str = str(Z)
) -> str:
    x, n = (part.sql(evaluator.dialect) for part in (numerator, denominator))
    square = f"({z}) * ({z})"
    half = f"({z}) * SQRT(1.0 * ({x}) * ({n} - {x}) / NULLIF({n}, 0) + {square} / 4)"
    return f"(({x}) + {square} / 2 {side} {half}) / NULLIF({n} + {square}, {square})"
