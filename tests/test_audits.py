"""Each audit proves its worth: it passes on clean data, and fails on every defect that is planted for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlglot import exp
from sqlmesh.core.notification_target import NotificationEvent
from sqlmesh.utils.errors import AuditError

from loader.settings import PROJECT
from warehouse_fixtures import AuditOfModel, Warehouse, built
from workbench import audit_samples, families

__all__ = ["built"]

Defects = Iterator[str]
"""SQL statements, each a defect of its own. `{model.name}` stands for the table behind a model."""

PLANTS: dict[str, Callable[[Warehouse, AuditOfModel], Defects]] = {}
"""What plants the defects of an audit, by the audit's name."""


def plants(function: Callable[[Warehouse, AuditOfModel], Defects]) -> Callable[[Warehouse, AuditOfModel], Defects]:
    PLANTS[function.__name__] = function
    return function


def one_row(model: str, condition: str = "TRUE") -> str:
    return f"rowid = (SELECT MIN(rowid) FROM {{{model}}} WHERE {condition})"


@plants
def accepted_values(_: Warehouse, audit: AuditOfModel) -> Defects:
    yield f"UPDATE {{{audit.model}}} SET {audit.argument('column')} = 2 WHERE {one_row(audit.model)}"


@plants
def additive_cells_add_up(_: Warehouse, audit: AuditOfModel) -> Defects:
    row = one_row(audit.model, "metric_code = 'encounters' AND numerator > 0")
    yield f"DELETE FROM {{{audit.model}}} WHERE {row}"
    yield f"INSERT INTO {{{audit.model}}} SELECT * FROM {{{audit.model}}} WHERE {row}"
    yield f"UPDATE {{{audit.model}}} SET numerator = numerator + 0.01 WHERE {row}"
    yield f"UPDATE {{{audit.model}}} SET n = n + 1 WHERE {row}"
    yield f"UPDATE {{{audit.model}}} SET metric_code = 'nothing observed' WHERE {row}"


@plants
def allocation_adds_up(_: Warehouse, audit: AuditOfModel) -> Defects:
    row = one_row(audit.model, "allocated_claim_cost > 0")
    yield f"UPDATE {{{audit.model}}} SET allocated_claim_cost = allocated_claim_cost + 0.01 WHERE {row}"
    yield f"UPDATE {{{audit.model}}} SET allocated_claim_cost = NULL WHERE {row}"
    yield "UPDATE {star.fact_encounter} SET claim_amount = 2 * claim_amount WHERE encounter_key = " + (
        f"(SELECT encounter_key FROM {{{audit.model}}} WHERE {row})"
    )


@plants
def bands_adjoin(_: Warehouse, audit: AuditOfModel) -> Defects:
    lowest, highest = audit.argument("lowest"), audit.argument("highest")
    first = f"(SELECT MIN({lowest}) FROM {{{audit.model}}})"
    for change in (f"{highest} = {highest} + 1", f"{highest} = {lowest} - 1", f"{highest} = NULL"):
        yield f"UPDATE {{{audit.model}}} SET {change} WHERE {lowest} = {first}"
    second = f"(SELECT MIN({lowest}) FROM {{{audit.model}}} WHERE {lowest} > {first})"
    yield f"DELETE FROM {{{audit.model}}} WHERE {lowest} = {second}"


@plants
def charlson_maxima_hold(_: Warehouse, audit: AuditOfModel) -> Defects:
    yield f"UPDATE {{{audit.model}}} SET weight_quan_2011 = 2 WHERE category_key = 'aids'"
    yield f"UPDATE {{{audit.model}}} SET hierarchy_group = NULL, hierarchy_rank = NULL WHERE hierarchy_group = 'liver'"
    yield f"DELETE FROM {{{audit.model}}} WHERE category_key = 'pud'"


@plants
def contiguous_days(_: Warehouse, audit: AuditOfModel) -> Defects:
    yield f"DELETE FROM {{{audit.model}}} WHERE full_date = '2015-06-15'"
    yield f"UPDATE {{{audit.model}}} SET full_date = '2100-01-02' WHERE full_date = '2099-12-31'"


@plants
def episodes_start_apart(_: Warehouse, audit: AuditOfModel) -> Defects:
    first = f"(SELECT * FROM {{{audit.model}}} WHERE episode_number = 1)"
    second = "s.episode_number = 2 AND s.patient_id = f.patient_id"
    for inside in ("f.window_until", "f.admit_ts + INTERVAL 1 MINUTE"):
        yield f"UPDATE {{{audit.model}}} AS s SET admit_ts = {inside} FROM {first} AS f WHERE {second}"


@plants
def every_encounter_in_a_stay(_: Warehouse, audit: AuditOfModel) -> Defects:
    for rule in ("same_day", "next_day"):
        row = one_row(audit.model, f"merge_rule = '{rule}'")
        yield f"DELETE FROM {{{audit.model}}} WHERE {row}"
        yield f"UPDATE {{{audit.model}}} SET n_source_rows = n_source_rows + 1 WHERE {row}"


@plants
def every_metric_is_answered(_: Warehouse, audit: AuditOfModel) -> Defects:
    for basis in ("derived", "not_computable"):
        row = one_row(audit.model, f"period = 'all' AND organization_key = -2 AND slice = 'all' AND basis = '{basis}'")
        yield f"DELETE FROM {{{audit.model}}} WHERE {row}"
        yield f"UPDATE {{{audit.model}}} SET slice = 'payer' WHERE {row}"
        yield f"UPDATE {{{audit.model}}} SET period = '2020' WHERE {row}"
        yield f"UPDATE {{{audit.model}}} SET organization_key = -1 WHERE {row}"


@plants
def forall(_: Warehouse, audit: AuditOfModel) -> Defects:
    broken = {
        "core.int_ed_return": [("days_to_ed_visit = -1", "NOT days_to_ed_visit IS NULL")],
        "core.int_ed_visit": [("days_to_next_ed_visit = -1", "NOT days_to_next_ed_visit IS NULL")],
        "core.int_stay_course": [("days_to_followup_visit = 0", "NOT days_to_followup_visit IS NULL")],
        "mart.mart_data_quality": [("n_failing = n_checked + 1", "TRUE"), ("n_failing = -1", "TRUE")],
        "mart.mart_kpi": [
            ("value = NULL", "basis = 'derived'"),
            ("value = 0", "basis = 'not_computable'"),
            ("not_computable_reason = NULL", "basis = 'not_computable'"),
            ("not_computable_reason = 'none'", "basis = 'derived'"),
            ("ci_low = value + 1", "NOT ci_low IS NULL"),
            ("clustered_ci_high = value - 1", "NOT clustered_ci_high IS NULL"),
        ],
        "mart.mart_patient_total": [("amount = 0", "TRUE")],
        "star.fact_episode": [
            ("post_amount = post_amount + 0.01", "TRUE"),
            ("claim_total = claim_total - during_amount", "during_amount > 0"),
        ],
        "staging.stg_synthea__encounters": [("payer_paid = claim_amount + 0.01", "claim_amount > 0")],
        "core.int_charlson_score": [
            ("cci_1987 = 30", "cci_1987 >= 0"),
            ("cci_quan_2011 = 25", "cci_quan_2011 >= 0"),
        ],
        "star.fact_encounter": [
            ("noncovered_cost = noncovered_cost + 0.01", "noncovered_cost > 0"),
            ("payer_paid = payer_paid - 0.01", "payer_paid > 0"),
        ],
        "star.fact_inpatient_stay": [
            ("days_to_readmission = -1", "days_to_readmission > 0"),
            ("los_days_cms = 0", "los_midnights = 0"),
            ("los_days_cms = los_days_cms + 1", "is_open = 0"),
            ("los_midnights = 1", "is_open = 1"),
            ("is_undated = 1", "NOT admit_ts IS NULL"),
            ("planned_rule = NULL", "is_planned = 1"),
            ("planned_rule = 'elective type'", "is_planned = 0"),
        ],
        "star.fact_readmission": [
            ("exclusion_reason = 'died'", "is_index = 1"),
            ("exclusion_reason = 'eligible'", "is_index = 0"),
            ("is_readmission = NULL", "is_index = 1"),
            ("is_readmission = 0", "is_index = 0"),
            ("expected_rate = 1.01", "NOT expected_rate IS NULL"),
            ("expected_rate = -0.01", "NOT expected_rate IS NULL"),
        ],
    }
    for change, condition in broken[audit.model]:
        yield f"UPDATE {{{audit.model}}} SET {change} WHERE {one_row(audit.model, condition)}"


@plants
def has_unknown_members(_: Warehouse, audit: AuditOfModel) -> Defects:
    for member in (-1, -2, -3):
        yield f"DELETE FROM {{{audit.model}}} WHERE {audit.argument('key_col')} = {member}"


@plants
def hierarchies_have_two_forms(_: Warehouse, audit: AuditOfModel) -> Defects:
    for change in (
        "hierarchy_group = NULL",
        "hierarchy_rank = NULL",
        "hierarchy_rank = 2",
        "hierarchy_group = 'liver'",
    ):
        yield f"UPDATE {{{audit.model}}} SET {change} WHERE category_key = 'diab'"
    yield f"DELETE FROM {{{audit.model}}} WHERE category_key = 'msld'"


@plants
def hierarchy_is_applied(_: Warehouse, audit: AuditOfModel) -> Defects:
    yield f"UPDATE {{{audit.model}}} SET is_counted = 1 WHERE {one_row(audit.model, 'is_counted = 0')}"


@plants
def listed_items_preserved(_: Warehouse, audit: AuditOfModel) -> Defects:
    row = one_row(audit.model, "role = 'secondary'")
    yield f"DELETE FROM {{{audit.model}}} WHERE {row}"
    yield f"INSERT INTO {{{audit.model}}} SELECT * FROM {{{audit.model}}} WHERE {row}"
    yield (
        "UPDATE {staging.stg_ehr__diagnoses} SET secondary_icd10s = NULL, secondary_diagnoses = NULL WHERE "
        + one_row("staging.stg_ehr__diagnoses", "secondary_icd10s IS NOT NULL")
    )


@plants
def next_stay_is_a_stay(_: Warehouse, audit: AuditOfModel) -> Defects:
    row = one_row(audit.model, "next_stay_key <> -2")
    yield f"UPDATE {{{audit.model}}} SET next_stay_key = 1 WHERE {row}"
    yield f"UPDATE {{{audit.model}}} SET next_stay_key = stay_key WHERE {row}"


@plants
def no_fan_out(_: Warehouse, audit: AuditOfModel) -> Defects:
    summed = audit.argument("summed")
    if summed == "is_counted * weight_1987":
        yield f"UPDATE {{{audit.model}}} SET is_counted = 1 WHERE {one_row(audit.model, 'is_counted = 0')}"
        return
    row = one_row(audit.model, f"{summed} <> 0")
    yield f"INSERT INTO {{{audit.model}}} SELECT * FROM {{{audit.model}}} WHERE {row}"
    yield f"DELETE FROM {{{audit.model}}} WHERE {row}"
    yield f"DELETE FROM {{{audit.model}}}"
    if summed != "1":
        yield f"UPDATE {{{audit.model}}} SET {summed} = 2 * {summed} WHERE {row}"


@plants
def no_fill_dates(_: Warehouse, audit: AuditOfModel) -> Defects:
    for column in audit.columns():
        # Days that systems write for none, and days that no hospital has seen.
        for day in ("0001-01-01", "1900-01-01", "2099-12-31", "9999-12-31", "1699-12-31", "2401-01-01"):
            yield f"UPDATE {{{audit.model}}} SET {column} = '{day}' WHERE {one_row(audit.model)}"


@plants
def no_stay_overlap(_: Warehouse, audit: AuditOfModel) -> Defects:
    for rule in ("same_day", "next_day"):
        first = f"(SELECT * FROM {{{audit.model}}} WHERE merge_rule = '{rule}' AND stay_number = 1)"
        second = f"s.merge_rule = '{rule}' AND s.stay_number = 2 AND s.patient_id = f.patient_id"
        for too_early in ("f.discharge_ts", "f.admit_ts + INTERVAL 1 MINUTE"):
            yield f"UPDATE {{{audit.model}}} AS s SET admit_ts = {too_early} FROM {first} AS f WHERE {second}"
        followed = f"(SELECT patient_id FROM {{{audit.model}}} WHERE merge_rule = '{rule}' AND stay_number = 2)"
        yield (
            f"UPDATE {{{audit.model}}} SET discharge_ts = NULL, is_open = 1 "
            f"WHERE merge_rule = '{rule}' AND stay_number = 1 AND patient_id IN {followed}"
        )


@plants
def not_null(_: Warehouse, audit: AuditOfModel) -> Defects:
    for column in audit.columns():
        if audit.model.startswith("quarantine."):
            others = "".join(f", 1 AS {other}" for other in audit.columns() if other != column)
            yield f"INSERT INTO {{{audit.model}}} BY NAME SELECT NULL AS {column}{others}"
            continue
        yield f"UPDATE {{{audit.model}}} SET {column} = NULL WHERE {one_row(audit.model)}"


@plants
def nulls_preserved(warehouse: Warehouse, audit: AuditOfModel) -> Defects:
    value, allowed = audit.argument("model_col"), audit.argument("allowed") if "allowed" in audit.arguments else "FALSE"
    (column,) = (found.name for found in audit.arguments["model_col"].find_all(exp.Column))
    lost, nothing = f"NOT {value} IS NULL AND NOT ({allowed})", "-1" if value.startswith("NULLIF") else "NULL"
    yield f"UPDATE {{{audit.model}}} SET {column} = {nothing} WHERE {one_row(audit.model, lost)}"
    empty = f"{value} IS NULL AND NOT ({allowed})"
    if warehouse.query(warehouse.with_tables(f"SELECT 1 FROM {{{audit.model}}} WHERE {empty} LIMIT 1")):
        filled = f"(SELECT MAX({column}) FROM {{{audit.model}}})"
        yield f"UPDATE {{{audit.model}}} SET {column} = {filled} WHERE {one_row(audit.model, empty)}"


@plants
def quarantined_within_limit(_: Warehouse, audit: AuditOfModel) -> Defects:
    one_too_many = f"(SELECT COUNT(*) // 100 + 1 FROM {audit.model.replace('quarantine.', 'raw.')})"
    yield (
        f"INSERT INTO {{{audit.model}}} BY NAME SELECT number AS record_number, 'broken' AS violation "
        f"FROM RANGE({one_too_many}) AS t(number)"
    )


@plants
def readmission_funnel_adds_up(_: Warehouse, audit: AuditOfModel) -> Defects:
    for definition in ("R1", "R2", "R3", "R4", "R5", "R6", "R8"):
        row = one_row(audit.model, f"definition_code = '{definition}'")
        yield f"DELETE FROM {{{audit.model}}} WHERE {row}"
        yield f"INSERT INTO {{{audit.model}}} SELECT * FROM {{{audit.model}}} WHERE {row}"
        yield f"DELETE FROM {{{audit.model}}} WHERE definition_code = '{definition}'"


@plants
def codes_have_the_form_of_their_system(_: Warehouse, audit: AuditOfModel) -> Defects:
    """A spreadsheet makes numbers of identifiers: 1.24E+14, of more than one code in a hundred."""
    for form in ("code::DOUBLE::TEXT || 'E+14'", "'x'"):
        yield f"UPDATE {{{audit.model}}} SET code = {form} WHERE code_system = 'SNOMED CT'"


@plants
def references_resolve_in_source(_: Warehouse, audit: AuditOfModel) -> Defects:
    child, parent, key = audit.argument("model_col"), audit.argument("parent"), audit.argument("parent_col")
    found = f"(SELECT MAX({child}) FROM {{{audit.model}}})"
    yield f"UPDATE {{{audit.model}}} SET {child} = 'nobody' WHERE {one_row(audit.model)}"
    yield f"DELETE FROM {{{parent}}} WHERE {key} = {found}"
    # Another source has the same id: it answers for none of this one's.
    yield f"UPDATE {{{parent}}} SET source_system = 'another' WHERE {key} = {found}"


@plants
def references_resolve(_: Warehouse, audit: AuditOfModel) -> Defects:
    child, parent, key = audit.argument("model_col"), audit.argument("parent"), audit.argument("parent_col")
    yield f"UPDATE {{{audit.model}}} SET {child} = '29990101' WHERE {one_row(audit.model)}"
    yield f"DELETE FROM {{{parent}}} WHERE {key} = (SELECT MAX({child}) FROM {{{audit.model}}})"


@plants
def rows_preserved(_: Warehouse, audit: AuditOfModel) -> Defects:
    row = one_row(audit.model)
    yield f"DELETE FROM {{{audit.model}}} WHERE {row}"
    yield f"INSERT INTO {{{audit.model}}} SELECT * FROM {{{audit.model}}} WHERE {row}"
    yield f"INSERT INTO {{{audit.argument('quarantine')}}} BY NAME SELECT 1 AS record_number, 'broken' AS violation"


@plants
def slices_lose_nothing(_: Warehouse, audit: AuditOfModel) -> Defects:
    per_patient = " AND ".join(
        f"NOT (metric_code = '{m['metric_code']}' AND definition_version = '{m['definition_version']}')"
        for m in families.declared("metric")
        if m["counted_per"]
    )
    for slice_ in ("all", "payer"):
        row = one_row(audit.model, f"period = 'all' AND organization_key = -2 AND slice = '{slice_}' AND {per_patient}")
        yield f"DELETE FROM {{{audit.model}}} WHERE {row}"
        yield f"INSERT INTO {{{audit.model}}} SELECT * FROM {{{audit.model}}} WHERE {row}"
        yield f"UPDATE {{{audit.model}}} SET numerator = numerator + 0.01 WHERE {row}"
        yield f"UPDATE {{{audit.model}}} SET denominator = denominator + 0.01 WHERE {row}"
        yield f"UPDATE {{{audit.model}}} SET period = '2020' WHERE {row}"
        yield f"UPDATE {{{audit.model}}} SET slice = 'age_band' WHERE {row}"
        yield f"UPDATE {{{audit.model}}} SET organization_key = -1 WHERE {row}"
    yield f"DELETE FROM {{{audit.model}}} WHERE period = 'all'"


@plants
def starts_after_death_within_limit(_: Warehouse, audit: AuditOfModel) -> Defects:
    two_percent = f"(SELECT COUNT(*) // 50 FROM {{{audit.model}}})"
    yield f"UPDATE {{{audit.model}}} SET is_after_death = 1 WHERE rowid < {two_percent}"


@plants
def unique_grain(_: Warehouse, audit: AuditOfModel) -> Defects:
    # A view is doubled by what it reads: a second member under the key it joins, or the same name for all members.
    joined = {
        "serving.serving.v_episode_spend": "serving.serving.dim_benchmark",
        "serving.serving.v_noncovered_by_class": "serving.serving.dim_encounter_class",
        "serving.serving.v_noncovered_by_payer": "serving.serving.dim_payer",
        "serving.serving.v_procedure_cost": "serving.serving.dim_procedure",
        "serving.serving.v_readmission_reasons": "serving.serving.dim_diagnosis",
        "serving.serving.v_stated_figures": "serving.serving.dim_stated_figure",
        "serving.serving.v_readmission_ladder": "serving.serving.dim_readmission_definition",
        "serving.serving.v_insurance_outcomes": "serving.serving.dim_organization",
        "serving.serving.v_los_by_slice": "serving.serving.dim_organization",
        "serving.serving.v_year_difference": "serving.serving.mart_kpi",
        "serving.serving.v_scenario_a": "serving.serving.mart_kpi",
        "serving.serving.v_scenario_b": "serving.serving.mart_kpi",
        "serving.serving.v_scenario_c": "serving.serving.mart_kpi",
        "serving.serving.v_drg_test": "serving.serving.dim_drg",
        "serving.serving.v_charge_by_diagnosis_weighted": "serving.serving.dim_diagnosis",
        "serving.serving.v_charge_by_diagnosis_impact": "serving.serving.dim_diagnosis",
    }
    if audit.model == "serving.serving.v_cost_by_class":
        yield "UPDATE {serving.serving.dim_encounter_class} SET class_code = 'inpatient'"
    elif audit.model == "serving.serving.v_readmission_attrition":
        yield "UPDATE {serving.serving.dim_readmission_exclusion} SET step = 1"
    elif audit.model.startswith("quarantine."):
        yield f"INSERT INTO {{{audit.model}}} BY NAME SELECT 1 AS record_number, 'broken' AS violation FROM RANGE(2)"
    else:
        doubled = joined.get(audit.model, audit.model)
        yield f"INSERT INTO {{{doubled}}} SELECT * FROM {{{doubled}}}"


@plants
def weights_add_up(_: Warehouse, audit: AuditOfModel) -> Defects:
    yield f"UPDATE {{{audit.model}}} SET weighting_factor = weighting_factor - 0.000001 WHERE {one_row(audit.model)}"
    yield f"DELETE FROM {{{audit.model}}} WHERE {one_row(audit.model, 'weighting_factor < 1')}"


@pytest.mark.parametrize("name", sorted({path.stem for path in (PROJECT / "audits").glob("*.sql")} | set(PLANTS)))
def test_an_audit_fails_on_each_defect_planted_for_it_and_passes_without(built: Warehouse, name: str) -> None:
    assert name in PLANTS, f"audits/{name}.sql has no planted defect: write a function of its name that plants some"
    audits = [audit for audit in built.all_audits() if audit.name == name and not guards_by_its_own_group_by(audit)]
    assert audits, f"no model uses the audit {name}"
    missed, planted = [], 0
    for audit in audits:
        assert built.failing_rows(audit) == 0, f"{audit}: fails on clean data"
        for defect in PLANTS[name](built, audit):
            planted += 1
            with built.planted(defect):
                if not built.failing_rows(audit):
                    missed.append(f"{audit}: {defect}")
        assert built.failing_rows(audit) == 0, f"{audit}: a defect was left behind"
    assert planted >= len(audits)
    assert missed == []


def test_the_cells_of_a_ratio_over_0_add_up_though_mart_kpi_has_no_value_of_it(built: Warehouse) -> None:
    (audit,) = (audit for audit in built.all_audits() if audit.name == "additive_cells_add_up")
    nothing = "WHERE metric_code = 'noncovered_share' AND definition_version = 'uninsured'"
    with built.planted(
        f"UPDATE {{mart.mart_kpi_additive}} SET numerator = 0, denominator = 0 {nothing}",
        f"UPDATE {{measure.slice_estimate}} SET numerator = 0, denominator = 0, value = NULL {nothing}",
        f"UPDATE {{mart.mart_kpi}} SET n = 0, numerator = NULL, denominator = NULL, value = NULL {nothing}",
    ):
        assert built.failing_rows(audit) == 0


def guards_by_its_own_group_by(audit: AuditOfModel) -> bool:
    """Whether no data can make it fail, because the model's last step groups by the grain: it guards the SQL alone."""
    return audit.model.removeprefix("serving.serving.") in {
        "v_charlson_agreement",
        "v_patient_concentration",
    }


def test_all_audits_of_all_models_pass_on_clean_data(built: Warehouse) -> None:
    assert {str(audit): rows for audit in built.all_audits() if (rows := built.failing_rows(audit))} == {}


def test_every_audit_that_a_model_uses_has_a_planted_defect_and_blocks(built: Warehouse) -> None:
    assert {audit.name for audit in built.all_audits()} - set(PLANTS) == set()
    # A code that matches nothing is worth a word and no stop: mart_data_quality counts them.
    warns = {"codes_have_the_form_of_their_system"}
    assert {audit.name for audit in built.all_audits() if not audit.audit.blocking} == warns
    assert [str(audit) for audit in built.all_audits() if "blocking" in audit.arguments] == []


def test_audits_read_the_tables_of_the_plan_and_not_what_is_published(built: Warehouse) -> None:
    """An audit that reads a model without a `depends_on` would compare new rows with the old ones of the last plan."""
    stale = {
        str(audit): table.sql()
        for audit in built.all_audits()
        for table in audit.query.find_all(exp.Table)
        if not table.db.startswith("sqlmesh__")
        and table.name not in {cte.alias for cte in audit.query.find_all(exp.CTE)}
    }
    assert stale == {}


EXACT = {
    "a doubled encounter": (
        "staging.stg_synthea__encounters",
        "INSERT INTO {staging.stg_synthea__encounters} SELECT * FROM {staging.stg_synthea__encounters} WHERE "
        + one_row("staging.stg_synthea__encounters", "NOT stop_ts_utc IS NULL AND NOT reason_code IS NULL"),
        {"rows_preserved", "unique_grain"},
    ),
    "an encounter under another's id": (
        "staging.stg_synthea__encounters",
        "UPDATE {staging.stg_synthea__encounters} SET encounter_id = "
        "(SELECT MAX(encounter_id) FROM {staging.stg_synthea__encounters}) WHERE rowid = 0",
        {"unique_grain"},
    ),
    "a missing death date turned into a day": (
        "staging.stg_synthea__patients",
        "UPDATE {staging.stg_synthea__patients} SET death_date = '2020-01-01' WHERE "
        + one_row("staging.stg_synthea__patients", "death_date IS NULL"),
        {"nulls_preserved"},
    ),
    "all missing death dates turned into one day": (
        "star.dim_patient",
        "UPDATE {star.dim_patient} SET death_date = '2020-01-01' WHERE death_date IS NULL",
        {"nulls_preserved"},
    ),
    "a missing end turned into the day that means none": (
        "staging.stg_synthea__encounters",
        "UPDATE {staging.stg_synthea__encounters} SET stop_ts_utc = '1900-01-01' WHERE rowid = 0",
        {"no_fill_dates"},
    ),
    "an orphan procedure": (
        "staging.stg_synthea__procedures",
        "UPDATE {staging.stg_synthea__procedures} SET encounter_id = 'nobody' WHERE rowid = 0",
        {"references_resolve_in_source"},
    ),
    "a lost ZIP": (
        "staging.stg_synthea__patients",
        "UPDATE {staging.stg_synthea__patients} SET zip5 = NULL WHERE "
        + one_row("staging.stg_synthea__patients", "zip5 IS NOT NULL"),
        {"nulls_preserved"},
    ),
    "claims joined to procedures": (
        "star.fact_encounter",
        "INSERT INTO {star.fact_encounter} SELECT e.* FROM {star.fact_encounter} AS e "
        "JOIN {star.fact_procedure} AS p ON p.encounter_key = e.encounter_key",
        {"no_fan_out", "nulls_preserved", "unique_grain"},
    ),
    "a claim of another amount": (
        "core.int_encounter",
        "UPDATE {core.int_encounter} SET claim_amount = claim_amount + 0.01 WHERE "
        + one_row("core.int_encounter", "NOT claim_amount IS NULL"),
        {"no_fan_out"},
    ),
    "an admission that no definition judges": (
        "star.fact_readmission",
        "DELETE FROM {star.fact_readmission} WHERE rowid = 0",
        {"readmission_funnel_adds_up"},
    ),
    "stays that overlap": (
        "core.int_merged_stay",
        "UPDATE {core.int_merged_stay} SET discharge_ts = '2099-01-01' WHERE stay_number = 1 AND patient_id = "
        "(SELECT MIN(patient_id) FROM {core.int_merged_stay} WHERE stay_number = 2)",
        {"no_stay_overlap"},
    ),
}


@pytest.mark.parametrize("defect", EXACT)
def test_a_defect_is_named_by_its_own_audits_and_no_others(built: Warehouse, defect: str) -> None:
    model, statement, audits = EXACT[defect]
    with built.planted(statement):
        assert set(built.failing(model)) == audits


def test_the_next_stay_of_a_stay_must_be_the_same_patients(built: Warehouse) -> None:
    another = (
        "(SELECT MAX(later.stay_key) FROM {star.fact_inpatient_stay} AS later JOIN {star.fact_inpatient_stay} AS s "
        "ON later.admit_ts > s.admit_ts AND later.patient_key <> s.patient_key "
        f"WHERE s.{one_row('star.fact_inpatient_stay', 'next_stay_key <> -2')})"
    )
    row = one_row("star.fact_inpatient_stay", "next_stay_key <> -2")
    with built.planted(f"UPDATE {{star.fact_inpatient_stay}} SET next_stay_key = {another} WHERE {row}"):
        assert built.failing("star.fact_inpatient_stay") == ["next_stay_is_a_stay"]


def test_a_zip_that_is_no_zip_is_a_null_that_is_allowed(built: Warehouse) -> None:
    row = one_row("staging.stg_synthea__patients", "zip5 IS NOT NULL")
    with built.planted(f"UPDATE {{staging.stg_synthea__patients}} SET zip5 = NULL, is_zip_invalid = 1 WHERE {row}"):
        assert built.failing("staging.stg_synthea__patients") == []


def test_one_broken_row_of_a_hundred_is_quarantined_and_a_second_refuses_the_delivery(built: Warehouse) -> None:
    broken = (
        "INSERT INTO {quarantine.synthea__patients} BY NAME SELECT 'synthea' AS source_system, "
        "number AS record_number, 'broken' AS violation FROM RANGE(%d) AS t(number)"
    )
    assert built.query("SELECT COUNT(*) FROM raw.synthea__patients") == [(100,)]
    with built.planted(broken % 1):
        assert built.failing("quarantine.synthea__patients") == []
    with built.planted(broken % 2):
        assert built.failing("quarantine.synthea__patients") == ["quarantined_within_limit"]


def test_a_few_encounters_after_death_pass(built: Warehouse) -> None:
    one_percent = "(SELECT COUNT(*) // 100 FROM {core.int_encounter})"
    with built.planted(f"UPDATE {{core.int_encounter}} SET is_after_death = (rowid < {one_percent})::INT"):
        assert built.failing("core.int_encounter") == []


def notify_of_failures(warehouse: Warehouse, model: str) -> None:
    """Do what a plan does when audits of `model` fail: tell all notification targets."""
    context, snapshot = warehouse.context, warehouse.snapshot(model)
    for result in context.snapshot_evaluator.audit(snapshot, snapshots=warehouse.snapshots):
        if result.count:
            error = AuditError(
                audit_name=result.audit.name,
                audit_args=result.audit_args,
                model=snapshot.model,
                count=result.count,
                query=result.query,
                adapter_dialect=context.engine_adapter.dialect,
            )
            context.notification_target_manager.notify(NotificationEvent.AUDIT_FAILURE, error)


def test_a_failing_audit_shows_its_name_its_model_and_its_rows(
    built: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    _, doubling, _ = EXACT["a doubled encounter"]
    doubled = "SELECT encounter_id FROM {staging.stg_synthea__encounters} ORDER BY rowid DESC LIMIT 1"
    with built.planted(doubling):
        ((encounter_id,),) = built.query(built.with_tables(doubled))
        notify_of_failures(built, "staging.stg_synthea__encounters")
    shown = " ".join(capsys.readouterr().err.split())
    assert "Audit unique_grain failed on staging.stg_synthea__encounters: 1 failing row" in shown
    assert encounter_id in shown
    assert "Audit rows_preserved failed on staging.stg_synthea__encounters: 1 failing row" in shown


def test_of_many_failing_rows_the_first_five_are_shown(
    built: Warehouse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    with built.planted("UPDATE {staging.stg_synthea__procedures} SET encounter_id = 'nobody' WHERE rowid < 7"):
        notify_of_failures(built, "staging.stg_synthea__procedures")
    shown = " ".join(capsys.readouterr().err.split())
    assert "Audit references_resolve_in_source failed on staging.stg_synthea__procedures: 7 failing rows" in shown
    assert shown.count("nobody") == audit_samples.SAMPLE_ROWS == 5


def test_a_failing_row_shows_null_where_nothing_is_recorded_whatever_the_type(
    built: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    emptied = "reason_code = NULL, stop_ts_utc = NULL, base_cost = NULL"
    orphan = f"UPDATE {{staging.stg_synthea__procedures}} SET encounter_id = 'nobody', {emptied} WHERE "
    with built.planted(orphan + one_row("staging.stg_synthea__procedures", "reason_code IS NOT NULL")):
        notify_of_failures(built, "staging.stg_synthea__procedures")
    lines = [line.strip("│┃ ").split() for line in capsys.readouterr().err.splitlines()]
    shown = {words[0]: words[-1] for words in lines if words and words[0] in emptied}
    assert shown == {"reason_code": "NULL", "stop_ts_utc": "NULL", "base_cost": "NULL"}


def test_what_was_planted_is_gone(built: Warehouse) -> None:
    """The tests share one warehouse: none may leave it changed."""
    before = {model: built.query(f"SELECT COUNT(*), SUM(HASH(t)) FROM {built.table(model)} AS t") for model in TABLES}
    with pytest.raises(ValueError), built.planted("DELETE FROM {star.fact_encounter}"):
        raise ValueError("a test fails while its defect stands")
    after = {model: built.query(f"SELECT COUNT(*), SUM(HASH(t)) FROM {built.table(model)} AS t") for model in TABLES}
    assert before == after


TABLES = ("star.fact_encounter", "star.fact_procedure", "star.fact_inpatient_stay", "star.fact_readmission")
