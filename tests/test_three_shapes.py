"""One hospital, delivered as Synthea, as OMOP and as FHIR: every figure that all three can tell is the same.

Each row of mart_kpi (metric, version, period, hospital, slice) that the three shapes have a value of is compared:
value, n, numerator, denominator. What a shape cannot tell has its reason in mart_kpi; where a shape tells something
else, the reason is here, by name, and covers these rows alone. `pytest -s` prints the table.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import duckdb
import pytest

from road import Road
from workbench import sample

pytestmark = pytest.mark.long

SHAPES = tuple(sample.SHAPES)
FIGURES = ("value", "n", "numerator", "denominator")


class Key(NamedTuple):
    metric: str
    version: str
    period: str
    hospital: str
    slice: str
    slice_value: str


@dataclass(frozen=True)
class Difference:
    """Rows of which `shape` tells something else than Synthea, and why: `reason` is about the shape, not the code."""

    shape: str
    reason: str
    covers: Callable[[Key], bool]


OWN_WORDS = {
    "sex": {"M": {"MALE", "male"}, "F": {"FEMALE", "female"}},
    "race": {
        "white": {"White"},
        "black": {"Black or African American"},
        "asian": {"Asian"},
        "hawaiian": {"Native Hawaiian or Other Pacific Islander"},
        "native": {"American Indian or Alaska Native"},
        "other": {"Other Race"},
    },
    "ethnicity": {"hispanic": {"Hispanic or Latino"}, "nonhispanic": {"Not Hispanic or Latino"}},
}
"""Of each of these slices, the words of a Synthea export, and those of the others for it: all as delivered."""

OWN_SLICES = ("check", "disposition")
"""Slices of what not all shapes have: checks are of the files, and a Synthea export has no dispositions."""

OWN_METRICS = ("failing_checks",)
"""Metrics of the files, not of the hospital."""

ONE_CLASS = {
    "omop": "visits have the concepts inpatient, outpatient and emergency room: ambulatory, wellness, outpatient and "
    "urgent care are one",
    "fhir": "HL7's classes are IMP, EMER and AMB: ambulatory, wellness, outpatient and urgent care are one",
}
APART = ("Ambulatory", "Wellness", "Outpatient", "Urgent care")

DIFFERENCES = (
    *(
        difference
        for shape, reason in ONE_CLASS.items()
        for difference in (
            Difference(
                shape,
                f"slices by encounter class: {reason}",
                lambda key: key.slice == "encounter_class" and key.slice_value in APART,
            ),
            Difference(
                shape,
                f"urgent care is a visit to follow up: {reason}",
                lambda key: key.metric == "followup_visit",
            ),
        )
    ),
    Difference(
        "omop",
        "slices by procedure: a concept has one name, whatever the code was called each time",
        lambda key: key.slice == "procedure",
    ),
)


@dataclass(frozen=True)
class Told:
    """What is published of the three feeds."""

    con: duckdb.DuckDBPyConnection
    rows: dict[Key, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("shapes")
    road = Road(folder / "project", None)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HOSPITAL_TIMEZONE", "Etc/GMT+5")  # the wall clock of the generated hospital
        for shape in SHAPES:
            sample.generate("hospital", 0.5, folder / shape, shape=shape).answers.unlink()
            assert road.run("warehouse", "land", folder / shape, "--source", f"{shape}_hospital") == 0, road.output
        assert road.plan() == 0, road.output
    con = duckdb.connect()
    con.execute(f"ATTACH '{road.home / 'published.duckdb'}' AS serving (READ_ONLY); USE serving.serving")
    return Told(con, rows(con))


def rows(con: duckdb.DuckDBPyConnection) -> dict[Key, dict[str, dict[str, Any]]]:
    """Return the rows of mart_kpi by what they are of, and by shape."""
    found: dict[Key, dict[str, dict[str, Any]]] = defaultdict(dict)
    read = con.execute(
        "SELECT k.source_system, k.metric_code, k.definition_version, k.period, COALESCE(o.organization_name, 'all'), "
        "k.slice, k.slice_value, k.value, k.n, k.numerator, k.denominator, k.not_computable_reason "
        "FROM mart_kpi AS k LEFT JOIN dim_organization AS o "
        "ON o.organization_key = k.organization_key AND k.organization_key > 0"
    )
    for source, *key, slice_name, slice_value, value, n, numerator, denominator, reason in read.fetchall():
        if slice_name.split(" ")[0] in OWN_SLICES or key[0] in OWN_METRICS:
            continue
        words = OWN_WORDS.get(slice_name, {}).items()
        word = next((word for word, others in words if slice_value in others), slice_value)
        row = {"value": value, "n": n, "numerator": numerator, "denominator": denominator, "reason": reason}
        found[Key(*key, slice_name, word)][source.removesuffix("_hospital")] = row
    return found


def figures(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in FIGURES)


def test_the_hospital_has_what_is_asked_of_it(told: Told) -> None:
    readmissions = told.rows[Key("readmission", "R3", "all", "all", "all", "all")]
    deaths = told.rows[Key("mortality", "in_hospital", "all", "all", "all", "all")]
    for shape in SHAPES:
        assert readmissions[shape]["numerator"] >= 30 and deaths[shape]["numerator"] >= 10
        transfers, houses = told.con.execute(
            "SELECT COUNT(CASE WHEN exclusion_reason = 'transfer' THEN 1 END), COUNT(DISTINCT organization_key) "
            "FROM fact_readmission WHERE definition_code = 'R3' AND source_system = ?",
            [f"{shape}_hospital"],
        ).fetchone()
        assert transfers >= 5 and houses == 2


def test_every_figure_that_two_shapes_can_tell_is_equal(told: Told) -> None:
    """Each shape is held to Synthea, so that what all three can tell is equal in all three."""
    unexplained, covered = [], Counter()
    for key, by_shape in told.rows.items():
        for shape in SHAPES[1:]:
            here, there = (by_shape.get(name, {"value": None}) for name in ("synthea", shape))
            if here["value"] is None or there["value"] is None or figures(here) == figures(there):
                continue
            reasons = [d for d in DIFFERENCES if d.shape == shape and d.covers(key)]
            covered.update(reasons)
            if not reasons:
                unexplained.append((shape, *key, figures(here), figures(there)))
    assert unexplained == []
    assert {*DIFFERENCES} == covered.keys(), "a reason that covers no row is none"


def test_a_row_that_a_shape_lacks_has_a_reason(told: Told) -> None:
    """A value in one shape and none in another: the metric's reason is in mart_kpi, or the slice is explained here."""
    unexplained = []
    for key, by_shape in told.rows.items():
        have = [shape for shape in SHAPES if by_shape.get(shape, {"value": None})["value"] is not None]
        for shape in set(SHAPES) - set(have) if have else ():
            whole = told.rows[key._replace(period="all", hospital="all", slice="all", slice_value="all")].get(shape)
            if whole and whole["reason"]:
                continue
            if not any(d.covers(key) for d in DIFFERENCES if d.shape in (shape, *have)):
                unexplained.append((shape, *key))
    assert unexplained == []


def shown(value: Decimal | None) -> str:
    return "-" if value is None else f"{value:,.4f}".rstrip("0").rstrip(".")


NOT_DELIVERED = "The feed does not deliver: "
CLASSES = "classes that tell ambulatory, urgent and other outpatient care apart."
DEATH_FLAGS = "flags of death in the stay."
CANNOT = {
    "synthea": {NOT_DELIVERED + DEATH_FLAGS},
    "omop": {NOT_DELIVERED + CLASSES},
    "fhir": {NOT_DELIVERED + CLASSES, NOT_DELIVERED + DEATH_FLAGS},
}
"""Why a shape has no value of a metric that another has: what mart_kpi says."""


def test_what_a_shape_cannot_tell_is_published_and_the_table_shows_it(told: Told) -> None:
    lines = [f"{'metric':<46}" + "".join(f"{shape:>20}" for shape in SHAPES) + "   rows: equal / other / not told"]
    cannot: dict[str, dict[str, list[str]]] = {shape: defaultdict(list) for shape in SHAPES}
    total = Counter()
    for metric, version in sorted({(key.metric, key.version) for key in told.rows}):
        of_metric = {key: by for key, by in told.rows.items() if (key.metric, key.version) == (metric, version)}
        whole = told.rows[Key(metric, version, "all", "all", "all", "all")]
        values = [whole[shape]["value"] for shape in SHAPES]
        if not any(value is not None for value in values):
            continue
        tally = Counter(compared(by_shape) for by_shape in of_metric.values())
        total.update(tally)
        lines.append(
            f"{metric + ' ' + version:<46}"
            + "".join(f"{shown(value):>20}" for value in values)
            + f"   {tally['equal']} / {tally['other']} / {tally['not told']}"
        )
        for shape in SHAPES:
            if whole[shape]["value"] is None:
                cannot[shape][whole[shape]["reason"]].append(f"{metric} {version}")
    lines += [
        "",
        f"{total['equal']:,} rows equal in all three, {total['other']:,} other, {total['not told']:,} not told",
    ]
    for shape, reasons in cannot.items():
        lines += ["", f"{shape} cannot tell:"]
        lines += [f"  {reason}\n      {', '.join(metrics)}" for reason, metrics in sorted(reasons.items())]
    lines += ["", *(f"{d.shape} tells otherwise: {d.reason}" for d in DIFFERENCES), "", *capabilities(told)]
    print("\n" + "\n".join(lines))
    assert {shape: reasons.keys() for shape, reasons in cannot.items()} == CANNOT
    assert total["equal"] > 50_000


def compared(by_shape: dict[str, dict[str, Any]]) -> str:
    values = [by_shape.get(shape) for shape in SHAPES]
    if any(row is None or row["value"] is None for row in values):
        return "not told"
    return "equal" if len({figures(row) for row in values}) == 1 else "other"


def capabilities(told: Told) -> list[str]:
    """Return what some shape delivers and what each delivers of it, as mart_capability counts it."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    read = told.con.execute("SELECT capability, source_system, evidence_rows FROM mart_capability ORDER BY capability")
    for capability, source, evidence in read.fetchall():
        counts[capability][source.removesuffix("_hospital")] = evidence
    return [f"{'capability: rows that show it':<46}" + "".join(f"{shape:>20}" for shape in SHAPES)] + [
        f"{capability:<46}" + "".join(f"{by_shape[shape]:>20,}" for shape in SHAPES)
        for capability, by_shape in counts.items()
        if any(by_shape.values())
    ]
