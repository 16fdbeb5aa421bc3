"""Intervals and the rules around them, each written once for all models and views.

They are plain arithmetic, EXP, LN, SQRT and CASE, so that DuckDB, Spark and MySQL all run them. Every interval is of
95 %, and NULL where it cannot be computed: where there is nothing to divide by, or too few patients to tell.
"""

from __future__ import annotations

import math

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator

Z = 1.959963984540054
"""The 97.5 % point of the normal distribution, of a 95 % interval."""

T_TERMS = (
    2.3722838930, 2.8219491634, 2.5642429122, 1.5257471554, 1.0046285065, -0.0031559099, 0.5627578292, -0.1905859512,
    0.0883731024,
)  # fmt: skip
"""What 1 / degrees of freedom and its powers add to Z in Student's t.

Least squares over Chebyshev points of 1 / degrees from 0 to 1, against scipy.stats.t.ppf(0.975, degrees): right to 1e-7
for all degrees from 1 up, whole or not. The expansion of Abramowitz and Stegun 26.7.5 has the same form, but is a
series about infinitely many degrees, and 0.004 off at 3.
"""

POISSON_HIGH_TERMS = (
    1.9599635216, 0.9471647131, -0.1720522974, -0.0678568593, 0.0345047887, -0.0258156031, 0.0172410979, -0.0042699194,
)  # fmt: skip
"""What s = 1 / SQRT(events + 1) and its powers add to 1 in the upper Poisson limit over events + 1.

Fitted as T_TERMS, against half of scipy.stats.chi2.ppf(0.975, 2 * (events + 1)): right to 6e-9 of its value.
"""

POISSON_LOW_TERMS = (
    -1.9599643754, 0.9471797604, 0.1713178991, -0.0603549641, -0.0887606348, 0.2159660766, -0.7134097344, 1.3461186538,
    -1.7085516138, 1.3503383308, -0.5744206001, 0.0998590093,
)  # fmt: skip
"""What s = 1 / SQRT(events) and its powers add to 1 in the lower Poisson limit over events.

Fitted as T_TERMS, against half of scipy.stats.chi2.ppf(0.025, 2 * events): right to 3e-8 of its value.
"""

FEWEST_EFFECTIVE_PATIENTS = 5
"""Below so many effective patients nothing can be said of how patients vary, and there is no clustered interval."""

DEGREES_OF_AMOUNTS = 0.4
"""Of amounts only so much of the degrees of freedom counts that a sample shows: their tails are longer than it shows.

Found by tests/test_coverage.py, in worlds of lognormal amounts: with all of them 92 % of the intervals held the truth.
"""

LARGEST_FACTOR = 100
"""An interval on the log scale that reaches further than value * 100 and value / 100 says nothing, and is NULL."""

FEWEST_OTHERS = 10
"""So many observations of other patients tell the rate that is expected of one; a rate of fewer is mostly chance."""

FEWEST_OBSERVATIONS, FEWEST_PATIENTS, FEWEST_EVENTS, FEWEST_EXPECTED = 30, 11, 5, 5
"""A cell below any of these is small: observations, patients, events or non-events of a share, events expected.

11 patients is the smallest cell that CMS allows to be shown; with 5 events or more on both sides a share is near enough
to normal; below 5 expected events observed / expected is mostly noise.
"""


@macro()
def normal_low(evaluator: MacroEvaluator, value: exp.Expression, error: exp.Expression) -> str:
    """Return the lower end of the normal interval of `value` with standard error `error`."""
    return "({0}) - {z} * ({1})".format(*_sql(evaluator, value, error), z=Z)


@macro()
def normal_high(evaluator: MacroEvaluator, value: exp.Expression, error: exp.Expression) -> str:
    """Return the upper end of the normal interval of `value` with standard error `error`."""
    return "({0}) + {z} * ({1})".format(*_sql(evaluator, value, error), z=Z)


@macro()
def log_low(
    evaluator: MacroEvaluator, value: exp.Expression, error: exp.Expression, lowest: exp.Expression, t: exp.Expression
) -> str:
    """Return the lower end of the interval, on the log scale, of a quantity that is never below `lowest`.

    The logarithm of `value - lowest` has the standard error `error / (value - lowest)` (delta method). NULL where
    `value` is not above `lowest`, where nothing varies, and where `t` such errors are a factor above LARGEST_FACTOR.
    """
    return _log(evaluator, value, error, lowest, t, "-")


@macro()
def log_high(
    evaluator: MacroEvaluator, value: exp.Expression, error: exp.Expression, lowest: exp.Expression, t: exp.Expression
) -> str:
    """Return the upper end of the same."""
    return _log(evaluator, value, error, lowest, t, "+")


@macro()
def wilson_low(evaluator: MacroEvaluator, numerator: exp.Expression, denominator: exp.Expression) -> str:
    """Return the lower end of the Wilson interval of a proportion; NULL where the denominator is 0."""
    return _wilson(*_sql(evaluator, numerator, denominator), "-")


@macro()
def wilson_high(evaluator: MacroEvaluator, numerator: exp.Expression, denominator: exp.Expression) -> str:
    """Return the upper end of the Wilson interval of a proportion; NULL where the denominator is 0."""
    return _wilson(*_sql(evaluator, numerator, denominator), "+")


@macro()
def wilson_t_low(
    evaluator: MacroEvaluator, numerator: exp.Expression, denominator: exp.Expression, t: exp.Expression
) -> str:
    """Return the lower Wilson end with Student's `t` in place of Z: for few independent patients."""
    return _wilson(*_sql(evaluator, numerator, denominator), "-", *_sql(evaluator, t))


@macro()
def wilson_t_high(
    evaluator: MacroEvaluator, numerator: exp.Expression, denominator: exp.Expression, t: exp.Expression
) -> str:
    """Return the upper Wilson end with Student's `t` in place of Z: for few independent patients."""
    return _wilson(*_sql(evaluator, numerator, denominator), "+", *_sql(evaluator, t))


@macro()
def newcombe_low(
    evaluator: MacroEvaluator, x1: exp.Expression, n1: exp.Expression, x2: exp.Expression, n2: exp.Expression
) -> str:
    """Return the lower end of Newcombe's interval of x1 / n1 - x2 / n2; NULL where a denominator is 0.

    It joins the Wilson ends of the two, and so has a width where no event was seen (Newcombe 1998, method 10).
    """
    return _newcombe(*_sql(evaluator, x1, n1, x2, n2), "-")


@macro()
def newcombe_high(
    evaluator: MacroEvaluator, x1: exp.Expression, n1: exp.Expression, x2: exp.Expression, n2: exp.Expression
) -> str:
    """Return the upper end of the same."""
    return _newcombe(*_sql(evaluator, x1, n1, x2, n2), "+")


@macro()
def poisson_low(evaluator: MacroEvaluator, events: exp.Expression) -> str:
    """Return the exact lower limit (Garwood 1936) of the mean of a count: where `events` or more have 2.5 %."""
    (x,) = _sql(evaluator, events)
    return f"CASE WHEN {x} > 0 THEN {_poisson(x, POISSON_LOW_TERMS)} WHEN {x} = 0 THEN 0 END"


@macro()
def poisson_high(evaluator: MacroEvaluator, events: exp.Expression) -> str:
    """Return the exact upper limit (Garwood 1936) of the mean of a count: where `events` or fewer have 2.5 %."""
    (x,) = _sql(evaluator, events)
    return f"CASE WHEN {x} >= 0 THEN {_poisson(f'({x} + 1)', POISSON_HIGH_TERMS)} END"


@macro()
def student_t(evaluator: MacroEvaluator, degrees: exp.Expression) -> str:
    """Return the 97.5 % point of Student's t distribution, of whole or broken degrees; NULL below 1."""
    (d,) = _sql(evaluator, degrees)
    return f"CASE WHEN {d} >= 1 THEN {_polynomial((Z, *T_TERMS), f'1e0 / {d}')} END"


@macro()
def clustered_degrees(
    evaluator: MacroEvaluator,
    squares: exp.Expression,
    fourth_powers: exp.Expression,
    patients: exp.Expression,
    effective_patients: exp.Expression,
    kind: exp.Expression,
) -> str:
    """Return the degrees of freedom of a variance between patients; NULL below FEWEST_EFFECTIVE_PATIENTS.

    `squares` and `fourth_powers` are sums of powers of the patients' deviations. Satterthwaite: 2 over the squared
    coefficient of variation of the variance, which the fourth powers tell, so that one patient who makes most of the
    variance leaves hardly 2 degrees; of amounts (`kind` is mean or ratio) DEGREES_OF_AMOUNTS of that. Never more than
    the effective patients, (sum m) ** 2 / sum m ** 2, less 1: so many the CR2 estimator of Bell and McCaffrey (2002)
    has where observations are independent.
    """
    e2, e4, m, effective, k = _sql(evaluator, squares, fourth_powers, patients, effective_patients, kind)
    spread = f"({e4} - {e2} * {e2} / {m})"
    most = f"({effective} - 1)"
    shown = f"(CASE WHEN {k} IN ('mean', 'ratio') THEN {DEGREES_OF_AMOUNTS} ELSE 1 END * 2 * {e2} * {e2})"
    return (
        f"CASE WHEN {effective} < {FEWEST_EFFECTIVE_PATIENTS} THEN NULL "
        f"WHEN {shown} < {most} * {spread} THEN {shown} / {spread} ELSE {most} END"
    )


@macro()
def effective_n(
    evaluator: MacroEvaluator,
    value: exp.Expression,
    error: exp.Expression,
    n: exp.Expression,
    effective_patients: exp.Expression,
) -> str:
    """Return as many independent observations as would vary like these (Korn and Graubard 1998), at most `n`.

    Where nothing varies, it is unknown how alike a patient's observations are: the effective patients.
    """
    p, e, most, effective = _sql(evaluator, value, error, n, effective_patients)
    return f"CASE WHEN {e} > 0 THEN LEAST({p} * (1 - {p}) / ({e} * {e}), {most}) WHEN {e} = 0 THEN {effective} END"


@macro()
def small_cell(
    evaluator: MacroEvaluator,
    n: exp.Expression,
    n_patients: exp.Expression,
    numerator: exp.Expression,
    denominator: exp.Expression,
    kind: exp.Expression,
) -> str:
    """Return 1 where a cell is too small to rest anything on, else 0.

    `kind` is that of the metric: a proportion needs events and others, a standardized_ratio (whose denominator is what
    was expected) expected events; all need observations and patients.
    """
    observations, patients, x, y = _sql(evaluator, n, n_patients, numerator, denominator)
    too_few = {
        "proportion": f"({x} < {FEWEST_EVENTS} OR {y} - {x} < {FEWEST_EVENTS})",
        "standardized_ratio": f"{y} < {FEWEST_EXPECTED}",
    }
    small = [f"{observations} < {FEWEST_OBSERVATIONS}", f"{patients} < {FEWEST_PATIENTS}"]
    if isinstance(kind, exp.Literal):
        small += [rule for name, rule in too_few.items() if name == kind.this]
    else:
        small += [f"({kind.sql(evaluator.dialect)} = '{name}' AND {rule})" for name, rule in too_few.items()]
    return f"CASE WHEN {' OR '.join(small)} THEN 1 ELSE 0 END"


@macro()
def enough_others(evaluator: MacroEvaluator, n: exp.Expression) -> str:
    """Return whether `n` observations of other patients are enough to expect their rate of a patient."""
    return f"{_sql(evaluator, n)[0]} >= {FEWEST_OTHERS}"


def _sql(evaluator: MacroEvaluator, *expressions: exp.Expression) -> list[str]:
    """Return each expression as SQL of the model's dialect, in parentheses unless it is one word."""
    return [
        part.sql(evaluator.dialect)
        if isinstance(part, exp.Column | exp.Literal)
        else f"({part.sql(evaluator.dialect)})"
        for part in expressions
    ]


def _wilson(x: str, n: str, side: str, z: str = str(Z)) -> str:
    square = f"{z} * {z}"
    half = f"{z} * SQRT(1e0 * {x} * ({n} - {x}) / NULLIF({n}, 0) + {square} / 4)"
    return f"({x} + {square} / 2 {side} {half}) / NULLIF({n} + {square}, {square})"


def _newcombe(x1: str, n1: str, x2: str, n2: str, side: str) -> str:
    p1, p2 = (f"1e0 * {x} / NULLIF({n}, 0)" for x, n in ((x1, n1), (x2, n2)))
    mine, others = (side, "+") if side == "-" else (side, "-")
    mine, others = f"({p1} - {_wilson(x1, n1, mine)})", f"({p2} - {_wilson(x2, n2, others)})"
    return f"{p1} - {p2} {side} SQRT({mine} * {mine} + {others} * {others})"


def _log(
    evaluator: MacroEvaluator,
    value: exp.Expression,
    error: exp.Expression,
    lowest: exp.Expression,
    t: exp.Expression,
    side: str,
) -> str:
    v, e, low, times = _sql(evaluator, value, error, lowest, t)
    return (
        f"CASE WHEN {v} > {low} AND {e} > 0 AND {times} * {e} <= {math.log(LARGEST_FACTOR)} * ({v} - {low}) "
        f"THEN {low} + ({v} - {low}) * EXP({side}{times} * {e} / ({v} - {low})) END"
    )


def _poisson(events: str, terms: tuple[float, ...]) -> str:
    return f"{events} * ({_polynomial((1, *terms), f'1e0 / SQRT({events})')})"


def _polynomial(terms: tuple[float, ...], variable: str) -> str:
    """Return the sum of each term times a power of the variable, from 0 up, with no power written out (Horner)."""
    text = str(terms[-1])
    for term in reversed(terms[:-1]):
        text = f"{term} + {variable} * ({text})"
    return text
