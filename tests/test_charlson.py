"""Charlson: 62 published cases, each scored by the project's own models, and what dropping a rule would do to them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from pathlib import Path

import duckdb
import pytest
from sqlglot import exp
from sqlmesh import Context

from loader.settings import PROJECT

SYSTEMS = {"ICD10": "ICD-10-CM", "ICD9CM": "ICD-9-CM", "SNOMED": "SNOMED CT", "TEXT": "TEXT"}
SEEDS = {
    "charlson": ("include_default",),
    "charlson_category": ("weight_charlson_1987", "weight_quan_2011", "hierarchy_rank"),
    "charlson_age_points": ("min_age", "max_age", "age_points"),
    "charlson_band": ("min_index", "max_index"),
}
"""The lists that the models read, each with its columns that are numbers."""

MODELS = ("core.int_diagnosis_category", "core.int_charlson_category", "core.int_charlson_score")

with Path(__file__).with_name("charlson_cases.csv").open(encoding="utf-8", newline="") as lines:
    CASES = {row["case_id"]: row for row in csv.DictReader(lines)}

Scores = dict[str, tuple[tuple[int | None, ...], str]]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Scores]:
    """Score all cases at once; the argument is SQL that may change the lists first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_HOME", str(tmp_path_factory.mktemp("charlson")))
        patch.setenv("SERVING_URL", "embedded")
        context = Context(paths=[str(PROJECT)])
    queries = {}
    for name in MODELS:
        query = context.get_model(name).render_query_or_raise()
        for table in query.find_all(exp.Table):
            table.set("catalog", None)
        queries[name] = query.sql("duckdb")

    @cache
    def score(change: str = "") -> Scores:
        with duckdb.connect() as con:
            con.execute("CREATE SCHEMA core; CREATE SCHEMA reference")
            for seed, numbers in SEEDS.items():
                con.execute(
                    f"CREATE TABLE reference.{seed} AS FROM read_csv(?, all_varchar = true, header = true)",
                    [str(PROJECT / "seeds" / f"{seed}.csv")],
                )
                for column in numbers:
                    con.execute(f"ALTER TABLE reference.{seed} ALTER {column} TYPE INTEGER")
            con.execute(change or "SELECT 1")
            con.execute(
                "CREATE TABLE core.int_charlson_subject "
                "(subject TEXT, source_system TEXT, subject_id TEXT, age_years INT)"
            )
            con.execute(
                "CREATE TABLE core.int_charlson_diagnosis (subject TEXT, source_system TEXT, subject_id TEXT, "
                "code_system TEXT, code TEXT, onset_date DATE)"
            )
            for case, row in CASES.items():
                con.execute(
                    "INSERT INTO core.int_charlson_subject VALUES ('stay', 'test', ?, ?)", [case, row["age"] or None]
                )
                for code in {code for code in row["codes"].split("|") if code.strip()}:
                    con.execute(
                        "INSERT INTO core.int_charlson_diagnosis VALUES ('stay', 'test', ?, ?, ?, DATE '2020-01-01')",
                        [case, SYSTEMS[row["code_system"]], code],
                    )
            con.execute(
                "CREATE TABLE core.int_diagnosis AS SELECT DISTINCT code_system, code FROM core.int_charlson_diagnosis"
            )
            for name, query in queries.items():
                con.execute(f"CREATE TABLE {name} AS {query}")
            categories = dict(
                con.execute(
                    "SELECT subject_id, string_agg(category_key, '|' ORDER BY category_key) "
                    "FROM core.int_charlson_category WHERE is_counted = 1 GROUP BY 1"
                ).fetchall()
            )
            scores = con.execute(
                "SELECT subject_id, cci_1987, cci_quan_2011, cci_age_points, cci_1987_age_adjusted "
                "FROM core.int_charlson_score"
            ).fetchall()
        return {case: (tuple(values), categories.get(case, "")) for case, *values in scores}

    return score


def expected(case: str) -> tuple[tuple[int | None, ...], str]:
    row = CASES[case]
    names = ("cci_1987", "cci_quan_2011", "age_points", "cci_1987_age_adjusted")
    return tuple(int(row[f"expected_{n}"]) if row[f"expected_{n}"] else None for n in names), row["expected_categories"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case} {CASES[case]['purpose']}")
def test_case(scored: Callable[[str], Scores], case: str) -> None:
    assert scored("")[case] == expected(case)


def test_diagnoses_of_a_code_system_without_a_list_leave_the_index_unknown(scored: Callable[[str], Scores]) -> None:
    scores = scored("DELETE FROM reference.charlson WHERE code_system = 'SNOMED CT'")
    of_snomed = [case for case, row in CASES.items() if row["code_system"] == "SNOMED" and row["codes"].strip("| ")]
    assert of_snomed
    for case in of_snomed:
        (cci_1987, cci_quan_2011, _, age_adjusted), categories = scores[case]
        assert (cci_1987, cci_quan_2011, age_adjusted, categories) == (None, None, None, ""), case


DROP_HIERARCHY = "UPDATE reference.charlson_category SET hierarchy_group = NULL WHERE category_key IN "
DEFECTS = {
    "mild and severe liver both count": (DROP_HIERARCHY + "('mld', 'msld')", {"T12", "T13"}),
    "both diabetes count": (DROP_HIERARCHY + "('diab', 'diabwc')", {"T08", "T40"}),
    "both cancers count": (DROP_HIERARCHY + "('canc', 'metacanc')", {"T15"}),
    "AIDS weighs 2": (
        "UPDATE reference.charlson_category SET weight_quan_2011 = 2 WHERE category_key = 'aids'",
        {"T27", "T43", "T53"},
    ),
    "80 has the points of 70": (
        "UPDATE reference.charlson_age_points SET age_points = 3 WHERE min_age = 80",
        {"T13", "T14", "T31", "T37"},
    ),
    "C4A is cancer": (
        "INSERT INTO reference.charlson BY NAME SELECT * REPLACE ('C4A' AS code_prefix) FROM reference.charlson "
        "WHERE code_prefix = 'C43' AND code_system = 'ICD-10-CM'",
        {"T62"},
    ),
    "judgement rows count": ("UPDATE reference.charlson SET include_default = 1", {"T54"}),
    "404.03 has one category": (
        "DELETE FROM reference.charlson WHERE code_prefix = '40403' AND category_key = 'rend'",
        {"T39"},
    ),
}


@pytest.mark.parametrize(("change", "caught"), DEFECTS.values(), ids=DEFECTS)
def test_a_known_defect_of_other_systems_fails_its_cases(
    scored: Callable[[str], Scores], change: str, caught: set[str]
) -> None:
    scores = scored(change)
    assert caught <= {case for case in CASES if scores[case] != expected(case)}
