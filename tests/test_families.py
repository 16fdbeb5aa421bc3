"""A family without files, and a table that nobody delivered and no model reads, cost a plan nothing."""

from __future__ import annotations

import pytest

from loader import contracts
from workbench import families


@pytest.fixture(autouse=True)
def as_a_user_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAREHOUSE_FAMILIES", raising=False)


def test_before_the_first_delivery_and_for_checks_all_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    every = list(contracts.load().values())
    assert families.loaded_contracts([]) == every
    assert families.left_out(every) == []
    monkeypatch.setenv("WAREHOUSE_FAMILIES", "all")
    assert families.loaded_contracts(["ehr__outcomes"]) == every


def test_a_family_without_files_is_left_out_whole() -> None:
    loaded = families.loaded_contracts(["ehr__outcomes"])
    assert {contract.source for contract in loaded} == {"ehr"}
    others = {contract.source for contract in contracts.load().values()} - {"ehr"}
    assert "synthea" in others
    assert set(families.left_out(loaded)) == {
        f"{place}{other}{rest}"
        for other in others
        for place, rest in (
            ("models/input/", "/*"),
            ("models/staging/", "/*"),
            ("tests/test_", "__*"),
            ("tests/test_stg_", "__*"),
        )
    }
    assert {f for table in families.input_tables(loaded).values() for f in table["families"]} == {"ehr"}


def test_of_a_family_with_files_a_table_is_loaded_if_it_is_delivered_or_a_model_reads_it() -> None:
    names = {contract.name for contract in families.loaded_contracts(["synthea__encounters"])}
    assert {"synthea__encounters", "synthea__conditions"} <= names
    assert "synthea__claims" not in names
    assert "synthea__claims" in {c.name for c in families.loaded_contracts(["synthea__encounters", "synthea__claims"])}
    assert "models/staging/synthea/stg_synthea__claims.sql" in families.left_out(
        families.loaded_contracts(["synthea__encounters"])
    )


def test_a_delivery_of_a_contract_that_is_gone_is_passed_over() -> None:
    assert {c.source for c in families.loaded_contracts(["gone__table", "ehr__outcomes"])} == {"ehr"}


def test_the_key_of_a_published_table_is_the_grain_of_its_model() -> None:
    tables = {table["name"]: table for table in families.published_tables()}
    assert tables["dim_date"]["grain"] == ["date_key"]
    assert tables["fact_readmission"]["grain"] == ["definition_code", "admission_key"]
    assert tables["fact_readmission"]["indexes"] == [["stay_key"], ["definition_code", "is_index"]]
    assert len(tables["mart_kpi"]["grain"]) == 7, "a grain of several lines"
    assert tables["mart_kpi"]["copies"] == "mart.mart_kpi"
    assert (tables["dim_metric"]["copies"], tables["dim_metric"]["grain"]) == (
        "reference.metric",
        ["metric_code", "definition_version"],
    )


def test_a_published_table_without_a_model_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        families, "declared", lambda name: [{"published_table": "dim_moon", "copies": "", "indexes": "phase"}]
    )
    with pytest.raises(
        ValueError, match=r"published_table\.csv: dim_moon: no model is named star\.dim_moon and states"
    ):
        families.published_tables()
