"""A delivered file as it really comes, made into text that DuckDB reads exactly, and counted before it does.

Nothing is guessed where a guess could change a value. The delimiter is the one under which the header holds the
contract's columns; gzip, zstd, UTF-16 and Parquet are known by the file's own first bytes; an encoding that the bytes
do not prove (Windows-1252, say) is used only where the contract declares it.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import sleep, time
from typing import IO, Any

import duckdb
from backports import zstd

from loader import settings
from loader.records import MAX_RECORD_BYTES, Grammar, RejectedRow, copy_rows
from loader.resources import Resource, is_document, parsed, split
from loader.sql import first_line

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}
"""The delimiters that are tried on a header, with the word for each."""

MAX_HEADER_BYTES = 1024 * 1024
"""The longest header that is read: a file without a line end in its first megabyte is not a CSV file."""

MAX_COLUMNS = 4096
"""The most columns of a table: as many as MySQL can have, landed by DuckDB in seconds; 20,000 take it minutes."""

MAX_BUNDLE_BYTES = 512 * 1024 * 1024
"""The largest bundle: it is read whole, into ten times as much memory."""

csv.field_size_limit(MAX_HEADER_BYTES)  # under a delimiter that is not the file's, all of a header is one field

CHUNK_BYTES = 1024 * 1024

CLOCK_TICK = 0.02
"""The seconds in which two changes of a file may bear one time: the clock of a file system ticks every 10 ms."""

COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""Byte order marks, with the codec that reads the text behind them."""

NO_CSV = {
    b"PK\x03\x04": "a zip archive or an Excel workbook. Deliver the CSV in it",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook. Export its sheet as CSV (UTF-8)",
    b"%PDF": "a PDF. Deliver the table as CSV",
    b"SQLite format 3": "an SQLite database. Export the table as CSV",
    b"version https://git-lfs.github.com/spec/": "a Git LFS pointer, not the file itself. Fetch it: git lfs pull",
    b"<!doctype html": "an HTML page, as a failed download leaves. Download the table itself",
    b"<html": "an HTML page, as a failed download leaves. Download the table itself",
}
"""What is often delivered under a CSV's name, by its first bytes in lower or upper case."""


CHANGED = "it changed while it was read. Deliver it when it is complete."


class LandingRefused(Exception):
    """A folder or file that cannot be read without losing something; nothing of the table was changed."""


@dataclass(frozen=True)
class Layout:
    """How a file is to be read: by its own first bytes, nothing guessed. `delimiter` is "" for Parquet and JSON.

    `header` are the names of its columns, as they stand in the file; where `has_header` is False, its contract's.
    `identity` is that of the file before its first byte was read. `resource` is what to take out of JSON.
    """

    header: tuple[str, ...]
    delimiter: str
    codec: str
    identity: tuple[int, ...]
    compression: str | None = None
    has_header: bool = True
    resource: Resource | None = None

    @property
    def bytes(self) -> int:
        """The size of the file."""
        return self.identity[-1]

    @property
    def is_parquet(self) -> bool:
        """Whether it is Parquet, whose columns and rows the file itself names."""
        return self.codec == "parquet"


@dataclass(frozen=True)
class SourceFile:
    """A file's own facts, gathered before DuckDB reads it: what the rows are held to afterwards.

    `text` is what DuckDB reads: the file itself, or a UTF-8 copy in the temp folder where it was compressed, in
    another encoding or of mixed line ends. `sha256` is of that text, so that a file and its gzip are the same content.
    `lines` counts the header too. `first_bad_line` is the line of the first byte that is not UTF-8, None where all is.
    """

    path: Path
    text: Path
    layout: Layout
    sha256: str
    bytes: int
    line_break: str
    lines: int
    blank_lines: int
    mixed_line_ends: bool = False
    first_bad_line: int | None = None
    notes: tuple[str, ...] = ()
    rejected: tuple[RejectedRow, ...] = ()

    @property
    def name(self) -> str:
        """The file's name as it was delivered."""
        return self.path.name

    @property
    def header_lines(self) -> int:
        """Lines that the header takes: none without one, several where a quoted column name holds a line break."""
        if not self.layout.has_header:
            return 0
        return 1 + sum(name.count(self.line_break) for name in self.layout.header)

    def refuse_if_changed(self) -> None:
        """Refuse a file that is no longer the one that was counted.

        Raises:
            LandingRefused: its size, times or place on disk differ, or it is gone.
        """
        with suppress(OSError):
            if _identity(self.path) == self.layout.identity:
                return
        raise LandingRefused(f"{self.name}: {CHANGED}")

    def without_bad_rows(self, scratch: Path) -> SourceFile:
        """Return the file with a clean copy as its text, and the lines that are not rows as `rejected`.

        Raises:
            LandingRefused: its header cannot be read, and without it no row can.
        """
        if self.layout.is_parquet:
            return self
        copy = scratch / f"{self.text.name}.{hash(self.layout):x}.rows"
        csv_rows = Grammar(len(self.layout.header), self.layout.delimiter, self.line_break)
        with _refusing(self.path):
            grammar = self.layout.resource or csv_rows
            rejected = (*self.rejected, *copy_rows(self.text, grammar, copy, self.layout.has_header))
        if self.layout.has_header and rejected and rejected[0].line == 1:
            raise LandingRefused(f"{self.name}, line 1: the header is not a valid line of CSV. {rejected[0].reason}")
        return replace(self, rejected=rejected, text=copy)


def read_layout(path: Path, expected: Sequence[str] = (), encoding: str | None = None) -> Layout:
    """Read how a file is laid out: compression, encoding, delimiter and first line, from its first bytes.

    `expected` are column names: of the delimiters, the one that finds most of them is taken, or that finds as many
    columns; the comma before others. Without them, the one that finds most columns. `encoding` is for text that no byte
    order mark and no UTF-8 explains. The header is as it stands: `refuse_bad_header` judges it.

    Raises:
        LandingRefused: not a regular readable file, nothing that can be read as a table, damaged compression, no header
            line, or text in no known encoding.
    """
    layout, head = _opened(path)
    if layout.is_parquet:
        with _refusing(path):
            columns = _of_parquet(path, "DESCRIBE FROM read_parquet(?)")
            return replace(layout, header=tuple(name for name, *_ in columns))
    if len(head) == MAX_HEADER_BYTES and not re.search(rb"[\r\n]", head):
        raise LandingRefused(
            f"{path.name}, line 1: no header, for no line ends in the first {MAX_HEADER_BYTES:,} bytes. Deliver it "
            "with column names in its first line, and a line for each row."
        )
    text = _head_text(path, head, layout.codec, encoding)
    headers = {delimiter: _first_record(path, text, delimiter) for delimiter in DELIMITERS}
    if text.lstrip("\ufeff").lower().startswith("sep="):
        mark = text.splitlines()[0]
        raise LandingRefused(f"{path.name}, line 1: Excel's {mark} is not a header. Take that line out.")
    wanted = {normal(name) for name in expected}

    def fit(mark: str) -> tuple[int, int]:
        found = headers[mark]
        columns = len(found) == len(expected) if expected else len(found)
        return len(wanted & {normal(name) for name in found}), columns

    delimiter = max(headers, key=fit)
    return replace(layout, header=tuple(headers[delimiter]), delimiter=delimiter)


def read_resource_layout(path: Path) -> tuple[Layout, set[str]]:
    """Read how a file of JSON is laid out, and which types of resources its first bytes name; refuse what cannot be."""
    layout, head = _opened(path)
    types = re.findall(r'"resourceType"\s*:\s*"(\w+)"', head.decode(layout.codec, "replace"))
    return replace(layout, has_header=False), set(types)


def _opened(path: Path) -> tuple[Layout, bytes]:
    """Return a file's layout but for its header, and the first bytes of its text."""
    with _refusing(path):
        if not path.is_file():
            raise LandingRefused(f"{path.name}: {_what(path)}. Deliver the file itself.")
        identity = _settled(path)
        with path.open("rb") as source:
            start = source.read(64)
        for magic, what in NO_CSV.items():
            if start.startswith(magic) or start.lower().startswith(magic):
                raise LandingRefused(f"{path.name}: it is {what}.")
        compression = next((name for magic, name in COMPRESSIONS.items() if start.startswith(magic)), None)
        with _open(path, compression) as source:
            head = source.read(MAX_HEADER_BYTES)
        codec = next((codec for mark, codec in MARKS.items() if head.startswith(mark)), "utf-8")
        return Layout((), "", "parquet" if start.startswith(b"PAR1") else codec, identity, compression), head


def refuse_bad_header(path: Path, header: Sequence[str], ignored: Container[str] = ()) -> None:
    """Refuse columns that no table can have: too many, or by their names, apart from those that are `ignored`.

    Raises:
        LandingRefused: there are more than MAX_COLUMNS, or a name is blank, appears twice or holds a NUL byte.
    """
    if len(header) > MAX_COLUMNS:
        raise LandingRefused(
            f"{path.name}, line 1: {len(header):,} columns, and a table has at most {MAX_COLUMNS:,}. Deliver it in "
            "several tables of fewer columns, each with the key, or with a row for each value."
        )
    seen: set[str] = set()
    for position, name in enumerate(map(normal, header), start=1):
        if name in ignored:
            continue
        if not name or name in seen or "\0" in name:
            fault = "has no name" if not name.strip("\0") else f"{name[:60]!r} appears twice"
            fault = f"{name[:60]!r} holds a NUL byte" if "\0" in name.strip("\0") else fault
            remedy = "Name each column once." if name else 'Name it, or leave it out: ignore = [""] in its contract.'
            raise LandingRefused(f"{path.name}, line 1, column {position}: {fault}. {remedy}")
        seen.add(name)


def read_source(path: Path, layout: Layout, scratch: Path, encoding: str | None = None) -> SourceFile:
    """Hash and count a file of this layout, making a UTF-8 copy of it in the folder `scratch` where DuckDB needs one.

    A file that is UTF-8, uncompressed and of one kind of line end is read where it lies, once.

    Raises:
        LandingRefused: it cannot be read to its end, or does not hold the text that its encoding promises.
    """
    with _refusing(path):
        notes, text = [], path
        if layout.is_parquet:
            ((rows,),) = _of_parquet(path, "SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata(?)")
            with path.open("rb") as source:
                digest = hashlib.file_digest(source, "sha256").hexdigest()
            return SourceFile(path, path, layout, digest, layout.bytes, "\n", rows + 1, 0)
        if layout.compression or layout.codec == "utf-16":
            text = scratch / f"{path.name}.txt"
            decoded = partial(_decoded, path, codec=layout.codec)
            _copy(path, text, lambda chunks: _within_limits(path, layout, decoded(chunks)), layout.compression)
            notes += [layout.compression] if layout.compression else []
            notes += ["UTF-16"] if layout.codec == "utf-16" else []
        if layout.delimiter not in {",", ""}:
            notes.append(f"split at {DELIMITERS[layout.delimiter]}")
        counted = _counted(path, text, layout)
        if counted.first_bad_line and encoding:
            notes.append(f"{encoding} by contract")
            copy = _copy(text, scratch / f"{path.name}.utf8", lambda chunks: _decoded(path, chunks, encoding))
            counted = _counted(path, copy, layout)
        if layout.resource:
            return replace(_of_resources(counted, scratch), notes=tuple(notes))
        if counted.mixed_line_ends:
            notes.append("line ends of two kinds made one")
            counted = _counted(path, _copy(counted.text, scratch / f"{path.name}.lines", _one_line_end), layout)
        return replace(counted, notes=tuple(notes))


def _of_resources(source: SourceFile, scratch: Path) -> SourceFile:
    """Return the file with a copy of its resources of one type as its text; without lines where it holds none."""
    if not is_document(source.name):
        if source.lines == source.blank_lines:
            raise LandingRefused(f"{source.name}: no resource in it. Deliver it with some, or leave it out.")
        return source.without_bad_rows(scratch)
    folder = scratch / f"{hash(source.layout.identity):x}.entries"
    try:
        if source.text.stat().st_size > MAX_BUNDLE_BYTES:
            raise ValueError(f"more than {MAX_BUNDLE_BYTES:,} bytes of JSON in one bundle")
        if not folder.exists():
            split(parsed(source.text.read_text(encoding="utf-8-sig")), folder)
    except (TypeError, ValueError) as error:
        raise LandingRefused(f"{source.name}: {error}. Deliver it again, or its resources as NDJSON.") from error
    # The lines of a bundle are its entries, and those of other types are blank.
    if not (text := folder / f"{source.layout.resource.type}.ndjson").exists():
        return replace(source, lines=0)
    return replace(_counted(source.path, text, source.layout), sha256=source.sha256).without_bad_rows(scratch)


def literally(path: Path) -> str:
    """Return a path that DuckDB takes as it stands: a folder named `2024 [final]*` is not a pattern."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def normal(header: str) -> str:
    """Return a column name as it is compared: without surrounding blanks, in lower case."""
    return header.strip().lower()


def _counted(path: Path, text: Path, layout: Layout) -> SourceFile:
    """Read the text once: its hash, its lines by each kind of line end, blank lines, and where it stops being UTF-8."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    newlines = returns = pairs = blanks = 0
    bad_line, tail = None, b"" if layout.has_header else b"\n"
    with text.open("rb") as source:
        for chunk in _chunks(source):
            digest.update(chunk)
            if bad_line is None and not (chunk.isascii() and not decoder.getstate()[0]):
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    before = len(decoder.getstate()[0])
                    bad_line = 1 + newlines + chunk.count(b"\n", 0, max(0, error.start - before))
            ends = chunk.count(b"\n")
            newlines += ends
            marks: tuple[bytes, ...] = (b"\n\n",)  # how a blank line can look here
            if b"\r" in chunk or b"\r" in tail[-3:]:
                carriages, both = chunk.count(b"\r"), chunk.count(b"\r\n")
                returns += carriages
                pairs += both
                only_pairs = ends == carriages == both and not tail.endswith(b"\r")
                marks = (b"\n\r",) if only_pairs else (b"\n\n", b"\n\r", b"\r\r")
            pairs += tail.endswith(b"\r") and chunk.startswith(b"\n")
            seam = tail[-3:] + chunk
            # A search for a fixed text is ten times as fast as the pattern; most files have no blank line at all.
            if any(mark in seam for mark in marks):
                blanks += len(_BLANK.findall(seam)) - len(_BLANK.findall(tail[-3:]))
            tail = chunk
    if bad_line is None and decoder.getstate()[0]:
        bad_line = newlines + 1
    mark = "\n" if newlines or not returns else "\r"
    return SourceFile(
        path=path,
        text=text,
        layout=layout,
        sha256=digest.hexdigest(),
        bytes=layout.bytes,
        line_break=mark,
        lines=(newlines or returns) + (not tail.endswith(mark.encode())),
        blank_lines=blanks,
        mixed_line_ends=0 < pairs == returns < newlines,
        first_bad_line=bad_line,
    )


_BLANK = re.compile(rb"(?<=\n)\r?\n|(?<=\r)\r(?!\n)")


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(CHUNK_BYTES):
        yield chunk


def _decoded(path: Path, chunks: Iterable[bytes], codec: str) -> Iterator[bytes]:
    """Yield the text of a codec as UTF-8. UTF-8 itself passes as it is: DuckDB judges it row by row."""
    if codec.startswith("utf-8"):
        yield from chunks
        return
    decoder, line = codecs.getincrementaldecoder(codec)(), 1
    try:
        for chunk in chunks:
            text = decoder.decode(chunk)
            line += text.count("\n")
            yield text.encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise LandingRefused(
            f"{path.name}, at or after line {line}: not {codec} ({_reason(error)}). Save it as UTF-8."
        ) from error


def _within_limits(path: Path, layout: Layout, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the text of a file; of one that is compressed no more than can land, for a few bytes may unpack to a disk.

    Raises:
        LandingRefused: it unpacks to more than it may, or to a line that is longer than any row.
    """
    if not layout.compression:
        yield from chunks
        return
    is_bundle = layout.resource is not None and is_document(path.name)
    most = settings.max_unpacked_bytes(layout.bytes)
    unpacked = length = newlines = returns = 0
    for chunk in chunks:
        yield chunk
        unpacked += len(chunk)
        if is_bundle and unpacked > MAX_BUNDLE_BYTES:
            return  # that is enough to refuse it for
        if unpacked > most:
            raise LandingRefused(
                f"{path.name}: it unpacks from {layout.bytes:,} bytes to more than {most:,}. If it should, deliver it "
                "in parts, free space in the temp folder, or raise WAREHOUSE_MAX_UNPACKED_BYTES."
            )
        first = re.search(rb"[\r\n]", chunk)
        if not is_bundle and length + (first.start() if first else len(chunk)) > MAX_RECORD_BYTES:
            raise LandingRefused(
                f"{path.name}, line {1 + (newlines or returns):,}: longer than {MAX_RECORD_BYTES:,} bytes. Mend it, or "
                "deliver the file uncompressed: then that line alone is rejected."
            )
        last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        length = len(chunk) - 1 - last + (length if last < 0 else 0)
        newlines += chunk.count(b"\n")
        returns += chunk.count(b"\r")


def _one_line_end(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the text with each CRLF outside double quotes as LF; what stands inside quotes is left as it is."""
    quoted, held = False, b""
    for chunk in chunks:
        data, held = held + chunk, b""
        if data.endswith(b"\r"):
            data, held = data[:-1], b"\r"
        parts = data.split(b'"')
        for index, part in enumerate(parts):
            if not quoted:
                parts[index] = part.replace(b"\r\n", b"\n")
            quoted = quoted != (index < len(parts) - 1)
        yield b'"'.join(parts)
    yield held


def _copy(text: Path, copy: Path, changed: Callable[..., Iterator[bytes]], compression: str | None = None) -> Path:
    with _open(text, compression) as source, copy.open("wb") as out:
        out.writelines(changed(_chunks(source)))
    return copy


@contextmanager
def _open(path: Path, compression: str | None) -> Iterator[IO[bytes]]:
    openers = {"gzip": gzip.open, "zstd": zstd.open}
    with openers[compression](path, "rb") if compression else path.open("rb") as source:
        yield source  # type: ignore[misc]


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Turn what reading a file can raise into a refusal that names it and says what to do."""
    try:
        yield
    except (gzip.BadGzipFile, zlib.error, zstd.ZstdError, EOFError) as error:
        raise LandingRefused(
            f"{path.name}: damaged or cut short ({error}). Deliver it again; test it first with gzip -t or zstd -t."
        ) from error
    except FileNotFoundError as error:
        raise LandingRefused(f"{path.name}: {CHANGED}") from error
    except PermissionError as error:
        raise LandingRefused(
            f"{path.name}: no permission to read it. Give this account read access (chmod u+r)."
        ) from error
    except OSError as error:
        where = f" ({error.filename})" if error.filename and Path(error.filename) != path else ""
        raise LandingRefused(
            f"{path.name}: {error.strerror or error}{where}. Check the disk, and the free space of the temp folder "
            "(WAREHOUSE_TEMP_FOLDER)."
        ) from error
    except duckdb.Error as error:
        raise LandingRefused(
            f"{path.name}: not readable as Parquet ({first_line(error)}). Deliver it again."
        ) from error


def _what(path: Path) -> str:
    """Say what stands where a regular file should."""
    if path.is_symlink():
        return "a symbolic link that leads to no file, or in a circle"
    if path.is_dir():
        return "a folder"
    return "not a regular file" if path.exists() else "no such file"


def _head_text(path: Path, head: bytes, codec: str, encoding: str | None) -> str:
    """Return the header line's text, in the first encoding that explains its bytes."""
    even, odd = head[0:200:2].count(0), head[1:200:2].count(0)
    if codec == "utf-8" and max(even, odd) > len(head[:200]) // 4 > min(even, odd):
        raise LandingRefused(
            f"{path.name}: it looks like UTF-16 without a byte order mark. Save it as UTF-8, or as UTF-16 with one."
        )
    if codec == "utf-16":
        # Judged to its end when it is copied.
        return head.decode(codec, "replace")
    for tried in filter(None, (codec, encoding)):
        try:
            return _header_part(head).decode(tried)
        except LookupError as error:
            raise LandingRefused(f"{path.name}: {error}. Name one that Python knows, as windows-1252.") from error
        except UnicodeError as error:
            failed = error
    raise LandingRefused(
        f"{path.name}, line 1: not UTF-8 ({_reason(failed)}). Save it as UTF-8, or say what it is in its contract: "
        'encoding = "windows-1252".'
    )


def _header_part(head: bytes) -> bytes:
    """Return the header line alone, so that a bad byte below it judges rows and not the file."""
    ends = [at for at in (head.find(b"\n"), head.find(b"\r")) if at >= 0]
    first = min(ends, default=len(head))
    # A quoted column name may hold a line break: take lines until the quotes are closed.
    while head.count(b'"', 0, first) % 2 and (after := head.find(b"\n", first + 1)) > 0:
        first = after
    return head[: first + 1]


def _first_record(path: Path, text: str, delimiter: str) -> list[str]:
    """Return the fields of the first record."""
    try:
        header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False), [])
    except csv.Error as error:
        raise LandingRefused(f"{path.name}, line 1: no header that can be read ({error}).") from error
    if not any(name.strip() for name in header):
        raise LandingRefused(f"{path.name}: no header line. Deliver it with column names in its first line.")
    return header


def _of_parquet(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as con:
        return con.execute(query, [literally(path)]).fetchall()


def _identity(path: Path) -> tuple[int, ...]:
    """Return what cannot stay the same when a file, or the link that leads to it, is replaced or written to."""
    parts = ("st_dev", "st_ino", "st_mtime_ns", "st_ctime_ns", "st_size")
    return tuple(getattr(stat, part) for stat in (path.lstat(), path.stat()) for part in parts)


def _settled(path: Path) -> tuple[int, ...]:
    """Return the identity of a file that is about to be read, when a change from now on would show in its times."""
    identity = _identity(path)
    if 0 <= time() - path.stat().st_ctime < CLOCK_TICK:
        sleep(CLOCK_TICK)
    return identity


def _reason(error: UnicodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte 0x{error.object[error.start]:02x}: {error.reason}"
    return str(error)
