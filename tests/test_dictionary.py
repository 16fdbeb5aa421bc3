"""The dictionary and the lineage are what the models say, and what the models say of units and sources is enough."""

from __future__ import annotations

import re

import pytest

from scripts import catalog, dictionary
from scripts.catalog import Column, Table


@pytest.mark.long  # so does `make check`
def test_both_documents_are_what_the_models_say() -> None:
    for path, text in dictionary.files(catalog.read()).items():
        assert path.read_text(encoding="utf-8") == text, "run: make generate"


def test_every_published_table_and_column_has_its_entry() -> None:
    text = dictionary.DICTIONARY.read_text(encoding="utf-8")
    entries = re.split(r"^### ", text, flags=re.M)[1:]
    listed = {entry.split("\n", 1)[0]: set(re.findall(r"^\| `(\w+)` \|", entry, re.M)) for entry in entries}
    assert listed == {table.name: table.column_names for table in catalog.read().tables.values()}
    lineage = dictionary.LINEAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"\(dictionary\.md#(\w+)\)", lineage)) == set(listed)


def test_every_link_inside_leads_somewhere() -> None:
    text = dictionary.DICTIONARY.read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(#(\w+)\)", text)) <= set(re.findall(r"^### (\w+)$", text, re.M))


def test_money_lengths_and_shares_have_a_unit() -> None:
    faults = []
    for table in catalog.read().tables.values():
        units = dictionary.units(table)
        for column in table.columns:
            allowed = None
            if re.search(r"amount|cost|charge(?!d)|gap$|paid$|claim_total|mean_claim", column.name):
                if column.type.startswith("DECIMAL") and not column.name.startswith("share_of"):
                    allowed = {"USD", "share", "days"}
            elif re.search(r"share|^mortality", column.name) and column.type.startswith("DECIMAL"):
                allowed = {"share"}
            elif column.name.startswith("los_") and column.type.startswith(("DECIMAL", "INT")):
                allowed = {"days", "hours"}
            if allowed and units[column.name] not in allowed:
                faults.append((table.name, column))
    assert faults == []


def test_an_end_of_an_interval_is_in_the_unit_of_its_value() -> None:
    columns = (
        Column("n_stays", "BIGINT", "Closed stays.", False),
        Column("mean_charge", "DECIMAL(14, 2)", "Mean charge, in USD.", False),
        Column("charge_ci_low", "DECIMAL(14, 2)", "Lower end of its 95 % interval (normal).", False),
        Column("is_open", "SMALLINT", "1 while open for days, else 0.", False),
        Column("payer_key", "BIGINT", "Payer; joins dim_payer.", False),
    )
    table = Table("t", "One row per t.", "", ("payer_key",), columns, True, "t")
    assert list(dictionary.units(table).values()) == ["count", "USD", "USD", "flag", ""]


def test_the_lineage_ends_in_the_files() -> None:
    lineage = dictionary.LINEAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| \[(\w+)\]\(.*?\) \| .* \| (.*) \|$", lineage, re.M))
    assert rows["dim_age_band"] == "none: code lists"
    assert {"ehr.outcomes", "synthea.encounters"} <= set(rows["dim_encounter_type"].split(", "))
    assert "synthea.payers" not in rows["dim_encounter_type"]
    assert rows["mart_kpi"].startswith("all 5 of ehr")


def test_no_delivery_changes_the_documents() -> None:
    for path in (dictionary.DICTIONARY, dictionary.LINEAGE):
        assert "landing." not in path.read_text(encoding="utf-8")


def test_a_column_names_what_it_is_computed_from() -> None:
    tables = catalog.read().tables
    found = {
        (table, column.name): catalog.read().column_sources(tables[table], column)
        for table, name in (("fact_encounter", "claim_amount"), ("v_readmission_ladder", "definition_label"))
        for column in tables[table].columns
        if column.name == name
    }
    assert found == {
        ("fact_encounter", "claim_amount"): ["core.int_encounter.claim_amount"],
        ("v_readmission_ladder", "definition_label"): ["serving.dim_readmission_definition.definition_label"],
    }
