"""Made-up hospital files with known truths, for the demo and for tests that compare the warehouse with the truth.

A family is one SQL file, `sample_<family>.sql`, run by DuckDB. It says all there is to say about the data; this module
hands it a seed and a size, writes its tables out as the CSV files a hospital would send, and its answers as JSON.
A shape is a further one, `sample_<family>_<shape>.sql`, which writes the same rows as another system's files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from loader.sql import records

FAMILIES = {"hospital": 1_000, "ehr": 100_000}
"""The families there are, each with its patients at scale 1. `hospital`: five tables as Synthea exports them; `ehr`:
the five of the patient records, 2.2 million laboratory results among them.

To add one, write `sample_<family>.sql`, which reads the variables `seed` and `patients` and leaves three schemas:
`files` (a table a file, every column text), `answers` (a table a truth, with comments), `dirt` (the table `line`:
defect, file and raw text).
"""

SHAPES = {"synthea": ("synthea",), "omop": ("synthea", "omop"), "fhir": ("synthea", "fhir")}
"""The shapes that `hospital` has beside its own, and the files that make each. `synthea` is a whole export: a second
house, transfers, diagnoses and spells of cover beside the five tables; `omop` and `fhir` are that in other words, in a
schema of their name. Whose row a patient or an encounter is, is the same in all three."""

DEMO = {"hospital": 1.0, "ehr": 0.02}
"""The families that the demo generates, and how large."""

SMALLEST = 100
"""The fewest patients a family is made of: below, rare courses such as dialysis would have nobody."""

LIMITS = {"memory_limit": "1GB"}
"""What DuckDB may use: beyond it, a large scale goes to a scratch folder that is removed afterwards."""

NDJSON = "FORMAT csv, HEADER false, DELIMITER '\x01', QUOTE '', ESCAPE ''"
"""How DuckDB writes a column of texts as the lines they are: no resource has a control character in it."""

BOM, NEWLINE = b"\xef\xbb\xbf", b"\r\n"


@dataclass(frozen=True)
class Generated:
    """What was written: the CSV `files` and their data `rows` by table, and the `answers` file.

    answers.json holds `family`, `scale` and `seed`; `rows` and `nulls` (by column) of each file, dirt not counted;
    `dirt`, an entry for each bad line with its file, line number (the header is line 1) and defect; a list of rows for
    each truth that the family plants; and `about`, which says what each truth and each of its columns means.
    """

    files: dict[str, Path]
    rows: dict[str, int]
    answers: Path


def generate(
    family: str, scale: float, out: Path, seed: int = 1, *, dirty: bool = False, shape: str | None = None
) -> Generated:
    """Write the files of `family` and their answers into the folder `out`, replacing files of the same names.

    The same arguments give the same bytes on any machine. Files of another `seed` are another hospital's: the same ids
    as far as they reach, yet other people, dates, costs and readmissions behind them. Scale 1 of the hospital is about
    1,000 patients, 28,000 encounters and 48,000 procedures, from 2011 to 2022. `dirty` adds lines that break the files:
    a repeated id, an orphan, an impossible date, ragged rows. The files have a byte order mark, CRLF and no newline at
    the end. `shape` is one of SHAPES; the files of `fhir` are NDJSON, a resource a line.

    Raises:
        ValueError: when there is no such family or shape, a shape is to be dirty, or `scale` makes fewer patients than
            `SMALLEST`.
        OSError: when `out` cannot be made or written to.
    """
    if family not in FAMILIES:
        raise ValueError(f"family {family!r}: expected one of {', '.join(FAMILIES)}")
    patients = round(FAMILIES[family] * scale)
    if patients < SMALLEST:
        raise ValueError(f"scale {scale}: too small, use {SMALLEST / FAMILIES[family]} or more")
    if shape and (family != "hospital" or shape not in SHAPES):
        raise ValueError(f"shape {shape!r} of {family}: expected one of {', '.join(SHAPES)}, of hospital")
    if shape and dirty:
        raise ValueError(f"shape {shape!r}: its files are clean, only those without a shape can be dirty")
    out.mkdir(parents=True, exist_ok=True)

    with (
        TemporaryDirectory(prefix="sample-") as scratch,
        duckdb.connect(f"{scratch}/sample.duckdb", config=LIMITS) as con,
    ):
        con.execute(f"SET VARIABLE seed = {int(seed)}::BIGINT; SET VARIABLE patients = {patients}::BIGINT")
        for part in (family, *(f"{family}_{name}" for name in SHAPES.get(shape or "", ()))):
            con.execute(Path(__file__).with_name(f"sample_{part}.sql").read_text(encoding="utf-8"))
        schema = shape if shape in _schemas(con) else "files"
        bad_lines = records(con, "SELECT * FROM dirt.line ORDER BY rowid") if dirty else []
        files, rows, nulls, dirt = {}, {}, {}, []
        for table in _tables(con, schema):
            rows[table], nulls[table] = _counts(con, f'{schema}."{table}"')
            content = f'(SELECT * FROM {schema}."{table}" ORDER BY rowid)'
            if shape == "fhir":
                files[table] = out / f"{table}.ndjson"
                con.execute(f"COPY {content} TO '{files[table]}' ({NDJSON})")
                continue
            bad = [line for line in bad_lines if line["file"] == table]
            dirt += [
                {"file": table, "line": number, "defect": line["defect"]}
                for number, line in enumerate(bad, rows[table] + 2)
            ]
            copied = Path(scratch) / f"{table}.csv"
            con.execute(f"COPY {content} TO '{copied}' (FORMAT csv, HEADER)")
            files[table] = out / f"{table}.csv"
            with copied.open("rb") as lines:
                _write_csv(files[table], chain(lines, (line["raw"].encode() for line in bad)))
        truths = {
            table: records(con, f"SELECT * FROM answers.{table} ORDER BY rowid") for table in _tables(con, "answers")
        }
        about = _about(con)

    answers = out / "answers.json"
    content = {
        "family": family,
        "scale": scale,
        "seed": seed,
        **({"shape": shape} if shape else {}),
        "rows": rows,
        "nulls": nulls,
        "dirt": dirt,
        **truths,
        "about": about,
    }
    answers.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return Generated(files, rows, answers)


def _schemas(con: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name,) in con.execute("SELECT schema_name FROM duckdb_schemas()").fetchall()}


def _tables(con: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    """Return the names of the tables of `schema`, in the order of the alphabet."""
    return [name for (name,) in con.execute(f"SHOW TABLES FROM {schema}").fetchall()]


def _counts(con: duckdb.DuckDBPyConnection, table: str) -> tuple[int, dict[str, int]]:
    """Return the rows of `table`, and how many of them are NULL in each column."""
    columns = [name for name, *_ in con.execute(f"DESCRIBE {table}").fetchall()]
    counts = ", ".join(f'count(*) - count("{column}")' for column in columns)
    rows, *nulls = con.execute(f"SELECT count(*), {counts} FROM {table}").fetchone()
    return rows, dict(zip(columns, nulls, strict=True))


def _about(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the comments on the tables and columns of the answers, by `table` and `table.column`."""
    commented = con.execute("""
        SELECT table_name AS name, comment FROM duckdb_tables() WHERE schema_name = 'answers' AND comment IS NOT NULL
        UNION ALL
        SELECT table_name || '.' || column_name, comment FROM duckdb_columns()
        WHERE schema_name = 'answers' AND comment IS NOT NULL
        ORDER BY name
    """)
    return dict(commented.fetchall())


def _write_csv(file: Path, lines: Iterable[bytes]) -> None:
    """Write `lines` to `file` as hospitals' systems do: a byte order mark, CRLF, and no newline after the last line."""
    with file.open("wb") as target:
        for number, line in enumerate(lines):
            target.write((NEWLINE if number else BOM) + line.rstrip(b"\n"))
