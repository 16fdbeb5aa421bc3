"""What the warehouse keeps is its owner's, and the state is in its file when a command has ended."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from loader import landing, settings
from scripts import generate
from workbench import cli, sample, states


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


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask() -> Iterator[None]:
    """What is made is for all, where nothing says otherwise."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_a_profile_is_for_its_owner_wherever_it_is_written_and_says_where_it_shows_persons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))
    people = tmp_path / "people"
    people.mkdir()
    (people / "people.csv").write_text("id,last_name\n1,Abel\n2,Bell\n", encoding="utf-8")
    page = tmp_path / "page.html"
    page.touch()  # of an older version, and open to all
    run = CliRunner().invoke
    assert run(cli.main, ["profile", str(people), "--out", str(page)]).exit_code == 0
    assert [oct(mode(file)) for file in (page, page.with_suffix(".json"))] == ["0o600", "0o600"]
    assert "Values that name or find a person are shown" not in page.read_text(encoding="utf-8")
    assert run(cli.main, ["profile", str(people), "--show-values"]).exit_code == 0
    (page,) = (tmp_path / "home" / "profile").glob("*.html")
    assert (page.name, oct(mode(page))) == ("people with values of persons.html", "0o600")
    assert "Values that name or find a person are shown" in page.read_text(encoding="utf-8")


@pytest.mark.usefixtures("open_umask")
def test_texts_of_the_project_are_for_all_who_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A contract that is drafted, and what is generated, though the process that makes them holds patients' rows."""
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))
    (tmp_path / "people.csv").write_text("id,last_name\n1,Abel\n2,Bell\n", encoding="utf-8")
    made = ["contract", str(tmp_path / "people.csv"), "--out", str(tmp_path / "people.toml")]
    assert CliRunner().invoke(cli.main, made).exit_code == 0
    left = tmp_path / "left.md"
    left.write_text("same", encoding="utf-8")
    left.chmod(0o600)  # as an older version wrote it
    written = {left: "same", tmp_path / "docs" / "new.md": "new"}
    monkeypatch.setattr(generate.catalog, "read", lambda: os.umask(0o077))
    monkeypatch.setattr(generate, "generated", lambda _: (written, []))
    monkeypatch.setattr(sys, "argv", ["generate"])
    assert generate.main() == 0
    files = [tmp_path / "people.toml", *written]
    assert [oct(mode(file)) for file in files] == ["0o644"] * 3
    assert oct(mode(tmp_path / "docs")) == "0o755"


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
