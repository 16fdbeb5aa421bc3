"""Landing: rows in = rows landed + rejected, or a refusal that says what to do."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from click.testing import CliRunner
from rich.console import Console

from contract_sql import raw_model
from loader import contracts, feeds, landing, settings
from loader.landing import LandingRefused
from loader.recognition import UnknownFile
from workbench import cli, demo, status

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
        (HEADER.replace("ZIP,", "").encode() + b"\n", "line 1: missing column ZIP of synthea__payers. Deliver"),
        (HEADER.replace("ZIP", "POST").encode() + b"\n", "missing column ZIP of synthea__payers; found POST, which it"),
        (HEADER.encode() + b",NAME\n", "line 1, column 8: 'name' appears twice"),
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
    assert landing.land(folder).unknown_files == (UnknownFile("data_dictionary.csv", "no contract names it"),)


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


load_contracts = contracts.load
CONDITIONS = "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION"
MIMIC = "row_id,subject_id,hadm_id,seq_num,icd9_code\n1,2,3,4,4019\n"
EHR_DIAGNOSES = (
    "patient_id,visit_date,visit_type,primary_diagnosis,primary_icd10,secondary_diagnoses,secondary_icd10s,"
    "provider_specialty\nP1,2024-01-05,office,Asthma,J45.909,,,Pulmonology\n"
)


def good(folder: Path, name: str = "payers.csv") -> Path:
    folder.mkdir(exist_ok=True)
    return payers(folder, f"{HEADER}\n{ROW.format(id=folder.name)}\n", name)


class TestRecognition:
    """A file belongs to a table by its name and its header, both."""

    def test_a_file_of_other_columns_is_left_alone_and_said_why(self, folder: Path) -> None:
        good(folder)
        (folder / "DIAGNOSES_ICD.csv").write_text(MIMIC)
        (folder / "README.md").write_text("about")
        (folder / "a.csv").write_text("x\n1\n")
        delivery = landing.land(folder)
        assert [item.contract.name for item in delivery.landed] == ["synthea__payers"]
        assert delivery.unknown_files == (
            UnknownFile(
                "DIAGNOSES_ICD.csv",
                "named like ehr.diagnoses, but its columns are other ones: row_id, subject_id, hadm_id, seq_num, "
                "icd9_code",
            ),
            UnknownFile("README.md"),
            UnknownFile("a.csv", "no contract names it"),
        )
        shown = CliRunner().invoke(cli.main, ["land", str(folder)]).output.splitlines()
        at = next(n for n, line in enumerate(shown) if line.startswith("not landed"))
        assert shown[at : at + 4] == [
            "not landed DIAGNOSES_ICD.csv  named like ehr.diagnoses, but its columns are other ones: row_id, "
            "subject_id, hadm_id, seq_num, icd9_code",
            "           a.csv              no contract names it",
            "           no tables by their names: README.md",
            "           to have one land: warehouse contract FILE drafts a contract for it",
        ]

    def test_a_file_with_bad_column_names_that_is_nobodys_refuses_nothing(self, folder: Path) -> None:
        good(folder)
        (folder / "DIAGNOSES_ICD.csv").write_text(",icd9_code,icd9_code\n0,4019,4019\n")
        assert [file.name for file in landing.land(folder).unknown_files] == ["DIAGNOSES_ICD.csv"]

    def test_a_delivery_of_other_files_alone_is_refused_with_each_and_what_to_do(self, folder: Path) -> None:
        (folder / "DIAGNOSES_ICD.csv").write_text(MIMIC)
        (folder / "notes.txt").write_text("x")
        with pytest.raises(LandingRefused) as refusal:
            landing.land(folder)
        lines = str(refusal.value).splitlines()
        assert lines[0] == f"{folder}: no file of a known table."
        assert lines[1].startswith("  DIAGNOSES_ICD.csv  named like ehr.diagnoses, but its columns are other ones")
        assert lines[2:4] == [
            "  no tables by their names: notes.txt",
            "To have one land: warehouse contract FILE drafts a contract for it.",
        ]

    @pytest.mark.parametrize("kept", range(1, 8))
    def test_half_of_the_columns_tell_a_table_with_something_missing_from_a_foreign_one(
        self, folder: Path, kept: int
    ) -> None:
        """Of the six columns that payers must have: with three of them it is payers, with two it is not."""
        columns = [*HEADER.split(",")[:kept], *(f"other_{n}" for n in range(7 - kept))]
        payers(folder, ",".join(columns) + "\n")
        (folder / "conditions.csv").write_text(f"{CONDITIONS}\n")
        if kept == 7:
            assert len(landing.land(folder).landed) == 2
        elif kept >= 3:
            with pytest.raises(LandingRefused, match=r"payers\.csv, line 1: missing column .*PHONE of synthea__payers"):
                landing.land(folder)
        else:
            assert [file.name for file in landing.land(folder).unknown_files] == ["payers.csv"]

    def test_a_whole_table_of_another_family_goes_to_the_family_whose_header_fits(self, folder: Path) -> None:
        (folder / "diagnoses.csv").write_text(EHR_DIAGNOSES)
        good(folder)
        assert {item.contract.name for item in landing.land(folder).landed} == {"ehr__diagnoses", "synthea__payers"}

    def test_a_first_line_of_data_is_said_to_be_no_header(self, folder: Path) -> None:
        (folder / "conditions.csv").write_text("P1,2024-01-05,J45.909,Asthma\n")
        good(folder)
        (unknown,) = landing.land(folder).unknown_files
        assert unknown.reason.endswith("but it seems to have no header: P1, 2024-01-05, J45.909, Asthma")
        (folder / "conditions.csv").unlink()
        payers(folder, "\n".join(f"{n},{n},{n},Boston,MA,06156,555" for n in range(3)))
        with pytest.raises(
            LandingRefused,
            match=r"payers\.csv, line 1: this file seems to have no header \(0, 0, 0, Boston, MA, 06156, 555\)\. .*"
            r"set header = false in contracts/synthea__payers\.toml",
        ):
            landing.land(folder)


class TestFeeds:
    """Several feeds of one family land side by side."""

    @pytest.mark.parametrize("name", ["", "North", "a b", "-a", "x" * 33, "süd", "a;b", "a\n"])
    def test_a_name_that_no_feed_can_have_is_refused_and_says_what_is_allowed(self, folder: Path, name: str) -> None:
        good(folder)
        with pytest.raises(LandingRefused, match=r"not a name for a feed\. Use up to 32 lower-case letters, digits"):
            landing.land(folder, source_system=name)
        assert landing.deliveries() == {}

    def test_two_feeds_of_one_family_lie_side_by_side(self, tmp_path: Path) -> None:
        for name in ("north", "south-2"):
            good(tmp_path / name)
            landing.land(tmp_path / name, source_system=name)
        assert {feed: list(tables) for feed, tables in landing.deliveries().items()} == {
            "north": ["synthea__payers"],
            "south-2": ["synthea__payers"],
        }

    def test_one_name_for_files_of_two_families_is_refused(self, folder: Path) -> None:
        good(folder)
        (folder / "diagnoses.csv").write_text(EHR_DIAGNOSES)
        with pytest.raises(LandingRefused, match="--source north: these are files of 2 families, ehr and synthea"):
            landing.land(folder, source_system="north")
        assert {item.source_system for item in landing.land(folder).landed} == {"ehr", "synthea"}

    def test_a_name_that_another_family_has_is_refused(
        self, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        landing.land(good(tmp_path / "north").parent, source_system="north")
        (folder / "diagnoses.csv").write_text(EHR_DIAGNOSES)
        with pytest.raises(LandingRefused, match=r"north: that feed has files of synthea \(they have landed already\)"):
            landing.land(folder, source_system="north")
        with pytest.raises(
            LandingRefused, match=r"synthea: that feed has files of synthea \(seeds/source_system\.csv says so"
        ):
            landing.land(folder, source_system="synthea")
        (tmp_path / "seeds").mkdir()
        (tmp_path / "seeds" / "source_system.csv").write_text("source_system,family\nclinic,synthea\n")
        monkeypatch.setattr(feeds, "PROJECT", tmp_path)
        with pytest.raises(LandingRefused, match=r"clinic: that feed has files of synthea \(seeds/source_system"):
            landing.land(folder, source_system="clinic")
        assert landing.land(folder, source_system="ward").landed[0].source_system == "ward"

    def test_a_feed_that_is_withdrawn_is_no_longer_delivered_and_stays_landed(self, tmp_path: Path) -> None:
        landed = landing.land(good(tmp_path / "north").parent, source_system="north").landed[0]
        landing.land(good(tmp_path / "south").parent, source_system="south")
        run = CliRunner().invoke
        wrong = run(cli.main, ["withdraw", "nort"])
        assert (wrong.exit_code, wrong.output.strip()) == (
            1,
            "Error: nort: no feed of that name. There is north, south.",
        )
        assert "withdrawn  north: synthea__payers" in run(cli.main, ["withdraw", "north"]).output
        assert list(landing.deliveries()) == ["south"]
        assert rows(landed) == [("north", "Payer north", "06156", "555")]
        landing.withdraw("south")
        with pytest.raises(LandingRefused, match="There is none: nothing has landed"):
            landing.withdraw("south")

    def test_status_shows_feed_by_feed_and_a_shared_table_once(self, tmp_path: Path) -> None:
        for feed in ("south", "north", "east"):
            landing.land(good(tmp_path / ("west" if feed == "east" else "shared")).parent, source_system=feed)
        landing.land(good(tmp_path / "old").parent, source_system="gone")
        landing.withdraw("gone")
        assert [row.feeds for row in status.landed_tables()] == [("east",), ("north", "south"), ()]
        shown = CliRunner().invoke(cli.main, ["status"]).output
        assert [line.split()[0] for line in shown.splitlines()[:4]] == ["feed", "east", "north,", "-"]

    def test_the_same_rows_under_two_feeds_are_said_to_count_twice(self, tmp_path: Path) -> None:
        good(tmp_path / "shared")
        run = CliRunner().invoke
        first = run(cli.main, ["land", str(tmp_path / "shared"), "--source", "north"]).output
        second = run(cli.main, ["land", str(tmp_path / "shared"), "--source", "south"]).output
        assert [line.split()[:2] for line in first.splitlines()[2:3]] == [["north", "synthea__payers"]]
        assert ("both count" in first, "the same rows as feed north: both count" in second) == (False, True)


class TestDemoFolders:
    """What the demo makes of a folder of folders."""

    def test_a_family_of_one_folder_keeps_its_name_and_others_are_called_after_their_folders(
        self, tmp_path: Path
    ) -> None:
        data = tmp_path / "data"
        data.mkdir()
        good(data / "North Clinic")
        good(data / "south")
        (data / "records").mkdir()
        (data / "records" / "diagnoses.csv").write_text(EHR_DIAGNOSES)
        (data / "mimic").mkdir()
        (data / "mimic" / "DIAGNOSES_ICD.csv").write_text(MIMIC)
        (data / "south" / "about.md").write_text("x")
        assert demo.delivered_folders(data) == [
            (data / "North Clinic", "north_clinic"),
            (data / "records", None),
            (data / "south", "south"),
        ]
        assert [(file.name, bool(file.reason)) for file in demo.files_left(data)] == [
            ("mimic/DIAGNOSES_ICD.csv", True),
            ("south/about.md", False),
        ]
        for folder, source_system in demo.delivered_folders(data):
            landing.land(folder, source_system=source_system)
        assert set(landing.deliveries()) == {"north_clinic", "ehr", "south"}

    def test_the_command_lands_each_folder_under_its_feeds_name(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("north", "south"):
            (tmp_path / "data").mkdir(exist_ok=True)
            good(tmp_path / "data" / name)

        def stop(run: Callable[[], None]) -> None:
            raise LandingRefused("enough for this test: nothing is planned")

        monkeypatch.setattr(cli, "_planned", stop)
        assert "enough for this test" in CliRunner().invoke(cli.main, ["demo", str(tmp_path / "data")]).output
        assert set(landing.deliveries()) == {"north", "south"}

    def test_the_screen_lists_what_did_not_land(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The rest of the screen needs a plan; tests/test_road.py shows it."""
        screen = Console(width=200, record=True, file=io.StringIO())
        context = SimpleNamespace(models={})
        planned = SimpleNamespace(context=context, models=Counter(), audits=0)
        monkeypatch.setattr(demo.planning, "read", lambda *_: [])
        left = [
            UnknownFile("a/longer.csv", "no contract names it"),
            UnknownFile("b.md"),
            UnknownFile("c.csv", "why [x]"),
        ]
        demo.show(screen, [landing.land(good(tmp_path / "north").parent)], left, planned, "a server", tmp_path / "page")
        lines = screen.export_text().splitlines()
        at = next(n for n, line in enumerate(lines) if line.startswith("not landed"))
        assert lines[at - 1] == "landed     synthea: payers 1 · rejected 0"
        assert lines[at : at + 3] == [
            "not landed a/longer.csv  no contract names it",
            "           c.csv         why [x]",
            "           no tables by their names: b.md",
        ]

    def test_one_folder_alone_is_the_feed_of_its_family(self, tmp_path: Path) -> None:
        good(tmp_path / "x")
        assert demo.delivered_folders(tmp_path / "x") == [(tmp_path / "x", None)]

    def test_two_folders_that_would_be_one_feed_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        good(tmp_path / "data" / "a.b")
        good(tmp_path / "data" / "A b")
        with pytest.raises(LandingRefused, match=r"A b and .*a\.b would both be the feed a_b\. Rename one of"):
            demo.delivered_folders(tmp_path / "data")

    def test_folders_with_nothing_known_are_refused_with_their_files(self, tmp_path: Path) -> None:
        (tmp_path / "data" / "mimic").mkdir(parents=True)
        (tmp_path / "data" / "mimic" / "DIAGNOSES_ICD.csv").write_text(MIMIC)
        with pytest.raises(LandingRefused, match=r"no file of a known table\.\n  mimic/DIAGNOSES_ICD\.csv  named like"):
            demo.delivered_folders(tmp_path / "data")


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
            ("source='x'\ntable='y'\nfiles=['y.csv']\nkey=['a']\n[columns]\na = {}\nA = {}", "upper and lower case"),
            (
                "source='x'\ntable='y'\nfiles=['y.csv']\nkey=['a']\n[columns]\na = {}\nRowId = {}",
                "column RowId: a name",
            ),
            *(
                (
                    f"source='x'\ntable='y'\nfiles=['y.csv']\nkey=['{name}']\n[columns]\n{name} = {{}}",
                    f"column {name}: a name that the raw models use",
                )
                for name in ("source_system", "record_number", "violation", "rowid")
            ),
            (
                "source='x'\ntable='y'\nfiles=['y.csv']\nkey=['a']\n[columns]\na = {format='%m/%d/%Y'}",
                "column a: a format, but its type is VARCHAR",
            ),
            (
                "source='x'\ntable='y'\nfiles=['y.csv']\nkey=['a']\n[columns]\na = {type='DATE', format='%Q'}",
                "column a: format '%Q' cannot be used",
            ),
            ("source='x'\ntable='y'\nfiles=['y.csv']\nkey=['a']\nheader=1.5\n[columns]\na = {}", "header = 1.5"),
            (
                "source='x'\ntable='y'\nfiles=['y.csv']\nkey=['a']\nignore=['A ']\n[columns]\na = {}",
                "a is also under ignore",
            ),
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


class TestWhatAContractSays:
    """Formats of dates, files without a header, columns that are left out."""

    VISITS = """
    source = "city"
    table = "visits"
    files = ["visits.csv", "visits_*.csv"]
    key = ["id"]
    {extra}
    [columns]
    id = {{ required = true }}
    doa = {{ type = "DATE", format = "%m/%d/%Y" }}
    seen = {{ type = "TIMESTAMP", format = "%d-%b-%y %H:%M" }}
    note = {{}}
    """

    @pytest.fixture
    def city(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., contracts.Contract]:
        """Write the contract, with a line more, and make it the only one."""

        def make(extra: str = "") -> contracts.Contract:
            made = tmp_path / "contracts"
            made.mkdir(exist_ok=True)
            (made / "city__visits.toml").write_text(self.VISITS.format(extra=extra))
            known = load_contracts(made)
            monkeypatch.setattr(contracts, "load", lambda: known)
            return known["city__visits"]

        return make

    def raw(self, landed: landing.Landed) -> list[tuple]:
        """What models/raw hands on, from the same macro."""
        feed = {"source_system": "city", "landed": landed.landed_table, "columns": list(landed.columns)}
        parts = raw_model(landed.contract.as_variable(), [feed])
        columns = ", ".join(column.sql("duckdb") for column in parts["columns"].expressions)
        with landing.connect() as con:
            return con.execute(
                f'SELECT {columns}, {parts["violation"].sql("duckdb")} FROM landing."{landed.landed_table}" '
                "ORDER BY rowid"
            ).fetchall()

    def test_a_date_of_the_contracts_format_is_handed_on_as_iso_text(
        self, folder: Path, city: Callable[..., contracts.Contract]
    ) -> None:
        city()
        payers(
            folder,
            "id,doa,seen,note\n1,4/1/2017,01-Apr-17 09:05,a\n2, 12/31/2017 ,,b\n3,,,c\n4,13/1/2017,01-Apr-17 09:05,d\n"
            "5,4/1/2017,2017-04-01,e\n6,4/1/17,,f\n",
            "visits.csv",
        )
        assert self.raw(land_one(folder)) == [
            ("1", "2017-04-01", "2017-04-01 09:05:00", "a", None),
            ("2", "2017-12-31", None, "b", None),
            ("3", None, None, "c", None),
            ("4", "13/1/2017", "01-Apr-17 09:05", "d", "doa '13/1/2017' is not a valid DATE as %m/%d/%Y"),
            ("5", "4/1/2017", "2017-04-01", "e", "seen '2017-04-01' is not a valid TIMESTAMP as %d-%b-%y %H:%M"),
            ("6", "4/1/17", None, "f", "doa '4/1/17' is not a valid DATE as %m/%d/%Y"),
        ]

    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    def test_a_file_without_a_header_has_the_columns_of_its_contract(
        self, folder: Path, city: Callable[..., contracts.Contract], mark: str
    ) -> None:
        city("header = false")
        payers(folder, f"{mark}1;4/1/2017;;first\n2;4/2/2017;;second\n", "visits_1.csv")
        payers(folder, f"{mark}3;4/3/2017;;third\n\n4;5\n" + "5;4/5/2017;;x\n" * 300, "visits_2.csv")
        landed = land_one(folder)
        assert (landed.rows_landed, landed.rows_rejected) == (303, 1)
        assert [row[:4] for row in self.raw(landed)][:3] == [
            ("1", "2017-04-01", None, "first"),
            ("2", "2017-04-02", None, "second"),
            ("3", "2017-04-03", None, "third"),
        ]
        assert [(file, line, text) for file, line, text, _ in rejects()] == [("visits_2.csv", 3, "4;5")]

    def test_a_first_line_that_is_bad_in_a_file_without_a_header_is_one_rejected_row(
        self, folder: Path, city: Callable[..., contracts.Contract]
    ) -> None:
        city("header = false")
        payers(folder, '"1"x,4/1/2017,,bad\n' + "5,4/5/2017,,x\n" * 300, "visits.csv")
        landed = land_one(folder)
        assert (landed.rows_landed, landed.rows_rejected, rejects()[0][1]) == (300, 1, 1)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("1,4/1/2017,\n", r"visits\.csv, line 1: 3 fields, but contracts/city__visits\.toml.* names 4 columns"),
            ("id,doa,seen,note\n1,2,3,4\n", r"visits\.csv, line 1: a header, id, doa, seen, note, yet contracts/city"),
            ("row_id,subject_id,x\n1,2,3\n", r"named like city\.visits, but its columns are other ones: row_id"),
        ],
    )
    def test_what_does_not_fit_a_contract_without_header_is_refused(
        self, folder: Path, city: Callable[..., contracts.Contract], text: str, message: str
    ) -> None:
        city("header = false")
        payers(folder, text, "visits.csv")
        with pytest.raises(LandingRefused, match=message):
            landing.land(folder)

    @pytest.mark.parametrize("first", ["", "Unnamed: 0", " "])
    def test_columns_that_the_contract_ignores_do_not_land(
        self, folder: Path, city: Callable[..., contracts.Contract], first: str
    ) -> None:
        known = city('ignore = ["Unnamed: 0", ""]')
        payers(
            folder,
            f'{first},id,doa,seen,note\n0,1,4/1/2017,,"two\nlines"\n"1\n\n1",2,4/2/2017,,b\n\n2,3,4/3/2017,,c\n'
            + "3,4,5\n"
            + "4,5,4/5/2017,,x\n" * 300,
            "visits.csv",
        )
        landed = land_one(folder)
        assert landed.columns == ("id", "doa", "seen", "note")
        assert (landed.rows_landed, landed.rows_rejected, landed.files[0].unknown_columns) == (303, 1, ())
        assert [row[3] for row in self.raw(landed)][:3] == ["two\nlines", "b", "c"]
        assert city().layout != known.layout
        if not first.strip():
            with pytest.raises(
                LandingRefused, match=r'column 1: has no name\. Name it, or leave it out: ignore = \[""\]'
            ):
                landing.land(folder)

    def test_a_contract_that_says_neither_lands_under_the_name_it_always_did(self) -> None:
        """Else each delivery would land once more after an update of the program."""
        payers = contracts.load()["synthea__payers"]
        columns = [(column.name, column.header) for column in payers.columns]
        assert payers.layout == hashlib.sha256(json.dumps(columns).encode()).hexdigest()
