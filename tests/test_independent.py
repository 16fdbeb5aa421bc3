"""Two ways to one number: what is published, and plain Python from the same CSV files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from feed_fixtures import Feeds, feeds  # noqa: F401
from independent import Hospital, estimates, student_t
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
def kind(published: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    rows = published.execute("SELECT metric_code, definition_version, kind FROM dim_metric").fetchall()
    return {(code, version): text for code, version, text in rows}


def close(got: Any, expected: float | None, off: float = 2e-6) -> bool:
    if got is None or expected is None:
        return got is None and expected is None
    return float(got) == pytest.approx(expected, rel=1e-6, abs=off)


def all_close(got: tuple[Any, Any], expected: tuple[float, float] | None, independent: int) -> bool:
    """Compare an interval; @STUDENT_T is an expansion, up to 0.2 % off where few units are independent."""
    few = 4e-3 * (expected[1] - expected[0]) / 2 if expected and independent <= 60 else 0
    return all(close(a, b, 2e-6 + few) for a, b in zip(got, expected or (None, None), strict=True))


def test_both_ways_agree_on_every_metric(
    delivery: Path, published: duckdb.DuckDBPyConnection, kind: dict[tuple[str, str], str]
) -> None:
    hospital = Hospital(delivery)
    other = estimates(hospital.observations(), kind)
    rows = published.execute(
        "SELECT metric_code, definition_version, period, slice, slice_value, numerator, denominator, value, n, "
        "n_patients, ci_low, ci_high, clustered_ci_low, clustered_ci_high FROM mart_kpi "
        "WHERE source_system = ? AND basis <> 'not_computable' AND period_type <> 'month'",
        [FEED],
    ).fetchall()
    ours = {row[:5]: row[5:] for row in rows}
    different = []
    for key, e in other.items():
        if math.isnan(e.value):
            continue
        assert key in ours, f"{key} is not published"
        numerator, denominator, value, n, patients, low, high, clustered_low, clustered_high = ours[key]
        of_kind = kind[key[:2]]
        agree = [
            close(numerator, e.numerator),
            of_kind in ("total", "median") or close(denominator, e.denominator),
            close(value, e.value),
            (n, patients) == (e.n, e.patients),
            of_kind == "median" or all_close((low, high), e.interval, e.n),
            all_close((clustered_low, clustered_high), e.clustered, e.patients),
        ]
        if not all(agree):
            different.append((key, agree, ours[key], e))
    assert different == []
    compared = {key[:2] for key in other}
    # By Charlson band: the index is checked elsewhere. Where nothing is below the line, there is no value to show.
    told = {key for key in ours if key[:2] in compared and key[3] != "cci_band"}
    assert told == {key for key, e in other.items() if not math.isnan(e.value)}
    left_out = {key for key in kind if key not in compared}
    not_computable = set(
        published.execute(
            "SELECT metric_code, definition_version FROM mart_kpi WHERE source_system = ? AND basis = 'not_computable'",
            [FEED],
        ).fetchall()
    )
    # Checked elsewhere: the Charlson index by its 62 cases, expected rates and allocations by their audits.
    others = {("procedure_cost", "allocated_claim")} | {key for key in kind if key[0] in ("charlson", "readmission_oe")}
    assert left_out - not_computable <= others
    (allocated,) = published.execute(
        "SELECT SUM(allocated_claim_cost) FROM fact_procedure WHERE source_system = ?", [FEED]
    ).fetchone()
    assert float(allocated) == pytest.approx(hospital.claims_of_priced_encounters, abs=0.005)


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
        "AND period = 'all' AND slice = 'all'",
        [FEED],
    ).fetchall()
    assert {version: (x, n) for version, x, n in rows} == planted


@pytest.mark.parametrize(
    ("degrees", "known"), [(1, 12.7062), (2, 4.30265), (3, 3.18245), (10, 2.22814), (22, 2.07387), (120, 1.97993)]
)
def test_the_quantile_of_the_check_is_the_one_of_the_tables(degrees: int, known: float) -> None:
    assert student_t(degrees) == pytest.approx(known, abs=2e-4)
