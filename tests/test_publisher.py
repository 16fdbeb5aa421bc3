"""The packages' imports run one way, and the publisher works alone: installed by itself, in a project of its README."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import duckdb
import pymysql
import pytest

from loader.settings import PROJECT
from publisher import checksums, mysql_types
from publisher.url import ServingUrl
from road import PACKAGES

ORDER = ("publisher", "loader", "workbench")
"""Each imports of those before it; configuration, scripts and tests of all."""


def imported(file: Path) -> set[str]:
    """Return the packages of the project that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: imports go by full names"
            names.add((node.module or "").split(".")[0])
    return names & {*ORDER, "config", "macros", "scripts", "tests"}


def test_imports_run_one_way() -> None:
    assert set(ORDER) == set(PACKAGES)
    wrong = {
        file.relative_to(PROJECT).as_posix(): sorted(names)
        for place, package in enumerate(ORDER)
        for file in (PROJECT / package).rglob("*.py")
        if (names := imported(file) - set(ORDER[: place + 1]))
    }
    assert wrong == {}
    assert imported(PROJECT / "workbench" / "cli.py") >= {"loader", "workbench"}, "the test sees imports"


def test_the_publisher_asks_for_the_versions_that_the_project_has() -> None:
    own, whole = (
        tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        for folder in (PROJECT / "publisher", PROJECT)
    )
    assert set(own["dependencies"]) <= set(whole["dependencies"])
    assert own["entry-points"] == whole["entry-points"]


def test_its_readme_lists_its_modules() -> None:
    folder = PROJECT / "publisher"
    listed = re.findall(r"^\| `(\w+\.py)` \|", (folder / "README.md").read_text(encoding="utf-8"), re.M)
    assert sorted(listed) == sorted(file.name for file in folder.glob("*.py") if file.name != "__init__.py")


def test_the_worked_example_of_the_checksums_is_what_duckdb_works_out() -> None:
    key, column = mysql_types.Column("k", "INT", "INT"), mysql_types.Column("n", "INT", "INT")
    told = re.search(r"XOR \d+ = (\d+)\n    with 10 and 20 swapped: (\d+)", checksums.__doc__ or "")
    aggregate = checksums.checksums([column], [key])[0][2]
    assert told and [int(number) for number in told.groups()] == [
        duckdb.sql(f"SELECT {aggregate} FROM (VALUES {rows}) AS t(k, n)").fetchone()[0]
        for rows in ("(1, 10), (2, 20)", "(2, 10), (1, 20)")
    ]


@pytest.mark.serving
@pytest.mark.long
def test_the_publisher_alone_publishes_what_its_readme_shows(tmp_path: Path, serving_url: str) -> None:
    shutil.copytree(PROJECT / "publisher", tmp_path / "publisher", ignore=shutil.ignore_patterns("__pycache__"))
    uv, python = Path(sys.executable).with_name("uv"), tmp_path / "venv" / "bin" / "python"
    for command in (
        [uv, "venv", "--python", sys.executable, tmp_path / "venv"],
        [uv, "pip", "install", "--python", python, tmp_path / "publisher"],
    ):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    readme = (PROJECT / "publisher" / "README.md").read_text(encoding="utf-8")
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    files = re.findall(r"^`([\w/.]+)`:\n\n```\w+\n(.*?)^```", readme, re.M | re.S)
    assert [name for name, _ in files] == ["config.py", "models/dim_colour.sql"]
    for name, text in files:
        (project / name).write_text(text, encoding="utf-8")
    at = ServingUrl.parse(serving_url)
    server = at.account | {"autocommit": True}
    with pymysql.connect(**server) as connection, connection.cursor() as cursor:
        for schema in ("serving", "sqlmesh__serving"):
            cursor.execute(f"DROP DATABASE IF EXISTS {schema}")
        plan = subprocess.run(
            [python.with_name("sqlmesh"), "plan", "--auto-apply", "--no-prompts"], cwd=project,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "SERVING_URL": serving_url},
            capture_output=True, text=True,
        )  # fmt: skip
        assert plan.returncode == 0, plan.stdout + plan.stderr
        cursor.execute("SELECT colour_key, colour FROM serving.dim_colour ORDER BY 1")
        assert cursor.fetchall() == ((1, "red"), (2, "blue"))
        cursor.execute("SHOW INDEX FROM sqlmesh__serving." + published_table(cursor))
        assert {row[4] for row in cursor.fetchall()} == {"colour_key", "colour"}


def published_table(cursor: pymysql.cursors.Cursor) -> str:
    cursor.execute("SHOW TABLES IN sqlmesh__serving LIKE 'dim\\_colour\\_\\_%'")
    ((name,),) = cursor.fetchall()
    return name
