"""Landing: rows in = rows landed + rejected, or a refusal that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from loader import contracts, landing, settings
from loader.landing import LandingRefused

HEADER = "Id,NAME,ADDRESS,CITY,STATE_HEADQUARTERED,ZIP,PHONE"
ROW = "{id},Payer {id},1 Main St,Boston,MA,06156,555"


@pytest.fixture(autouse=True)
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "delivery"
    made.mkdir()
    return made


def payers(folder: Path, text: str | bytes, name: str = "payers.csv") -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def rows(landed: landing.Landed) -> list[tuple]:
    with landing.connect() as con:
        return con.execute(
            f'SELECT id, name, zip, phone FROM landing."{landed.landed_table}" ORDER BY rowid'
        ).fetchall()


def rejects() -> list[tuple]:
    with landing.connect() as con:
        return con.execute("SELECT file_name, line, raw_text, reason FROM landing.reject ORDER BY line").fetchall()


def land_one(folder: Path) -> landing.Landed:
    (landed,) = landing.land(folder).landed
    assert landed.rows_in == landed.rows_landed + landed.rows_rejected
    return landed


@pytest.mark.parametrize(
    ("bom", "line_end", "last_line_end"),
    [(b"", "\n", True), (b"\xef\xbb\xbf", "\r\n", False), (b"", "\r\n", True), (b"\xef\xbb\xbf", "\n", False)],
)
def test_bom_line_ends_and_a_missing_last_one_change_nothing(
    folder: Path, bom: bytes, line_end: str, last_line_end: bool
) -> None:
    text = line_end.join([HEADER, ROW.format(id="a"), ROW.format(id="b")]) + (line_end if last_line_end else "")
    payers(folder, bom + text.encode())
    assert rows(land_one(folder)) == [("a", "Payer a", "06156", "555"), ("b", "Payer b", "06156", "555")]


def test_an_empty_field_is_null_and_a_quoted_empty_one_is_text(folder: Path) -> None:
    payers(folder, f'{HEADER}\na,"",,,,,\n')
    assert rows(land_one(folder)) == [("a", "", None, None)]


def test_quoted_commas_quotes_and_line_breaks_are_text(folder: Path) -> None:
    payers(folder, f'{HEADER}\na,"Smith, ""Jo""\n\nand sons",,,,,\nb,x,,,,,\n')
    assert rows(land_one(folder)) == [("a", 'Smith, "Jo"\n\nand sons', None, None), ("b", "x", None, None)]


def test_a_ragged_row_is_rejected_with_file_line_text_and_reason(folder: Path) -> None:
    lines = [HEADER, *(ROW.format(id=n) for n in range(300))]
    lines.insert(151, "too,few")
    lines.insert(201, ROW.format(id="x") + ",one too many")
    payers(folder, "\n".join(lines))
    landed = land_one(folder)
    assert (landed.rows_in, landed.rows_landed, landed.rows_rejected) == (302, 300, 2)
    assert [(file, line, text) for file, line, text, _ in rejects()] == [
        ("payers.csv", 152, "too,few"),
        ("payers.csv", 202, ROW.format(id="x") + ",one too many"),
    ]
    assert [reason for *_, reason in rejects()] == [
        "Expected Number of Columns: 7 Found: 2",
        "Expected Number of Columns: 7 Found: 8",
    ]


def test_a_stray_quote_is_rejected_and_the_rows_after_it_are_not_lost(folder: Path) -> None:
    lines = [HEADER, *(ROW.format(id=n) for n in range(300))]
    lines.insert(10, 'q,"half" quoted,1,Boston,MA,1,5')
    payers(folder, "\n".join(lines))
    landed = land_one(folder)
    assert (landed.rows_landed, landed.rows_rejected) == (300, 1)


def test_more_rejected_rows_than_allowed_refuse_the_delivery(folder: Path) -> None:
    payers(folder, "\n".join([HEADER, ROW.format(id="a"), "too,few"]))
    with pytest.raises(LandingRefused, match=r"1 of 2 rows rejected, more than 1\.0%(.|\n)*payers\.csv, line 3"):
        landing.land(folder)
    assert landing.deliveries() == {}


def test_an_unclosed_quote_takes_no_row_but_its_own(folder: Path) -> None:
    lines = [HEADER, *(ROW.format(id=n) for n in range(500))]
    lines[250] = '249,"never closed,1 Main St,Boston,MA,06156,555'
    payers(folder, "\n".join(lines))
    landed = land_one(folder)
    assert (landed.rows_landed, landed.rows_rejected) == (499, 1)
    assert [(line, text) for _, line, text, _ in rejects()] == [(251, lines[250])]


def test_blank_lines_are_counted_and_are_no_rows(folder: Path) -> None:
    payers(folder, f"{HEADER}\n\n{ROW.format(id='a')}\n\n\n{ROW.format(id='b')}\n")
    landed = land_one(folder)
    assert (landed.rows_landed, landed.files[0].blank_lines) == (2, 3)


def test_columns_may_come_in_another_order_and_more_of_them_are_kept(folder: Path) -> None:
    payers(folder, "zip,phone,ID,Name,extra,address,city,state_headquartered\n06002,5,a,A,kept,,,\n")
    landed = land_one(folder)
    assert rows(landed) == [("a", "A", "06002", "5")]
    assert landed.files[0].unknown_columns == ("extra",)
    with landing.connect() as con:
        assert con.execute(f'SELECT extra FROM landing."{landed.landed_table}"').fetchall() == [("kept",)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "payers.csv: no header line"),
        (b"\n", "payers.csv: no header line"),
        (HEADER.replace("ZIP,", "").encode() + b"\n", "line 1: missing column ZIP of synthea__payers"),
        (HEADER.encode() + b",NAME\n", "line 1, column 8: 'name' stands twice"),
        (HEADER.encode() + b",\n", "line 1, column 8: has no name"),
        (b"Id,NAME\xe9,ADDRESS\n", "not UTF-8"),
    ],
)
def test_a_header_that_cannot_be_used_is_refused(folder: Path, text: bytes, message: str) -> None:
    payers(folder, text)
    with pytest.raises(LandingRefused, match=message):
        landing.land(folder)


def test_a_file_that_is_not_utf8_is_refused_by_name(folder: Path) -> None:
    payers(folder, f"{HEADER}\n".encode() + "a,Jos\xe9,,,,,\n".encode("latin-1") * 3)
    with pytest.raises((LandingRefused), match=r"payers\.csv"):
        landing.land(folder)


def test_a_folder_without_known_files_is_refused(folder: Path) -> None:
    (folder / "notes.txt").write_text("nothing here")
    with pytest.raises(LandingRefused, match="no file of a known table"):
        landing.land(folder)
    with pytest.raises(LandingRefused, match="no such folder"):
        landing.land(folder / "missing")


def test_files_that_no_contract_names_are_listed_and_left_alone(folder: Path) -> None:
    payers(folder, f"{HEADER}\n{ROW.format(id='a')}\n")
    (folder / "data_dictionary.csv").write_text("a,b\n1,2\n")
    assert landing.land(folder).unknown_files == ("data_dictionary.csv",)


def test_the_same_bytes_land_once_whatever_the_file_is_called(folder: Path, tmp_path: Path) -> None:
    payers(folder, f"{HEADER}\n{ROW.format(id='a')}\n")
    first = land_one(folder)
    delivered = landing.deliveries()
    again = land_one(folder)
    other = tmp_path / "other"
    other.mkdir()
    payers(other, f"{HEADER}\n{ROW.format(id='a')}\n", "payers_2024.csv")
    renamed = land_one(other)
    assert (first.is_new, again.is_new, renamed.is_new) == (True, False, False)
    assert first.landed_table == again.landed_table == renamed.landed_table
    assert landing.deliveries() == delivered


def test_a_changed_file_lands_beside_the_old_one_and_delivering_the_old_one_goes_back(folder: Path) -> None:
    payers(folder, f"{HEADER}\n{ROW.format(id='a')}\n")
    first = land_one(folder)
    payers(folder, f"{HEADER}\n{ROW.format(id='b')}\n")
    second = land_one(folder)
    assert landing.deliveries()["synthea"]["synthea__payers"]["landed"] == second.landed_table
    assert (rows(first)[0][0], rows(second)[0][0]) == ("a", "b")
    payers(folder, f"{HEADER}\n{ROW.format(id='a')}\n")
    back = land_one(folder)
    assert not back.is_new
    assert landing.deliveries()["synthea"]["synthea__payers"]["landed"] == first.landed_table


def test_monthly_parts_land_as_one_table(folder: Path) -> None:
    payers(folder, f"{HEADER}\n{ROW.format(id='a')}\n", "payers_2024-01.csv")
    payers(folder, f"{HEADER}\n{ROW.format(id='b')}\n", "payers_2024-02.csv")
    landed = land_one(folder)
    assert [row[0] for row in rows(landed)] == ["a", "b"]
    assert [file.name for file in landed.files] == ["payers_2024-01.csv", "payers_2024-02.csv"]


def test_the_same_bytes_under_two_names_in_one_delivery_are_refused(folder: Path) -> None:
    payers(folder, f"{HEADER}\n{ROW.format(id='a')}\n", "payers_1.csv")
    payers(folder, f"{HEADER}\n{ROW.format(id='a')}\n", "payers_2.csv")
    with pytest.raises(LandingRefused, match="hold the same bytes"):
        landing.land(folder)


def test_one_bad_table_delivers_nothing_of_its_folder(folder: Path) -> None:
    payers(folder, f"{HEADER}\n{ROW.format(id='a')}\n")
    (folder / "organizations.csv").write_text("Id,NAME,ADDRESS,CITY,STATE,ZIP,LAT,LON\n1,two\n")
    with pytest.raises(LandingRefused):
        landing.land(folder)
    assert landing.deliveries() == {}


def test_a_warehouse_in_use_by_another_process_is_said_so(folder: Path) -> None:
    payers(folder, f"{HEADER}\n{ROW.format(id='a')}\n")
    land_one(folder)
    import subprocess
    import sys

    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()",
            str(settings.warehouse_file()),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LandingRefused, match="in use"), landing.connect():
            pass
    finally:
        holder.communicate("\n")


class TestContracts:
    def test_every_contract_is_named_for_its_table_and_has_a_key(self) -> None:
        known = contracts.load()
        assert {"synthea__patients", "synthea__encounters", "synthea__procedures"} <= set(known)
        assert all(contract.key for contract in known.values())

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("source = 'x'\ntable = 'y'\n", "columns"),
            ("source = ", "Invalid value"),
            (
                "source='x'\ntable='y'\nfiles=['y.csv']\nkey=['a']\n[columns]\na = {type='MONEY'}",
                "column a: type MONEY",
            ),
            ("source='x'\ntable='y'\nfiles=['y.csv']\nkey=['b']\n[columns]\na = {}", "key column b"),
            ("source='x'\ntable='z'\nfiles=['y.csv']\nkey=['a']\n[columns]\na = {}", "name the file x__z.toml"),
            ("source='x'\ntable='y'\nfiles=['y.csv']\nkey=['a']\n[columns]\na = {wide=1}", "wide"),
        ],
    )
    def test_a_contract_that_cannot_be_used_says_why(self, tmp_path: Path, text: str, message: str) -> None:
        (tmp_path / "x__y.toml").write_text(text)
        with pytest.raises(contracts.ContractError, match=message):
            contracts.load(tmp_path)


@pytest.fixture(autouse=True)
def no_connection_left_open() -> Iterator[None]:
    yield
    file = settings.warehouse_file()
    if file.exists():
        duckdb.connect(str(file)).close()


def test_copies_that_a_killed_command_left_are_removed_and_those_of_a_running_one_are_not() -> None:
    left = settings.temp_folder() / "copies-of-a-killed-command"
    left.mkdir(parents=True)
    (left / "patients.csv").write_text("Id\n")
    with landing.scratch_folder() as running, landing.scratch_folder() as own:
        assert not left.exists()
        assert running.exists() and own.exists() and running != own
    assert list(settings.temp_folder().iterdir()) == []
