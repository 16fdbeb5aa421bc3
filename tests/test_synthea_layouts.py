"""The layouts of Synthea's CSV export from 2017 to version 4: each lands, and its staging models have all of its rows.

The headers are those of Synthea's exporter (CSVExporter.java, later CSVConstants.java) at six points of its history;
OHDSI's ETL-Synthea lists the same columns by version. All six deliveries, and a real one where it is at hand, are feeds
of one warehouse, built as far as staging: so the audits of staging hold for each of them, side by side.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from loader import contracts, landing
from road import shared_data
from warehouse_fixtures import Warehouse, load

EXPORT = "synthea_ohdsi"
"""A full export of 2024, of 27 patients, in the folder of the real data sets."""

ROWS = 3
"""The rows of each made-up file."""

PERSON = "PREFIX,FIRST,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,GENDER,BIRTHPLACE,ADDRESS"
EVENT = "PATIENT,ENCOUNTER,CODE,DESCRIPTION"
REASON = "REASONCODE,REASONDESCRIPTION"
PLACE = "ADDRESS,CITY,STATE,ZIP"
COUNTS = ",".join(
    f"{covered}_{what}"
    for what in ("ENCOUNTERS", "MEDICATIONS", "PROCEDURES", "IMMUNIZATIONS")
    for covered in ("COVERED", "UNCOVERED")
)
CUSTOMERS = f"AMOUNT_COVERED,AMOUNT_UNCOVERED,REVENUE,{COUNTS},UNIQUE_CUSTOMERS,QOLS_AVG,MEMBER_MONTHS"

OF_2017 = {
    "patients": f"ID,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,{PERSON}",
    "encounters": f"ID,DATE,PATIENT,CODE,DESCRIPTION,{REASON}",
    "conditions": f"START,STOP,{EVENT}",
    "allergies": f"START,STOP,{EVENT}",
    "careplans": f"ID,START,STOP,{EVENT},{REASON}",
    "medications": f"START,STOP,{EVENT},{REASON}",
    "observations": f"DATE,{EVENT},VALUE,UNITS",
    "procedures": f"DATE,{EVENT},{REASON}",
    "immunizations": f"DATE,{EVENT}",
}
OF_2019 = OF_2017 | {
    "patients": f"Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,{PERSON},CITY,STATE,ZIP",
    "encounters": f"Id,START,STOP,PATIENT,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,DESCRIPTION,COST,PAYER_COVERAGE,{REASON}",
    "medications": f"START,STOP,{EVENT},COST,DISPENSES,TOTALCOST,{REASON}",
    "observations": f"DATE,{EVENT},VALUE,UNITS,TYPE",
    "procedures": f"DATE,{EVENT},COST,{REASON}",
    "immunizations": f"DATE,{EVENT},COST",
    "imaging_studies": "Id,DATE,PATIENT,ENCOUNTER,BODYSITE_CODE,BODYSITE_DESCRIPTION,MODALITY_CODE,"
    "MODALITY_DESCRIPTION,SOP_CODE,SOP_DESCRIPTION",
    "organizations": f"Id,NAME,{PLACE},PHONE,UTILIZATION",
    "providers": f"Id,ORGANIZATION,NAME,GENDER,SPECIALITY,{PLACE},UTILIZATION",
    "payers": f"Id,NAME,{PLACE},PHONE,AMOUNT_COVERED,REVENUE,ENCOUNTER_UTILIZATION,UNIQUE_CUSTOMERS,QOLS_AVG",
    "payer_transitions": "PATIENT,YEAR,PAYER,OWNERSHIP",
}
OF_VERSION_2_7 = OF_2019 | {
    "patients": f"Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,{PERSON},CITY,STATE,COUNTY,ZIP,LAT,LON,"
    "HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE",
    "encounters": "Id,START,STOP,PATIENT,ORGANIZATION,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,DESCRIPTION,"
    f"BASE_ENCOUNTER_COST,TOTAL_CLAIM_COST,PAYER_COVERAGE,{REASON}",
    "medications": "START,STOP,PATIENT,PAYER,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,PAYER_COVERAGE,DISPENSES,TOTALCOST,"
    f"{REASON}",
    "procedures": f"DATE,{EVENT},BASE_COST,{REASON}",
    "immunizations": f"DATE,{EVENT},BASE_COST",
    "imaging_studies": "Id,DATE,PATIENT,ENCOUNTER,SERIES_UID,BODYSITE_CODE,BODYSITE_DESCRIPTION,MODALITY_CODE,"
    "MODALITY_DESCRIPTION,INSTANCE_UID,SOP_CODE,SOP_DESCRIPTION,PROCEDURE_CODE",
    "devices": f"START,STOP,{EVENT},UDI",
    "supplies": f"DATE,{EVENT},QUANTITY",
    "organizations": f"Id,NAME,{PLACE},LAT,LON,PHONE,REVENUE,UTILIZATION",
    "providers": f"Id,ORGANIZATION,NAME,GENDER,SPECIALITY,{PLACE},LAT,LON,UTILIZATION",
    "payers": f"Id,NAME,ADDRESS,CITY,STATE_HEADQUARTERED,ZIP,PHONE,{CUSTOMERS}",
    "payer_transitions": "PATIENT,START_YEAR,END_YEAR,PAYER,OWNERSHIP",
}
OF_VERSION_3_0 = OF_VERSION_2_7 | {
    "allergies": "START,STOP,PATIENT,ENCOUNTER,CODE,SYSTEM,DESCRIPTION,TYPE,CATEGORY,REACTION1,DESCRIPTION1,SEVERITY1,"
    "REACTION2,DESCRIPTION2,SEVERITY2",
    "observations": "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE",
    "procedures": f"START,STOP,{EVENT},BASE_COST,{REASON}",
    "claims": "Id,PATIENTID,PROVIDERID,PRIMARYPATIENTINSURANCEID,SECONDARYPATIENTINSURANCEID,DEPARTMENTID,"
    "PATIENTDEPARTMENTID,DIAGNOSIS1,DIAGNOSIS2,DIAGNOSIS3,DIAGNOSIS4,DIAGNOSIS5,DIAGNOSIS6,DIAGNOSIS7,DIAGNOSIS8,"
    "REFERRINGPROVIDERID,APPOINTMENTID,CURRENTILLNESSDATE,SERVICEDATE,SUPERVISINGPROVIDERID,STATUS1,STATUS2,STATUSP,"
    "OUTSTANDING1,OUTSTANDING2,OUTSTANDINGP,LASTBILLEDDATE1,LASTBILLEDDATE2,LASTBILLEDDATEP,HEALTHCARECLAIMTYPEID1,"
    "HEALTHCARECLAIMTYPEID2",
    "claims_transactions": "ID,CLAIMID,CHARGEID,PATIENTID,TYPE,AMOUNT,METHOD,FROMDATE,TODATE,PLACEOFSERVICE,"
    "PROCEDURECODE,MODIFIER1,MODIFIER2,DIAGNOSISREF1,DIAGNOSISREF2,DIAGNOSISREF3,DIAGNOSISREF4,UNITS,DEPARTMENTID,"
    "NOTES,UNITAMOUNT,TRANSFEROUTID,TRANSFERTYPE,PAYMENTS,ADJUSTMENTS,TRANSFERS,OUTSTANDING,APPOINTMENTID,LINENOTE,"
    "PATIENTINSURANCEID,FEESCHEDULEID,PROVIDERID,SUPERVISINGPROVIDERID",
    "payer_transitions": "PATIENT,MEMBERID,START_YEAR,END_YEAR,PAYER,SECONDARY_PAYER,OWNERSHIP,OWNERNAME",
}
OF_VERSION_3_3 = OF_VERSION_3_0 | {
    "patients": "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,MIDDLE,LAST,SUFFIX,MAIDEN,MARITAL,RACE,"
    "ETHNICITY,GENDER,BIRTHPLACE,ADDRESS,CITY,STATE,COUNTY,FIPS,ZIP,LAT,LON,HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE,"
    "INCOME",
    "conditions": "START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION",
    "procedures": f"START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION,BASE_COST,{REASON}",
    "providers": f"Id,ORGANIZATION,NAME,GENDER,SPECIALITY,{PLACE},LAT,LON,ENCOUNTERS,PROCEDURES",
    "payers": f"Id,NAME,OWNERSHIP,ADDRESS,CITY,STATE_HEADQUARTERED,ZIP,PHONE,{CUSTOMERS}",
    "payer_transitions": "PATIENT,MEMBERID,START_DATE,END_DATE,PAYER,SECONDARY_PAYER,PLAN_OWNERSHIP,OWNER_NAME",
}
OF_VERSION_4 = OF_VERSION_3_3 | {
    "organizations": f"Id,NAME,{PLACE},LAT,LON,PHONE,REVENUE,UTILIZATION,NPI",
    "providers": f"Id,ORGANIZATION,NAME,GENDER,SPECIALITY,{PLACE},LAT,LON,ENCOUNTERS,PROCEDURES,NPI",
}
LAYOUTS = {
    "synthea_2017": OF_2017,
    "synthea_2019": OF_2019,
    "synthea_2_7": OF_VERSION_2_7,
    "synthea_3_0": OF_VERSION_3_0,
    "synthea_3_3": OF_VERSION_3_3,
    "synthea_4": OF_VERSION_4,
}

CONTRACTS = contracts.load()
BY_TYPE = {"DATE": "2016-03-01", "TIMESTAMP": "2016-03-01T10:00:00Z", "DECIMAL": "12.5", "DOUBLE": "0.5", "BIGINT": "3"}
BY_NAME = {
    "PATIENT": "patients-1", "PATIENTID": "patients-1", "ENCOUNTER": "encounters-1", "APPOINTMENTID": "encounters-1",
    "ORGANIZATION": "organizations-1", "PAYER": "payers-1", "CODE": "88805009.0", "REASONCODE": "88805009.0",
    "ZIP": "2114", "SYSTEM": "http://snomed.info/sct", "YEAR": "2016", "START_YEAR": "2016", "END_YEAR": "2017",
    "START_DATE": "2016-03-01T10:00:00Z", "END_DATE": "2017-03-01T10:00:00Z", "QOLS_AVG": "NaN",
}  # fmt: skip


def delivered_value(feed: str, table: str, header: str, row: int) -> str:
    """Return what one cell of a made-up file holds."""
    if header.upper() == "ID":
        return f"{table}-{row}"
    if header == "PROVIDER":
        return "organizations-1" if feed == "synthea_2019" else "providers-1"
    if table == "observations" and header == "CODE":
        return "8302-2"
    types = {name: column.type for column in CONTRACTS[f"synthea__{table}"].columns for name in column.headers}
    kind = types[header.lower()].split("(")[0]
    if feed == "synthea_2017" and kind == "TIMESTAMP":
        kind = "DATE"
    return BY_NAME.get(header) or BY_TYPE.get(kind) or f"some {header.lower()}"


def write(feed: str, folder: Path) -> None:
    """Write the files of a layout: rows alike but for their ids, so that each procedure repeats the first."""
    folder.mkdir(parents=True)
    for table, header in LAYOUTS[feed].items():
        names = header.split(",")
        lines = [",".join(delivered_value(feed, table, name, row) for name in names) for row in range(1, ROWS + 1)]
        (folder / f"{table}.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("layouts")


@pytest.fixture(scope="module")
def deliveries(folder: Path) -> dict[str, landing.Delivery]:
    """All layouts, and the real export where there is one, landed as feeds of one warehouse; by feed."""
    folders = {feed: folder / feed for feed in LAYOUTS}
    for feed in LAYOUTS:
        write(feed, folders[feed])
    real = shared_data()
    if real and (real / EXPORT).is_dir():
        folders[EXPORT] = real / EXPORT
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WAREHOUSE_HOME", str(folder / "home"))
        return {feed: landing.land(files, source_system=feed) for feed, files in folders.items()}


@pytest.fixture(scope="module")
def staged(folder: Path, deliveries: dict[str, landing.Delivery]) -> Warehouse:
    """What landed, built as far as staging."""
    warehouse = load(folder / "home")
    warehouse.context.plan(select_models=["+staging.stg_synthea__*"], auto_apply=True, no_prompts=True, skip_tests=True)
    return warehouse


def rows_by_feed(warehouse: Warehouse, table: str) -> dict[str, int]:
    return dict(warehouse.query(f"SELECT source_system, COUNT(*) FROM {table} GROUP BY 1"))


def accounted(warehouse: Warehouse, delivery: landing.Delivery, feed: str) -> dict[str, tuple[int, int, int]]:
    """Return each table's rows in its file, in staging and in quarantine, having seen that none is lost on the way."""
    found = {}
    for landed in delivery.landed:
        name = landed.contract.name
        staged_rows = rows_by_feed(warehouse, f"staging.stg_{name}").get(feed, 0)
        held = rows_by_feed(warehouse, f"quarantine.{name}").get(feed, 0)
        assert landed.rows_in == landed.rows_landed + landed.rows_rejected, name
        assert landed.rows_landed == staged_rows + held, name
        found[landed.contract.table] = (landed.rows_in, staged_rows, held)
    return found


@pytest.mark.long
@pytest.mark.parametrize("feed", LAYOUTS)
def test_every_file_of_a_layout_lands_and_is_staged_whole(
    staged: Warehouse, deliveries: dict[str, landing.Delivery], feed: str
) -> None:
    assert accounted(staged, deliveries[feed], feed) == dict.fromkeys(LAYOUTS[feed], (ROWS, ROWS, 0))


@pytest.mark.parametrize("feed", LAYOUTS)
def test_the_contracts_know_every_column_of_a_layout(deliveries: dict[str, landing.Delivery], feed: str) -> None:
    unknown = {file.name: file.unknown_columns for landed in deliveries[feed].landed for file in landed.files}
    assert set(unknown.values()) == {()}, unknown


@pytest.mark.long
def test_a_full_export_of_2024_is_staged_whole(staged: Warehouse, deliveries: dict[str, landing.Delivery]) -> None:
    if EXPORT not in deliveries:
        pytest.skip(f"there is no {EXPORT} in the folder of the real data sets (WAREHOUSE_SHARED_DATA)")
    found = accounted(staged, deliveries[EXPORT], EXPORT)
    assert len(found) == 18
    assert {table: held for table, (_, _, held) in found.items() if held} == {}


@pytest.mark.long
def test_every_synthea_contract_is_of_a_layout_and_has_a_staging_model(staged: Warehouse) -> None:
    tables = {contract.table for contract in CONTRACTS.values() if contract.source == "synthea"}
    assert tables == set().union(*LAYOUTS.values())
    assert {f"staging.stg_synthea__{table}" for table in tables} <= set(staged.models)


@pytest.mark.long
def test_a_renamed_column_is_staged_from_the_name_that_is_there(staged: Warehouse) -> None:
    encounters = staged.query(
        "SELECT DISTINCT source_system, start_ts_utc::TEXT, organization_id, provider_id, base_cost::DOUBLE, "
        "claim_amount::DOUBLE FROM staging.stg_synthea__encounters WHERE source_system <> 'synthea_ohdsi' ORDER BY 1"
    )
    now = ("2016-03-01 10:00:00", "organizations-1", "providers-1", 12.5, 12.5)
    assert encounters == [
        ("synthea_2017", "2016-03-01 00:00:00", None, None, None, None),
        ("synthea_2019", "2016-03-01 10:00:00", "organizations-1", None, 12.5, None),
        *((feed, *now) for feed in ("synthea_2_7", "synthea_3_0", "synthea_3_3", "synthea_4")),
    ]
    spans = staged.query(
        "SELECT DISTINCT source_system, valid_from::TEXT, valid_to::TEXT FROM staging.stg_synthea__payer_transitions "
        "WHERE source_system <> 'synthea_ohdsi' ORDER BY 1"
    )
    assert spans == [
        ("synthea_2019", "2016-01-01", "2016-12-31"),
        ("synthea_2_7", "2016-01-01", "2017-12-31"),
        ("synthea_3_0", "2016-01-01", "2017-12-31"),
        ("synthea_3_3", "2016-03-01", "2017-03-01"),
        ("synthea_4", "2016-03-01", "2017-03-01"),
    ]


@pytest.mark.long
@pytest.mark.parametrize("table", ["procedures", "medications", "immunizations"])
def test_a_cost_is_staged_under_either_of_its_names(staged: Warehouse, table: str) -> None:
    costs = staged.query(
        f"SELECT DISTINCT source_system, base_cost::DOUBLE FROM staging.stg_synthea__{table} "
        "WHERE source_system <> 'synthea_ohdsi' ORDER BY 1"
    )
    assert costs == [("synthea_2017", None), *((feed, 12.5) for feed in sorted(set(LAYOUTS) - {"synthea_2017"}))]


@pytest.mark.long
@pytest.mark.parametrize(
    ("table", "prefix", "system", "code"),
    [
        ("encounters", "type", "SNOMED CT", "88805009"),
        ("encounters", "reason", "SNOMED CT", "88805009"),
        ("conditions", "condition", "SNOMED CT", "88805009"),
        ("procedures", "procedure", "SNOMED CT", "88805009"),
        ("procedures", "reason", "SNOMED CT", "88805009"),
        ("medications", "medication", "RxNorm", "88805009"),
        ("medications", "reason", "SNOMED CT", "88805009"),
        ("observations", "test", "LOINC", "8302-2"),
    ],
)
def test_every_layout_says_the_system_of_its_codes_and_a_float_has_lost_its_tail(
    staged: Warehouse, table: str, prefix: str, system: str, code: str
) -> None:
    found = staged.query(
        f"SELECT DISTINCT {prefix}_code_system, {prefix}_code FROM staging.stg_synthea__{table} "
        "WHERE source_system <> 'synthea_ohdsi'"
    )
    assert found == [(system, code)]


@pytest.mark.long
def test_a_quality_of_life_score_is_of_no_code_system(staged: Warehouse) -> None:
    if not rows_by_feed(staged, "staging.stg_synthea__observations").get(EXPORT):
        pytest.skip(f"there is no {EXPORT} in the folder of the real data sets (WAREHOUSE_SHARED_DATA)")
    found = staged.query(
        "SELECT DISTINCT test_code FROM staging.stg_synthea__observations "
        "WHERE source_system = 'synthea_ohdsi' AND test_code_system IS NULL ORDER BY 1"
    )
    assert found == [("DALY",), ("QALY",), ("QOLS",)]


@pytest.mark.long
def test_repeated_procedures_are_numbered_and_none_is_dropped(staged: Warehouse) -> None:
    found = staged.query(
        "SELECT DISTINCT LIST(repeat_number ORDER BY record_number) FROM staging.stg_synthea__procedures "
        "WHERE source_system <> 'synthea_ohdsi' GROUP BY source_system"
    )
    assert found == [(list(range(1, ROWS + 1)),)]
