"""Write a first contract for a file that has none, from its profile. An analyst reads it through and keeps it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from loader.contracts import RESERVED
from loader.files import LandingRefused
from loader.profile import profile
from loader.recognition import looks_like_data

SOURCE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

LONGEST_NAME = 60
"""The most characters of a name: published tables and columns may have 64."""

INDEX = re.compile(r"unnamed: \d+", re.I)
"""What pandas calls a column without a name, as its own row numbers are when they are written to a file."""


def draft(file: Path, source: str) -> tuple[str, str]:
    """Return the name of a contract for `file`, `<source>__<table>`, and its text as TOML.

    The contract takes the file that it was drafted from. Types are the narrowest that every value has; a column is
    required where it is part of the key; dates that are not ISO get the format that reads them all, if there is one.

    Raises:
        LandingRefused: the file cannot be read as a table, or `source` is not a valid name for a family.
    """
    if not SOURCE.fullmatch(source):
        raise LandingRefused(
            f"--source {source!r}: not a name for a family of tables. Use lower-case letters, digits and single _, the "
            "first a letter, as in city_hospital."
        )
    found = profile(file)
    if len(found.tables) != 1:
        raise LandingRefused(f"{file}: it holds {len(found.tables)} tables. Name one file.")
    (table,) = found.tables
    plain = re.sub(r"\.(gz|zst)$", "", file.name.lower())
    name = _identifier(Path(plain).stem)
    ignored = [c["column_name"] for c in table["columns"] if INDEX.fullmatch(c["column_name"])]
    columns = [column for column in table["columns"] if column["column_name"] not in ignored]
    ignored += [""] if table["unnamed_columns"] else []
    if not columns:
        raise LandingRefused(f"{file}: no column with a name. Name each column once.")
    names = identifiers(column["column_name"] for column in columns)
    marks = sorted({mark for column in columns for mark in column["null_marks_seen"] or []})
    keys = [key["columns"] for key in table["keys"] if key["duplicates"] == 0 and set(key["columns"]) <= set(names)]
    key = keys[0] if keys else [columns[0]["column_name"]]
    lines = [
        f"# A first contract, drafted from {table['row_count']:,} rows of {quoted(file.name)}.",
        "# Read it through: say what one row is, and what each column may hold.",
        *([] if keys else ["# No column tells all rows apart: the key below is a guess."]),
        *(
            ["# The first line looks like data: if the files have no header, say header = false and name the columns."]
            if looks_like_data(list(names))
            else []
        ),
        f"source = {quoted(source)}",
        f"table = {quoted(name)}",
        f"files = [{', '.join(map(quoted, patterns(plain)))}]",
        f"key = [{', '.join(quoted(names[column]) for column in key)}]",
        f"null_marks = [{', '.join(map(quoted, ['', *marks]))}]",
        *(['encoding = "windows-1252"'] if table["encoding_guessed"] else []),
        *([f"ignore = [{', '.join(map(quoted, ignored))}]"] if ignored else []),
        "",
        "[columns]",
        *(_column(names[column["column_name"]], column, column["column_name"] in key) for column in columns),
    ]
    return f"{source}__{name}", "\n".join(lines) + "\n"


def _column(name: str, column: Mapping[str, Any], is_key: bool) -> str:
    header = column["column_name"]
    kind, form, comment = _type(column)
    fields = [f"header = {quoted(header)}"] if name.upper() != header else []
    fields += [f'type = "{kind}"'] if kind != "VARCHAR" else []
    fields += [f"format = {quoted(form)}"] if form else []
    fields += ["required = true"] if is_key and column["filled"] == column["row_count"] else []
    text = f"{name} = {{ {', '.join(fields)} }}" if fields else f"{name} = {{}}"
    return f"{text}  # {comment}" if comment else text


def _type(column: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
    """Return the type that all values of the column have, the format of a date that is not ISO, and what to say of it.

    One bad value makes it text, for an analyst to judge.
    """
    if column["inferred_fails"]:
        return "VARCHAR", None, None
    formats = column["date_formats"] or []
    if len(formats) == 1:
        return ("TIMESTAMP" if re.search("%[HI]", formats[0]) else "DATE"), formats[0], None
    match column["inferred_type"]:
        case "integer":
            return "BIGINT", None, None
        case "decimal":
            places = column["decimal_places"] or 0
            exact = places <= 4 and not column["exponents"]
            return (f"DECIMAL(18, {max(places, 2)})" if exact else "DOUBLE"), None, None
        case "date":
            return "DATE", None, None
        case "timestamp":
            return "TIMESTAMP", None, None
        case "date as text" if formats:
            return "VARCHAR", None, f"a date: ask the sender which, {' or '.join(formats)}: all fit both"
        case "date as text":
            together = ", ".join(column["date_readings"] or []) or "none that is known here"
            return "VARCHAR", None, f"dates in more than one format ({together}): no one reads them all"
        case _:
            return "VARCHAR", None, None


def identifiers(headers: Iterable[str]) -> dict[str, str]:
    """Return a name for each header: one that needs no quotes, that no other column has, and that is free to take."""
    names: dict[str, str] = {}
    taken = set(RESERVED)
    for header in headers:
        plain = _identifier(header)
        name, number = plain, 2
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        taken.add(name)
        names[header] = name
    return names


def _identifier(text: str) -> str:
    """Return a text as a name that needs no quotes."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    plain = re.sub(r"[\W_]+", "_", ascii_text.lower(), flags=re.ASCII).strip("_")[:LONGEST_NAME].strip("_")
    return plain if plain and not plain[0].isdigit() else f"column_{plain}".rstrip("_")


def patterns(name: str) -> list[str]:
    """Return the patterns that match a file's name, and those of its parts."""
    stem, suffix = (re.sub(r"([*?\[])", r"[\1]", part) for part in (Path(name).stem, Path(name).suffix))
    return [f"{stem}{part}{suffix}" for part in ("", "_*", "-*")]


def quoted(text: str) -> str:
    """Return a TOML string: JSON's escapes are TOML's, which wants one more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
