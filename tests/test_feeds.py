"""Hospitals that share ids, side by side in one warehouse: each tells what it tells alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from road import Road
from workbench import sample

pytestmark = pytest.mark.long

HOSPITALS = {"north": 1, "south": 2, "east": 3}
"""The feeds, and the seeds that they are generated from: another hospital each, with ids that the others have too."""

COMPARED = ("mart_kpi", "fact_encounter", "fact_inpatient_stay", "fact_readmission", "fact_procedure")


def publish(folder: Path, files: dict[str, Path]) -> dict[str, dict[str, list[tuple[Any, ...]]]]:
    """Land each folder as a feed of one warehouse; return what is published, by table and feed."""
    road = Road(folder, None)
    for feed, at in files.items():
        assert road.run("warehouse", "land", at, "--source", feed) == 0, road.output
    assert road.plan() == 0, road.output
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{road.home / 'published.duckdb'}' AS serving (READ_ONLY); USE serving.serving")
        return {
            table: {
                feed: con.execute(f"SELECT * FROM {table} WHERE source_system = ? ORDER BY ALL", [feed]).fetchall()
                for feed in files
            }
            for table in COMPARED
        }


def test_each_feeds_figures_are_those_that_it_has_alone(tmp_path: Path) -> None:
    files = {}
    for feed, seed in HOSPITALS.items():
        files[feed] = tmp_path / "files" / feed
        sample.generate("hospital", 0.1, files[feed], seed=seed)
    together = publish(tmp_path / "together", files)
    for feed, at in files.items():
        alone = publish(tmp_path / f"{feed}_alone", {feed: at})
        for table in COMPARED:
            assert together[table][feed] == alone[table][feed], (feed, table)
            assert together[table][feed], (feed, table)
    encounters = {feed: {row[1] for row in rows} for feed, rows in together["fact_encounter"].items()}
    assert encounters["north"] & encounters["south"] & encounters["east"], (
        "the hospitals share no id: nothing is proved"
    )
