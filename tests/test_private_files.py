"""What the warehouse keeps is its owner's, and the state is in its file when a command has ended."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import duckdb
import pytest

from loader import landing, settings
from workbench import sample, states


def test_the_home_and_all_in_it_are_for_its_owner_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))
    umask = os.umask(0)
    try:
        (tmp_path / "home").mkdir()
        (tmp_path / "home" / "deliveries.json").write_text("{}", encoding="utf-8")  # of an older version
        sample.generate("hospital", 0.1, tmp_path / "files")
        landing.land(tmp_path / "files")
        with landing.scratch_folder() as scratch:
            (scratch / "copy").touch()
            modes = {
                path.relative_to(tmp_path): stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "home").rglob("*")
            }
    finally:
        os.umask(umask)
    modes[Path("home")] = stat.S_IMODE((tmp_path / "home").stat().st_mode)
    assert {str(path) for path in modes} >= {"home/warehouse.duckdb", "home/deliveries.json", "home/temp"}
    assert {str(path): oct(mode) for path, mode in modes.items() if mode & 0o077} == {}


def test_a_copy_of_the_state_file_alone_holds_the_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    states.checkpoint()
    assert not settings.state_file().exists(), "nothing is made where there is no state"
    with duckdb.connect(str(settings.state_file())) as con:
        con.execute("PRAGMA disable_checkpoint_on_shutdown")
        con.execute("CREATE TABLE state AS SELECT 1 AS n")
    copy = tmp_path / "copy.duckdb"
    shutil.copy(settings.state_file(), copy)
    with duckdb.connect(str(copy)) as con, pytest.raises(duckdb.CatalogException):
        con.execute("FROM state")
    states.checkpoint()
    shutil.copy(settings.state_file(), copy)
    with duckdb.connect(str(copy)) as con:
        assert con.execute("FROM state").fetchall() == [(1,)]
