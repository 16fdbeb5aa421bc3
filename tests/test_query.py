"""`warehouse query`: the answer as a table, reads only, NULL said as NULL, and why a statement is refused."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from workbench.cli import main


@pytest.fixture
def embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    monkeypatch.setenv("SERVING_URL", "embedded")
    with duckdb.connect(str(tmp_path / "published.duckdb")) as con:
        con.execute("CREATE SCHEMA serving; CREATE TABLE serving.t AS SELECT 1 AS one, NULL AS nothing FROM range(3)")
    return tmp_path


def test_an_embedded_file_answers(embedded: Path) -> None:
    asked = CliRunner().invoke(main, ["query", "SELECT * FROM serving.t", "--limit", "2"])
    assert asked.exit_code == 0
    lines = [line.split() for line in asked.output.splitlines()]
    assert lines == [
        ["one", "nothing"],
        ["1", "NULL"],
        ["1", "NULL"],
        ["2", "rows,", "the", "first", "2:", "--limit", "shows", "more"],
    ]


def test_a_file_of_sql_is_asked_and_a_view_answers(embedded: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{embedded / 'published.duckdb'}' AS serving")
        con.execute("CREATE VIEW serving.serving.v AS SELECT SUM(one) AS ones FROM serving.serving.t")
    (embedded / "asked.sql").write_text("-- One row.\nSELECT CONCAT(ones, '!') AS ones FROM serving.v\n")
    asked = CliRunner().invoke(main, ["query", str(embedded / "asked.sql")])
    assert asked.output.split()[:2] == ["ones", "3!"]
    asked = CliRunner().invoke(main, ["query", "nowhere.sql"])
    assert asked.exit_code == 1
    assert "No such file or directory: 'nowhere.sql'" in asked.output


def test_an_embedded_file_is_not_written(embedded: Path) -> None:
    asked = CliRunner().invoke(main, ["query", "DROP TABLE serving.t"])
    assert asked.exit_code == 1
    assert "this reads only" in asked.output
    asked = CliRunner().invoke(main, ["query", "SELECT 1; DROP TABLE serving.t"])
    assert asked.exit_code == 1
    assert CliRunner().invoke(main, ["query", "SELECT * FROM serving.t"]).exit_code == 0
    missing = CliRunner().invoke(main, ["query", "SELECT * FROM serving.not_there"])
    assert "published.duckdb" in missing.output


@pytest.mark.serving
def test_a_server_answers_and_is_not_written(serving_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVING_URL", serving_url)
    asked = CliRunner().invoke(main, ["query", "SELECT 'ä' AS letter, 1.50 AS amount, NULL AS nothing"])
    assert asked.exit_code == 0, asked.output
    assert [line.split() for line in asked.output.splitlines()[:2]] == [
        ["letter", "amount", "nothing"],
        ["ä", "1.50", "NULL"],
    ]
    refused = CliRunner().invoke(main, ["query", "SELECT * FROM mysql.not_there"])
    assert refused.exit_code == 1
    assert "not_there" in refused.output
    assert ":***@" in refused.output
    assert CliRunner().invoke(main, ["query", "CREATE SCHEMA query_made"]).exit_code == 1
