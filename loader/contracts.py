"""What each delivered table must look like: the files of contracts/, one a table.

A contract names the table's files, columns, key, types and null marks. The loader uses it to recognise and land a
file; models/raw/ uses the same contract, through config.py, to say which landed rows break it.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import duckdb

from loader.files import normal
from loader.resources import Resource, resource
from loader.settings import PROJECT
from loader.sql import first_line

TYPES = ("VARCHAR", "DATE", "TIMESTAMP", "DOUBLE", "BIGINT", "DECIMAL")
"""What a column may be declared as. TIMESTAMP is ISO-8601; a zone in the value is honoured, UTC where there is none.
BIGINT takes a whole number however it is written: 28 and 28.0, not 28.6."""

MOMENTS = ("DATE", "TIMESTAMP")
"""The types that may have a `format`."""

RESERVED = ("source_system", "record_number", "violation", "rowid")
"""Columns that the raw models add to those of a contract, and DuckDB's own, by which they number its rows."""


class ContractError(ValueError):
    """A contract file that cannot be used; the message names the file and what to change."""


@dataclass(frozen=True)
class Column:
    """One column: its `header` in the file, the `type` staging casts it to, and whether it must be there.

    `required`: a row without a value breaks the contract. `optional`: the whole column may be missing from the file.
    `formerly`: the headers that it had in older layouts of the file, the newest first.
    `path`: where it is in a resource of JSON; of several paths, the first that leads to a value.
    `format`: how a DATE or TIMESTAMP is written where it is not ISO-8601, as "%m/%d/%Y", in DuckDB's strptime notation.
    `round`: a DECIMAL of more decimals is rounded to the type's, as coordinates are; without it, such a value breaks
    the contract.
    """

    name: str
    header: str
    type: str = "VARCHAR"
    required: bool = False
    optional: bool = False
    formerly: tuple[str, ...] = ()
    path: str | tuple[str, ...] = ()
    format: str | None = None
    round: bool = False

    @property
    def headers(self) -> tuple[str, ...]:
        """What the column may be called in a file, as `normal` makes it: today's header first."""
        return tuple(map(normal, (self.header, *self.formerly)))


@dataclass(frozen=True)
class Contract:
    """One source table: how its files are recognised and what each of their columns must hold.

    `encoding` is that of files which are neither UTF-8 nor say by a byte order mark what they are; without it, such a
    file is refused or its rows rejected. A pattern of `files` ends in .parquet where Parquet is welcome. `header` is
    False where the first line is a row already: the columns are those of the contract, all of them, in their order.
    `ignore` names columns of the file, by their header, that do not land ("" is a column without a name). `resource` is
    what the table takes out of JSON.
    """

    source: str
    table: str
    files: tuple[str, ...]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    null_marks: tuple[str, ...] = ("",)
    max_rejected_share: float | None = None
    encoding: str | None = None
    header: bool = True
    ignore: tuple[str, ...] = ()
    resource: Resource | None = None

    @property
    def name(self) -> str:
        """The table's name in landing, raw and quarantine: `<source>__<table>`."""
        return f"{self.source}__{self.table}"

    @property
    def layout(self) -> str:
        """A digest of what lands of a file: column names and headers, in their order, and what is left out."""
        shape: list[Any] = [(c.name, c.header) for c in self.columns]
        # Most contracts say neither; their tables keep the names that they landed under before there was either.
        shape += [] if self.header and not self.ignore else [self.header, self.ignore]
        shape += [self.resource.type, self.resource.rows, *(c.path for c in self.columns)] if self.resource else []
        return hashlib.sha256(json.dumps(shape).encode()).hexdigest()

    def names_file(self, file: str) -> bool:
        """Tell whether a file of this name may belong to the table. Case, .gz and .zst do not matter."""
        return any(fnmatch(_uncompressed(file), pattern.lower()) for pattern in self.files)

    def names_whole(self, file: str) -> bool:
        """Tell whether a file of this name is the whole table; one that only a pattern with `*` names is a part."""
        return any(not _is_open(p) and fnmatch(_uncompressed(file), p.lower()) for p in self.files)

    @property
    def needed(self) -> tuple[str, ...]:
        """The headers of the columns that a file of the table must have."""
        return tuple(column.header for column in self.columns if not column.optional)

    @property
    def ignored(self) -> frozenset[str]:
        """The headers that do not land, as `normal` makes them."""
        return frozenset(map(normal, self.ignore))

    def missing_from(self, header: Iterable[str]) -> list[str]:
        """Return the columns that a file with this header lacks, optional ones apart. Case and blanks do not matter."""
        present = {normal(name) for name in header}
        return [c.header for c in self.columns if not c.optional and present.isdisjoint(c.headers)]

    @property
    def known_headers(self) -> frozenset[str]:
        """The headers, of today and of older layouts, that the contract has a column for, as `normal` makes them."""
        return frozenset(header for column in self.columns for header in column.headers)

    def as_variable(self) -> dict[str, Any]:
        """Return the contract as the plain values that config.py hands to the raw models."""
        return {
            "name": self.name,
            "key": list(self.key),
            "null_marks": list(self.null_marks),
            "columns": [asdict(column) | {"formerly": list(column.formerly), "path": None} for column in self.columns],
        }


def _is_open(pattern: str) -> bool:
    """Tell whether a pattern matches several names. [[] is the character [ itself, and so with * and ?."""
    return bool(re.search(r"[*?\[]", re.sub(r"\[[*?\[]\]", "", pattern)))


def _uncompressed(file: str) -> str:
    return file.lower().removesuffix(".gz").removesuffix(".zst")


def load(folder: Path = PROJECT / "contracts") -> Mapping[str, Contract]:
    """Read every contract of `folder`, by name.

    Raises:
        ContractError: a file that is not TOML, lacks a field, declares a type, a format or a key column that does not
            exist, or a column by a name that the raw models use.
    """
    contracts = [_read(file) for file in sorted(folder.glob("*.toml"))]
    return {contract.name: contract for contract in contracts}


def _read(file: Path) -> Contract:
    try:
        raw = _with_tuples(tomllib.loads(file.read_text(encoding="utf-8")))
        columns = tuple(
            Column(name=n, **{"header": n.upper(), **_with_tuples(spec)}) for n, spec in raw.pop("columns").items()
        )
        kind, rows = raw.pop("resource", None), raw.pop("rows", None)
        if any(bool(column.path) != bool(kind) for column in columns):
            raise ValueError("each column has a path where the contract has a resource, and none where it has not")
        taken = resource(kind, rows, [column.path for column in columns]) if kind else None
        contract = Contract(columns=columns, resource=taken, **raw)
    except (KeyError, TypeError, ValueError) as error:
        raise ContractError(f"{file.name}: {error}. docs/extending.md shows the form.") from error
    for fault in _faults(contract):
        raise ContractError(f"{file.name}: {fault}")
    if file.stem != contract.name:
        raise ContractError(f"{file.name}: it declares {contract.name}; name the file {contract.name}.toml.")
    return contract


def _with_tuples(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {field: tuple(value) if isinstance(value, list) else value for field, value in spec.items()}


def _faults(contract: Contract) -> Iterator[str]:
    """Yield what is wrong with a contract, and what to do about it."""
    try:
        codecs.lookup(contract.encoding or "utf-8")
    except LookupError as error:
        yield f"{error}. Name an encoding that Python knows, as windows-1252."
    for column in contract.columns:
        if column.type.split("(")[0].strip() not in TYPES:
            yield f"column {column.name}: type {column.type} is not one of {', '.join(TYPES)}."
        if column.name.lower() in RESERVED:
            another = f'{column.name}_delivered = {{ header = "{column.header}" }}'
            yield f"column {column.name}: a name that the raw models use themselves. Call it another: {another}."
        if column.format is not None:
            yield from _faults_of_format(column)
        if normal(column.header) in contract.ignored:
            yield f"column {column.name} is also under ignore. Take it out of one of them."
    if contract.header not in (True, False):
        yield f"header = {contract.header!r}. It is false where the files have none."
    names = {column.name for column in contract.columns}
    if len({name.lower() for name in names}) < len(contract.columns):
        yield "two columns whose names differ in upper and lower case alone. Rename one."
    if unknown := [name for name in contract.key if name not in names]:
        yield f"key column {unknown[0]} is not among its columns."


def _faults_of_format(column: Column) -> Iterator[str]:
    at = f"column {column.name}:"
    if column.type not in MOMENTS:
        yield f"{at} a format, but its type is {column.type}. Formats are for {' and '.join(MOMENTS)}."
    try:
        duckdb.execute("SELECT try_strptime('', ?)", [column.format])
    except duckdb.Error as error:
        why = first_line(error)
        yield f'{at} format {column.format!r} cannot be used ({why}). Write it as "%m/%d/%Y %H:%M".'
