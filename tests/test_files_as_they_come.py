"""Files as they come: what a spreadsheet, an older exporter or a neighbour's folder does to them, beside clean ones.

One hospital is landed three times, as three feeds of one plan: as generated; with repeated rows, codes that a
spreadsheet made numbers of, one payment missing and a foreign file; and without the columns of money.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from loader import sample
from road import Road

REPEATED = 4
"""Procedures that the second feed repeats: the first three once, the fourth twice."""


def change(file: Path, of_row: Callable[[dict[str, str]], dict[str, str]], without: tuple[str, ...] = ()) -> None:
    """Write a file anew with each row changed, and without some columns."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        rows = [of_row(row) for row in reader]
        columns = [name for name in reader.fieldnames or [] if name not in without]
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def as_numbers(row: dict[str, str]) -> dict[str, str]:
    """Give the codes the tail that pandas gives a column of whole numbers with empty cells."""
    return row | {name: f"{row[name]}.0" for name in ("CODE", "REASONCODE") if row[name]}


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Road:
    folder = tmp_path_factory.mktemp("as_they_come")
    for feed in ("clean", "dirty", "costless"):
        sample.generate("hospital", 0.1, folder / feed)
        (folder / feed / "answers.json").unlink()
    dirty = folder / "dirty"
    for name in ("encounters", "procedures"):
        change(dirty / f"{name}.csv", as_numbers)
    rows = (dirty / "procedures.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    first = rows[1 : REPEATED + 1]
    (dirty / "procedures.csv").write_text("".join([*rows, *first, first[-1]]), encoding="utf-8")
    paid = []
    change(
        dirty / "encounters.csv",
        lambda row: row | {"PAYER_COVERAGE": "" if not paid and not paid.append(row) else row["PAYER_COVERAGE"]},
    )
    (dirty / "DIAGNOSES_ICD.csv").write_text(
        "row_id,subject_id,hadm_id,seq_num,icd9_code\n1,109,172335,1,40301\n2,109,172335,2,486\n", encoding="utf-8"
    )
    change(folder / "costless" / "encounters.csv", dict, without=("TOTAL_CLAIM_COST", "PAYER_COVERAGE"))
    road = Road(folder / "project", None)
    for feed in ("clean", "dirty", "costless"):
        assert road.run("warehouse", "land", folder / feed, "--source", feed) == 0, road.output
        if feed == "dirty":
            assert "DIAGNOSES_ICD.csv" in road.output
            assert "warehouse contract" in road.output
    assert road.plan() == 0, road.output
    return road


@pytest.fixture(scope="module")
def published(road: Road) -> Iterator[duckdb.DuckDBPyConnection]:
    con = duckdb.connect()
    con.execute(f"ATTACH '{road.home / 'published.duckdb'}' AS serving (READ_ONLY); USE serving.serving")
    yield con
    con.close()


def kpi(published: duckdb.DuckDBPyConnection, source: str) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = published.execute(
        "SELECT metric_code, definition_version, value, n, basis, not_computable_reason FROM mart_kpi "
        "WHERE source_system = ? AND slice = 'all'",
        [source],
    ).fetchall()
    return {(metric, version): tuple(rest) for metric, version, *rest in rows}


def test_repeated_procedures_are_numbered_counted_and_published(published: duckdb.DuckDBPyConnection) -> None:
    counts = dict(published.execute("SELECT source_system, COUNT(*) FROM fact_procedure GROUP BY 1").fetchall())
    assert counts["dirty"] == counts["clean"] + REPEATED + 1
    repeats = published.execute(
        "SELECT source_system, n_failing FROM mart_data_quality WHERE check_name = 'repeats another row'"
    ).fetchall()
    assert dict(repeats) == {"clean": 0, "dirty": REPEATED + 1, "costless": 0}


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
        "SELECT SUM(patient_gap) FROM v_noncovered_by_payer WHERE source_system = 'dirty'"
    ).fetchall()
    assert cost == gap[0]


def test_without_the_columns_of_money_everything_else_is_published(published: duckdb.DuckDBPyConnection) -> None:
    clean, costless = kpi(published, "clean"), kpi(published, "costless")
    lacking = {metric for metric, row in costless.items() if row != clean[metric]}
    assert ("noncovered_cost", "total") in lacking
    assert ("readmission", "R6") not in lacking
    assert {costless[metric][2] for metric in lacking} == {"not_computable"}
    for metric in lacking:
        assert any(words in costless[metric][3] for words in ("amounts claimed", "what payers paid")), metric
