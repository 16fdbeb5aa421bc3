"""Write a first contract for a file that has none, from its profile. An analyst reads it through and keeps it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from loader.files import LandingRefused
from loader.profile.compute import profile


def draft(file: Path, source: str) -> tuple[str, str]:
    """Return the name of a contract for `file`, `<source>__<table>`, and its text as TOML.

    Types are the narrowest that every value has; a column is required where it is part of the key.

    Raises:
        LandingRefused: the file cannot be read as a table.
    """
    found = profile(file)
    if len(found.tables) != 1:
        raise LandingRefused(f"{file}: it holds {len(found.tables)} tables. Name one file.")
    (table,) = found.tables
    name = _identifier(table["table_name"])
    suffix = Path(file.name.lower().removesuffix(".gz").removesuffix(".zst")).suffix or ".csv"
    marks = sorted({mark for column in table["columns"] for mark in column["null_marks_seen"] or []})
    keys = [key["columns"] for key in table["keys"] if key["duplicates"] == 0]
    key = keys[0] if keys else [table["columns"][0]["column_name"]]
    lines = [
        f"# A first contract, drafted from {table['row_count']:,} rows of {json.dumps(file.name, ensure_ascii=False)}.",
        "# Read it through: say what one row is, and what each column may hold.",
        *([] if keys else ["# No column tells all rows apart: the key below is a guess."]),
        f"source = {_quoted(source)}",
        f"table = {_quoted(name)}",
        f"files = [{_quoted(name + suffix)}, {_quoted(name + '_*' + suffix)}, {_quoted(name + '-*' + suffix)}]",
        f"key = [{', '.join(_quoted(_identifier(column)) for column in key)}]",
        f"null_marks = [{', '.join(map(_quoted, ['', *marks]))}]",
        *(['encoding = "windows-1252"'] if table["encoding_guessed"] else []),
        "",
        "[columns]",
        *(_column(column, column["column_name"] in key) for column in table["columns"]),
    ]
    return f"{source}__{name}", "\n".join(lines) + "\n"


def _column(column: dict[str, Any], is_key: bool) -> str:
    header, name = column["column_name"], _identifier(column["column_name"])
    kind = _type(column)
    fields = [f"header = {_quoted(header)}"] if name.upper() != header else []
    fields += [f'type = "{kind}"'] if kind != "VARCHAR" else []
    fields += ["required = true"] if is_key and column["filled"] == column["row_count"] else []
    return f"{name} = {{ {', '.join(fields)} }}" if fields else f"{name} = {{}}"


def _type(column: dict[str, Any]) -> str:
    """Return the type that all values of the column have: one bad value makes it text, for an analyst to judge."""
    if column["inferred_fails"]:
        return "VARCHAR"
    match column["inferred_type"]:
        case "integer":
            return "BIGINT"
        case "decimal":
            places = column["decimal_places"] or 0
            return f"DECIMAL(18, {max(places, 2)})" if places <= 4 and not column["exponents"] else "DOUBLE"
        case "date":
            return "DATE"
        case "timestamp":
            return "TIMESTAMP"
        case _:
            return "VARCHAR"


def _identifier(header: str) -> str:
    """Return a header as a name that needs no quotes."""
    plain = re.sub(r"\W+", "_", header.strip().lower(), flags=re.ASCII).strip("_")
    return plain if plain and not plain[0].isdigit() else f"column_{plain}".rstrip("_")


def _quoted(text: str) -> str:
    """Return a TOML string: JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False)
