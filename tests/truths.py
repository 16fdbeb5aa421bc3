"""The truths that the generator plants in the patient records, and the query that reads each from published tables."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

Answers = dict[str, Any]
Rows = list[tuple[Any, ...]]


def decade(age_from: int | None) -> str:
    """Return the label of a decade of age."""
    return "Unknown" if age_from is None else "90+" if age_from == 90 else f"{age_from}-{age_from + 9}"


STAYS = "serving.fact_inpatient_stay WHERE source_system = 'ehr'"
RISK = "serving.mart_readmission_risk WHERE source_system = 'ehr'"
INDEX = f"{RISK} AND is_index = 1"


def listed(table: str, *columns: str) -> Callable[[Answers], Rows]:
    """Return the rows of an answer, in these columns."""
    return lambda answers: [tuple(row[column] for column in columns) for row in answers[table]]


def nulls(*columns: str) -> Callable[[Answers], Rows]:
    """Return one row: how many cells of each `file.column` are empty."""
    return lambda answers: [tuple(answers["nulls"][c.split(".")[0]][c.split(".")[1]] for c in columns)]


TRUTHS: dict[str, tuple[Callable[[Answers], Rows], str]] = {
    "rows": (
        lambda answers: [
            tuple(answers["rows"][name] for name in ("patients", "outcomes", "lab_results", "medications"))
        ],
        "SELECT (SELECT COUNT(*) FROM serving.dim_patient WHERE source_system = 'ehr' AND is_inferred = 0), "
        f"(SELECT COUNT(*) FROM {STAYS}), "
        "(SELECT COUNT(*) FROM serving.fact_lab_result WHERE source_system = 'ehr'), "
        "(SELECT COUNT(*) FROM serving.fact_medication WHERE source_system = 'ehr')",
    ),
    "nulls of patients": (
        nulls("patients.age"),
        "SELECT SUM(source_age_years IS NULL) FROM serving.dim_patient WHERE source_system = 'ehr' AND is_inferred = 0",
    ),
    "nulls of laboratory results": (
        nulls("lab_results.value", "lab_results.flag", "lab_results.is_abnormal"),
        "SELECT SUM(value_num IS NULL), SUM(flag IS NULL), SUM(is_abnormal IS NULL) FROM serving.fact_lab_result "
        "WHERE source_system = 'ehr'",
    ),
    "nulls of prescriptions": (
        nulls("medications.adherence_pct"),
        "SELECT SUM(adherence_pct IS NULL) FROM serving.fact_medication WHERE source_system = 'ehr'",
    ),
    "nulls of stays": (
        nulls("outcomes.days_to_readmission"),
        f"SELECT SUM(src_days_to_readmission IS NULL) FROM {STAYS}",
    ),
    "stays": (
        listed("stays", "stays", "deaths", "los_days", "charge_cents", "icu_stays", "readmissions"),
        "SELECT COUNT(*), SUM(died_in_stay), SUM(los_midnights), SUM(charge_amount) * 100, SUM(is_icu), "
        f"SUM(src_readmitted_30d) FROM {STAYS}",
    ),
    "lengths that differ from the dates": (
        lambda _: [(0,)],
        f"SELECT COUNT(*) FROM {STAYS} AND los_midnights <> src_los_days",
    ),
    "readmission by the flag": (
        listed("stays", "readmissions", "index_stays"),
        "SELECT numerator, denominator FROM serving.v_readmission_ladder "
        "WHERE source_system = 'ehr' AND definition_code = 'R8'",
    ),
    "readmission by the flag, the dead kept": (
        listed("stays", "readmissions", "stays"),
        "SELECT numerator, denominator FROM serving.v_readmission_ladder "
        "WHERE source_system = 'ehr' AND definition_code = 'R8_RAW'",
    ),
    "scenario A": (
        lambda answers: [
            (decade(row["age_from"]), row["index_stays"], row["readmissions"])
            for row in answers["readmission_by_decade"]
        ],
        "SELECT cell, n_index, n_readmissions FROM serving.v_scenario_a "
        "WHERE source_system = 'ehr' AND cci_band = 'all'",
    ),
    "scenario C": (
        lambda answers: [
            (f"{r['age_group']}, {r['abnormal_band']}", r["index_stays"], r["readmissions"])
            for r in answers["readmission_by_cell"]
        ],
        "SELECT cell, n_index, n_readmissions FROM serving.v_scenario_c "
        "WHERE source_system = 'ehr' AND cci_band = 'all'",
    ),
    "stays without results": (
        listed("stays", "stays_without_results"),
        f"SELECT SUM(n_results IS NULL) FROM {RISK}",
    ),
    "insurance": (
        lambda answers: [
            (r["insurance_type"] or "Unknown", r["stays"], r["deaths"], r["los_days"], r["charge_cents"])
            for r in answers["insurance"]
        ],
        "SELECT p.payer_name, COUNT(*), SUM(s.died_in_stay), SUM(s.los_days_cms), SUM(s.charge_amount) * 100 "
        "FROM serving.fact_inpatient_stay AS s INNER JOIN serving.dim_payer AS p ON p.payer_key = s.payer_key "
        "WHERE s.source_system = 'ehr' GROUP BY p.payer_name",
    ),
    "insurance, in the view": (
        lambda answers: [(r["insurance_type"] or "Unknown", r["stays"], r["deaths"]) for r in answers["insurance"]],
        "SELECT slice_value, n_stays, n_deaths FROM serving.v_insurance_outcomes "
        "WHERE source_system = 'ehr' AND organization_key = -2 AND slice = 'payer'",
    ),
    "groups": (
        lambda answers: [(r["drg"], r["stays"], round(r["charge_cents"] / r["stays"] / 100)) for r in answers["drg"]],
        "SELECT drg_code, n_stays, ROUND(mean_charge) FROM serving.v_drg_test "
        "WHERE source_system = 'ehr' AND organization_key = -2 AND drg_code <> 'all'",
    ),
    "laboratory results": (
        listed("labs", "results", "abnormal", "unflagged", "within_stay", "without_value", "patients"),
        "SELECT COUNT(*), SUM(is_abnormal), SUM(is_abnormal IS NULL), SUM(is_within_stay), SUM(value_num IS NULL), "
        "COUNT(DISTINCT patient_key) FROM serving.fact_lab_result WHERE source_system = 'ehr'",
    ),
    "laboratory results by stay": (
        listed("labs", "within_stay", "abnormal_within_stay", "unflagged_within_stay"),
        "SELECT SUM(n_results), SUM(n_abnormal), SUM(n_unflagged) FROM serving.agg_lab_by_stay",
    ),
    "laboratory results by patient": (
        listed("labs", "results", "abnormal", "unflagged", "patients"),
        "SELECT SUM(a.n_results), SUM(a.n_abnormal), SUM(a.n_unflagged), COUNT(*) FROM serving.agg_lab_by_patient AS a "
        "INNER JOIN serving.dim_patient AS p ON p.patient_key = a.patient_key WHERE p.source_system = 'ehr'",
    ),
    "laboratory tests": (
        listed("lab_tests", "test_name", "results", "abnormal"),
        "SELECT t.test_name, COUNT(*), SUM(r.is_abnormal) FROM serving.fact_lab_result AS r "
        "INNER JOIN serving.dim_lab_test AS t ON t.lab_key = r.lab_key "
        "WHERE r.source_system = 'ehr' GROUP BY t.test_name",
    ),
    "Charlson of patients": (
        listed("charlson_of_patients", "cci_1987", "cci_quan_2011", "patients"),
        "SELECT a.cci_1987, a.cci_quan_2011, COUNT(*) FROM serving.agg_charlson_by_patient AS a "
        "INNER JOIN serving.dim_patient AS p ON p.patient_key = a.patient_key "
        "WHERE a.source_system = 'ehr' AND p.is_inferred = 0 GROUP BY 1, 2",
    ),
    "Charlson of stays": (
        listed("charlson_of_stays", "cci_1987", "cci_quan_2011", "stays"),
        f"SELECT cci_1987, cci_quan_2011, COUNT(*) FROM {STAYS} GROUP BY 1, 2",
    ),
    "Charlson of the source": (
        listed("charlson_of_the_source", "compared", "different"),
        "SELECT SUM(n_compared), SUM(n_different) FROM serving.v_charlson_agreement WHERE source_system = 'ehr'",
    ),
    "impact by diagnosis": (
        lambda answers: [
            (code, sum(r["stays"] for r in same), sum(r["charge_cents"] for r in same))
            for code in sorted({r["code"] for r in answers["charge_by_diagnosis"]})
            for same in [[r for r in answers["charge_by_diagnosis"] if r["code"] == code]]
        ],
        "SELECT code, n_stays, impact_charge * 100 FROM serving.v_charge_by_diagnosis_impact WHERE diagnosis_key > 0",
    ),
    "weighted charges add up": (
        listed("stays", "charge_cents"),
        "SELECT SUM(weighted_charge) * 100 FROM serving.v_charge_by_diagnosis_weighted",
    ),
    "medications": (
        listed("medications", "medication", "prescriptions"),
        "SELECT d.medication_name, COUNT(*) FROM serving.fact_medication AS f "
        "INNER JOIN serving.dim_medication AS d ON d.medication_key = f.medication_key "
        "WHERE f.source_system = 'ehr' GROUP BY d.medication_name",
    ),
}  # fmt: skip


def comparable(rows: Rows) -> Rows:
    """Return rows in one order, whole numbers as such."""
    whole = [tuple(int(v) if isinstance(v, Decimal) and v == int(v) else v for v in row) for row in rows]
    return sorted(whole, key=repr)
