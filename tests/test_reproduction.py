"""What the published projects did is there to be compared with: whoever deletes it loses that, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from road import Road
from workbench import families

pytestmark = pytest.mark.long

OF_THE_REPRODUCTION = {"dim_stated_figure", "v_stated_figures"}
"""What is published of it."""


def demo(folder: Path, *deleted: str) -> tuple[Road, dict[str, list[tuple[Any, ...]]]]:
    """Run the demo in a copy of the project without some folders; return the rows of all that is published."""
    road = Road(folder, None)
    for part in deleted:
        shutil.rmtree(road.folder / part)
    assert road.run("warehouse", "demo") == 0, road.output
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{road.home / 'published.duckdb'}' AS serving (READ_ONLY); USE serving.serving")
        tables = con.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'serving'")
        names = [name for (name,) in tables.fetchall()]
        return road, {name: con.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for name in names}


def test_without_the_reproduction_everything_else_is_as_it_was(tmp_path: Path) -> None:
    _, whole = demo(tmp_path / "whole")
    road, left = demo(tmp_path / "left", "models/reproduction", "seeds/reproduction")
    assert whole.keys() - left.keys() == OF_THE_REPRODUCTION
    assert left.keys() <= whole.keys()
    own = {(row["metric_code"], row["definition_version"]) for row in families.seed("metric")}
    for table in ("mart_kpi", "mart_kpi_additive", "dim_metric"):
        told = [row for row in whole[table] if row[:2] in own]
        assert told == left[table], table
    # How many years were tried is a count over all metrics, the reproduction's as well; what a year says is not.
    said = [row[:-2] for row in whole["v_year_difference"] if row[1:3] in own]
    assert said == [row[:-2] for row in left["v_year_difference"]]
    assert {row[:2] for row in left["dim_metric"]} == own
    # Its own metrics and definitions apart, what is published of a patient, a stay or a source is the same.
    differing = {name for name in left if left[name] != whole[name]}
    assert differing == {
        "mart_kpi", "mart_kpi_additive", "dim_metric", "dim_readmission_definition", "dim_readmission_exclusion",
        "fact_readmission", "mart_patient_total", "v_readmission_ladder", "v_readmission_attrition",
        "v_readmission_reasons", "v_patient_concentration", "v_episode_spend", "v_year_difference",
    }  # fmt: skip
    for name in ("fact_readmission", "dim_readmission_definition", "v_readmission_ladder"):
        assert set(left[name]) < set(whole[name]), name
    assert "published way" not in road.output
    page = (road.home / "dashboard" / "prod.html").read_text(encoding="utf-8")
    assert 'id="stated_figures"' not in page
    assert 'id="readmission_ladder"' in page
