"""The door for sources: a family that nobody planned for comes in by contracts, models of staging and input, and seeds.

Its extract (tests/new_family) has no dates but stated lengths, bands instead of ages, a flag of three values, codes of
a system that no other family has, and ids that two of its feeds share with each other.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from feed_fixtures import Feeds, feeds  # noqa: F401


@pytest.fixture
def published(feeds: Feeds) -> duckdb.DuckDBPyConnection:  # noqa: F811
    """What is published of all feeds."""
    return feeds.con


def kpi(
    published: duckdb.DuckDBPyConnection, metric: str, version: str, source: str, **slice_of: str
) -> tuple[Any, ...]:
    ((name, value),) = slice_of.items() or [("all", "all")]
    rows = published.execute(
        "SELECT value::DOUBLE, n, basis, not_computable_reason FROM mart_kpi WHERE metric_code = ? "
        "AND definition_version = ? AND source_system = ? AND period = 'all' AND organization_key = -2 "
        "AND slice = ? AND slice_value = ?",
        [metric, version, source, name, value],
    ).fetchall()
    assert len(rows) == 1, rows
    return rows[0]


def test_stays_without_dates_count_in_what_needs_none(published: duckdb.DuckDBPyConnection) -> None:
    assert kpi(published, "stays", "count", "north")[:2] == (5, 5)
    assert kpi(published, "alos", "midnights", "north")[:2] == (pytest.approx(13 / 4), 4)
    assert kpi(published, "alos", "days_cms", "north")[:2] == (pytest.approx(14 / 4), 4)
    assert kpi(published, "mortality", "in_hospital_flag", "north")[:2] == (pytest.approx(1 / 4), 4)
    assert kpi(published, "readmission", "R8", "north")[:2] == (pytest.approx(1 / 3, abs=1e-6), 3)
    assert kpi(published, "charge_per_stay", "mean", "north")[:2] == (pytest.approx(7000 / 4), 4)


def test_what_needs_dates_says_that_they_are_missing(published: duckdb.DuckDBPyConnection) -> None:
    days, times = "days on which encounters start and end", "times at which encounters start and end"
    needed = {("alos", "elapsed"): times, ("readmission", "R3"): days, ("mortality", "within_30d"): days}
    for (metric, version), sentence in needed.items():
        value, _, basis, reason = kpi(published, metric, version, "north")
        assert (value, basis) == (None, "not_computable")
        assert sentence in reason
    assert published.execute(
        "SELECT COUNT(*) FROM fact_readmission WHERE source_system = 'north' AND definition_code <> 'R8'"
    ).fetchone() == (0,)
    assert published.execute(
        "SELECT DISTINCT admit_date_key, is_undated, is_open FROM fact_inpatient_stay WHERE source_system = 'north'"
    ).fetchall() == [(-1, 1, 0)]


def test_two_feeds_that_share_ids_stay_apart(published: duckdb.DuckDBPyConnection) -> None:
    assert kpi(published, "alos", "days_cms", "south")[:2] == (15, 2)
    assert kpi(published, "readmission", "R8", "south")[:2] == (0.5, 2)
    patients = published.execute(
        "SELECT source_system, COUNT(*) FROM dim_patient WHERE source_system IN ('north', 'south') GROUP BY 1 "
        "ORDER BY 1"
    ).fetchall()
    assert patients == [("north", 3), ("south", 2)]


def test_diagnoses_of_stays_without_dates_score_those_stays(published: duckdb.DuckDBPyConnection) -> None:
    scores = published.execute(
        "SELECT e.encounter_id, s.cci_1987 FROM fact_inpatient_stay AS s "
        "INNER JOIN fact_encounter AS e ON e.encounter_key = s.stay_key WHERE s.source_system = 'north' ORDER BY 1"
    ).fetchall()
    assert scores == [("1", 1), ("2", 1), ("3", 1), ("4", None), ("5", None)]


def test_values_are_mapped_by_seeds_and_those_without_a_map_flow_through_and_are_counted(
    published: duckdb.DuckDBPyConnection,
) -> None:
    went_to = published.execute(
        "SELECT d.disposition_code, COUNT(*) FROM fact_inpatient_stay AS s "
        "INNER JOIN dim_discharge_disposition AS d ON d.disposition_key = s.disposition_key "
        "WHERE s.source_system = 'north' GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert went_to == [("beyond", 1), ("expired", 1), ("home", 2), ("home_health", 1)]
    assert kpi(published, "alos", "days_cms", "north", age_band="60-69")[:2] == (pytest.approx(7 / 3, abs=1e-6), 3)
    assert published.execute(
        "SELECT n_failing, n_checked FROM mart_data_quality WHERE source_system = 'north' "
        "AND check_name = 'disposition unknown'"
    ).fetchone() == (1, 5)


def test_a_feed_that_names_no_hospital_is_one_and_a_seed_gives_it_a_name(published: duckdb.DuckDBPyConnection) -> None:
    hospitals = published.execute(
        "SELECT DISTINCT s.source_system, o.organization_name FROM fact_inpatient_stay AS s "
        "INNER JOIN dim_organization AS o ON o.organization_key = s.organization_key "
        "WHERE s.source_system IN ('north', 'south') ORDER BY 1"
    ).fetchall()
    assert hospitals == [("north", "Northern clinic"), ("south", "south (hospital not named)")]


def test_what_the_family_delivers_is_counted_from_its_rows(published: duckdb.DuckDBPyConnection) -> None:
    delivered = {
        capability
        for (capability,) in published.execute(
            "SELECT capability FROM mart_capability WHERE source_system = 'north' AND is_delivered = 1"
        ).fetchall()
    }
    assert delivered == {
        "encounters", "inpatient_stays", "stay_lengths", "repeat_encounters", "conditions", "diagnoses", "charges",
        "payers", "death_flag", "deaths", "readmission_flag", "dispositions",
    }  # fmt: skip
