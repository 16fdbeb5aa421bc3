"""One warehouse of feeds of two families, built once for the tests of what each of them shows."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from road import Road
from workbench import sample

FAMILY = Path(__file__).parent / "new_family"
COLUMNS = ["stay", "patient", "age", "days", "went_to", "readmitted", "died", "charge", "insurance", "diagnosis"]
NORTH = [
    # Three stays of patient 1, one of whom is readmitted; patient 2 dies; patient 3 has hardly anything recorded.
    ("1", "1", "[60-70)", "4", "01", "<30", "0", "1000.00", "Medicare", "428.0"),
    ("2", "1", "[60-70)", "0", "01", ">30", "0", "500.00", "Medicare", "250.00"),
    ("3", "1", "[60-70)", "2", "06", "NO", "0", "1500.00", "Medicare", "410.9"),
    ("4", "2", "[70-80)", "7", "20", "NO", "1", "4000.00", "Self-pay", "?"),
    ("5", "3", "?", "?", "beyond", "?", "?", "?", "?", "?"),
]
SOUTH = [
    ("1", "1", "[70-80)", "10", "01", "NO", "0", "100.00", "Medicaid", "496"),
    ("2", "2", "[70-80)", "20", "01", "<30", "0", "300.00", "Medicaid", "496"),
]


def write(folder: Path, rows: list[tuple[str, ...]]) -> Path:
    folder.mkdir(parents=True)
    with (folder / "stays.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return folder


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


@dataclass(frozen=True)
class Feeds:
    """The folder of the feeds' folders, what was said of each as it landed, and what is published of them all."""

    folder: Path
    said: dict[str, str]
    con: duckdb.DuckDBPyConnection


def write_hospitals(folder: Path) -> None:
    """Write one hospital three times: as generated; as a spreadsheet and a neighbour leave it; without its money."""
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


def add_hospital(folder: Path) -> None:
    """Let three patients in ten go to a second hospital from 2016 on."""
    second = "5d0c1f3a-2222-4a7e-9b1d-000000000002"
    with (folder / "organizations.csv").open("a", encoding="utf-8") as file:
        file.write(f"\n{second},HILLSIDE GENERAL HOSPITAL,2 HILL ROAD,BOSTON,MA,02111,42.36,-71.06")
    change(
        folder / "encounters.csv",
        lambda row: row | ({"ORGANIZATION": second} if row["START"] > "2016" and row["PATIENT"][0] in "01234" else {}),
    )


_built: list[Feeds] = []


@pytest.fixture(scope="session")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Feeds:
    """The feeds, built for the first file that asks: to pytest the fixture is another in each file that imports it."""
    if not _built:
        _built.append(build(tmp_path_factory.mktemp("feeds")))
    return _built[0]


def build(folder: Path) -> Feeds:
    """Land two feeds of the new family, three of a hospital and one of another; publish them to a DuckDB file."""
    road = Road(folder / "project", None)
    for part in ("contracts", "models"):
        shutil.copytree(FAMILY / part, road.folder / part, dirs_exist_ok=True)
    for seed in sorted((FAMILY / "seeds").glob("*.csv")):
        with (road.folder / "seeds" / seed.name).open("a", encoding="utf-8") as file:
            file.write(seed.read_text(encoding="utf-8"))
    write(folder / "north", NORTH)
    write(folder / "south", SOUTH)
    write_hospitals(folder)
    sample.generate("hospital", 0.3, folder / "recounted", seed=7)
    add_hospital(folder / "recounted")
    said = {}
    for feed in ("north", "south", "clean", "dirty", "costless", "recounted"):
        assert road.run("warehouse", "land", folder / feed, "--source", feed) == 0, road.output
        said[feed] = road.output
    assert road.plan() == 0, road.output
    con = duckdb.connect()
    con.execute(f"ATTACH '{road.home / 'published.duckdb'}' AS serving (READ_ONLY); USE serving.serving")
    return Feeds(folder, said, con)
