"""The profile: exact numbers, planted faults found by it alone, people masked, one page that needs nothing else."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import statistics
from collections import Counter
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from contract_sql import raw_model
from loader import contracts, landing
from loader.landing import LandingRefused
from loader.profile import Profile, profile
from test_contract_values import GOOD, NOT_GOOD
from workbench import cli, profile_page
from workbench.draft import draft
from workbench.profile_page import render

SHARED = Path(os.environ.get("WAREHOUSE_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def write(folder: Path, **tables: str | bytes) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def column(found: Profile, name: str, table: str | None = None) -> dict[str, Any]:
    of = [t for t in found.tables if table in (None, t["table_name"])]
    return next(c for t in of for c in t["columns"] if c["column_name"] == name)


def alerts(found: Profile) -> set[tuple[str, str | None, str, int | None]]:
    return {(a["table_name"], a["column_name"], a["rule"], a["n"]) for a in found.alerts}


def lines(header: str, *rows: str) -> str:
    return "\n".join([header, *rows]) + "\n"


FILLER = [f"{n},{n % 7},x" for n in range(100)]


@pytest.mark.parametrize(
    ("text", "where", "rule", "n"),
    [
        (lines("id,a,b", *FILLER, "100"), None, "rows that cannot be read", 1),
        (lines("id,a,b", *FILLER, FILLER[0], FILLER[0]), None, "the same row more than once", 2),
        (lines("id,a,b"), None, "no rows", 0),
        ("\ufeff" + lines("id,a,b", *FILLER), None, "byte order mark", None),
        (lines("id,a,b", *FILLER, "", ""), None, "blank lines", 2),
        (lines("id,name,b", *FILLER, "u,José,x").encode("latin-1"), None, "not UTF-8", None),
        (lines("id,a,b", *FILLER, "u,many,x"), "a", "values of another kind", 1),
        (
            lines("id,day,b", *(f"{n},2024-02-{n % 28 + 1:02},x" for n in range(99)), "u,2024-02-30,x"),
            "day",
            "values of another kind",
            1,
        ),
        (lines("id,a,b", *FILLER, "u,1,JosÃ©"), "b", "mangled characters", 1),
        (lines("id,a,b", *FILLER, "u,1,Jos√©"), "b", "mangled characters", 1),
        (
            lines("id,code,b", *(f"{n},{10**17 + n},x" for n in range(99)), "u,1.23E+17,x"),
            "code",
            "numbers as 1.23E+17",
            1,
        ),
        (
            lines("id,zip,b", *(f"{n},{10000 + n},x" for n in range(99)), "u,2114,x"),
            "zip",
            "may have lost leading zeros",
            1,
        ),
        (
            lines("id,code,b", *(f"{n},185347001,x" for n in range(99)), "u,1853470,x"),
            "code",
            "codes that look cut off",
            1,
        ),
        (lines("id,first_name,b", *(f"{n},Ann{n},x" for n in range(99))), "first_name", "digits in names", 99),
        (
            lines("id,days,b", *(f"{n},{n}.0,x" for n in range(50)), "u,,x"),
            "days",
            "whole numbers written as decimals",
            50,
        ),
        (lines("id,a,b", *FILLER, "u,NULL,x", "v,N/A,x", "w,?,x"), "a", "words for no value", 3),
        (lines("id,a,b", *FILLER, 'u,"",x', "v,,x"), "a", 'both empty and ""', 1),
        (lines("id,a,b", *FILLER, "u,1, x"), "b", "blanks around values", 1),
        (lines("id,a,city", *FILLER, "u,1,X"), "city", "spelled in more than one way", 1),
        (
            lines("id,day,b", *(f"{n},2024-02-{n % 28 + 1:02},x" for n in range(99)), "u,1066-10-14,x"),
            "day",
            "dates out of reason",
            1,
        ),
        (
            lines("id,day,b", *(f"{n},{n % 12 + 1:02}/{n % 28 + 1:02}/2024,x" for n in range(99))),
            "day",
            "dates as people write them",
            99,
        ),
        (
            lines("id,start,stop", "1,2024-01-02,2024-01-01", *(f"{n},2024-01-02,2024-01-03" for n in range(2, 50))),
            "start, stop",
            "ends before it begins",
            1,
        ),
        (
            lines("id,icu_days,stay_days", "1,9,2", *(f"{n},{n % 3},{n % 3 + n % 5}" for n in range(2, 99))),
            "icu_days, stay_days",
            "more than its whole",
            1,
        ),
        (lines("id,a,b", *FILLER), "b", "always the same", 1),
        (lines("id,a,b", "1,,x", "2,,y"), "a", "always empty", 1),
        (lines("a,b", *(f"{n % 3},{n % 2}" for n in range(60)), "0,0"), None, "the same row more than once", 55),
    ],
)
def test_a_planted_fault_is_found(
    tmp_path: Path, text: str | bytes, where: str | None, rule: str, n: int | None
) -> None:
    clean = alerts(
        profile(write(tmp_path / "clean", visits=lines("id,a,b", *(f"{n},{n % 7},x{n}" for n in range(100)))))
    )
    assert clean == set(), "a clean file has no alert at all"
    assert ("visits", where, rule, n) in alerts(profile(write(tmp_path / "dirty", visits=text)))


def test_faults_between_tables_are_found(tmp_path: Path) -> None:
    patients = lines("Id,BIRTHDATE,DEATHDATE", *(f"p{n},1950-01-01,{'2020-01-01' if n < 5 else ''}" for n in range(50)))
    visits = lines(
        "Id,PATIENT,START,STOP",
        "v0,p0,2020-01-01T10:00:00Z,2020-01-02T10:00:00Z",
        "v1,gone,2021-01-01,2021-01-01",
        "v2,p9,1940-01-01,1940-01-02",
        *(f"v{n},p{n},2019-01-01T00:00:00Z,2019-01-03T00:00:00Z" for n in range(3, 50)),
    )
    acts = lines(
        "VISIT,START,STOP,WHAT",
        *(f"v{n},2019-01-01T01:00:00Z,2019-01-0{4 if n < 10 else 2}T00:00:00Z,w{n}" for n in range(3, 50)),
    )
    found = alerts(profile(write(tmp_path / "in", patients=patients, visits=visits, acts=acts)))
    assert ("visits", "PATIENT", "refers to nothing", 1) in found
    assert ("visits", "STOP", "after death", 1) in found
    assert ("visits", "START, STOP", "before birth", 1) in found, "one fault is one alert"
    assert ("acts", "STOP", "ends after what it belongs to", 7) in found
    assert ("visits", "START", "after death", 1) not in found, "the day of death is not a day after it"


def of_rule(found: Profile, rule: str) -> set[tuple[str, str | None, int | None]]:
    return {(table, where, n) for table, where, name, n in alerts(found) if name == rule}


def day(n: int, form: str) -> str:
    return (date(2017, 1, 1) + timedelta(days=n)).strftime(form)


def stays(form: str, columns: str = "D.O.A,D.O.D", wrong: int = 20, total: int = 400, mixed: str | None = None) -> str:
    """Stays of up to nine days over a year, of which `wrong` end before they begin."""
    rows = []
    for n in range(total):
        start, length = n * 7 % 365, -(n % 5 + 1) if n < wrong else n % 10
        written = mixed if mixed and n % 2 else form
        rows.append(f"{n},{day(start, written)},{day(start + length, written)},{day(n * 91 % 365, form)}")
    return lines(f"id,{columns},printed", *rows)


@pytest.mark.parametrize("form", ["%m/%d/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d-%b-%y", "%m/%d/%Y %H:%M", "%Y%m%d"])
def test_a_stay_that_ends_before_it_begins_is_found_whatever_its_columns_are_called(tmp_path: Path, form: str) -> None:
    found = profile(write(tmp_path / "in", stays=stays(form)))
    assert of_rule(found, "ends before it begins") == {("stays", "D.O.A, D.O.D", 20)}, "and of no other pair"
    (alert,) = (a for a in found.alerts if a["rule"] == "ends before it begins")
    assert alert["message"] == "D.O.A is at or before D.O.D in nearly all rows, but after it in these."


@pytest.mark.parametrize(
    ("columns", "wrong", "is_found"),
    [("one,two", 40, True), ("one,two", 44, False), ("D.O.A,D.O.D", 60, True), ("D.O.A,D.O.D", 110, False)],
)
def test_rows_contradict_an_order_only_where_there_is_one(
    tmp_path: Path, columns: str, wrong: int, is_found: bool
) -> None:
    """Nearly all rows must have it: nine in ten, or three in four where the names are alike."""
    found = profile(write(tmp_path / "in", stays=stays("%Y-%m-%d", columns, wrong)))
    assert bool(of_rule(found, "ends before it begins")) == is_found


def test_an_order_is_found_in_dates_of_two_formats(tmp_path: Path) -> None:
    found = profile(write(tmp_path / "in", stays=stays("%m/%d/%Y", mixed="%d/%m/%Y", wrong=0)))
    assert {where for _, where, _ in of_rule(found, "dates in more than one format")} == {"D.O.A", "D.O.D"}
    assert {where for _, where, _ in of_rule(found, "ends before it begins")} == {"D.O.A, D.O.D"}


def test_a_start_with_a_time_is_not_after_an_end_on_the_same_day(tmp_path: Path) -> None:
    rows = [f"{n},2024-01-{n % 28 + 1:02}T10:00:00Z,2024-01-{n % 28 + (n != 3):02}" for n in range(60)]
    found = profile(write(tmp_path / "in", t=lines("id,start,stop", *rows)))
    assert of_rule(found, "ends before it begins") == {("t", "start, stop", 1)}


def test_dates_that_have_nothing_to_do_with_each_other_are_in_no_order(tmp_path: Path) -> None:
    """One column is before the other in 19 of 20 rows, by chance: the years of the one are the earlier ones."""
    chance = random.Random(5)
    rows = [
        f"{n},{day(chance.randint(0, 1000), '%Y-%m-%d')},{day(chance.randint(800, 2500), '%Y-%m-%d')}"
        for n in range(500)
    ]
    assert of_rule(profile(write(tmp_path / "in", t=lines("id,one,two", *rows))), "ends before it begins") == set()


def test_an_id_refers_to_nothing_only_where_a_table_could_be_what_it_refers_to(tmp_path: Path) -> None:
    """A table of some of the patients, or one that numbers its own rows, is not what the ids of others refer to."""
    folder = write(
        tmp_path / "in",
        visits=lines("row_id,patient_id,day", *(f"{n},{n % 50},x" for n in range(100))),
        deaths=lines("row_id,patient_id,cause", *(f"{n},{n},y" for n in range(30))),
        acts=lines("row_id,what", *(f"{n},z" for n in range(170))),
    )
    assert of_rule(profile(folder), "refers to nothing") == set()
    write(folder, patients=lines("patient_id,sex", *(f"{n},f" for n in range(48))))
    assert of_rule(profile(folder), "refers to nothing") == {("visits", "patient_id", 4)}


def test_a_column_without_a_name_is_said_and_the_others_are_profiled(tmp_path: Path) -> None:
    found = profile(write(tmp_path / "in", t=lines(",id,a", *(f"{n},{n},x{n}" for n in range(50)))))
    assert alerts(found) == {("t", None, "a column without a name", 1)}
    assert [c["column_name"] for c in found.tables[0]["columns"]] == ["id", "a"]


def test_a_git_lfs_pointer_is_named_as_one(tmp_path: Path) -> None:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    folder = write(tmp_path / "in", t=lines("id,a", "1,2"), labs=text)
    assert profile(folder).content["unread"] == {
        "labs.csv": "labs.csv: it is a Git LFS pointer, not the file itself. Fetch it: git lfs pull."
    }


def test_numbers_are_exact(tmp_path: Path) -> None:
    """Held against Python's own statistics of the same values."""
    chance = random.Random(7)
    numbers = [chance.choice([None, chance.randint(-50, 5000)]) for _ in range(3001)]
    days = [f"20{chance.randint(10, 23)}-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}" for _ in numbers]
    words = [chance.choice(["a", "bb", "ccc", " d", "É", ""]) for _ in numbers]
    rows = [
        f"{n},{'' if x is None else x},{d},{w}" for n, (x, d, w) in enumerate(zip(numbers, days, words, strict=True))
    ]
    found = profile(write(tmp_path / "in", t=lines("id,x,day,word", *rows)))
    (table,), filled = found.tables, sorted(x for x in numbers if x is not None)
    assert (table["row_count"], table["duplicate_rows"]) == (3001, 0)
    assert [key["columns"] for key in table["keys"]] == [["id"]]
    x = column(found, "x")
    assert (x["nulls"], x["filled"], x["distinct_values"]) == (numbers.count(None), len(filled), len(set(filled)))
    assert (x["quantiles"]["0"], x["quantiles"]["1"]) == (filled[0], filled[-1])
    assert x["quantiles"]["0.5"] == statistics.median_low(filled)
    assert x["numeric_mean"] == pytest.approx(statistics.mean(filled))
    assert sum(bin_["n"] for bin_ in x["histogram"]) == len(filled)
    assert x["negatives"] == sum(value < 0 for value in filled)
    day = column(found, "day")
    assert day["inferred_type"] == "date"
    assert sum(bin_["n"] for bin_ in day["histogram"]) == 3001
    word = column(found, "word")
    counted = Counter(w for w in words if w)
    assert {v["value"]: v["n"] for v in word["values"]["top"]} == counted
    assert (word["padded"], word["non_ascii"]) == (counted[" d"], counted["É"])
    assert {p["pattern"]: p["n"] for p in word["patterns"]} == {
        "a": counted["a"], "aa": counted["bb"], "aaa": counted["ccc"], " a": counted[" d"], "É": counted["É"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2", "3"], "integer"),
        (["1.5", "2", "-3.25"], "decimal"),
        (["1"] * 99 + ["2.5"], "decimal"),
        (["02114", "10001"], "code"),
        (["2024-01-31", "2023-02-28"], "date"),
        (["2024-01-31T10:00:00Z", "2024-01-31 10:00"], "timestamp"),
        (["Y", "N"], "yes or no"),
        (["32c84703-2481-49cd-d571-3899d5820253"] * 2, "uuid"),
        (["", ""], "empty"),
        (["12345678901234567", "1"], "code"),
        (["31/01/2024", "28/02/2023"], "date as text"),
        (["C4A", "R0"], "text"),
    ],
)
def test_a_type_is_inferred_from_the_values(tmp_path: Path, values: list[str], kind: str) -> None:
    found = profile(write(tmp_path / "in", t=lines("n,v", *(f"{n},{v}" for n, v in enumerate(values)))))
    assert column(found, "v")["inferred_type"] == kind


def test_a_key_of_several_columns_is_found(tmp_path: Path) -> None:
    rows = [f"{a},{b},{c},same" for a in "xyz" for b in range(4) for c in range(5)]
    found = profile(write(tmp_path / "in", t=lines("a,b,c,d", *rows)))
    assert [set(key["columns"]) for key in found.tables[0]["keys"]] == [{"a", "b", "c"}]


def test_people_are_masked_unless_asked_for(tmp_path: Path) -> None:
    text = lines(
        "Id,FIRST,SSN,contact,BIRTHDATE,ADDRESS,n",
        *(f"{n},Zebulon{n},999-17-{5000 + n},0{n}-1-877-267-2323,19{n}-03-19,{n} Elm Row,{n}" for n in range(40, 60)),
    )
    folder = write(tmp_path / "in", patients=text)
    secret = re.compile(r"Zebulon|999-17-5\d|Elm Row|19[45]\d-03-19")
    masked = profile(folder)
    for shown in (render(masked), json.dumps(masked.content)):
        assert not secret.search(shown)
    assert {c["column_name"]: c["phi"] for c in masked.tables[0]["columns"] if c["phi"]} == {
        "FIRST": "name", "SSN": "social security number", "BIRTHDATE": "date of birth", "ADDRESS": "address",
    }  # fmt: skip
    asked = profile(folder, show_values=True)
    assert secret.search(render(asked))
    assert secret.search(json.dumps(asked.content))


class Page(HTMLParser):
    """What a page would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "srcset", "data", "action")]


def test_the_page_needs_nothing_but_itself_and_runs_nothing(tmp_path: Path) -> None:
    hostile = '<script>alert(1)</script><img src="http://x/y.png">'
    text = lines(f'id,"{hostile.replace(chr(34), chr(34) * 2)}",b', *(f"{n},1,<b>{n}</b>" for n in range(30)))
    made = render(profile(write(tmp_path / "<i>in", visits=text)))
    page = Page()
    page.feed(made)
    assert page.tags["script"] == page.tags["img"] == page.tags["link"] == page.tags["iframe"] == page.tags["b"] * 0
    assert page.tags["i"] and page.tags["svg"] and page.tags["h1"] == 1
    assert all(link.startswith("#") for link in page.links)
    assert "url(" not in made and "@import" not in made
    assert f'id="{page.links[0][1:]}"' in made, "a link on the page leads somewhere"


@pytest.mark.parametrize(
    ("x", "kind", "shown"),
    [
        (13240.0, "decimal", "13,240"),
        (13240.4, "decimal", "13,240"),
        (0.00048, "decimal", "0.00048"),
        (-3.25, "decimal", "-3.25"),
        (100.0, "integer", "100"),
        (100.5, "decimal", "100.5"),
        (0.0, "integer", "0"),
        (None, "integer", ""),
        (1709164800.0, "date", "2024-02-29"),
        (-86400.0, "timestamp", "1969-12-31 00:00"),
    ],
)
def test_a_point_is_written_as_people_write_it(x: float | None, kind: str, shown: str) -> None:
    assert profile_page._point({"inferred_type": kind}, x) == shown


def test_what_changed_since_the_previous_delivery_is_said(tmp_path: Path) -> None:
    def rows(n: int, shift: int, missing: int, sex: str) -> list[str]:
        return [f"{i},{i % 100 + shift},{'' if i % 100 < missing else 'v'},{sex[i % len(sex)]}" for i in range(n)]

    before = profile(
        write(tmp_path / "a", t=lines("id,x,y,sex,old", *(r + ",1" for r in rows(1000, 0, 1, "FM"))), gone="a\n1\n2\n")
    )
    now_folder = write(
        tmp_path / "b", t=lines("id,x,y,sex,new", *(r + ",1" for r in rows(800, 40, 31, "FFFM"))), extra="a\n1\n2\n"
    )
    now = profile(now_folder, previous=before.content)
    changed = {(d["table_name"], d["column_name"], d["what"]) for d in now.content["differences"]}
    assert changed == {
        ("gone", None, "table is gone"), ("extra", None, "table is new"), ("t", None, "rows"),
        ("t", "old", "column is gone"), ("t", "new", "column is new"), ("t", "y", "share missing"),
        ("t", "x", "distribution"), ("t", "sex", "distribution"),
    }  # fmt: skip
    assert now.content["previous"] == before.content["made_at"]
    again = profile(now_folder, previous=json.loads(json.dumps(now.content)))
    assert again.content["differences"] == now.content["differences"], "the same files keep their comparison"


def test_equal_values_that_stay_the_same_have_not_moved(tmp_path: Path) -> None:
    rows = [f"{n},{431 if n % 4 else n}" for n in range(400)]
    before = profile(write(tmp_path / "a", t=lines("id,cost", *rows)))
    now = profile(write(tmp_path / "b", t=lines("id,cost", *rows, "400,431")), previous=before.content)
    assert [d["what"] for d in now.content["differences"]] == ["rows"]


def test_a_draft_of_a_contract_loads_and_lands_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'Lab Id,taken-on,"value ""x""",2nd,flag\n' + "".join(
        f"{n},2024-01-0{n % 9 + 1},{n}.5,a,NA\n" for n in range(50)
    )
    file = write(tmp_path / "in", labs=text) / "labs.csv"
    name, toml = draft(file, "city")
    made = tmp_path / "contracts"
    made.mkdir()
    (made / f"{name}.toml").write_text(toml)
    known = contracts.load(made)
    contract = known["city__labs"]
    assert contract.key == ("lab_id",)
    assert {c.name: (c.header, c.type) for c in contract.columns} == {
        "lab_id": ("Lab Id", "VARCHAR"), "taken_on": ("taken-on", "DATE"), "value_x": ('value "x"', "DECIMAL(18, 2)"),
        "column_2nd": ("2nd", "VARCHAR"), "flag": ("flag", "VARCHAR"),
    }  # fmt: skip
    assert contract.null_marks == ("", "NA")
    monkeypatch.setattr(contracts, "load", lambda: known)
    assert landing.land(file.parent).landed[0].rows_landed == 50


HDHI = "SNO,MRD No.,D.O.A,D.O.D,AGE,GENDER,TYPE OF ADMISSION-EMERGENCY/OPD,month year,DURATION,HB ,#,CVA BLEED"
AWKWARD = {
    "HDHI Admission data.csv": lines(
        HDHI, *(f"{n},{9000 + n},4/{n + 10}/2017,4/{n + 12}/2017,81,M,E,Apr-17,3,9.5,x,0" for n in range(9))
    ),
    "Results [final] (2).csv": lines("id,a b,a_b,A-B,a  b", *(f"{n},1,2,3,4" for n in range(9))),
    "what? *now*.csv": lines("Id,100%,% 100,_,__", *(f"{n},1,2,3,4" for n in range(9))),
    "indexed.csv": lines(",id,x", *(f"{n},{n % 3}{n},b" for n in range(9))),
    "pandas.csv": lines("Unnamed: 0,id,Unnamed: 3", *(f"{n},{n % 3}{n}," for n in range(9))),
    "raw names.csv": lines("record_number,violation,source_system,rowid,Row ID", *(f"{n},v,s,{n},3" for n in range(9))),
    "\u00c9l\u00e8ves et \u00e2ges.csv": lines(
        "pr\u00e9nom,\u5e74\u9f61,\u6027\u5225,\u00e2ge", *(f"a{n},{n},m,{n}" for n in range(9))
    ),
    "2024.01.CSV": lines('"two\nlines","quote ""q""","back\\slash",tab\there', *(f"{n},1,2,3" for n in range(9))),
    "umlauts.txt": "Stra\u00dfe;n\n".encode("cp1252")
    + "".join(f"M\u00fcnchen {n};{n}\n" for n in range(9)).encode("cp1252"),
    "long.tsv": lines(
        "\t".join("x" * 80 + f"{n}" for n in range(3)), *("\t".join([f"{n}", "a", "b"]) for n in range(9))
    ),
    "select.psv": lines("select|from|order|group|1st", *(f"{n}|1|2|3|4" for n in range(9))),
    "moments.csv": lines(
        "id,us,uk,either,at,digits,mixed,sas,two",
        *(
            f"{n},{n + 1}/{n + 15}/2024,{n + 15}/{n + 1}/2024,0{n + 1}/0{n + 1}/2024,{n + 1}/{n + 15}/2024 9:0{n} PM,"
            f"202401{n + 10},{'3/25/2024' if n % 2 else '25/3/2024'},0{n + 1}NOV14:00:31:00,{n + 15}-Apr-17"
            for n in range(9)
        ),
    ),
    "null marks.csv": lines("id,v,\x7f", *(f"{n},{'N/A' if n % 2 else n},?" for n in range(9))),
    "mix.of.dots.v1.csv": lines("a.b,a.,.a,a", *(f"{n},1,2,3" for n in range(9))),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_a_draft_takes_the_file_that_it_was_drafted_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whatever it and its columns are called: the names are legal, the file lands whole, and no value breaks it."""
    file = tmp_path / "in" / name
    file.parent.mkdir()
    content = AWKWARD[name]
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    contract_name, toml = draft(file, "city_two")
    made = tmp_path / "contracts"
    made.mkdir()
    (made / f"{contract_name}.toml").write_text(toml, encoding="utf-8")
    known = contracts.load(made)
    contract = known[contract_name]
    for part in (contract.table, *(column.name for column in contract.columns)):
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,63}", part) and part not in contracts.RESERVED
    assert contract.names_whole(name) and contract.names_whole(name.upper() + ".gz")
    assert contract.names_file(f"{file.stem}_2{file.suffix}") and not contract.names_whole(
        f"{file.stem}_2{file.suffix}"
    )
    assert not contract.names_file("other.csv")
    monkeypatch.setattr(contracts, "load", lambda: known)
    (landed,) = landing.land(file.parent).landed
    assert (landed.rows_landed, landed.rows_rejected, landed.files[0].unknown_columns) == (9, 0, ())
    feed = {"source_system": "s", "landed": landed.landed_table, "columns": list(landed.columns)}
    fault = raw_model(contract.as_variable(), [feed])["violation"]
    with landing.connect() as con:
        assert con.execute(
            f'SELECT DISTINCT {fault.sql("duckdb")} FROM landing."{landed.landed_table}"'
        ).fetchall() == [(None,)]


def test_a_draft_names_the_format_of_dates_and_says_where_it_cannot_know_it(tmp_path: Path) -> None:
    file = tmp_path / "moments.csv"
    file.write_text(AWKWARD["moments.csv"])
    _, toml = draft(file, "city")
    assert toml[toml.index("[columns]") :].splitlines()[1:] == [
        'id = { header = "id", required = true }',
        'us = { header = "us", type = "DATE", format = "%m/%d/%Y" }',
        'uk = { header = "uk", type = "DATE", format = "%d/%m/%Y" }',
        'either = { header = "either" }  # a date: ask the sender which, %m/%d/%Y or %d/%m/%Y: all fit both',
        'at = { header = "at", type = "TIMESTAMP", format = "%m/%d/%Y %I:%M %p" }',
        'digits = { header = "digits", type = "DATE", format = "%Y%m%d" }',
        'mixed = { header = "mixed" }  # dates in more than one format (%d/%m/%Y, %m/%d/%Y): no one reads them all',
        'sas = { header = "sas", type = "TIMESTAMP", format = "%d%b%y:%H:%M:%S" }',
        'two = { header = "two", type = "DATE", format = "%d-%b-%y" }',
    ]


@pytest.mark.parametrize("kind", GOOD)
def test_a_profile_holds_values_to_their_contract_as_the_raw_models_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    more = ["100.005"] if kind == "DECIMAL(14, 2)" else []
    # A comma would be a delimiter here; NaN is a mark of no value to a profile, whatever the contract says.
    wrong = [value for value in NOT_GOOD.get(kind, []) if "," not in value and value.lower() != "nan"] + more
    rows = [f"{n},{value}" for n, value in enumerate([*GOOD[kind], *wrong])]
    file = write(tmp_path / "in", labs=lines("id,v", *rows)) / "labs.csv"
    toml = tmp_path / "contracts" / "city__labs.toml"
    toml.parent.mkdir()
    toml.write_text(
        'source = "city"\ntable = "labs"\nfiles = ["labs.csv"]\nkey = ["id"]\n[columns]\n'
        f'id = {{ required = true }}\nv = {{ type = "{kind}" }}\n',
        encoding="utf-8",
    )
    known = contracts.load(toml.parent)
    monkeypatch.setattr(contracts, "load", lambda: known)
    assert column(profile(file), "v")["contract_fails"] == len(wrong)


@pytest.mark.parametrize("source", ["My Hospital", "a__b", "1a", "", "a-b"])
def test_a_draft_is_refused_for_a_family_that_has_no_name_for_a_file(tmp_path: Path, source: str) -> None:
    file = write(tmp_path / "in", labs="id,v\n1,2\n") / "labs.csv"
    with pytest.raises(LandingRefused, match="not a name for a family of tables"):
        draft(file, source)


def test_the_commands_say_what_they_did_and_never_trace_back(tmp_path: Path, home: Path) -> None:
    run = CliRunner().invoke
    folder = write(tmp_path / "a b's", labs="id;v\n1;2,5\n2;3,5\n")
    (folder / "broken.csv.gz").write_bytes(b"\x1f\x8bnot gzip at all")
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    done = run(cli.main, ["profile", str(folder)])
    assert done.exit_code == 0, done.output
    assert "broken.csv.gz: broken.csv.gz: damaged" in done.output
    assert (home / "profile" / "a b's.html").exists()
    assert json.loads((home / "profile" / "a b's.json").read_text())["tables"][0]["read_as"] == ["split at semicolons"]
    nothing = run(cli.main, ["profile"])
    assert (nothing.exit_code, nothing.output.strip().splitlines()[-1][:6]) == (1, "Error:")
    out = tmp_path / "labs.toml"
    assert run(cli.main, ["contract", str(folder / "labs.csv"), "--out", str(out)]).exit_code == 0
    again = run(cli.main, ["contract", str(folder / "labs.csv"), "--out", str(out)])
    assert again.exit_code == 1 and "exists already" in again.output
    empty = write(tmp_path / "empty")
    refused = run(cli.main, ["profile", str(empty)])
    assert refused.exit_code == 1 and "no file that can be read as a table" in refused.output


def test_odd_files_are_profiled_or_named(tmp_path: Path) -> None:
    """What is in them is not the point: a page is made of the ones that can be read, the others are named."""
    folder = write(
        tmp_path / "in",
        header_only="a,b\n",
        one_column="x\n1\n\n2\n",
        wide=",".join(f"c{n}" for n in range(60)) + "\n" + ",".join("1" * 60) + "\n",
        dates="id,d,t,n\n1,0000-01-01,0001-01-01 00:00:00,inf\n2,9999-12-31,9999-12-31,nan\n3,infinity,,1e9\n",
        nul_header="a,b\0c\n1,2\n",
        nul_value=b"a,b\n1,x\0y\n",
        zeros=b"\0" * 3000,
        empty="",
        utf16=b"\xff\xfe" + "a,b\n1,é\n".encode("utf-16-le"),
        ragged='a,b\n1,2\n1\n"open\n',
        doubled="a,a\n1,2\n",
    )
    found = profile(folder)
    assert set(found.content["unread"]) == {"nul_header.csv", "zeros.csv", "empty.csv", "doubled.csv"}
    assert {t["table_name"]: t["row_count"] for t in found.tables} == {
        "header_only": 0,
        "one_column": 3,
        "wide": 1,
        "dates": 3,
        "nul_value": 1,
        "utf16": 1,
        "ragged": 1,
    }
    assert "header_only" in render(found)


def test_what_has_landed_can_be_profiled_without_its_files(tmp_path: Path) -> None:
    header = "Id,NAME,ADDRESS,CITY,STATE_HEADQUARTERED,ZIP,PHONE"
    folder = write(tmp_path / "in", payers=lines(header, "a,A,,,,6156,", "b,B,,,,02114,"))
    landing.land(folder)
    (folder / "payers.csv").unlink()
    found = profile()
    assert [(t["table_name"], t["row_count"], t["contract"]) for t in found.tables] == [
        ("payers", 2, "synthea__payers")
    ]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LandingRefused, match="no such folder"):
        profile(tmp_path / "none")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Profile]:
    if not SHARED.is_dir():
        pytest.skip("the real files are not here (WAREHOUSE_SHARED_DATA, or ../shared/data beside the project)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_HOME", str(tmp_path_factory.mktemp("home")))
        return {name: profile(SHARED / name) for name in ("maven_mgh", "ehr_outcomes", "synthea_ohdsi")}


@pytest.mark.long
@pytest.mark.parametrize(
    ("data", "table", "where", "rule", "n"),
    [
        ("maven_mgh", "patients", None, "byte order mark", None),
        ("maven_mgh", "payers", "ZIP", "may have lost leading zeros", 2),
        ("maven_mgh", "patients", "FIRST, LAST, MAIDEN", "digits in names", 974),
        ("maven_mgh", "encounters", "CODE", "codes that look cut off", 49),
        ("maven_mgh", "encounters", "START", "after death", 53),
        ("maven_mgh", "encounters", "STOP", "after death", 57),
        ("maven_mgh", "procedures", "STOP", "ends after what it belongs to", 26_790),
        ("ehr_outcomes", "outcomes", "days_to_readmission", "whole numbers written as decimals", 1_643),
        ("ehr_outcomes", "outcomes", "icu_days, length_of_stay_days", "more than its whole", 88),
        ("synthea_ohdsi", "claims_transactions", "FROMDATE, TODATE", "ends before it begins", 164),
        ("synthea_ohdsi", "payers", "QOLS_AVG", "words for no value", 1),
    ],
)
def test_a_quirk_of_the_real_files_is_found_without_being_told(
    real: dict[str, Profile], data: str, table: str, where: str | None, rule: str, n: int | None
) -> None:
    assert (table, where, rule, n) in alerts(real[data])


@pytest.mark.long
def test_every_mangled_row_of_the_real_patients_is_found(real: dict[str, Profile]) -> None:
    with (SHARED / "maven_mgh" / "patients.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    mangled = [row for row in rows if any(not value.isascii() for value in row.values())]
    (alert,) = (a for a in real["maven_mgh"].alerts if a["rule"] == "mangled characters")
    assert (alert["n"], len(mangled), sum("√" in "".join(row.values()) for row in mangled)) == (52, 52, 47)


@pytest.mark.long
def test_the_real_nulls_keys_and_references_are_exact(real: dict[str, Profile]) -> None:
    found = real["maven_mgh"]
    counted = [
        ("patients", "DEATHDATE"),
        ("patients", "ZIP"),
        ("encounters", "REASONCODE"),
        ("procedures", "REASONCODE"),
    ]
    assert [column(found, name, table)["nulls"] for table, name in counted] == [820, 142, 19_541, 36_945]
    references = {
        (t["table_name"], r["column_name"], r["parent_table"]): r["orphans"]
        for t in found.tables
        for r in t["references"]
    }
    assert references == {
        ("encounters", "ORGANIZATION", "organizations"): 0, ("encounters", "PATIENT", "patients"): 0,
        ("encounters", "PAYER", "payers"): 0, ("procedures", "ENCOUNTER", "encounters"): 0,
        ("procedures", "PATIENT", "patients"): 0,
    }  # fmt: skip
