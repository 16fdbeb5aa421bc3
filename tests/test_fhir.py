"""A FHIR export of 53 patients, landed as bulk export and as bundles, and its figures counted again in plain Python."""

from __future__ import annotations

import csv
import json
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pytest

import fhir_export
from loader import contracts
from loader.settings import PROJECT
from road import Road, shared_data
from warehouse_fixtures import ALL_FAMILIES, Warehouse, built

pytestmark = pytest.mark.long

__all__ = ["built"]

Resource = dict[str, Any]
FHIR = {contract.table: contract for contract in contracts.load().values() if contract.source == "fhir"}


def sample() -> Path:
    data = shared_data()
    if data is None or not (data / "fhir" / "ndjson").is_dir():
        pytest.skip("the FHIR sample is not here (../shared/data/fhir)")
    return data / "fhir"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse of the sample twice: fhir is its NDJSON, bundled its bundles."""
    folder = tmp_path_factory.mktemp("fhir")
    files = sample()
    with zipfile.ZipFile(files / "bundles.zip") as archive:
        archive.extractall(folder / "bundles")
    road = Road(folder / "project", None)
    road.land(files / "ndjson")
    assert road.run("warehouse", "land", folder / "bundles", "--source", "bundled") == 0, road.output
    assert road.plan() == 0, road.output
    with duckdb.connect(str(road.home / "warehouse.duckdb"), read_only=True) as con:
        con.execute(f"ATTACH '{road.home / 'published.duckdb'}' AS serving (READ_ONLY)")
        yield con


@dataclass(frozen=True)
class Stay:
    """Inpatient encounters of a patient at one hospital that overlap or touch on one day."""

    patient: str
    hospital: str
    start: datetime
    stop: datetime
    name: str


class Export:
    """The files, read by the json module, and what can be counted from them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, kind: str) -> list[Resource]:
        lines = (self.folder / f"{kind}.ndjson").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    @cached_property
    def deaths(self) -> dict[str, date]:
        return {
            f"Patient/{patient['id']}": moment(patient["deceasedDateTime"]).date()
            for patient in self.read("Patient")
            if "deceasedDateTime" in patient
        }

    @cached_property
    def stays(self) -> list[Stay]:
        """In the order of docs/measures.md: of a patient, by admission; of one hospital, merged by the day."""
        stays: list[Stay] = []
        encounters = [encounter for encounter in self.read("Encounter") if encounter["class"]["code"] == "IMP"]
        for encounter in sorted(encounters, key=lambda e: (e["period"]["start"], e["period"]["end"], e["id"])):
            patient, hospital = encounter["subject"]["reference"], encounter["serviceProvider"]["reference"]
            start, stop = moment(encounter["period"]["start"]), moment(encounter["period"]["end"])
            here = [stay for stay in stays if (stay.patient, stay.hospital) == (patient, hospital)]
            if here and start.date() <= here[-1].stop.date():
                stays[stays.index(here[-1])] = replace(here[-1], stop=max(stop, here[-1].stop))
            else:
                stays.append(Stay(patient, hospital, start, stop, encounter["id"]))
        return stays

    def length_of_stay(self) -> tuple[Decimal, Decimal]:
        days = [max((stay.stop.date() - stay.start.date()).days, 1) for stay in self.stays]
        return Decimal(sum(days)), Decimal(len(days))

    def readmissions(self) -> tuple[Decimal, Decimal]:
        """R3: the next stay of the patient 0 to 30 days after discharge; a stay that is handed on is no index."""
        of_patient: dict[str, list[Stay]] = defaultdict(list)
        for stay in sorted(self.stays, key=lambda stay: (stay.start, stay.stop, stay.name)):
            of_patient[stay.patient].append(stay)
        indexes = returns = 0
        for stays in of_patient.values():
            for stay, after in zip(stays, [*stays[1:], None], strict=True):
                days = (after.start.date() - stay.stop.date()).days if after else None
                if after and days <= 1 and after.hospital != stay.hospital:
                    continue
                indexes += 1
                returns += after is not None and 0 <= days <= 30
        return Decimal(returns), Decimal(indexes)

    def deaths_in_hospital(self) -> tuple[Decimal, Decimal]:
        of_the_living = [s for s in self.stays if self.deaths.get(s.patient, date.max) >= s.start.date()]
        died = [s for s in of_the_living if self.deaths.get(s.patient, date.max) <= s.stop.date()]
        return Decimal(len(died)), Decimal(len(of_the_living))

    def charlson(self) -> tuple[Decimal, Decimal]:
        """The index of 1987 of each stay, by the diagnoses and reasons known of its patient by admission."""
        known: dict[str, set[tuple[date, str]]] = defaultdict(set)
        for condition in self.read("Condition"):
            day = moment(condition["onsetDateTime"]).date()
            known[condition["subject"]["reference"]].add((day, condition["code"]["coding"][0]["code"]))
        for encounter in self.read("Encounter"):
            for reason in encounter.get("reasonCode", [])[:1]:
                day = moment(encounter["period"]["start"]).date()
                known[encounter["subject"]["reference"]].add((day, reason["coding"][0]["code"]))
        listed = [
            row for row in seed("charlson") if row["code_system"] == "SNOMED CT" and row["include_default"] == "1"
        ]
        category = {row["category_key"]: row for row in seed("charlson_category")}
        total = scored = 0
        for stay in self.stays:
            codes = {code for day, code in known[stay.patient] if day <= stay.start.date()}
            found = [category[key] for key in {row["category_key"] for row in listed if row["code_prefix"] in codes}]
            for one in found:
                worse = [o for o in found if one["hierarchy_group"] and o["hierarchy_group"] == one["hierarchy_group"]]
                if all(int(one["hierarchy_rank"]) >= int(other["hierarchy_rank"]) for other in worse):
                    total += int(one["weight_charlson_1987"])
            scored += bool(codes)
        return Decimal(total), Decimal(scored)

    def claimed(self, kind: str) -> Decimal:
        claims = [claim for claim in self.read("Claim") if claim["type"]["coding"][0]["code"] == kind]
        return sum((money(claim["total"]["value"]) for claim in claims), Decimal())

    def paid(self) -> Decimal:
        return sum((money(b["payment"]["amount"]["value"]) for b in self.read("ExplanationOfBenefit")), Decimal())

    def claimed_by_year(self) -> dict[str, Decimal]:
        """The day of a claim is that of its encounter: the days of the explanations of benefit are of other years."""
        start = {f"Encounter/{e['id']}": e["period"]["start"][:4] for e in self.read("Encounter")}
        years: dict[str, Decimal] = defaultdict(Decimal)
        for claim in self.read("Claim"):
            if claim["type"]["coding"][0]["code"] == "institutional":
                years[start[claim["item"][0]["encounter"][0]["reference"]]] += money(claim["total"]["value"])
        return dict(years)

    def priced_procedures(self) -> Decimal:
        lines = [line for claim in self.read("Claim") for line in claim["item"] if line.get("procedureSequence")]
        return sum((money(line["net"]["value"]) for line in lines), Decimal())

    def laboratory(self) -> dict[str, tuple[int, Decimal]]:
        """Of each test, how many results there are and what their values add up to, to six decimals each."""
        tests: dict[str, list[Decimal]] = defaultdict(list)
        for observation in self.read("Observation"):
            if any(c["code"] == "laboratory" for kind in observation["category"] for c in kind["coding"]):
                value = Decimal(str(observation["valueQuantity"]["value"]))
                tests[observation["code"]["coding"][0]["code"]].append(value)
        return {test: (len(values), sum(map(to_six, values), Decimal())) for test, values in tests.items()}


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    assert found.utcoffset().total_seconds() == 0, "this sample is in UTC throughout"
    return found


def money(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def to_six(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.000001"), ROUND_HALF_UP)


def seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def export() -> Export:
    return Export(sample() / "ndjson")


def kpi(con: duckdb.DuckDBPyConnection, metric: str, version: str) -> tuple[Any, ...]:
    (row,) = con.execute(
        "SELECT numerator, denominator FROM serving.serving.mart_kpi WHERE source_system = 'fhir' AND period = 'all' "
        "AND organization_key = -2 AND slice = 'all' AND metric_code = ? AND definition_version = ?",
        [metric, version],
    ).fetchall()
    return row


FIGURES: dict[tuple[str, str], Callable[[Export], tuple[Decimal, Decimal] | Decimal]] = {
    ("encounters", "count"): lambda export: Decimal(len(export.read("Encounter"))),
    ("stays", "count"): lambda export: Decimal(len(export.stays)),
    ("alos", "days_cms"): Export.length_of_stay,
    ("readmission", "R3"): Export.readmissions,
    ("mortality", "in_hospital"): Export.deaths_in_hospital,
    ("charlson", "1987"): Export.charlson,
    ("tcoc", "total"): lambda export: export.claimed("institutional"),
    ("tcoc", "with_drugs"): lambda export: export.claimed("institutional") + export.claimed("pharmacy"),
    ("payer_paid", "total"): Export.paid,
    ("noncovered_cost", "total"): lambda export: export.claimed("institutional") - export.paid(),
    ("procedure_cost", "list_price"): Export.priced_procedures,
}


@pytest.mark.parametrize("figure", FIGURES, ids=" ".join)
def test_a_figure_is_what_the_files_say(
    figure: tuple[str, str], warehouse: duckdb.DuckDBPyConnection, export: Export
) -> None:
    counted = FIGURES[figure](export)
    if isinstance(counted, tuple):
        assert tuple(map(Decimal, map(str, kpi(warehouse, *figure)))) == counted
    else:
        assert Decimal(str(kpi(warehouse, *figure)[0])) == counted
    assert counted


def test_rows_of_the_star_are_those_of_the_files(warehouse: duckdb.DuckDBPyConnection, export: Export) -> None:
    counts = dict(
        warehouse.execute(
            "SELECT 'Patient', COUNT(*) FROM star.dim_patient WHERE source_system = 'fhir' "
            "UNION ALL SELECT 'Organization', COUNT(*) FROM star.dim_organization WHERE source_system = 'fhir' "
            "UNION ALL SELECT 'MedicationRequest', COUNT(*) FROM star.fact_medication WHERE source_system = 'fhir' "
            "UNION ALL SELECT 'Procedure', COUNT(*) FROM star.fact_procedure WHERE source_system = 'fhir'"
        ).fetchall()
    )
    assert counts == {kind: len(export.read(kind)) for kind in counts}


def test_laboratory_results_are_those_of_the_files(warehouse: duckdb.DuckDBPyConnection, export: Export) -> None:
    rows = warehouse.execute(
        "SELECT t.test_code, COUNT(*), SUM(r.value_num) FROM star.fact_lab_result AS r "
        "INNER JOIN star.dim_lab_test AS t ON t.lab_key = r.lab_key WHERE r.source_system = 'fhir' GROUP BY 1"
    ).fetchall()
    counted = export.laboratory()
    assert {code: n for code, n, _ in rows} == {code: n for code, (n, _) in counted.items()}
    assert sum(n for n, _ in counted.values()) == 3898
    for code, n, total in rows:
        # A value of 15 digits is a double in DuckDB: its seventh decimal may round the other way.
        assert abs(Decimal(str(total)) - counted[code][1]) <= n * Decimal("0.000001"), code


def test_a_claim_is_of_the_year_of_its_encounter(warehouse: duckdb.DuckDBPyConnection, export: Export) -> None:
    rows = warehouse.execute(
        "SELECT period, value FROM serving.serving.mart_kpi WHERE source_system = 'fhir' AND metric_code = 'tcoc' "
        "AND definition_version = 'total' AND LENGTH(period) = 4 AND organization_key = -2 AND slice = 'all' "
        "AND value <> 0"
    ).fetchall()
    assert {year: Decimal(str(value)) for year, value in rows} == export.claimed_by_year()


def test_payers_races_and_dispositions_are_those_of_the_files(
    warehouse: duckdb.DuckDBPyConnection, export: Export
) -> None:
    encounter = {
        claim["item"][0]["encounter"][0]["reference"]: claim["insurance"][0]["coverage"]["display"]
        for claim in export.read("Claim")
        if claim["type"]["coding"][0]["code"] == "institutional"
    }
    paying = (
        "SELECT p.payer_name, COUNT(*) FROM star.fact_encounter AS e "
        "INNER JOIN star.dim_payer AS p ON p.payer_key = e.payer_key WHERE e.source_system = 'fhir' GROUP BY 1"
    )
    assert dict(warehouse.execute(paying).fetchall()) == Counter(encounter.values())
    races = Counter(
        part["valueCoding"]["display"]
        for patient in export.read("Patient")
        for extension in patient["extension"]
        if extension["url"].endswith("us-core-race")
        for part in extension["extension"]
        if part["url"] == "ombCategory"
    )
    told = "SELECT race, COUNT(*) FROM star.dim_patient WHERE source_system = 'fhir' GROUP BY 1"
    assert dict(warehouse.execute(told).fetchall()) == races
    home = "SELECT COUNT(*) FROM core.int_encounter WHERE source_system = 'fhir' AND discharge_disposition = 'home'"
    delivered = [e for e in export.read("Encounter") if "dischargeDisposition" in e.get("hospitalization", {})]
    assert warehouse.execute(home).fetchall() == [(len(delivered),)]


def test_each_file_is_accounted_for_to_the_line_and_to_the_quarantine(
    warehouse: duckdb.DuckDBPyConnection, export: Export
) -> None:
    arrays = {"claim_items": "item", "claim_procedures": "procedure", "observation_components": "component",
              "encounter_diagnoses": "diagnosis"}  # fmt: skip
    landed = {row[0].split("__")[1]: row for row in warehouse.execute(
        "SELECT landed_table, file_name, rows_in, rows_landed, rows_rejected FROM landing.file "
        "WHERE file_name LIKE '%.ndjson'").fetchall()}  # fmt: skip
    assert landed.keys() == {
        table for table in FHIR if (export.folder / f"{FHIR[table].resource.type}.ndjson").exists()
    }
    for table, (_, file, rows_in, rows_landed, rows_rejected) in landed.items():
        resources = export.read(file.removesuffix(".ndjson"))
        expected = sum(len(r.get(arrays[table], [])) for r in resources) if table in arrays else len(resources)
        assert rows_in == rows_landed + rows_rejected == expected, table
        staged, held = (
            warehouse.execute(f"SELECT COUNT(*) FROM {model} WHERE source_system = 'fhir'").fetchone()[0]
            for model in (f"staging.stg_fhir__{table}", f"quarantine.fhir__{table}")
        )
        assert rows_landed == staged + held, table


@pytest.mark.parametrize("table", [*FHIR, "bills"])
def test_bundles_give_the_rows_that_the_bulk_export_gives(table: str, warehouse: duckdb.DuckDBPyConnection) -> None:
    """But for repeats: a hospital or clinician stands in each bundle that names it."""
    model = f"staging.stg_fhir__{table}"
    described = [name for name, *_ in warehouse.execute(f"DESCRIBE {model}").fetchall()]
    columns = ", ".join(name for name in described if name not in {"source_system", "record_number", "repeat_number"})
    (bulk, bundled) = (
        warehouse.execute(f"SELECT {columns} FROM {model} WHERE source_system = '{feed}' ORDER BY ALL").fetchall()
        for feed in ("fhir", "bundled")
    )
    repeated = table in {"organizations", "practitioners"}
    assert (len(bundled) > len(bulk)) == repeated
    assert (sorted(set(bundled)) if repeated else bundled) == bulk


def test_repeats_are_counted_and_taken_once(warehouse: duckdb.DuckDBPyConnection) -> None:
    counted = warehouse.execute(
        "SELECT COUNT(*), COUNT(*) FILTER (repeat_number > 1) FROM staging.stg_fhir__organizations "
        "WHERE source_system = 'bundled'"
    ).fetchone()
    assert counted == (93, 38)
    taken = "SELECT COUNT(*) FROM input.organization WHERE source_system = 'bundled'"
    assert warehouse.execute(taken).fetchall() == [(55,)]


def test_what_the_sample_cannot_tell_is_published(warehouse: duckdb.DuckDBPyConnection) -> None:
    missing = warehouse.execute(
        "SELECT capability FROM serving.serving.mart_capability WHERE source_system = 'fhir' AND is_delivered = 0"
    ).fetchall()
    assert {capability for (capability,) in missing} == {
        "charges", "death_flag", "drgs", "enrolment", "icu", "lab_flags", "outpatient_classes", "readmission_flag",
        "reference_ranges", "stated_ages", "stated_charlson",
    }  # fmt: skip


# What other servers do: tests/fhir_export.py


def of(built: Warehouse, table: str, columns: str) -> list[tuple[Any, ...]]:
    return built.query(f"SELECT {columns} FROM {table} WHERE source_system = 'fhir' ORDER BY ALL")


@pytest.mark.skipif(not ALL_FAMILIES, reason="FHIR is landed with TEST_FAMILIES=all, as CI does")
def test_what_servers_do_differently_comes_in_by_the_door(built: Warehouse) -> None:
    assert of(built, "input.encounter", "encounter_id, patient_id, organization_id, start_ts::TEXT, has_time") == [
        ("e1", "p1", "hospital", "2020-03-01 23:30:00", 1),
        ("e2", "p1", "hospital", "2020-03-20 10:00:00", 1),
        ("e3", "p2", "hospital", "2020-06-08 10:00:00", 1),
        ("e4", "p2", "hospital", "2020-02-01 00:00:00", 0),
        ("e6", "p3", None, "2020-05-01 10:00:00", 1),
    ]
    assert of(built, "input.encounter", "encounter_id, payer_id, claim_amount::TEXT, payer_paid::TEXT")[:3] == [
        ("e1", "humana", "1000.50", "800.40"), ("e2", "no_insurance", "75.00", None),
        ("e3", "medicare", "500.00", "400.00"),
    ]  # fmt: skip
    assert of(built, "input.encounter", "encounter_id, practitioner_id, type_code, reason_code")[:2] == [
        ("e1", "d1", "183452005", "I50.9"), ("e2", None, None, "I50.9"),
    ]  # fmt: skip
    assert of(built, "input.condition", "condition_id, patient_id, code, onset_date::TEXT, role") == [
        ("c1", "p1", "I50.9", "2020-03-01", "primary"), ("c2", "p2", "44054006", "2015-02-03", "condition"),
    ]  # fmt: skip
    assert of(built, "input.lab_result", "code, value_num, value_text, is_abnormal, reference_low") == [
        ("2093-3", 190, None, 0, None), ("4548-4", 6.1, None, 1, 4), ("6598-7", None, "<5", None, None),
        ("9335-1", None, "Clear", None, None),
    ]  # fmt: skip
    assert of(built, "input.medication", "code, text, dose, total_cost::TEXT") == [
        ("313782", "Acetaminophen 325 MG", 2, "255.00")
    ]
    assert of(built, "input.procedure", "procedure_id, code, base_cost::TEXT") == [("x1", "302497006", "757.59")]
    assert of(built, "input.coverage", "patient_id, payer_id, valid_to::TEXT") == [("p1", "humana", "2020-12-31")]
    assert of(built, "input.patient", "patient_id, race, birth_date::TEXT, death_date::TEXT") == [
        ("p1", "Asian, White", "1948-11-08", None), ("p2", None, "1950-01-02", "2020-06-10"), ("p3", None, None, None),
    ]  # fmt: skip
    stays = of(built, "star.fact_inpatient_stay", "admit_ts::DATE::TEXT, los_midnights, days_from_discharge_to_death")
    assert stays == [("2020-02-01", 2, 128), ("2020-03-01", 3, None), ("2020-03-20", 2, None), ("2020-06-08", 3, -1)]


def test_every_resource_of_the_small_export_is_taken_by_a_contract() -> None:
    kinds = {resource["resourceType"] for resource in fhir_export.RESOURCES}
    assert kinds == {contract.resource.type for contract in FHIR.values()}
