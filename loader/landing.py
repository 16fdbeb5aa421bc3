"""Land delivered files in DuckDB as immutable text tables named by their content, and never lose a row without a word.

A delivery is a commit: its bytes name its table, so landing the same bytes again does nothing, and `deliveries.json`
says which landed table each source table now reads. config.py hands that to the raw models, whose fingerprints follow.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from rich.progress import Progress

from loader import contracts, feeds, settings
from loader.contracts import Contract
from loader.files import LandingRefused, Layout, SourceFile, literally, normal, read_source
from loader.recognition import UnknownFile, nothing_known, recognise
from loader.records import MAX_RECORD_BYTES
from loader.sql import filled, first_line, quoted

CATALOG = filled(Path(__file__).with_suffix(".sql"))

COPIES = "copies-"
"""How the names of folders of copies begin, in the folder for temporary files."""


@dataclass(frozen=True)
class LandedFile:
    """One file as it was read: rows in = rows landed + rejected; blank lines are not rows.

    `sha256` is of its text, uncompressed and as UTF-8; `read_as` says what was done to get there, nothing for most.
    """

    name: str
    sha256: str
    bytes: int
    rows_in: int
    rows_landed: int
    rows_rejected: int
    blank_lines: int
    unknown_columns: tuple[str, ...] = ()
    read_as: tuple[str, ...] = ()


@dataclass(frozen=True)
class Landed:
    """One source table's delivery by the feed `source_system`: the landed table that its files became.

    `is_new` is False when the bytes were known.
    """

    source_system: str
    contract: Contract
    landed_table: str
    columns: tuple[str, ...]
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
    """What a folder held: the tables landed, and the files that no contract takes."""

    landed: tuple[Landed, ...]
    unknown_files: tuple[UnknownFile, ...] = field(default=())


def land(folder: Path, progress: Progress | None = None, source_system: str | None = None) -> Delivery:
    """Land every file of `folder` that a contract recognises, and make it what the raw models read.

    `source_system` names the feed, so that two hospitals that deliver the same kind of files stay apart; without a
    name, a feed is called after its family.

    All is text: a ZIP keeps its leading zero, and a type is chosen once, in staging. An empty field lands as NULL, a
    quoted empty one ("") as the empty string. A row with too few or too many fields, or a stray quote, goes to
    landing.reject. All tables of a folder are delivered together or not at all.

    Raises:
        LandingRefused: a name that is not the feed's to have, no recognised file, a header that lacks a contract's
            column, a file that cannot be read or that changed while it was read, more rejected rows than allowed, or a
            row that could not be accounted for.
    """
    if source_system is not None:
        feeds.check_name(source_system)
    known = contracts.load()
    recognised, unknown = recognise(folder, known)
    names = feeds.feed_of(source_system, recognised, known, deliveries())
    landed: list[Landed] = []
    with scratch_folder() as scratch, connect() as con:
        total = sum(layout.bytes for files in recognised.values() for layout in files.values())
        task = progress.add_task("landing", total=total) if progress else None
        con.execute(CATALOG)
        for contract, files in recognised.items():
            landed += _land_table(con, names[contract.source], contract, files, scratch)
            if progress and task is not None:
                progress.advance(task, sum(layout.bytes for layout in files.values()))
        left = {f.stem for f in scratch.glob("*.entries/*")} - {c.resource.type for c in recognised if c.resource}
        unknown += [UnknownFile(f"{kind} in bundles") for kind in sorted(left)]
    if not landed:
        raise nothing_known(folder, unknown, known)
    _deliver(landed)
    return Delivery(tuple(landed), tuple(unknown))


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder for copies that nobody but this account can read, and remove it at the end.

    Those that killed commands left are removed too: each command holds a lock on its own.

    Raises:
        LandingRefused: the disk is full, or the temp folder or WAREHOUSE_HOME cannot be written to.
    """
    try:
        settings.open_home()
        settings.temp_folder().mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            with _locked(settings.temp_folder()):  # so that none is found between its making and its locking
                _remove_left_copies(settings.temp_folder())
                made = TemporaryDirectory(prefix=COPIES, dir=settings.temp_folder())
                folder = Path(stack.enter_context(made))
                stack.enter_context(_locked(folder))
            yield folder
    except duckdb.OutOfMemoryException as error:
        raise LandingRefused(f"{first_line(error)}. Raise WAREHOUSE_MEMORY_LIMIT.") from error
    except (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException) as error:
        raise LandingRefused(
            f"{first_line(error)}. Check the free space and the rights on {settings.home()}."
        ) from error
    except OSError as error:
        raise LandingRefused(
            f"{error.filename or settings.home()}: {error.strerror or error}. Check the free space and the rights on "
            f"{settings.home()} and {settings.temp_folder()}."
        ) from error


@contextmanager
def _locked(folder: Path, wait: bool = True) -> Iterator[None]:
    """Hold a lock on a folder, which ends with this process at the latest.

    Raises:
        BlockingIOError: without `wait`, when another process holds it.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def _remove_left_copies(temp: Path) -> None:
    for left in temp.glob(f"{COPIES}*"):
        if left.stat().st_uid != os.getuid():
            continue
        with suppress(BlockingIOError), _locked(left, wait=False):  # a running command's is locked, and stays
            shutil.rmtree(left)


Manifest = dict[str, dict[str, dict[str, Any]]]
"""What is delivered: `{source_system: {<family>__<table>: {landed, columns, rows, rejected, files, delivered_at}}}`."""


def deliveries() -> Manifest:
    """Return what each table of each feed now reads.

    A manifest of version 0.1, which knew no feeds, is read as one feed a family, and written anew in today's form.

    Raises:
        LandingRefused: the manifest is of version 0.1 and another process holds the warehouse.
    """
    file = _manifest_file()
    if not file.exists():
        return {}
    manifest = json.loads(file.read_text(encoding="utf-8"))
    if any("landed" in entry for entry in manifest.values()):
        manifest = _with_feeds(manifest)
        _write(manifest)
    return manifest


def delivered_tables() -> set[str]:
    """Return the landed tables that the next plan reads."""
    return {delivery["landed"] for tables in deliveries().values() for delivery in tables.values()}


def _with_feeds(tables: dict[str, dict[str, Any]]) -> Manifest:
    """Return a manifest of version 0.1 in today's form; the columns of its tables are asked of the warehouse."""
    manifest: Manifest = {}
    with connect(read_only=True) as con:
        for name, entry in tables.items():
            family = name.split("__", 1)[0]
            manifest.setdefault(family, {})[name] = entry | {"columns": list(_columns(con, entry["landed"]))}
    return manifest


def withdraw(source_system: str) -> tuple[str, ...]:
    """Take a feed out of the deliveries, and return the names of its tables: the next plan publishes without it.

    Its landed tables stay until the janitor; landing the same files again brings it back.

    Raises:
        LandingRefused: there is no such feed.
    """
    current = deliveries()
    if source_system not in current:
        there = ", ".join(sorted(current)) or "none: nothing has landed"
        raise LandingRefused(f"{source_system}: no feed of that name. There is {there}.")
    withdrawn = tuple(sorted(current.pop(source_system)))
    _write(current)
    return withdrawn


@contextmanager
def connect(read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse file, and close it at the end.

    Raises:
        LandingRefused: another process holds it (a DuckDB file has one writer).
    """
    try:
        con = duckdb.connect(str(settings.warehouse_file()), read_only=read_only)
        for limit, value in settings.duckdb_limits().items():
            con.execute(f"SET {limit} = '{value}'")
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
    now = datetime.now(UTC).isoformat(timespec="seconds")
    current = deliveries()
    for item in landed:
        feed = current.setdefault(item.source_system, {})
        if feed.get(item.contract.name, {}).get("landed") != item.landed_table:
            feed[item.contract.name] = {
                "landed": item.landed_table,
                "columns": list(item.columns),
                "rows": item.rows_landed,
                "rejected": item.rows_rejected,
                "files": [f.name for f in item.files],
                "delivered_at": now,
            }
    _write(current)


def _manifest_file() -> Path:
    return settings.home() / "deliveries.json"


def _write(manifest: Manifest) -> None:
    fresh = _manifest_file().with_suffix(".new")
    fresh.write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    fresh.replace(_manifest_file())


def _land_table(
    con: duckdb.DuckDBPyConnection, source_system: str, contract: Contract, files: Mapping[Path, Layout], scratch: Path
) -> list[Landed]:
    """Land a table's files, and return what it became; nothing where they are bundles without a resource of its."""
    sources = [read_source(path, layout, scratch, contract.encoding) for path, layout in files.items()]
    if not (sources := [source for source in sources if source.lines]):
        return []
    for first, second in pairwise(sorted(sources, key=lambda source: source.sha256)):
        if first.sha256 == second.sha256:
            raise LandingRefused(
                f"{first.name} and {second.name} hold the same bytes; every row of {contract.name} would count twice. "
                "Deliver one of them."
            )
    content = hashlib.sha256("|".join([contract.layout, *(s.sha256 for s in sources)]).encode()).hexdigest()
    table = f"{contract.name}__{content[:12]}"
    if known := _already_landed(con, table):
        for source in sources:
            source.refuse_if_changed()
        return [Landed(source_system, contract, table, _columns(con, table), known, is_new=False)]
    try:
        landed = _land_sources(con, contract, table, sources)
    except _RowsInDoubt:
        if contract.resource:
            raise  # its lines were looked through already
        landed = _land_sources(con, contract, table, [source.without_bad_rows(scratch) for source in sources])
    return [Landed(source_system, contract, table, _columns(con, table), landed, is_new=True)]


def _land_sources(
    con: duckdb.DuckDBPyConnection, contract: Contract, table: str, sources: Sequence[SourceFile]
) -> tuple[LandedFile, ...]:
    """Land the files as one table, in one transaction."""
    con.execute("BEGIN")
    try:
        delivered = {name for source in sources for name in _landed_names(contract, source) if name}
        columns = [column.name for column in contract.columns if column.name in delivered]
        columns += sorted(delivered - set(columns))
        con.execute(
            f"CREATE TABLE landing.{quoted(table)} ({', '.join(f'{quoted(name)} VARCHAR' for name in columns)})"
        )
        landed = tuple(_land_file(con, contract, table, source) for source in sources)
        _refuse_if_too_many_rejected(con, contract, table, landed, sources)
        if contract.resource:
            _drop_what_no_resource_has(con, contract, table)
        con.execute("COMMIT")
    except BaseException:
        # An error such as a full disk has ended the transaction already.
        with suppress(duckdb.TransactionException):
            con.execute("ROLLBACK")
        raise
    return landed


def _drop_what_no_resource_has(con: duckdb.DuckDBPyConnection, contract: Contract, table: str) -> None:
    """Drop the columns without a value: resources name what they have, and what none has was not delivered."""
    names = [column.name for column in contract.columns if not column.required]
    counts = "".join(f", count({quoted(name)})" for name in names)
    filled_rows = con.execute(f"SELECT count(*){counts} FROM landing.{quoted(table)}").fetchone()[1:]
    for name in (name for name, n in zip(names, filled_rows, strict=True) if not n):
        con.execute(f"ALTER TABLE landing.{quoted(table)} DROP COLUMN {quoted(name)}")


def _land_file(con: duckdb.DuckDBPyConnection, contract: Contract, table: str, source: SourceFile) -> LandedFile:
    """Append one file to its landed table, in file order: a record's number there is its rowid + 1.

    Raises:
        _RowsInDoubt: DuckDB found a bad row, or its rows do not account for the lines of the file.
        LandingRefused: so even for the file without its bad rows, or the file changed, or there is no room.
    """
    before = con.execute(f"SELECT count(*) FROM landing.{quoted(table)}").fetchone()[0]
    names = _landed_names(contract, source)
    kept = [name for name in names if name]
    try:
        rows = append(con, f"landing.{quoted(table)}", source, names)
        _check_every_line_is_accounted_for(con, table, before, source, rows, names)
    except duckdb.InvalidInputException as error:
        raise _RowsInDoubt(f"{source.name}: not readable ({first_line(error)}).") from error
    except duckdb.OutOfMemoryException as error:
        raise LandingRefused(f"{source.name}: {first_line(error)}. Raise WAREHOUSE_MEMORY_LIMIT.") from error
    finally:
        source.refuse_if_changed()
    con.execute(
        "INSERT INTO landing.reject SELECT ?, ?, unnest(?::BIGINT[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
        [table, source.name, *([getattr(row, part) for row in source.rejected] for part in ("line", "text", "reason"))],
    )
    file = LandedFile(
        name=source.name,
        sha256=source.sha256,
        bytes=source.bytes,
        rows_in=rows + len(source.rejected),
        rows_landed=rows,
        rows_rejected=len(source.rejected),
        blank_lines=source.blank_lines,
        unknown_columns=tuple(
            name for name in kept if name not in {column.name for column in contract.columns} | contract.known_headers
        ),
        read_as=source.notes,
    )
    facts = asdict(file)
    record = {"landed_table": table, "file_name": facts.pop("name"), "first_record": before + 1, **facts}
    con.execute("INSERT INTO landing.file BY NAME SELECT now()::TIMESTAMP AS landed_at, unnest(?)", [record])
    return file


class _RowsInDoubt(LandingRefused):
    """DuckDB found fault with a file; which rows are bad is for `SourceFile.without_bad_rows` to say."""


def append(con: duckdb.DuckDBPyConnection, relation: str, source: SourceFile, names: Sequence[str | None]) -> int:
    """Append a file to a table of text columns, in file order, and return how many rows that is.

    `names` are its columns' names there, one for each column of the file; None leaves a column out.

    Raises:
        duckdb.InvalidInputException: a row does not have the columns of the header; nothing was appended.
    """
    read, parameters, columns = _reading(source)
    kept = [f"{quoted(column)}::VARCHAR AS {quoted(name)}" for column, name in zip(columns, names, strict=True) if name]
    query = f"INSERT INTO {relation} BY NAME SELECT {', '.join(kept)} FROM {read}"
    return con.execute(query, parameters).fetchone()[0]


def _reading(source: SourceFile) -> tuple[str, list[Any], tuple[str, ...]]:
    """Return the SQL that reads a file, its parameters, and what the file's columns are called there."""
    if source.layout.is_parquet:
        return "read_parquet(?)", [literally(source.text)], source.layout.header
    columns = tuple(f"c{position}" for position in range(len(source.layout.header)))
    if source.layout.resource:
        return f"({source.layout.resource.query})", [literally(source.text)], columns
    # The sniffer is off: on a ragged file it may take the rows above a bad one for a preamble and drop them silently.
    read = f"""
      read_csv(
        ?, columns = ?, auto_detect = false, header = {source.layout.has_header}, delim = ?, quote = '"', escape = '"',
        allow_quoted_nulls = false, max_line_size = {MAX_RECORD_BYTES + 1}
      )
    """
    return read, [literally(source.text), dict.fromkeys(columns, "VARCHAR"), source.layout.delimiter], columns


def _check_every_line_is_accounted_for(
    con: duckdb.DuckDBPyConnection, table: str, before: int, source: SourceFile, rows: int, names: Sequence[str | None]
) -> None:
    """Hold DuckDB's count to the file's lines: header + landed + rejected + breaks inside fields + blank lines.

    Raises:
        _RowsInDoubt: they differ.
    """
    records = source.header_lines + rows + sum(row.lines for row in source.rejected)
    if source.layout.resource:
        resources, expected = con.execute(source.layout.resource.counts, [literally(source.text)]).fetchone()
        if (rows, records - rows + resources) != (expected, source.lines - source.blank_lines):
            found = f"{source.lines} lines with {resources} resources and {expected} rows"
            raise _RowsInDoubt(f"{source.name}: {found}, of which {rows} landed. Look for line ends of two kinds.")
        return
    if records == source.lines - source.blank_lines:
        return
    rows_read, parameters = f"landing.{quoted(table)} WHERE rowid >= ?", [before]
    if not all(names):
        # A column that was left out may hold line breaks too: they are counted in the file.
        rows_read, parameters, _ = _reading(source)
    breaks = con.execute(
        f"SELECT coalesce(sum(length(texts) - length(replace(texts, ?, ''))), 0) "
        f"FROM (SELECT concat_ws('', *COLUMNS(*)) AS texts FROM {rows_read})",
        [source.line_break, *parameters],
    ).fetchone()[0]
    unaccounted = source.lines - records - breaks
    # A blank line inside a quoted field is text, not a blank line: it is among `breaks` already.
    if not 0 <= unaccounted <= source.blank_lines:
        raise _RowsInDoubt(
            f"{source.name}: {source.lines} lines, of which {unaccounted} became neither a row nor a rejected row. "
            'Look for an unclosed double quote (") or line ends of two kinds.'
        )


def _refuse_if_too_many_rejected(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    table: str,
    files: Sequence[LandedFile],
    sources: Sequence[SourceFile],
) -> None:
    rows, rejected = sum(f.rows_in for f in files), sum(f.rows_rejected for f in files)
    allowed = settings.max_rejected_share() if contract.max_rejected_share is None else contract.max_rejected_share
    if rejected > rows * allowed:
        declared = f"contracts/{contract.name}.toml"
        lines = [
            f"{contract.name}: {rejected} of {rows} rows rejected, more than {allowed:.1%}. Mend the file, or raise "
            f"max_rejected_share in {declared}."
        ]
        worst = "file_name, line, reason, left(raw_text, 120) FROM landing.reject WHERE landed_table = ? ORDER BY 1, 2"
        for name, line, reason, text in con.execute(f"SELECT {worst} LIMIT 5", [table]).fetchall():
            lines.append(f"  {name}, line {line}: {reason} | {text}")
        for source in (source for source in sources if source.first_bad_line):
            remedy = f'if it is Windows-1252, add encoding = "windows-1252" to {declared}.'
            lines.append(f"  {source.name} is not UTF-8 from line {source.first_bad_line} on: {remedy}")
        raise LandingRefused("\n".join(lines))


def _already_landed(con: duckdb.DuckDBPyConnection, table: str) -> tuple[LandedFile, ...]:
    rows = con.execute(
        "SELECT file_name, sha256, bytes, rows_in, rows_landed, rows_rejected, blank_lines, unknown_columns, "
        "coalesce(read_as, []) FROM landing.file WHERE landed_table = ? ORDER BY file_name",
        [table],
    ).fetchall()
    return tuple(LandedFile(*(tuple(v) if isinstance(v, list) else v for v in row)) for row in rows)


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> tuple[str, ...]:
    """Return the columns of a landed table, in their order."""
    rows = con.execute(
        "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'landing' AND table_name = ? "
        "ORDER BY column_index",
        [table],
    ).fetchall()
    return tuple(name for (name,) in rows)


def _landed_names(contract: Contract, source: SourceFile) -> list[str | None]:
    """Return the landed name of each column of the file: the contract's, or its own where the contract has none.

    It is None for a column that the contract ignores. One that the contract has under a newer header keeps its own
    name, by which the raw models find it. A column of the file's own that bears a name which is taken (rowid is
    DuckDB's) lands as `<name>_delivered`.
    """
    by_header = {normal(column.header): column.name for column in contract.columns}
    taken = {column.name for column in contract.columns} | {"rowid"}
    headers = [normal(name) for name in source.layout.header]
    own = {name: f"{name}_delivered" if name in taken else name for name in headers}
    return [None if name in contract.ignored else by_header.get(name, own[name]) for name in headers]
