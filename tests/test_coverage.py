"""How often the project's intervals hold the truth, in worlds drawn by chance whose truth is known.

The worlds have the numbers of events that patients of a real feed have (Maven's: few patients own most events), and the
models' own queries make the intervals. `pytest tests/test_coverage.py -s` prints the table.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from engine import Engine, columns
from test_statistics import rendered

pytestmark = pytest.mark.long

Numbers = np.ndarray[Any, np.dtype[Any]]
Draw = Callable[[np.random.Generator, Numbers], tuple[Numbers, Numbers, float]]
"""Draws numerators and denominators, a row a world and a column a patient, around the truth."""

WORLDS = 2000
LEAST, MOST = 0.93, 0.97
"""An interval of 95 % must hold the truth in so many worlds, and without a reason in no more: it would be too wide."""


def sizes(counts: dict[int, int]) -> Numbers:
    """The events of each patient, of how many patients have how many events."""
    return np.repeat(list(counts), list(counts.values()))


INDEX_STAYS = sizes(
    {63: 1, 54: 1, 53: 1, 51: 1, 48: 1, 45: 1, 44: 1, 40: 1, 36: 1, 35: 1, 34: 1, 30: 1, 28: 1, 27: 1, 18: 1, 14: 1}
    | {12: 2, 11: 1, 10: 9, 6: 3, 5: 1, 4: 5, 3: 8, 2: 22, 1: 64}
)
"""920 index stays of the 131 patients of R1: 29.7 effective patients."""

FOLLOWED_STAYS = sizes(
    {63: 1, 54: 1, 53: 1, 48: 1, 35: 1, 34: 1, 30: 1, 28: 1, 27: 1, 20: 1, 19: 1, 18: 1, 14: 2, 13: 1, 12: 3, 10: 11}
    | {9: 2, 7: 1, 6: 2, 5: 3, 4: 5, 3: 9, 2: 15, 1: 60}
)
"""805 index stays of the 126 patients of R5: 31.4 effective patients."""

ACUTE_STAYS = sizes({5: 1, 3: 2, 2: 11, 1: 51})
"""84 index stays of the 65 patients of R6: 51.1 effective patients."""

READMISSIONS = sizes(
    {52: 1, 32: 1, 29: 1, 25: 1, 18: 3, 17: 1, 16: 2, 14: 1, 9: 1, 6: 1, 4: 1, 3: 1, 2: 1, 1: 7}
)  # fmt: skip
"""286 readmissions of 23 patients, one of whom has 52: 11.2 effective patients."""

ENCOUNTERS = np.concatenate(
    [
        [1381, 887, 877, 447, 441, 392, 383, 364, 296, 291, 268, 246, 239, 232, 217, 210, 197, 188, 186, 184],
        [182, 180, 180, 164, 164, 150, 149, 142, 140, 139, 132, 128, 125, 120, 117, 111, 108, 106, 106, 105],
        sizes({96: 15, 72: 15, 55: 30, 46: 15, 40: 15, 35: 30, 32: 30, 28: 45, 25: 30, 22: 30, 19: 60, 16: 45, 13: 45}),
        sizes({10: 60, 8: 60, 6: 60, 5: 30, 4: 45, 3: 45, 2: 45, 1: 120}),
    ]
)
"""About 27,000 encounters of some 900 patients, one of whom has 1,381."""

DIALYSES = np.array([1728, 1160, 22, 8, 6, 6])
"""2,930 dialyses of 6 patients: 2.0 effective patients."""

ALONE = {count: np.ones(count, dtype=int) for count in (12, 30, 84, 200, 805)}
"""So many patients with one event each."""


def share(rate: float, likeness: float) -> Draw:
    """Events that happen to a patient with a chance of his own; `likeness` correlates any two of his."""

    def draw(rng: np.random.Generator, n: Numbers) -> tuple[Numbers, Numbers, float]:
        shape = (WORLDS, len(n))
        parts = 1 / likeness - 1 if likeness else 0.0
        chance = rng.beta(rate * parts, (1 - rate) * parts, shape) if likeness else np.full(shape, rate)
        return rng.binomial(n, chance), np.broadcast_to(n, shape), rate

    return draw


def amount(between: float, within: float, lowest: float = 0.0, mean: float = 1.0) -> Draw:
    """Lognormal amounts above `lowest`, which vary between patients and between the events of one, on the log scale."""

    def draw(rng: np.random.Generator, n: Numbers) -> tuple[Numbers, Numbers, float]:
        patient = np.exp(rng.normal(-(between**2) / 2, between, (WORLDS, len(n))))
        starts = np.concatenate([[0], np.cumsum(n)[:-1]])
        event = np.exp(rng.normal(-(within**2) / 2, within, (WORLDS, int(n.sum()))))
        return (
            lowest * n + mean * patient * np.add.reduceat(event, starts, axis=1),
            np.broadcast_to(n, patient.shape),
            (lowest + mean),
        )

    return draw


def part(between: float) -> Draw:
    """Dollars of dollars: each patient pays a part of his own, of amounts that go with his events."""

    def draw(rng: np.random.Generator, n: Numbers) -> tuple[Numbers, Numbers, float]:
        paid = n * np.exp(rng.normal(0, 0.5, (WORLDS, len(n))))
        return paid * rng.beta(0.7 / between, 0.3 / between, paid.shape), paid, 0.7

    return draw


def per_year(spread: float) -> Draw:
    """Dollars of years: what a patient costs in a year has nothing to do with how many he has."""

    def draw(rng: np.random.Generator, n: Numbers) -> tuple[Numbers, Numbers, float]:
        years = rng.uniform(0.1, 11, (WORLDS, len(n)))
        return years * np.exp(rng.normal(-(spread**2) / 2, spread, years.shape)), years, 1.0

    return draw


class Case(NamedTuple):
    """A kind of interval and the worlds it is tried in."""

    kind: str
    worlds: str
    patients: Numbers
    draw: Draw
    measure: str
    interval: str = "clustered_ci"
    unit: str = "of the metric"
    too_wide: str = ""
    """Why it holds the truth in more than MOST of the worlds."""


RARE = "with a few events, one patient's three may be all: degrees are few, and the interval wide"
UNEQUAL = "the fourth powers leave few degrees where one patient has 5 % of the events: 97.0 %, hardly too wide"
BOUNDED = "parts of a dollar have no tail, and the degrees of amounts are those of amounts that have"
SMALL_COUNTS = "counts are whole numbers: no interval of so few events comes nearer to 95 % from above"

CASES = [
    Case("Wilson", "84 events, 10 %", ALONE[84], share(0.1, 0), "proportion", "ci"),
    Case("Wilson", "805 events, 1.2 %", ALONE[805], share(0.0124, 0), "proportion", "ci", too_wide=SMALL_COUNTS),
    Case("Wilson", "30 events, 40 %", ALONE[30], share(0.4, 0), "proportion", "ci"),
    *(
        Case("Wilson by patient", f"R1, 31 %, likeness {likeness}", INDEX_STAYS, share(0.31, likeness), "proportion")
        for likeness in (0, 0.2, 0.5, 0.8)
    ),
    *(
        Case("Wilson by patient", f"R5, {rate:.2%}, likeness {likeness}", FOLLOWED_STAYS, share(rate, likeness),
             "proportion", too_wide=RARE)
        for rate, likeness in ((0.0124, 0), (0.0124, 0.02), (0.0124, 0.1), (0.0075, 0.02), (0.0075, 0.1))
    ),
    Case("Wilson by patient", "R5, 6 %, likeness 0.05", FOLLOWED_STAYS, share(0.06, 0.05), "proportion"),
    Case("Wilson by patient", "R5, 6 %, likeness 0.2", FOLLOWED_STAYS, share(0.06, 0.2), "proportion"),
    Case("Wilson by patient", "R6, 8 %, likeness 0.3", ACUTE_STAYS, share(0.083, 0.3), "proportion",
         too_wide=SMALL_COUNTS),
    Case("Wilson by patient", "R6, 4 %, likeness 0", ACUTE_STAYS, share(0.036, 0), "proportion", too_wide=SMALL_COUNTS),
    *(
        Case("Wilson by patient", f"reasons, {rate:.0%}, likeness {likeness}", READMISSIONS, share(rate, likeness),
             "proportion")
        for rate, likeness in ((0.25, 0.2), (0.25, 0.5), (0.25, 0.9), (0.5, 0.5))
    ),
    Case("Wilson by patient", "encounters, 45 %, likeness 0.3", ENCOUNTERS, share(0.45, 0.3), "proportion",
         too_wide=UNEQUAL),
    Case("Wilson by patient", "12 patients, 40 %", ALONE[12], share(0.4, 0), "proportion", too_wide=SMALL_COUNTS),
    Case("Student t, log scale", "12 amounts, spread 0.5", ALONE[12], amount(0.5, 0), "mean", "ci"),
    Case("Student t, log scale", "84 amounts, spread 0.5", ALONE[84], amount(0.5, 0), "mean", "ci"),
    Case("Student t, log scale", "805 amounts, spread 1", ALONE[805], amount(1, 0), "mean", "ci"),
    Case("ratio by patient, log scale", "R1, spreads 0.5 and 0.5", INDEX_STAYS, amount(0.5, 0.5), "mean"),
    Case("ratio by patient, log scale", "R1, spreads 0.5 and 1", INDEX_STAYS, amount(0.5, 1), "mean"),
    Case("ratio by patient, log scale", "R1, spreads 1 and 0.5", INDEX_STAYS, amount(1, 0.5), "mean"),
    Case("ratio by patient, log scale", "R6, spreads 0.5 and 0.5", ACUTE_STAYS, amount(0.5, 0.5), "mean"),
    Case("ratio by patient, log scale", "R6, spreads 0.5 and 1", ACUTE_STAYS, amount(0.5, 1), "mean"),
    Case("ratio by patient, log scale", "reasons, spreads 0.5 and 0.5", READMISSIONS, amount(0.5, 0.5), "mean"),
    Case("ratio by patient, log scale", "200 patients, spread 1.2", ALONE[200], amount(1.2, 0), "mean"),
    Case("ratio by patient, log scale", "30 patients, spread 1", ALONE[30], amount(1, 0), "mean"),
    Case("ratio by patient, log scale", "encounters, spreads 1 and 0.5", ENCOUNTERS, amount(1, 0.5), "mean"),
    Case("ratio by patient, log scale", "dollars a year, spread 1", ALONE[805], per_year(1), "ratio"),
    Case("length of stay, above 1 day", "R5, spreads 0.5 and 1", FOLLOWED_STAYS, amount(0.5, 1, 1, 0.85), "mean",
         unit="days"),
    Case("length of stay, above 1 day", "R6, spreads 0.5 and 0.5", ACUTE_STAYS, amount(0.5, 0.5, 1, 4), "mean",
         unit="days"),
    Case("share of dollars", "encounters, 70 %, likeness 0.5", ENCOUNTERS, part(1), "ratio", unit="share",
         too_wide=BOUNDED),
    Case("share of dollars", "R1, 70 %, likeness 0.2", INDEX_STAYS, part(0.25), "ratio", unit="share",
         too_wide=BOUNDED),
]  # fmt: skip


CELL = (
    "'days_cms' AS definition_version, 's' AS source_system, 'all' AS period_type, 'all' AS period, "
    "-2 AS organization_key"
)
"""What is the same of all slices."""


class Found(NamedTuple):
    """In what share of worlds an interval was computed, and held the truth where it was."""

    computed: float
    held: float


def found_in_worlds(rng: np.random.Generator, case: Case) -> Found:
    """Draw the worlds of a case, each a slice, and make their intervals by slice_estimate and mart_kpi."""
    numerators, denominators, truth = case.draw(rng, case.patients)
    metric = "alos" if case.unit == "days" else case.measure
    engine = Engine()
    prepare(engine, metric, case.measure, case.unit)
    slices = pd.DataFrame(
        {
            "world": np.repeat(np.arange(WORLDS), len(case.patients)),
            "patient_key": np.tile(np.arange(len(case.patients)), WORLDS),
            "n": np.tile(case.patients, WORLDS),
            "numerator": numerators.ravel(),
            "denominator": denominators.ravel(),
        }
    )
    engine.con.register("slices", slices)
    engine.con.execute(
        f"CREATE TABLE measure.patient_slice AS SELECT '{metric}' AS metric_code, {CELL}, "
        "'world' AS slice, world::TEXT AS slice_value, patient_key, n, "
        "numerator::DECIMAL(38, 10) AS numerator, denominator::DECIMAL(38, 10) AS denominator, "
        "numerator::DOUBLE * numerator AS sum_of_squares FROM slices"
    )
    engine.put("measure.slice_median")
    engine.run("measure.slice_estimate", "mart.mart_kpi")
    return found(engine, case.interval, truth)


def prepare(engine: Engine, metric: str, measure: str, unit: str) -> None:
    engine.put(
        "reference.metric",
        {"metric_code": metric, "definition_version": "days_cms", "kind": measure, "unit": unit, "basis": "derived",
         "followup_days": 0, "lowest": 1 if unit == "days" else 0},
    )  # fmt: skip
    engine.put("reference.benchmark")
    engine.put("core.int_metric_input")
    engine.put("measure.computed_estimate")
    observed = {"observed_from": datetime(2011, 1, 1), "observed_until": datetime(2022, 1, 1)}
    engine.put("core.int_observed_period", {"source_system": "s", **observed})


def found(engine: Engine, interval: str, truth: float) -> Found:
    ((computed, held),) = engine.rows(
        f"SELECT COUNT({interval}_low) / {WORLDS}, "
        f"AVG(CASE WHEN {truth} BETWEEN {interval}_low - 1e-6 AND {interval}_high + 1e-6 THEN 1 ELSE 0 END) "
        f"FILTER (NOT {interval}_low IS NULL) FROM mart.mart_kpi"
    )
    return Found(computed, held)


def show(kind: str, worlds: str, result: Found) -> None:
    print(f"{kind:<28} {worlds:<34} {result.computed:7.1%} {result.held:7.1%}")


@pytest.mark.parametrize("case", CASES, ids=[f"{case.kind}: {case.worlds}" for case in CASES])
def test_an_interval_of_95_percent_holds_the_truth_in_95_percent_of_worlds(case: Case) -> None:
    result = found_in_worlds(np.random.default_rng(20), case)
    show(case.kind, case.worlds, result)
    assert result.held >= LEAST
    assert (result.held > MOST) == bool(case.too_wide)
    assert result.computed >= 0.9


def test_of_a_few_patients_who_own_all_events_there_is_no_interval() -> None:
    for likeness in (0, 0.5):
        case = Case("Wilson by patient", f"dialyses, likeness {likeness}", DIALYSES, share(0.5, likeness), "proportion")
        result = found_in_worlds(np.random.default_rng(20), case)
        assert result.computed == 0


@pytest.mark.parametrize(
    ("patients", "between", "within"),
    [(INDEX_STAYS, 0, 1), (INDEX_STAYS, 1, 0.3), (FOLLOWED_STAYS, 1, 1), (ACUTE_STAYS, 0.5, 1), (READMISSIONS, 1, 0.5)],
    ids=["R1 within", "R1 between", "R5", "R6", "reasons"],
)
def test_the_interval_of_a_median_holds_it_in_95_percent_of_worlds(
    patients: Numbers, between: float, within: float
) -> None:
    rng = np.random.default_rng(20)
    whose = np.repeat(np.arange(len(patients)), patients)
    values = between * rng.normal(size=(WORLDS, len(patients)))[:, whose] + within * rng.normal(
        size=(WORLDS, len(whose))
    )
    engine = Engine()
    prepare(engine, "median", "median", "usd")
    observations = pd.DataFrame(
        {
            "world": np.repeat(np.arange(WORLDS), len(whose)),
            "patient_key": np.tile(whose, WORLDS),
            "amount": np.exp(values).ravel(),
        }
    )
    engine.con.register("observations", observations)
    engine.con.execute(
        f"CREATE TABLE sliced_observation AS SELECT 'median' AS metric_code, {CELL}, "
        "'world' AS slice, world::TEXT AS slice_value, patient_key, amount::DECIMAL(24, 10) AS numerator "
        "FROM observations"
    )
    engine.con.execute(
        "CREATE TABLE measure.patient_slice AS SELECT * EXCLUDE (numerator), COUNT(*) AS n, "
        "SUM(numerator)::DECIMAL(38, 10) AS numerator, COUNT(*)::DECIMAL(38, 10) AS denominator, "
        "SUM(numerator::DOUBLE * numerator) AS sum_of_squares FROM sliced_observation GROUP BY ALL"
    )
    engine.run_from("measure.slice_median", "observation", "sliced_observation")
    engine.run("measure.slice_estimate", "mart.mart_kpi")
    result = found(engine, "clustered_ci", 1)
    show("Woodruff by patient", f"{len(whose)} values, spreads {between} and {within}", result)
    assert result.computed == 1
    assert LEAST <= result.held <= MOST


@pytest.mark.parametrize(
    ("n", "rate", "n_rest", "rate_rest"),
    [(84, 0.083, 721, 0.02), (40, 0.3, 60, 0.1), (200, 0.15, 10_800, 0.15), (30, 0.0124, 799, 0.0124)],
)
def test_newcombes_interval_holds_the_difference_in_95_percent_of_worlds(
    n: int, rate: float, n_rest: int, rate_rest: float
) -> None:
    """In cells that are flagged as small it may not: of 6 at 1.2 %, one world in 14 has an event, and one is much."""
    rng = np.random.default_rng(20)
    engine = Engine()
    worlds = pd.DataFrame({"x1": rng.binomial(n, rate, 5 * WORLDS), "x2": rng.binomial(n_rest, rate_rest, 5 * WORLDS)})
    engine.con.register("worlds", worlds)
    low, high = (f"@NEWCOMBE_{end}(x1, {n}, x2, {n_rest})" for end in ("LOW", "HIGH"))
    ((held,),) = engine.rows(
        f"SELECT AVG(CASE WHEN {rate} - {rate_rest} BETWEEN x0 AND x1 THEN 1 ELSE 0 END) "
        f"FROM ({rendered([low, high], 'duckdb', 'worlds')})"
    )
    show("Newcombe", f"{n} at {rate:.1%}, {n_rest} at {rate_rest:.1%}", Found(1, held))
    assert LEAST <= held <= MOST


@pytest.mark.parametrize("mean", [0.5, 2.3, 6.0, 25.0, 400.0])
def test_the_poisson_limits_hold_the_mean_in_at_least_95_percent_of_worlds(mean: float) -> None:
    """They are exact: of whole numbers no interval that is never below 95 % comes nearer to it."""
    engine = Engine()
    engine.con.register("worlds", pd.DataFrame({"x": np.random.default_rng(20).poisson(mean, 20 * WORLDS)}))
    ((held,),) = engine.rows(
        f"SELECT AVG(CASE WHEN {mean} BETWEEN x0 AND x1 THEN 1 ELSE 0 END) "
        f"FROM ({rendered(['@POISSON_LOW(x)', '@POISSON_HIGH(x)'], 'duckdb', 'worlds')})"
    )
    show("exact Poisson", f"mean {mean}", Found(1, held))
    assert held >= 0.9475  # 95 % less what 20,000 worlds leave to chance


@pytest.mark.parametrize(
    ("patients", "rate", "likeness"),
    [
        (FOLLOWED_STAYS, 0.0124, 0),
        (FOLLOWED_STAYS, 0.0124, 0.05),
        (FOLLOWED_STAYS, 0.06, 0.1),
        (INDEX_STAYS, 0.34, 0.3),
    ],
    ids=["R5", "R5 alike", "more of R5", "R3 alike"],
)
def test_where_nothing_has_an_effect_at_most_5_percent_of_observed_over_expected_exclude_1(
    patients: Numbers, rate: float, likeness: float
) -> None:
    """A world is a source here, of which each slice by payer has its observed and its expected readmissions."""
    rng = np.random.default_rng(20)
    worlds = 300
    people = len(patients)
    payer, age = rng.integers(0, 6, people), rng.integers(0, 8, people)
    kind = rng.choice(5, people, p=[0.45, 0.25, 0.15, 0.1, 0.05])
    parts = 1 / likeness - 1 if likeness else 0.0
    chance = (
        rng.beta(rate * parts, (1 - rate) * parts, (worlds, people)) if likeness else np.full((worlds, people), rate)
    )
    whose = np.repeat(np.arange(people), patients)
    stays = pd.DataFrame(
        {
            "stay_key": np.arange(worlds * len(whose)),
            "source_system": np.repeat(np.arange(worlds), len(whose)).astype(str),
            "patient_durable_key": np.tile(whose, worlds),
            "stay_type_key": np.tile(kind[whose], worlds),
            "charlson_band_key": rng.choice(4, worlds * len(whose), p=[0.3, 0.4, 0.2, 0.1]),
            "age_band_key": np.tile(age[whose], worlds),
            "payer": np.tile(payer[whose], worlds),
            "is_readmission": rng.binomial(1, chance[:, whose]).ravel(),
        }
    )
    engine = Engine()
    prepare(engine, "oe", "standardized_ratio", "ratio")
    engine.put("measure.slice_median")
    engine.con.register("stays", stays)
    told = {"definition_code": "'R5'", "admission_key": "stay_key", "is_index": "1"}
    told |= {name: name for name in stays if name != "payer"}
    listed = ", ".join(
        f"{told.get(name, 'NULL')}::{dtype} AS {name}"
        for name, dtype in columns("star.fact_readmission").items()
        if name != "expected_rate"
    )
    engine.con.execute(f"CREATE TABLE admission AS SELECT {listed} FROM stays")
    engine.run_from("star.fact_readmission", "readmission", "admission")
    engine.con.execute(
        f"CREATE TABLE measure.patient_slice AS SELECT 'oe' AS metric_code, {CELL}, "
        "'payer of ' || stays.source_system AS slice, payer::TEXT AS slice_value, "
        "stays.patient_durable_key AS patient_key, "
        "COUNT(*) AS n, SUM(stays.is_readmission)::DECIMAL(38, 10) AS numerator, "
        "SUM(expected_rate)::DECIMAL(38, 10) AS denominator, SUM(stays.is_readmission)::DOUBLE AS sum_of_squares "
        "FROM stays JOIN star.fact_readmission ON admission_key = stays.stay_key "
        "WHERE NOT expected_rate IS NULL GROUP BY ALL"
    )
    engine.run("measure.slice_estimate", "mart.mart_kpi")
    ((slices, computed, held, grey),) = engine.rows(
        "SELECT COUNT(*), COUNT(clustered_ci_low), AVG(CASE WHEN 1 BETWEEN clustered_ci_low AND clustered_ci_high "
        "THEN 1 ELSE 0 END) FILTER (NOT clustered_ci_low IS NULL), AVG(small_cell_flag) FROM mart.mart_kpi "
        "WHERE basis <> 'not_computable'"
    )
    show("observed / expected", f"{rate:.1%}, likeness {likeness}, {grey:.0%} grey", Found(computed / slices, held))
    assert computed > worlds
    assert held >= 0.95
