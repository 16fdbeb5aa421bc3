"""What the queries behind the dashboard's charts and tiles compute, of a few rows, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from engine import Engine
from workbench import families
from workbench.dashboard import FOLDER

Row = dict[str, Any]

QUERIES = {file.stem: file for file in sorted(FOLDER.glob("charts/*.sql"))} | {"tiles": FOLDER / "tiles.sql"}


class Case(NamedTuple):
    """Published rows, by table, and the rows that the query must give of them: of these columns, in its order."""

    tables: dict[str, list[Row]]
    columns: str
    rows: Sequence[tuple[Any, ...]]


def each(common: Row, *rows: Row) -> list[Row]:
    return [common | row for row in rows]


S = {"source_system": "s"}
EVERY_HOSPITAL = S | {"organization_key": -2}
HOSPITAL = S | {"organization_key": 31}
ALL = EVERY_HOSPITAL | {"period_type": "all", "period": "all", "slice": "all", "slice_value": "all"}
YEAR = ALL | {"period_type": "year", "period": "2019"}


def kpi(metric: str, version: str) -> Row:
    return {"metric_code": metric, "definition_version": version}


DEFINED = [
    kpi("alos", "days_cms"), kpi("claim_per_encounter", "mean"), kpi("mortality", "in_hospital_acute"),
    kpi("mortality", "in_hospital_flag"), *(kpi("readmission", rung) for rung in ("R3", "R6", "R8")),
    *(kpi("readmission_oe", rung) for rung in ("R5", "R6")),
]  # fmt: skip
METRICS = [row | {"metric_label": "{metric_code} {definition_version}".format(**row)} for row in DEFINED]
RATES = [{"definition_code": rung, "definition_label": f"rate {rung}"} for rung in ("R1", "R3", "R6", "R8")]
PATIENTS = [{"patient_key": key, "patient_durable_key": min(key, 100)} for key in (*range(1, 12), 100, 101)]
"""Patients of one version each, and one of two: 100 and 101."""

CLAIMS = YEAR | kpi("tcoc", "total") | {"value": 100, "n": 4, "n_patients": 3, "is_partial_period": 1}
GAP = YEAR | kpi("noncovered_cost", "total") | {"value": 30}
OF_YEARS_AND_SLICES = [
    {"period": "2018", "value": 1},
    {"period_type": "all", "period": "all", "value": 2},
    {"organization_key": 31, "value": 3},
    {"slice": "payer", "slice_value": "Aetna", "value": 4},
]
CONCENTRATION = EVERY_HOSPITAL | {"quantity": "noncovered_cost", "n_patients": 200, "total_amount": 100}
DRG = EVERY_HOSPITAL | {"drg_code": "291", "n_stays": 9, "mean_charge": 50, "coefficient_of_variation": 0.2}
EPISODES = EVERY_HOSPITAL | {
    "payer_group": "Medicare", "kind_of_stay": "all", "n_episodes": 8, "mean_claim": 40, "mean_claim_ci_low": 30,
    "mean_claim_ci_high": 55, "median_claim": 35, "mean_paid": 20, "n_reproduced": 12, "reproduced_mean_claim": 60,
}  # fmt: skip
CELL = S | {"definition_code": "R8", "cell": "some", "cci_band": "all", "n_index": 4, "risk_difference": 0.25}

CASES = {
    "claims_by_year": Case(
        {"mart_kpi": [CLAIMS, GAP, *each(CLAIMS, *OF_YEARS_AND_SLICES[1:]), *each(GAP, *OF_YEARS_AND_SLICES)]},
        "year, part, amount, claims, n_encounters, n_patients, is_partial_period",
        # 100 claimed, 30 of it not covered: 70 is.
        [("2019", "covered by a payer", 70, 100, 4, 3, 1), ("2019", "not covered", 30, 100, 4, 3, 1)],
    ),
    "encounters_by_year": Case(
        {
            "fact_encounter": [
                S | {"encounter_key": number, "start_date_key": 20190101, "class_key": class_, "patient_key": patient}
                for number, (class_, patient) in enumerate([(1, 100), (1, 101), (1, 1), (2, 1)])
            ],
            "dim_date": [{"date_key": 20190101, "year_label": "2019"}],
            "dim_encounter_class": [{"class_key": 1, "class_label": "A"}, {"class_key": 2, "class_label": "B"}],
            "dim_patient": PATIENTS,
            "mart_kpi": each(YEAR | kpi("encounters", "count"), {"is_partial_period": 1}, *OF_YEARS_AND_SLICES),
        },
        "year, class, n_encounters, n_patients, is_partial_period",
        # A patient of two versions is one.
        [("2019", "A", 3, 2, 1), ("2019", "B", 1, 1, 1)],
    ),
    "noncovered_cost": Case(
        {
            "v_noncovered_by_payer": [
                HOSPITAL | {"payer_key": 1, "payer_name": "Aetna", "payer_category": "Private", "n_encounters": 2,
                            "noncovered_cost": 50, "insured_zero_paid_gap": 20, "partial_gap": 30, "share_of_gap": 0.5},
                S | {"organization_key": 32, "payer_key": 1, "payer_name": "Aetna", "payer_category": "Private",
                     "n_encounters": 1, "noncovered_cost": 15, "insured_zero_paid_gap": 15, "share_of_gap": 0.15},
                HOSPITAL | {"payer_key": 2, "payer_name": "NO_INSURANCE", "payer_category": "Self-pay/Uninsured",
                            "n_encounters": 1, "noncovered_cost": 25, "uninsured_gap": 25, "share_of_gap": 0.25},
                HOSPITAL | {"payer_key": -1, "payer_name": "Unknown", "payer_category": "Unknown", "n_encounters": 1,
                            "noncovered_cost": 10, "unknown_insurance_gap": 10, "share_of_gap": 0.1},
            ],
            "v_noncovered_by_class": [
                HOSPITAL | {"class_code": "a", "class_label": "A", "n_encounters": 4, "noncovered_cost": 85,
                            "uninsured_gap": 25, "insured_zero_paid_gap": 20, "partial_gap": 30,
                            "unknown_insurance_gap": 10, "share_of_gap": 0.85},
                S | {"organization_key": 32, "class_code": "a", "class_label": "A", "n_encounters": 1,
                     "noncovered_cost": 15, "insured_zero_paid_gap": 15, "share_of_gap": 0.15},
            ],
            "fact_encounter": [
                S | {"encounter_key": number, "payer_key": payer, "class_key": 1, "patient_key": patient}
                for number, (payer, patient) in enumerate([(1, 100), (1, 1), (1, 101), (2, 2), (-1, 3)])
            ],
            "dim_encounter_class": [{"class_key": 1, "class_code": "a"}],
            "dim_patient": PATIENTS,
        },
        "split_by, name, kind, amount, noncovered_cost, share_of_gap, n_encounters, n_patients",
        # Of Aetna 20 and 15, and 30: all of its 65. A patient who came to both hospitals is one. What is known of the
        # payers is known of the class: 25, 35, 30 and 10 are all of its 100.
        [
            ("payer", "Aetna", "insurer paid nothing", 35, 65, 0.65, 3, 2),
            ("payer", "Aetna", "insurer paid some", 30, 65, 0.65, 3, 2),
            ("payer", "No insurance", "no insurance", 25, 25, 0.25, 1, 1),
            ("payer", "Unknown", "insurance unknown", 10, 10, 0.1, 1, 1),
            ("encounter class", "A", "insurer paid nothing", 35, 100, 1, 5, 4),
            ("encounter class", "A", "insurer paid some", 30, 100, 1, 5, 4),
            ("encounter class", "A", "no insurance", 25, 100, 1, 5, 4),
            ("encounter class", "A", "insurance unknown", 10, 100, 1, 5, 4),
        ],
    ),
    "claim_by_class": Case(
        {
            "mart_kpi": each(
                ALL | kpi("claim_per_encounter", "mean") | {"slice": "encounter_class", "slice_value": "A", "n": 5},
                {"value": 20},
                {"slice_value": "B", "value": 30},
                {"organization_key": 31, "value": 9},
                {"period": "2019", "value": 9},
                {"definition_version": "median", "value": 9},
            ),
            "dim_metric": METRICS,
            "v_cost_by_class": [
                HOSPITAL | {"class_label": "A", "claim_amount": 60, "share_of_claims": 0.6},
                S | {"organization_key": 32, "class_label": "A", "claim_amount": 10, "share_of_claims": 0.1},
                HOSPITAL | {"class_label": "B", "claim_amount": 30, "share_of_claims": 0.3},
            ],
        },
        "class, value, claim_amount, share_of_claims",
        [("B", 30, 30, 0.3), ("A", 20, 70, 0.7)],
    ),
    "length_of_stay": Case(
        {
            "mart_kpi": [
                *each(ALL | kpi("alos", "days_cms"), {"value": 9}, {"slice": "payer_category", "value": 5},
                      {"slice": "age_band", "slice_value": "70-79", "value": 4}, {"slice": "sex", "value": 9}),
                *each(YEAR | kpi("alos", "days_cms"), {"value": 6}, {"slice": "age_band", "value": 9},
                      {"organization_key": 31, "value": 9}),
            ],
            "dim_metric": METRICS,
        },
        "slice, name, value",
        [("age at admission", "70-79", 4), ("payer", "all", 5), ("year", "2019", 6)],
    ),
    "mortality": Case(
        {
            "mart_kpi": [
                *each(ALL | kpi("mortality", "in_hospital_acute"), {"value": 0.1}, {"source_system": "t"},
                      {"slice": "kind_of_stay", "slice_value": "acute", "value": 0.2, "numerator": 2}),
                *each(YEAR | kpi("mortality", "in_hospital_flag"), {"value": 0.9},
                      {"source_system": "t", "value": 0.3, "numerator": 3}),
                *each(ALL | kpi("mortality", "in_hospital_flag"), {"value": 0.9}, {"source_system": "t", "value": 0.4}),
            ],
            "dim_metric": METRICS,
        },
        # The feed t tells no days of death: of it the flag is shown, and of s the days.
        "source_system, slice, name, value, n_deaths",
        [("s", "kind of stay", "acute", 0.2, 2), ("t", "year", "2019", 0.3, 3)],
    ),
    "readmission_by_year": Case(
        {
            "mart_kpi": [
                *each(YEAR | kpi("readmission", "R3"), {"value": 0.3}, *OF_YEARS_AND_SLICES[1:]),
                *each(YEAR, *(kpi("readmission", rung) | {"value": 0.1} for rung in ("R8", "R6", "R1"))),
            ],
            "dim_metric": METRICS,
        },
        "definition_code, rate, year, value",
        [("R6", "readmission R6", "2019", 0.1), ("R8", "readmission R8", "2019", 0.1),
         ("R3", "readmission R3", "2019", 0.3)],
    ),
    "readmission_expected": Case(
        {
            "mart_kpi": [
                *each(ALL | kpi("readmission_oe", "R5"), {"value": 1}, {"source_system": "t", "value": 1}),
                *each(ALL | kpi("readmission_oe", "R6"), {"value": 1}, {"source_system": "t"}),
                *each(YEAR | kpi("readmission_oe", "R6"), {"value": 1.2, "numerator": 6, "denominator": 5}),
                *each(YEAR | kpi("readmission_oe", "R5"), {"value": 9}, {"source_system": "t", "value": 0.5}),
                ALL | kpi("readmission_oe", "R6") | {"slice": "payer_category", "slice_value": "None", "value": 0.8},
            ],
            "dim_metric": METRICS,
        },
        # Nearest to CMS is R6, which t does not tell.
        "source_system, slice, name, value, numerator, expected",
        [
            ("s", "payer", "None", 0.8, None, None), ("s", "year", "2019", 1.2, 6, 5),
            ("t", "year", "2019", 0.5, None, None),
        ],
    ),
    "readmission_risk": Case(
        {
            "v_scenario_a": [CELL | {"cell": "Unknown"}, CELL | {"cell": "70-79"}],
            "v_scenario_b": [CELL | {"cci_band": "unknown"}, CELL | {"cci_band": "1-2"}, CELL],
            "v_scenario_c": [CELL | {"n_index": 7, "risk_difference": -0.5}],
            "dim_readmission_definition": RATES,
        },
        "scenario, charlson, cell, n_index, risk_difference, definition_label",
        [
            ("A: age at admission", "all", "70-79", 4, 0.25, "rate R8"),
            ("A: age at admission", "all", "Unknown", 4, 0.25, "rate R8"),
            ("B: results within the stay", "all", "some", 4, 0.25, "rate R8"),
            ("B: results within the stay", "1-2", "some", 4, 0.25, "rate R8"),
            ("B: results within the stay", "unknown", "some", 4, 0.25, "rate R8"),
            ("C: age group and number of abnormal results", "all", "some", 7, -0.5, "rate R8"),
        ],
    ),
    "readmission_reasons": Case(
        {
            "v_readmission_reasons": [
                *each(
                    S | {"definition_code": "R6"},
                    *({"reason": f"{number:02} (disorder)", "n_readmissions": number} for number in range(1, 14)),
                    {"definition_code": "R3", "reason": "Pain", "n_readmissions": 1},
                    {"definition_code": "R1", "reason": "Pain", "n_readmissions": 99},
                ),
            ],
            "dim_readmission_definition": RATES,
        },
        # Of 13 reasons the most frequent twelve.
        "rate, reason, n_readmissions",
        [*(("rate R6", f"{n:02}", n) for n in range(13, 1, -1)), ("rate R3", "Pain", 1)],
    ),
    "readmission_ladder": Case(
        {
            "v_readmission_ladder": [
                S | {"definition_code": "R1", "value": 0.5, "numerator": 4, "denominator": 8},
                S | {"definition_code": "R3", "value": 0.25},
                S | {"definition_code": "R6"},
            ],
            "dim_readmission_definition": [
                rate | {"rate_form": "ratio" if rate["definition_code"] == "R1" else "proportion"} for rate in RATES
            ],
            "mart_kpi": [
                *each(ALL | {"n_patients": 3, "interval_low": 0.1}, *map(kpi, ["readmission"] * 3, ["R1", "R3", "R6"])),
                *each(ALL | kpi("readmission", "R1"), OF_YEARS_AND_SLICES[0], *OF_YEARS_AND_SLICES[2:]),
            ],
        },
        # One without a value is no rung.
        "definition_code, rate_form, value, numerator, denominator, n_patients, interval_low",
        [("R1", "ratio", 0.5, 4, 8, 3, 0.1), ("R3", "share", 0.25, None, None, 3, 0.1)],
    ),
    "readmission_attrition": Case(
        {
            "v_readmission_attrition": each(
                S | {"definition_code": "R6", "basis": "derived"},
                {"step": 0, "reason": "admissions", "n_admissions": 10, "n_left": None},
                {"step": 1, "reason": "died", "n_admissions": 3, "n_left": 7},
                {"step": 2, "reason": "ama", "n_admissions": 0, "n_left": 7},
                {"step": 98, "reason": "index_stays", "n_admissions": 7, "n_left": None},
                {"step": 99, "reason": "readmissions", "n_admissions": 0, "n_left": None},
            ),
            "dim_readmission_definition": RATES,
        },
        # Ten, of whom three are taken out; a step that takes out nobody is not shown, the index stays and returns are.
        "step, reason, part, amount, n_left",
        [
            (0, "admissions", "left", 10, 10), (0, "admissions", "taken out", 0, 10),
            (1, "died in the stay", "left", 7, 7), (1, "died in the stay", "taken out", 3, 7),
            (98, "index stays", "left", 7, 7), (98, "index stays", "taken out", 0, 7),
            (99, "readmissions", "left", 0, 0), (99, "readmissions", "taken out", 0, 0),
        ],
    ),
    "procedure_cost": Case(
        {
            "mart_kpi": [
                *each(
                    ALL | kpi("procedure_cost", "list_price") | {"slice": "procedure"},
                    {"slice_value": "Dialysis (procedure)", "value": 400},
                    *({"slice_value": f"{number:02}", "value": 50} for number in range(12)),
                    {"slice_value": "nothing", "value": 0},
                    {"slice_value": "Dialysis (procedure)", "value": 900, "organization_key": 31},
                    {"slice_value": "Dialysis (procedure)", "value": 900, "period": "2019"},
                ),
                ALL | kpi("procedure_cost", "allocated_claim") | {"slice": "procedure", "slice_value": "A", "value": 5},
            ],
            "dim_procedure": [{"procedure_key": 1, "procedure_description": "Dialysis (procedure)"}],
            "dim_patient": PATIENTS,
            "fact_procedure": [
                S | {"procedure_key": 1, "patient_key": patient, "base_cost": cost}
                for patient, cost in [(100, 60), (101, 40), *((patient, 30) for patient in range(1, 11))]
            ],
        },
        # 400 of 400 + 12 * 50; of it the dearest patient has 60 + 40, and ten patients have 100 + 9 * 30.
        "basis, name, amount, share, top_10_patient_share",
        [
            ("claims of their encounters, divided", "A", 5, 1, None),
            ("list price", "Dialysis", 400, 0.4, 0.925),
            *(("list price", f"{number:02}", 50, 0.05, None) for number in range(11)),
        ],
    ),
    "patient_concentration": Case(
        {
            "v_patient_concentration": [
                *each(CONCENTRATION, *({"top_n": n, "share_of_total": n / 200} for n in (1, 5, 10, 100, 200))),
                *each(CONCENTRATION | {"quantity": "stays"}, *({"top_n": n, "share_of_total": 0.5} for n in (1, 10))),
                CONCENTRATION | {"quantity": "readmissions R1", "top_n": 1},
                CONCENTRATION | {"top_n": 1, "n_patients": 10},
                CONCENTRATION | {"top_n": 10, "organization_key": 31, "share_of_total": 0.9},
            ],
        },
        # The quantity of which ten patients hold most comes first.
        "quantity, top_patients, share_of_total, top_10_share",
        [
            ("stays", "1 patient", 0.5, 0.5), ("stays", "10 patients", 0.5, 0.5),
            ("non-covered cost", "1 patient", 0.005, 0.05), ("non-covered cost", "10 patients", 0.05, 0.05),
            ("non-covered cost", "100 patients", 0.5, 0.05),
        ],
    ),
    "episode_spend": Case(
        {"v_episode_spend": each(EPISODES, {}, {"organization_key": 31}, {"kind_of_stay": "acute"})},
        "payer_group, statistic, value, ci_low, ci_high, n",
        [
            ("Medicare", "mean claim", 40, 30, 55, 8), ("Medicare", "mean claim as reproduced", 60, None, None, 12),
            ("Medicare", "mean payment", 20, None, None, 8), ("Medicare", "median claim", 35, None, None, 8),
        ],
    ),
    "charge_by_insurance": Case(
        {
            "mart_kpi": each(
                ALL | kpi("charge_per_stay", "mean") | {"slice": "payer", "slice_value": "Aetna"},
                {"value": 50, "denominator": 7},
                {"value": 40, "denominator": 0.75, "definition_version": "adjusted"},
                {"value": 99, "denominator": 0.1, "definition_version": "adjusted", "organization_key": 31},
                {"value": 99, "denominator": 0.1, "definition_version": "adjusted", "slice_value": "Other"},
                {"value": 99, "definition_version": "median"},
            ),
        },
        # Both ways beside the share of the stays that the adjusted one speaks for.
        "payer, statistic, value, standard_share",
        [
            ("Aetna", "mean charge", 50, 0.75), ("Aetna", "adjusted for group, days and age", 40, 0.75),
            ("Other", "adjusted for group, days and age", 99, 0.1),
        ],
    ),
    "charge_by_group": Case(
        {
            "v_drg_test": [
                DRG | {"drg_code": "all", "n_stays": 20, "mean_charge": 60, "eta_squared": 0.9, "verdict": "flat rate"},
                DRG,
                *each(DRG | {"organization_key": 31}, {}, {"drg_code": "all", "eta_squared": 0.1, "verdict": "none"}),
            ],
        },
        # Each group beside the verdict on the whole.
        "drg_code, n, value, coefficient_of_variation, eta_squared, verdict",
        [("291", 9, 50, 0.2, 0.9, "flat rate"), ("all groups", 20, 60, 0.2, 0.9, "flat rate")],
    ),
    "stated_figures": Case(
        {
            "v_stated_figures": [
                S | {"figure_order": 1, "stated_value": 0.5, "reproduced_value": 0.4, "corrected_value": 0.1},
                S | {"figure_order": 2, "stated_value": 8, "reproduced_value": 8},
                S | {"figure_order": 3, "stated_value": 8},
            ],
        },
        # As shares of what was published: 0.4 / 0.5 and 0.1 / 0.5.
        "figure_order, how, relative",
        [
            (1, "corrected", 0.2), (1, "its own rule on these files", 0.8), (2, "corrected", None),
            (2, "its own rule on these files", 1),
        ],
    ),
    "data_quality": Case(
        {
            "mart_data_quality": each(
                S | {"source_table": "synthea__payers", "check_name": "no name", "n_checked": 8},
                {"kind_of_check": "completeness", "n_failing": 8, "failing_share": 1},
                {"kind_of_check": "plausibility", "n_failing": 8, "failing_share": 1},
                {"kind_of_check": "completeness", "n_failing": 2, "failing_share": 0.25},
                {"kind_of_check": "plausibility", "n_failing": 0, "failing_share": 0},
            ),
        },
        "source_table, kind, n_failing, failing_share",
        [("synthea payers", "plausibility", 8, 1), ("synthea payers", "completeness", 2, 0.25)],
    ),
    "charlson_agreement": Case(
        {
            "v_charlson_agreement": [
                S | {"source_charlson_index": 1, "n_compared": 4, "n_different": 1, "share_different": 0.25},
                S | {"source_charlson_index": 0, "n_compared": 2, "n_different": 0, "share_different": 0},
                S | {"source_charlson_index": 9, "n_compared": 0},
            ],
        },
        "source_charlson_index, n_compared, n_different, share_different",
        [(0, 2, 0, 0), (1, 4, 1, 0.25)],
    ),
    "tiles": Case(
        {
            "mart_kpi": [
                *each(ALL | kpi("alos", "days_cms"), {"value": 4, "n": 9, "interval_low": 3, "interval_high": 5}),
                *each(YEAR | kpi("alos", "days_cms"), {"value": 1}, *OF_YEARS_AND_SLICES[:1], *OF_YEARS_AND_SLICES[2:]),
                *each(ALL | kpi("alos", "days_cms"), *OF_YEARS_AND_SLICES[2:]),
            ],
            "dim_metric": METRICS,
        },
        # All years, hospitals and slices, and nothing else.
        "metric_code, metric_label, value, n, ci_low, ci_high",
        [("alos", "alos days_cms", 4, 9, 3, 5)],
    ),
}  # fmt: skip


COPIED = {table: model for model, table in families.published_names().items()}


def model_of(table: str) -> str:
    return COPIED.get(table, f"serving.serving.{table}")


def plain(value: Any) -> Any:
    return round(float(value), 6) if isinstance(value, (Decimal, float)) else value


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_computes_what_is_worked_out_by_hand(name: str) -> None:
    case = CASES[name]
    engine = Engine()
    engine.con.execute("CREATE SCHEMA serving")
    for table, rows in case.tables.items():
        engine.put(model_of(table), *rows, into=f"serving.{table}")
    found = engine.con.execute(QUERIES[name].read_text(encoding="utf-8"))
    columns = [column for column, *_ in found.description or ()]
    places = [columns.index(column) for column in case.columns.split(", ")]
    assert [tuple(plain(row[place]) for place in places) for row in found.fetchall()] == list(case.rows)
