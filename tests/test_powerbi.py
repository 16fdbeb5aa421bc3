"""The Power BI project is what the models say, and Microsoft's own parsers take it; faults planted in it are found.

Nothing here opens it in Desktop, which runs on Windows alone. The parsers come by `make parsers`; without them, what
needs them is skipped.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from loader.settings import PROJECT
from scripts import catalog, dax, generate, measures, powerbi, powerbi_check
from scripts.powerbi_check import Project
from workbench import families

PARSERS = PROJECT / ".parsers"
WITHOUT = "is not here: make parsers"

# The four that judge a project. Each returns what it found, or skips.


def cross_check(folder: Path) -> list[str]:
    return powerbi_check.faults(Project(folder))


def tmdl_parser(folder: Path) -> list[str]:
    program = PARSERS / "tmdl" / "tmdl_check.exe"
    if not program.exists() or shutil.which("mono") is None:
        pytest.skip(f"the TMDL parser {WITHOUT}")
    run = subprocess.run(["mono", program, Project(folder).model], capture_output=True, text=True, check=False)
    return [] if run.returncode == 0 else [run.stderr.strip()]


def json_schemas(folder: Path) -> list[str]:
    packages = PARSERS / "python"
    schemas = packages / "powerbi_mcp" / "validation" / "schemas"
    if not schemas.exists():
        pytest.skip(f"the folder of JSON schemas {WITHOUT}")
    if str(packages) not in sys.path:
        sys.path.append(str(packages))
    from jsonschema import Draft7Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT7

    index = json.loads((schemas / "INDEX.json").read_text(encoding="utf-8"))
    known = {url: json.loads((schemas / file).read_text(encoding="utf-8")) for url, file in index.items()}

    # The package lacks the schemas of what is inside a visual and a filter; powerbi_check.KEYS stands in for them.
    def absent(url: str) -> Resource:
        assert re.search(r"/(visualConfiguration|filterConfiguration)/", url), f"no schema for {url}"
        return Resource.from_contents({}, default_specification=DRAFT7)

    resources = [(url, Resource.from_contents(content, DRAFT7)) for url, content in known.items()]
    registry = Registry(retrieve=absent).with_resources(resources)
    found = []
    files = [path for path in folder.rglob("*") if path.suffix in {".json", ".pbip", ".pbir", ".pbism"}]
    for path in sorted([*files, *folder.rglob(".platform")]):
        content = json.loads(path.read_text(encoding="utf-8"))
        errors = Draft7Validator(known[content["$schema"]], registry=registry).iter_errors(content)
        found += [f"{path.relative_to(folder)}: {error.json_path}: {error.message}" for error in errors]
    return found


def m_parser(folder: Path) -> list[str]:
    packages = PARSERS / "node" / "node_modules"
    if not (packages / "@microsoft" / "powerquery-parser").exists() or shutil.which("node") is None:
        pytest.skip(f"the M parser {WITHOUT}")
    sources = {table.name: table.source for table in Project(folder).tables.values()}
    run = subprocess.run(
        ["node", PROJECT / "scripts" / "m_check.js", packages],
        input=json.dumps(list(sources.values())),
        capture_output=True,
        text=True,
        check=True,
    )
    return [f"{name}: no M" for name, is_m in zip(sources, json.loads(run.stdout), strict=True) if not is_m]


JUDGES = (cross_check, tmdl_parser, json_schemas, m_parser)


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.__name__)
def test_the_project_has_no_fault(judge: Callable[[Path], list[str]]) -> None:
    assert judge(powerbi.FOLDER) == []


# What the models say


@pytest.mark.long  # so does `make check`
def test_every_generated_file_is_what_the_models_say() -> None:
    written, stale = generate.generated(catalog.read())
    different = [path for path, text in written.items() if not path.exists() or path.read_text("utf-8") != text]
    assert different == []
    assert stale == []


def test_every_column_reads_a_published_column_of_its_type() -> None:
    fits = {"BIGINT": "int64", "INT": "int64", "SMALLINT": "int64", "TEXT": "string", "DATE": "dateTime"}
    project, tables = Project(), catalog.read().tables
    for table in project.tables.values():
        if table.name == powerbi.MEASURE_TABLE:
            continue
        types = {column.name: column.type for column in tables[table.name].columns}
        left_out = powerbi.settings()["left_out_columns"].get(table.name, [])
        assert {p["sourceColumn"] for p in table.columns.values()} == set(types) - set(left_out)
        for name, properties in table.columns.items():
            mysql = types[properties["sourceColumn"]]
            if mysql.startswith("DECIMAL"):
                scale = int(mysql.rstrip(")").split(",")[1])
                # A decimal of the model has four digits after the point: a share of six must be a double.
                assert properties["dataType"] == ("decimal" if scale <= 4 else "double"), (table.name, name)
            else:
                assert properties["dataType"] == fits.get(mysql, "dateTime"), (table.name, name)


def test_the_one_side_of_every_relationship_is_the_whole_grain_of_its_table() -> None:
    tables = catalog.read().tables
    assert len(Project().relationships) > 50
    for relationship in Project().relationships:
        assert tables[relationship.one[0]].grain == (relationship.one[1],), relationship.name


def test_every_fact_is_reached_by_what_its_figures_are_cut_by() -> None:
    below: dict[str, set[str]] = {}
    for relationship in Project().relationships:
        if relationship.is_active:
            below.setdefault(relationship.one[0], set()).add(relationship.many[0])

    facts = {name for name in catalog.read().tables if name.startswith("fact_")}
    for dimension in ("dim_source_system", "dim_patient", "dim_date", "dim_organization"):
        assert facts <= below[dimension], dimension
    published = families.published_names()
    slices = {row["slice"]: published[row["dimension"]] for row in families.seed("metric_slice")}
    for row in families.declared("metric_subject"):
        schema, fact = row["relation"].split(".")
        if schema == "star":
            for name in row["slices"].split():
                assert fact in below[slices[name]], (fact, name)
    assert "fact_lab_result" in below["dim_lab_test"]


def test_no_fact_filters_a_fact() -> None:
    assert not [r for r in Project().relationships if {r.many[0][:5], r.one[0][:5]} == {"fact_"}]


def test_no_column_that_tells_who_a_patient_is_leaves_mysql() -> None:
    table = Project().tables["dim_patient"]
    assert {"patient_name", "patient_id", "birth_date"}.isdisjoint(table.columns)
    kept = re.search(r"Table\.SelectColumns\(View, \{(.*)\}\)", table.source)
    assert kept is not None
    assert set(re.findall(r'"(\w+)"', kept[1])) == {p["sourceColumn"] for p in table.columns.values()}


def test_the_date_table_is_marked_and_dates_are_joined_by_their_key() -> None:
    text = Project().tables["dim_date"].path.read_text(encoding="utf-8")
    assert "\tdataCategory: Time\n" in text
    assert [name for name, p in Project().tables["dim_date"].columns.items() if "isKey" in p] == ["full_date"]
    joined = {r.one[1] for r in Project().relationships if r.one[0] == "dim_date"}
    assert joined == {"date_key"}
    for row in families.declared("metric_subject"):
        schema, fact = row["relation"].split(".")
        if schema == "star":
            roles = {
                r.many[1]: r.is_active for r in Project().relationships if (r.one[0], r.many[0]) == ("dim_date", fact)
            }
            # The first day of a subject is the one that filters; the others are roles to ask for.
            first, *others = dax.date_roles(row).values()
            assert [column for column, is_active in roles.items() if is_active] == [first]
            assert set(others) <= set(roles)


def test_every_metric_has_a_measure_with_its_n_and_its_interval() -> None:
    made = {measure.name: measure for measure in powerbi.measures(catalog.read())}
    for row in families.declared("metric"):
        if row["basis"] == "not_computable":
            assert row["metric_label"] not in made
            continue
        assert made[row["metric_label"]].folder == measures.GROUPS[row["module"]]
        assert f"(metric {row['metric_code']}/{row['definition_version']})" in made[row["metric_label"]].description
        for part in ("n",) if row["kind"] == "total" else ("n", "low", "high", "with interval"):
            assert f"{row['metric_label']}: {part}" in made


def test_no_metric_stands_in_a_file_of_dax() -> None:
    hand = (powerbi.FOLDER / "measures.toml").read_text(encoding="utf-8")
    named = re.findall(r'^name = "(.*)"$', hand, re.M)
    assert not {row["metric_label"] for row in families.declared("metric")} & set(named)
    assert not re.search(r"\b(?:SUM|COUNT|AVERAGE|DISTINCTCOUNT) \( fact_\w+\[(?!patient_durable_key)", hand)


def test_every_measure_is_described_and_formatted() -> None:
    for measure in powerbi.measures(catalog.read()):
        assert measure.description.endswith((".", ")")), measure.name
        is_text = measure.name.endswith((": with interval", "label"))
        assert measure.format or measure.is_hidden or is_text, measure.name


def test_what_reads_rows_asks_for_one_source_and_what_reads_measures_leaves_it_to_them() -> None:
    made = {measure.name: measure.dax for measure in powerbi.measures(catalog.read())}
    assert powerbi_check.ONE_SOURCE in made["Procedures"]
    assert powerbi_check.ONE_SOURCE in made["Filters fit encounter"]
    assert made["Encounters"].startswith("IF (\n    [Filters fit encounter]\n")
    assert powerbi_check.ONE_SOURCE in made["Difference to the warehouse"]
    assert made["Mean charge of a stay"] == "DIVIDE ( [Mean charge of a stay: numerator], [Mean charge of a stay: n] )"
    assert made["Metric label"].startswith("LOOKUPVALUE")


def test_every_table_of_a_source_is_reached_by_the_source() -> None:
    reached = {
        relationship.many[0] for relationship in Project().relationships if relationship.one[0] == "dim_source_system"
    }
    left_out = {"dim_source_system", *powerbi.settings()["left_out"]}
    of_a_source = {name for name, table in catalog.read().tables.items() if "source_system" in table.column_names}
    # The dimensions are of one source each by their rows; they filter facts, which the source filters too. What is at
    # the grain of the stay is reached through it.
    others = {"dim_patient", "dim_payer", "dim_organization", "dim_lab_test", "mart_readmission_risk"}
    assert of_a_source - left_out - others <= reached


def test_a_page_shows_one_source_and_none_is_named() -> None:
    slicers = [v["visual"] for path, v in Project().visuals.items() if path.parent.name == "source"]
    assert len(slicers) == 4
    for slicer in slicers:
        (selection,) = slicer["objects"]["selection"]
        value = {name: text["expr"]["Literal"]["Value"] for name, text in selection["properties"].items()}
        assert value == {"singleSelect": "true", "strictSingleSelect": "true", "selectAllCheckboxEnabled": "false"}
        assert "general" not in slicer["objects"]


# Faults, one at a time, and who finds them


@dataclass(frozen=True)
class Fault:
    """A fault: the file it is planted in, the text it replaces, and who must find it, saying what."""

    what: str
    file: str
    old: str
    new: str
    judge: Callable[[Path], list[str]]
    says: str


MODEL = "PatientWarehouse.SemanticModel/definition"
PAGES = "PatientWarehouse.Report/definition/pages"
FIGURES = f"{MODEL}/tables/Key figures.tmdl"

FAULTS = [
    Fault(
        "relationship to a column that is not there",
        f"{MODEL}/relationships.tmdl",
        "toColumn: dim_drg.drg_key",
        "toColumn: dim_drg.drg_id",
        tmdl_parser,
        "fact_inpatient_stay_drg_key",
    ),
    Fault(
        "relationship that joins a number to a text",
        f"{MODEL}/relationships.tmdl",
        "toColumn: dim_drg.drg_key",
        "toColumn: dim_drg.drg_code",
        cross_check,
        "joins int64 to string",
    ),
    Fault(
        "second way between two tables",
        f"{MODEL}/relationships.tmdl",
        "\tisActive: false\n\tfromColumn: fact_readmission.discharge_date_key",
        "\tfromColumn: fact_readmission.discharge_date_key",
        cross_check,
        "dim_date filters fact_readmission in 2 ways",
    ),
    Fault(
        "wrong indentation",
        f"{MODEL}/tables/dim_payer.tmdl",
        "\t\tdataType: string",
        "\tdataType: string",
        tmdl_parser,
        "dataType",
    ),
    Fault(
        "property that TMDL does not know",
        f"{MODEL}/tables/dim_payer.tmdl",
        "\t\tsummarizeBy: none",
        "\t\tsummariseBy: none",
        tmdl_parser,
        "summariseBy",
    ),
    Fault(
        "data type that TMDL does not know",
        f"{MODEL}/tables/dim_payer.tmdl",
        "dataType: string",
        "dataType: text",
        tmdl_parser,
        "text",
    ),
    Fault(
        "same lineage tag twice",
        f"{MODEL}/tables/dim_payer.tmdl",
        "lineageTag: ",
        f"lineageTag: {powerbi._tag('dim_drg')} #",
        cross_check,
        "stands 2 times",
    ),
    Fault(
        "table without its file",
        f"{MODEL}/model.tmdl",
        "ref table dim_payer\n",
        "ref table dim_payer\nref table dim_insurer\n",
        cross_check,
        "ref table dim_insurer has no file",
    ),
    Fault(
        "DAX with a column that is not there",
        FIGURES,
        "SUM ( fact_inpatient_stay[charge_amount] )",
        "SUM ( fact_inpatient_stay[charged_amount] )",
        cross_check,
        "there is no column fact_inpatient_stay[charged_amount]",
    ),
    Fault(
        "DAX with a measure that is not there",
        FIGURES,
        "DIVIDE ( [Failing rows], [Checked rows] )",
        "DIVIDE ( [Failing rows], [Rows checked] )",
        cross_check,
        "there is no measure [Rows checked]",
    ),
    Fault(
        "DAX with an open bracket",
        FIGURES,
        "COUNTROWS ( fact_procedure )",
        "COUNTROWS ( fact_procedure",
        cross_check,
        "4 ( and 3 )",
    ),
    Fault(
        "DAX with a misspelt function",
        FIGURES,
        "COUNTROWS ( fact_procedure )",
        "COUNTROW ( fact_procedure )",
        cross_check,
        "COUNTROW is not a DAX function",
    ),
    Fault(
        "DAX that takes BLANK for 0",
        FIGURES,
        "fact_inpatient_stay[is_open] == 0 )",
        "fact_inpatient_stay[is_open] = 0 )",
        cross_check,
        "true for BLANK",
    ),
    Fault(
        "DAX that adds up several sources",
        FIGURES,
        "COUNTROWS ( DISTINCT ( dim_source_system[source_system] ) ) == 1",
        "COUNTROWS ( DISTINCT ( dim_source_system[source_system] ) ) > 0",
        cross_check,
        "[Patients with encounters]: adds up whatever sources there are",
    ),
    Fault(
        "M with a comma too many",
        f"{MODEL}/tables/dim_payer.tmdl",
        "[Data]\n",
        "[Data],\n",
        m_parser,
        "dim_payer",
    ),
    Fault(
        "table that reads another one",
        f"{MODEL}/tables/dim_payer.tmdl",
        'Item = "dim_payer"',
        'Item = "dim_drg"',
        cross_check,
        "table dim_payer reads dim_drg",
    ),
    Fault(
        "visual with a measure that is not there",
        f"{PAGES}/overview/visuals/claims/visual.json",
        '"Property": "Claims of all encounters"',
        '"Property": "Claims of all encounter"',
        cross_check,
        "there is no measure Key figures[Claims of all encounter]",
    ),
    Fault(
        "filter on a column that is not there",
        f"{PAGES}/trust/visuals/attrition/visual.json",
        '"Property": "definition_code"',
        '"Property": "definition"',
        cross_check,
        "there is no column v_readmission_attrition[definition]",
    ),
    Fault(
        "container property that PBIR does not know",
        f"{PAGES}/overview/visuals/claims/visual.json",
        '"position": {',
        '"colour": "red",\n  "position": {',
        json_schemas,
        "colour",
    ),
    Fault(
        "visual property that PBIR does not know",
        f"{PAGES}/overview/visuals/claims/visual.json",
        '"visualType": "card"',
        '"visualType": "card",\n    "visualKind": "card"',
        cross_check,
        "a visual has no property visualKind",
    ),
    Fault(
        "page that is not there",
        f"{PAGES}/pages.json",
        '"overview",\n',
        '"overview",\n    "summary",\n',
        cross_check,
        "pageOrder names summary",
    ),
    Fault(
        "visual over the edge of its page",
        f"{PAGES}/overview/visuals/by_class/visual.json",
        '"y": 448',
        '"y": 548',
        cross_check,
        "stands over the edge",
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what.replace(" ", "-"))
def test_a_planted_fault_is_found(fault: Fault, tmp_path: Path) -> None:
    folder = tmp_path / "powerbi"
    shutil.copytree(powerbi.FOLDER, folder)
    path = folder / fault.file
    text = path.read_text(encoding="utf-8")
    assert fault.old in text
    path.write_text(text.replace(fault.old, fault.new, 1), encoding="utf-8")
    found = fault.judge(folder)
    assert any(fault.says in said for said in found), found


# What authors add in Desktop stays


def test_a_table_that_an_author_adds_is_kept_and_a_generated_one_that_is_gone_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "powerbi"
    shutil.copytree(powerbi.FOLDER, folder)
    monkeypatch.setattr(powerbi, "FOLDER", folder)
    tables = folder / MODEL / "tables"
    (tables / "Targets.tmdl").write_text("table Targets\n", encoding="utf-8")
    (tables / "dim_gone.tmdl").write_text(
        f"table dim_gone\n\n\t{powerbi.GENERATED}serving.dim_gone\n", encoding="utf-8"
    )
    written = powerbi.files(catalog.read())
    assert "ref table Targets\n" in written[folder / MODEL / "model.tmdl"]
    assert powerbi.stale(written) == [tables / "dim_gone.tmdl"]
