"""The models' YAML unit tests: those of each model by themselves, and which models have none, and why."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from sqlmesh.core.model import Model
from sqlmesh.utils import yaml

from engine import context
from loader.settings import PROJECT
from workbench import families

TESTS = PROJECT / "tests"
FILES = {file.stem.removeprefix("test_"): file for file in sorted(TESTS.glob("test_*.yaml"))}
"""The files of unit tests, by the model that each is named for."""

SEED = "a seed: rows, and no SQL"
COPY = "a copy of the table of its name, whose rows tests/test_publish.py compares"
LANDED = "tests/test_models.py reads it on files as they come"
CONFORMS = "tests/test_models.py holds the input of every family to what is written down of it"
ADDED = "the rows of two seeds, or of one: test_without_the_reproduction_everything_else_is_as_it_was reads both"
CAST = "it renames and casts; tests/test_ehr_road.py compares its NULLs and rows with what was planted"
AUDITED = "tests/test_audits.py builds it on a file of a full export, and its audits hold it to the raw rows"
SCORED = "tests/test_charlson.py scores 62 cases by it"
PLANTED = "tests/test_ehr_road.py compares it with planted truths, to the row"
GENERATED = "the same query as measure.stay_slice and the observations beside it, over another fact"
NO_UNIT_TEST = {
    r"reference\.(?!metric$|readmission_).+": SEED,
    r"reproduction\.(metric|stated_figure|reproduced_driver|reproduced_reason|readmission_.+)": SEED,
    "reference.metric": ADDED,
    "reference.readmission_definition": ADDED,
    "reference.readmission_exclusion": ADDED,
    r"(raw|quarantine)\..+": LANDED,
    r"staging\.stg_ehr__(?!visit_diagnoses$).+": CAST,
    "staging.stg_synthea__conditions": AUDITED,
    "staging.stg_synthea__medications": AUDITED,
    "staging.stg_synthea__observations": AUDITED,
    "staging.stg_synthea__providers": AUDITED,
    r"input\.(?!synthea__encounter$|fhir__|omop__|registry__).+": CONFORMS,
    "core.int_charlson_category": SCORED,
    "core.int_charlson_score": SCORED,
    "core.int_diagnosis_category": SCORED,
    "core.int_charlson_diagnosis": PLANTED,
    "core.int_charlson_subject": PLANTED,
    "star.agg_charlson_by_patient": PLANTED,
    "star.agg_lab_by_patient": PLANTED,
    "star.bridge_patient_diagnosis": PLANTED,
    "star.bridge_stay_condition_category": PLANTED,
    "star.dim_drg": PLANTED,
    "star.dim_lab_test": PLANTED,
    "star.dim_medication": PLANTED,
    "star.dim_condition_category": "it selects columns of a seed",
    r"measure\.(member_month|reproduced_.+|readmitted_encounter)_observation": GENERATED,
    r"measure\.(?!stay_|patient_).+_slice": GENERATED,
    "measure.patient_slice": "the rows of all subjects, which tests/test_independent.py counts",
    "mart.mart_data_quality": "it reads a table a contract, and so "
    "test_what_is_wrong_with_the_data_is_counted_over_the_rows_it_applies_to runs it",
    "mart.mart_readmission_risk": PLANTED,
    r"serving\.serving\.(agg|bridge|dim|fact|mart)_.+": COPY,
    "serving.serving.v_charge_by_diagnosis_impact": PLANTED,
    "serving.serving.v_charge_by_diagnosis_weighted": PLANTED,
    "serving.serving.v_charlson_agreement": PLANTED,
    r"serving\.serving\.v_scenario_[ac]": "the same query as v_scenario_b, over another scenario",
}
"""The models without a YAML unit test, by name or by a regular expression of it, and why each has none."""


@cache
def unit_tests(model: str) -> dict[str, Any]:
    """The bodies of the unit tests in a model's file, by name."""
    return yaml.load(FILES[model], render_jinja=False)


@cache
def models() -> dict[str, Model]:
    """All models of all families, under the names that unit tests use."""
    return {fqn.replace('"', "").removeprefix("warehouse."): model for fqn, model in context().models.items()}


def with_unit_tests() -> set[str]:
    return {body["model"] for model in FILES for body in unit_tests(model).values()}


@pytest.mark.parametrize("model", FILES)
def test_the_unit_tests_of_a_model_pass(model: str) -> None:
    result = context().test(tests=[str(FILES[model])])
    faults = [f"{test}\n{text}" for test, text in [*result.failures, *result.errors]]
    assert not faults, "\n\n".join(faults)
    assert sorted(test.test_name for test in result.successes) == sorted(unit_tests(model))


def test_a_file_of_unit_tests_is_named_for_the_one_model_that_all_of_them_test() -> None:
    of_file = {model: {body["model"] for body in unit_tests(model).values()} for model in FILES}
    misnamed = {model: names for model, names in of_file.items() if [name.split(".")[-1] for name in names] != [model]}
    assert misnamed == {}
    assert with_unit_tests() <= models().keys()


def test_a_model_has_a_unit_test_or_one_reason_why_not() -> None:
    reasons = {
        name: [pattern for pattern in NO_UNIT_TEST if re.fullmatch(pattern, name)]
        for name in models().keys() - with_unit_tests()
    }
    assert {name: found for name, found in reasons.items() if len(found) != 1} == {}
    used = {pattern for found in reasons.values() for pattern in found}
    assert set(NO_UNIT_TEST) - used == set(), "take out what no model is without"
    needless = {name: pattern for name in with_unit_tests() for pattern in NO_UNIT_TEST if re.fullmatch(pattern, name)}
    assert needless == {}, "take out what is tested"
    # A pattern covers models that are added later; none but a seed has no SQL to test, and a copy none of its own.
    why = {name: NO_UNIT_TEST[pattern] for name, (pattern,) in reasons.items()}
    assert {name for name in why if why[name] == SEED} == {n for n, model in models().items() if model.kind.is_seed}
    assert {name for name in why if why[name] == COPY} == {n for n, model in models().items() if model.kind.is_custom}


def test_what_tests_a_model_instead_of_unit_tests_is_there() -> None:
    written = "\n".join(file.read_text(encoding="utf-8") for file in sorted(TESTS.glob("test_*.py")))
    named = {test for reason in NO_UNIT_TEST.values() for test in re.findall(r"\btest_\w+(?:\.py)?", reason)}
    assert named
    assert {test for test in named if not (TESTS / test).is_file() and f"def {test}(" not in written} == set()


def test_rules_in_unit_tests_are_those_of_the_seeds() -> None:
    """A unit test repeats a few rows of the seeds; a rule that changes there must not live on in a test."""
    for test, body in (test for model in FILES for test in unit_tests(model).items()):
        for model, given in body.get("inputs", {}).items():
            if model not in {"reference.readmission_definition", "reference.readmission_exclusion"}:
                continue
            seed = families.declared(model.split(".")[1])
            for row in given["rows"]:
                text = {column: "" if value is None else str(value) for column, value in row.items()}
                assert any(text.items() <= seeded.items() for seeded in seed), f"{test}: {model} has no row {text}"
