"""What YAML unit tests cannot say of the models: what raw reads in files, and what the project as a whole keeps to."""

from __future__ import annotations

import csv
import hashlib
import importlib
import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlglot import exp
from sqlmesh.core.constants import SQLMESH_VARS
from sqlmesh.core.dialect import parse
from sqlmesh.core.linter.rule import Rule
from sqlmesh.core.macros import MacroEvaluator
from sqlmesh.core.model import Model, load_sql_based_model

from contract_sql import raw_model
from engine import Engine, read_by
from loader import contracts
from loader.settings import PROJECT
from macros.contracts import _checks_of_contract
from publisher.publish import PublishKind
from road import PACKAGES
from warehouse_fixtures import ALL_FAMILIES, Warehouse, built, land, load
from workbench import families

__all__ = ["built"]

# The project


@pytest.fixture(scope="module")
def house_rules(built: Warehouse) -> dict[str, Rule]:
    """Our own lint rules by name; config.py has put the project on Python's path."""
    module = importlib.import_module("linter.house_rules")
    rules = {name: rule for name, rule in vars(module).items() if isinstance(rule, type) and issubclass(rule, Rule)}
    return {name: rule(built.context) for name, rule in rules.items() if rule is not Rule}


def test_all_models_keep_to_the_lint_rules(built: Warehouse, house_rules: dict[str, Rule]) -> None:
    violations = built.context.lint_models(raise_on_error=False)
    assert [f"{violation.rule.name}: {violation.violation_msg}" for violation in violations] == []
    assert {rule.name for rule in house_rules.values()} <= built.context.config.linter.rules


GOOD = """/* One row per day. */
MODEL (
  name {name},
  kind FULL,
  dialect duckdb,
  {gateway}
  grain day,
  description 'Days.',
  column_descriptions (
    day = 'The day.'
  )
);

SELECT
  '2020-01-01'::DATE AS day
"""


def model_of(tmp_path: Path, text: str, name: str = "star.planted", gateway: str = "") -> Model:
    file = tmp_path / "planted.sql"
    file.write_text(text.format(name=name, gateway=gateway), encoding="utf-8")
    expressions = parse(file.read_text(encoding="utf-8"), default_dialect="duckdb")
    return load_sql_based_model(expressions, path=file, dialect="duckdb")


BAD = [
    ("GrainIsStated", "  grain day,\n", "", "grain"),
    ("FirstLineSaysOneRow", "/* One row per day. */", "/* Days. */", "One row per"),
    ("FirstLineSaysOneRow", "/* One row per day. */\n", "", "One row per"),
    ("PublishedNameIsShort", "{name}", "{name}_" + "x" * 31, "37 characters"),
    ("PublishedColumnsAreDescribed", "    day = 'The day.'\n", "    dai = 'The day.'\n", "dai, day"),
    ("PublishedColumnsAreDescribed", "::DATE AS day", "::DATE AS day, 1 AS number", "number"),
]
"""Faults to plant in a good model: the rule, what is replaced by what, and what the rule must say."""


@pytest.mark.parametrize(("rule", "sound", "fault", "said"), BAD)
def test_a_lint_rule_says_what_is_wrong_with_a_bad_model(
    house_rules: dict[str, Rule], tmp_path: Path, rule: str, sound: str, fault: str, said: str
) -> None:
    assert sound in GOOD
    published = {"name": "serving.v_day", "gateway": "gateway serving,"}
    assert house_rules[rule].check_model(model_of(tmp_path, GOOD, **published)) is None
    violation = house_rules[rule].check_model(model_of(tmp_path, GOOD.replace(sound, fault), **published))
    assert violation is not None
    assert said in violation.violation_msg


def test_a_name_of_36_characters_may_be_published_and_a_longer_one_may_stay_in_duckdb(
    house_rules: dict[str, Rule], tmp_path: Path
) -> None:
    rule = house_rules["PublishedNameIsShort"]
    assert rule.check_model(model_of(tmp_path, GOOD, name="serving.v_" + "x" * 34, gateway="gateway serving,")) is None
    assert rule.check_model(model_of(tmp_path, GOOD, name="star.dim_" + "x" * 40)) is None


def test_every_lint_rule_of_ours_is_tried_on_a_bad_model(house_rules: dict[str, Rule]) -> None:
    assert house_rules.keys() == {rule for rule, *_ in BAD}


def published(built: Warehouse) -> dict[str, Model]:
    return {name: model for name, model in built.models.items() if name.startswith(("star.", "mart.", "serving."))}


def test_every_published_model_says_its_grain_what_it_is_and_what_its_columns_mean(built: Warehouse) -> None:
    for name, model in published(built).items():
        assert model.grains, name
        columns = set(model.columns_to_types)
        assert {column.name for grain in model.grains for column in grain.find_all(exp.Column)} <= columns, name
        if model.kind.name == "CUSTOM":
            # A copy in MySQL takes its words from the star model that it copies, and from nothing else.
            (source,) = model.depends_on
            model = built.context.get_model(source, raise_if_missing=True)
            columns -= {
                row["former_name"] for row in seed_rows("former_column") if name.endswith(row["published_table"])
            }
        assert model.description, name
        assert {column for column, text in model.column_descriptions.items() if text.strip()} == columns, name


def test_every_table_of_the_star_is_published_under_its_own_name_and_grain(built: Warehouse) -> None:
    names = families.published_names()
    assert {name for name in built.models if name.startswith(("star.", "mart."))} <= names.keys()
    copies = {
        name.split(".")[2]: model
        for name, model in built.models.items()
        if name.startswith("serving.") and model.kind.name == "CUSTOM"
    }
    assert copies.keys() == set(names.values())
    for model, name in names.items():
        assert columns_of(copies[name].grains) == columns_of(built.models[model].grains), name


def columns_of(expressions: list[exp.Expression]) -> set[str]:
    return {column.name for expression in expressions for column in expression.find_all(exp.Column)}


def tables(built: Warehouse) -> dict[str, Model]:
    """The models that DuckDB keeps rows of. A view has none of its own: what is built from it is audited."""
    kept = {name: model for name, model in built.models.items() if not name.startswith(("raw.", "serving."))}
    return {name: model for name, model in kept.items() if not model.kind.is_view and not model.kind.is_embedded}


def is_summed_by_patient(model: str) -> bool:
    """Whether it groups by its grain in its last step: slices_lose_nothing counts its rows, slice_estimate its keys."""
    return re.fullmatch(r"measure\.\w+_slice", model) is not None


def test_the_grain_of_every_built_model_is_audited_to_be_unique(built: Warehouse) -> None:
    for name, model in tables(built).items():
        if is_summed_by_patient(name):
            continue
        unique = [set(audit.columns()) for audit in built.audits(name) if audit.name == "unique_grain"]
        assert columns_of(model.grains) in unique, name


def test_the_grain_of_every_built_model_is_audited_to_be_not_null(built: Warehouse) -> None:
    """A procedure may have no end, and a diagnosis no day; their models leave these out of not_null."""
    unguarded = {}
    for name, model in tables(built).items():
        if is_summed_by_patient(name):
            continue
        audits = [audit for audit in built.audits(name) if audit.name == "not_null"]
        unguarded[name] = columns_of(model.grains) - {column for audit in audits for column in audit.columns()}
    assert {name: columns for name, columns in unguarded.items() if columns} == {
        "staging.stg_synthea__procedures": {"stop_ts_utc"},
        "core.int_patient_diagnosis": {"onset_date"},
    }


def test_no_model_or_audit_joins_texts_by_concat_which_nulls_would_empty(built: Warehouse) -> None:
    functions = (exp.Concat, exp.ConcatWs)
    rendered = {name: model.render_query() for name, model in built.models.items() if model.is_sql}
    rendered |= {str(audit): audit.query for audit in built.all_audits()}
    assert len(rendered) > 200
    assert {name for name, query in rendered.items() if query is None} == set()
    assert {name: found.sql() for name, query in rendered.items() for found in query.find_all(*functions)} == {}


def test_sqlglot_still_empties_concat_ws_where_a_part_is_null() -> None:
    """When this fails SQLGlot is mended, and macros/contracts.py may say CONCAT_WS."""
    query = "SELECT CONCAT_WS('; ', a, b) AS text FROM (SELECT 'u' AS a, NULL AS b)"
    model = load_sql_based_model(parse(f"MODEL (name x.y, dialect duckdb); {query}"), dialect="duckdb")
    with duckdb.connect() as con:
        assert con.execute(query).fetchone() == ("u",)
        assert con.execute(model.render_query_or_raise().sql("duckdb")).fetchone() == (None,)


def test_only_what_is_taken_out_with_it_reads_the_reproduction(built: Warehouse) -> None:
    """What the reference projects did is there to compare with; nothing that we compute depends on it."""
    folder = PROJECT / "models" / "reproduction"
    subjects = {row["subject"] for row in families.declared("metric_subject")}
    subjects -= {row["subject"] for row in families.seed("metric_subject")}
    generated = {f"measure.{subject}_observation" for subject in subjects}
    generated |= {f"serving.serving.{row['published_table']}" for row in families.seed("reproduction/published_table")}
    reading = {
        name
        for name, model in built.models.items()
        if not model._path.is_relative_to(folder)
        and any(table.db == "reproduction" for table in map(exp.to_table, model.depends_on))
    }
    with_seeds = {"reference.metric", "reference.readmission_definition", "reference.readmission_exclusion"}
    assert reading == with_seeds | generated
    for name in with_seeds:
        assert "@WITH_REPRODUCTION(" in built.models[name]._path.read_text(encoding="utf-8"), name
    named = {
        file.relative_to(PROJECT).as_posix()
        for part in ("audits", "macros", "models", *PACKAGES, "dashboard")
        for file in (PROJECT / part).rglob("*.sql")
        if not file.is_relative_to(folder) and "reproduction." in file.read_text(encoding="utf-8")
    }
    assert named == {f"models/{name.replace('.', '/')}.sql" for name in with_seeds}


# What was built


def digest(*parts: str) -> int:
    """The key of a natural key, by another hand than the models': 13 hexadecimal digits of its MD5."""
    return int(hashlib.md5("|".join(parts).encode()).hexdigest()[:13], 16)


@pytest.mark.parametrize(
    ("model", "key", "natural"),
    [
        ("star.dim_patient", "patient_key", "source_system, patient_id, '1900-01-01'"),
        ("star.dim_patient", "patient_durable_key", "source_system, patient_id"),
        ("star.dim_payer", "payer_key", "source_system, payer_id"),
        ("star.dim_organization", "organization_key", "source_system, organization_id"),
        ("star.dim_encounter_class", "class_key", "class_code"),
        ("star.dim_encounter_type", "type_key", "code_system, type_code, type_description"),
        ("star.dim_procedure", "procedure_key", "code_system, procedure_code, procedure_description"),
        ("star.dim_diagnosis", "diagnosis_key", "code_system, code"),
        ("star.fact_encounter", "encounter_key", "source_system, encounter_id"),
    ],
)
def test_a_key_is_52_bits_of_its_natural_keys_digest(built: Warehouse, model: str, key: str, natural: str) -> None:
    rows = built.query(f"SELECT {key}, {natural} FROM {model} WHERE {key} > 0")
    assert rows
    assert [row for row in rows if row[0] != digest(*row[1:])] == []
    assert max(row[0] for row in rows) < 2**52
    if model.startswith("star.dim_"):
        assert built.query(f"SELECT {key} FROM {model} WHERE {key} < 0 ORDER BY 1 DESC") == [(-1,), (-2,), (-3,)]


def test_the_calendar_has_every_day_of_two_centuries(built: Warehouse) -> None:
    assert built.query("SELECT COUNT(*), MIN(full_date)::TEXT, MAX(full_date)::TEXT FROM star.dim_date") == [
        (73_049, "1900-01-01", "2099-12-31")
    ]
    assert built.query("SELECT date_key, full_date::TEXT FROM star.dim_date WHERE is_sentinel = 1 ORDER BY 1") == [
        (-1, "1900-01-01"),
        (99991231, "2099-12-31"),
    ]
    columns = "year, year_label, quarter, month, month_name, year_month, week_iso, day_of_week, is_weekend"
    days = "20200229, 20210103, 20240401"
    assert built.query(f"SELECT date_key, {columns} FROM star.dim_date WHERE date_key IN ({days}) ORDER BY 1") == [
        (20200229, 2020, "2020", 1, 2, "February", 202002, 9, 6, 1),
        (20210103, 2021, "2021", 1, 1, "January", 202101, 53, 7, 1),
        (20240401, 2024, "2024", 2, 4, "April", 202404, 14, 1, 0),
    ]


def test_age_bands_cover_every_age_once_in_each_scheme(built: Warehouse) -> None:
    for scheme in ("decade", "mesh", "cms", "senior"):
        bands = built.query(
            f"SELECT min_age, max_age FROM star.dim_age_band WHERE scheme = '{scheme}' ORDER BY sort_order"
        )
        assert [age for low, high in bands for age in range(low, high + 1)] == list(range(151)), scheme


def test_a_class_that_is_delivered_under_a_members_name_is_no_second_row_of_it(built: Warehouse) -> None:
    query = built.context.render("star.dim_encounter_class").sql("duckdb")
    with built.planted("UPDATE {core.int_encounter} SET class_code = 'unknown' WHERE rowid = 0"):
        assert built.query(f"SELECT class_code FROM ({query}) GROUP BY 1 HAVING COUNT(*) > 1") == []


# Raw, quarantine and staging on files as they come


def deliver(folder: Path, **tables: list[dict[str, str]]) -> Path:
    """Write a CSV file a table, with all columns of its contract; a column that a row does not name is empty."""
    folder.mkdir(parents=True)
    for table, rows in tables.items():
        columns = {column.name: column.header for column in contracts.load()[f"synthea__{table}"].columns}
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as lines:
            writer = csv.writer(lines)
            writer.writerow(columns.values())
            writer.writerows([row.get(name, "") for name in columns] for row in rows)
    return folder


ENCOUNTER = {"start": "2020-03-01T10:00:00Z", "patient": "p1"}


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The project on a delivery of awkward rows, and of no procedures and payers; its models are read as queries."""
    folder = tmp_path_factory.mktemp("landed")
    deliver(
        folder / "files",
        patients=[
            {"id": "p1", "birthdate": "1950-02-28", "lat": "42.1", "lon": "-71"},
            {"birthdate": "1950-02-28", "first": "no id"},
            {"id": "   ", "first": "an id of blanks"},
            {"id": "p4", "birthdate": "yesterday"},
            {"id": "p5", "birthdate": "1950-02-30"},
            {"id": "p6", "birthdate": "28/02/1950", "deathdate": "no", "lat": "north"},
            {"birthdate": "O'Clock", "lon": "far"},
            {"id": "p8", "birthdate": "  ", "deathdate": " ", "lat": ""},
            {"id": "p9", "first": "Root√2"},
        ],
        encounters=[
            {"id": "e1", **ENCOUNTER, "total_claim_cost": "100.10", "payer_coverage": "0"},
            {"id": "e2", **ENCOUNTER, "start": "2020-03-01 10:00:00", "stop": "2020-03-01T10:00:00+02:00"},
            {"id": "e3", **ENCOUNTER, "start": ""},
            {"id": "e4", **ENCOUNTER, "start": "2020-13-01T10:00:00Z"},
            {"id": "e5", **ENCOUNTER, "stop": "2020-03-01T25:00:00Z", "total_claim_cost": "1,000.00"},
            {"id": "e6", "start": "2020-03-01T10:00:00Z"},
            {"id": "e7", **ENCOUNTER, "payer_coverage": "9999999999999.99"},
        ],
        organizations=[{"id": "o1", "name": "Hospital", "zip": "02114"}, {"id": "o2", "lat": "42"}],
    )
    land(folder / "home", folder / "files")
    return load(folder / "home")


def rows_of(warehouse: Warehouse, model: str, columns: str) -> list[tuple[Any, ...]]:
    """Run the model's query, down to the landed table."""
    query = warehouse.context.render(model, expand=True).sql("duckdb")
    return warehouse.query(f"SELECT {columns} FROM ({query}) ORDER BY ALL")


def test_a_required_value_that_is_missing_breaks_the_contract(landed: Warehouse) -> None:
    violations = dict(rows_of(landed, "raw.synthea__patients", "record_number, violation"))
    assert violations[2] == "id is missing"
    assert violations[3] == "id is missing"
    assert dict(rows_of(landed, "raw.synthea__encounters", "id, violation"))["e3"] == "start is missing"
    assert dict(rows_of(landed, "raw.synthea__encounters", "id, violation"))["e6"] == "patient is missing"
    assert dict(rows_of(landed, "raw.synthea__organizations", "id, violation"))["o2"] == "name is missing"


def test_a_value_that_is_not_of_its_type_breaks_the_contract(landed: Warehouse) -> None:
    violations = dict(rows_of(landed, "raw.synthea__patients", "id, violation"))
    assert violations["p4"] == "birthdate 'yesterday' is not a valid DATE"
    assert violations["p5"] == "birthdate '1950-02-30' is not a valid DATE"
    violations = dict(rows_of(landed, "raw.synthea__encounters", "id, violation"))
    assert violations["e4"] == "start '2020-13-01T10:00:00Z' is not a valid TIMESTAMP"
    assert violations["e7"] == "payer_coverage '9999999999999.99' is not a valid DECIMAL(14, 2)"


def test_a_row_with_several_faults_names_each(landed: Warehouse) -> None:
    violations = dict(rows_of(landed, "raw.synthea__patients", "record_number, violation"))
    assert violations[6].split("; ") == [
        "birthdate '28/02/1950' is not a valid DATE",
        "deathdate 'no' is not a valid DATE",
        "lat 'north' is not a valid DECIMAL(9, 6)",
    ]
    assert violations[7].split("; ") == [
        "id is missing",
        "birthdate 'O'Clock' is not a valid DATE",
        "lon 'far' is not a valid DECIMAL(9, 6)",
    ]
    assert dict(rows_of(landed, "raw.synthea__encounters", "id, violation"))["e5"].split("; ") == [
        "stop '2020-03-01T25:00:00Z' is not a valid TIMESTAMP",
        "total_claim_cost '1,000.00' is not a valid DECIMAL(14, 2)",
    ]


def test_a_sound_row_breaks_nothing_and_a_mark_of_no_value_is_null(landed: Warehouse) -> None:
    columns = "record_number, id, birthdate, deathdate, lat, violation"
    rows = {row[0]: row[1:] for row in rows_of(landed, "raw.synthea__patients", columns)}
    assert rows[1] == ("p1", "1950-02-28", None, "42.1", None)
    assert rows[8] == ("p8", None, None, None, None)
    assert rows[3][0] is None


@pytest.mark.parametrize("moment", ["epoch", "infinity", " -infinity"])
def test_a_word_that_duckdb_reads_as_a_moment_is_no_date(landed: Warehouse, moment: str) -> None:
    (feed,) = landed.context.config.variables["deliveries"]["synthea__patients"]
    table = feed["landed"]
    with landed.planted(f"INSERT INTO landing.{table} (id, birthdate) VALUES ('planted', '{moment}')"):
        violations = dict(rows_of(landed, "raw.synthea__patients", "id, violation"))
    assert violations["planted"] == f"birthdate '{moment}' is not a valid DATE"


@pytest.mark.parametrize("latitude", ["nan", "inf", "4236.28"])
def test_a_latitude_that_the_star_cannot_hold_breaks_the_contract_and_not_the_build(
    landed: Warehouse, latitude: str
) -> None:
    (feed,) = landed.context.config.variables["deliveries"]["synthea__patients"]
    table = feed["landed"]
    with landed.planted(f"INSERT INTO landing.{table} (id, lat) VALUES ('planted', '{latitude}')"):
        assert ("planted", None) not in rows_of(landed, "raw.synthea__patients", "id, violation")


def test_a_contract_may_name_marks_of_no_value(landed: Warehouse) -> None:
    """`null_marks` is text from a TOML file: quotes in it are data."""
    contract = {
        "name": "source__table",
        "null_marks": ["", "N/A", "it's none"],
        "columns": [
            {"name": "id", "type": "VARCHAR", "required": True},
            {"name": "day", "type": "DATE", "required": False},
        ],
    }
    raw = raw_model(contract)
    columns = ", ".join(column.sql("duckdb") for column in raw["columns"].expressions)
    delivered = "('1', 'it''s none'), (' N/A ', '2020-01-01'), ('n/a', 'NULL')"
    assert landed.query(
        f"SELECT {columns}, {raw['violation'].sql('duckdb')} FROM (VALUES {delivered}) AS t(id, day)"
    ) == [
        ("1", None, None),
        (None, "2020-01-01", "id is missing"),
        ("n/a", "NULL", "day 'NULL' is not a valid DATE"),
    ]


WRITTEN = {
    "2020-03-01T23:30:00-04:00": "2020-03-01 23:30:00",
    "2020-03-01T23:30:00.999+0530": "2020-03-01 23:30:00",
    "2020-03-02T04:30:00Z": "2020-03-01 23:30:00",
    "2020-03-02T04:30:00.5+00:00": "2020-03-01 23:30:00",
    "2020-03-02T04:30:00": "2020-03-01 23:30:00",
    " 2020-03-01 ": "2020-03-01 00:00:00",
    None: None,
}
"""Times as written, and as the clock showed that wrote them, or that of a hospital in New York."""


@pytest.mark.parametrize("text", WRITTEN)
def test_a_time_is_read_by_the_clock_that_wrote_it(text: str | None) -> None:
    evaluator = MacroEvaluator(dialect="duckdb")
    evaluator.locals[SQLMESH_VARS] = {"hospital_timezone": "America/New_York"}
    written_time = importlib.import_module("macros.cleaning").written_time
    query = f"SELECT ({written_time(evaluator, exp.column('written'))})::TEXT FROM (SELECT $1::TEXT AS written)"
    assert duckdb.execute(query, [text]).fetchall() == [(WRITTEN[text],)]


def test_quarantine_holds_the_broken_rows_and_staging_the_others(landed: Warehouse) -> None:
    for table, broken in {"patients": 6, "encounters": 5, "organizations": 1, "payers": 0}.items():
        ((raw,),) = rows_of(landed, f"raw.synthea__{table}", "COUNT(*)")
        quarantined = rows_of(landed, f"quarantine.synthea__{table}", "record_number, violation")
        ((staged,),) = rows_of(landed, f"staging.stg_synthea__{table}", "COUNT(*)")
        assert len(quarantined) == broken, table
        assert all(violation for _, violation in quarantined), table
        assert raw == staged + broken, table


def test_quarantine_keeps_the_row_as_it_was_delivered(landed: Warehouse) -> None:
    rows = rows_of(landed, "quarantine.synthea__patients", "record_number, id, birthdate, deathdate, lat")
    assert (6, "p6", "28/02/1950", "no", "north") in rows


def test_staging_reads_what_landed(landed: Warehouse) -> None:
    assert rows_of(
        landed, "staging.stg_synthea__encounters", "encounter_id, start_ts_utc::TEXT, stop_ts_utc::TEXT"
    ) == [
        ("e1", "2020-03-01 10:00:00", None),
        ("e2", "2020-03-01 10:00:00", "2020-03-01 08:00:00"),
    ]
    assert rows_of(landed, "staging.stg_synthea__organizations", "organization_id, zip5") == [("o1", "02114")]


def test_a_text_in_which_no_letter_was_repaired_is_not_called_repaired(landed: Warehouse) -> None:
    rows = rows_of(landed, "staging.stg_synthea__patients", "patient_id, first_name, is_text_repaired")
    assert ("p9", "Root√2", 0) in rows


@pytest.mark.parametrize("table", ["procedures", "payers"])
def test_a_source_that_nobody_delivered_is_an_empty_table_of_its_columns(landed: Warehouse, table: str) -> None:
    contract = contracts.load()[f"synthea__{table}"]
    query = landed.context.render(f"raw.{contract.name}", expand=True).sql("duckdb")
    described = {column: kind for column, kind, *_ in landed.query(f"DESCRIBE {query}")}
    columns = ["source_system", "record_number", *(column.name for column in contract.columns), "violation"]
    assert list(described) == columns
    assert {kind for column, kind in described.items() if column != "record_number"} == {"VARCHAR"}
    assert landed.query(query) == []
    assert rows_of(landed, f"staging.stg_{contract.name}", "*") == []


@pytest.mark.long
def test_every_model_builds_where_sources_are_absent_and_no_audit_fails_for_it(landed: Warehouse) -> None:
    for model in filter(None, map(landed.context.get_model, landed.context.dag.sorted)):
        if model.kind.is_embedded:
            continue
        # What a plan does, without its versions: each table under its model's own name, in the order of the graph.
        table = exp.to_table(model.fqn)
        landed.query(f"CREATE SCHEMA IF NOT EXISTS {table.catalog}.{table.db}")
        query = landed.context.render(model)
        landed.context.engine_adapter.ctas(table, query, model.columns_to_types_or_raise)
    assert landed.query("SELECT COUNT(*) FROM serving.serving.fact_encounter") == [(2,)]
    assert landed.query("SELECT COUNT(*) FROM serving.serving.fact_procedure") == [(0,)]
    assert landed.query("SELECT payer_key FROM star.dim_payer ORDER BY 1") == [(-3,), (-2,), (-1,)]
    failing = {(audit.model, audit.name) for audit in landed.all_audits() if landed.failing_rows(audit)}
    broken = {"quarantine.synthea__encounters", "quarantine.synthea__organizations", "quarantine.synthea__patients"}
    assert failing == {(model, "quarantined_within_limit") for model in broken}


def test_a_delivery_that_is_refused_says_each_fault_in_one_line(landed: Warehouse) -> None:
    rows = [("100.005", "money"), ("7.125", "money"), ("5", "money"), ("noon", "moment")]
    listed = ", ".join(
        f"({number}, '{kind} ''{value}'' is not a valid {kind}')" for number, (value, kind) in enumerate(rows)
    )
    audit = Path(PROJECT / "audits" / "quarantined_within_limit.sql").read_text(encoding="utf-8").split("*/", 1)[1]
    query = audit.replace("@this_model", "broken").replace("@source", "broken").replace("@max_share", "0.01")
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE broken AS FROM (VALUES {listed}) AS t(record_number, violation)")
        assert con.execute(query).fetchall() == [
            ("money '...' is not a valid money", 3, 4),
            ("moment '...' is not a valid moment", 1, 4),
        ]


# What is wrong with the data


def test_what_is_wrong_with_the_data_is_counted_over_the_rows_it_applies_to() -> None:
    engine = Engine()
    for table in sorted(read_by("mart.mart_data_quality")):
        engine.put(table)
    first, second = {"source_system": "first"}, {"source_system": "second"}
    landed = [first | {"record_number": n, "id": "x", "reasoncode": "1"} for n in range(6)]
    landed += [
        first | {"record_number": 6, "violation": "start 'noon' is not a valid TIMESTAMP"},
        second | {"record_number": 0, "id": "x"},
    ]
    engine.put("raw.synthea__encounters", *landed)
    engine.put("quarantine.synthea__encounters", first | {"record_number": 0, "violation": "broken"})
    engine.put("staging.stg_synthea__encounters", *(first | {"encounter_id": f"e{n}"} for n in range(4)))
    engine.put("reference.condition_chronicity", {"code_system": "SNOMED CT", "code": "1000001", "ccir": 9})
    engine.put("reference.encounter_class", {"class_code": "inpatient"})
    engine.put(
        "reference.discharge_disposition",
        {"disposition_code": "home", "disposition_group": "home"},
        {"disposition_code": "hospice", "disposition_group": "hospice"},
    )
    engine.put("reference.payer_category", {"payer_name": "Aetna", "payer_category": "Private"})
    for seed in ("age_band", "charlson", "code_system", "drg_family", "quality_check"):
        engine.seed(seed)
    engine.put(
        "input.payer",
        first | {"payer_id": "x", "payer_name": "AETNA"},
        first | {"payer_id": "y", "payer_name": "A new one"},
        first | {"payer_id": "z", "payer_name": "Provincial fund", "delivered_category": "Public"},
    )
    engine.put(
        "input.patient",
        first | {"patient_id": "dead", "zip5": "02114", "is_text_repaired": 1},
        first | {"patient_id": "alive", "is_text_repaired": 0},
        second | {"patient_id": "dead", "is_text_repaired": 0},
    )
    engine.put(
        "core.int_patient",
        first | {"patient_id": "dead", "death_date": date(2020, 1, 10)},
        second | {"patient_id": "dead"},
    )
    known = first | {
        "patient_id": "dead", "stop_ts": datetime(2020, 1, 10, 23, 59, 59), "claim_amount": 100, "payer_paid": 100,
        "reason_code_system": "SNOMED CT", "reason_code": "1000001", "class_code": "inpatient",
        "discharge_disposition": "home", "is_after_death": 0, "is_negative_duration": 0,
    }  # fmt: skip
    unknown = {"reason_code": "1000002", "class_code": "telepathy", "discharge_disposition": "by boat"}
    encounters = [
        known | {"encounter_id": "e1"},
        known | {"encounter_id": "e2", "stop_ts": datetime(2020, 1, 11), "payer_paid": Decimal("100.01")} | unknown,
        known | {"encounter_id": "e3", "stop_ts": None, "claim_amount": 0, "payer_paid": 0, "is_after_death": 1},
        known | {"encounter_id": "e4", "patient_id": "alive", "claim_amount": None, "is_negative_duration": 1},
        known | {"encounter_id": "e5", "reason_code": None, "class_code": None, "discharge_disposition": None},
        known | {"encounter_id": "e6", "discharge_disposition": "hospice", "readmitted_flag": 1},
        known | {"encounter_id": "e7", "discharge_disposition": "hospice", "readmitted_flag": 0},
        known | {"encounter_id": "e8", "discharge_disposition": "hospice"},
        # The same patient of another source did not die there.
        known | second | {"encounter_id": "e1", "stop_ts": datetime(2020, 1, 11)},
    ]
    # Two nights; a stay of one day, which has a day; one that is as long as is stated; one of no length.
    nights = known | {"start_ts": datetime(2020, 1, 1, 23), "stop_ts": datetime(2020, 1, 3, 1), "drg_code": "291"}
    encounters += [
        nights | {"encounter_id": "i1", "icu_days": 2, "age_band_label": "60-69"},
        nights | {"encounter_id": "i2", "icu_days": 3, "drg_code": "999", "age_band_label": "old"},
        nights | {"encounter_id": "i3", "icu_days": 1, "stop_ts": datetime(2020, 1, 1, 23, 30)},
        nights | {"encounter_id": "i4", "icu_days": 3, "stated_los_days": 4},
        nights | {"encounter_id": "i5", "icu_days": 3, "stop_ts": None},
    ]
    back = {"patient_id": "dead", "readmitted_flag": 1, "is_after_death": 0, "is_negative_duration": 0}
    encounters += [
        back | {"source_system": feed, "encounter_id": f"r{n}", "days_to_readmission": n % last + 1}
        for feed, n_returns, last in (("cut", 100, 29), ("whole", 100, 30), ("few", 99, 29))
        for n in range(n_returns)
    ]
    encounters.append(
        back | {"source_system": "cut", "encounter_id": "x", "readmitted_flag": 0, "days_to_readmission": 30}
    )
    engine.put("core.int_encounter", *encounters)
    spoiled = {"reason_code_system": "SNOMED CT", "reason_code": "1.24E+14"}
    engine.put(
        "input.encounter",
        first | {"encounter_id": "e1", "reason_code_system": "SNOMED CT", "reason_code": "1000001"},
        first | {"encounter_id": "e2"} | spoiled,
        first | {"encounter_id": "e3", "reason_code_system": "TEXT", "reason_code": "cough"},
        first | {"encounter_id": "e4", "type_code_system": "SNOMED CT", "type_code": "185345009"},
    )
    engine.put(
        "input.condition",
        first | {"condition_id": "1", "code_system": "ICD-10-CM", "code": "I50.9"},
        first | {"condition_id": "2", "code_system": "ICD-10-CM", "code": "509"},
        first | {"condition_id": "3", "code_system": "TEXT", "code": "cough"},
        first | {"condition_id": "4", "code_system": "none", "code": "none"},
        first | {"condition_id": "5", "code_system": "urn:oid:1", "code": "R05"},
    )
    engine.put(
        "input.medication",
        first | {"medication_id": "1", "code_system": "RxNorm", "code": "665078"},
        first | {"medication_id": "2", "code_system": "TEXT", "code": "aspirin"},
        first | {"medication_id": "3", "code_system": "RxNorm", "code": "6.65E+05"},
    )
    engine.put(
        "input.lab_result",
        first | {"result_id": 1, "code_system": "LOINC", "code": "4548-4"},
        first | {"result_id": 2, "code_system": "TEXT", "code": "a1c"},
    )
    engine.put(
        "core.int_procedure_type",
        {
            "code_system": "SNOMED CT",
            "procedure_code": "1",
            "procedure_description": "Dialysis",
            "procedure_family": "dialysis",
        },
        {"code_system": "SNOMED CT", "procedure_code": "1", "procedure_description": "(no description)"},
    )
    done = first | {
        "encounter_id": "e1",
        "ordinal": 1,
        "code_system": "SNOMED CT",
        "code": "1",
        "stop_ts": datetime(2020, 1, 10, 10),
    }
    engine.put(
        "input.procedure",
        done | {"procedure_id": "1", "base_cost": 60, "text": "Dialysis"},
        done | {"procedure_id": "2", "base_cost": Decimal("40.01"), "ordinal": 2},
        done | {"procedure_id": "3", "encounter_id": "e2", "base_cost": 100, "stop_ts": datetime(2020, 1, 12)},
        done | {"procedure_id": "4", "encounter_id": "nowhere", "base_cost": 5},
        done | second | {"procedure_id": "1", "base_cost": 5},
    )
    engine.run("mart.mart_data_quality")
    rows = engine.rows(
        "SELECT source_system, source_table, check_name, n_failing, n_checked, failing_share, kind_of_check "
        "FROM mart.mart_data_quality"
    )
    counted = {row[:3]: row[3:5] for row in rows}
    assert len(counted) == len(rows)
    table, encounter = "synthea__encounters", "input.encounter"
    n = 13  # encounters of the first feed
    assert counted.items() >= {
        ("first", table, "rows quarantined"): (1, 7), ("first", table, "rows lost"): (2, 7),
        ("second", table, "rows quarantined"): (0, 1), ("second", table, "rows lost"): (1, 1),
        ("first", table, "rows of another type"): (1, 7), ("second", table, "rows of another type"): (0, 1),
        ("first", table, "id missing"): (1, 7), ("second", table, "id missing"): (0, 1),
        ("first", table, "reasoncode missing"): (1, 7), ("second", table, "reasoncode missing"): (1, 1),
        ("first", encounter, "claim of 0"): (1, n), ("first", encounter, "paid more than claimed"): (1, n),
        ("first", encounter, "starts after death"): (1, n - 1), ("second", encounter, "starts after death"): (0, 0),
        ("first", encounter, "stops after death"): (1, n - 1), ("second", encounter, "stops after death"): (0, 0),
        ("first", encounter, "stops before it starts"): (1, n),
        ("first", encounter, "class unknown"): (1, n - 1), ("first", encounter, "disposition unknown"): (1, n - 1),
        ("first", encounter, "DRG without a family"): (1, 5), ("first", encounter, "age band unknown"): (1, 2),
        ("first", encounter, "ICU days beyond the stay"): (1, 4),
        ("cut", encounter, "ICU days beyond the stay"): (0, 0),
        ("first", encounter, "readmitted from hospice"): (1, 2),
        ("cut", encounter, "return days end before day 30"): (1, 30),
        ("whole", encounter, "return days end before day 30"): (0, 30),
        ("few", encounter, "return days end before day 30"): (0, 0),
        ("first", encounter, "list price above claim"): (1, 2),
        ("first", encounter, "reason without chronicity"): (2, 3),
        ("first", encounter, "reason without the form of its system"): (1, 2),
        ("first", encounter, "reason without a code system"): (1, 3),
        ("first", encounter, "reason that no Charlson list reads"): (1, 3),
        ("first", encounter, "type without the form of its system"): (0, 1),
        ("first", "input.condition", "code without the form of its system"): (1, 2),
        ("first", "input.condition", "code without a code system"): (2, 4),
        ("first", "input.condition", "code without chronicity"): (4, 4),
        # Not of its form; of a system without a list. Words have one.
        ("first", "input.condition", "code that no Charlson list reads"): (2, 4),
        ("first", "input.medication", "code without a code system"): (1, 3),
        ("first", "input.medication", "code without the form of its system"): (1, 2),
        ("first", "input.lab_result", "code without a code system"): (1, 2),
        ("first", "input.patient", "text repaired"): (1, 2), ("first", "input.patient", "ZIP missing"): (1, 2),
        ("second", "input.patient", "ZIP missing"): (1, 1),
        ("first", "input.payer", "payer without category"): (1, 3),
        ("first", "input.procedure", "encounter unknown"): (1, 4),
        ("first", "input.procedure", "ends after its encounter"): (1, 4),
        ("first", "input.procedure", "repeats another row"): (1, 4),
        ("first", "input.procedure", "procedure without category"): (3, 4),
        ("second", "input.procedure", "encounter unknown"): (0, 1),
    }.items()  # fmt: skip
    # Nothing is said of what a feed does not code, nor a type or a test called a diagnosis.
    assert ("first", "input.medication", "indication without a code system") not in counted
    assert ("first", encounter, "type without chronicity") not in counted
    listed = {row["check_name"] for row in seed_rows("quality_check")}
    assert {name for _, _, name in counted if name not in listed and not name.endswith(" missing")} == set()
    shares = {row[:3]: row[5:] for row in rows}
    assert shares["second", encounter, "starts after death"] == (None, "plausibility")
    assert shares["first", table, "rows lost"] == (Decimal("0.285714"), "conformance")
    assert shares["first", table, "reasoncode missing"] == (Decimal("0.142857"), "completeness")


def test_of_tables_that_nobody_delivered_no_check_is_counted() -> None:
    engine = Engine()
    for table in read_by("mart.mart_data_quality"):
        engine.put(table)
    engine.run("mart.mart_data_quality")
    assert engine.rows("SELECT COUNT(*) FROM mart.mart_data_quality") == [(0,)]


def test_every_delivered_table_has_its_conformance_and_completeness_counted_row_by_row(built: Warehouse) -> None:
    counted: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    kinds: dict[tuple[str, str], set[str]] = {}
    for feed, table, check, kind, *numbers in built.query(
        "SELECT source_system, source_table, check_name, kind_of_check, n_failing, n_checked "
        "FROM mart.mart_data_quality"
    ):
        counted.setdefault((feed, table), {})[check] = tuple(numbers)
        kinds.setdefault((feed, table), set()).add(kind)
    delivered = set()
    for name, contract in contracts.load().items():
        if f"raw.{name}" not in built.models:
            continue
        columns = [column.name for column in contract.columns]
        missing = ", ".join(f'COUNT(*) - COUNT("{column}")' for column in columns)
        for feed, n, held, *n_missing in built.query(
            f"SELECT source_system, COUNT(*), COUNT(violation), {missing} FROM raw.{name} GROUP BY 1"
        ):
            delivered.add((feed, name))
            checks = counted[feed, name]
            assert {"conformance", "completeness"} <= kinds[feed, name]
            assert checks["rows quarantined"] == (held, n)
            assert checks["rows lost"] == (0, n)
            told = dict(zip(columns, n_missing, strict=True))
            # A column that the file does not have has no check: of it nothing is missing in any row.
            shown = {column: checks[f"{column} missing"] for column in columns if f"{column} missing" in checks}
            assert shown == {column: (told[column], n) for column in shown}
            assert {told[column] for column in told.keys() - shown.keys()} <= {n}
            assert {column.name for column in contract.columns if column.required} <= shown.keys()
    of_families = {name for name, contract in contracts.load().items() if contract.source in landed_families(built)}
    assert {name for _, name in delivered} == of_families  # every contract of every family that is landed
    assert {key for key in counted if not key[1].startswith("input.")} == delivered


def test_a_table_that_was_delivered_without_rows_has_its_checks_of_no_rows() -> None:
    column = {"type": "VARCHAR", "required": True, "format": None}
    contract = {
        "name": "x__things",
        "null_marks": [""],
        "columns": [column | {"name": "id"}, column | {"name": "size"}],
    }
    feeds = [{"source_system": feed, "landed": feed, "columns": ["id"]} for feed in ("empty", "full")]
    engine = Engine()
    for schema, columns in (("raw", "source_system TEXT, record_number BIGINT, violation TEXT, id TEXT, size TEXT"),
                            ("quarantine", "source_system TEXT"), ("staging", "source_system TEXT")):  # fmt: skip
        table = f"{schema}.{'stg_' if schema == 'staging' else ''}x__things"
        engine.fill(table, columns, [("full", 1, None, "a", None)] if schema == "raw" else [])
    rows = engine.rows(_checks_of_contract(contract, feeds))
    assert {(row[0], row[2]): row[3:] for row in rows} == {
        ("empty", "rows quarantined"): (0, 0), ("empty", "rows lost"): (0, 0),
        ("empty", "rows of another type"): (0, 0), ("empty", "id missing"): (0, 0),
        ("full", "rows quarantined"): (0, 1), ("full", "rows lost"): (1, 1),
        ("full", "rows of another type"): (0, 1), ("full", "id missing"): (0, 1),
    }  # fmt: skip


# Codes in one form


def test_an_icd_code_is_one_diagnosis_with_and_without_its_dot_and_other_codes_stay_as_they_are() -> None:
    engine = Engine()
    for table in read_by("input.condition") | read_by("core.int_diagnosis") | read_by("core.int_patient_diagnosis"):
        engine.put(table)
    delivered = {
        ("ICD-10-CM", "I50.9"): "I50.9", ("ICD-10-CM", "I509"): "I50.9", ("ICD-10-CM", "i50.9"): "I50.9",
        ("ICD-10-CM", "I10"): "I10", ("ICD-10-CM", "I10."): "I10", ("ICD-10-CM", "S72001A"): "S72.001A",
        # Not of the form of its system: as delivered, and counted among the malformed.
        ("ICD-10-CM", "509"): "509", ("TEXT", "i509"): "i509",
        ("ICD-9-CM", "4280"): "428.0", ("ICD-9-CM", "E8495"): "E849.5", ("ICD-9-CM", "V434"): "V43.4",
        ("ICD-9-CM", "250.00"): "250.00", ("ICD-9-CM", "8"): "8",
        ("SNOMED CT", "44054006"): "44054006", ("SNOMED CT", "4280"): "4280",
    }  # fmt: skip
    known = {"source_system": "s", "patient_id": "p", "list_length_mismatch": 0, "onset_date": date(2024, 1, 1)}
    engine.put(
        "input.ehr__condition",
        *(
            known | {"condition_id": f"{n:02}", "code_system": system, "code": code, "rank": 0, "role": "primary"}
            for n, (system, code) in enumerate(delivered)
        ),
    )
    engine.run("input.condition")
    written = engine.rows("SELECT code_system, code FROM input.condition ORDER BY condition_id")
    assert written == [(system, code) for (system, _), code in delivered.items()]
    engine.run("core.int_diagnosis", "core.int_patient_diagnosis")
    each_once = sorted({(system, code) for (system, _), code in delivered.items()})
    for table in ("core.int_diagnosis", "core.int_patient_diagnosis"):
        assert engine.rows(f"SELECT code_system, code FROM {table} ORDER BY 1, 2") == each_once
    patterns = {row["code_system"]: row["code_pattern"] for row in seed_rows("code_system")}
    malformed = {code for system, code in each_once if system in patterns and not re.match(patterns[system], code)}
    assert malformed == {"509", "8", "4280"}


# What a family must conform to, and who may know of it

FAMILIES = sorted(folder.name for folder in (PROJECT / "models" / "input").iterdir() if folder.is_dir())
KNOWN_SYSTEMS_OF_GROUPS = {"MS", "APR", "HCFA"}


def seed_rows(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def input_columns() -> dict[str, dict[str, dict[str, str]]]:
    """The rows of seeds/input_column.csv, by table and column."""
    tables: dict[str, dict[str, dict[str, str]]] = {}
    for row in seed_rows("input_column"):
        tables.setdefault(row["input_table"], {})[row["column_name"]] = row
    return tables


def input_models(family: str) -> dict[str, str]:
    """The input tables that a family has a model of, and the model's name."""
    files = sorted((PROJECT / "models" / "input" / family).glob("*.sql"))
    return {file.stem.removeprefix(f"{family}__"): f"input.{file.stem}" for file in files}


def delivered_by(family: str, table: str) -> str:
    return f"(SELECT * FROM input.{table} WHERE family = '{family}')"


def landed_families(warehouse: Warehouse) -> list[str]:
    return [family for (family,) in warehouse.query("SELECT DISTINCT family FROM input.patient ORDER BY 1")]


@pytest.fixture
def landed_family(built: Warehouse, family: str) -> str:
    if family not in landed_families(built):
        pytest.skip(f"{family} is landed with TEST_FAMILIES=all, as CI does")
    return family


def test_there_are_families_and_each_has_patients_and_encounters(built: Warehouse) -> None:
    assert landed_families(built) == (FAMILIES if ALL_FAMILIES else ["ehr", "synthea"])
    for family in landed_families(built):
        assert {"patient", "encounter"} <= input_models(family).keys()
        for table in ("patient", "encounter"):
            assert built.query(f"SELECT COUNT(*) > 0 FROM {delivered_by(family, table)}") == [(True,)], family


@pytest.mark.usefixtures("landed_family")
@pytest.mark.parametrize("family", FAMILIES)
def test_a_familys_columns_are_those_of_the_input_tables(built: Warehouse, family: str) -> None:
    for table, name in input_models(family).items():
        types = built.models[name].columns_to_types_or_raise
        listed = {column: row["column_type"] for column, row in input_columns()[table].items()}
        required = {column for column, row in input_columns()[table].items() if row["rule"]}
        assert types.keys() <= listed.keys() | {"source_system"}, name
        assert required | {"source_system"} <= types.keys(), name
        known = {c: t.sql("duckdb") for c, t in types.items() if not t.is_type("unknown", "null")}
        assert known.items() <= (listed | {"source_system": "TEXT"}).items(), name


def test_the_input_tables_are_as_they_are_written_down(built: Warehouse) -> None:
    for table, columns in input_columns().items():
        listed = {"source_system": "TEXT", "family": "TEXT"} | {c: row["column_type"] for c, row in columns.items()}
        types = built.models[f"input.{table}"].columns_to_types_or_raise
        assert {column: dtype.sql("duckdb") for column, dtype in types.items()} == listed, table
        held = built.query(f"SELECT column_name, column_type FROM (DESCRIBE input.{table})")
        as_held = {
            "TEXT": "VARCHAR",
            "INT": "INTEGER",
            "DECIMAL(9, 6)": "DECIMAL(9,6)",
            "DECIMAL(14, 2)": "DECIMAL(14,2)",
        }
        assert dict(held) == {column: as_held.get(kind, kind) for column, kind in listed.items()}, table


def test_the_union_has_each_familys_rows_once_and_no_value_of_a_column_that_a_family_lacks(built: Warehouse) -> None:
    for table, columns in input_columns().items():
        told = {family for family in landed_families(built) if table in input_models(family)}
        assert {family for (family,) in built.query(f"SELECT DISTINCT family FROM input.{table}")} <= told, table
        for family in sorted(told):
            name = input_models(family)[table]
            own = list(built.models[name].columns_to_types_or_raise)
            lacking = columns.keys() - set(own)
            # A code of a system with dots has one in the union, whether the family has it or not.
            listed = ", ".join(
                f"REPLACE({column}, '.', '') AS {column}" if f"{column}_system" in own else column for column in own
            )
            one = f"SELECT {listed} FROM ({built.context.render(name).sql('duckdb')})"
            other = f"SELECT {listed} FROM {delivered_by(family, table)}"
            for here, there in ((one, other), (other, one)):
                assert built.query(f"SELECT COUNT(*) FROM ({here} EXCEPT ALL {there})") == [(0,)], name
            counts = " + ".join(f"COUNT({column})" for column in sorted(lacking)) or "COUNT(NULL)"
            assert built.query(f"SELECT {counts} FROM {delivered_by(family, table)}") == [(0,)], name


@pytest.mark.usefixtures("landed_family")
@pytest.mark.parametrize("family", FAMILIES)
def test_a_familys_keys_are_unique_and_what_is_required_is_there(built: Warehouse, family: str) -> None:
    for table in input_models(family):
        rules = {column: row["rule"] for column, row in input_columns()[table].items() if row["rule"]}
        key = ", ".join(["source_system", *(column for column, rule in rules.items() if rule == "key")])
        rows = delivered_by(family, table)
        doubled = f"SELECT {key}, COUNT(*) FROM {rows} GROUP BY {key} HAVING COUNT(*) > 1"
        assert built.query(doubled) == [], table
        missing = " OR ".join(f"{column} IS NULL" for column in ("source_system", *rules))
        assert built.query(f"SELECT COUNT(*) FROM {rows} WHERE {missing}") == [(0,)], table


@pytest.mark.usefixtures("landed_family")
@pytest.mark.parametrize("family", FAMILIES)
def test_a_familys_references_resolve_in_their_own_feed(built: Warehouse, family: str) -> None:
    found = {}
    for table in input_models(family):
        for column in ("patient_id", "encounter_id", "payer_id", "organization_id", "practitioner_id"):
            parent = column.removesuffix("_id")
            if column not in input_columns()[table] or table == parent:
                continue
            # A patient and an organization may be known by no more than their id; core has a row of each.
            told = {"patient": "core.int_patient", "organization": "core.int_organization"}.get(
                parent, f"input.{parent}"
            )
            if parent == "practitioner" and parent not in input_models(family):
                continue
            orphans = (
                f"SELECT COUNT(*) FROM {delivered_by(family, table)} AS c "
                f"LEFT JOIN {told} AS p USING (source_system, {column}) "
                f"WHERE NOT c.{column} IS NULL AND p.{column} IS NULL"
            )
            ((found[table, column],),) = built.query(orphans)
    assert {place: count for place, count in found.items() if count} == {}
    inferred = (
        "SELECT COUNT(*) FROM core.int_patient AS p ANTI JOIN input.patient AS i USING (source_system, patient_id) "
        "WHERE p.is_inferred = 0"
    )
    assert built.query(inferred) == [(0,)]


@pytest.mark.usefixtures("landed_family")
@pytest.mark.parametrize("family", FAMILIES)
def test_a_familys_codes_are_of_known_systems_and_have_one(built: Warehouse, family: str) -> None:
    known = {row["code_system"] for row in seed_rows("code_system")} | {"TEXT", "none"}
    for table in input_models(family):
        for column in (column for column in input_columns()[table] if column.endswith("code_system")):
            code = column.removesuffix("_system")
            rows = delivered_by(family, table)
            assert {system for (system,) in built.query(f"SELECT DISTINCT {column} FROM {rows}")} <= known | {None}
            alone = f"SELECT COUNT(*) FROM {rows} WHERE ({column} IS NULL) <> ({code} IS NULL)"
            assert built.query(alone) == [(0,)], f"{table}.{column}"
    groups = built.query(f"SELECT DISTINCT drg_system FROM {delivered_by(family, 'encounter')}")
    assert {system for (system,) in groups} <= KNOWN_SYSTEMS_OF_GROUPS | {None}


FLAGS = (
    "has_time", "died_in_stay", "readmitted_flag", "is_icu", "present_on_admission", "list_length_mismatch",
    "is_abnormal", "is_generic", "is_text_repaired",
)  # fmt: skip
NEVER = {
    "encounter": {
        "no day and no length": "start_ts IS NULL AND stated_los_days IS NULL",
        "an end without a start": "start_ts IS NULL AND NOT stop_ts IS NULL",
        "a moment in UTC of a day, or none of a moment": "(has_time = 1) <> (NOT start_ts_utc IS NULL)",
        "an end in UTC of a day, or none of a moment": "(has_time = 1 AND NOT stop_ts IS NULL) = (stop_ts_utc IS NULL)",
        "a time of a day": "has_time = 0 AND (start_ts::TIME > '00:00' OR stop_ts::TIME > '00:00')",
        "a class in capitals": "class_code <> LOWER(class_code)",
        "a negative length": "stated_los_days < 0 OR days_to_readmission < 0 OR icu_days < 0 OR age_years < 0",
        "a group without its system": "(drg_code IS NULL) <> (drg_system IS NULL)",
    },
    "condition": {"another role": "NOT role IN ('primary', 'secondary', 'condition')"},
    "procedure": {"a place before the first": "ordinal < 1"},
    "lab_result": {"a value that is a number and a text": "NOT value_num IS NULL AND NOT value_text IS NULL"},
    "coverage": {"an end before its start": "valid_to < valid_from"},
}


@pytest.mark.usefixtures("landed_family")
@pytest.mark.parametrize("family", FAMILIES)
def test_a_familys_nulls_and_flags_keep_to_the_rules(built: Warehouse, family: str) -> None:
    found = {}
    for table in input_models(family):
        flags = {
            f"{flag} of another value": f"NOT {flag} IN (0, 1)" for flag in FLAGS if flag in input_columns()[table]
        }
        for fault, condition in (NEVER.get(table, {}) | flags).items():
            query = f"SELECT COUNT(*) FROM {delivered_by(family, table)} WHERE {condition}"
            ((found[table, fault],),) = built.query(query)
    assert {place: count for place, count in found.items() if count} == {}


ABOVE_THE_INPUT = (
    "models/core",
    "models/star",
    "models/measure",
    "models/mart",
    "models/serving",
    "macros",
    "audits",
    *PACKAGES,
)
MAY_NAME_A_FAMILY = {
    "workbench/sample.py": "it writes files of a family, whose SQL stands beside it",
}
"""Everything else that knows a family by name is in that family's own folders, and in the contracts."""


def test_above_the_input_nothing_names_a_family() -> None:
    files = [
        file for folder in ABOVE_THE_INPUT for file in (PROJECT / folder).rglob("*") if file.suffix in {".py", ".sql"}
    ]
    names = re.compile(rf"(?<![a-z])({'|'.join(FAMILIES)})(?![a-z])", re.IGNORECASE)
    naming = {}
    for file in [*files, PROJECT / "config.py", PROJECT / "models" / "input" / "input.sql"]:
        lines = file.read_text(encoding="utf-8").splitlines()
        if found := [line.strip() for line in lines if names.search(line)]:
            naming[file.relative_to(PROJECT).as_posix()] = found
    samples = {f"workbench/{file.name}" for file in (PROJECT / "workbench").glob("sample_*.sql")}
    assert {file: found for file, found in naming.items() if file not in MAY_NAME_A_FAMILY.keys() | samples} == {}
    assert naming.keys() >= MAY_NAME_A_FAMILY.keys(), "take out what names no family any more"


@pytest.mark.skipif(not ALL_FAMILIES, reason="OMOP is landed with TEST_FAMILIES=all, as CI does")
def test_a_database_of_an_older_layout_tells_ways_in_and_out_transfers_and_what_was_paid(built: Warehouse) -> None:
    """tests/omop has the columns of CDM 5.3 in upper case, and its vocabulary as Athena gives it, split at tabs."""
    told = built.query(
        "SELECT encounter_id, admit_source, discharge_disposition, died_in_stay, is_icu, claim_amount, payer_paid "
        "FROM input.encounter WHERE source_system = 'omop' AND encounter_id IN ('11', '12', '13', '16') ORDER BY 1"
    )
    assert told == [
        ("11", "clinic", "8717", 0, 1, Decimal("12000.00"), Decimal("8800.00")),
        ("12", "Inpatient Hospital", "8536", 0, None, Decimal("8000.00"), Decimal("6000.00")),
        ("13", "ambulance", "4216643", 1, 0, None, None),
        ("16", None, None, None, None, None, None),
    ]
    stays = built.query(
        "SELECT e.encounter_id, d.disposition_code, s.is_open, a.is_transferred_out, r.is_index, r.is_readmission "
        "FROM star.fact_inpatient_stay AS s "
        "INNER JOIN star.fact_encounter AS e ON e.encounter_key = s.stay_key "
        "INNER JOIN star.dim_discharge_disposition AS d ON d.disposition_key = s.disposition_key "
        "INNER JOIN core.int_admission AS a ON a.unit = 'same_day' AND a.source_system = s.source_system "
        "AND a.admission_id = e.encounter_id "
        "INNER JOIN star.fact_readmission AS r ON r.stay_key = s.stay_key AND r.definition_code = 'R3' "
        "WHERE s.source_system = 'omop' ORDER BY 1"
    )
    assert stays == [
        ("11", "transfer", 0, 1, 0, None),
        ("12", "home", 0, 0, 1, 1),
        ("13", "expired", 0, 0, 1, 0),
        ("16", "(unknown)", 1, 0, 0, None),
    ]
    classes = built.query("SELECT class_code, COUNT(*) FROM core.int_encounter WHERE source_system = 'omop' GROUP BY 1")
    assert dict(classes) == {"inpatient": 4, "outpatient": 1, "emergency": 1, "telephone": 1}


def test_the_key_of_every_published_table_is_the_grain_that_sqlmesh_reads_in_its_model(built: Warehouse) -> None:
    keys = {}
    for model in built.models.values():
        if isinstance(model.kind, PublishKind):
            (parent,) = (built.snapshots[name].model for name in model.depends_on)
            grain = tuple(column.name for part in parent.grains for column in part.find_all(exp.Column))
            assert model.kind.primary_key == grain, model.name
            keys[model.view_name] = grain
    assert len(keys) == len(families.published_tables())
