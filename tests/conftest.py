"""The serving server of the tests: SERVING_TEST_URL, or a private one that is started for them and removed after."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from loader import server


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "serving: needs a MySQL or MariaDB server")


@pytest.fixture(scope="session")
def serving_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real MySQL or MariaDB server whose account may do everything."""
    if url := os.environ.get("SERVING_TEST_URL"):
        yield url
    else:
        with server.private_server(tmp_path_factory.mktemp("serving") / "server") as url:
            yield url
