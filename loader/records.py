"""Which lines of a CSV are rows, and which are not: the exact reading for files that DuckDB finds fault with.

DuckDB says that a row is bad, but not always which: after a stray quote it may name the row before, or begin its text
in the middle of a line. So such a file is read again here, by the grammar alone: what is a record of the right number
of fields goes to a clean copy, what is not goes to the rejected rows, whole line by whole line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

MAX_RECORD_BYTES = 16 * 1024 * 1024
"""The longest record that is a row; a longer one is rejected."""

MAX_KEPT_BYTES = 64 * 1024
"""How much of a rejected row's text is kept; the file has the rest of a longer one."""

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class RejectedRow:
    """Lines of a file that are not rows of its table: the first of them, how many, their text and what is wrong."""

    line: int
    lines: int
    text: str
    reason: str


class Grammar:
    """The records of a file whose rows have `fields` fields, parted by `delimiter`, on lines ended by `line_break`.

    `record` matches a row, with one empty field more at its end at most; `any_record` one of any number of fields;
    `run` up to 500 rows and blank lines, so that what is good is copied in large pieces.
    """

    def __init__(self, fields: int, delimiter: str, line_break: str) -> None:
        """Make the patterns of one file."""
        mark = re.escape(delimiter)
        # A field that does not begin with a quote may hold some. After blanks a quote opens a field for DuckDB, which
        # reads it where nothing in it needs the quotes. The quantifiers are possessive: no backtracking.
        blank = rf' ++"[^"{mark}\r\n]*+"(?=[{mark}\r\n]|\Z)'
        field = rf'(?:"(?:[^"]++|"")*+"|{blank}|(?! ++")[^"{mark}\r\n][^{mark}\r\n]*+|)'
        line_end = r"\r?\n" if line_break == "\n" else r"\r"
        record = rf"{field}(?:{mark}{field}){{{fields - 1}}}{mark}?(?:{line_end}|\Z)"
        self.fields = fields
        self.line_break = line_break.encode()
        self.record = re.compile(record.encode())
        self.any_record = re.compile(rf"{field}(?:{mark}{field})*+(?:{line_end}|\Z)".encode())
        self.run = re.compile(rf"(?:{line_end}|{record}){{0,500}}+".encode())
        self.blank_before_quote = re.compile(rf'(?:^|{mark}) +"'.encode())
        self._separator = re.compile(rf"{field}({mark})".encode())

    def fault(self, piece: bytes) -> str | None:
        """Say why these bytes are not a row, None where they are."""
        if fault := unreadable(piece):
            return fault
        if self.record.fullmatch(piece):
            return None
        if self.any_record.fullmatch(piece):
            return f"Expected Number of Columns: {self.fields} Found: {len(self._separator.findall(piece)) + 1}"
        if self.blank_before_quote.search(piece):
            return "A blank before a double quote that opens a field: remove it."
        if b"\r" in piece.rstrip(b"\r\n"):
            return "A carriage return inside a line: remove it, or quote the field."
        return 'A double quote that is not closed, or not doubled inside a quoted field: "a ""b"" c".'


def unreadable(piece: bytes) -> str | None:
    """Say why no row can be read from these bytes, None where one can."""
    if len(piece) > MAX_RECORD_BYTES:
        return f"Maximum line size of {MAX_RECORD_BYTES} bytes exceeded. Actual size: {len(piece)} bytes."
    try:
        piece.decode()
    except UnicodeDecodeError as error:
        return f"Not utf-8: byte 0x{piece[error.start]:02x} at byte {error.start + 1} of the row."
    return None


def copy_rows(text: Path, grammar: Grammar, copy: Path, has_header: bool = True) -> list[RejectedRow]:
    """Copy the header, if any, and the rows of `text` to `copy`; return the lines that are not rows, in file order."""
    rejected = []
    with text.open("rb") as source, copy.open("wb") as out, mmap(source.fileno(), 0, access=ACCESS_READ) as data:
        at = len(BOM) if data[:3] == BOM else 0
        if has_header and (header := grammar.any_record.match(data, at)):
            out.write(header[0])
            at = header.end()
        line = 1 + data[:at].count(grammar.line_break)
        end = at
        while at < len(data):
            piece = b""
            if at >= end:
                end = grammar.run.match(data, at).end()
                piece = data[at:end] if end - at <= MAX_RECORD_BYTES else b""
            if not piece or unreadable(piece):
                # To the end of the run one by one: one of its rows cannot be read, or all together are large.
                piece = _record_or_line(data, at, grammar)
                if piece.strip(b"\r\n") and (reason := grammar.fault(piece)):
                    rejected.append(_rejected(piece, line, grammar, reason))
                    line, at = line + piece.count(grammar.line_break), at + len(piece)
                    continue
            out.write(piece)
            line, at = line + piece.count(grammar.line_break), at + len(piece)
    return rejected


def _record_or_line(data: mmap, at: int, grammar: Grammar) -> bytes:
    """Return the record that begins here, or where none does, all of the line."""
    if record := grammar.record.match(data, at):
        return record[0]
    end = data.find(grammar.line_break, at)
    return data[at : len(data) if end < 0 else end + 1]


def _rejected(piece: bytes, line: int, grammar: Grammar, reason: str) -> RejectedRow:
    raw = piece.rstrip(b"\r\n")
    text = raw[:MAX_KEPT_BYTES].decode("utf-8", "backslashreplace")
    if len(raw) > MAX_KEPT_BYTES:
        text += f"... ({len(raw):,} bytes in all: the file has the rest)"
    return RejectedRow(line, raw.count(grammar.line_break) + 1, text, reason)
