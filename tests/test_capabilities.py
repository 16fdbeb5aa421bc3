"""What a feed does not deliver is missed by the metrics that say they require it, and by no others.

A made-up feed delivers everything. Beside it stands the same feed once for each capability, without its input: the
models run once for all of them, from the input tables to mart_kpi, and every metric is compared with that of the whole
feed. All have the same ids, so no feed may reach into another. `python tests/test_capabilities.py` prints which metrics
each takes away, as a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

import pytest

from engine import Engine, is_seed, read_by
from workbench import families

FEED = {"source_system": "made up", "family": "made up"}
FIRST, DAY = date(2019, 1, 1), timedelta(days=1)
SNOMED = "SNOMED CT"
REASONS = {
    "88805009": "Chronic congestive heart failure",
    "55822004": "Hyperlipidemia",
    "254837009": "Malignant neoplasm of breast",
    "444814009": "Viral sinusitis",
    "185086009": "Chronic obstructive bronchitis",
}
TYPES = {
    "inpatient": [("185347001", "Encounter for problem"), ("310061009", "Gynecology service (qualifier value)"),
                  ("56876005", "Drug rehabilitation and detoxification"), ("410410006", "Screening surveillance"),
                  ("305336008", "Admission to hospice")],
    "emergency": [("50849002", "Emergency room admission")],
    "ambulatory": [("185347001", "Encounter for problem (procedure)")],
    "urgentcare": [("702927004", "Urgent care clinic (procedure)")],
    "outpatient": [("185349003", "Encounter for check up")],
}  # fmt: skip
PROCEDURES = {
    "265764009": "Renal dialysis (procedure)",
    "180325003": "Electrical cardioversion",
    "367336001": "Combined chemotherapy and radiation therapy (procedure)",
    "168731009": "Standard chest X-ray",
}
PAYERS = {"m": "Medicare", "a": "Aetna", "n": "NO_INSURANCE"}

Rows = dict[str, list[dict[str, Any]]]


# A feed that delivers everything


def visits(random: Random) -> list[tuple[str, date, int]]:
    """Return a patient's encounters: class, first day and nights. None lies just on the edge of another's window.

    A feed may know days without times, which moves the edges of episodes by hours: no metric may hang on that here.
    """
    while True:
        day, found = FIRST + random.randrange(200) * DAY, []
        for _ in range(random.randrange(5, 12)):
            kind = random.choice(["inpatient", "inpatient", "inpatient", "emergency", *list(TYPES)[2:]])
            nights = random.randrange(1, 5) if kind == "inpatient" else 0
            found.append((kind, day, nights))
            day += (nights + random.choice([1, 2, 4, 6, 9, 15, 20, 26, 45])) * DAY
        apart = {(start - first).days for _, first, _ in found for _, start, _ in found}
        after = {(start - first).days - nights for _, first, nights in found for _, start, _ in found}
        if not apart & {-3, 3} and not after & {30, 31}:
            return found


@cache
def full_feed() -> Rows:
    random, rows = Random(1), {table: [] for table in input_tables()}
    for number in range(60):
        patient, hospital, payer = f"p{number}", f"o{number % 3}", random.choice(list(PAYERS))
        stays = visits(random)
        died = number % 6
        born = date(1940 + number % 50, 6, 15)
        last_day = max(start + nights * DAY for _, start, nights in stays)
        # One in six dies in the last stay, one in six ten days after everything: no encounter follows a death.
        if died == 0 and stays[-1][0] != "inpatient":
            stays.append(("inpatient", last_day + 12 * DAY, 2))
            last_day += 14 * DAY
        death = {0: last_day, 1: last_day + 10 * DAY}.get(died)
        rows["patient"].append(
            FEED | {"patient_id": patient, "birth_date": born, "death_date": death, "is_text_repaired": 0, "sex": "F",
                    "race": "white", "ethnicity": "nonhispanic", "payer_id": payer, "source_charlson_index": 1}
        )  # fmt: skip
        rows["coverage"].append(
            FEED | {"coverage_id": patient, "patient_id": patient, "payer_id": payer, "valid_from": FIRST}
        )
        for place, (kind, first, nights) in enumerate(stays):
            encounter = f"{patient}-{place}"
            # On the day after a stay, a stay at another hospital: a transfer.
            before = stays[place - 1] if place else None
            if before and before[0] == kind == "inpatient" and first - before[1] - before[2] * DAY == DAY:
                hospital = f"o{(int(hospital[1]) + 1) % 3}"
            start = datetime(first.year, first.month, first.day, 9, random.randrange(60))
            stop = start + timedelta(days=nights, hours=3 + random.randrange(4))
            type_code, type_text = random.choice(TYPES[kind]) if random.random() < 0.4 else TYPES[kind][0]
            reason = random.choice(list(REASONS))
            claim = Decimal(random.randrange(10_000, 900_000)) / 100
            paid = random.choice([Decimal(0), claim / 2, claim])
            if payer == "n":
                paid = Decimal(0)
            in_stay = death is not None and kind == "inpatient" and first <= death <= first + nights * DAY
            rows["encounter"].append(
                FEED | {
                    "encounter_id": encounter, "patient_id": patient, "organization_id": hospital, "payer_id": payer,
                    "class_code": kind, "type_code": type_code, "type_code_system": SNOMED, "type_text": type_text,
                    "reason_code": reason, "reason_code_system": SNOMED, "reason_text": REASONS[reason],
                    "start_ts": start, "stop_ts": stop, "start_ts_utc": start, "stop_ts_utc": stop, "has_time": 1,
                    "sequence": place, "drg_code": "291",
                    "discharge_disposition": "expired" if in_stay else random.choice(["home"] * 9 + ["ama"]),
                    "drg_system": "MS", "stated_los_days": nights, "died_in_stay": int(in_stay),
                    "readmitted_flag": random.randrange(2), "days_to_readmission": 5, "is_icu": 0, "icu_days": 0,
                    "age_years": years(born, first), "claim_amount": claim,
                    "payer_paid": paid.quantize(Decimal("0.01")),
                    "base_cost": 50, "charge_amount": claim * 2,
                }
            )  # fmt: skip
            rows["condition"].append(
                FEED | {"condition_id": encounter, "patient_id": patient, "encounter_id": encounter,
                        "code_system": SNOMED, "code": reason, "text": REASONS[reason], "onset_date": first, "rank": 1,
                        "role": "condition", "list_length_mismatch": 0}
            )  # fmt: skip
            for at in range(random.randrange(1, 4)):
                code = random.choice(list(PROCEDURES))
                rows["procedure"].append(
                    FEED | {"procedure_id": f"{encounter}-{at}", "patient_id": patient, "encounter_id": encounter,
                            "ordinal": 1, "code_system": SNOMED, "code": code, "text": PROCEDURES[code],
                            "start_ts": start, "stop_ts": stop, "base_cost": random.randrange(1, 500)}
                )  # fmt: skip
            rows["lab_result"].append(
                FEED | {"result_id": len(rows["lab_result"]), "patient_id": patient, "encounter_id": encounter,
                        "result_date": first, "code_system": "LOINC", "code": "4548-4", "text": "A1c", "unit": "%",
                        "value_num": 6.1, "reference_low": 4.0, "reference_high": 6.0, "is_abnormal": 1}
            )  # fmt: skip
            rows["medication"].append(
                FEED | {"medication_id": encounter, "patient_id": patient, "encounter_id": encounter,
                        "code_system": "RxNorm", "code": "665078", "text": "Loratadine", "start_date": first,
                        "total_cost": 5}
            )  # fmt: skip
    rows["payer"] = [FEED | {"payer_id": id_, "payer_name": name} for id_, name in PAYERS.items()]
    rows["organization"] = [FEED | {"organization_id": f"o{n}", "organization_name": f"Hospital {n}"} for n in range(3)]
    return rows


def years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


# The models from the input tables to mart_kpi


@cache
def input_tables() -> dict[str, dict[str, str]]:
    """The columns of each input table and their types."""
    tables: dict[str, dict[str, str]] = {}
    for column in families.seed("input_column"):
        tables.setdefault(column["input_table"], {"source_system": "TEXT", "family": "TEXT"})
        tables[column["input_table"]][column["column_name"]] = column["column_type"]
    return tables


@cache
def road() -> tuple[str, ...]:
    """The models that mart_kpi comes from, each behind those that it reads; without the input tables and seeds."""
    found: dict[str, None] = {}

    def visit(model: str) -> None:
        if model in found or model.startswith(("input.", "reference.")) or is_seed(model):
            return
        for read in sorted(read_by(model)):
            visit(read)
        found[model] = None

    visit("mart.mart_kpi")
    return tuple(found)


@cache
def references() -> frozenset[str]:
    """The models of seeds that are read on the way."""
    return frozenset(
        read for model in road() for read in read_by(model) if read.startswith("reference.") or is_seed(read)
    )


@dataclass
class Told:
    """What comes of a feed: what it delivers, and each metric over all."""

    delivered: set[str]
    kpis: dict[tuple[str, str], tuple[Any, ...]]
    """Its basis, why it has no value, and what its value is made of."""


WHOLE = "made up"


class Feeds(Engine):
    """The made-up feed, whole and without each capability, in input tables, and everything that is built from them."""

    def __init__(self) -> None:
        super().__init__()
        self.con.execute("CREATE SCHEMA whole")
        for table, types in input_tables().items():
            listed = ", ".join(f'"{column}" {kind}' for column, kind in types.items())
            self.fill(f"whole.{table}", listed, [[r.get(c) for c in types] for r in full_feed()[table]])
        for model in sorted(references()):
            schema, name = model.split(".")
            self.seed(name, schema)

        self.con.execute("CREATE SCHEMA all_feeds")
        for source_system, statements in {WHOLE: [], **REMOVALS}.items():
            for table in input_tables():
                self.con.execute(f"CREATE OR REPLACE TABLE input.{table} AS FROM whole.{table}")
            for statement in statements:
                self.con.execute(statement)
            for table in input_tables():
                into = "INSERT INTO" if statements else "CREATE TABLE"
                rows = f"SELECT * REPLACE ('{source_system}' AS source_system) FROM input.{table}"
                self.con.execute(f"{into} all_feeds.{table} {'' if statements else 'AS'} {rows}")
        for table in input_tables():
            self.con.execute(f"CREATE OR REPLACE TABLE input.{table} AS FROM all_feeds.{table}")
        self.run(*road())

    def told(self, source_system: str) -> Told:
        """Return what comes of the whole feed, or of the one without a capability."""
        rows = self.rows(
            "SELECT metric_code, definition_version, basis, not_computable_reason, value, numerator, denominator, n "
            "FROM mart.mart_kpi WHERE period = 'all' AND organization_key = -2 AND slice = 'all' "
            f"AND source_system = '{source_system}'"
        )
        shown = self.rows(
            f"SELECT capability FROM core.int_capability WHERE is_delivered = 1 AND source_system = '{source_system}'"
        )
        return Told({name for (name,) in shown}, {row[:2]: row[2:] for row in rows})


@pytest.fixture(scope="module")
def feeds() -> Feeds:
    return Feeds()


@pytest.fixture(scope="module")
def whole(feeds: Feeds) -> Told:
    return feeds.told(WHOLE)


# What is taken away

DAYS = "start_ts = start_ts::DATE, stop_ts = stop_ts::DATE, start_ts_utc = NULL, stop_ts_utc = NULL, has_time = 0"
NO_DAYS = "start_ts = NULL, stop_ts = NULL, start_ts_utc = NULL, stop_ts_utc = NULL, has_time = 0"
NO_TYPE = "type_code = NULL, type_code_system = NULL, type_text = NULL"
NO_REASON = "reason_code = NULL, reason_code_system = NULL, reason_text = NULL"
SEVERAL = ("condition", "procedure", "lab_result", "medication")
REMOVALS: dict[str, list[str]] = {
    "encounters": ["DELETE FROM input.encounter"],
    "inpatient_stays": ["UPDATE input.encounter SET class_code = 'outpatient' WHERE class_code = 'inpatient'"],
    "encounter_dates": [f"UPDATE input.encounter SET {NO_DAYS}"],
    "encounter_times": [f"UPDATE input.encounter SET {DAYS}"],
    "stay_lengths": [f"UPDATE input.encounter SET {NO_DAYS}, stated_los_days = NULL"],
    # Everybody comes but once: each encounter is another person's, of whom the same is known.
    "repeat_encounters": [
        "CREATE OR REPLACE TABLE input.patient AS SELECT p.* REPLACE (e.encounter_id AS patient_id) "
        "FROM input.patient AS p JOIN input.encounter AS e ON e.patient_id = p.patient_id",
        *(
            f"CREATE OR REPLACE TABLE input.{table} AS SELECT c.* REPLACE (e.encounter_id AS patient_id) "
            f"FROM input.{table} AS c JOIN input.encounter AS e ON e.patient_id = c.patient_id "
            "WHERE e.encounter_id = c.encounter_id OR 'condition' = '" + table + "'"
            for table in SEVERAL
        ),
        "UPDATE input.encounter SET patient_id = encounter_id",
    ],
    "classes_beyond_inpatient": ["UPDATE input.encounter SET class_code = NULL WHERE class_code <> 'inpatient'"],
    "outpatient_classes": [
        "UPDATE input.encounter SET class_code = 'outpatient' "
        "WHERE class_code IN ('ambulatory', 'urgentcare', 'wellness')"
    ],
    "ed_visits": ["UPDATE input.encounter SET class_code = 'outpatient' WHERE class_code = 'emergency'"],
    "encounter_types": [f"UPDATE input.encounter SET {NO_TYPE}"],
    "reasons": [f"UPDATE input.encounter SET {NO_REASON}"],
    "conditions": ["DELETE FROM input.condition"],
    "diagnoses": ["DELETE FROM input.condition", f"UPDATE input.encounter SET {NO_REASON}"],
    "procedures": ["DELETE FROM input.procedure"],
    "procedure_costs": ["UPDATE input.procedure SET base_cost = NULL"],
    "claims": ["UPDATE input.encounter SET claim_amount = NULL"],
    "payments": ["UPDATE input.encounter SET payer_paid = NULL"],
    "charges": ["UPDATE input.encounter SET charge_amount = NULL"],
    "payers": ["UPDATE input.encounter SET payer_id = NULL", "UPDATE input.patient SET payer_id = NULL"],
    "enrolment": ["DELETE FROM input.coverage"],
    "death_dates": ["UPDATE input.patient SET death_date = NULL"],
    "death_flag": ["UPDATE input.encounter SET died_in_stay = NULL"],
    "deaths": ["UPDATE input.patient SET death_date = NULL", "UPDATE input.encounter SET died_in_stay = NULL"],
    "readmission_flag": ["UPDATE input.encounter SET readmitted_flag = NULL, days_to_readmission = NULL"],
    "dispositions": ["UPDATE input.encounter SET discharge_disposition = NULL"],
    "drgs": ["UPDATE input.encounter SET drg_code = NULL, drg_system = NULL"],
    "icu": ["UPDATE input.encounter SET is_icu = NULL, icu_days = NULL"],
    "lab_results": ["DELETE FROM input.lab_result"],
    "lab_flags": ["UPDATE input.lab_result SET is_abnormal = NULL, flag = NULL"],
    "reference_ranges": ["UPDATE input.lab_result SET reference_low = NULL, reference_high = NULL"],
    "medications": ["DELETE FROM input.medication"],
    "medication_costs": ["UPDATE input.medication SET total_cost = NULL"],
    "medication_encounters": ["UPDATE input.medication SET encounter_id = NULL"],
    "birth_dates": ["UPDATE input.patient SET birth_date = NULL"],
    "stated_ages": ["UPDATE input.encounter SET age_years = NULL", "UPDATE input.patient SET source_age_years = NULL"],
    "ages": [
        "UPDATE input.patient SET birth_date = NULL, source_age_years = NULL, age_band_label = NULL",
        "UPDATE input.encounter SET age_years = NULL",
    ],
    "organizations": ["UPDATE input.encounter SET organization_id = NULL", "DELETE FROM input.organization"],
    "several_organizations": ["UPDATE input.encounter SET organization_id = 'o0'"],
    "race_ethnicity": ["UPDATE input.patient SET race = NULL, ethnicity = NULL"],
    "stated_charlson": ["UPDATE input.patient SET source_charlson_index = NULL"],
}
"""How each capability's input is taken away: what seeds/capability_evidence.csv counts, and no more than that."""

RETURNS = {("ed_return_30", "first_visit")} | {
    (metric, version + suffix)
    for version in ("R3", "R5")
    for metric, suffix in (
        ("readmission", ""), ("chronic_share", ""), ("chronic_share_coded", ""), ("coded_reason_share", ""),
    )
}  # fmt: skip
KNOWN_BY_ADMISSION = {("charlson", version) for version in ("1987", "quan_2011", "age_adjusted")}
COUNTS_WHAT_IS_MISSING = ("failing_checks", "share")
"""It has another value wherever a check finds fewer rows, or more that lack something."""
TOO_FEW = {
    *(("readmission_oe", f"{code}_internal") for code in ("R3", "R5", "R6")),
    ("drg_test", "f_statistic"), ("drg_test", "icu_difference"),
}  # fmt: skip
"""What a few made-up stays cannot tell: ten readmissions, charges that vary within groups, stays without care."""
FOLLOWUPS = {("followup_visit", f"within_{days}d") for days in (7, 14, 30)}
ANOTHER_VALUE: dict[str, set[tuple[str, str]]] = {
    # Of a stay without a day only what its own encounters carry is known by admission, not what came before.
    "encounter_dates": KNOWN_BY_ADMISSION,
    "stay_lengths": KNOWN_BY_ADMISSION,
    # What was an emergency visit, or urgent care, is an outpatient one.
    "ed_visits": FOLLOWUPS,
    "outpatient_classes": FOLLOWUPS,
    "encounter_types": {("readmission_oe", "R3_internal")},
    # A patient who left against advice is not an index of R6, where the feed says so.
    "dispositions": {
        ("readmission", "R6"), ("readmission", "R6_WITH_DETOX"), ("readmission", "R6_WITH_SURGICAL_CANCER"),
        ("chronic_share", "R6"), ("chronic_share_coded", "R6"), ("coded_reason_share", "R6"),
        ("readmission", "R6_AGE_65"), *FOLLOWUPS,
    },
    # A kind of stay that diagnoses tell makes other cells of what is expected.
    "diagnoses": {("readmission_oe", "R3_internal")},
    # Where hospitals are not told apart, a stay at another one on the next day is not a transfer but a return.
    "organizations": RETURNS,
    "several_organizations": RETURNS,
    # Where nobody comes twice, what is counted by patient is counted by visit, an episode is its stay alone, and who is
    # enrolled is another patient than who came.
    "repeat_encounters": {
        ("tcoc", "per_patient"), ("tcoc", "per_patient_year"), ("dialysis_share", "patients"),
        ("cardioversion_share", "patients"), ("reference_tcoc", "reproduced"), ("episode_spend", "claim"),
        ("episode_spend", "claim_median"), ("episode_spend", "paid"), ("episode_spend", "reproduced"),
        ("mspb_ratio", "one_index_per_window"), ("mspb_ratio", "reproduced"), ("episode_spend", "claim_trimmed"),
        ("mortality", "within_30d_of_admission"), ("mortality", "within_30d_of_admission_every_stay"),
        ("tcoc", "with_drugs_per_patient"), ("tcoc", "pmpm"), ("tcoc", "pmpm_with_drugs"),
    },
}  # fmt: skip
"""Metrics that stay computable and have another value without the input, which they make do without."""


def required() -> dict[tuple[str, str], set[str]]:
    return {
        (row["metric_code"], row["definition_version"]): set(row["requires"].split())
        for row in families.declared("metric")
    }


def test_the_made_up_feed_delivers_everything_and_every_metric_has_a_value(whole: Told) -> None:
    assert whole.delivered == {row["capability"] for row in families.seed("capability")} == REMOVALS.keys()
    never = {key for key, row in whole.kpis.items() if row[0] == "not_computable"}
    assert (
        never
        == {
            (row["metric_code"], row["definition_version"])
            for row in families.declared("metric")
            if row["basis"] == "not_computable" or row["not_computable_reason"]
        }
        | TOO_FEW
    )
    assert whole.kpis.keys() == required().keys()


def test_what_a_metric_requires_is_a_capability_with_evidence() -> None:
    known = {row["capability"] for row in families.seed("capability")}
    assert set().union(*required().values()) <= known
    counted_elsewhere = {"inpatient_stays", "ed_visits", "classes_beyond_inpatient", "outpatient_classes"}
    assert {row["capability"] for row in families.seed("capability_evidence")} | counted_elsewhere == known


@pytest.mark.parametrize("capability", REMOVALS)
def test_without_an_input_the_metrics_that_require_it_say_so_and_the_others_are_as_they_were(
    feeds: Feeds, whole: Told, capability: str
) -> None:
    told = feeds.told(capability)
    missing = whole.delivered - told.delivered
    assert capability in missing
    assert told.delivered <= whole.delivered
    assert told.kpis.keys() == whole.kpis.keys()
    sentences = {row["capability"]: row["sentence"] for row in families.seed("capability")}
    changed, faults = set(), []
    for metric, needs in required().items():
        before, after = whole.kpis[metric], told.kpis[metric]
        if needs & missing:
            words = "; ".join(sentences[c] for c in sorted(needs & missing))
            if after[:2] != ("not_computable", f"The feed does not deliver: {words}."):
                faults.append(f"{metric}: requires {sorted(needs & missing)}, and is {after}")
        elif after != before and metric != COUNTS_WHAT_IS_MISSING:
            changed.add(metric)
            if metric not in ANOTHER_VALUE.get(capability, set()):
                faults.append(f"{metric}: requires nothing that is missing, was {before}, is {after}")
    assert faults == []
    assert changed == ANOTHER_VALUE.get(capability, set())


def table() -> str:
    """Which metrics each capability's absence takes away, as a table in Markdown."""
    feeds = Feeds()
    whole = feeds.told(WHOLE)
    lines = ["| Without | missing too then | not computable then |", "| --- | --- | --- |"]
    for capability in REMOVALS:
        told = feeds.told(capability)
        also = ", ".join(sorted(whole.delivered - told.delivered - {capability})) or "-"
        versions: dict[str, list[str]] = {}
        for (code, version), (basis, *_) in sorted(told.kpis.items()):
            if basis == "not_computable" != whole.kpis[code, version][0]:
                versions.setdefault(code, []).append(version)
        metrics = "; ".join(f"{code} ({', '.join(found)})" for code, found in versions.items()) or "-"
        lines.append(f"| {capability} | {also} | {metrics} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
