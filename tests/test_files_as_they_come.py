"""Files as they come: what a spreadsheet, an older exporter or a neighbour's folder does to them, beside clean ones.

One hospital is landed three times, as three feeds of one plan: as generated; with repeated rows, codes that a
spreadsheet made numbers of, one payment missing and a foreign file; and without the columns of money.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from feed_fixtures import REPEATED, Feeds, feeds  # noqa: F401


@pytest.fixture
def published(feeds: Feeds) -> duckdb.DuckDBPyConnection:  # noqa: F811
    """What is published of all feeds."""
    return feeds.con


def kpi(published: duckdb.DuckDBPyConnection, source: str) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = published.execute(
        "SELECT metric_code, definition_version, value, n, basis, not_computable_reason FROM mart_kpi "
        "WHERE source_system = ? AND period = 'all' AND organization_key = -2 AND slice = 'all'",
        [source],
    ).fetchall()
    return {(metric, version): tuple(rest) for metric, version, *rest in rows}


def test_repeated_procedures_are_numbered_counted_and_published(published: duckdb.DuckDBPyConnection) -> None:
    counts = dict(published.execute("SELECT source_system, COUNT(*) FROM fact_procedure GROUP BY 1").fetchall())
    assert counts["dirty"] == counts["clean"] + REPEATED + 1
    repeats = published.execute(
        "SELECT source_system, n_failing FROM mart_data_quality WHERE check_name = 'repeats another row'"
    ).fetchall()
    assert {feed: count for feed, count in repeats if count} == {"dirty": REPEATED + 1}


def test_a_file_of_nobodys_is_listed_with_what_to_do_and_refuses_nothing(feeds: Feeds) -> None:  # noqa: F811
    assert "DIAGNOSES_ICD.csv" in feeds.said["dirty"]
    assert "warehouse contract" in feeds.said["dirty"]


def test_codes_with_the_tail_of_a_float_mean_what_they_meant(published: duckdb.DuckDBPyConnection) -> None:
    clean, dirty = kpi(published, "clean"), kpi(published, "dirty")
    for metric in (("charlson", "1987"), ("readmission", "R6"), ("readmission", "R1"), ("chronic_share", "R3")):
        assert dirty[metric] == clean[metric]
        assert clean[metric][0] is not None
    assert clean["charlson", "1987"][0] > 0


def test_one_missing_payment_blanks_no_headline(published: duckdb.DuckDBPyConnection) -> None:
    clean, dirty = kpi(published, "clean"), kpi(published, "dirty")
    assert dirty["tcoc", "total"] == clean["tcoc", "total"]
    gap, of_all = dirty["noncovered_cost", "total"], clean["noncovered_cost", "total"]
    assert gap[1] == of_all[1] - 1
    assert 0 < gap[0] <= of_all[0]
    ((cost,),) = published.execute(
        "SELECT SUM(noncovered_cost) FROM v_noncovered_by_payer WHERE source_system = 'dirty'"
    ).fetchall()
    assert cost == gap[0]


def test_without_the_columns_of_money_everything_else_is_published(published: duckdb.DuckDBPyConnection) -> None:
    clean, costless = kpi(published, "clean"), kpi(published, "costless")
    lacking = {metric for metric, row in costless.items() if row != clean[metric]}
    lacking -= {("failing_checks", "share")}  # fewer checks find rows
    assert ("noncovered_cost", "total") in lacking
    assert ("readmission", "R6") not in lacking
    assert {costless[metric][2] for metric in lacking} == {"not_computable"}
    for metric in lacking:
        assert any(words in costless[metric][3] for words in ("amounts claimed", "what payers paid")), metric
