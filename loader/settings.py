"""Where the warehouse keeps its things, and which server it publishes to: read from the environment, nowhere else."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from publisher.url import ServingUrl

PROJECT = Path(__file__).resolve().parent.parent
"""The folder of config.py, models/ and contracts/."""

REPRODUCTION = PROJECT / "models" / "reproduction"
"""What the reference projects did, to compare with; without it and seeds/reproduction everything else is as it is."""


def home() -> Path:
    """Return the folder that holds all the warehouse keeps: WAREHOUSE_HOME, else `.warehouse` in the project."""
    return Path(os.environ.get("WAREHOUSE_HOME") or PROJECT / ".warehouse").absolute()


def open_home() -> Path:
    """Return the folder of the warehouse, made for its owner alone, as is all that this process makes from now on.

    What an older version left open to others is closed.
    """
    os.umask(0o077)
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for path in folder.iterdir():
        if path.stat().st_mode & 0o077 and path.name != "server":
            path.chmod(0o700 if path.is_dir() else 0o600)
    return folder


def warehouse_file() -> Path:
    """Return the DuckDB file that holds landing, staging, core, star and mart."""
    return home() / "warehouse.duckdb"


def state_file() -> Path:
    """Return the DuckDB file in which SQLMesh keeps its state."""
    return home() / "state.duckdb"


def embedded_file() -> Path:
    """Return the DuckDB file that stands in for MySQL where no server can be had."""
    return home() / "published.duckdb"


LIMITS = {
    "WAREHOUSE_MEMORY_LIMIT": "the memory DuckDB may use before it goes to the temp folder (default: 80 %)",
    "WAREHOUSE_THREADS": "the threads DuckDB may use (default: one a core)",
    "WAREHOUSE_TEMP_FOLDER": "where copies and what exceeds the memory go (default: WAREHOUSE_HOME/temp)",
    "WAREHOUSE_MAX_UNPACKED_BYTES": "the most bytes that a compressed file may unpack to (default: 200 times its size, "
    "at least 1 GB, at most half of what is free in the temp folder)",
    "WAREHOUSE_MAX_REJECTED_SHARE": "the share of rejected rows that refuses a table's delivery (default: 0.01); "
    "max_rejected_share in a contract goes before it",
}
"""The limits that the environment sets: this is the one place that lists them, and `warehouse land --help` shows it."""


def temp_folder() -> Path:
    """Return the folder for copies that live as long as a command: WAREHOUSE_TEMP_FOLDER, else `temp` in home()."""
    return Path(os.environ.get("WAREHOUSE_TEMP_FOLDER") or home() / "temp").absolute()


def max_rejected_share() -> float:
    """Return the share of rejected rows above which a delivery is refused, where its contract names none.

    Raises:
        ValueError: WAREHOUSE_MAX_REJECTED_SHARE is not a number from 0 to 1.
    """
    text = os.environ.get("WAREHOUSE_MAX_REJECTED_SHARE") or "0.01"
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError(f"WAREHOUSE_MAX_REJECTED_SHARE={text}: expected a share from 0 to 1, as 0.01.")
    return share


def max_unpacked_bytes(packed: int) -> int:
    """Return the most bytes that a compressed file of `packed` bytes may unpack to.

    Tables shrink to a tenth, nearly empty ones to a hundredth, and what has no use to a thousandth. Of the free space
    the landed table needs some too.

    Raises:
        ValueError: WAREHOUSE_MAX_UNPACKED_BYTES is not a whole number above 0.
    """
    if text := os.environ.get("WAREHOUSE_MAX_UNPACKED_BYTES", "").strip():
        if not text.isdigit() or int(text) == 0:
            raise ValueError(f"WAREHOUSE_MAX_UNPACKED_BYTES={text}: expected a whole number of bytes, as 20000000000.")
        return int(text)
    return min(max(10**9, 200 * packed), shutil.disk_usage(temp_folder()).free // 2)


def duckdb_limits() -> dict[str, str | int]:
    """Return DuckDB's settings that the environment asks for, fit for its `config`.

    Raises:
        ValueError: WAREHOUSE_THREADS is not a whole number above 0, or WAREHOUSE_MEMORY_LIMIT not a size such as 4GB.
    """
    limits: dict[str, str | int] = {}
    if memory := os.environ.get("WAREHOUSE_MEMORY_LIMIT", "").strip():
        if not re.fullmatch(r"\d+(\.\d+)?\s*[KMGT]i?B", memory, re.IGNORECASE):
            raise ValueError(f"WAREHOUSE_MEMORY_LIMIT={memory}: expected a size with its unit, as 4GB or 800MB.")
        limits["memory_limit"] = memory
    if threads := os.environ.get("WAREHOUSE_THREADS", "").strip():
        if not threads.isdigit() or int(threads) == 0:
            raise ValueError(f"WAREHOUSE_THREADS={threads}: expected a whole number above 0.")
        limits["threads"] = int(threads)
    if os.environ.get("WAREHOUSE_TEMP_FOLDER"):
        limits["temp_directory"] = str(temp_folder())
    return limits


def private_url_file() -> Path:
    """Return the file (mode 0600) with the URL of the private server that `make mysql` started."""
    return home() / "server" / "url"


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


def serving_name() -> str:
    """Return what tells one serving place from another: `embedded`, `private`, or `host:port`.

    It is part of every published model's fingerprint, so that another SERVING_URL gets its own tables and not
    "No changes". A private server keeps its name when its port changes.
    """
    url = serving()
    if url is None:
        return "embedded"
    return f"{url.host}:{url.port}" if os.environ.get("SERVING_URL", "").strip() else "private"
