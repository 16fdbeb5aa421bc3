"""Read every table of a folder, and let the SQL files of this folder say what is in it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import duckdb
from rich.progress import Progress

from loader import contracts, landing, settings
from loader.contracts import Contract
from loader.files import LandingRefused, SourceFile, literally, normal, read_layout, read_source, refuse_bad_header
from loader.profile import moments
from loader.recognition import claimed, entries, refuse_link_out
from loader.records import BOM
from loader.sql import filled, quoted, records

TABLE_FILES = (".csv", ".tsv", ".txt", ".psv", ".parquet")
"""The endings of files that are profiled, besides those that a contract names; .gz and .zst may follow."""

FALLBACK_ENCODING = "windows-1252"
"""How a profile reads what is not UTF-8, saying that it guesses. Landing never guesses."""

KEY_COLUMNS = 5
"""The most columns that a key is looked for in."""

LEAST_FOUND = 0.95
"""The least share of a column's distinct values that another table's key holds, for the column to refer to it."""
LEAST_FOUND_IF_NAMED = 0.5
"""The same where the column is named for the table, as patient_id for patients."""

MEASURES = ("integer", "decimal")
MOMENTS = ("date", "timestamp")
MOST_CONTRADICTIONS = 0.1
"""The largest share of rows that may contradict an order of two dates, for it to be one."""
MOST_CONTRADICTIONS_ALIKE = 0.25
"""The same for two whose names share a word, as D.O.A and D.O.D: dates in two formats contradict in a row in eight."""
UNIT_WORDS = {"days", "hours", "minutes", "years", "months", "mg", "usd"}
"""Two numbers are compared where both names end in or hold the same of these words."""


@dataclass(frozen=True)
class Profile:
    """A profile as plain values, fit for JSON: the report shows nothing else.

    `content` holds `folder`, `made_at`, `tables` (each with `columns`, `keys`, `references`), `alerts` worst first,
    `differences` from the previous profile, `previous` (when that was made), and `unread` files with the reason.
    """

    content: dict[str, Any] = field(repr=False)

    @property
    def tables(self) -> list[dict[str, Any]]:
        """The tables, in the order of their names."""
        return self.content["tables"]

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """The alerts, worst first."""
        return self.content["alerts"]

    def write_json(self, file: Path) -> None:
        """Write the profile as JSON."""
        file.write_text(json.dumps(self.content, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class _Table:
    """A table being profiled: its relation in DuckDB, its contract where there is one, and what its files say."""

    name: str
    relation: str
    columns: tuple[str, ...]
    contract: Contract | None
    facts: dict[str, Any]


def profile(
    folder: Path | None = None,
    *,
    previous: Mapping[str, Any] | None = None,
    show_values: bool = False,
    progress: Progress | None = None,
) -> Profile:
    """Profile the tables of a folder (or one file, or a pattern), with or without contracts; or what has landed.

    `previous` is the content of an earlier profile to compare with. `show_values` shows the values of columns that name
    or find a person; without it they are masked everywhere, in the JSON too.

    Raises:
        LandingRefused: there is no such folder, or no file in it that can be read as a table.
    """
    with landing.scratch_folder() as scratch, duckdb.connect() as con:
        for limit, value in settings.duckdb_limits().items():
            con.execute(f"SET {limit} = '{value}'")
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"SET temp_directory = '{_text(scratch)}'")
        # The rows go to disk, where DuckDB compresses them; what is found out about them stays in memory.
        con.execute(f"ATTACH '{_text(scratch / 'rows.duckdb')}' AS delivered")
        con.execute(_sql("schema", seeds=_text(Path(literally(settings.PROJECT / "seeds")))))
        tables, unread = _read(con, folder, scratch, progress) if folder else (_landed(con), {})
        if not tables:
            why = "; ".join(f"{name}: {why}" for name, why in unread.items()) or "Name a folder with CSV files."
            raise LandingRefused(f"{folder}: no file that can be read as a table. {why}")
        task = progress.add_task("profiling", total=sum(len(t.columns) for t in tables)) if progress else None
        for table in tables:
            for position, column in enumerate(table.columns):
                _profile_column(con, table, position, column)
                if progress and task is not None:
                    progress.advance(task)
            _profile_table(con, table)
        relations = {table.name: table.relation for table in tables}
        _find_references(con, relations)
        _find_disorder(con, relations)
        con.execute(_sql("alerts"))
        if not show_values:
            con.execute(_sql("masked"))
        tables_found = _content(con)
        since = previous
        if previous and _hashes(previous["tables"]) == _hashes(tables_found):
            # The same files once more: what they were compared with stays what they are compared with.
            differences, since = previous["differences"], {"made_at": previous["previous"]}
        else:
            differences = _differences(con, previous)
        alerts = _records(con, "FROM profile_alert ORDER BY severity DESC, n DESC NULLS LAST, table_name, rule")
        return Profile(
            {
                "folder": folder.resolve().name if folder else "current delivery",
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "previous": since["made_at"] if since else None,
                "masked": not show_values,
                "unread": unread,
                "tables": tables_found,
                "alerts": alerts,
                "differences": differences,
            }
        )


def _read(
    con: duckdb.DuckDBPyConnection, folder: Path, scratch: Path, progress: Progress | None
) -> tuple[list[_Table], dict[str, str]]:
    """Load every file that is a table, parts of a table together; and say of the others why they are not."""
    known, parts, unread = contracts.load(), defaultdict(list), {}
    files = entries(folder)
    task = progress.add_task("reading", total=len(files)) if progress else None
    for path in files:
        named = [contract for contract in known.values() if contract.names_file(path.name)]
        stem = path.name.lower().removesuffix(".gz").removesuffix(".zst")
        try:
            refuse_link_out(path, folder)
            claims: list[tuple[Any, Any]] = claimed(path, named, FALLBACK_ENCODING) if named else []
            if not claims and not stem.endswith(TABLE_FILES):
                unread[path.name] = "not a table by its name"
                continue
            for contract, layout in claims or [(None, read_layout(path, encoding=FALLBACK_ENCODING))]:
                refuse_bad_header(path, layout.header, _left_out(contract))
                source = read_source(path, layout, scratch, FALLBACK_ENCODING)
                if source.lines:  # a bundle without a resource of the contract's has none
                    parts[(contract, "" if contract else Path(stem).stem)].append(source)
        except LandingRefused as refusal:
            unread[path.name] = str(refusal)
            continue
        if progress and task is not None:
            progress.advance(task)
    tables = []
    for number, ((contract, stem), sources) in enumerate(parts.items()):
        name = contract.table if contract else stem
        left_out = _left_out(contract)
        headers = [header for source in sources for header in source.layout.header if normal(header) not in left_out]
        columns = tuple({normal(header): header.strip() for header in reversed(headers)}.values())[::-1]
        relation = f"delivered.t{number}"
        con.execute(f"CREATE TABLE {relation} ({', '.join(f'{quoted(column)} VARCHAR' for column in columns)})")
        loaded = []
        for source in sources:
            names = [next((c for c in columns if normal(c) == normal(h)), None) for h in source.layout.header]
            try:
                landing.append(con, relation, source, names)
            except duckdb.Error:
                # A file that stops in the middle leaves nothing: one statement is one transaction.
                try:
                    source = source.without_bad_rows(scratch)
                    landing.append(con, relation, source, names)
                except (duckdb.Error, LandingRefused) as error:
                    unread[source.name] = str(error).strip().splitlines()[0]
                    continue
            finally:
                source.refuse_if_changed()
            loaded.append(source)
        is_text = sources[0].path.name.lower().endswith(".txt") and not contract
        if loaded and is_text and con.execute(f"SELECT count(*) FROM {relation}").fetchone()[0] == 0:
            unread[sources[0].name] = "one line of text, no table"
        elif loaded:
            tables.append(_Table(name, relation, columns, contract, _facts(loaded)))
    return sorted(tables, key=lambda table: table.name), unread


def _left_out(contract: Contract | None) -> frozenset[str]:
    """Return the headers of columns that are not profiled: those that the contract ignores, and one without a name."""
    return (contract.ignored if contract else frozenset()) | {""}


def _facts(sources: Sequence[SourceFile]) -> dict[str, Any]:
    """Return what the files themselves say of their table."""
    with sources[0].text.open("rb") as start:
        has_bom = start.read(len(BOM)) == BOM
    notes = sorted({note for source in sources for note in source.notes})
    return {
        "file_name": ", ".join(source.name for source in sources),
        "sha256": "|".join(source.sha256 for source in sources),
        "bytes": sum(source.bytes for source in sources),
        "rejected_rows": sum(len(source.rejected) for source in sources),
        "blank_lines": sum(source.blank_lines for source in sources),
        "has_bom": has_bom,
        "read_as": [note.replace("by contract", "by a guess") for note in notes],
        "encoding_guessed": any("by contract" in note for note in notes),
        "unnamed_columns": max(sum(not normal(h) for h in source.layout.header) for source in sources),
    }


def _landed(con: duckdb.DuckDBPyConnection) -> list[_Table]:
    """Return the landed tables that the next plan reads."""
    if not (current := landing.deliveries()):
        raise LandingRefused("Nothing has landed. Profile a folder: warehouse profile FOLDER")
    try:
        con.execute(f"ATTACH '{_text(settings.warehouse_file())}' AS warehouse (READ_ONLY)")
    except duckdb.IOException as error:
        raise LandingRefused(f"The warehouse is in use; wait for the other command to end. ({error})") from error
    known, tables = contracts.load(), []
    delivered = sorted((name, feed, entry) for feed, named in current.items() for name, entry in named.items())
    for name, source_system, delivery in delivered:
        relation = f"warehouse.landing.{quoted(delivery['landed'])}"
        columns = tuple(column for column, *_ in con.execute(f"DESCRIBE {relation}").fetchall())
        _variables(con, landed=delivery["landed"])
        (facts,) = _records(con, _sql("landed"))
        contract = known.get(name)
        table = contract.table if contract else name
        table = f"{source_system}.{table}" if len(current) > 1 else table
        tables.append(_Table(table, relation, columns, contract, facts))
    return tables


def _profile_column(con: duckdb.DuckDBPyConnection, table: _Table, position: int, column: str) -> None:
    known = table.contract.columns if table.contract else ()
    declared = next((c for c in known if normal(column) in (*c.headers, c.name)), None)
    kind = declared.type if declared else None
    # As models/raw judges: a TIMESTAMP is one with a zone or without.
    cast = f"TRY_CAST(value AS {'TIMESTAMPTZ' if kind == 'TIMESTAMP' else kind})" if kind else "''"
    if declared and declared.format:
        cast = moments.moment("value", declared.format.replace("'", "''"))
    pattern = kind.split("(")[0] if kind and declared and not declared.format else None
    variables = {"contract_type": kind, "pattern_type": pattern, "is_rounded": bool(declared and declared.round)}
    _variables(con, table=table.name, name=column, position=position, **variables)
    con.execute(_sql("column", relation=table.relation, column=quoted(column), contract_cast=cast))
    this = "WHERE table_name = ? AND column_name = ?"
    (kind,) = con.execute(f"SELECT inferred_type FROM profile_column {this}", [table.name, column]).fetchone()
    dated = [*moments.formats_of(con, kind), table.name, column]
    con.execute(f"UPDATE profile_column SET date_formats = ?, date_readings = ? {this}", dated)


def _profile_table(con: duckdb.DuckDBPyConnection, table: _Table) -> None:
    """Record the table's own facts, and look for the columns that tell its rows apart."""
    listed, this = ", ".join(map(quoted, table.columns)), "WHERE table_name = getvariable('table')"
    contract = table.contract.name if table.contract else None
    facts = {"table_name": table.name, "contract": contract, "column_count": len(table.columns), **table.facts}
    _insert(con, "profile_table", facts)
    _variables(con, table=table.name)
    mangled = con.execute(f"SELECT column_name FROM profile_column {this} AND mojibake > 0").fetchall()
    is_mangled = " OR ".join(f"regexp_matches({quoted(name)}, getvariable('mojibake'))" for (name,) in mangled)
    con.execute(_sql("table", relation=table.relation, columns=listed, is_mangled=is_mangled or "FALSE"))
    rows, duplicates = con.execute(f"SELECT row_count, duplicate_rows FROM profile_table {this}").fetchone()
    if table.contract and rows:
        headers = {column.name: column.header for column in table.contract.columns}
        own = {normal(column): column for column in table.columns}
        key = [own.get(normal(headers[name]), own.get(name, "")) for name in table.contract.key]
        if all(key):
            _add_key(con, table, key, "contract", rows - _distinct(con, table, key))
    if rows and not duplicates:
        for key in _candidate_keys(con, table, rows):
            _add_key(con, table, key, "found", 0)


def _candidate_keys(con: duckdb.DuckDBPyConnection, table: _Table, rows: int) -> list[list[str]]:
    """Return each single column that is unique and filled; else the first few columns that are so together.

    Counts are exact; estimates only choose which columns to try first.
    """
    likeliest = "WHERE table_name = ? ORDER BY place LIMIT"
    if single := con.execute(f"SELECT column_name FROM sole_key {likeliest} 4", [table.name]).fetchall():
        return [[name] for (name,) in single]
    parts = con.execute(f"SELECT column_name FROM part_of_key {likeliest} 12", [table.name]).fetchall()
    pool = [name for (name,) in parts]
    key: list[str] = []
    while pool and len(key) < KEY_COLUMNS:
        tried = ", ".join(f"approx_count_distinct(({', '.join(map(quoted, [*key, name]))}))" for name in pool)
        estimates = con.execute(f"SELECT {tried} FROM {table.relation}").fetchone()
        key.append(pool.pop(max(range(len(pool)), key=lambda i: estimates[i])))
        if max(estimates) > 0.9 * rows and _distinct(con, table, key) == rows:
            for name in key[:-1]:
                shorter = [kept for kept in key if kept != name]
                if _distinct(con, table, shorter) == rows:
                    key = shorter
            return [key]
    return []


def _distinct(con: duckdb.DuckDBPyConnection, table: _Table, columns: Sequence[str]) -> int:
    listed = ", ".join(map(quoted, columns))
    return con.execute(f"SELECT count(*) FROM (SELECT DISTINCT {listed} FROM {table.relation})").fetchone()[0]


def _add_key(con: duckdb.DuckDBPyConnection, table: _Table, columns: Sequence[str], kind: str, duplicates: int) -> None:
    con.execute("INSERT INTO profile_key VALUES (?, ?, ?, ?)", [table.name, list(columns), kind, duplicates])


def _find_references(con: duckdb.DuckDBPyConnection, relations: Mapping[str, str]) -> None:
    """Try each column on each other table's key that it may refer to, by its name or because both are UUIDs.

    A table that is not named for the column is what it refers to only where it holds nearly all of its values: deaths,
    one row a patient, are not a table of patients, and a visit of a patient who lives refers to nothing wrong.
    """
    named = "SELECT table_name, column_name, inferred_type"
    keys = con.execute(f"{named} FROM referred_key").fetchall()
    columns = con.execute(f"{named} FROM referring_column ORDER BY table_name, position").fetchall()
    unique = {(table, key) for table, key, _ in keys}
    for parent, key, key_type in keys:
        for child, column, kind in columns:
            if child == parent or ((child, column) in unique and normal(column) == "id"):
                continue
            is_named = _is_named_for(column, parent)
            same_name = _letters(column) == _letters(key) != "id"
            # Two keys of one name number the same things, or each its own rows: neither refers to the other.
            may_refer = (same_name or kind == key_type == "uuid") and (child, column) not in unique
            if not is_named and not may_refer:
                continue
            some = f"SELECT {quoted(column)} AS v FROM {relations[child]} WHERE v <> '' LIMIT 200"
            found = f"SELECT count(*) FROM ({some}) WHERE v IN (SELECT {quoted(key)} FROM {relations[parent]})"
            if con.execute(found).fetchone()[0]:
                least = LEAST_FOUND_IF_NAMED if is_named else LEAST_FOUND
                _variables(con, table=child, name=column, parent_table=parent, parent_column=key, least=least)
                place = {"child": relations[child], "column": quoted(column), "parent": relations[parent]}
                con.execute(_sql("reference", key=quoted(key), **place))


def _is_named_for(column: str, parent: str) -> bool:
    """Tell whether a column's name points to a table: `patient`, `patient_id` or `PATIENTID` to patients."""
    singular = _letters(re.sub(r"(ies|s)$", lambda ending: "y" if ending[1] == "ies" else "", normal(parent)))
    return _letters(column) in {singular, f"{singular}id", f"{singular}code"}


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", normal(name))


def _find_disorder(con: duckdb.DuckDBPyConnection, relations: Mapping[str, str]) -> None:
    """Hold rows to what must be in order: starts before ends, births and deaths around events, parts within wholes."""
    columns = defaultdict(list)
    for table, name, kind, role in con.execute(
        "SELECT table_name, column_name, inferred_type, role FROM profile_column WHERE filled > 0 ORDER BY position"
    ).fetchall():
        columns[table].append((name, kind, role))
    listed = "SELECT table_name, column_name, parent_table, parent_column FROM profile_reference"
    for child, reference, parent, key in con.execute(listed).fetchall():
        place = {"child": relations[child], "reference": quoted(reference), "parent": relations[parent]}
        for column, parent_column, wrong, severity, most, rule in _pairs_between(columns[child], columns[parent]):
            order = "before" if "<" in wrong else "after"
            row = f"{parent}.{parent_column} of the {parent} row that {reference} names"
            _variables(con, table=child, columns=column, severity=severity, most=most, rule=rule)
            _variables(con, message=f"{child}.{column} is {order} {row}.")
            at = {"child_column": quoted(column), "parent_column": quoted(parent_column), "key": quoted(key)}
            con.execute(_sql("related", wrong=wrong, **place, **at))
    con.execute(_sql("fold"))
    for table, relation in relations.items():
        _find_contradicted_order(con, table, relation, columns[table])
    for table, listed in columns.items():
        for first, second, kind, rule, most, message in _pairs_in_a_row(listed):
            _variables(con, table=table, columns=f"{first}, {second}", rule=rule, most=most, message=message)
            con.execute(_sql("order", relation=relations[table], first=quoted(first), second=quoted(second), type=kind))


def _find_contradicted_order(
    con: duckdb.DuckDBPyConnection, table: str, relation: str, columns: Sequence[tuple[str, str, str]]
) -> None:
    """Find the pairs of dates in a table of which one is never after the other but in few rows, and report those rows.

    The values say what belongs together, not the names: `D.O.A` and `D.O.D` are a start and an end like any other.
    """
    readings = _readings(con, table)
    if len(readings) < 2:
        return
    read = ", ".join(f"{reading} AS {quoted(name)}" for name, (reading, _) in readings.items())
    con.execute(f"CREATE OR REPLACE TABLE delivered.row_moment AS SELECT {read} FROM {relation}")
    named = {frozenset((first, second)) for first, second, kind, *_ in _pairs_in_a_row(columns) if kind != "DOUBLE"}
    roles = {name: role for name, _, role in columns}
    for first, second in permutations(readings, 2):
        if frozenset((first, second)) in named:
            continue
        most = MOST_CONTRADICTIONS_ALIKE if _words(first) & _words(second) else MOST_CONTRADICTIONS
        message = f"{first} is at or before {second} in nearly all rows, but after it in these."
        _variables(con, table=table, columns=f"{first}, {second}", most=most, message=message)
        _variables(con, is_birth=roles[first] == "birth")
        unit = "DATE" if "DATE" in (readings[first][1], readings[second][1]) else "TIMESTAMP"
        con.execute(_sql("contradicted", first=quoted(first), second=quoted(second), unit=unit))


def _readings(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, tuple[str, str]]:
    """Return the SQL that reads each column of dates as a TIMESTAMP, and whether it holds a DATE or a TIMESTAMP.

    Where several formats read all values, as 05/01/2024, nothing is known of the order; the column is left out.
    """
    readings = {}
    for name, kind, fitting, together in con.execute(
        "SELECT column_name, inferred_type, date_formats, date_readings FROM profile_column "
        "WHERE table_name = ? AND distinct_values > 1 ORDER BY position",
        [table],
    ).fetchall():
        if kind in MOMENTS:
            readings[name] = (f"TRY_CAST(trim({quoted(name)}) AS TIMESTAMP)", kind.upper())
        elif together and len(fitting) <= 1:
            read = ", ".join(moments.moment(quoted(name), form) for form in together)
            has_time = all("%H" in form or "%I" in form for form in together)
            readings[name] = (f"coalesce({read})", "TIMESTAMP" if has_time else "DATE")
    return readings


def _words(name: str) -> set[str]:
    return set(re.split(r"[\W_]+", normal(name))) - {""}


def _pairs_in_a_row(columns: Sequence[tuple[str, str, str]]) -> Iterator[tuple[str, str, str, str, float, str]]:
    """Yield pairs of columns of one table, the first of which should be at most the second."""
    dated = [(name, kind, role) for name, kind, role in columns if kind in MOMENTS]
    before = {("start", "end"), ("birth", "death"), ("birth", "start"), ("birth", "end")}
    for first, first_kind, first_role in dated:
        for second, second_kind, second_role in dated:
            if (first_role, second_role) in before:
                # A start at ten is not after an end on the same day, of which no time is known.
                unit = "DATE" if "date" in (first_kind, second_kind) else "TIMESTAMP"
                yield first, second, unit, "ends before it begins", 1.0, f"{first} is after {second}."
    measures = [name for name, kind, _ in columns if kind in MEASURES]
    for one, other in combinations(measures, 2):
        if set(normal(one).split("_")) & set(normal(other).split("_")) & UNIT_WORDS:
            for first, second in ((one, other), (other, one)):
                message = f"{first} is at most {second} in nearly all rows, but not in these."
                yield first, second, "DOUBLE", "more than its whole", 0.05, message


def _pairs_between(
    child: Sequence[tuple[str, str, str]], parent: Sequence[tuple[str, str, str]]
) -> Iterator[tuple[str, str, str, int, float, str]]:
    """Yield pairs of a column and one of the row it refers to, with the condition (on `a` and `b`) that is wrong."""
    events = [(name, kind, role) for name, kind, role in child if kind in MOMENTS and role not in ("birth", "death")]
    bounds = {role: (name, kind) for name, kind, role in reversed(parent) if kind in MOMENTS}
    for name, kind, role in events:
        if "death" in bounds:
            # A date of death holds for the whole day.
            yield name, bounds["death"][0], "a::DATE > b::DATE", 3, 1.0, "after death"
        if "birth" in bounds:
            yield name, bounds["birth"][0], "a::DATE < b::DATE", 3, 1.0, "before birth"
        if role in ("start", "end") and {"start", "end"} <= set(bounds):
            bound, bound_kind = bounds[role]
            unit = "DATE" if "date" in (kind, bound_kind) else "TIMESTAMP"
            sign, rule = (
                ("<", "begins before what it belongs to") if role == "start" else (">", "ends after what it belongs to")
            )
            # Where nearly all rows do so, as prescriptions do after a visit, it is not a fault.
            yield name, bound, f"a::{unit} {sign} b::{unit}", 2, 0.75, rule


def _differences(con: duckdb.DuckDBPyConnection, previous: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Compare with an earlier profile's content, in SQL: its tables go beside the new ones first."""
    if not previous:
        return []
    for name in ("table", "column", "quantile", "value"):
        con.execute(f"CREATE TABLE previous_{name} AS FROM profile_{name} LIMIT 0")
    for table in previous["tables"]:
        _insert(con, "previous_table", table)
        for column in table["columns"]:
            _insert(con, "previous_column", {**column, "table_name": table["table_name"]})
            at = {"table_name": table["table_name"], "column_name": column["column_name"]}
            for p, x in column["quantiles"].items():
                _insert(con, "previous_quantile", {**at, "p": float(p), "x": x})
            for value in column["values"].get("top", []):
                _insert(con, "previous_value", {**at, "kind": "top", **value})
    con.execute(_sql("difference"))
    return _records(con, "FROM profile_difference")


def _hashes(tables: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {(table["table_name"], table["sha256"]) for table in tables}


def _insert(con: duckdb.DuckDBPyConnection, table: str, row: Mapping[str, Any]) -> None:
    """Insert those values of `row` whose names are columns of the table."""
    names = [name for name, *_ in con.execute(f"DESCRIBE {table}").fetchall() if name in row]
    listed, marks = ", ".join(map(quoted, names)), ", ".join("?" for _ in names)
    con.execute(f"INSERT INTO {table} ({listed}) VALUES ({marks})", [row[name] for name in names])


def _content(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the tables with all that belongs to them."""
    grouped: dict[str, dict[tuple[str, str], list[dict[str, Any]]]] = {}
    for kind in ("quantile", "histogram", "value", "pattern"):
        grouped[kind] = defaultdict(list)
        for row in _records(con, f"FROM profile_{kind}"):
            grouped[kind][(row.pop("table_name"), row.pop("column_name"))].append(row)
    tables = _records(con, "FROM profile_table ORDER BY table_name")
    for table in tables:
        of_table = f"WHERE table_name = '{table['table_name'].replace(chr(39), chr(39) * 2)}'"
        table["keys"] = _records(con, f"SELECT columns, kind, duplicates FROM profile_key {of_table}")
        table["references"] = _records(con, f"SELECT * EXCLUDE (table_name, sample) FROM profile_reference {of_table}")
        table["columns"] = _records(con, f"FROM profile_column {of_table} ORDER BY position")
        for column in table["columns"]:
            at = (table["table_name"], column["column_name"])
            values = defaultdict(list)
            for row in grouped["value"][at]:
                values[row.pop("kind")].append(row)
            column["quantiles"] = {
                f"{row['p']:g}": row["x"] for row in sorted(grouped["quantile"][at], key=lambda r: r["p"])
            }
            column["histogram"] = sorted(grouped["histogram"][at], key=lambda row: row["bin"])
            column["patterns"] = grouped["pattern"][at]
            column["values"] = dict(values)
            del column["table_name"]
    return tables


def _records(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query, with moments as text."""
    return [{name: _plain(value) for name, value in row.items()} for row in records(con, query)]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value


def _variables(con: duckdb.DuckDBPyConnection, **values: Any) -> None:
    for name, value in values.items():
        con.execute(f"SET VARIABLE {quoted(name)} = ?", [value])


def _sql(name: str, **identifiers: str) -> str:
    return filled(Path(__file__).parent / f"{name}.sql", **identifiers)


def _text(path: Path) -> str:
    return str(path).replace("'", "''")
