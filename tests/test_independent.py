"""Two ways to one number: what is published, and plain Python from the same CSV files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from feed_fixtures import Feeds, feeds  # noqa: F401
from independent import EVERY_HOSPITAL, Hospital, estimates, quality_of_hospital, student_t
from road import Road, shared_data

FEED = "recounted"
"""The name of the feed that is recounted, among those of other hospitals or alone."""


@pytest.fixture(scope="module", params=[pytest.param("maven", marks=pytest.mark.long), "generated"])
def delivery(request: pytest.FixtureRequest) -> Path:
    if request.param == "generated":
        return request.getfixturevalue("feeds").folder / FEED
    if (data := shared_data()) is None:
        pytest.skip("the Maven files are not here: put them in ../shared/data or name WAREHOUSE_SHARED_DATA")
    return data / "maven_mgh"


@pytest.fixture(scope="module")
def published(
    request: pytest.FixtureRequest, delivery: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    if delivery.name == FEED:
        yield request.getfixturevalue("feeds").con
        return
    road = Road(tmp_path_factory.mktemp("independent") / "project", None)
    assert road.run("warehouse", "land", delivery, "--source", FEED) == 0, road.output
    assert road.plan() == 0, road.output
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{road.home / 'published.duckdb'}' AS serving (READ_ONLY); USE serving.serving")
        yield con


@pytest.fixture(scope="module")
def kind(published: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[str, str, int]]:
    """What a metric is made as, its unit, and what it is never below."""
    rows = published.execute("SELECT metric_code, definition_version, kind, unit, lowest FROM dim_metric").fetchall()
    return {(code, version): told for code, version, *told in rows}


def close(got: Any, expected: float | None, off: float = 2e-6) -> bool:
    if got is None or expected is None:
        return got is None and expected is None
    return float(got) == pytest.approx(expected, rel=1e-6, abs=off)


def all_close(got: tuple[Any, Any], expected: tuple[float, float] | None) -> bool:
    """Compare an interval; the quantile of the check is right to 1e-4 where degrees are few."""
    return all(close(a, b, 1e-4) for a, b in zip(got, expected or (None, None), strict=True))


def test_both_ways_agree_on_every_metric(
    delivery: Path, published: duckdb.DuckDBPyConnection, kind: dict[tuple[str, str], tuple[str, str, int]]
) -> None:
    hospital = Hospital(delivery)
    other = estimates(hospital.observations(), kind)
    rows = published.execute(
        "SELECT metric_code, definition_version, period, COALESCE(organization_label, ?), slice, slice_value, "
        "numerator, denominator, value, n, n_patients, ci_low, ci_high, clustered_ci_low, clustered_ci_high "
        "FROM mart_kpi AS k LEFT JOIN dim_organization AS o "
        "ON o.organization_key = k.organization_key AND k.organization_key <> -2 "
        "WHERE k.source_system = ? AND basis <> 'not_computable' AND period_type <> 'month' AND n > 0",
        [EVERY_HOSPITAL, FEED],
    ).fetchall()
    ours = {row[:6]: row[6:] for row in rows}
    assert len(ours) == len(rows)
    different = []
    for key, e in other.items():
        if math.isnan(e.value):
            continue
        assert key in ours, f"{key} is not published"
        numerator, denominator, value, n, patients, low, high, clustered_low, clustered_high = ours[key]
        of_kind = kind[key[:2]][0]
        agree = [
            close(numerator, e.numerator),
            of_kind in ("total", "median") or close(denominator, e.denominator),
            close(value, e.value),
            (n, patients) == (e.n, e.patients),
            of_kind == "median" or all_close((low, high), e.interval),
            of_kind == "median" or all_close((clustered_low, clustered_high), e.clustered),
        ]
        if not all(agree):
            different.append((key, agree, ours[key], e))
    assert different == []
    compared = {key[:2] for key in other}
    # By Charlson band: the index is checked elsewhere. Where nothing is below the line, there is no value to show.
    told = {key for key in ours if key[:2] in compared and key[4] != "cci_band"}
    assert told == {key for key, e in other.items() if not math.isnan(e.value)}
    left_out = {key for key in kind if key not in compared}
    not_computable = set(
        published.execute(
            "SELECT metric_code, definition_version FROM mart_kpi WHERE source_system = ? AND basis = 'not_computable'",
            [FEED],
        ).fetchall()
    )
    # Checked elsewhere: the Charlson index by its 62 cases, expected rates and allocations by their audits, failing
    # checks below. A total of nothing is 0, and there is nothing to recount.
    others = {("procedure_cost", "allocated_claim"), ("failing_checks", "share")}
    others |= {key for key in kind if key[0] in ("charlson", "readmission_oe")}
    others |= {key for key in kind if kind[key][0] == "total" and not any(told[:2] == key for told in ours)}
    assert left_out - not_computable <= others
    (allocated,) = published.execute(
        "SELECT SUM(allocated_claim_cost) FROM fact_procedure WHERE source_system = ?", [FEED]
    ).fetchone()
    assert float(allocated) == pytest.approx(hospital.claims_of_priced_encounters, abs=0.005)


def test_both_ways_agree_on_the_columns_of_stays_and_emergency_visits(
    delivery: Path, published: duckdb.DuckDBPyConnection
) -> None:
    hospital = Hospital(delivery)
    keys = "SELECT encounter_key, encounter_id FROM fact_encounter WHERE source_system = ?"
    ids = dict(published.execute(keys, [FEED]).fetchall())
    end = hospital.observed_until.date()
    stays = {}
    for stay in (stay for stays_of_one in hospital.stays() for stay in stays_of_one):
        death, day = hospital.death.get(stay.patient), stay.admitted.date()
        rules = {hospital.planned_rule(row) for row in stay.rows}
        order = ("always planned procedure", "always planned diagnosis",
                 "potentially planned procedure without acute diagnosis", "elective type")  # fmt: skip
        stays[stay.rows[0].id] = (
            next((rule for rule in order if rule in rules), None),
            hospital.is_acute(stay),
            hospital.had_hospice(stay),
            death is not None and day > death,
            None if death is None else (death - day).days,
            None if death is None or stay.discharged is None else (death - stay.discharged.date()).days,
            (end - day).days >= 30,
            hospital.days_to_visit(stay),
        )
    rows = published.execute(
        "SELECT stay_key, planned_rule, is_acute_stay, has_recent_hospice, starts_after_death, "
        "days_from_admission_to_death, days_from_discharge_to_death, has_30d_after_admission, days_to_followup_visit "
        "FROM fact_inpatient_stay WHERE source_system = ?",
        [FEED],
    ).fetchall()
    assert {ids[row[0]]: row[1:] for row in rows} == stays
    visits = {e.id: (admitted, days) for e, admitted, days in hospital.ed_visits()}
    rows = published.execute(
        "SELECT encounter_id, ends_in_admission, days_to_next_ed_visit FROM fact_encounter "
        "WHERE source_system = ? AND ends_in_admission IS NOT NULL",
        [FEED],
    ).fetchall()
    assert {row[0]: row[1:] for row in rows} == visits
    assert len(visits) > 0
    families = published.execute(
        "SELECT encounter_id, has_cardioversion, has_dialysis FROM fact_encounter WHERE source_system = ?", [FEED]
    ).fetchall()
    words = ("electrical cardioversion", "dialysis")
    assert {row[0]: row[1:] for row in families} == {
        e.id: tuple(any(word in text for text in hospital.texts[e.id]) for word in words) for e in hospital.encounters
    }


def test_the_answers_of_the_generator_agree_too(delivery: Path, published: duckdb.DuckDBPyConnection) -> None:
    if not (delivery / "answers.json").exists():
        pytest.skip("real files come without answers")
    import json

    planted = {
        row["code"]: (row["numerator"], row["denominator"])
        for row in json.loads((delivery / "answers.json").read_text(encoding="utf-8"))["readmission"]
    }
    rows = published.execute(
        "SELECT definition_version, numerator::BIGINT, denominator::BIGINT FROM mart_kpi "
        "WHERE source_system = ? AND metric_code = 'readmission' AND basis = 'derived' "
        "AND period = 'all' AND organization_key = -2 AND slice = 'all'",
        [FEED],
    ).fetchall()
    assert {version: (x, n) for version, x, n in rows if not version.startswith("R6_")} == planted


def test_both_ways_agree_on_what_is_wrong_with_the_data(delivery: Path, published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "SELECT source_table, check_name, n_failing, n_checked FROM mart_data_quality WHERE source_system = ?", [FEED]
    ).fetchall()
    ours = {(table, check): (failing, checked) for table, check, failing, checked in rows}
    other = quality_of_hospital(Hospital(delivery))
    assert {key: ours.get(key) for key in other} == other
    # Checked elsewhere: ZIP codes and repaired letters by M16 and the layouts, categories of payers by test_models.
    left = {
        ("input.patient", "ZIP missing"),
        ("input.patient", "text repaired"),
        ("input.payer", "payer without category"),
    }
    assert ours.keys() - other.keys() == left


@pytest.mark.parametrize(
    ("degrees", "known"), [(1, 12.7062), (2, 4.30265), (3, 3.18245), (10, 2.22814), (22, 2.07387), (120, 1.97993)]
)
def test_the_quantile_of_the_check_is_the_one_of_the_tables(degrees: int, known: float) -> None:
    assert student_t(degrees) == pytest.approx(known, abs=2e-4)
