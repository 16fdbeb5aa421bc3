"""What is wrong with the stays of patient records, counted a second time in plain Python."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from independent import quality_of_stays, read
from road import Road, shared_data
from warehouse_fixtures import Warehouse, built
from workbench import sample

__all__ = ["built"]


@pytest.mark.parametrize("records", [pytest.param("real", marks=pytest.mark.long), "generated"])
def test_both_ways_agree_on_what_is_wrong_with_the_stays(
    records: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if records == "generated":
        built: Warehouse = request.getfixturevalue("built")
        folder = tmp_path / "records"
        sample.generate("ehr", 0.02, folder)  # the very rows that the fixture landed
        query = built.query
    else:
        if (data := shared_data()) is None:
            pytest.skip("the patient records are not here")
        folder = data / "ehr_outcomes"
        road = Road(tmp_path / "project", None)
        assert road.run("warehouse", "land", folder, "--source", "ehr") == 0, road.output
        assert road.plan() == 0, road.output
        con = duckdb.connect(str(road.home / "warehouse.duckdb"), read_only=True)
        query = lambda sql: con.execute(sql).fetchall()  # noqa: E731
    counts = query(
        "SELECT source_table, check_name, n_failing, n_checked FROM mart.mart_data_quality WHERE source_system = 'ehr'"
    )
    ours = {(table, check): (failing, checked) for table, check, failing, checked in counts}
    other = quality_of_stays(read(folder / "outcomes.csv"))
    assert {key: ours.get(key) for key in other} == other
    if records == "real":
        known = {
            "ICU days beyond the stay": (88, 11001),
            "readmitted from hospice": (51, 303),
            "return days end before day 30": (1, 30),
        }
        assert {check: other["input.encounter", check] for check in known} == known
