"""The generator's answers, held against its files as Python's csv module reads them: no SQL, none of its code."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from workbench.sample import generate

Row = dict[str, str]

TABLES = ("encounters", "organizations", "patients", "payers", "procedures")
HEART_OPERATIONS = {"415070008", "232717009"}
"""Planned by CMS unless an acute diagnosis is coded, as the heart attack that they are done for."""
PLANNED = {"410410006", "310061009", "305408004", "183495009", "86013001"}
PLANTED_CASES = {
    "readmitted on the day of discharge: one stay",
    "readmitted after 1 day",
    "readmitted after 1 day, less than 24 hours",
    "readmitted after 30 days",
    "readmitted after 31 days",
    "readmitted after 31 days, less than 31 times 24 hours",
    "second row starts before the first ends: one stay",
    "short rows inside a long one: one stay",
    "chain of three rows: one stay",
    "admitted and discharged on one day",
    "overnight stay of 23 hours",
    "planned stay, then an unplanned one, within 30 days",
    "died during the stay",
    "died 10 days after discharge",
    "hospice after a medical stay, within 30 days",
    "detoxification, then an unplanned stay, within 30 days",
    "discharged 29 days before the data end",
    "discharged 30 days before the data end",
    "still in hospital at the data end",
    "stay that stops after the day of death",
    "elective surgery, then an unplanned stay, within 30 days",
    "screening between two unplanned stays, within 30 days",
}


@dataclass
class Sample:
    """A generated folder, read back."""

    folder: Path
    answers: dict[str, Any]
    tables: dict[str, list[Row]]

    def __post_init__(self) -> None:
        self.patients, self.payers = self.tables["patients"], self.tables["payers"]
        self.encounters, self.procedures = self.tables["encounters"], self.tables["procedures"]

    @cached_property
    def payer_name(self) -> dict[str, str]:
        return {row["Id"]: row["NAME"] for row in self.payers}

    @cached_property
    def death_date(self) -> dict[str, date]:
        return {row["Id"]: date.fromisoformat(row["DEATHDATE"]) for row in self.patients if row["DEATHDATE"]}


def read(file: Path) -> list[Row]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def cents(amount: str) -> int:
    return int(100 * Decimal(amount))


def instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[float, int], Sample]:
    """Make the sample of a scale and a seed, once."""

    @cache
    def make(scale: float, seed: int) -> Sample:
        made = generate("hospital", scale, tmp_path_factory.mktemp("sample"), seed)
        answers = json.loads(made.answers.read_text(encoding="utf-8"))
        assert made.rows == answers["rows"]
        return Sample(made.answers.parent, answers, {table: read(file) for table, file in made.files.items()})

    return make


@pytest.fixture(params=[(0.1, 1), (0.1, 7), (1, 1)], ids=lambda param: f"scale {param[0]}, seed {param[1]}")
def sample(request: pytest.FixtureRequest, made: Callable[[float, int], Sample]) -> Sample:
    return made(*request.param)


@dataclass
class Stay:
    """Rows of class inpatient that overlap or follow on the same day, merged. `discharged` is None while it is open."""

    rows: list[Row]
    admitted: datetime
    discharged: datetime | None

    def any(self, column: str, *values: str) -> bool:
        return any(value in row[column].lower() for row in self.rows for value in values)


def stays_by_patient(sample: Sample) -> dict[str, list[Stay]]:
    stays: dict[str, list[Stay]] = defaultdict(list)
    inpatient = (row for row in sample.encounters if row["ENCOUNTERCLASS"] == "inpatient")
    for row in sorted(inpatient, key=lambda row: (row["START"], row["STOP"])):
        start, stop = instant(row["START"]), instant(row["STOP"]) if row["STOP"] else None
        before = stays[row["PATIENT"]][-1] if stays[row["PATIENT"]] else None
        if before and (before.discharged is None or start.date() <= before.discharged.date()):
            before.rows.append(row)
            before.discharged = max(before.discharged, stop) if before.discharged and stop else None
        else:
            stays[row["PATIENT"]].append(Stay([row], start, stop))
    return dict(stays)


def gap_days(stay: Stay, after: Stay | None) -> int | None:
    return (after.admitted.date() - stay.discharged.date()).days if after and stay.discharged else None


def test_files_look_as_hospitals_send_them(sample: Sample) -> None:
    assert sorted(path.name for path in sample.folder.iterdir()) == [
        "answers.json",
        *(f"{table}.csv" for table in TABLES),
    ]
    for table in TABLES:
        content = (sample.folder / f"{table}.csv").read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        assert not content.endswith(b"\n")
        assert content.count(b"\n") == content.count(b"\r\n") == sample.answers["rows"][table]
    patients = (sample.folder / "patients.csv").read_text(encoding="utf-8")
    assert ", Unit " in patients and '""Sunny""' in patients


def test_headers_are_those_of_the_maven_files(sample: Sample) -> None:
    headers = {table: ",".join(sample.tables[table][0]) for table in TABLES}
    assert headers == {
        "encounters": "Id,START,STOP,PATIENT,ORGANIZATION,PAYER,ENCOUNTERCLASS,CODE,DESCRIPTION,BASE_ENCOUNTER_COST,"
        "TOTAL_CLAIM_COST,PAYER_COVERAGE,REASONCODE,REASONDESCRIPTION",
        "organizations": "Id,NAME,ADDRESS,CITY,STATE,ZIP,LAT,LON",
        "patients": "Id,BIRTHDATE,DEATHDATE,PREFIX,FIRST,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,GENDER,BIRTHPLACE,"
        "ADDRESS,CITY,STATE,COUNTY,ZIP,LAT,LON",
        "payers": "Id,NAME,ADDRESS,CITY,STATE_HEADQUARTERED,ZIP,PHONE",
        "procedures": "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION",
    }


def test_rows_and_nulls_are_exact(sample: Sample) -> None:
    assert sample.answers["rows"] == {table: len(sample.tables[table]) for table in TABLES}
    assert sample.answers["nulls"] == {
        table: {column: sum(not row[column] for row in rows) for column in rows[0]}
        for table, rows in sample.tables.items()
    }


def test_keys_are_unique_and_references_resolve(sample: Sample) -> None:
    ids = {table: {row["Id"] for row in sample.tables[table]} for table in TABLES if table != "procedures"}
    assert all(len(ids[table]) == len(sample.tables[table]) for table in ids)
    assert {row["PATIENT"] for row in sample.encounters} <= ids["patients"]
    assert {row["PAYER"] for row in sample.encounters} == ids["payers"]
    assert {row["ORGANIZATION"] for row in sample.encounters} == ids["organizations"]
    patient = {row["Id"]: row["PATIENT"] for row in sample.encounters}
    assert all(patient[row["ENCOUNTER"]] == row["PATIENT"] for row in sample.procedures)
    key = ("START", "STOP", "PATIENT", "ENCOUNTER", "CODE")
    assert len({tuple(row[column] for column in key) for row in sample.procedures}) == len(sample.procedures)


def test_money_is_exact_and_never_more_is_paid_than_claimed(sample: Sample) -> None:
    sums, gaps, patients = defaultdict(Counter), defaultdict(Counter), defaultdict(set)
    for row in sample.encounters:
        payer, claim, paid = (
            sample.payer_name[row["PAYER"]],
            cents(row["TOTAL_CLAIM_COST"]),
            cents(row["PAYER_COVERAGE"]),
        )
        assert 0 <= paid <= claim
        sums[payer, row["ENCOUNTERCLASS"]].update(
            encounters=1, claim_cents=claim, coverage_cents=paid, gap_cents=claim - paid
        )
        insured = "insured_zero_paid" if paid == 0 else "partial" if paid < claim else "covered"
        kind = "uninsured" if payer == "NO_INSURANCE" else insured
        gaps[kind].update(encounters=1, gap_cents=claim - paid)
        patients[payer].add(row["PATIENT"])
    answers = sample.answers
    measures = ("encounters", "claim_cents", "coverage_cents", "gap_cents")
    assert {(r["payer_name"], r["encounter_class"]): {m: r[m] for m in measures} for r in answers["money"]} == dict(
        sums
    )
    assert {r["kind"]: {m: r[m] for m in ("encounters", "gap_cents")} for r in answers["gap_by_kind"]} == dict(gaps)
    assert {r["payer_name"]: r["patients"] for r in answers["patients_by_payer"]} == {
        p: len(who) for p, who in patients.items()
    }


def test_stays_are_exact(sample: Sample) -> None:
    stays = [stay for chain in stays_by_patient(sample).values() for stay in chain]
    closed = [stay for stay in stays if stay.discharged]
    midnights = [(stay.discharged.date() - stay.admitted.date()).days for stay in closed]
    dead = [s for s in closed if sample.death_date.get(s.rows[0]["PATIENT"], date.max) <= s.discharged.date()]
    assert sample.answers["stays"] == [
        {
            "source_rows": sum(len(stay.rows) for stay in stays),
            "stays": len(stays),
            "closed_stays": len(closed),
            "patients": len(stays_by_patient(sample)),
            "los_midnights": sum(midnights),
            "los_days_cms": sum(max(nights, 1) for nights in midnights),
            "los_seconds": sum(int((stay.discharged - stay.admitted).total_seconds()) for stay in closed),
            "dead_at_discharge": len(dead),
            "data_end": max(row["STOP"] for row in sample.encounters)[:10],
        }
    ]


def test_readmissions_are_exact(sample: Sample) -> None:
    """The rules of the domain's readmission ladder, from texts and codes of the files alone."""
    onc, hospice, uncoded = set(), set(), set()
    coded = {row["Id"] for row in sample.encounters if row["REASONCODE"]}
    for row in sample.procedures:
        text = row["DESCRIPTION"].lower()
        onc |= {row["ENCOUNTER"]} if "chemotherapy" in text or "radiotherapy" in text else set()
        hospice |= {row["ENCOUNTER"]} if "hospice care" in text else set()
        is_uncoded = row["ENCOUNTER"] not in coded and not row["REASONCODE"]
        uncoded |= {row["ENCOUNTER"]} if row["CODE"] in HEART_OPERATIONS and is_uncoded else set()
    data_end = date.fromisoformat(sample.answers["stays"][0]["data_end"])
    tally = {code: [0, 0] for code in ("R1", "R2", "R3", "R4", "R5", "R6", "R7")}
    found = Counter()

    def count(code: str, is_readmission: bool) -> None:
        tally[code][0] += is_readmission
        tally[code][1] += 1

    for patient, chain in stays_by_patient(sample).items():
        rows = sorted((row for stay in chain for row in stay.rows), key=lambda row: row["START"])
        rows = [row for row in rows if "hospice" not in row["DESCRIPTION"].lower() and row["CODE"] != "410410006"]
        returns = [
            1 <= (instant(b["START"]) - instant(a["STOP"])) // timedelta(days=1) <= 30 for a, b in pairwise(rows)
        ]
        for is_return in [False, *returns][: len(rows)]:
            count("R1", is_return)
        if rows:
            count("R7", any(returns))
        for stay, after in zip(chain, [*chain[1:], None], strict=True):
            ids, gap = {row["Id"] for row in stay.rows}, gap_days(stay, after)
            found.update([gap] if gap is not None and gap <= 31 else [])
            if not stay.discharged:
                continue
            count("R2", after is not None)
            count("R3", gap is not None and gap <= 30)
            if gap != 1:
                count("R4", gap is not None and gap <= 30)
            died = sample.death_date.get(patient, date.max) <= stay.discharged.date()
            is_late = (data_end - stay.discharged.date()).days < 30
            if stay.any("DESCRIPTION", "hospice") or died or is_late:
                continue
            is_unplanned = gap is not None and gap <= 30
            if after:
                next_ids = {row["Id"] for row in after.rows}
                is_unplanned &= not (
                    next_ids & (onc | hospice | uncoded) or {row["CODE"] for row in after.rows} & PLANNED
                )
                is_unplanned &= not after.any("DESCRIPTION", "hospice")
            count("R5", is_unplanned)
            is_cancer = ids & onc or stay.any("REASONDESCRIPTION", "malignant", "cancer", "carcinoma")
            is_other = ids & hospice or {row["CODE"] for row in stay.rows} & {"56876005", "410410006"}
            if not (is_cancer or is_other):
                count("R6", is_unplanned)

    readmissions, rows = tally["R1"]
    tally["R0"] = [readmissions, rows - readmissions]
    assert {r["code"]: [r["numerator"], r["denominator"]] for r in sample.answers["readmission"]} == tally
    assert {r["gap_days"]: r["pairs"] for r in sample.answers["gap_days"]} == found
    assert {1, 30, 31} <= found.keys() and 0 not in found


def test_mangled_values_are_known_and_can_be_repaired(sample: Sample) -> None:
    found = Counter()
    for row in sample.patients:
        for column in ("FIRST", "LAST", "MAIDEN", "BIRTHPLACE"):
            try:
                repaired = row[column].encode("mac_roman").decode("utf-8")
            except UnicodeError:
                continue  # An accent that was never mangled is not UTF-8 in Mac Roman's bytes.
            found.update([(column, row[column], repaired)] if repaired != row[column] else [])
    mojibake = sample.answers["mojibake"]
    assert {(r["column_name"], r["delivered"], r["clean"]): r["patients"] for r in mojibake} == found


def test_payer_zips_lost_their_zero(sample: Sample) -> None:
    zips = {row["NAME"]: row["ZIP"] for row in sample.payers}
    lost = {row["payer_name"]: row for row in sample.answers["payer_zip"]}
    assert {name for name, text in zips.items() if len(text) == 4} == lost.keys()
    assert len(lost) == 2
    assert all(row["delivered"] == zips[name] and row["clean"] == "0" + zips[name] for name, row in lost.items())
    assert [zips["NO_INSURANCE"], [row["ADDRESS"] for row in sample.payers if not row["ADDRESS"]]] == ["", [""]]


def test_every_edge_case_is_there(sample: Sample) -> None:
    cases = {row["edge_case"]: row["found"] for row in sample.answers["edge_case"]}
    stop = {row["Id"]: row["STOP"] for row in sample.encounters}
    list_price, names = Counter(), ("FIRST", "LAST", "MAIDEN")
    for row in sample.procedures:
        list_price[row["ENCOUNTER"]] += cents(row["BASE_COST"])
    mangled = {(row["column_name"], row["delivered"]) for row in sample.answers["mojibake"]}
    is_mangled = [any((name, row[name]) in mangled for name in names) for row in sample.patients]
    is_ascii = ["".join(row[name] for name in names).isascii() for row in sample.patients]
    mortal = [
        (row, sample.death_date[row["PATIENT"]]) for row in sample.encounters if row["PATIENT"] in sample.death_date
    ]
    expected = {
        "encounter that starts after the day of death": sum(instant(row["START"]).date() > day for row, day in mortal),
        "encounter that stops after the day of death": sum(instant(row["STOP"]).date() > day for row, day in mortal),
        "claim of zero": sum(row["TOTAL_CLAIM_COST"] == "0" for row in sample.encounters),
        "insured, claim above zero, nothing paid": sum(
            sample.payer_name[row["PAYER"]] != "NO_INSURANCE"
            and row["TOTAL_CLAIM_COST"] != "0" == row["PAYER_COVERAGE"]
            for row in sample.encounters
        ),
        "list prices above the claim": sum(
            list_price[r["Id"]] > cents(r["TOTAL_CLAIM_COST"]) for r in sample.encounters
        ),
        "code cut to 1853470": sum(row["CODE"] == "1853470" for row in sample.encounters),
        "code above 2^53": sum(int(row["CODE"]) > 2**53 for row in sample.procedures),
        "procedure that stops after its encounter": sum(
            bool(stop[row["ENCOUNTER"]]) and row["STOP"] > stop[row["ENCOUNTER"]] for row in sample.procedures
        ),
        "patient without an encounter": len(sample.patients) - len({row["PATIENT"] for row in sample.encounters}),
        "patient without a ZIP": sum(not row["ZIP"] for row in sample.patients),
        "patient without a marital status": sum(not row["MARITAL"] for row in sample.patients),
        "first, last or maiden name mangled": sum(is_mangled),
        "first, last or maiden name with its accents intact": sum(
            not ascii_only and not bad for ascii_only, bad in zip(is_ascii, is_mangled, strict=True)
        ),
        "quoted field: address with a comma": sum("," in row["ADDRESS"] for row in sample.patients),
        "quoted field: first name with quotes": sum('"' in row["FIRST"] for row in sample.patients),
        "payer without an address": 1,
    }
    assert all(expected.values())
    assert cases.keys() == expected.keys() | PLANTED_CASES
    assert {case: cases[case] for case in expected} == expected
    assert all("  " in row["BIRTHPLACE"] and row["LAST"][-1].isdigit() for row in sample.patients)


def test_planted_stays_are_what_they_are_called(sample: Sample) -> None:
    """Each case by the rows themselves: how many, how many stays they make, and days between or from the ends."""
    cases = {row["edge_case"]: row for row in sample.answers["edge_case"]}
    patient = {row["Id"]: row["PATIENT"] for row in sample.encounters}
    chains = stays_by_patient(sample)
    shape = {}
    for case in PLANTED_CASES:
        chain = chains[patient[cases[case]["example"]]]
        assert sum(len(stay.rows) for stay in chain) == cases[case]["found"]
        shape[case] = [len(chain), *(gap_days(*pair) for pair in pairwise(chain))]
    assert shape["readmitted on the day of discharge: one stay"] == [1]
    assert shape["second row starts before the first ends: one stay"] == [1]
    assert shape["short rows inside a long one: one stay"] == [1]
    assert shape["chain of three rows: one stay"] == [1]
    assert shape["readmitted after 1 day"] == shape["readmitted after 1 day, less than 24 hours"] == [2, 1]
    assert shape["readmitted after 30 days"] == [2, 30]
    assert (
        shape["readmitted after 31 days"] == shape["readmitted after 31 days, less than 31 times 24 hours"] == [2, 31]
    )
    assert shape["planned stay, then an unplanned one, within 30 days"] == [3, 10, 9]
    (open_stay,) = chains[patient[cases["still in hospital at the data end"]["example"]]]
    assert open_stay.discharged is None
    data_end = date.fromisoformat(sample.answers["stays"][0]["data_end"])
    for days in (29, 30):
        (stay,) = chains[patient[cases[f"discharged {days} days before the data end"]["example"]]]
        assert data_end - stay.discharged.date() == timedelta(days)
    for case, days in {
        "died during the stay": 0,
        "died 10 days after discharge": 10,
        "stay that stops after the day of death": -1,
    }.items():
        who = patient[cases[case]["example"]]
        assert sample.death_date[who] - chains[who][-1].discharged.date() == timedelta(days)


def test_every_answer_is_explained(sample: Sample) -> None:
    about = sample.answers["about"]
    truths = {name: rows[0] for name, rows in sample.answers.items() if isinstance(rows, list) and rows}
    assert about.keys() == truths.keys() | {f"{name}.{column}" for name, row in truths.items() for column in row}


def test_scale_1_looks_like_a_hospital(made: Callable[[float, int], Sample]) -> None:
    answers = made(1, 1).answers
    rows = answers["rows"]
    assert rows["patients"] == 1000
    assert rows["encounters"] == pytest.approx(28_000, rel=0.03)
    assert rows["procedures"] == pytest.approx(48_000, rel=0.03)
    by_class = Counter()
    for row in answers["money"]:
        by_class[row["encounter_class"]] += row["encounters"] / rows["encounters"]
    assert [name for name, _ in by_class.most_common()][:2] == ["ambulatory", "outpatient"]
    assert all(0.03 < by_class[name] < 0.15 for name in ("urgentcare", "emergency", "wellness", "inpatient"))
    rate = {r["code"]: r["numerator"] / r["denominator"] for r in answers["readmission"]}
    assert rate["R0"] > 0.4 > rate["R3"] > 0.15 > rate["R6"] > 0.08
    assert {r["code"]: r["denominator"] for r in answers["readmission"]}["R6"] > 300
    gap = {row["kind"]: row["gap_cents"] for row in answers["gap_by_kind"]}
    assert gap["uninsured"] > gap["partial"] > 0 and gap["uninsured"] > gap["insured_zero_paid"] > 0
    assert 0.6 < answers["nulls"]["encounters"]["REASONCODE"] / rows["encounters"] < 0.9


def test_same_arguments_give_the_same_bytes(made: Callable[[float, int], Sample], tmp_path: Path) -> None:
    """The digest holds on every machine. A change of sample_hospital.sql changes it: then write the new one here."""
    generate("hospital", 0.1, tmp_path)
    folders = tmp_path, made(0.1, 1).folder, made(0.1, 7).folder
    first, second, other = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert first == second
    assert all(first[name] != other[name] for name in ("patients.csv", "encounters.csv", "procedures.csv"))
    digest = hashlib.sha256(b"".join(first[name] for name in sorted(first))).hexdigest()
    assert digest == "421deb131c6775d2ac2838992deb9f009af6604a864ab81aea0ec5923b9184c7"


def test_another_seed_is_another_hospital_with_the_same_ids(made: Callable[[float, int], Sample]) -> None:
    """So that ids collide where several hospitals land side by side, and no join across them goes unnoticed."""
    one, other = made(0.1, 1), made(0.1, 7)
    for table in ("patients", "payers", "organizations"):
        assert {row["Id"] for row in one.tables[table]} == {row["Id"] for row in other.tables[table]}
    (ours, theirs) = ({row["Id"]: row for row in sample.encounters} for sample in (one, other))
    shared = ours.keys() & theirs.keys()
    assert len(shared) > 0.3 * len(ours)
    assert all(ours[key]["PATIENT"] == theirs[key]["PATIENT"] for key in shared)
    for column in ("START", "TOTAL_CLAIM_COST"):
        assert sum(ours[key][column] == theirs[key][column] for key in shared) < 0.1 * len(shared)
    births = ({row["Id"]: row["BIRTHDATE"] for row in sample.tables["patients"]} for sample in (one, other))
    assert not set(next(births).items()) & set(next(births).items())
    assert one.answers["readmission"] != other.answers["readmission"]


def test_dirt_is_added_behind_the_clean_rows_and_listed(made: Callable[[float, int], Sample], tmp_path: Path) -> None:
    clean = made(0.1, 1)
    dirt = generate("hospital", 0.1, tmp_path, dirty=True)
    answers = json.loads(dirt.answers.read_text(encoding="utf-8"))
    assert clean.answers["dirt"] == []
    assert {**answers, "dirt": []} == clean.answers
    bad: dict[str, list[str]] = {}
    for file in TABLES:
        lines = (clean.folder / f"{file}.csv").read_bytes().split(b"\r\n")
        dirty = dirt.files[file].read_bytes().split(b"\r\n")
        assert dirty[: len(lines)] == lines
        entries = [entry for entry in answers["dirt"] if entry["file"] == file]
        assert [entry["line"] for entry in entries] == list(range(len(lines) + 1, len(dirty) + 1))
        bad.update((e["defect"], next(csv.reader([dirty[e["line"] - 1].decode()]))) for e in entries)

    ids = {row["Id"] for row in clean.encounters}
    assert bad["encounter id that another row has"][0] in ids
    with pytest.raises(ValueError, match="day is out of range"):
        instant(bad["start that is not a date"][1])
    assert bad["procedure without its encounter"][3] not in ids
    assert [len(bad[f"row with too {size} fields"]) for size in ("many", "few")] == [15, 3]
    assert len(bad) == 5


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="family 'clinic': expected one of hospital"):
        generate("clinic", 1, tmp_path)
    with pytest.raises(ValueError, match=r"scale 0\.01: too small, use 0\.1 or more"):
        generate("hospital", 0.01, tmp_path)
