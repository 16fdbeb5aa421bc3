"""The serving server of the tests: SERVING_TEST_URL, or a private one that is started for them and removed after."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from loader.settings import PROJECT
from workbench import server

os.environ.setdefault("SQLMESH__CACHE_DIR", str(PROJECT / ".cache"))
"""Every copy of the project that a test makes shares SQLMesh's cache of optimized queries, which goes by content."""

os.environ.setdefault("MAX_FORK_WORKERS", "1")
"""SQLMesh loads models in the process of the test: the other cores have tests of their own."""


settings.register_profile("the same each time", derandomize=True)
if "FUZZ_EXAMPLES" not in os.environ:  # whoever names a number looks for new faults; all others want the old ones gone
    settings.load_profile("the same each time")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "serving: needs a MySQL or MariaDB server")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run first what takes longest, tests of a shared warehouse and files that plan: no core waits for the last one."""
    serving = {item.path for item in items if item.get_closest_marker("serving")}
    items.sort(key=lambda item: (shared_warehouse(item.path, item.name) or "without one", item.path not in serving))


def shared_warehouse(file: Path, test: str) -> str | None:
    """Return which warehouse, built once a process, a test shares with those of other files."""
    found = _warehouses(file)
    named = [fixture for fixture in found if f"[{fixture}" in test] or list(found)
    return f"the warehouse {named[0]}" if named else None


@cache
def _warehouses(file: Path) -> tuple[str, ...]:
    text = file.read_text(encoding="utf-8")
    return tuple(re.findall(r"^from \w+_fixtures import .*\b(built|feeds)\b", text, re.M))


class ByFile(LoadScopeScheduling):
    """Deals tests to cores by the file, since those of a file share a plan; and files of one warehouse together."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        return shared_warehouse(PROJECT / file, test) or file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(scope="session")
def serving_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real MySQL or MariaDB server whose account may do everything."""
    if url := os.environ.get("SERVING_TEST_URL"):
        yield url
    else:
        with server.private_server(tmp_path_factory.mktemp("serving") / "server") as url:
            yield url
