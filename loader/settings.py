"""Where the warehouse keeps its things, and which server it publishes to: read from the environment, nowhere else."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

PROJECT = Path(__file__).resolve().parent.parent
"""The folder of config.py, models/ and contracts/."""


def home() -> Path:
    """Return the folder that holds all the warehouse keeps: WAREHOUSE_HOME, else `.warehouse` in the project."""
    return Path(os.environ.get("WAREHOUSE_HOME") or PROJECT / ".warehouse").absolute()


def warehouse_file() -> Path:
    """Return the DuckDB file that holds landing, staging, core, star and mart."""
    return home() / "warehouse.duckdb"


def state_file() -> Path:
    """Return the DuckDB file in which SQLMesh keeps its state."""
    return home() / "state.duckdb"


def embedded_file() -> Path:
    """Return the DuckDB file that stands in for MySQL where no server can be had."""
    return home() / "published.duckdb"


def private_url_file() -> Path:
    """Return the file (mode 0600) with the URL of the private server that `make mysql` started."""
    return home() / "server" / "url"


@dataclass(frozen=True)
class ServingUrl:
    """A serving server: `mysql://user:password@host:port/`; query options are TLS settings (`ssl_ca`, `ssl_verify`)."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    options: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, url: str) -> ServingUrl:
        """Parse `url`.

        Raises:
            ValueError: not a `mysql://` (or `mariadb://`) URL with a user and a host; the message never shows it.
        """
        parts = urlsplit(url)
        if parts.scheme.split("+")[0] not in {"mysql", "mariadb"} or not parts.hostname or not parts.username:
            raise ValueError(
                "SERVING_URL: expected mysql://user:password@host:port/ (percent-encode : / @ in the password)"
            )
        return cls(
            host=parts.hostname,
            port=parts.port or 3306,
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            options={name: values[-1] for name, values in parse_qs(parts.query).items()},
        )

    @property
    def shown(self) -> str:
        """The URL with its password masked, fit for a screen or a log."""
        return f"mysql://{self.user}:***@{self.host}:{self.port}/"


def serving() -> ServingUrl | None:
    """Return the server to publish to: SERVING_URL, else the private server of `make mysql`, else None (embedded).

    `SERVING_URL=embedded` asks for the embedded file even where a private server runs.
    """
    url = os.environ.get("SERVING_URL", "").strip()
    if url == "embedded":
        return None
    if not url and private_url_file().exists():
        url = private_url_file().read_text().strip()
    return ServingUrl.parse(url) if url else None
