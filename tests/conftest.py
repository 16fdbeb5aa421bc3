"""The serving server of the tests: SERVING_TEST_URL, or a private one that is started for them and removed after."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from loader import server
from loader.settings import PROJECT

os.environ.setdefault("SQLMESH__CACHE_DIR", str(PROJECT / ".cache"))
"""Every copy of the project that a test makes shares SQLMesh's cache of optimized queries, which goes by content."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "serving: needs a MySQL or MariaDB server")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the files first that plan on a server: they take longest, and no core should wait for the last of them."""
    slow = {item.path for item in items if item.get_closest_marker("serving")}
    items.sort(key=lambda item: item.path not in slow)
    for item in items:  # A file is not split; files that share a warehouse, built once a process, stay together.
        item.add_marker(pytest.mark.xdist_group("built" if "built" in item.module.__dict__ else item.path.name))


@pytest.fixture(scope="session")
def serving_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real MySQL or MariaDB server whose account may do everything."""
    if url := os.environ.get("SERVING_TEST_URL"):
        yield url
    else:
        with server.private_server(tmp_path_factory.mktemp("serving") / "server") as url:
            yield url
