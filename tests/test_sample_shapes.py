"""The hospital in three shapes tells the same of it, as Python's csv and json modules read the files: no SQL."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from workbench.sample import SHAPES, generate

SCALE = 0.1
WALL_CLOCK = timezone(timedelta(hours=-5))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {shape: generate("hospital", SCALE, tmp_path_factory.mktemp(shape), shape=shape) for shape in SHAPES}
    for files in made.values():
        assert files.rows == json.loads(files.answers.read_text(encoding="utf-8"))["rows"]
    return {shape: files.answers.parent for shape, files in made.items()}


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def resources(folder: Path, kind: str) -> list[dict[str, Any]]:
    lines = (folder / f"{kind}.ndjson").read_text(encoding="utf-8").splitlines()
    return [json.loads(line, parse_float=Decimal) for line in lines]


def by(key: str, items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {item[key]: item for item in items}
    assert len(found) == len(items)
    return found


def moment(text: str | None) -> datetime | None:
    if not text:
        return None
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=WALL_CLOCK)).astimezone(UTC)


CLASSES = {"inpatient": "IMP", "emergency": "EMER"}


def told_by_synthea(folder: Path) -> dict[str, Counter]:
    payers, houses = (
        {row["Id"]: row["NAME"] for row in rows(folder / f"{table}.csv")} for table in ("payers", "organizations")
    )
    return {
        "patients": Counter(
            (row["Id"], row["BIRTHDATE"], row["DEATHDATE"], row["GENDER"], row["ZIP"], row["CITY"])
            for row in rows(folder / "patients.csv")
        ),
        "encounters": Counter(
            (
                row["PATIENT"],
                moment(row["START"]),
                moment(row["STOP"]),
                CLASSES.get(row["ENCOUNTERCLASS"], "AMB"),
                houses[row["ORGANIZATION"]],
                payers[row["PAYER"]],
                Decimal(row["TOTAL_CLAIM_COST"]),
                Decimal(row["PAYER_COVERAGE"]),
            )
            for row in rows(folder / "encounters.csv")
        ),
        "conditions": Counter(
            (row["PATIENT"], row["START"], row["STOP"], row["CODE"]) for row in rows(folder / "conditions.csv")
        ),
        "procedures": Counter(
            (row["PATIENT"], moment(row["START"]), moment(row["STOP"]), row["CODE"], Decimal(row["BASE_COST"]))
            for row in rows(folder / "procedures.csv")
        ),
        "spells": Counter(
            (row["PATIENT"], row["START_DATE"], row["END_DATE"], payers[row["PAYER"]])
            for row in rows(folder / "payer_transitions.csv")
        ),
    }


def told_by_omop(folder: Path) -> dict[str, Counter]:
    tables = {file.stem: rows(file) for file in folder.glob("*.csv")}
    persons, places = by("person_id", tables["person"]), by("location_id", tables["location"])
    concepts, sites = by("concept_id", tables["concept"]), by("care_site_id", tables["care_site"])
    deaths, spells = by("person_id", tables["death"]), by("payer_plan_period_id", tables["payer_plan_period"])
    costs = {(row["cost_domain_id"], row["cost_event_id"]): row for row in tables["cost"]}
    assert len(costs) == len(tables["cost"])
    who = {number: person["person_source_value"] for number, person in persons.items()}
    visits = by("visit_occurrence_id", tables["visit_occurrence"])
    classes = {"9201": "IMP", "9203": "EMER", "9202": "AMB"}
    assert all(
        visits[row["visit_occurrence_id"]]["person_id"] == row["person_id"]
        for table in ("condition_occurrence", "procedure_occurrence")
        for row in tables[table]
    )

    def code(row: dict[str, str], kind: str) -> str:
        concept = concepts[row[f"{kind}_concept_id"]]
        assert concept["vocabulary_id"] == "SNOMED" and concept["concept_code"] == row[f"{kind}_source_value"]
        return concept["concept_code"]

    def encounter(row: dict[str, str]) -> tuple[Any, ...]:
        cost = costs["Visit", row["visit_occurrence_id"]]
        start, stop = row["visit_start_datetime"], row["visit_end_datetime"]
        assert (row["visit_start_date"], row["visit_end_date"]) == (start[:10], stop[:10])
        return (
            who[row["person_id"]],
            moment(start),
            moment(stop),
            classes[row["visit_concept_id"]],
            sites[row["care_site_id"]]["care_site_name"],
            spells[cost["payer_plan_period_id"]]["plan_source_value"],
            Decimal(cost["total_cost"]),
            Decimal(cost["paid_by_payer"]),
        )

    return {
        "patients": Counter(
            (
                who[number],
                f"{int(row['year_of_birth']):04}-{int(row['month_of_birth']):02}-{int(row['day_of_birth']):02}",
                deaths.get(number, {"death_date": ""})["death_date"],
                concepts[row["gender_concept_id"]]["concept_name"][0],
                places[row["location_id"]]["zip"],
                places[row["location_id"]]["city"],
            )
            for number, row in persons.items()
        ),
        "encounters": Counter(map(encounter, visits.values())),
        "conditions": Counter(
            (
                who[row["person_id"]],
                row["condition_start_date"],
                row["condition_end_date"],
                code(row, "condition"),
            )
            for row in tables["condition_occurrence"]
        ),
        "procedures": Counter(
            (
                who[row["person_id"]],
                moment(row["procedure_datetime"]),
                moment(row["procedure_end_datetime"]),
                code(row, "procedure"),
                Decimal(costs["Procedure", row["procedure_occurrence_id"]]["total_cost"]),
            )
            for row in tables["procedure_occurrence"]
        ),
        "spells": Counter(
            (
                who[row["person_id"]],
                row["payer_plan_period_start_date"],
                row["payer_plan_period_end_date"],
                row["plan_source_value"],
            )
            for row in tables["payer_plan_period"]
        ),
    }


def told_by_fhir(folder: Path) -> dict[str, Counter]:
    kinds = {file.stem: by("id", resources(folder, file.stem)) for file in folder.glob("*.ndjson")}

    def refer(to: dict[str, str]) -> dict[str, Any]:
        kind, key = to["reference"].split("/")
        return kinds[kind][key]

    def encounter(claim: dict[str, Any]) -> tuple[Any, ...]:
        visit = refer(claim["item"][0]["encounter"][0])
        ((benefit),) = benefits[claim["id"]]
        cover = refer(claim["insurance"][0]["coverage"])
        assert refer(visit["subject"]) is refer(claim["patient"]) is refer(cover["beneficiary"])
        assert refer(visit["serviceProvider"]) is refer(claim["provider"])
        assert benefit["total"][0]["amount"]["value"] == claim["total"]["value"]
        return (
            refer(visit["subject"])["id"],
            moment(visit["period"]["start"]),
            moment(visit["period"].get("end")),
            visit["class"]["code"],
            refer(visit["serviceProvider"])["name"],
            refer(cover["payor"][0])["name"],
            Decimal(claim["total"]["value"]),
            Decimal(benefit["payment"]["amount"]["value"]),
        )

    prices, benefits = {}, {}
    for claim in kinds["Claim"].values():
        listed = {entry["sequence"]: refer(entry["procedureReference"])["id"] for entry in claim.get("procedure", [])}
        prices |= {listed[item["procedureSequence"][0]]: Decimal(item["net"]["value"]) for item in claim["item"][1:]}
    for benefit in kinds["ExplanationOfBenefit"].values():
        benefits.setdefault(refer(benefit["claim"])["id"], []).append(benefit)
    assert len(kinds["Claim"]) == len(kinds["Encounter"])
    return {
        "patients": Counter(
            (
                patient["id"],
                patient["birthDate"],
                patient.get("deceasedDateTime", ""),
                patient["gender"][0].upper(),
                patient["address"][0].get("postalCode", ""),
                patient["address"][0]["city"],
            )
            for patient in kinds["Patient"].values()
        ),
        "encounters": Counter(map(encounter, kinds["Claim"].values())),
        "conditions": Counter(
            (
                refer(condition["subject"])["id"],
                condition["onsetDateTime"],
                condition.get("abatementDateTime", ""),
                condition["code"]["coding"][0]["code"],
            )
            for condition in kinds["Condition"].values()
        ),
        "procedures": Counter(
            (
                refer(procedure["subject"])["id"],
                moment(procedure["performedPeriod"]["start"]),
                moment(procedure["performedPeriod"]["end"]),
                procedure["code"]["coding"][0]["code"],
                prices[key],
            )
            for key, procedure in kinds["Procedure"].items()
        ),
        "spells": Counter(
            (
                refer(cover["beneficiary"])["id"],
                cover["period"]["start"],
                cover["period"]["end"],
                cover["payor"][0]["display"],
            )
            for cover in kinds["Coverage"].values()
        ),
    }


@pytest.fixture(scope="module")
def told(folders: dict[str, Path]) -> dict[str, dict[str, Counter]]:
    readers = {"synthea": told_by_synthea, "omop": told_by_omop, "fhir": told_by_fhir}
    return {shape: readers[shape](folder) for shape, folder in folders.items()}


@pytest.mark.parametrize("what", ["patients", "encounters", "conditions", "procedures", "spells"])
def test_the_shapes_tell_the_same(told: dict[str, dict[str, Counter]], what: str) -> None:
    counts = {shape: said[what] for shape, said in told.items()}
    assert counts["synthea"].total() >= 100
    assert counts["omop"] == counts["synthea"]
    assert counts["fhir"] == counts["synthea"]


def test_there_are_two_houses_and_transfers_between_them(folders: dict[str, Path]) -> None:
    folder = folders["synthea"]
    names = {row["Id"]: row["NAME"] for row in rows(folder / "organizations.csv")}
    seen, inpatient, moved = Counter(), Counter(), Counter()
    latest: dict[str, tuple[str, str]] = {}
    for row in sorted(rows(folder / "encounters.csv"), key=lambda row: (row["START"], row["STOP"])):
        seen.update([names[row["ORGANIZATION"]]])
        if row["ENCOUNTERCLASS"] == "inpatient":
            inpatient.update([names[row["ORGANIZATION"]]])
            stop, house = latest.get(row["PATIENT"], ("", ""))
            if stop[:10] == row["START"][:10] and house != row["ORGANIZATION"]:
                moved.update([names[row["ORGANIZATION"]]])
            latest[row["PATIENT"]] = max(latest.get(row["PATIENT"], ("", "")), (row["STOP"], row["ORGANIZATION"]))
    answers = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    assert {r["organization_name"]: r["encounters"] for r in answers["houses"]} == dict(seen)
    assert {r["organization_name"]: r["inpatient_encounters"] for r in answers["houses"]} == dict(inpatient)
    assert {r["organization_name"]: r["transfers_in"] for r in answers["houses"]} == {
        name: moved[name] for name in seen
    }
    assert len(seen) == 2 and moved.total() > 0


def test_spells_of_cover_do_not_overlap_and_hold_the_payer_of_each_encounter(folders: dict[str, Path]) -> None:
    spells: dict[str, list[tuple[date, date, str]]] = {}
    for row in rows(folders["synthea"] / "payer_transitions.csv"):
        ends = (date.fromisoformat(row["START_DATE"]), date.fromisoformat(row["END_DATE"]))
        spells.setdefault(row["PATIENT"], []).append((*ends, row["PAYER"]))
    for own in spells.values():
        assert all(a[1] + timedelta(days=1) == b[0] for a, b in zip(sorted(own), sorted(own)[1:], strict=False))
    for row in rows(folders["synthea"] / "encounters.csv"):
        day = date.fromisoformat(row["START"][:10])
        assert [payer for first, last, payer in spells[row["PATIENT"]] if first <= day <= last] == [row["PAYER"]]


def test_dispositions_say_the_same_in_omop_and_fhir(folders: dict[str, Path]) -> None:
    omop = Counter(row["discharged_to_source_value"] for row in rows(folders["omop"] / "visit_occurrence.csv"))
    fhir = Counter(
        visit.get("hospitalization", {"dischargeDisposition": {"coding": [{"code": ""}]}})["dischargeDisposition"][
            "coding"
        ][0]["code"]
        for visit in resources(folders["fhir"], "Encounter")
    )
    assert omop == fhir and {"01", "02", "20"} <= fhir.keys()


def test_no_resource_has_an_empty_field_and_each_reference_resolves(folders: dict[str, Path]) -> None:
    kinds = {file.stem: resources(folders["fhir"], file.stem) for file in folders["fhir"].glob("*.ndjson")}
    ids = {f"{kind}/{resource['id']}" for kind, found in kinds.items() for resource in found}
    for kind, found in kinds.items():
        for resource in found:
            assert resource["resourceType"] == kind
            for key, value in walk(resource):
                assert value not in (None, "", [], {}), (kind, resource["id"], key)
                assert key != "reference" or value in ids, value


def walk(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    yield key, value
    parts = (
        value.items() if isinstance(value, dict) else ((key, part) for part in value) if isinstance(value, list) else ()
    )
    for name, part in parts:
        yield from walk(part, name)


def test_the_same_arguments_give_the_same_bytes(folders: dict[str, Path], tmp_path: Path) -> None:
    for shape, folder in folders.items():
        generate("hospital", SCALE, tmp_path / shape, shape=shape)
        for file in folder.iterdir():
            assert (tmp_path / shape / file.name).read_bytes() == file.read_bytes(), file.name


def test_a_shape_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shape 'i2b2' of hospital: expected one of synthea, omop, fhir, of hospital"):
        generate("hospital", SCALE, tmp_path, shape="i2b2")
    with pytest.raises(ValueError, match="shape 'omop' of ehr: expected one of"):
        generate("ehr", SCALE, tmp_path, shape="omop")
    with pytest.raises(ValueError, match="shape 'fhir': its files are clean"):
        generate("hospital", SCALE, tmp_path, shape="fhir", dirty=True)
