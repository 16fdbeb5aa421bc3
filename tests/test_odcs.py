"""Contracts in the Open Data Contract Standard: ours are valid and come back as they were; those of others come in."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from open_data_contract_standard.model import OpenDataContractStandard

from loader import contracts
from loader.contracts import Contract
from loader.settings import PROJECT
from workbench import cli, odcs

FILES = sorted((PROJECT / "contracts" / "odcs").glob("*.odcs.yaml"))

SCHEMA = json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8"))
"""The validator's own, of version 3.2: it takes the versions before, too."""

ORDERS = """
apiVersion: v3.1.0
kind: DataContract
id: 53581432-6c55-4ba2-a65f-72344a91553b
version: 1.0.0
status: draft
servers: [{server: production, type: postgres, host: db, port: 5432, database: d, schema: s}]
team: {name: laboratory}
schema:
  - name: Lab Orders
    physicalName: public.lab_orders
    dataGranularityDescription: One row per order.
    quality: [{metric: rowCount, mustBeGreaterThan: 0}]
    properties:
      - {name: Patient No., logicalType: string, physicalType: varchar(20), primaryKey: true, primaryKeyPosition: 2}
      - {name: order_id, physicalName: Order-Id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1,
         required: true, unique: true, description: "Number of the order,\\ncounted from 1."}
      - {name: ordered, logicalType: date, logicalTypeOptions: {format: dd.MM.yyyy}}
      - {name: reported, logicalType: timestamp, logicalTypeOptions: {format: "yyyy-MM-dd'T'HH:mm:ssXXX"}}
      - {name: seen, logicalType: timestamp, logicalTypeOptions: {format: "d MMM yyyy 'at' HH:mm"}}
      - {name: by_era, logicalType: date, logicalTypeOptions: {format: GGGG yyyy}}
      - {name: price, logicalType: number, physicalType: "numeric(12,2)", classification: restricted}
      - {name: weight, logicalType: number, physicalType: float8, logicalTypeOptions: {minimum: 0}}
      - {name: urgent, logicalType: boolean}
      - {name: results, logicalType: array, items: {logicalType: string}}
      - {name: rowid, customProperties: [{property: optional, value: true}, {property: owner, value: laboratory}]}
  - name: wards
    physicalName: Wards.TSV
    description: The wards.
    properties: [{name: ward}]
"""


def taken_in(texts: dict[str, str], folder: Path) -> dict[str, Contract]:
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return dict(contracts.load(folder))


def test_each_family_has_its_file() -> None:
    assert [file.name for file in FILES] == sorted({f"{c.source}.odcs.yaml" for c in contracts.load().values()})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_ours_are_valid(file: Path) -> None:
    model = OpenDataContractStandard.from_file(str(file))
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    jsonschema.validate(document, SCHEMA)
    assert model.apiVersion == odcs.VERSION and model.schema_
    for table in model.schema_:
        assert table.dataGranularityDescription, f"{table.name}: the first line of its contract says what one row is"
        names = [column.name for column in table.properties or []]
        assert all(isinstance(name, str) for name in names), names
        keys = sorted(c.primaryKeyPosition for c in table.properties if c.primaryKey)
        assert keys == list(range(1, len(keys) + 1))


def test_ours_come_back_as_they_were(tmp_path: Path) -> None:
    found: dict[str, Contract] = {}
    for file in FILES:
        texts, unheld = odcs.read(file)
        assert unheld == []
        found |= taken_in(texts, tmp_path / file.stem)
        for name, text in texts.items():
            original = (PROJECT / "contracts" / f"{name}.toml").read_text(encoding="utf-8")
            assert text.split("\nsource =")[0] == original.split("\nsource =")[0], f"{name}: its comment"
    assert found == contracts.load()


def test_what_no_contract_of_ours_uses_yet_comes_back_too(tmp_path: Path) -> None:
    (tmp_path / "city__labs.toml").write_text(
        '# One row per result.\nsource = "city"\ntable = "labs"\nfiles = ["labs.csv", "[[]x[]].csv"]\n'
        'key = ["b", "no"]\nnull_marks = ["", "NO", "1:20", "~", "null"]\nmax_rejected_share = 0.05\n'
        'encoding = "windows-1252"\nheader = false\nignore = ["", "on"]\n\n[columns]\n'
        'no = { header = "NO", required = true }\nb = { type = "DECIMAL(14, 2)", formerly = ["Y", "Größe \\"x\\""] }\n'
        'c = { type = "DATE", format = "%m/%d/%Y" }\nd = { type = "TIMESTAMP", format = "%d %b %Y at %I:%M %p" }\n'
        'e = { type = "DATE", format = "%G-%V-%u", optional = true }\n',
        encoding="utf-8",
    )
    (tmp_path / "city__source.toml").write_text(
        '# One row per source.\nsource = "city"\ntable = "source"\nfiles = ["a.csv"]\nkey = []\n\n[columns]\na = {}\n',
        encoding="utf-8",
    )
    (tmp_path / "city__lines.toml").write_text(
        '# One row per line of a claim.\nsource = "city"\ntable = "lines"\nfiles = ["Claim.ndjson"]\nkey = ["id"]\n'
        'resource = "Claim"\nrows = "item"\n\n[columns]\nid = { path = "id" }\n'
        'net = { path = ["item.net.value", "item.net"], type = "DOUBLE" }\n',
        encoding="utf-8",
    )
    known = contracts.load(tmp_path)
    ((file, text),) = odcs.write(known.values(), tmp_path, "1.0").items()
    jsonschema.validate(yaml.safe_load(text), SCHEMA)
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    texts, unheld = odcs.read(file)
    assert taken_in(texts, tmp_path / "back") == known
    assert unheld == []
    assert "format: dd 'MMM'" not in text and "format: MM/dd/yyyy" in text and "dd MMM yyyy 'at' hh:mm a" in text
    as_yaml_1_1 = yaml.safe_load(text)["schema"][0]
    assert as_yaml_1_1["properties"][0]["physicalName"] == "NO"
    custom = {item["property"]: item["value"] for item in as_yaml_1_1["customProperties"]}
    assert custom["nullMarks"] == ["", "NO", "1:20", "~", "null"]


def test_a_contract_of_somebody_else_comes_in_and_what_has_no_place_is_said(tmp_path: Path) -> None:
    file, folder = tmp_path / "orders.odcs.yaml", tmp_path / "contracts"
    file.write_text(ORDERS, encoding="utf-8")
    run = CliRunner().invoke
    nameless = run(cli.main, ["contract", "--from", str(file), "--out", str(folder)])
    assert nameless.exit_code == 1 and "not a name for a family of tables" in nameless.output
    assert not folder.exists()
    done = run(cli.main, ["contract", "--from", str(file), "--source", "city", "--out", str(folder)])
    assert done.exit_code == 0, done.output
    known = contracts.load(folder)
    orders, wards = known["city__lab_orders"], known["city__wards"]
    assert {c.name: (c.header, c.type, c.required, c.format, c.optional) for c in orders.columns} == {
        "patient_no": ("Patient No.", "VARCHAR", False, None, False),
        "order_id": ("Order-Id", "BIGINT", True, None, False),
        "ordered": ("ordered", "DATE", False, "%d.%m.%Y", False),
        "reported": ("reported", "TIMESTAMP", False, None, False),
        "seen": ("seen", "TIMESTAMP", False, "%-d %b %Y at %H:%M", False),
        "by_era": ("by_era", "DATE", False, None, False),
        "price": ("price", "DECIMAL(12, 2)", False, None, False),
        "weight": ("weight", "DOUBLE", False, None, False),
        "urgent": ("urgent", "VARCHAR", False, None, False),
        "results": ("results", "VARCHAR", False, None, False),
        "rowid_2": ("rowid", "VARCHAR", False, None, True),
    }
    assert orders.key == ("order_id", "patient_no")
    assert orders.files == ("lab_orders.csv", "lab_orders_*.csv", "lab_orders-*.csv")
    assert wards.files[0] == "Wards.TSV" and wards.key == ("ward",)
    text = (folder / "city__lab_orders.toml").read_text(encoding="utf-8")
    assert text.startswith("# One row per order.\n")
    assert "# Number of the order,\n# counted from 1.\norder_id =" in text
    assert "primary key: the key below is a guess" in (folder / "city__wards.toml").read_text(encoding="utf-8")
    assert [line[11:] for line in done.output.splitlines() if not line.startswith("contract")] == [
        "the contract: servers, team",
        "Lab Orders: quality",
        "Lab Orders.order_id: unique",
        "Lab Orders.by_era: logicalTypeOptions",
        "Lab Orders.price: classification",
        "Lab Orders.weight: logicalTypeOptions",
        "Lab Orders.urgent: logicalType boolean, which lands as text",
        "Lab Orders.results: items, logicalType array, which lands as text",
        "Lab Orders.rowid: customProperties owner",
    ]
    again = run(cli.main, ["contract", "--from", str(file), "--source", "city", "--out", str(folder)])
    assert again.exit_code == 1 and "exists already" in again.output
    both = run(cli.main, ["contract", "labs.csv", "--from", str(file)])
    assert both.exit_code == 2 and "Name a FILE of data, or a contract by --from." in both.output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "orders.odcs.yaml: it cannot be read as YAML"),
        ("a: 1", "orders.odcs.yaml: no contract of the Open Data Contract Standard, which says kind: DataContract."),
        ("kind: DataContract\napiVersion: v2.2.2", "apiVersion v2.2.2. Versions 3.x of the standard are taken in."),
        ("kind: DataContract\napiVersion: v3.0.2\nid: city", "its schema is empty. Name each table there"),
        ("kind: DataContract\napiVersion: v3.0.2\nid: city\nschema: [{a: 1}]", "schema: an entry without a name."),
        ("kind: DataContract\napiVersion: v3.0.2\nid: city\nschema: [{name: a}]", "schema a: no properties."),
        (
            "kind: DataContract\napiVersion: v3.0.2\nid: city\n"
            "schema: [{name: a, properties: [{name: b, customProperties: [{property: format, value: x}]}]}]",
            "city__a.toml: column b: a format, but its type is VARCHAR.",
        ),
    ],
)
def test_what_is_no_contract_is_refused_with_the_place(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "orders.odcs.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(contracts.ContractError) as error:
        odcs.read(file)
    assert words in str(error.value)
