"""The family of a hospital-stay registry, landed beside patient records whose patients have the same numbers as ids.

Its files (registry_extract.py) are counted again here, line by line, and compared with what is published of them.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import fmean
from typing import Any

import duckdb
import pytest

import registry_extract
from feed_fixtures import change
from road import Road
from truths import TRUTHS, comparable
from workbench import families, sample

pytestmark = pytest.mark.long

TABLES = ("persons", "stays", "diagnoses")
RECORDS = ("patients", "diagnoses", "lab_results", "medications", "outcomes")

DISPOSITIONS = {
    "01": "home",
    "02": "home_health",
    "03": "transfer",
    "06": "skilled_nursing",
    "07": "rehab",
    "09": "ama",
    "20": "expired",
}
"""The registry's own list, by hand."""


@dataclass(frozen=True)
class Registry:
    """The folder of both deliveries, what is published (the schema that `con` uses) and what was landed."""

    folder: Path
    con: duckdb.DuckDBPyConnection

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.con.execute(sql, list(values)).fetchall()

    def kpi(self, metric: str, version: str, source: str = "registry", **slice_of: str) -> tuple[Any, ...]:
        """The value, its n, and why there is none."""
        ((name, value),) = slice_of.items() or [("all", "all")]
        (row,) = self.rows(
            "SELECT value::DOUBLE, n, not_computable_reason FROM mart_kpi WHERE metric_code = ? "
            "AND definition_version = ? AND source_system = ? AND period = 'all' AND organization_key = -2 "
            "AND slice = ? AND slice_value = ?",
            metric, version, source, name, value,
        )  # fmt: skip
        return row

    def file(self, table: str) -> list[list[str]]:
        """The lines of a file of the registry below its header, split at commas."""
        with (self.folder / "registry" / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
            return list(csv.reader(lines))[1:]

    def records(self, table: str) -> list[dict[str, str]]:
        """The rows of a file of the patient records."""
        with (self.folder / "ehr" / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    folder = tmp_path_factory.mktemp("registry")
    road = Road(folder / "project", None)
    registry_extract.write(folder / "registry", broken=True)
    sample.generate("ehr", 0.01, folder / "ehr")
    for table in RECORDS:  # P0000012 is 12 here, as in the registry
        change(folder / "ehr" / f"{table}.csv", lambda row: row | {"patient_id": row["patient_id"].lstrip("P0")})
    for feed in ("ehr", "registry"):
        assert road.run("warehouse", "land", folder / feed, "--source", feed) == 0, road.output
    assert road.plan() == 0, road.output
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{road.home / 'published.duckdb'}' AS serving (READ_ONLY)")
        con.execute(f"ATTACH '{road.home / 'warehouse.duckdb'}' AS warehouse (READ_ONLY)")
        con.execute("USE serving.serving")
        yield Registry(folder, con)


# What the files say, counted without SQL


def is_whole(text: str) -> bool:
    return re.fullmatch(r"\d+", text) is not None


def sound_persons(registry: Registry) -> dict[str, list[str]]:
    return {person: rest for person, *rest in registry.file("persons") if person}


def sound_stays(registry: Registry) -> list[dict[str, str]]:
    whole = [line for line in registry.file("stays") if len(line) == len(registry_extract.STAYS)]
    stays = [dict(zip(registry_extract.STAYS, line, strict=True)) for line in whole]
    return [
        stay
        for stay in stays
        if stay["person_id"]
        and is_whole(stay["length_of_stay_days"])
        and re.fullmatch(r"(\d+(\.\d+)?)?", stay["charges"])
    ]


def sound_diagnoses(registry: Registry) -> list[list[str]]:
    return [line for line in registry.file("diagnoses") if is_whole(line[2]) and line[3]]


def mean_of(flags: list[str]) -> tuple[float, int]:
    """The share of readmissions within 30 days, and of how many: an empty flag does not tell."""
    told = [flag == "<30" for flag in flags if flag]
    return pytest.approx(fmean(told), abs=1e-6), len(told)


# Rows


@pytest.mark.parametrize("table", TABLES)
def test_rows_in_are_landed_or_rejected_and_landed_ones_staged_or_quarantined(registry: Registry, table: str) -> None:
    counted = "SELECT COUNT(*) FROM warehouse.{}".format
    ((landed,),) = registry.rows(counted(f"raw.registry__{table}"))
    ((rejected,),) = registry.rows(
        counted(f"landing.reject WHERE landed_table LIKE 'registry\\_\\_{table}\\_%' ESCAPE '\\'")
    )
    ((staged,),) = registry.rows(counted(f"staging.stg_registry__{table}"))
    ((held,),) = registry.rows(counted(f"quarantine.registry__{table}"))
    sound = {"persons": sound_persons, "stays": sound_stays, "diagnoses": sound_diagnoses}[table](registry)
    assert len(registry.file(table)) == landed + rejected
    assert landed == staged + held
    assert (rejected, staged) == (1 if table == "stays" else 0, len(sound))
    assert staged > 200


def test_what_is_wrong_is_in_quarantine_with_the_reason(registry: Registry) -> None:
    held = {
        table: registry.rows(f"SELECT person_id, violation FROM warehouse.quarantine.registry__{table} ORDER BY 2")
        for table in TABLES
    }
    assert held == {
        "persons": [(None, "person_id is missing")],
        "stays": [
            ("8", "charges '2 300,50' is not a valid DECIMAL(14, 2)"),
            ("7", "length_of_stay_days 'three' is not a valid BIGINT"),
            (None, "person_id is missing"),
        ],
        "diagnoses": [
            ("9", "diagnosis_code is missing"),
            ("9", "diagnosis_number 'first' is not a valid BIGINT"),
        ],
    }
    assert registry.rows("SELECT file_name, raw_text FROM warehouse.landing.reject") == [
        ("stays.csv", registry_extract.RAGGED.strip())
    ]
    shown = registry.rows(
        "SELECT source_table, n_failing FROM mart_data_quality WHERE source_system = 'registry' "
        "AND check_name = 'rows quarantined' ORDER BY 1"
    )
    assert shown == [("registry__diagnoses", 2), ("registry__persons", 1), ("registry__stays", 3)]


# Figures


def test_persons_are_those_of_the_file_and_those_that_only_a_stay_names(registry: Registry) -> None:
    persons = sound_persons(registry)
    named = {stay["person_id"] for stay in sound_stays(registry)} | {line[0] for line in sound_diagnoses(registry)}
    assert len(named - persons.keys()) == 1
    words = {"1": "male", "2": "female", "9": None}
    expected = {(person, words[sex], 0) for person, (_, sex) in persons.items()}
    expected |= {(person, None, 1) for person in named - persons.keys()}
    shown = registry.rows("SELECT patient_id, sex, is_inferred FROM dim_patient WHERE source_system = 'registry'")
    assert len(shown) == len(expected)
    assert set(shown) == expected


def test_stays_and_their_lengths_are_those_stated(registry: Registry) -> None:
    lengths = [int(stay["length_of_stay_days"]) for stay in sound_stays(registry)]
    n = len(lengths)
    assert registry.kpi("stays", "count")[:2] == (n, n)
    assert registry.kpi("alos", "midnights")[:2] == (pytest.approx(fmean(lengths), abs=1e-6), n)
    assert registry.kpi("alos", "days_cms")[:2] == (pytest.approx(fmean(max(1, d) for d in lengths), abs=1e-6), n)
    assert min(lengths) == 0
    by_person = Counter(stay["person_id"] for stay in sound_stays(registry))
    assert max(by_person.values()) == 3
    assert (
        dict(
            registry.rows(
                "SELECT p.patient_id, COUNT(*) FROM fact_inpatient_stay AS s INNER JOIN dim_patient AS p "
                "ON p.patient_key = s.patient_key WHERE s.source_system = 'registry' GROUP BY 1"
            )
        )
        == by_person
    )


def test_readmissions_by_the_flag_are_those_of_who_is_not_known_to_have_died(registry: Registry) -> None:
    stays = sound_stays(registry)
    assert {stay["readmitted"] for stay in stays} == {"<30", ">30", "NO", ""}
    alive = [stay["readmitted"] for stay in stays if DISPOSITIONS.get(stay["discharge_code"]) != "expired"]
    assert registry.kpi("readmission", "R8")[:2] == mean_of(alive)
    assert registry.kpi("readmission", "R8_RAW")[:2] == mean_of([stay["readmitted"] for stay in stays])
    home = [stay["readmitted"] for stay in stays if stay["discharge_code"] == "01"]
    assert registry.kpi("readmission", "R8", disposition="Home")[:2] == mean_of(home)


def test_charges_are_those_of_the_file(registry: Registry) -> None:
    charges = [Decimal(stay["charges"]) for stay in sound_stays(registry) if stay["charges"]]
    assert len(charges) < len(sound_stays(registry))
    for table in ("fact_encounter", "fact_inpatient_stay"):
        told = f"SELECT SUM(charge_amount), COUNT(charge_amount) FROM {table} WHERE source_system = 'registry'"
        assert registry.rows(told) == [(sum(charges), len(charges))], table
    mean = pytest.approx(float(sum(charges)) / len(charges), abs=1e-6)
    assert registry.kpi("charge_per_stay", "mean")[:2] == (mean, len(charges))


def test_dispositions_go_by_the_registrys_own_list_where_another_has_the_same_codes(registry: Registry) -> None:
    stays = sound_stays(registry)
    codes = Counter(stay["discharge_code"] for stay in stays)
    any_list = {
        row["delivered_value"]: row["value"]
        for row in families.seed("code_map")
        if (row["column_name"], row["family"]) == ("discharge_disposition", "any")
    }
    assert {code for code in DISPOSITIONS if any_list.get(code, DISPOSITIONS[code]) != DISPOSITIONS[code]}
    expected = Counter({DISPOSITIONS.get(code, code or "(unknown)"): 0 for code in codes})
    for code, n in codes.items():
        expected[DISPOSITIONS.get(code, code or "(unknown)")] += n
    assert (
        dict(
            registry.rows(
                "SELECT d.disposition_code, COUNT(*) FROM fact_inpatient_stay AS s "
                "INNER JOIN dim_discharge_disposition AS d ON d.disposition_key = s.disposition_key "
                "WHERE s.source_system = 'registry' GROUP BY 1"
            )
        )
        == expected
    )
    died = [DISPOSITIONS[c] == "expired" for c in (stay["discharge_code"] for stay in stays) if c in DISPOSITIONS]
    assert registry.kpi("mortality", "in_hospital_flag")[:2] == (pytest.approx(fmean(died), abs=1e-6), len(died))
    assert unknown(registry, "disposition unknown") == (codes["99"], len(stays) - codes[""])


def unknown(registry: Registry, check: str) -> tuple[int, int]:
    (row,) = registry.rows(
        "SELECT n_failing, n_checked FROM mart_data_quality WHERE source_system = 'registry' AND check_name = ?", check
    )
    return row


def test_bands_that_are_decades_are_slices_and_the_open_one_is_counted_as_unknown(registry: Registry) -> None:
    bands = {person: band for person, (band, _) in sound_persons(registry).items()}
    lengths: dict[str, list[int]] = {}
    for stay in sound_stays(registry):
        lengths.setdefault(bands.get(stay["person_id"], ""), []).append(int(stay["length_of_stay_days"]))
    labels = {"": "Unknown", "70+": "Invalid source value"}
    assert lengths.keys() == {"40-49", "50-59", "60-69", *labels}
    for band, days in lengths.items():
        shown = registry.kpi("alos", "midnights", age_band=labels.get(band, band))
        assert shown[:2] == (pytest.approx(fmean(days), abs=1e-6), len(days)), band
    stated = sum(len(days) for band, days in lengths.items() if band)
    assert unknown(registry, "age band unknown") == (len(lengths["70+"]), stated)


def test_diagnoses_are_of_a_system_of_their_own_and_have_their_dot(registry: Registry) -> None:
    stays = {(stay["person_id"], stay["stay_number"]) for stay in sound_stays(registry)}
    diagnoses = [(line[0], line[1], line[3]) for line in sound_diagnoses(registry)]
    assert {code for *_, code in diagnoses} == set(registry_extract.CODES_OF_DIAGNOSIS)
    # A stay may have one code twice, as K12.B and K12B.
    of_stays = {(person, stay, code) for person, stay, code in diagnoses if (person, stay) in stays}
    of_stays = {(person, stay, "K12.B" if code == "K12B" else code) for person, stay, code in of_stays}
    assert len(diagnoses) - len([d for d in diagnoses if d[:2] in stays]) == 1, "one stay is in quarantine"
    shown = registry.rows(
        "SELECT e.encounter_id, d.code_system, d.code, d.chronicity FROM bridge_stay_diagnosis AS b "
        "INNER JOIN fact_encounter AS e ON e.encounter_key = b.stay_key "
        "INNER JOIN dim_diagnosis AS d ON d.diagnosis_key = b.diagnosis_key WHERE e.source_system = 'registry'"
    )
    assert Counter(shown) == Counter(
        (f"{person}-{stay}", "Registry", code, "not mapped") for person, stay, code in of_stays
    )


# What it cannot tell


def test_what_the_registry_cannot_tell_is_said_by_its_capabilities(registry: Registry) -> None:
    told = dict(registry.rows("SELECT capability, is_delivered FROM mart_capability WHERE source_system = 'registry'"))
    assert {capability for capability, is_delivered in told.items() if is_delivered} == {
        "encounters", "inpatient_stays", "stay_lengths", "repeat_encounters", "conditions", "diagnoses", "charges",
        "dispositions", "readmission_flag", "death_flag", "deaths",
    }  # fmt: skip
    for untold in ("encounter_dates", "encounter_times", "birth_dates", "ages", "death_dates", "claims", "payments"):
        assert told[untold] == 0, untold


def test_metrics_by_dates_say_that_the_dates_are_missing(registry: Registry) -> None:
    days = "days on which encounters start and end"
    assert registry.kpi("readmission", "R3") == (None, 0, f"The feed does not deliver: {days}.")
    for metric, version, missing in (
        ("readmission", "R6", days),
        ("alos", "elapsed", "times at which encounters start and end"),
        ("mortality", "in_hospital", f"days of death; {days}"),
        ("claim_per_encounter", "mean", "amounts claimed"),
        ("charlson", "age_adjusted", "days of birth, or ages as stated"),
    ):
        value, _, reason = registry.kpi(metric, version)
        assert value is None
        assert missing in reason, (metric, version)
    assert registry.rows(
        "SELECT COUNT(*) FROM fact_inpatient_stay WHERE source_system = 'registry' "
        "AND (is_undated, is_open, admit_date_key) <> (1, 0, -1)"
    ) == [(0,)]


def test_diagnoses_that_no_charlson_list_reads_give_no_index(registry: Registry) -> None:
    value, n, reason = registry.kpi("charlson", "1987")
    assert (value, n) == (None, 0)
    assert reason
    assert registry.rows("SELECT COUNT(cci_1987) FROM fact_inpatient_stay WHERE source_system = 'registry'") == [(0,)]


def test_it_has_a_label_and_one_hospital_that_a_seed_names(registry: Registry) -> None:
    assert registry.rows("SELECT family, source_label FROM dim_source_system WHERE source_system = 'registry'") == [
        ("registry", "Hospital-stay registry")
    ]
    assert registry.rows("SELECT organization_name FROM dim_organization WHERE source_system = 'registry'") == [
        ("Hospitals of the registry (not named)",)
    ]


# The other feed


def test_the_two_feeds_share_ids_and_no_key(registry: Registry) -> None:
    ours = {person for person, *_ in registry.file("persons") if person}
    theirs = {row["patient_id"] for row in registry.records("patients")}
    assert len(ours & theirs) == len(ours) == 240
    shared = registry.rows(
        "SELECT COUNT(*) FROM (SELECT patient_key FROM dim_patient GROUP BY 1 HAVING COUNT(DISTINCT source_system) > 1)"
    )
    assert shared == [(0,)]
    for table in ("fact_encounter", "fact_inpatient_stay", "fact_readmission", "fact_lab_result", "fact_medication"):
        astray = (
            f"SELECT COUNT(*) FROM {table} AS f LEFT JOIN dim_patient AS p ON p.patient_key = f.patient_key "
            "WHERE p.source_system IS DISTINCT FROM f.source_system"
        )
        assert registry.rows(astray) == [(0,)], table
    assert registry.rows(
        "SELECT COUNT(*) FROM bridge_stay_diagnosis AS b "
        "INNER JOIN fact_inpatient_stay AS s ON s.stay_key = b.stay_key "
        "INNER JOIN dim_diagnosis AS d ON d.diagnosis_key = b.diagnosis_key "
        "WHERE (s.source_system = 'registry') <> (d.code_system = 'Registry')"
    ) == [(0,)]


def test_each_patient_of_the_records_is_as_their_file_says(registry: Registry) -> None:
    patients = {
        (
            row["patient_id"],
            int(row["age"]) if row["age"] else None,
            row["sex"],
            Decimal(row["bmi"]),
            row["smoking_status"],
        )
        for row in registry.records("patients")
    }
    shown = registry.rows(
        "SELECT patient_id, source_age_years, sex, bmi, smoking_status FROM dim_patient WHERE source_system = 'ehr'"
    )
    assert len(shown) == len(patients) == 1000
    assert set(shown) == patients


def test_each_stay_of_the_records_is_as_their_file_says(registry: Registry) -> None:
    outcomes = registry.records("outcomes")
    expected = {
        row["patient_id"]: (
            int(row["length_of_stay_days"]), int(row["readmitted_30d"]), Decimal(row["total_charges_usd"])
        )
        for row in outcomes
    }  # fmt: skip
    shown = registry.rows(
        "SELECT p.patient_id, s.los_midnights, s.src_readmitted_30d, s.charge_amount FROM fact_inpatient_stay AS s "
        "INNER JOIN dim_patient AS p ON p.patient_key = s.patient_key WHERE s.source_system = 'ehr'"
    )
    assert len(shown) == len(outcomes)
    assert {patient: tuple(rest) for patient, *rest in shown} == expected
    days = [max(1, length) for length, *_ in expected.values()]
    assert registry.kpi("alos", "days_cms", "ehr")[:2] == (pytest.approx(fmean(days), abs=1e-6), len(days))
    back = [int(row["readmitted_30d"]) for row in outcomes if row["in_hospital_death"] == "0"]
    assert registry.kpi("readmission", "R8", "ehr")[:2] == (pytest.approx(fmean(back), abs=1e-6), len(back))
    charges = [charge for *_, charge in expected.values()]
    mean = pytest.approx(float(sum(charges)) / len(charges), abs=1e-6)
    assert registry.kpi("charge_per_stay", "mean", "ehr")[:2] == (mean, len(charges))


@pytest.mark.parametrize("name", [name for name, (_, query) in TRUTHS.items() if "source_system = 'ehr'" in query])
def test_the_truths_that_are_planted_in_the_records_come_back(registry: Registry, name: str) -> None:
    truth, query = TRUTHS[name]
    answers = json.loads((registry.folder / "ehr" / "answers.json").read_text(encoding="utf-8"))
    assert comparable(registry.rows(query.replace("serving.", ""))) == comparable(truth(answers))
