"""A warehouse that an older version made goes on: the next plan works on it, and shows what it showed before."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from loader import landing
from loader.settings import PROJECT
from road import Road
from workbench import sample

VERSION_0_1 = "ba73ef3"
"""The last commit whose deliveries knew no feeds."""

FIGURES = """ -- of all but the definitions that changed since: R5 and R6 follow the planned readmission algorithm
SELECT COUNT(*), SUM(claim_amount), SUM(charge_amount) FROM serving.fact_encounter
UNION ALL SELECT COUNT(*), SUM(patient_gap), NULL FROM serving.fact_encounter -- columns by their former names
UNION ALL SELECT COUNT(*), SUM(icu_flag), NULL FROM serving.fact_inpatient_stay
UNION ALL SELECT COUNT(*), SUM(los_days_cms), SUM(cci_1987) FROM serving.fact_inpatient_stay
UNION ALL SELECT COUNT(*), SUM(is_index), SUM(is_readmission) FROM serving.fact_readmission
  WHERE definition_code IN ('R1', 'R2', 'R3', 'R4')
UNION ALL SELECT COUNT(*), SUM(base_cost), SUM(allocated_claim_cost) FROM serving.fact_procedure
UNION ALL SELECT COUNT(*), SUM(value_num), SUM(is_abnormal) FROM serving.fact_lab_result
"""


class OldRoad(Road):
    """The road of an older version: its files as that commit has them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        archive = subprocess.run(["git", "archive", VERSION_0_1], cwd=PROJECT, capture_output=True, check=True).stdout
        for part in ("audits", "contracts", "loader", "macros", "models", "seeds", "linter"):
            subprocess.run(["rm", "-r", self.folder / part], check=True)
        subprocess.run(["tar", "-x", "-C", self.folder], input=archive, check=True)
        # The command and the materialization that are installed are today's: lead both to the code of that version.
        for of_today, of_then in (("workbench/cli.py", "cli"), ("publisher/publish.py", "publish")):
            (self.folder / of_today).write_text(f"from loader.{of_then} import *\n", encoding="utf-8")


@pytest.fixture
def old(tmp_path: Path, serving_url: str) -> OldRoad:
    """A warehouse of version 0.1 that has published a hospital and patient records."""
    if subprocess.run(["git", "cat-file", "-e", VERSION_0_1], cwd=PROJECT, capture_output=True).returncode:
        pytest.skip(f"this clone does not hold the history: git fetch --unshallow brings commit {VERSION_0_1}")
    road = OldRoad(tmp_path / "project", serving_url)
    for family, scale in (("hospital", 0.1), ("ehr", 0.01)):
        files = tmp_path / family
        assert road.run("warehouse", "sample", "--family", family, "--scale", scale, "--out", files) == 0, road.output
        road.land(files)
    assert road.plan() == 0, road.output
    return road


@pytest.mark.serving
@pytest.mark.long
def test_the_next_plan_goes_on_from_a_warehouse_of_version_0_1(old: OldRoad, tmp_path: Path) -> None:
    before = old.query(FIGURES)
    old.folder.rename(tmp_path / "old")
    new = Road(old.folder, None)
    (tmp_path / "old" / ".warehouse").rename(new.home)
    new.url = old.url
    assert new.plan() == 0, new.output
    assert new.query(FIGURES) == before
    assert new.query("SELECT source_system FROM serving.dim_source_system ORDER BY 1") == [("ehr",), ("synthea",)]
    assert new.run("warehouse", "verify") == 0, new.output
    assert new.plan() == 0
    assert "No changes" in new.output


def test_a_manifest_that_knew_no_feeds_is_read_as_one_feed_a_family(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))
    for family, scale in (("hospital", 0.1), ("ehr", 0.001)):
        sample.generate(family, scale, tmp_path / family)
        landing.land(tmp_path / family)
    today = landing.deliveries()
    old = {
        name: {key: value for key, value in entry.items() if key != "columns"}
        for tables in today.values()
        for name, entry in tables.items()
    }
    manifest = tmp_path / "home" / "deliveries.json"
    manifest.write_text(json.dumps(old), encoding="utf-8")
    assert landing.deliveries() == today
    assert json.loads(manifest.read_text(encoding="utf-8")) == today
