"""Land delivered files in DuckDB as immutable text tables named by their content, and never lose a row without a word.

A delivery is a commit: its bytes name its table, so landing the same bytes again does nothing, and `deliveries.json`
says which landed table each source table now reads. config.py hands that to the raw models, whose fingerprints follow.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
from rich.progress import Progress

from loader import contracts, settings
from loader.contracts import Contract, normal

MAX_REJECTED_SHARE = 0.01
"""The share of rejected rows above which a table's delivery is refused, where its contract names none."""

MAX_LINE_BYTES = 16 * 1024 * 1024
"""The longest line that is read as a row; a longer one is rejected."""

CATALOG = """
CREATE SCHEMA IF NOT EXISTS landing;
CREATE TABLE IF NOT EXISTS landing.file (      -- one row per file landed
  landed_table VARCHAR, file_name VARCHAR, sha256 VARCHAR, bytes BIGINT, rows_in BIGINT, rows_landed BIGINT,
  rows_rejected BIGINT, blank_lines BIGINT, first_record BIGINT, unknown_columns VARCHAR[], landed_at TIMESTAMP
);
CREATE TABLE IF NOT EXISTS landing.reject (    -- one row per row that is no row of its table
  landed_table VARCHAR, file_name VARCHAR, line BIGINT, raw_text VARCHAR, reason VARCHAR
);
"""


class LandingRefused(Exception):
    """A folder or file that cannot be landed without losing something; nothing of the table was changed."""


@dataclass(frozen=True)
class LandedFile:
    """One file as it was read: rows in = rows landed + rejected; blank lines are no rows."""

    name: str
    sha256: str
    bytes: int
    rows_in: int
    rows_landed: int
    rows_rejected: int
    blank_lines: int
    unknown_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Landed:
    """One source table's delivery: the landed table its files became. `is_new` is False when the bytes were known."""

    contract: Contract
    landed_table: str
    files: tuple[LandedFile, ...]
    is_new: bool

    @property
    def rows_in(self) -> int:
        """Rows in the files, header and blank lines apart."""
        return sum(f.rows_in for f in self.files)

    @property
    def rows_landed(self) -> int:
        """Rows in the landed table."""
        return sum(f.rows_landed for f in self.files)

    @property
    def rows_rejected(self) -> int:
        """Rows kept in landing.reject, with their line and the reason."""
        return sum(f.rows_rejected for f in self.files)


@dataclass(frozen=True)
class Delivery:
    """What a folder held: the tables landed, and the files that no contract names."""

    landed: tuple[Landed, ...]
    unknown_files: tuple[str, ...] = field(default=())


def land(folder: Path, progress: Progress | None = None) -> Delivery:
    """Land every file of `folder` that a contract recognises, and make it what the raw models read.

    All is text: a ZIP keeps its leading zero, and a type is chosen once, in staging. An empty field lands as NULL, a
    quoted empty one ("") as the empty string. A row with too few or too many fields, or a stray quote, goes to
    landing.reject. All tables of a folder are delivered together or not at all.

    Raises:
        LandingRefused: no recognised file, a header that lacks a contract's column, text that is not UTF-8, a file that
            changed while it was read, more rejected rows than allowed, or a row that could not be accounted for.
    """
    recognised, unknown = recognise(folder, contracts.load())
    if not recognised:
        raise LandingRefused(
            f"{folder}: no file of a known table. Known: " + ", ".join(c.files[0] for c in contracts.load().values())
        )
    settings.home().mkdir(parents=True, exist_ok=True)
    total = sum(file.stat().st_size for files in recognised.values() for file in files)
    task = progress.add_task("landing", total=total) if progress else None
    landed = []
    with connect() as con:
        con.execute(CATALOG)
        for contract, files in recognised.items():
            landed.append(_land_table(con, contract, files))
            if progress and task is not None:
                progress.advance(task, sum(file.stat().st_size for file in files))
    _deliver(landed)
    return Delivery(tuple(landed), tuple(unknown))


def recognise(folder: Path, known: Mapping[str, Contract]) -> tuple[dict[Contract, list[Path]], list[str]]:
    """Sort the files of `folder` by contract: name pattern first, then header; and list those that no contract names.

    Raises:
        LandingRefused: not a folder, or a file whose name fits a contract while its header lacks some of its columns.
    """
    if not folder.is_dir():
        raise LandingRefused(f"{folder}: no such folder. Name the folder that holds the CSV files.")
    found: dict[Contract, list[Path]] = {}
    unknown = []
    for file in sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")):
        named = [contract for contract in known.values() if contract.names_file(file.name)]
        if not named:
            unknown.append(file.name)
            continue
        header = read_header(file)
        fitting = [contract for contract in named if not contract.missing_from(header)]
        if not fitting:
            nearest = min(named, key=lambda contract: len(contract.missing_from(header)))
            raise LandingRefused(
                f"{file.name}, line 1: missing column {', '.join(nearest.missing_from(header))} of {nearest.name}; "
                f"found {', '.join(header)}. Deliver the column, or mark it optional in contracts/{nearest.name}.toml."
            )
        found.setdefault(max(fitting, key=lambda contract: len(contract.columns)), []).append(file)
    return found, unknown


def read_header(file: Path) -> list[str]:
    """Return the column names in a CSV file's first line.

    Raises:
        LandingRefused: an empty file, text that is not UTF-8, or a column name that is blank or stands twice.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            header = next(csv.reader(lines), [])
    except UnicodeDecodeError as error:
        raise LandingRefused(
            f"{file.name}: not UTF-8 ({error.reason} at byte {error.start}). Save it as UTF-8."
        ) from error
    if not any(name.strip() for name in header):
        raise LandingRefused(f"{file.name}: no header line. Deliver it with column names in its first line.")
    seen: set[str] = set()
    for position, name in enumerate(map(normal, header), start=1):
        if not name or name in seen:
            fault = "has no name" if not name else f"{name!r} stands twice"
            raise LandingRefused(f"{file.name}, line 1, column {position}: {fault}. Name each column once.")
        seen.add(name)
    return header


def deliveries() -> dict[str, dict[str, Any]]:
    """Return what each source table now reads: `{<source>__<table>: {landed, rows, rejected, files, landed_at}}`."""
    manifest = settings.home() / "deliveries.json"
    return json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}


@contextmanager
def connect(read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse file, and close it at the end.

    Raises:
        LandingRefused: another process holds it (a DuckDB file has one writer).
    """
    try:
        con = duckdb.connect(str(settings.warehouse_file()), read_only=read_only)
    except duckdb.IOException as error:
        if "lock" not in str(error).lower():
            raise
        raise LandingRefused(f"The warehouse is in use; wait for the other command to end. ({error})") from error
    try:
        con.execute("SET TimeZone = 'UTC'")
        yield con
    finally:
        con.close()


def _deliver(landed: Iterable[Landed]) -> None:
    """Point the raw models at what has landed, in one atomic step."""
    manifest = settings.home() / "deliveries.json"
    now = datetime.now(UTC).isoformat(timespec="seconds")
    current = deliveries()
    for item in landed:
        if current.get(item.contract.name, {}).get("landed") != item.landed_table:
            current[item.contract.name] = {
                "landed": item.landed_table,
                "rows": item.rows_landed,
                "rejected": item.rows_rejected,
                "files": [f.name for f in item.files],
                "delivered_at": now,
            }
    fresh = manifest.with_suffix(".new")
    fresh.write_text(json.dumps(current, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    fresh.replace(manifest)


def _land_table(con: duckdb.DuckDBPyConnection, contract: Contract, files: Sequence[Path]) -> Landed:
    scans = sorted((_Scan.of(file) for file in files), key=lambda scan: scan.file.name)
    for first, second in pairwise(sorted(scans, key=lambda scan: scan.sha256)):
        if first.sha256 == second.sha256:
            raise LandingRefused(
                f"{first.file.name} and {second.file.name} hold the same bytes; every row of {contract.name} would "
                "count twice. Deliver one of them."
            )
    content = hashlib.sha256("|".join([contract.layout, *(scan.sha256 for scan in scans)]).encode()).hexdigest()
    table = f"{contract.name}__{content[:12]}"
    if known := _already_landed(con, table):
        return Landed(contract, table, known, is_new=False)
    con.execute("BEGIN")
    try:
        columns = [column.name for column in contract.columns]
        columns += sorted({name for scan in scans for name in _unknown(contract, scan)} - set(columns))
        con.execute(f"CREATE TABLE landing.{_q(table)} ({', '.join(f'{_q(name)} VARCHAR' for name in columns)})")
        landed = tuple(_land_file(con, contract, table, scan) for scan in scans)
        _refuse_if_too_many_rejected(con, contract, table, landed)
        con.execute("COMMIT")
    except BaseException:
        con.execute("ROLLBACK")
        raise
    return Landed(contract, table, landed, is_new=True)


def _land_file(con: duckdb.DuckDBPyConnection, contract: Contract, table: str, scan: _Scan) -> LandedFile:
    """Append one file to its landed table, in file order: a record's number there is its rowid + 1."""
    by_header = {normal(column.header): column.name for column in contract.columns}
    names = [by_header.get(normal(name), normal(name)) for name in scan.header]
    before = _count(con, f"landing.{_q(table)}")
    # The sniffer is off: on a ragged file it may take the rows above a bad one for a preamble and drop them silently.
    con.execute(
        f"""
        INSERT INTO landing.{_q(table)} BY NAME
        SELECT * FROM read_csv(
          ?, columns = ?, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
          allow_quoted_nulls = false, max_line_size = {MAX_LINE_BYTES}, store_rejects = true,
          rejects_table = 'rejected', rejects_scan = 'rejected_scan', rejects_limit = 0
        )
        """,
        [str(scan.file), dict.fromkeys(names, "VARCHAR")],
    )
    rows = _count(con, f"landing.{_q(table)}") - before
    rejects = con.execute(
        "SELECT line_byte_position, any_value(ltrim(csv_line, chr(10) || chr(13))), "
        "arg_min(error_message, coalesce(column_idx, 0)) FROM rejected GROUP BY 1 ORDER BY 1"
    ).fetchall()
    con.execute("DROP TABLE rejected; DROP TABLE rejected_scan")
    scan.refuse_if_changed()
    for position, text, reason in rejects:
        con.execute(
            "INSERT INTO landing.reject VALUES (?, ?, ?, ?, ?)",
            [table, scan.file.name, scan.line_at(position), text, reason],
        )
    _refuse_if_unaccounted(con, table, before, scan, rows, [text for _, text, _ in rejects])
    file = LandedFile(
        name=scan.file.name,
        sha256=scan.sha256,
        bytes=scan.bytes,
        rows_in=rows + len(rejects),
        rows_landed=rows,
        rows_rejected=len(rejects),
        blank_lines=scan.blank_lines,
        unknown_columns=tuple(_unknown(contract, scan)),
    )
    con.execute(
        "INSERT INTO landing.file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, now()::TIMESTAMP)",
        [
            table,
            file.name,
            file.sha256,
            file.bytes,
            file.rows_in,
            rows,
            len(rejects),
            scan.blank_lines,
            before + 1,
            [*file.unknown_columns],
        ],
    )
    return file


def _refuse_if_unaccounted(
    con: duckdb.DuckDBPyConnection, table: str, before: int, scan: _Scan, rows: int, rejected: Sequence[str]
) -> None:
    """Hold DuckDB's count to the file's lines: header + landed + rejected + breaks inside fields + blank lines."""
    inside_rejected = sum(text.count(scan.line_break) for text in rejected)
    records = 1 + rows + len(rejected) + inside_rejected
    if records == scan.lines - scan.blank_lines:
        return
    breaks = con.execute(
        f"SELECT coalesce(sum(length(texts) - length(replace(texts, ?, ''))), 0) "
        f"FROM (SELECT concat_ws('', *COLUMNS(*)) AS texts FROM landing.{_q(table)} WHERE rowid >= ?)",
        [scan.line_break, before],
    ).fetchone()[0]
    unaccounted = scan.lines - records - breaks
    # A blank line inside a quoted field is text, not a blank line: it is among `breaks` already.
    if not 0 <= unaccounted <= scan.blank_lines:
        raise LandingRefused(
            f"{scan.file.name}: {scan.lines} lines, of which {unaccounted} became neither a row nor a rejected row. "
            'Look for an unclosed double quote (") or line ends of two kinds.'
        )


def _refuse_if_too_many_rejected(
    con: duckdb.DuckDBPyConnection, contract: Contract, table: str, files: Sequence[LandedFile]
) -> None:
    rows, rejected = sum(f.rows_in for f in files), sum(f.rows_rejected for f in files)
    allowed = MAX_REJECTED_SHARE if contract.max_rejected_share is None else contract.max_rejected_share
    if rejected > rows * allowed:
        worst = con.execute(
            "SELECT file_name, line, reason, left(raw_text, 120) FROM landing.reject WHERE landed_table = ? "
            "ORDER BY 1, 2 LIMIT 5",
            [table],
        ).fetchall()
        raise LandingRefused(
            f"{contract.name}: {rejected} of {rows} rows rejected, more than {allowed:.1%}. Mend the file, or raise "
            f"max_rejected_share in contracts/{contract.name}.toml.\n"
            + "\n".join(f"  {name}, line {line}: {reason} | {text}" for name, line, reason, text in worst)
        )


def _already_landed(con: duckdb.DuckDBPyConnection, table: str) -> tuple[LandedFile, ...]:
    rows = con.execute(
        "SELECT file_name, sha256, bytes, rows_in, rows_landed, rows_rejected, blank_lines, unknown_columns "
        "FROM landing.file WHERE landed_table = ? ORDER BY file_name",
        [table],
    ).fetchall()
    return tuple(LandedFile(*row[:-1], unknown_columns=tuple(row[-1])) for row in rows)


def _unknown(contract: Contract, scan: _Scan) -> list[str]:
    known = {normal(column.header) for column in contract.columns}
    return [normal(name) for name in scan.header if normal(name) not in known]


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return con.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class _Scan:
    """A file's own facts, read before DuckDB reads it: what the rows are held to afterwards."""

    file: Path
    header: tuple[str, ...]
    sha256: str
    bytes: int
    modified: int
    line_break: str
    lines: int
    blank_lines: int

    @classmethod
    def of(cls, file: Path) -> _Scan:
        header, stat, digest = read_header(file), file.stat(), hashlib.sha256()
        breaks, blanks, tail = {b"\n": 0, b"\r": 0}, 0, b""
        with file.open("rb") as source:
            while chunk := source.read(1 << 20):
                digest.update(chunk)
                for mark in breaks:
                    breaks[mark] += chunk.count(mark)
                blanks += len(_BLANK.findall(tail[-3:] + chunk)) - len(_BLANK.findall(tail[-3:]))
                tail = chunk
        mark = b"\n" if breaks[b"\n"] else b"\r"
        return cls(
            file=file,
            header=tuple(header),
            sha256=digest.hexdigest(),
            bytes=stat.st_size,
            modified=stat.st_mtime_ns,
            line_break=mark.decode(),
            lines=breaks[mark] + (not tail.endswith(mark)),
            blank_lines=blanks,
        )

    def refuse_if_changed(self) -> None:
        stat = self.file.stat()
        if (stat.st_size, stat.st_mtime_ns) != (self.bytes, self.modified):
            raise LandingRefused(f"{self.file.name}: it changed while it was read. Deliver it when it is complete.")

    def line_at(self, position: int) -> int:
        """Return the 1-based line of the record at this byte (DuckDB counts from 1, at the break before it)."""
        mark, line, left = self.line_break.encode(), 1, position
        with self.file.open("rb") as source:
            while left > 0 and (chunk := source.read(min(left, 1 << 20))):
                line += chunk.count(mark)
                left -= len(chunk)
        return line


_BLANK = re.compile(rb"(?<=\n)\r?\n|(?<=\r)\r(?!\n)")
