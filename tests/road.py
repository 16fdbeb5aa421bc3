"""A copy of the project with a warehouse of its own: the commands run as a user runs them, against a real server."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymysql

from loader.settings import PROJECT
from publisher.url import ServingUrl

PACKAGES = ("loader", "publisher", "workbench")
PARTS = ("config.py", "audits", "contracts", "dashboard", "linter", "macros", "models", "seeds", *PACKAGES)
SCHEMAS = ("serving", "serving__dev", "sqlmesh__serving")
WRITES = (
    "Com_alter_table", "Com_create_table", "Com_create_view", "Com_drop_table", "Com_drop_view", "Com_insert",
    "Com_insert_select", "Com_load", "Com_rename_table", "Com_truncate", "Com_update", "Innodb_rows_inserted",
)  # fmt: skip
"""The server's own counters of what changes a table or a view."""


def shared_data() -> Path | None:
    """The folder of the real data sets: WAREHOUSE_SHARED_DATA, else ../shared/data beside the project; None: absent."""
    folder = Path(os.environ.get("WAREHOUSE_SHARED_DATA") or PROJECT.parent / "shared" / "data")
    return folder if folder.is_dir() else None


@dataclass
class Road:
    """A project folder, its WAREHOUSE_HOME and the server it publishes to (None: the embedded DuckDB file)."""

    folder: Path
    url: str | None
    output: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        for part in PARTS:
            source = PROJECT / part
            if source.is_dir():
                shutil.copytree(source, self.folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, self.folder / part)  # its time is part of the key of SQLMesh's cache
        if self.url:
            with self.server() as cursor:
                for schema in SCHEMAS:
                    cursor.execute(f"DROP DATABASE IF EXISTS {schema}")

    @property
    def home(self) -> Path:
        return self.folder / ".warehouse"

    def run(self, program: str, *arguments: Any) -> int:
        """Run a program of the project's environment and return its exit code; what it said is in `output`."""
        environment = os.environ | {
            "PYTHONPATH": str(self.folder),
            "WAREHOUSE_HOME": str(self.home),
            "SERVING_URL": self.url or "embedded",
            "COLUMNS": "200",
            "NO_COLOR": "1",
        }
        done = subprocess.run(
            [Path(sys.executable).parent / program, *map(str, arguments)],
            cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=900,
        )  # fmt: skip
        self.output = done.stdout
        return done.returncode

    def land(self, folder: Path) -> None:
        assert self.run("warehouse", "land", folder) == 0, self.output

    def plan(self, *arguments: str, tests: bool = False) -> int:
        """Run `sqlmesh plan` itself, as continuous integration does; the models' unit tests only where asked for."""
        skipped = () if tests else ("--skip-tests",)
        return self.run("sqlmesh", "plan", *arguments, *skipped, "--auto-apply", "--no-prompts")

    @contextmanager
    def server(self) -> Iterator[pymysql.cursors.Cursor]:
        at = ServingUrl.parse(self.url or "")
        connection = pymysql.connect(**at.account, charset="utf8mb4", autocommit=True)
        with connection, connection.cursor() as cursor:
            yield cursor

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.server() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def views(self, schema: str = "serving") -> list[str]:
        return sorted(
            name
            for (name,) in self.query(
                f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'"
            )
        )

    def shown(self, schema: str = "serving") -> dict[str, tuple[str, str]]:
        """Return what a reader sees: of each view its text and a checksum of its rows."""
        seen = {}
        with self.server() as cursor:
            for view in self.views(schema):
                cursor.execute(f"SHOW CREATE VIEW {schema}.{view}")
                text = cursor.fetchone()[1]
                cursor.execute(f"SELECT * FROM {schema}.{view}")
                rows = sorted(map(repr, cursor.fetchall()))
                seen[view] = (text, hashlib.sha256("\n".join(rows).encode()).hexdigest())
        return seen

    def writes(self) -> dict[str, int]:
        """Return the server's counters of what changes something (MariaDB counts no InnoDB rows)."""
        names = ", ".join(f"'{name}'" for name in WRITES)
        return {name: int(count) for name, count in self.query(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")}


def rewritten(source: Path, target: Path, file: str, change: Any) -> Path:
    """Copy a delivery to `target` with one file's text changed, byte order mark and line ends kept."""
    shutil.copytree(source, target)
    text = (target / file).read_bytes().decode("utf-8")
    changed = change(text)
    assert changed != text
    (target / file).write_bytes(changed.encode())
    return target
