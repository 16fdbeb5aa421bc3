"""What MySQL shows of the real Maven files, held against the values that were worked out for them by other means."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal

import pytest

from loader.settings import PROJECT
from road import Road, shared_data

pytestmark = [pytest.mark.serving, pytest.mark.long]


@pytest.fixture(scope="module")
def maven(tmp_path_factory: pytest.TempPathFactory, serving_url: str) -> Iterator[Road]:
    """A warehouse that has published the Maven files to a real server."""
    if (data := shared_data()) is None:
        pytest.skip("the Maven files are not here: put them in ../shared/data or name WAREHOUSE_SHARED_DATA")
    road = Road(tmp_path_factory.mktemp("maven") / "project", serving_url)
    road.land(data / "maven_mgh")
    road.land(data / "ehr_outcomes")
    assert road.plan() == 0, road.output
    yield road


def kpi(
    metric: str, version: str, columns: str, slice_: str = "all", value: str = "all", source: str = "synthea"
) -> str:
    return (
        f"SELECT {columns} FROM serving.mart_kpi WHERE metric_code = '{metric}' AND definition_version = '{version}' "
        f"AND source_system = '{source}' AND period = 'all' AND organization_key = -2 AND slice = '{slice_}' "
        f"AND slice_value = '{value}'"
    )


FRACTION = "numerator, denominator, value"
RUNGS = [
    ("R0", 286, 634, "0.4511"), ("R1", 286, 920, "0.3109"), ("R2", 685, 838, "0.8174"), ("R3", 284, 838, "0.3389"),
    ("R4", 248, 802, "0.3092"), ("R5", 6, 805, "0.0075"), ("R6", 3, 84, "0.0357"), ("R7", 23, 131, "0.176"),
    ("R6_WITH_DETOX", 3, 148, "0.0203"), ("R6_WITH_SURGICAL_CANCER", 3, 91, "0.0330"),
]  # fmt: skip
BY_PAYER = [
    ("NO_INSURANCE", "0.6995"), ("Medicare", "0.0771"), ("Humana", "0.0503"), ("Anthem", "0.0424"), ("Aetna", "0.0368"),
    ("UnitedHealthcare", "0.0363"), ("Cigna Health", "0.0344"), ("Blue Cross Blue Shield", "0.0132"),
    ("Medicaid", "0.0076"), ("Dual Eligible", "0.0024"),
]  # fmt: skip
GAP_BY_CLASS = [
    ("ambulatory", "23.38", "0.332"), ("urgentcare", "20.29", "0.288"), ("outpatient", "10.32", "0.147"),
    ("emergency", "7.50", "0.107"), ("inpatient", "5.12", "0.073"), ("wellness", "3.81", "0.054"),
]  # fmt: skip
CLAIM_BY_CLASS = [
    ("inpatient", "7761"), ("urgentcare", "6369"), ("emergency", "4630"), ("wellness", "4261"), ("ambulatory", "2894"),
    ("outpatient", "2237"),
]  # fmt: skip
QUALITY = [
    ("synthea__patients", "deathdate missing", 820), ("input.patient", "ZIP missing", 142),
    ("synthea__patients", "marital missing", 1), ("synthea__encounters", "reasoncode missing", 19541),
    ("synthea__procedures", "reasoncode missing", 36945), ("input.procedure", "encounter unknown", 0),
    ("synthea__encounters", "stop missing", 0), ("input.encounter", "starts after death", 53),
    ("input.encounter", "stops after death", 57), ("input.encounter", "claim of 0", 89),
    ("input.encounter", "paid more than claimed", 0), ("input.encounter", "list price above claim", 5086),
    ("input.procedure", "ends after its encounter", 26790),
]  # fmt: skip
LIST_PRICE = [
    ("Electrical cardioversion", "35.82", 74), ("Evaluation of uterine fundal height", "5.63", 71),
    ("Auscultation of the fetal heart", "5.66", 71),
    ("Combined chemotherapy and radiation therapy (procedure)", "5.24", 21), ("Colonoscopy", "5.02", 233),
]  # fmt: skip
MILLION = Decimal(1_000_000)

EXPECTED: list[tuple[str, str, tuple[str, ...]]] = [
    ("M1 ALOS of unmerged encounters, complete days", kpi("alos", "reproduced", "value"), ("1.5295",)),
    ("M1 ALOS of unmerged encounters, midnights", kpi("alos", "midnights_unmerged", "value"), ("1.5357",)),
    ("M1 ALOS of unmerged encounters, exact", kpi("alos", "elapsed_unmerged", "value"), ("1.5351",)),
    ("M1 ALOS", kpi("alos", "days_cms", "n, value"), ("838", "1.85")),
    ("M1 median length of stay", kpi("alos", "median", "n, value"), ("838", "1.00")),
    ("M1 geometric mean length of stay", kpi("alos", "geometric_mean", "n, value"), ("838", "1.13")),
    ("M1 ALOS without the stay of 346 days", kpi("alos", "without_outliers", "n, value"), ("837", "1.44")),
    (
        "M1 longest encounter in days",
        "SELECT MAX(duration_min) / 1440 FROM serving.fact_encounter AS e JOIN serving.dim_encounter_class USING "
        "(class_key) WHERE is_acute_inpatient = 1",
        ("343.75",),
    ),
    *(
        (f"M2 {code}", kpi("readmission", code, FRACTION), (str(x), str(n), value))
        for code, x, n, value in RUNGS
    ),
    *(
        (
            f"M2 {code} in the ladder",
            "SELECT numerator, denominator, value FROM serving.v_readmission_ladder "
            f"WHERE source_system = 'synthea' AND definition_code = '{code}'",
            (str(x), str(n), value),
        )
        for code, x, n, value in RUNGS
    ),
    ("M2 R5 interval", kpi("readmission", "R5", "ci_low, ci_high"), ("0.003", "0.016")),
    ("M2 R6 interval", kpi("readmission", "R6", "ci_low, ci_high"), ("0.012", "0.100")),
    ("M2 R6 of 65 and over", kpi("readmission", "R6_AGE_65", FRACTION), ("2", "40", "0.0500")),
    ("M2 R6 of 65 and over, interval", kpi("readmission", "R6_AGE_65", "ci_low, ci_high"), ("0.014", "0.165")),
    *(
        (f"M2 follow-up visit {version}, R6", kpi("followup_visit", version, FRACTION), (str(x), "84", value))
        for version, x, value in (
            ("within_7d", 31, "0.3690"), ("within_14d", 32, "0.3810"), ("within_30d", 39, "0.4643"),
        )
    ),
    (
        "M2 return to the emergency department, by visit",
        kpi("ed_return_30", "visits", f"{FRACTION}, n_patients"),
        ("903", "2272", "0.3974", "447"),
    ),
    ("M2 the same, by patient", kpi("ed_return_30", "patients", FRACTION), ("45", "447", "0.1007")),
    (
        "M3 of fewer than ten readmissions none are expected: R3, R5, R6",
        " UNION ALL ".join(
            kpi("readmission_oe", f"{code}_internal", "CASE WHEN value IS NULL THEN 1 ELSE 0 END")
            for code in ("R3", "R5", "R6")
        ),
        ("0", "1", "1"),
    ),
    (
        "M2 cancer sessions among the 286",
        "SELECT COUNT(DISTINCT r.readmission_key) FROM serving.fact_readmission AS r JOIN serving.fact_procedure AS p "
        "ON p.encounter_key = r.readmission_key JOIN serving.dim_procedure AS d ON d.procedure_key = p.procedure_key "
        "WHERE r.definition_code = 'R1' AND r.is_readmission = 1 AND d.is_oncology_tx = 1",
        ("274",),
    ),
    (
        "M2 planned returns among the 286",
        "SELECT SUM(is_planned_next), COUNT(planned_rule_of_return) FROM serving.fact_readmission "
        "WHERE definition_code = 'R1' AND is_readmission = 1",
        ("280", "280"),
    ),
    *(
        (
            f"M2 {code} of 65 and over",
            "SELECT SUM(is_readmission), SUM(is_index) FROM serving.fact_readmission "
            f"WHERE definition_code = '{code}' AND age_years >= 65",
            (str(x), str(n)),
        )
        for code, x, n in (("R5", 5, 527), ("R6", 2, 40), ("R6_WITH_DETOX", 2, 75))
    ),
    (
        "M2 why the returns of R5 do not count: hospice, planned by the algorithm, neither",
        "SELECT SUM(CASE WHEN s.is_hospice + s.is_hospice_care > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN s.is_hospice + "
        "s.is_hospice_care = 0 AND r.planned_rule_of_return LIKE 'potentially planned%' THEN 1 ELSE 0 END), "
        "SUM(r.is_readmission) FROM serving.fact_readmission AS r JOIN serving.fact_inpatient_stay AS s "
        "ON s.stay_key = r.readmission_key WHERE r.definition_code = 'R5' AND r.is_index = 1",
        ("32", "246", "6"),
    ),
    *(
        (
            f"M2 follow-up visit within 7, 14 and 30 days, {code}",
            "SELECT SUM(CASE WHEN days_to_followup_visit <= 7 THEN 1 ELSE 0 END), SUM(CASE WHEN days_to_followup_visit "
            "<= 14 THEN 1 ELSE 0 END), SUM(CASE WHEN days_to_followup_visit <= 30 THEN 1 ELSE 0 END), COUNT(*) "
            f"FROM serving.fact_readmission WHERE definition_code = '{code}' AND is_index = 1",
            visits,
        )
        for code, visits in (("R5", ("80", "117", "220", "805")), ("R6", ("31", "32", "39", "84")))
    ),
    (
        "M2 emergency visits that end in no admission, followed by another within 30 days",
        "SELECT SUM(CASE WHEN days_to_next_ed_visit <= 30 THEN 1 ELSE 0 END), COUNT(*), COUNT(DISTINCT CASE WHEN "
        "days_to_next_ed_visit <= 30 THEN patient_durable_key END) FROM serving.fact_encounter "
        "WHERE source_system = 'synthea' "
        "AND ends_in_admission = 0 AND has_30d_followup = 1 AND died_by_stop = 0",
        ("903", "2272", "45"),
    ),
    (
        "M8 claims for cardioversion in urgent care, million USD and patients",
        "SELECT SUM(f.allocated_claim_cost) / 1000000, COUNT(DISTINCT p.patient_durable_key) FROM "
        "serving.fact_procedure AS f JOIN serving.dim_procedure AS d ON d.procedure_key = f.procedure_key "
        "JOIN serving.fact_encounter AS e ON e.encounter_key = f.encounter_key JOIN serving.dim_encounter_class AS c "
        "ON c.class_key = e.class_key JOIN serving.dim_patient AS p ON p.patient_key = e.patient_key "
        "WHERE d.procedure_family = 'cardioversion' AND c.class_code = 'urgentcare'",
        ("20.86", "31"),
    ),
    (
        "M8 claims of urgent-care encounters with cardioversion and of all, million USD",
        "SELECT SUM(e.claim_amount * e.has_cardioversion) / 1000000, SUM(e.claim_amount) / 1000000 "
        "FROM serving.fact_encounter AS e JOIN serving.dim_encounter_class AS c ON c.class_key = e.class_key "
        "WHERE c.class_code = 'urgentcare' AND e.source_system = 'synthea'",
        ("20.87", "23.35"),
    ),
    (
        "M8 claims for dialysis in ambulatory care, million USD and patients",
        "SELECT SUM(f.allocated_claim_cost) / 1000000, COUNT(DISTINCT p.patient_durable_key) FROM "
        "serving.fact_procedure AS f JOIN serving.dim_procedure AS d ON d.procedure_key = f.procedure_key "
        "JOIN serving.fact_encounter AS e ON e.encounter_key = f.encounter_key JOIN serving.dim_encounter_class AS c "
        "ON c.class_key = e.class_key JOIN serving.dim_patient AS p ON p.patient_key = e.patient_key "
        "WHERE d.procedure_family = 'dialysis' AND c.class_code = 'ambulatory'",
        ("2.86", "5"),
    ),
    (
        "M8 claims of ambulatory encounters with dialysis and of all, million USD",
        "SELECT SUM(e.claim_amount * e.has_dialysis) / 1000000, SUM(e.claim_amount) / 1000000 "
        "FROM serving.fact_encounter AS e JOIN serving.dim_encounter_class AS c ON c.class_key = e.class_key "
        "WHERE c.class_code = 'ambulatory' AND e.source_system = 'synthea'",
        ("3.10", "36.28"),
    ),
    *(
        (f"M8 {metric}, million USD", kpi(metric, "cost", "numerator / 1000000, denominator / 1000000, value"), row)
        for metric, row in (
            ("cardioversion_share", ("20.86", "23.35", "0.893")), ("dialysis_share", ("2.86", "36.28", "0.079")),
        )
    ),
    (
        "M11 in-hospital mortality, acute stays",
        kpi("mortality", "in_hospital_acute", f"{FRACTION}, ci_low, ci_high, n_patients"),
        ("10", "168", "0.0595", "0.033", "0.106", "108"),
    ),
    (
        "M11 in-hospital mortality, all stays",
        kpi("mortality", "in_hospital", f"{FRACTION}, ci_low, ci_high"),
        ("10", "838", "0.0119", "0.006", "0.022"),
    ),
    (
        "M11 30-day mortality from admission, every stay",
        kpi("mortality", "within_30d_of_admission_every_stay", f"{FRACTION}, ci_low, ci_high"),
        ("13", "162", "0.0802", "0.047", "0.132"),
    ),
    (
        "M11 30-day mortality from admission, the mean over one random stay a patient",
        kpi("mortality", "within_30d_of_admission", FRACTION),
        ("10.53", "107", "0.0984"),
    ),
    (
        "M11 acute stays and deaths in them",
        "SELECT COUNT(*), SUM(died_in_stay) FROM serving.fact_inpatient_stay WHERE is_acute_stay = 1",
        ("168", "10"),
    ),
    (
        "M11 acute stays of a feed that says nothing of care",
        "SELECT COUNT(is_acute_stay), COUNT(has_recent_hospice), COUNT(*) FROM serving.fact_inpatient_stay "
        "WHERE source_system = 'ehr'",
        ("0", "0", "11001"),
    ),
    (
        "M11 death within 30 days of admission, acute stays without hospice",
        "SELECT SUM(CASE WHEN days_from_admission_to_death <= 30 THEN 1 ELSE 0 END), COUNT(*) FROM "
        "serving.fact_inpatient_stay WHERE is_acute_stay = 1 AND has_30d_after_admission = 1 "
        "AND has_recent_hospice = 0",
        ("13", "162"),
    ),
    (
        "M11 the same, the mean over one random stay a patient",
        "SELECT SUM(share), COUNT(*), SUM(share) / COUNT(*) FROM (SELECT AVG(CASE WHEN days_from_admission_to_death "
        "<= 30 THEN 1.000000 ELSE 0 END) AS share FROM serving.fact_inpatient_stay AS s JOIN serving.dim_patient AS p "
        "ON p.patient_key = s.patient_key WHERE is_acute_stay = 1 AND has_30d_after_admission = 1 "
        "AND has_recent_hospice = 0 GROUP BY p.patient_durable_key) AS one",
        ("10.53", "107", "0.0984"),
    ),
    ("M4 coded share of R1", kpi("coded_reason_share", "R1", FRACTION), ("71", "286", "0.248")),
    (
        "M4 reasons of the 286",
        "SELECT MAX(CASE WHEN reason LIKE 'Primary small cell%' THEN n_readmissions END), "
        "MAX(CASE WHEN reason LIKE '%breast%' THEN n_readmissions END), "
        "MAX(CASE WHEN reason LIKE '%heart failure%' THEN n_readmissions END), "
        "MAX(CASE WHEN reason LIKE '%colon%' THEN n_readmissions END), "
        "MAX(CASE WHEN diagnosis_key = -1 THEN n_readmissions END) "
        "FROM serving.v_readmission_reasons WHERE definition_code = 'R1'",
        ("52", "15", "3", "1", "215"),
    ),
    ("M4 the published 86 %, unrounded", kpi("named_reason_share", "reproduced", "n, value"), ("708", "0.8701")),
    ("M4 the published 86 %", kpi("named_reason_share", "reproduced_rounded", "value"), ("0.86",)),
    ("M5 non-covered cost, million USD", kpi("noncovered_cost", "total", "value / 1000000"), ("70.42",)),
    ("M5 of it uninsured", kpi("noncovered_cost", "uninsured", "value / 1000000"), ("49.26",)),
    ("M5 of it insured, nothing paid", kpi("noncovered_cost", "insured_zero_paid", "value / 1000000"), ("13.84",)),
    ("M5 of it partial", kpi("noncovered_cost", "partial", "value / 1000000"), ("7.32",)),
    ("M5 share uninsured", kpi("noncovered_share", "uninsured", "value"), ("0.6995",)),
    *(
        (
            f"M5 share of {payer}",
            f"SELECT share_of_gap FROM serving.v_noncovered_by_payer WHERE payer_name = '{payer}'",
            (share,),
        )
        for payer, share in BY_PAYER
    ),
    *(
        (
            f"M5 {code}, million USD and share",
            "SELECT noncovered_cost / 1000000, share_of_gap FROM serving.v_noncovered_by_class "
            f"WHERE class_code = '{code}'",
            (gap, share),
        )
        for code, gap, share in GAP_BY_CLASS
    ),
    ("M5 published zero-paid claims", kpi("zero_paid_claims", "reproduced", "value / 1000000"), ("63.10",)),
    ("M6 claims, USD", kpi("tcoc", "total", "value"), ("101514376",)),
    ("M6 claims per patient", kpi("tcoc", "per_patient", "value"), ("104224",)),
    ("M6 list prices, million USD", kpi("procedure_cost", "list_price", "value / 1000000"), ("105.5",)),
    ("M6 claims of encounters with procedures", kpi("procedure_cost", "allocated_claim", "value / 1000000"), ("97.5",)),
    *(
        (
            f"M7 episodes, {group}",
            "SELECT n_episodes, mean_claim, median_claim, mean_paid, claim_ratio FROM serving.v_episode_spend "
            f"WHERE organization_key = -2 AND payer_group = '{group}'",
            row,
        )
        for group, row in {"Medicare": ("271", "13789", "11035", "10878", "0.83")}.items()
    ),
    (
        "M7 patients of Medicare episodes",
        "SELECT n_patients FROM serving.v_episode_spend WHERE organization_key = -2 AND payer_group = 'Medicare'",
        ("48",),
    ),
    (
        "M7 episodes of other payers",
        "SELECT n_episodes, mean_claim FROM serving.v_episode_spend "
        "WHERE organization_key = -2 AND payer_group = 'other payers'",
        ("345", "15915"),
    ),
    (
        "M7 all episodes",
        "SELECT n_episodes, mean_claim FROM serving.v_episode_spend "
        "WHERE organization_key = -2 AND payer_group = 'all' AND kind_of_stay = 'all'",
        ("616", "14980"),
    ),
    (
        "M7 the published way",
        "SELECT n_reproduced, reproduced_mean_claim, reproduced_ratio FROM serving.v_episode_spend "
        "WHERE organization_key = -2 AND payer_group = 'Medicare'",
        ("495", "15208", "0.91"),
    ),
    ("M7 the published TCOC", kpi("reference_tcoc", "reproduced", "value"), ("17267",)),
    *(
        (
            f"M8 mean claim, {code}",
            f"SELECT mean_claim_amount FROM serving.v_cost_by_class WHERE class_code = '{code}'",
            (mean,),
        )
        for code, mean in CLAIM_BY_CLASS
    ),
    *(
        (
            f"M8 list price of {text}, million USD, and patients",
            "SELECT list_price_total / 1000000, n_patients FROM serving.v_procedure_cost "
            f"WHERE procedure_description = '{text}'",
            (cost, str(patients)),
        )
        for text, cost, patients in LIST_PRICE
    ),
    (
        "M8 allocated claims are the claims of those encounters, to the cent",
        "SELECT (SELECT SUM(allocated_claim_cost) FROM serving.fact_procedure) - SUM(claim_amount) "
        "FROM serving.fact_encounter WHERE encounter_key IN "
        "(SELECT encounter_key FROM serving.fact_procedure GROUP BY encounter_key HAVING SUM(base_cost) > 0)",
        ("0.00",),
    ),
    (
        "M8 what a fan-out would claim, million USD",
        "SELECT SUM(claim_amount) / 1000000 FROM serving.fact_encounter AS e "
        "LEFT JOIN serving.fact_procedure AS p ON p.encounter_key = e.encounter_key",
        ("400.21",),
    ),
    (
        "M8 patients of the 1,880 unpaid dialysis rows",
        kpi("dialysis_share", "reproduced", "numerator")
        + " UNION ALL "
        + kpi("dialysis_share", "patients", "numerator"),
        ("1880", "2"),
    ),
    (
        "M8 patients of the 671 urgent-care cardioversions",
        kpi("cardioversion_share", "reproduced", "numerator")
        + " UNION ALL "
        + kpi("cardioversion_share", "patients", "numerator"),
        ("671", "12"),
    ),
    (
        "concentration: all 286 readmissions",
        "SELECT top_n, top_amount FROM serving.v_patient_concentration "
        "WHERE organization_key = -2 AND measure = 'readmissions R1' "
        "AND top_n = n_patients",
        ("23", "286"),
    ),
    (
        "concentration: the patient with the most readmissions",
        "SELECT top_amount FROM serving.v_patient_concentration "
        "WHERE organization_key = -2 AND measure = 'readmissions R1' AND top_n = 1",
        ("52",),
    ),
    (
        "concentration: top 10 of the uninsured",
        "SELECT n_patients, share_of_total FROM serving.v_patient_concentration "
        "WHERE organization_key = -2 AND measure = 'uninsured_cost' "
        "AND top_n = 10",
        ("262", "0.605"),
    ),
    (
        "M7 patients with more than one payer",
        "SELECT COUNT(*) FROM (SELECT patient_key FROM serving.fact_encounter GROUP BY patient_key "
        "HAVING COUNT(DISTINCT payer_key) > 1) AS p",
        ("462",),
    ),
    *(
        (
            f"M16 {table}: {check}",
            "SELECT n_failing FROM serving.mart_data_quality "
            f"WHERE source_system = 'synthea' AND source_table = '{table}' AND check_name = '{check}'",
            (str(n),),
        )
        for table, check, n in QUALITY
    ),
    *(
        (
            f"S2 M16 {check}",
            "SELECT n_failing, n_checked FROM serving.mart_data_quality "
            f"WHERE source_system = 'ehr' AND source_table = 'input.encounter' AND check_name = '{check}'",
            (str(failing), str(checked)),
        )
        for check, failing, checked in (
            ("ICU days beyond the stay", 88, 11001), ("readmitted from hospice", 51, 303),
            ("return days end before day 30", 1, 30), ("DRG without a family", 0, 11001),
        )
    ),
    ("S2 M1 mean length of stay", kpi("alos", "days_cms", "n, value", source="ehr"), ("11001", "5.238")),
    ("S2 M2 R8", kpi("readmission", "R8", FRACTION, source="ehr"), ("1643", "10865", "0.1512")),
    ("S2 M2 R8 with the dead", kpi("readmission", "R8_RAW", FRACTION, source="ehr"), ("1643", "11001", "0.1494")),
    (
        "S2 M11 mortality and its interval",
        kpi("mortality", "in_hospital_flag", "numerator, denominator, value, ci_low, ci_high", source="ehr"),
        ("136", "11001", "0.0124", "0.0105", "0.0146"),
    ),
    *(
        (f"S2 M13 {version}", kpi("drg_test", version, "value", source="ehr"), (value,))
        for version, value in (
            ("eta_squared", "0.00048"), ("omega_squared", "0.00002"), ("f_statistic", "1.0507"),
            ("correlation_los", "0.010"), ("charge_per_day", "41"), ("icu_difference", "664"),
            ("modal_share", "0.0077"),
        )
    ),
    (
        "S2 days to readmission not recorded",
        "SELECT COUNT(*) FROM serving.fact_inpatient_stay WHERE source_system = 'ehr' "
        "AND src_days_to_readmission IS NULL",
        ("9358",),
    ),
    (
        "M16 ZIPs that lost a zero",
        "SELECT MAX(CASE WHEN payer_name = 'Aetna' THEN zip5 END), MAX(CASE WHEN payer_name = 'Cigna Health' THEN zip5 "
        "END) FROM serving.dim_payer",
        ("06156", "06002"),
    ),
]  # fmt: skip
"""What, the query on the published tables, and each value to the digits that were stated for it."""


def rounded(got: object, expected: str) -> str:
    """Return `got` in the digits of `expected`."""
    if isinstance(got, str):
        return got
    decimals = len(expected.partition(".")[2])
    return f"{Decimal(got).quantize(Decimal(1).scaleb(-decimals))}"


def test_every_stated_value_is_what_mysql_shows(maven: Road) -> None:
    table, wrong = [], []
    for name, sql, expected in EXPECTED:
        rows = maven.query(sql)
        got = [value for row in rows for value in row]
        shown = tuple(rounded(value, text) for value, text in zip(got, expected, strict=True))
        table.append(f"{'ok ' if shown == expected else 'NOT'} {name:<64} {' '.join(expected):<40} {' '.join(shown)}")
        if shown != expected:
            wrong.append(name)
    print("    what" + " " * 61 + "expected" + " " * 33 + "got", *table, sep="\n")
    assert wrong == [], "\n".join(table)


def test_each_published_figure_is_reproduced_by_its_own_rule_or_said_not_to_be_computable(maven: Road) -> None:
    rows = maven.query(
        "SELECT figure_code, project, is_reproduced, reproduced_value, corrected_value, not_computable_reason "
        "FROM serving.v_stated_figures"
    )
    assert len(rows) == 18
    for code, project, is_reproduced, reproduced, corrected, reason in rows:
        if reproduced is None or corrected is None:
            assert reason, code
        else:
            assert reason is None, code
        if project == "first" and code != "readmission_benchmark":
            assert is_reproduced == 1, code


def test_few_patients_make_a_wide_interval(maven: Road) -> None:
    """286 readmissions of 23 patients are not 286 independent ones."""
    ((low, high, clustered_low, clustered_high),) = maven.query(
        kpi("readmission", "R1", "ci_low, ci_high, clustered_ci_low, clustered_ci_high")
    )
    assert clustered_low < low < high < clustered_high
    assert clustered_high - clustered_low > 3 * (high - low)


def test_what_cannot_be_computed_has_a_reason_and_no_value(maven: Road) -> None:
    rows = maven.query(
        "SELECT metric_code, value, numerator, not_computable_reason FROM serving.mart_kpi "
        "WHERE basis = 'not_computable' AND source_system = 'synthea'"
    )
    assert {"readmission_err", "mspb_ratio", "tcoc", "charge_per_stay"} <= {row[0] for row in rows}
    assert all(value is None and numerator is None and reason for _, value, numerator, reason in rows)


def test_periods_that_are_not_whole_say_so(maven: Road) -> None:
    partial = {
        value
        for (value,) in maven.query(
            "SELECT period FROM serving.mart_kpi WHERE metric_code = 'encounters' "
            "AND source_system = 'synthea' AND is_partial_period = 1"
        )
    }
    assert partial == {"2011", "2011-01", "2022", "2022-02"}
    with_followup = {
        value
        for (value,) in maven.query(
            "SELECT period FROM serving.mart_kpi WHERE metric_code = 'readmission' "
            "AND definition_version = 'R3' AND period_type = 'month' AND slice = 'all' AND is_partial_period = 1"
        )
    }
    assert {"2022-01"} <= with_followup


def test_every_published_view_answers_within_a_second(maven: Road) -> None:
    import time

    slow = {}
    for view in maven.views():
        if view.startswith("v_"):
            started = time.monotonic()
            maven.query(f"SELECT * FROM serving.{view}")
            if (seconds := time.monotonic() - started) > 1:
                slow[view] = seconds
    assert slow == {}


def test_the_document_of_measures_is_what_the_seeds_and_mart_kpi_hold(maven: Road) -> None:
    checked = subprocess.run(
        [sys.executable, PROJECT / "scripts" / "measures.py", "--check"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    text = (PROJECT / "docs" / "measures.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^### `(\w+)` / `(\w+)`", text, re.M))
    assert documented == set(maven.query("SELECT DISTINCT metric_code, definition_version FROM serving.mart_kpi"))
