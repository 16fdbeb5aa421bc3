"""Files as they really come: each one lands with rows in = landed + rejected, or is refused with file and remedy."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from backports import zstd
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contract_sql import raw_model
from loader import contracts, files, landing
from loader.landing import LandingRefused
from loader.profile import profile
from loader.recognition import UnknownFile
from loader.records import Grammar, copy_rows
from loader.settings import max_unpacked_bytes
from macros.contracts import _landed_feed
from workbench import cli, demo

HEADER = "Id,NAME,ADDRESS,CITY,STATE_HEADQUARTERED,ZIP,PHONE"
ROWS = [f"p{n},Payer {n},{n} Main St,Boston,MA,06156,555" for n in range(200)]
GOOD = "\n".join([HEADER, *ROWS]) + "\n"

PROCEDURES = "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION"
PROCEDURE = "2024-01-05T10:00:00Z,2024-01-05T10:15:00Z,p{n},e{n},265764009,Dialysis,903.50,,"


def with_rows(*extra: str, at: int = 100) -> str:
    """The good file with rows planted in its middle, so that rows before and after them can be lost too."""
    return "\n".join([HEADER, *ROWS[:at], *extra, *ROWS[at:]]) + "\n"


def procedures(*extra: str) -> str:
    return "\n".join([PROCEDURES, *(PROCEDURE.format(n=n) for n in range(200)), *extra]) + "\n"


def columns(number: int) -> str:
    """More columns for the header."""
    return "".join(f",x_{n}" for n in range(number))


def zipped(text: str) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("payers.csv", text)
    return target.getvalue()


def parquet(query: str) -> Callable[[Path], None]:
    return lambda file: duckdb.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet)") and None


@dataclass(frozen=True)
class Case:
    """A hostile file and what must come of it: rows landed and rejected, or a refusal whose text matches `refused`."""

    name: str
    content: str | bytes | Callable[[Path], None]
    landed: int = 200
    rejected: int = 0
    refused: str | None = None
    file: str = "payers.csv"
    read_as: tuple[str, ...] = ()
    last: dict[str, Any] = dataclass_field(default_factory=dict)
    reason: str = ""
    violations: tuple[str, ...] = ()
    is_long: bool = False

    @property
    def is_planted(self) -> bool:
        """Whether `with_rows` planted the row: it is line 102 then, after the header and 100 rows."""
        return isinstance(self.content, str) and self.content.startswith("\n".join([HEADER, *ROWS[:100], "q,"]))


FULL_PARQUET = (
    "SELECT 'p' || range AS \"Id\", 'Payer' AS NAME, NULL AS ADDRESS, '' AS CITY, 'MA' AS STATE_HEADQUARTERED, "
    "'06156' AS ZIP, DATE '2024-02-29' AS PHONE FROM range(200)"
)

CASES = [
    # --- encodings ---------------------------------------------------------------------------------------------------
    Case("UTF-8 with a byte order mark", b"\xef\xbb\xbf" + GOOD.encode()),
    Case("UTF-16, little endian, with its mark", b"\xff\xfe" + GOOD.encode("utf-16-le"), read_as=("UTF-16",)),
    Case("UTF-16, big endian, with its mark", b"\xfe\xff" + GOOD.encode("utf-16-be"), read_as=("UTF-16",)),
    Case(
        "UTF-16 with accents and emoji",
        ("\ufeff" + with_rows("q,José 🙂,,,,,", at=200)).encode("utf-16-le"),
        201,
        read_as=("UTF-16",),
        last={"name": "José 🙂"},
    ),
    Case("UTF-16 without a mark", GOOD.encode("utf-16-le"), refused="looks like UTF-16 without a byte order mark"),
    Case("UTF-16 cut inside a character", b"\xff\xfe" + GOOD.encode("utf-16-le")[:-1], refused="not utf-16"),
    Case(
        "UTF-16 with half a surrogate pair",
        b"\xff\xfe" + (GOOD + "\ud800x").encode("utf-16-le", "surrogatepass"),
        refused="not utf-16",
    ),
    Case("one Windows-1252 name", with_rows("q,José,,,,,").encode("latin-1"), rejected=1, reason="utf-8"),
    Case(
        "Windows-1252 throughout",
        GOOD.replace("Payer", "Caf\xe9").encode("cp1252"),
        refused='not UTF-8 from line 2 on: if it is Windows-1252, add encoding = "windows-1252"',
    ),
    Case("Windows-1252 in the header", GOOD.replace("CITY", "CIT\xc9").encode("cp1252"), refused="line 1: not UTF-8"),
    Case("UTF-8 cut inside a character", (GOOD + "q,é").encode()[:-1], rejected=1),
    Case("overlong UTF-8", GOOD.encode() + b"q,\xc0\xaf,,,,,\n", rejected=1, reason="utf-8"),
    Case("mojibake is text and stays", with_rows("q,JosÃ©,,,,,", at=200), 201, last={"name": "JosÃ©"}),
    Case("replacement characters stay", with_rows("q,Jos\ufffd,,,,,", at=200), 201, last={"name": "Jos\ufffd"}),
    Case(
        "combining marks and right to left",
        with_rows("q,e\u0301 \u05d0\u202e,,,,,", at=200),
        201,
        last={"name": "e\u0301 \u05d0\u202e"},
    ),
    # --- line ends ---------------------------------------------------------------------------------------------------
    Case("CRLF", GOOD.replace("\n", "\r\n")),
    Case("CR alone, as old Macs wrote", GOOD.replace("\n", "\r")),
    Case("no last newline", GOOD.rstrip("\n")),
    Case("CRLF and no last newline", GOOD.replace("\n", "\r\n").rstrip("\r\n")),
    Case("LF and CRLF mixed", GOOD.replace("\n", "\r\n", 90), read_as=("line ends of two kinds made one",)),
    Case(
        "CRLF with LF in quotes",
        (with_rows('q,"two\nlines",,,,,', at=200)).replace("\n", "\r\n").replace("two\r\n", "two\n"),
        201,
        read_as=("line ends of two kinds made one",),
        last={"name": "two\nlines"},
    ),
    Case(
        "LF with CRLF in quotes",
        with_rows('q,"two\r\nlines",,,,,', at=200),
        201,
        read_as=("line ends of two kinds made one",),
        last={"name": "two\r\nlines"},
    ),
    Case("a carriage return inside a line", with_rows("q,half\rline,,,,,"), rejected=1, reason="carriage return"),
    Case("blank lines everywhere", GOOD.replace("\n", "\n\n\n")),
    Case("blank CRLF lines at the end", GOOD.replace("\n", "\r\n") + "\r\n" * 5),
    Case("a line of blanks", with_rows("   "), rejected=1),
    Case("a DOS end-of-file mark", GOOD + "\x1a", rejected=1),
    # --- rows --------------------------------------------------------------------------------------------------------
    Case("a row too short", with_rows("q,short"), rejected=1, reason="Expected Number of Columns: 7 Found: 2"),
    Case("a row too long", with_rows("q,,,,,,,x"), rejected=1, reason="Expected Number of Columns: 7 Found: 8"),
    Case("a delimiter too many at the end of each row", GOOD.replace("555\n", "555,\n")),
    Case("every row too long", GOOD.replace("555\n", "555,x\n"), refused="200 of 200 rows rejected"),
    Case("a stray quote", with_rows('q,"half" quoted,,,,,'), rejected=1),
    Case("a quote inside an unquoted field", with_rows('q,5" tube,,,,,', at=200), 201, last={"name": '5" tube'}),
    Case("doubled quotes", with_rows('q,"say ""aah""",,,,,', at=200), 201, last={"name": 'say "aah"'}),
    Case("a quoted delimiter", with_rows('q,"Smith, Jo",,,,,', at=200), 201, last={"name": "Smith, Jo"}),
    Case(
        "a blank before a quoted delimiter",
        with_rows('q, "Smith, Jo",,,,'),
        rejected=1,
        reason="A blank before a double quote that opens a field",
    ),
    Case("a blank before quotes that nothing needs", with_rows('q, "Smith",,,,,', at=200), 201, last={"name": "Smith"}),
    Case("quoted line breaks and blank lines", with_rows('q,"a\n\n\nb",,,,,', at=200), 201, last={"name": "a\n\n\nb"}),
    Case("a quote that is never closed", with_rows('q,"open,,,,,'), rejected=1, reason="double quote"),
    Case("a quote that is never closed, in the last line", GOOD + 'q,"open', rejected=1, reason="double quote"),
    Case("backslash before a quote", with_rows('q,"a\\"b",,,,,'), rejected=1),
    Case("NUL bytes in a field", with_rows("q,a\0b,,,,,", at=200), 201, last={"name": "a\0b"}),
    Case("a line of NUL bytes", with_rows("\0" * 50), rejected=1),
    Case(
        "nothing but NUL bytes",
        b"\0" * 5000,
        refused="payers.csv  named like synthea.payers, but its columns are other ones",
    ),
    Case(
        "control characters and tabs",
        with_rows("q,\x01\x07\tx\x7f,,,,,", at=200),
        201,
        last={"name": "\x01\x07\tx\x7f"},
    ),
    Case(
        "a field of 100 MB",
        with_rows("q," + "z" * 100_000_000 + ",,,,,"),
        rejected=1,
        reason="Maximum line size",
        is_long=True,
    ),
    Case(
        "a quoted field of 20 MB",
        with_rows('q,"' + "z" * 20_000_000 + '",,,,,'),
        rejected=1,
        reason="Maximum line size",
    ),
    Case("a field of 10 MB is a field", with_rows("q," + "z" * 10_000_000 + ",,,,,", at=200), 201),
    # --- headers -----------------------------------------------------------------------------------------------------
    Case("an empty file", b"", refused="no header line"),
    Case("only a byte order mark", b"\xef\xbb\xbf", refused="no header line"),
    Case("only line ends", b"\n\n\n", refused="no header line"),
    Case("header only", HEADER + "\n", 0),
    Case("header only, no newline", HEADER, 0),
    Case("no header", "\n".join(ROWS), refused=r"seems to have no header \(p0, Payer 0, .* set header = false"),
    Case("a column missing", GOOD.replace("ZIP,", "", 1), refused="line 1: missing column ZIP of synthea__payers"),
    Case("a column renamed", GOOD.replace("ZIP", "POSTCODE", 1), refused="missing column ZIP"),
    Case("a column twice", GOOD.replace("PHONE", "NAME", 1), refused="column 7: 'name' appears twice"),
    Case("a blank column name", HEADER + ", \n" + ROWS[0] + ",\n", refused="column 8: has no name"),
    Case("a NUL byte in one column more", HEADER + ",x\0y\n", refused="column 8: 'x.x00y' holds a NUL byte"),
    Case(
        "a carriage return alone at the end of the header",
        GOOD.replace("\n", "\r\n").replace("\r\n", "\r\0\n", 1),
        refused="line 1: the header is not a valid line of CSV",
    ),
    Case(
        "columns in another order",
        "zip,PHONE,Id,name,address,city,STATE_HEADQUARTERED\n06156,5,a,A,,,\n",
        1,
        last={"id": "a", "zip": "06156"},
    ),
    Case("quoted column names with blanks", GOOD.replace("Id", '" ID "', 1)),
    Case("one column more", "\n".join([HEADER + ",NOTE", *(row + ",x" for row in ROWS)]), last={"note": "x"}),
    Case(
        "a column name that is SQL",
        "\n".join([HEADER + ',"x""); DROP TABLE landing.file; --"', *(row + ",x" for row in ROWS)]),
    ),
    Case(
        "a column named rowid",
        "\n".join([HEADER + ",rowid", *(row + ",x" for row in ROWS)]),
        last={"rowid_delivered": "x"},
    ),
    Case("a line break in a column name", "\n".join([HEADER + ',"a\nb"', *(row + ",x" for row in ROWS)])),
    Case(
        "a header of 2 MB", "x" * 2_000_000, refused="line 1: no header, for no line ends in the first 1,048,576 bytes"
    ),
    Case(
        "a header of 2 MB, compressed",
        gzip.compress(b"x" * 2_000_000),
        file="payers.csv.gz",
        refused="line 1: no header, for no line ends in the first 1,048,576 bytes",
    ),
    Case(
        "as many columns as may be",
        "\n".join([HEADER + columns(4_089), *(row + "," * 4_089 for row in ROWS)]),
    ),
    Case("a column too many", HEADER + columns(4_090), refused="line 1: 4,097 columns, and a table has at most 4,096"),
    Case("100,000 columns", HEADER + columns(99_993), refused="line 1: 100,000 columns, and a table has at most 4,096"),
    Case(
        "100,000 columns of somebody else",
        columns(100_000),
        refused="named like synthea.payers, but its columns are other ones: , x_0, x_1",
    ),
    Case("Excel's sep= line", "sep=,\n" + GOOD, refused="line 1: Excel's sep=, is not a header"),
    # --- delimiters and containers -----------------------------------------------------------------------------------
    Case("semicolons", GOOD.replace(",", ";"), read_as=("split at semicolons",)),
    Case("tabs", GOOD.replace(",", "\t"), read_as=("split at tabs",)),
    Case("pipes", GOOD.replace(",", "|"), read_as=("split at pipes",)),
    Case(
        "semicolons with commas in text",
        GOOD.replace(",", ";").replace("Main St", "Main, St"),
        read_as=("split at semicolons",),
    ),
    Case("gzip", gzip.compress(GOOD.encode()), file="payers.csv.gz", read_as=("gzip",)),
    Case("gzip under the name of a CSV", gzip.compress(GOOD.encode()), read_as=("gzip",)),
    Case("zstd", zstd.compress(GOOD.encode()), file="payers.csv.zst", read_as=("zstd",)),
    Case(
        "gzip of UTF-16 with semicolons",
        gzip.compress(("\ufeff" + GOOD.replace(",", ";")).encode("utf-16-le")),
        file="PAYERS.CSV.GZ",
        read_as=("gzip", "UTF-16", "split at semicolons"),
    ),
    Case("a gzip cut short", gzip.compress(GOOD.encode())[:-20], file="payers.csv.gz", refused="damaged or cut short"),
    Case(
        "a gzip with a flipped byte",
        gzip.compress(GOOD.encode(), mtime=0)[:60] + b"\xff" + gzip.compress(GOOD.encode(), mtime=0)[61:],
        file="payers.csv.gz",
        refused="damaged or cut short",
    ),
    Case("a zstd cut short", zstd.compress(GOOD.encode())[:-20], file="payers.csv.zst", refused="damaged or cut short"),
    Case(
        "a line of 1 GB in a gzip of 1 MB",
        gzip.compress(GOOD.encode()) + gzip.compress(b"z" * 100_000_000) * 10,
        file="payers.csv.gz",
        refused="payers.csv.gz, line 202: longer than 16,777,216 bytes. Mend it, or deliver the file uncompressed",
    ),
    Case(
        "a line of 17 MB in a zstd of UTF-16",
        zstd.compress(("\ufeff" + with_rows("q," + "z" * 17_000_000)).encode("utf-16-le")),
        file="payers.csv.zst",
        refused="payers.csv.zst, line 102: longer than 16,777,216 bytes",
    ),
    Case(
        "a field of 10 MB in a gzip of lines that a carriage return ends",
        gzip.compress(with_rows("q," + "z" * 10_000_000 + ",,,,,", at=200).replace("\n", "\r").encode()),
        201,
        file="payers.csv.gz",
        read_as=("gzip",),
    ),
    Case("a zip archive", zipped(GOOD), refused="a zip archive or an Excel workbook"),
    Case("an Excel workbook under a CSV's name", zipped("<xml/>"), refused="a zip archive or an Excel workbook"),
    Case("Parquet under a CSV's name", parquet(FULL_PARQUET), refused="it is Parquet"),
    Case(
        "an HTML error page",
        "<HTML><body>502 Bad Gateway</body></html>\n",
        refused="an HTML page, as a failed",
    ),
    Case(
        "a Git LFS pointer",
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n",
        refused="a Git LFS pointer, not the file itself. Fetch it: git lfs pull",
    ),
    # --- values that break a contract: they land, and quarantine says why ----------------------------------------
    Case("lost ZIP zeros", with_rows("q,x,,,,6156,", at=200), 201, last={"zip": "6156"}),
    Case(
        "formulas in cells",
        with_rows('q,"=HYPERLINK(""http://x"",""y"")",,,,,', at=200),
        201,
        last={"name": '=HYPERLINK("http://x","y")'},
    ),
    Case(
        "text that is SQL",
        with_rows("q,'); DROP TABLE landing.file; --,,,,,", at=200),
        201,
        last={"name": "'); DROP TABLE landing.file; --"},
    ),
    Case(
        "marks for no value are text until the contract lists them",
        with_rows("q,NULL,N/A,?,None,NA,", at=200),
        201,
        last={"name": "NULL", "address": "N/A", "city": "?", "state_headquartered": "None", "zip": "NA"},
    ),
    Case(
        "an empty and a quoted empty field",
        with_rows('q,"",,,,,', at=200),
        201,
        last={"name": "", "address": None},
        violations=("name is missing",),
    ),
    Case("leading and trailing blanks", with_rows("q,  x  ,,,,,", at=200), 201, last={"name": "  x  "}),
    Case("an id that Excel has mangled", with_rows("1.23E+17,x,,,,,", at=200), 201, last={"id": "1.23E+17"}),
    Case("a missing key", with_rows(",x,,,,,"), 201, violations=("id is missing",)),
    Case(
        "decimal commas",
        procedures('2024-01-05T10:00:00Z,,p,e,1,x,"903,50",,'),
        201,
        file="procedures.csv",
        violations=("base_cost '903,50' is not a valid DECIMAL(14, 2)",),
    ),
    Case(
        "thousands separators",
        procedures('2024-01-05T10:00:00Z,,p,e,1,x,"1,903.50",,'),
        201,
        file="procedures.csv",
        violations=("base_cost '1,903.50' is not a valid DECIMAL(14, 2)",),
    ),
    Case(
        "a date of another format",
        procedures("05/01/2024 10:00,,p,e,1,x,1,,"),
        201,
        file="procedures.csv",
        violations=("start '05/01/2024 10:00' is not a valid TIMESTAMP",),
    ),
    Case(
        "impossible dates",
        procedures("2024-02-30T10:00:00Z,2024-13-01,p,e,1,x,1,,"),
        201,
        file="procedures.csv",
        violations=(
            "start '2024-02-30T10:00:00Z' is not a valid TIMESTAMP; stop '2024-13-01' is not a valid TIMESTAMP",
        ),
    ),
    Case(
        "a zero date",
        procedures("0000-00-00 00:00:00,,p,e,1,x,1,,"),
        201,
        file="procedures.csv",
        violations=("start '0000-00-00 00:00:00' is not a valid TIMESTAMP",),
    ),
    Case(
        "a serial date from Excel",
        procedures("45296.4166,,p,e,1,x,1,,"),
        201,
        file="procedures.csv",
        violations=("start '45296.4166' is not a valid TIMESTAMP",),
    ),
    Case(
        "NULL as a word where a number belongs",
        procedures("2024-01-05T10:00:00Z,,p,e,1,x,NULL,,"),
        201,
        file="procedures.csv",
        violations=("base_cost 'NULL' is not a valid DECIMAL(14, 2)",),
    ),
]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "delivery"
    made.mkdir()
    return made


def put(file: Path, content: str | bytes | Callable[[Path], None]) -> Path:
    if callable(content):
        content(file)
    else:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def fetch(query: str) -> list[tuple]:
    with landing.connect() as con:
        return con.execute(query).fetchall()


def violations(landed: landing.Landed) -> list[str]:
    """What models/raw says of the landed rows, from the same macro."""
    feed = {"source_system": "synthea", "landed": landed.landed_table, "columns": list(landed.columns)}
    parts = raw_model(landed.contract.as_variable(), [feed])
    rows = _landed_feed(parts["feeds"].expressions[0], [name.name for name in parts["names"].expressions])
    fault = parts["violation"].sql("duckdb")
    found = fetch(f"SELECT {fault} AS fault FROM ({rows.sql('duckdb')}) AS landed_row WHERE fault IS NOT NULL")
    return [text for (text,) in found]


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case.name, marks=[pytest.mark.long] * case.is_long) for case in CASES],
)
def test_a_hostile_file_lands_whole_or_is_refused(case: Case, folder: Path, home: Path) -> None:
    put(folder / case.file, case.content)
    if case.refused:
        with pytest.raises(LandingRefused, match=case.refused) as refusal:
            landing.land(folder)
        # In a line of its own: a list of the files that are known names most of them.
        assert re.search(rf"^ *{re.escape(case.file)}[,: ]", str(refusal.value), re.M)
        assert landing.deliveries() == {}
        assert not any((home / "temp").glob("*"))
        return
    (landed,) = landing.land(folder).landed
    assert (landed.rows_landed, landed.rows_rejected) == (case.landed, case.rejected)
    assert landed.rows_in == case.landed + case.rejected
    assert landed.files[0].read_as == case.read_as
    assert fetch(f'SELECT count(*) FROM landing."{landed.landed_table}"') == [(case.landed,)]
    for column, value in case.last.items():
        query = f'SELECT "{column}" FROM landing."{landed.landed_table}" ORDER BY rowid DESC LIMIT 1'
        assert fetch(query) == [(value,)]
    if case.rejected:
        ((line, text, reason),) = fetch("SELECT line, raw_text, reason FROM landing.reject")
        assert case.reason in reason
        assert line == (102 if case.is_planted else line)
        assert text
    assert tuple(violations(landed)) == case.violations
    assert not any((home / "temp").glob("*")), "a copy of patient data was left behind"


def test_the_corpus_is_as_large_as_it_claims() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("bad", [b"q,\xff,c", b"q," + b"z" * 17_000_000 + b",c", b"q,b", b'q,"b,c'])
def test_rows_before_a_bad_one_are_looked_at_once(bad: bytes, tmp_path: Path) -> None:
    """Of five hundred rows before a line of 100 MB each had the line looked through: that took minutes."""
    rows = [b"%d,b,c" % n for n in range(400)]
    put(tmp_path / "text", b"\n".join([b"x,y,z", *rows, bad, b"", *rows]))
    grammar, matched = Grammar(3, ",", "\n"), []
    run = grammar.run
    grammar.run = SimpleNamespace(match=lambda data, at: matched.append(at) or run.match(data, at))  # type: ignore
    (rejected,) = copy_rows(tmp_path / "text", grammar, tmp_path / "copy")
    assert (rejected.line, len(matched) <= 4) == (402, True)
    assert (tmp_path / "copy").read_bytes() == b"\n".join([b"x,y,z", *rows, b"", *rows])


def test_a_rejected_row_keeps_its_bytes_and_its_line(folder: Path) -> None:
    put(folder / "payers.csv", with_rows("q,Jos\xe9, Ltd,,,,").encode("latin-1"))
    landing.land(folder)
    assert fetch("SELECT line, raw_text FROM landing.reject") == [(102, "q,Jos\\xe9, Ltd,,,,")]


def test_an_encoding_that_the_contract_declares_is_read_and_said(folder: Path, tmp_path: Path) -> None:
    known = declared(tmp_path, "encoding = 'windows-1252'")
    put(folder / "payers.csv", with_rows("q,José €5,,,,,", at=200).encode("cp1252"))
    landed = land_with(known, folder)
    assert landed.files[0].read_as == ("windows-1252 by contract",)
    assert fetch(f"SELECT name FROM landing.\"{landed.landed_table}\" WHERE id = 'q'") == [("José €5",)]
    put(folder / "payers.csv", with_rows("q,José €6,,,,,", at=200))
    assert land_with(known, folder).files[0].read_as == (), "UTF-8 stays UTF-8 whatever the contract says"
    put(folder / "payers.csv", with_rows("q,Jos\x81,,,,,").encode("latin-1"))
    with pytest.raises(LandingRefused, match=r"payers\.csv, at or after line \d+: not windows-1252"):
        land_with(known, folder)


def test_null_marks_of_the_contract_read_as_null(folder: Path, tmp_path: Path) -> None:
    known = declared(tmp_path, "null_marks = ['', 'NULL', 'N/A', '?', 'None', 'NA']")
    put(folder / "payers.csv", with_rows("NULL,x,,,,,"))
    assert violations(land_with(known, folder)) == ["id is missing"]


def test_parquet_lands_as_text_where_the_contract_names_it(folder: Path, tmp_path: Path) -> None:
    known = declared(tmp_path, "files = ['payers.csv', 'payers.parquet', 'payers_*.parquet']")
    parquet(FULL_PARQUET)(folder / "payers.parquet")
    landed = land_with(known, folder)
    assert landed.rows_in == landed.rows_landed == 200
    assert fetch(f'SELECT zip, phone, address, city FROM landing."{landed.landed_table}" LIMIT 1') == [
        ("06156", "2024-02-29", None, "")
    ]
    put(folder / "payers.parquet", GOOD)
    with pytest.raises(LandingRefused, match=r"payers\.parquet: it is not Parquet"):
        land_with(known, folder)
    put(folder / "payers.parquet", b"PAR1" + b"x" * 100)
    with pytest.raises(LandingRefused, match=r"payers\.parquet: not readable as Parquet"):
        land_with(known, folder)


def declared(tmp_path: Path, line: str) -> dict[str, contracts.Contract]:
    """The payers' contract with one line set, from a folder of its own."""
    made = tmp_path / "contracts"
    made.mkdir()
    text = (contracts.PROJECT / "contracts/synthea__payers.toml").read_text()
    name = line.split()[0]
    kept = [kept for kept in text.splitlines() if not kept.startswith(f"{name} ")]
    (made / "synthea__payers.toml").write_text("\n".join([line, *kept]))
    return dict(contracts.load(made))


def land_with(known: dict[str, contracts.Contract], folder: Path) -> landing.Landed:
    """Land with these contracts instead of the project's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contracts, "load", lambda: known)
        (landed,) = landing.land(folder).landed
    return landed


class TestFolders:
    """What stands in a folder where a file should."""

    def test_a_symbolic_link_in_a_circle_is_refused(self, folder: Path) -> None:
        (folder / "payers.csv").symlink_to(folder / "other.csv")
        (folder / "other.csv").symlink_to(folder / "payers.csv")
        with pytest.raises(LandingRefused, match=r"payers\.csv: a symbolic link that leads to no file, or in a circle"):
            landing.land(folder)

    def test_a_symbolic_link_out_of_the_folder_is_refused_unread(self, folder: Path, tmp_path: Path) -> None:
        put(tmp_path / "passwd", "root:x:0:0:secret,\nnobody:x\n")
        (folder / "payers.csv").symlink_to("../passwd")
        with pytest.raises(LandingRefused) as refusal:
            landing.land(folder)
        assert str(refusal.value) == (
            "payers.csv: a symbolic link out of its folder, not followed. Deliver what it leads to."
        )
        with pytest.raises(LandingRefused, match=r"payers\.csv: a symbolic link out of"):
            landing.land(folder / "p*.csv")
        (folder / "outside").symlink_to(tmp_path)
        (folder / "payers.csv").unlink()
        (folder / "payers.csv").symlink_to(folder / "outside" / "passwd")
        with pytest.raises(LandingRefused, match=r"payers\.csv: a symbolic link out of"):
            landing.land(folder)

    def test_a_symbolic_link_of_an_unknown_name_out_of_the_folder_is_listed_unread(
        self, folder: Path, tmp_path: Path
    ) -> None:
        put(tmp_path / "secret.csv", "secret,column\n1,2\n")
        put(folder / "payers.csv", GOOD)
        (folder / "strange.csv").symlink_to("../secret.csv")
        assert landing.land(folder).unknown_files == (UnknownFile("strange.csv", "no contract names it"),)
        content = profile(folder).content
        assert content["unread"] == {
            "strange.csv": "strange.csv: a symbolic link out of its folder, not followed. Deliver what it leads to."
        }
        assert "secret" not in str(content).replace("secret.csv", "")

    def test_a_symbolic_link_within_the_folder_is_its_file_and_what_is_named_may_be_a_link(
        self, folder: Path, tmp_path: Path
    ) -> None:
        (folder / "archive").mkdir()
        put(folder / "archive" / "1.csv", GOOD)
        (folder / "payers.csv").symlink_to("archive/1.csv")
        put(tmp_path / "elsewhere.csv", GOOD.replace("p1", "x1"))
        (tmp_path / "links").mkdir()
        (tmp_path / "links" / "payers.csv").symlink_to(tmp_path / "elsewhere.csv")
        (tmp_path / "current").symlink_to(folder)
        for named in (folder, tmp_path / "current", tmp_path / "links" / "payers.csv"):
            assert landing.land(named).landed[0].rows_landed == 200
            assert profile(named).tables[0]["row_count"] == 200

    def test_a_folder_of_folders_takes_none_that_is_a_link_out_of_it(self, folder: Path, tmp_path: Path) -> None:
        put(tmp_path / "payers.csv", GOOD)
        (folder / "north").symlink_to(tmp_path)
        with pytest.raises(LandingRefused, match=r"north: a symbolic link out of its folder, not followed"):
            demo.delivered_folders(folder)
        (folder / "north").unlink()
        put(folder / "payers.csv", GOOD)
        (tmp_path / "current").symlink_to(folder)
        assert demo.delivered_folders(tmp_path / "current") == [(tmp_path / "current", None)]

    def test_a_folder_under_a_files_name_is_refused(self, folder: Path) -> None:
        (folder / "payers.csv").mkdir()
        with pytest.raises(LandingRefused, match=r"payers\.csv: a folder"):
            landing.land(folder)

    def test_a_pipe_under_a_files_name_is_refused_and_not_waited_for(self, folder: Path) -> None:
        os.mkfifo(folder / "payers.csv")
        with pytest.raises(LandingRefused, match=r"payers\.csv: not a regular file"):
            landing.land(folder)

    def test_a_folder_in_the_folder_is_said_to_be_left_alone(self, folder: Path) -> None:
        (folder / "archive").mkdir()
        put(folder / "payers.csv", GOOD)
        assert landing.land(folder).unknown_files == (UnknownFile("archive/"),)

    def test_a_path_with_quotes_blanks_and_wildcards_is_a_path(self, tmp_path: Path) -> None:
        folder = tmp_path / 'it\'s "final" [2024] *?'
        folder.mkdir()
        put(folder / "payers.csv", GOOD)
        assert landing.land(folder).landed[0].rows_landed == 200

    def test_one_file_or_a_pattern_may_be_delivered(self, folder: Path) -> None:
        put(folder / "payers_2024-01.csv", GOOD)
        put(folder / "payers_2024-02.csv", GOOD.replace("p1", "r1"))
        put(folder / "payers_2023-12.csv", GOOD.replace("p1", "s1"))
        assert landing.land(folder / "payers_2024-01.csv").landed[0].rows_landed == 200
        assert landing.land(folder / "payers_2024-*.csv").landed[0].rows_landed == 400

    def test_a_whole_table_beside_its_parts_is_refused(self, folder: Path) -> None:
        put(folder / "payers.csv", GOOD)
        put(folder / "payers_2024-02.csv", GOOD.replace("p1", "r1"))
        with pytest.raises(LandingRefused, match=r"payers\.csv is all of synthea__payers, yet payers_2024-02\.csv"):
            landing.land(folder)

    def test_a_file_and_its_gzip_are_the_same_content(self, folder: Path) -> None:
        put(folder / "payers_1.csv", GOOD)
        put(folder / "payers_2.csv.gz", gzip.compress(GOOD.encode()))
        with pytest.raises(LandingRefused, match="hold the same bytes"):
            landing.land(folder)

    @pytest.mark.parametrize("point", ["first line", "count", "read"])
    @pytest.mark.parametrize("change", ["append", "overwrite", "replace", "link", "link and back", "remove"])
    def test_a_file_that_changes_while_it_is_read_is_refused(
        self, folder: Path, change: str, point: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither its size nor the time of its last change need differ."""
        file, other = put(folder / "stored.txt", GOOD), put(folder / "other.txt", GOOD.replace("p1", "x1"))
        times, path = file.stat(), folder / "payers.csv"
        (path.symlink_to if "link" in change else path.hardlink_to)(file)

        def link(*targets: Path) -> None:
            for target in targets:
                path.unlink()
                path.symlink_to(target)

        def changed() -> None:
            changes[change]()
            if change != "remove":
                os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

        changes: dict[str, Callable[[], Any]] = {
            "append": lambda: put(path, GOOD + ROWS[0] + "\n"),
            "overwrite": lambda: put(path, other.read_bytes()),
            "replace": lambda: other.replace(path),
            "link": lambda: link(other),
            "link and back": lambda: link(other, file),
            "remove": path.unlink,
        }
        change_after(point, changed, monkeypatch)
        with pytest.raises(LandingRefused, match=r"payers\.csv: it changed while it was read"):
            landing.land(folder)
        assert landing.deliveries() == {}

    @pytest.mark.parametrize("point", ["columns", "read"])
    def test_parquet_that_changes_while_it_is_read_is_refused(
        self, folder: Path, tmp_path: Path, point: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known = declared(tmp_path, "files = ['payers.parquet']")
        parquet(FULL_PARQUET)(folder / "payers.parquet")
        parquet(FULL_PARQUET.replace("'MA'", "'ME'"))(folder / "other.parquet")
        change_after(point, lambda: (folder / "other.parquet").replace(folder / "payers.parquet"), monkeypatch)
        with pytest.raises(LandingRefused, match=r"payers\.parquet: it changed while it was read"):
            land_with(known, folder)

    @pytest.mark.parametrize("point", ["first line", "count", "read"])
    def test_a_profile_does_not_show_a_file_that_changes_while_it_is_read(
        self, folder: Path, point: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = put(folder / "anything.csv", GOOD)
        change_after(point, lambda: put(file, GOOD + ROWS[0]), monkeypatch)
        with pytest.raises(LandingRefused, match=r"anything\.csv: it changed while it was read"):
            profile(folder)

    @pytest.mark.parametrize(("age", "waits"), [(0.001, True), (60, False), (-60, False)])
    def test_a_file_that_has_just_changed_is_read_when_the_next_change_would_have_another_time(
        self, folder: Path, age: float, waits: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A clock that ticks a hundred times a second gives two changes of the same tick the same time."""
        file, waited = put(folder / "payers.csv", GOOD), []
        monkeypatch.setattr(files, "time", lambda: file.stat().st_ctime + age)
        monkeypatch.setattr(files, "sleep", waited.append)
        assert landing.land(folder).landed[0].rows_landed == 200
        assert bool(waited) == waits and set(waited) <= {files.CLOCK_TICK}

    def test_no_permission_is_said_with_the_file_and_what_to_do(self, folder: Path, tmp_path: Path) -> None:
        put(folder / "payers.csv", GOOD).chmod(0)
        # Root reads all files by a capability of Linux; root without it reads the project wherever that lies.
        drop = "ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522), (ctypes.c_uint32 * 6)())"
        done = limited(folder, f"import ctypes, os; os.geteuid() or {drop}", tmp_path / "theirs")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.strip().startswith("Error: payers.csv: no permission to read it.")

    def test_a_full_disk_is_said_with_the_place(self, folder: Path, tmp_path: Path) -> None:
        put(folder / "payers.csv", "\n".join([HEADER, *(f"{n}," + f"{n:x}" * 50 + ",,,,," for n in range(50_000))]))
        limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))"
        done = limited(folder, limit, tmp_path / "theirs")
        assert (done.returncode, done.stdout) == (1, "")
        assert "Check the free space" in done.stderr
        assert "Traceback" not in done.stderr
        again = limited(folder, "pass", tmp_path / "theirs")
        assert (again.returncode, "50,000" in again.stdout) == (0, True), "room was made: it lands"

    def test_too_little_memory_is_said_with_the_setting(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        put(folder / "payers.csv", GOOD)
        monkeypatch.setenv("WAREHOUSE_MEMORY_LIMIT", "3MB")
        with pytest.raises(LandingRefused, match="WAREHOUSE_MEMORY_LIMIT"):
            landing.land(folder)


def change_after(point: str, change: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a file change once, when its first line or its columns were read, when it was counted, or when it landed."""
    module, name = {
        "first line": (files, "_open"),
        "columns": (files, "_of_parquet"),
        "count": (files, "_counted"),
        "read": (landing, "append"),
    }[point]
    original, changes = getattr(module, name), [change]

    def run(*arguments: Any) -> Any:
        found = original(*arguments)
        if changes:
            changes.pop()()
        return found

    @contextmanager
    def opened(*arguments: Any) -> Iterator[Any]:
        with original(*arguments) as source:
            yield source
        if changes:
            changes.pop()()

    monkeypatch.setattr(module, name, opened if name == "_open" else run)


def limited(folder: Path, first: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run `warehouse land` in a process of its own that lives under a limit."""
    program = (
        "import sys; from workbench.cli import main; "
        f"sys.argv = ['warehouse', 'land', {str(folder)!r}]; {first}; main()"
    )
    environment = {**os.environ, "WAREHOUSE_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=120
    )


class TestLimits:
    """The limits that the environment sets."""

    def test_they_reach_duckdb(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path) -> None:
        monkeypatch.setenv("WAREHOUSE_MEMORY_LIMIT", "700MB")
        monkeypatch.setenv("WAREHOUSE_THREADS", "1")
        monkeypatch.setenv("WAREHOUSE_TEMP_FOLDER", str(tmp_path / "spill"))
        home.mkdir()
        query = "SELECT current_setting('memory_limit'), current_setting('threads'), current_setting('temp_directory')"
        assert fetch(query) == [("667.5 MiB", 1, str(tmp_path / "spill"))]

    def test_the_rejected_share_may_be_raised(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        put(folder / "payers.csv", with_rows(*["short"] * 10))
        with pytest.raises(LandingRefused, match=r"10 of 210 rows rejected, more than 1\.0%"):
            landing.land(folder)
        monkeypatch.setenv("WAREHOUSE_MAX_REJECTED_SHARE", "0.1")
        assert landing.land(folder).landed[0].rows_rejected == 10

    def test_a_compressed_file_is_not_unpacked_beyond_its_limit(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is refused as soon as there is more: what lies in the temp folder is a chunk more than allowed at most."""
        put(folder / "payers.csv.gz", gzip.compress((GOOD + ROWS[0] + "\n" * 50_000_000).encode()))
        packed = (folder / "payers.csv.gz").stat().st_size
        left: list[int] = []
        remove = landing.TemporaryDirectory.cleanup

        def measured(self: Any) -> None:
            left.extend(file.stat().st_size for file in Path(self.name).iterdir())
            remove(self)

        monkeypatch.setattr(landing.TemporaryDirectory, "cleanup", measured)
        monkeypatch.setenv("WAREHOUSE_MAX_UNPACKED_BYTES", "5000000")
        with pytest.raises(
            LandingRefused,
            match=rf"payers\.csv\.gz: it unpacks from {packed:,} bytes to more than 5,000,000\. .* in parts, "
            "free space in the temp folder, or raise WAREHOUSE_MAX_UNPACKED_BYTES",
        ):
            landing.land(folder)
        assert len(left) == 1 and left[0] <= 5_000_000 + files.CHUNK_BYTES
        monkeypatch.setenv("WAREHOUSE_MAX_UNPACKED_BYTES", "60000000")
        assert landing.land(folder).landed[0].rows_landed == 201

    @pytest.mark.parametrize(
        ("packed", "free", "most"),
        [(1_000, 10**12, 10**9), (10**9, 10**12, 2 * 10**11), (10**9, 10**10, 5 * 10**9), (1_000, 10**8, 5 * 10**7)],
    )
    def test_what_a_file_may_unpack_to_goes_by_its_size_and_the_free_space(
        self, packed: int, free: int, most: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("loader.settings.shutil.disk_usage", lambda _: SimpleNamespace(free=free))
        assert max_unpacked_bytes(packed) == most

    def test_parquet_of_too_many_columns_is_refused(self, folder: Path, tmp_path: Path) -> None:
        known = declared(tmp_path, "files = ['payers.parquet']")
        more = ", ".join(f"NULL AS x{n}" for n in range(4_090))
        parquet(FULL_PARQUET.replace("FROM", f", {more} FROM"))(folder / "payers.parquet")
        with pytest.raises(LandingRefused, match=r"payers\.parquet.*: 4,097 columns, and a table has at most 4,096"):
            land_with(known, folder)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("WAREHOUSE_MEMORY_LIMIT", "lots"),
            ("WAREHOUSE_THREADS", "0"),
            ("WAREHOUSE_MAX_UNPACKED_BYTES", "2GB"),
            ("WAREHOUSE_MAX_UNPACKED_BYTES", "0"),
            ("WAREHOUSE_MAX_REJECTED_SHARE", "7"),
            ("WAREHOUSE_MAX_REJECTED_SHARE", "some"),
        ],
    )
    def test_a_limit_that_makes_no_sense_is_named(
        self, name: str, value: str, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(folder / "payers.csv.gz", gzip.compress(GOOD.encode()))
        monkeypatch.setenv(name, value)
        done = CliRunner().invoke(cli.main, ["land", str(folder)])
        assert done.exit_code == 1
        assert f"{name}={value}" in done.output


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 2_000),
        st.sampled_from(["insert", "replace", "delete", "swap"]),
        st.one_of(
            st.binary(min_size=1, max_size=3),
            st.sampled_from(
                [b'"', b"\n", b"\r", b"\r\n", b",", b";", b"\0", b"\xff\xfe", b"\xc3", b'""', b"\n\n", b"\\"]
            ),
        ),
    ),
    min_size=1,
    max_size=6,
)
FUZZED = "\n".join(
    [HEADER, *(f'k{n:03},"Payer, ""{n}""",{n} Main St,Boston,MA,06156,k{n:03}' for n in range(40))]
).encode()


def mutated(changes: list[tuple[int, str, bytes]], line_end: bytes) -> bytes:
    data = bytearray(FUZZED.replace(b"\n", line_end))
    for place, how, what in changes:
        at = place % len(data)
        if how == "insert":
            data[at:at] = what
        elif how == "replace":
            data[at : at + len(what)] = what
        elif how == "delete":
            del data[at : at + len(what)]
        else:
            data[at : at + 40] = data[at : at + 40][::-1]
    return bytes(data)


@settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "100")), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(changes=CHANGES, line_end=st.sampled_from([b"\n", b"\r\n", b"\r"]))
@example(changes=[(60, "insert", b'"')], line_end=b"\n")
@example(changes=[(60, "insert", b"\r")], line_end=b"\n")
@example(changes=[(60, "insert", b"\n\n\n")], line_end=b"\r\n")
def test_no_change_of_bytes_loses_a_row_or_raises_anything_but_a_refusal(
    changes: list[tuple[int, str, bytes]], line_end: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each key that the mutated file still holds is in a landed row or in a rejected one, as often as in the file."""
    place = tmp_path_factory.mktemp("fuzz")
    (place / "payers.csv").write_bytes(data := mutated(changes, line_end))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_HOME", str(place / "home"))
        patch.setenv("WAREHOUSE_MAX_REJECTED_SHARE", "1")
        try:
            (landed,) = landing.land(place).landed
        except LandingRefused as refusal:
            assert "payers" in str(refusal)
            return
        assert landed.rows_in == landed.rows_landed + landed.rows_rejected
        with landing.connect() as con:
            kept = con.execute(f'SELECT * FROM landing."{landed.landed_table}"').fetchall()
            kept += con.execute("SELECT raw_text FROM landing.reject").fetchall()
            assert len(kept) == landed.rows_in
    text = "\n".join("\t".join(value or "" for value in row) for row in kept)
    for number in range(40):
        key = f"k{number:03}"
        assert text.count(key) >= data.split(b"\n" if b"\n" in data else b"\r", 1)[1].count(key.encode()), key


def test_the_command_ends_a_refusal_with_one_message(folder: Path) -> None:
    put(folder / "payers.csv", zipped(GOOD))
    done = CliRunner().invoke(cli.main, ["land", str(folder)])
    assert done.exit_code == 1
    assert done.output.strip().startswith("Error: payers.csv")
    assert isinstance(done.exception, SystemExit)
