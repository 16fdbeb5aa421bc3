"""Two ways to one number: what is published, and plain Python from the same CSV files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from feed_fixtures import Feeds, feeds  # noqa: F401
from independent import Hospital, estimates, student_t
from road import Road, shared_data

Key = tuple[str, str, str, str]

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
def measure(published: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[str, str]]:
    """What a metric is made as, and its unit."""
    rows = published.execute("SELECT metric_code, definition_version, measure, unit FROM dim_metric").fetchall()
    return {(code, version): (text, unit) for code, version, text, unit in rows}


def close(got: Any, expected: float | None, rel: float = 1e-6) -> bool:
    if got is None or expected is None:
        return got is None and expected is None
    return float(got) == pytest.approx(expected, rel=rel, abs=2e-6)


def all_close(got: tuple[Any, Any], expected: tuple[float, float] | None) -> bool:
    """Compare an interval; the quantile of the check is right to 1e-4 where degrees are few."""
    return all(close(a, b, 1e-4) for a, b in zip(got, expected or (None, None), strict=True))


def test_both_ways_agree_on_every_metric(
    delivery: Path, published: duckdb.DuckDBPyConnection, measure: dict[tuple[str, str], tuple[str, str]]
) -> None:
    hospital = Hospital(delivery)
    other = estimates(hospital.observations(), measure)
    rows = published.execute(
        "SELECT metric_code, definition_version, slice, slice_value, numerator, denominator, value, n, n_patients, "
        "ci_low, ci_high, clustered_ci_low, clustered_ci_high FROM mart_kpi "
        "WHERE source_system = ? AND basis <> 'not_computable'",
        [FEED],
    ).fetchall()
    ours = {row[:4]: row[4:] for row in rows}
    different = []
    for key, e in other.items():
        assert key in ours, f"{key} is not published"
        numerator, denominator, value, n, patients, low, high, clustered_low, clustered_high = ours[key]
        kind, _ = measure[key[:2]]
        agree = [
            close(numerator, e.numerator),
            kind in ("total", "median") or close(denominator, e.denominator),
            close(value, e.value),
            (n, patients) == (e.n, e.patients),
            kind == "median" or all_close((low, high), e.interval),
            kind == "median" or all_close((clustered_low, clustered_high), e.clustered),
        ]
        if not all(agree):
            different.append((key, agree, ours[key], e))
    assert different == []
    compared = {key[:2] for key in other}
    left_out = {key for key, text in measure.items() if key not in compared}
    not_computable = set(
        published.execute(
            "SELECT metric_code, definition_version FROM mart_kpi WHERE source_system = ? AND basis = 'not_computable'",
            [FEED],
        ).fetchall()
    )
    # Checked elsewhere: the Charlson index by its 62 cases, expected rates and allocations by their audits.
    others = {("procedure_cost", "allocated_claim")} | {
        key for key in measure if key[0] in ("charlson", "readmission_oe")
    }
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
        "WHERE source_system = ? AND metric_code = 'readmission' AND slice = 'all' AND basis = 'derived'",
        [FEED],
    ).fetchall()
    assert {version: (x, n) for version, x, n in rows} == planted


@pytest.mark.parametrize(
    ("degrees", "known"), [(1, 12.7062), (2, 4.30265), (3, 3.18245), (10, 2.22814), (22, 2.07387), (120, 1.97993)]
)
def test_the_quantile_of_the_check_is_the_one_of_the_tables(degrees: int, known: float) -> None:
    assert student_t(degrees) == pytest.approx(known, abs=2e-4)
