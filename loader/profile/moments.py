"""How the dates of a column are written where it is not ISO-8601: by which formats all its values can be read."""

from __future__ import annotations

from itertools import product

import duckdb

DATES = (
    "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%m/%d/%y", "%d/%m/%y", "%d-%b-%Y",
    "%d-%b-%y", "%d %b %Y", "%d %b %y",
)  # fmt: skip
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
FORMATS = (*(day + time for time, day in product(TIMES, DATES)), "%d%b%y:%H:%M:%S")
"""The formats that are tried, in strptime's notation."""

DIGITS = "%Y%m%d"
"""The format that is tried on numbers of eight digits."""


def formats_of(con: duckdb.DuckDBPyConnection, kind: str) -> tuple[list[str], list[str]]:
    """Return the formats that read every value of the table `column_value`, and those that read all together.

    The second list is the first where that has any; else the format that reads most values comes first, and each one
    after it reads some that those before do not. `kind` is the column's inferred type; most have no format.
    """
    match kind:
        case "date as text":
            tried: tuple[str, ...] = FORMATS
        case "integer" | "code":
            tried = (DIGITS,)
        case _:
            return [], []
    marks = ", ".join(f"{moment('value', form)} IS NOT NULL" for form in tried)
    if not (values := con.execute(f"SELECT n, [{marks}] FROM column_value WHERE is_filled").fetchall()):
        return [], []
    reads = [sum(n for n, fits in values if fits[i]) for i in range(len(tried))]
    every = [form for form, count in zip(tried, reads, strict=True) if count == sum(n for n, _ in values)]
    if every or kind != "date as text":
        return every, every
    together = []
    for i in sorted(range(len(tried)), key=lambda i: -reads[i]):
        unread = [(n, fits) for n, fits in values if not fits[i]]
        if len(unread) < len(values):
            together.append(tried[i])
            values = unread
    return [], together


def moment(column: str, form: str) -> str:
    """Return the SQL that reads a column (an SQL name) by a format: a TIMESTAMP, NULL where it has another.

    The year 17 is not a year: %Y reads two digits, too, and eight digits may be any number.
    """
    read = f"try_strptime(trim({column}), '{form}')"
    earliest, latest = (1900, 2100) if form == DIGITS else (1000, 9999)
    return f"CASE WHEN year({read}) BETWEEN {earliest} AND {latest} THEN {read} END"
