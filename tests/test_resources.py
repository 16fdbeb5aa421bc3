"""Resources in JSON: paths lead to what they say, every line lands or is rejected, and a bundle is its entries."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from loader import contracts, files, landing
from loader.contracts import Contract, ContractError
from loader.landing import LandingRefused
from loader.profile import profile
from loader.recognition import UnknownFile
from loader.resources import resource
from workbench.demo import delivered_folders

PERSON = """
source = "shelf"
table = "person"
files = ["Person.ndjson", "Person.*.ndjson", "*.json"]
resource = "Person"
key = ["id"]
[columns]
id = { path = ["id", "fullUrl"], required = true }
full_url = { path = "fullUrl" }
family_name = { path = "name[use=official].family" }
born = { path = "birthDate", type = "DATE" }
"""
PHONE = """
source = "shelf"
table = "phone"
files = ["Person.ndjson", "Person.*.ndjson", "*.json"]
resource = "Person"
rows = "telecom"
key = ["person", "place"]
[columns]
person = { path = "id", required = true }
place = { path = "#", type = "BIGINT", required = true }
number = { path = "telecom.value" }
family_name = { path = "name[0].family" }
"""


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Contract]]:
    """A warehouse of its own, and two contracts that take rows out of the same resources; calling it changes them."""
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))
    made = tmp_path / "contracts"
    made.mkdir()

    def write(change: Callable[[str], str] = str) -> dict[str, Contract]:
        (made / "shelf__person.toml").write_text(change(PERSON))
        (made / "shelf__phone.toml").write_text(change(PHONE))
        known = dict(load(made))
        monkeypatch.setattr(contracts, "load", lambda: known)
        return known

    load = contracts.load
    write()
    return write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "delivery"
    made.mkdir()
    return made


def person(number: int, **more: Any) -> str:
    told = {
        "resourceType": "Person",
        "id": f"p{number}",
        "name": [{"use": "nickname", "family": "Nick"}, {"use": "official", "family": f"Family {number}"}],
        "telecom": [{"value": f"{number}-1"}, {"value": f"{number}-2"}],
    }
    return json.dumps(told | more)


LINES = [person(number) for number in range(200)]


def put(folder: Path, lines: list[str], name: str = "Person.ndjson") -> Path:
    file = folder / name
    file.write_bytes(("\n".join(lines) + "\n").encode("utf-8", "surrogateescape"))
    return file


def land(folder: Path) -> dict[str, landing.Landed]:
    return {item.contract.table: item for item in landing.land(folder).landed}


def rows(landed: landing.Landed, columns: str = "*") -> list[tuple[Any, ...]]:
    with landing.connect() as con:
        return con.execute(f'SELECT {columns} FROM landing."{landed.landed_table}" ORDER BY rowid').fetchall()


def rejects(table: str) -> list[tuple[Any, ...]]:
    query = "SELECT line, raw_text, reason FROM landing.reject WHERE landed_table LIKE ? ORDER BY line"
    with landing.connect() as con:
        return con.execute(query, [f"shelf__{table}%"]).fetchall()


CONCEPT = {
    "code": {
        "coding": [
            {"system": "http://snomed.info/sct", "code": "38341003"},
            {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I10", "display": "It's high"},
        ],
        "text": "Hypertension",
    },
    "extension": [
        {"url": "race", "extension": [
            {"url": "ombCategory", "valueCoding": {"code": "2106-3", "display": "White"}},
            {"url": "ombCategory", "valueCoding": {"code": "2028-9", "display": 'Asian "and" more'}},
            {"url": "text", "valueString": "White and Asian"},
        ]},
    ],
    "identifier": [
        {"value": "1", "type": {"coding": [{"code": "SS"}, {"code": "XX"}]}},
        {"value": "2", "type": {"coding": [{"code": "YY"}, {"code": "MR"}]}},
    ],
    "category": [{"coding": [{"code": "vital-signs"}]}, {"coding": [{"code": "a"}, {"code": "laboratory"}]}],
    "value": {"number": 112.41600000000001, "whole": 7, "none": None, "yes": True, "": "unnamed"},
    "item": [{"sequence": 1, "net": {"value": 2.5}}, {"sequence": 2}],
}  # fmt: skip
PATHS = {
    "code.text": "Hypertension",
    "code.coding[0].code": "38341003",
    "code.coding[1].display": "It's high",
    "code.coding[2].code": None,
    "code.coding[system=http://hl7.org/fhir/sid/icd-10-cm].code": "I10",
    "code.coding[display=It's high].code": "I10",
    "code.coding[system=http://loinc.org].code": None,
    "code.coding[].code": '["38341003","I10"]',
    "code.coding[code=I10]": '{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"I10","display":"It\'s high"}',
    "extension[url=race].extension[url=text].valueString": "White and Asian",
    "extension[url=race].extension[url=ombCategory].valueCoding.code": "2106-3",
    "extension[url=race].extension[url=ombCategory][].valueCoding.code": '["2106-3","2028-9"]',
    "extension[url=race].extension[url=ombCategory][].valueCoding.display": '["White","Asian \\"and\\" more"]',
    "extension[url=ethnicity].extension[url=ombCategory][].valueCoding.code": None,
    "identifier[type.coding[].code=MR].value": "2",
    "identifier[type.coding[0].code=SS].value": "1",
    "category[].coding[].code": '["vital-signs","a","laboratory"]',
    "category[].coding[code=laboratory].code": "laboratory",
    "value.number": "112.41600000000001",
    "value.whole": "7",
    "value.none": None,
    "value.yes": "true",
    "value.absent.deeper": None,
    "absent[].code": None,
    "code.text[0].code": None,
    "item[1].sequence": "2",
}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_leads_to_what_it_says(path: str, tmp_path: Path) -> None:
    (tmp_path / "one.ndjson").write_text(json.dumps(CONCEPT) + "\n")
    query = resource("Any", None, [path]).query
    assert duckdb.execute(query, [str(tmp_path / "one.ndjson")]).fetchall() == [(PATHS[path],)]


def test_of_several_paths_the_first_that_leads_to_a_value_counts_and_an_element_has_its_place(tmp_path: Path) -> None:
    (tmp_path / "one.ndjson").write_text(json.dumps(CONCEPT) + "\n")
    taken = resource("Any", "item", ["#", "item.sequence", ("item.net.value", "code.text"), "item"])
    assert duckdb.execute(taken.query, [str(tmp_path / "one.ndjson")]).fetchall() == [
        ("1", "1", "2.5", '{"sequence":1,"net":{"value":2.5}}'),
        ("2", "2", "Hypertension", '{"sequence":2}'),
    ]
    assert duckdb.execute(taken.counts, [str(tmp_path / "one.ndjson")]).fetchall() == [(1, 2)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace('"birthDate"', '"birth Date"'), "path 'birth Date' cannot be read; write it as"),
        (lambda text: text.replace('"birthDate"', '"a..b"'), "path 'a..b' cannot be read"),
        (lambda text: text.replace('"birthDate"', '"a[x"'), r"path 'a\[x' cannot be read"),
        (lambda text: text.replace('"birthDate"', '"a\'; DROP TABLE x; --"'), "cannot be read"),
        (lambda text: text.replace('path = "birthDate", ', ""), "each column has a path where the contract has a reso"),
        (lambda text: text.replace('resource = "Person"\n', ""), "each column has a path"),
        (lambda text: text.replace('rows = "telecom"', 'rows = "a.b"'), "rows = 'a.b' is not the name of an array"),
    ],
)
def test_a_contract_that_cannot_be_used_says_why(
    shelf: Callable[..., Any], change: Callable[[str], str], message: str
) -> None:
    with pytest.raises(ContractError, match=rf"shelf__\w+\.toml: .*{message}"):
        shelf(change)


@dataclass(frozen=True)
class Line:
    """A line among 200 good ones, and what is said of it where it is rejected."""

    text: str
    reason: str | None = None


HOSTILE = {
    "no JSON": Line("not JSON", "Not JSON: Expecting value"),
    "JSON that stops": Line('{"resourceType": "Person", "id": ', "Not JSON"),
    "two values": Line('{"resourceType": "Person"} {"resourceType": "Person"}', "Not JSON: Extra data"),
    "a comma too many": Line('{"resourceType": "Person", "id": "q",}', "Not JSON"),
    "a number that is none": Line('{"resourceType": "Person", "id": "q", "n": NaN}', "Not JSON.*NaN"),
    "a comment": Line('{"resourceType": "Person", /* why */ "id": "q"}', "Not JSON"),
    "a control character": Line('{"resourceType": "Person", "id": "a\tb"}', "Not JSON: Invalid control character"),
    "an array": Line('[{"resourceType": "Person", "id": "q"}]', "Not an object of JSON, but a list"),
    "a text": Line('"Person"', "Not an object of JSON, but a str"),
    "null": Line("null", "Not an object of JSON, but a NoneType"),
    "another resource": Line('{"resourceType": "Group", "id": "q"}', "Expected resourceType: Person Found: Group"),
    "no resourceType": Line('{"id": "q"}', "Expected resourceType: Person Found: None"),
    "a bundle": Line('{"resourceType": "Bundle", "entry": []}', "Found: Bundle"),
    "a key twice": Line('{"resourceType": "Person", "id": "q", "id": "r"}', "the key 'id' stands twice"),
    "a key twice, deep down": Line(
        '{"resourceType": "Person", "id": "q", "a": [{"b": 1, "b": 1}]}', "the key 'b' stands twice"
    ),
    "bytes that are not UTF-8": Line('{"resourceType": "Person", "id": "\udcff"}', "Not utf-8: byte 0xff at byte 35"),
    "half of a surrogate pair": Line('{"resourceType": "Person", "id": "\\ud800"}', "Not JSON.*surrogates"),
    "blanks": Line("   ", "Not JSON"),
    "a byte order mark inside": Line("\ufeff" + person(900), "Not JSON"),
    "nested too deeply": Line('{"a":' * 100_000 + "1" + "}" * 100_000, "Not JSON"),
    "a resource of 20 MB": Line(person(900, note="z" * 20_000_000), "Maximum line size"),
    "an array that is none": Line(person(900, telecom={"value": "1"}), "telecom is not an array"),
    "an empty line": Line(""),
    "a carriage return at the end": Line(person(900) + "\r"),
    "blanks around it": Line(f"  {person(900)}\t "),
    "escapes": Line(person(900, note='\\ " \n \u2028 🙂 \0')),
    "a number with many digits": Line(person(900, n=10**30)),
    "a resource of 10 MB": Line(person(900, note="z" * 10_000_000)),
    "an empty array": Line(person(900, telecom=[])),
    "no array": Line(person(900, telecom=None).replace(', "telecom": null', "")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_line_lands_or_is_rejected_with_its_number_text_and_reason(name: str, folder: Path) -> None:
    line = HOSTILE[name]
    put(folder, [*LINES[:100], line.text, *LINES[100:]])
    landed = land(folder)
    for item in landed.values():
        assert item.rows_in == item.rows_landed + item.rows_rejected
    of_phone = name == "an array that is none"
    assert landed["phone"].rows_rejected == (1 if line.reason else 0)
    assert landed["person"].rows_rejected == (0 if of_phone else landed["phone"].rows_rejected)
    assert landed["person"].rows_landed == 200 + (of_phone or (not line.reason and bool(line.text)))
    added = 0 if line.reason or not line.text or "array" in name else 2
    assert landed["phone"].rows_landed == 400 + added
    assert landed["person"].files[0].blank_lines == (not line.text)
    if line.reason:
        ((number, text, reason),) = rejects("phone")
        assert (number, text[:15]) == (101, line.text[:15])
        assert re.search(line.reason, reason)


def test_a_column_lands_as_text_and_what_no_resource_has_is_not_delivered(folder: Path) -> None:
    put(folder, LINES)
    person_, phone = land(folder).values()
    assert person_.columns == ("id", "family_name")
    assert rows(person_)[:2] == [("p0", "Family 0"), ("p1", "Family 1")]
    assert phone.columns == ("person", "place", "number", "family_name")
    assert rows(phone)[1:3] == [("p0", "2", "0-2", "Nick"), ("p1", "1", "1-1", "Nick")]
    put(folder, [*LINES, person(200, birthDate="1960-02-29")])
    assert rows(land(folder)["person"])[-1] == ("p200", "Family 200", "1960-02-29")


@pytest.mark.parametrize(
    ("name", "change", "read_as"),
    [
        ("Person.ndjson.gz", gzip.compress, ("gzip",)),
        ("PERSON.NDJSON", lambda data: b"\xef\xbb\xbf" + data, ()),
        ("Person.000.ndjson", lambda data: data.replace(b"\n", b"\r\n"), ()),
        ("Person.ndjson", lambda data: data.replace(b"\n", b"\r\n", 90), ()),
        ("Person.ndjson", lambda data: data.rstrip(b"\n"), ()),
        ("Person.ndjson", lambda data: b"\n\n" + data.replace(b"\n", b"\n\n"), ()),
        ("Person.ndjson", lambda data: ("\ufeff" + data.decode()).encode("utf-16-le"), ("UTF-16",)),
    ],
)
def test_a_file_lands_as_it_comes(
    name: str, change: Callable[[bytes], bytes], read_as: tuple[str, ...], folder: Path
) -> None:
    (folder / name).write_bytes(change(("\n".join(LINES) + "\n").encode()))
    for item, expected in zip(land(folder).values(), (200, 400), strict=True):
        assert (item.rows_in, item.rows_landed, item.files[0].read_as) == (expected, expected, read_as)


@pytest.mark.parametrize("content", [b"", b"\n\n\r\n", b"\xef\xbb\xbf"])
def test_a_file_without_a_resource_is_refused(content: bytes, folder: Path) -> None:
    (folder / "Person.ndjson").write_bytes(content)
    with pytest.raises(LandingRefused, match=r"Person\.ndjson"):
        landing.land(folder)
    assert landing.deliveries() == {}


def test_numbered_parts_are_one_table_and_the_whole_beside_them_is_refused(folder: Path) -> None:
    put(folder, LINES[:100], "Person.000.ndjson")
    put(folder, LINES[100:], "Person.001.ndjson")
    assert [row for row, *_ in rows(land(folder)["person"], "id")] == [f"p{number}" for number in range(200)]
    put(folder, [person(200)])
    with pytest.raises(LandingRefused, match=r"Person\.ndjson is all of shelf__person, yet Person\.000\.ndjson"):
        landing.land(folder)


def test_the_same_lines_land_once_and_another_path_lands_anew(folder: Path, shelf: Callable[..., Any]) -> None:
    put(folder, LINES)
    first = land(folder)
    assert [item.is_new for item in land(folder).values()] == [False, False]
    (folder / "Person.ndjson.gz").write_bytes(gzip.compress((folder / "Person.ndjson").read_bytes()))
    (folder / "Person.ndjson").unlink()
    assert [item.landed_table for item in land(folder).values()] == [item.landed_table for item in first.values()]
    shelf(lambda text: text.replace("use=official", "use=nickname"))
    again = land(folder)
    assert [again[table].is_new for table in ("person", "phone")] == [True, False]
    assert rows(again["person"])[0] == ("p0", "Nick")


def test_more_rejected_lines_than_allowed_refuse_the_delivery(folder: Path) -> None:
    put(folder, [*LINES[:50], "no", "none", *LINES[50:100]])
    with pytest.raises(LandingRefused, match=r"2 of 102 rows rejected(.|\n)*Person\.ndjson, line 51: Not JSON.* \| no"):
        landing.land(folder)


@pytest.mark.parametrize("change", ["append", "replace"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    change: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the second table of the file is read: its rows would be of another version."""
    put(folder, LINES)
    land_table = landing._land_table

    def land_then_change(*args: Any) -> Any:
        landed = land_table(*args)
        put(folder, LINES[1:] if change == "replace" else [*LINES, person(200)])
        return landed

    monkeypatch.setattr(landing, "_land_table", land_then_change)
    with pytest.raises(LandingRefused, match=r"Person\.ndjson: it changed while it was read"):
        landing.land(folder)
    assert landing.deliveries() == {}


def test_a_line_of_a_gzip_that_is_longer_than_any_resource_is_refused_before_it_is_unpacked(folder: Path) -> None:
    lines = "\n".join([*LINES, person(900, note="z" * 17_000_000)])
    (folder / "Person.ndjson.gz").write_bytes(gzip.compress(lines.encode()))
    with pytest.raises(
        LandingRefused, match=rf"Person\.ndjson\.gz, line {len(LINES) + 1}: longer than 16,777,216 bytes"
    ):
        landing.land(folder)
    (folder / "Person.ndjson.gz").unlink()
    (folder / "Person.ndjson").write_text(lines)
    assert land(folder)["person"].rows_rejected == 1, "as the message says"


class TestRecognition:
    """Files of JSON go by their name and by the resources in them; others of the name are left alone."""

    def test_a_file_of_other_resources_is_listed_with_why(self, folder: Path) -> None:
        put(folder, LINES, "Person.000.ndjson")
        put(folder, ['{"resourceType": "Group", "id": "g"}'], "Person.groups.ndjson")
        put(folder, ['{"export": "started"}'], "log.ndjson")
        put(folder, ['{"resourceType": "Group", "id": "g"}'], "Group.ndjson")
        assert landing.land(folder).unknown_files == (
            UnknownFile("Group.ndjson"),
            UnknownFile("Person.groups.ndjson", "named like shelf.person, but of other resources"),
            UnknownFile("log.ndjson"),
        )

    def test_other_json_refuses_nothing(self, folder: Path) -> None:
        put(folder, LINES)
        for name, text in {"a": "{}", "b": "[1, 2]", "c": "no JSON // at all", "d": ""}.items():
            (folder / f"{name}.json").write_text(text)
        assert [file.name for file in landing.land(folder).unknown_files] == ["a.json", "b.json", "c.json", "d.json"]

    def test_a_folder_of_bundles_is_known_to_the_demo(self, folder: Path) -> None:
        (folder / "one.json").write_text(bundle(LINES[:3]))
        assert delivered_folders(folder.parent) == [(folder, None)]

    def test_a_profile_reads_what_the_contracts_take(self, folder: Path) -> None:
        put(folder, [*LINES, "no"])
        (folder / "answers.json").write_text("{}")
        found = profile(folder)
        assert [(t["table_name"], t["row_count"], t["rejected_rows"]) for t in found.tables] == [
            ("person", 200, 1),
            ("phone", 400, 1),
        ]
        assert found.content["unread"] == {"answers.json": "not a table by its name"}


def bundle(lines: list[str], **more: Any) -> str:
    entries = [{"fullUrl": f"urn:uuid:{number}", "resource": json.loads(line)} for number, line in enumerate(lines)]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries} | more)


GROUP = '{"resourceType": "Group", "id": "g"}'


class TestBundles:
    """A bundle is its entries: each contract takes those of its type."""

    def test_its_resources_land_with_the_urls_that_others_name_them_by(self, folder: Path) -> None:
        without_id = json.dumps({**json.loads(LINES[2]), "id": None}).replace('"id": null, ', "")
        (folder / "one.json").write_text(bundle([GROUP, LINES[0], GROUP, LINES[1], without_id]))
        (folder / "two.json").write_text(bundle([GROUP]))
        delivery = landing.land(folder)
        landed = {item.contract.table: item for item in delivery.landed}
        assert rows(landed["person"], "id, full_url") == [
            ("p0", "urn:uuid:1"), ("p1", "urn:uuid:3"), ("urn:uuid:4", "urn:uuid:4"),
        ]  # fmt: skip
        assert [(file.name, file.rows_in, file.blank_lines) for file in landed["phone"].files] == [("one.json", 6, 2)]
        assert delivery.unknown_files == (UnknownFile("Group in bundles"),)

    def test_two_bundles_that_hold_the_same_resource_are_two_files(self, folder: Path) -> None:
        for name in ("one", "two"):
            (folder / f"{name}.json").write_text(bundle([LINES[0]], id=name))
        assert rows(land(folder)["person"], "id") == [("p0",), ("p0",)]
        (folder / "three.json").write_text(bundle([LINES[0]], id="two"))
        with pytest.raises(LandingRefused, match=r"two\.json and three\.json|three\.json and two\.json"):
            landing.land(folder)

    def test_keys_in_another_order_a_gzip_and_a_resource_by_itself_are_read(self, folder: Path) -> None:
        text = json.dumps(json.loads(bundle(LINES[:3])), sort_keys=True, indent=2)
        (folder / "sorted.json.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + text.encode()))
        (folder / "alone.json").write_text(LINES[7])
        assert sorted(rows(land(folder)["person"], "id")) == [("p0",), ("p1",), ("p2",), ("p7",)]

    def test_entries_without_a_resource_are_said(self, folder: Path) -> None:
        text = json.loads(bundle(LINES[:2]))
        text["entry"] += [{"request": {"method": "DELETE"}}, 7, {"resource": {"id": "x"}}, {"resource": []}]
        text["entry"].append({"resource": {"resourceType": "../../Person"}})
        (folder / "one.json").write_text(json.dumps(text))
        delivery = landing.land(folder)
        assert [item.rows_landed for item in delivery.landed] == [2, 4]
        assert [file.name for file in delivery.unknown_files] == [
            "None in bundles",
            "entries without a resource in bundles",
        ]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (bundle(LINES[:3])[:-9], "Not JSON: Unterminated string"),
            (bundle(LINES[:3]) + "}", "Not JSON: Extra data"),
            (bundle([], entry=7), "'int' object is not iterable"),
            (bundle(LINES[:3]).replace('"id": "p1"', '"id": "p1", "id": "p2"'), "the key 'id' stands twice"),
            (bundle(LINES[:3]).encode()[:-3] + b"\xff", "can't decode byte 0xff"),
            ("\n".join(LINES), "Not JSON: Extra data.* or its resources as NDJSON"),
        ],
    )
    def test_one_that_is_damaged_is_refused(self, text: str | bytes, message: str, folder: Path) -> None:
        put(folder, LINES, "Person.000.ndjson")
        (folder / "one.json").write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(LandingRefused, match=rf"one\.json: .*{message}"):
            landing.land(folder)
        assert landing.deliveries() == {}

    def test_one_that_is_too_large_is_refused(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("loader.files.MAX_BUNDLE_BYTES", 1000)
        (folder / "one.json").write_text(bundle(LINES))
        with pytest.raises(LandingRefused, match=r"one\.json: more than 1,000 bytes of JSON in one bundle"):
            landing.land(folder)

    def test_one_that_is_compressed_is_unpacked_no_further_than_it_may_be_large(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It may be one line, longer than any resource."""
        (folder / "one.json.gz").write_bytes(gzip.compress(bundle(LINES, note="z" * 20_000_000).encode()))
        assert land(folder)["person"].rows_landed == len(LINES)
        monkeypatch.setattr("loader.files.MAX_BUNDLE_BYTES", 5_000_000)
        copied: list[int] = []
        of_resources = files._of_resources
        monkeypatch.setattr(
            files,
            "_of_resources",
            lambda source, *rest: copied.append(source.text.stat().st_size) or of_resources(source, *rest),
        )
        with pytest.raises(LandingRefused, match=r"one\.json\.gz: more than 5,000,000 bytes of JSON in one bundle"):
            landing.land(folder)
        assert copied[0] <= 5_000_000 + files.CHUNK_BYTES

    def test_bundles_of_nothing_known_are_refused_and_said(self, folder: Path) -> None:
        (folder / "one.json").write_text(bundle([GROUP]))
        with pytest.raises(LandingRefused, match=r"no file of a known table\.\n.*Group in bundles"):
            landing.land(folder)

    def test_a_resource_that_is_too_large_is_rejected_by_the_place_of_its_entry(self, folder: Path) -> None:
        (folder / "one.json").write_text(bundle([GROUP, *LINES[:150], person(900, note="z" * 17_000_000)]))
        assert land(folder)["person"].rows_rejected == 1
        ((line, _, reason),) = rejects("person")
        assert (line, reason[:17]) == (152, "Maximum line size")


FUZZED = "\n".join(person(number) for number in range(30)).encode()
CHANGES = st.lists(
    st.tuples(
        st.integers(0, len(FUZZED) - 1),
        st.sampled_from(["insert", "replace", "delete"]),
        st.sampled_from(
            [
                b'"',
                b"\n",
                b"\r",
                b"\r\n",
                b"{",
                b"}",
                b"[",
                b",",
                b"\0",
                b"\xff",
                b"\xc3",
                b"\\",
                b"\\ud800",
                b"\n\n",
                b"1e999",
            ]
        ),
    ),
    min_size=1,
    max_size=6,
)


@settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "60")), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(changes=CHANGES)
@example(changes=[(0, "insert", b"\n\n")])
@example(changes=[(5, "insert", b"\r\r\n")])
@example(changes=[(len(FUZZED) - 1, "delete", b"}")])
def test_no_change_of_bytes_loses_a_line_or_raises_anything_but_a_refusal(
    changes: list[tuple[int, str, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    place, data = tmp_path_factory.mktemp("fuzz"), bytearray(FUZZED)
    for at, how, what in changes:
        if how == "insert":
            data[at:at] = what
        else:
            data[at : at + len(what)] = what if how == "replace" else b""
    (place / "Person.ndjson").write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_HOME", str(place / "home"))
        patch.setenv("WAREHOUSE_MAX_REJECTED_SHARE", "1")
        try:
            landed = land(place)
        except LandingRefused as refusal:
            assert "Person.ndjson" in str(refusal)
            return
        lines = [line for line in bytes(data).split(b"\n") if line.strip(b"\r")]
        item = landed["person"]
        assert item.rows_in == item.rows_landed + item.rows_rejected == len(lines)
        numbers = {number for number, line in enumerate(bytes(data).split(b"\n"), start=1) if line.strip(b"\r")}
        assert {number for number, *_ in rejects("person")} <= numbers
        assert landed["phone"].rows_landed == sum(
            len(json.loads(line).get("telecom", [])) for line in lines if reads(line)
        )


def reads(line: bytes) -> bool:
    """Tell whether a line is one of the resources, by other means than the loader's."""
    try:
        found = json.loads(line.decode())
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    twice = re.search(r"NaN|Infinity", line.decode()) or any(
        line.count(b'"%s":' % key) != json.dumps(found).encode().count(b'"%s":' % key)
        for key in re.findall(rb'"(\w+)":', line)
    )
    is_array = isinstance(found, dict) and isinstance(found.get("telecom", []), list)
    return not twice and is_array and found.get("resourceType") == "Person"
