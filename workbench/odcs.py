"""Contracts in the Open Data Contract Standard, version 3: ours written in it, and those of others taken in.

https://bitol-io.github.io/open-data-contract-standard. A family is a contract, a table an object of its schema. What
the standard has no place for is among its customProperties, by our names in camel case, and comes back from there.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from loader.contracts import TYPES, Column, Contract, ContractError, load
from loader.recognition import TABLE_ENDINGS
from workbench.draft import SOURCE, identifiers, patterns, quoted
from workbench.families import seed

VERSION = "v3.1.0"
"""The version that is written: the oldest that has all that is used, so that most tools read it."""

LOGICAL = {
    "VARCHAR": "string", "DATE": "date", "TIMESTAMP": "timestamp", "DOUBLE": "number", "BIGINT": "integer",
    "DECIMAL": "number",
}  # fmt: skip
"""What the standard calls our types. Of two with one name the first is meant where nothing else says which."""

FORMATS = {
    "%Y": "yyyy", "%y": "yy", "%m": "MM", "%-m": "M", "%b": "MMM", "%B": "MMMM", "%d": "dd", "%-d": "d", "%H": "HH",
    "%-H": "H", "%I": "hh", "%-I": "h", "%M": "mm", "%S": "ss", "%p": "a",
}  # fmt: skip
"""Parts of a format in DuckDB's notation, and in Java's, which the standard prescribes."""

PLACED = {
    Contract: ("source", "table", "key", "columns"),
    Column: ("name", "header", "type", "required", "format"),
}
"""The fields that have a place of their own in the standard."""

HELD = {
    "contract": {"apiVersion", "kind", "id", "name", "version", "status", "schema"},
    "table": {
        "id", "name", "physicalName", "physicalType", "logicalType", "description", "dataGranularityDescription",
        "properties", "customProperties",
    },
    "column": {
        "id", "name", "physicalName", "logicalType", "physicalType", "description", "primaryKey", "primaryKeyPosition",
        "required", "customProperties",
    },
}  # fmt: skip
"""What is taken in of each level, or only names what is taken in. Of all else that is set, the screen says so."""

AMBIGUOUS = re.compile(r"y|n|yes|no|on|off|[-+\d][\d_:.-]*", re.I)
"""Texts that readers of YAML 1.1 take for something else."""


def write(contracts: Iterable[Contract], folder: Path, version: str) -> dict[Path, str]:
    """Return a file of each family of `contracts`, and its text; `folder` is that of their TOML files."""
    families: dict[str, list[Contract]] = {}
    for contract in contracts:
        families.setdefault(contract.source, []).append(contract)
    labels = {
        row["family"]: row["source_label"] for row in seed("source_system") if row["family"] == row["source_system"]
    }
    return {
        folder / "odcs" / f"{family}.odcs.yaml": _dump(
            {
                "apiVersion": VERSION,
                "kind": "DataContract",
                "id": family,
                "name": labels.get(family, family),
                "version": version,
                "status": "active",
                "schema": [_table(contract, _comment(folder / f"{contract.name}.toml")) for contract in tables],
            }
        )
        for family, tables in families.items()
    }


def _comment(file: Path) -> str:
    """Return what a contract's file says before its first field."""
    head = re.match(r"(?:#.*\n)*", file.read_text(encoding="utf-8"))
    return re.sub(r"^# ?", "", head[0] if head else "", flags=re.M).rstrip()


def _table(contract: Contract, comment: str) -> dict[str, Any]:
    grain = re.match(r"One row per [^.]+\.", comment)
    return _without_empty(
        {
            "name": contract.table,
            "physicalName": contract.files[0],
            "physicalType": "file",
            "dataGranularityDescription": grain and grain[0],
            "description": comment,
            "properties": [_column(contract, column) for column in contract.columns],
            "customProperties": _custom(contract, () if contract.key else ("key",)),
        }
    )


def _column(contract: Contract, column: Column) -> dict[str, Any]:
    form = column.format and _java(column.format)
    return _without_empty(
        {
            "name": column.name,
            "physicalName": column.header,
            "logicalType": LOGICAL[_plain(column.type)],
            "physicalType": column.type,
            "logicalTypeOptions": form and {"format": form},
            "primaryKey": column.name in contract.key,
            "primaryKeyPosition": column.name in contract.key and contract.key.index(column.name) + 1,
            "required": column.required,
            "customProperties": _custom(column, ("format",) if column.format and not form else ()),
        }
    )


def _custom(item: Contract | Column, unplaced: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return what a contract or a column says that the standard has no place for: fields other than their defaults."""
    placed = {*PLACED[type(item)]} - {*unplaced}
    said = {field.name: getattr(item, field.name) for field in fields(item) if field.name not in placed}
    said = {name: value for name, value in said.items() if value != _default(type(item), name)}
    if resource := said.pop("resource", None):
        said |= {"resource": resource.type} | ({"rows": resource.rows} if resource.rows else {})
    return [{"property": _camel(name), "value": _listed(value)} for name, value in said.items()]


def _default(of: type, name: str) -> Any:
    return next(field.default for field in fields(of) if field.name == name)


def _listed(value: Any) -> Any:
    return [_listed(part) for part in value] if isinstance(value, (tuple, list)) else value


def _camel(name: str) -> str:
    return re.sub("_(.)", lambda letter: letter[1].upper(), name)


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def _plain(kind: str) -> str:
    return kind.split("(")[0].strip().upper()


def _without_empty(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if value not in (None, False, "", [], {})}


def _java(form: str) -> str | None:
    """Return a format of ours as Java writes it; None where it has a part that is not in FORMATS."""
    parts = re.split(r"(%-?.)", form)
    if not {*parts[1::2]} <= FORMATS.keys():
        return None
    between = [re.sub(r"([A-Za-z]+)", r"'\1'", part) for part in parts[::2]]
    return "".join(
        part for pair in zip(between, [*(FORMATS[p] for p in parts[1::2]), ""], strict=True) for part in pair
    )


def _ours(form: str) -> str | None:
    """Return a format of Java as DuckDB reads it; None where it has a part that is not in FORMATS."""
    ours = {java: part for part, java in FORMATS.items()}
    parts = [match[0] for match in re.finditer(r"'[^']*'|([A-Za-z])\1*|[^A-Za-z']+", form)]
    if not all(part in ours for part in parts if part[0].isalpha()):
        return None
    return "".join(ours.get(part, part.strip("'")) for part in parts)


def _dump(document: dict[str, Any]) -> str:
    yaml = YAML()
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    yaml.dump(_styled(document), text)
    return (
        "# Written by `make generate` from the contracts beside this folder; change those, not this file.\n"
        + text.getvalue()
    )


def _styled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _styled(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_styled(part) for part in value]
    if isinstance(value, str) and "\n" in value:
        return LiteralScalarString(value)
    return DoubleQuotedScalarString(value) if isinstance(value, str) and AMBIGUOUS.fullmatch(value) else value


def read(file: Path, source: str | None = None) -> tuple[dict[str, str], list[str]]:
    """Return the contracts of a file of the standard as TOML, by name, and what of it has no place in them.

    `source` names the family; without it, the contract's id does.

    Raises:
        ContractError: the file is no contract of version 3, or does not say what a table or a column is called.
    """
    try:
        document = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"{file.name}: it cannot be read as YAML: {error}") from error
    if not isinstance(document, dict) or document.get("kind") != "DataContract":
        raise ContractError(
            f"{file.name}: no contract of the Open Data Contract Standard, which says kind: DataContract."
        )
    if not re.match(r"v?3\.", str(document.get("apiVersion"))):
        raise ContractError(
            f"{file.name}: apiVersion {document.get('apiVersion')}. Versions 3.x of the standard are taken in."
        )
    family = source or str(document.get("id"))
    if not SOURCE.fullmatch(family):
        raise ContractError(
            f"{file.name}: {'--source' if source else 'id'} {family!r}: not a name for a family of tables. Name it by "
            "--source, in lower-case letters, digits and single _, the first a letter, as in city_hospital."
        )
    unheld = list(_unheld("the contract", document, HELD["contract"]))
    tables = document.get("schema") or []
    names = identifiers(str(_named(file, table, "schema")) for table in tables)
    if not names:
        raise ContractError(f"{file.name}: its schema is empty. Name each table there, with its properties.")
    texts = {}
    for table in tables:
        name = names[str(table["name"])]
        texts[f"{family}__{name}"] = _toml(file, family, name, table, unheld)
    with TemporaryDirectory() as scratch:
        for name, text in texts.items():
            (Path(scratch) / f"{name}.toml").write_text(text, encoding="utf-8")
        load(Path(scratch))
    return texts, unheld


def _named(file: Path, item: Any, place: str) -> str:
    if not isinstance(item, dict) or not item.get("name"):
        raise ContractError(f"{file.name}: {place}: an entry without a name. Give it one.")
    return item["name"]


def _toml(file: Path, family: str, name: str, table: Mapping[str, Any], unheld: list[str]) -> str:
    """Return the contract of one table as TOML; what has no place in it is added to `unheld`."""
    columns = table.get("properties") or []
    names = identifiers(str(_named(file, column, f"schema {table['name']}")) for column in columns)
    if not columns:
        raise ContractError(f"{file.name}: schema {table['name']}: no properties. Name its columns there.")
    own, others = _own(table, Contract)
    unheld += _unheld(table["name"], table, HELD["table"], others)
    keys = sorted((c for c in columns if c.get("primaryKey")), key=lambda c: c.get("primaryKeyPosition") or 0)
    said = {
        "source": family,
        "table": name,
        "files": _files(table, name),
        "key": [names[str(column["name"])] for column in keys or columns[:1]],
        "null_marks": [""],
        **own,
    }
    comment = str(table.get("description") or table.get("dataGranularityDescription") or f"From {file.name}.").strip()
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    lines += [] if keys or "key" in own else ["# The contract names no primary key: the key below is a guess."]
    lines += [f"{field} = {_value(value)}" for field, value in said.items()]
    lines += ["", "[columns]"]
    for column in columns:
        if text := str(column.get("description") or "").strip():
            lines += [f"# {line}".rstrip() for line in text.splitlines()]
        lines.append(f"{names[str(column['name'])]} = {_value(_spec(table['name'], names, column, unheld))}")
    return "\n".join(lines) + "\n"


def _files(table: Mapping[str, Any], name: str) -> list[str]:
    """Return the patterns of the files that a contract of somebody else's does not state."""
    physical = str(table.get("physicalName") or "")
    return patterns(physical if physical.lower().endswith(TABLE_ENDINGS) else f"{name}.csv")


def _spec(table: str, names: Mapping[str, str], column: Mapping[str, Any], unheld: list[str]) -> dict[str, Any]:
    """Return what our contract says of a column."""
    name = names[str(column["name"])]
    own, others = _own(column, Column)
    kind = _type(column)
    logical, options = column.get("logicalType"), dict(column.get("logicalTypeOptions") or {})
    if logical and LOGICAL[_plain(kind)] != logical:
        others.append(f"logicalType {logical}, which lands as text")
    form = str(options.get("format") or "")
    if kind in ("DATE", "TIMESTAMP") and (form.startswith("yyyy-MM-dd") or not form or _ours(form)):
        options.pop("format", None)
    else:
        form = ""
    unheld += _unheld(f"{table}.{column['name']}", column | {"logicalTypeOptions": options}, HELD["column"], others)
    header = str(column.get("physicalName") or column["name"])
    return _without_empty(
        {
            "header": header if header != name.upper() else None,
            "type": kind if kind != "VARCHAR" else None,
            "required": column.get("required") is True,
            "format": None if form.startswith("yyyy-MM-dd") else _ours(form),
            **own,
        }
    )


def _type(column: Mapping[str, Any]) -> str:
    """Return our type of a column: its physical one where that is one of ours, else what its logical one comes to."""
    physical, logical = str(column.get("physicalType") or "").strip().upper(), column.get("logicalType")
    exact = re.fullmatch(r"(?:DECIMAL|NUMERIC|NUMBER)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", physical)
    if exact and logical in (None, "number"):
        return f"DECIMAL({exact[1]}, {exact[2] or 0})"
    if physical in TYPES and logical in (None, LOGICAL[physical]):
        return physical
    return next((kind for kind, name in LOGICAL.items() if name == logical), "VARCHAR")


def _own(item: Mapping[str, Any], of: type) -> tuple[dict[str, Any], list[str]]:
    """Return the customProperties that are fields of ours, by their names there, and the names of the others."""
    custom = {str(own.get("property")): own.get("value") for own in item.get("customProperties") or []}
    known = {field.name for field in fields(of) if field.default is not MISSING}
    known |= {"files", "key", "rows"} if of is Contract else set()
    own = {_snake(name): value for name, value in custom.items() if _snake(name) in known}
    return own, [f"customProperties {name}" for name in custom if _snake(name) not in own]


def _unheld(place: str, item: Mapping[str, Any], held: set[str], more: Iterable[str] = ()) -> Iterator[str]:
    """Yield a line that says what is set at a place and has none in our contracts, where there is something."""
    if found := [*(key for key in _without_empty(item) if key not in held), *more]:
        yield f"{place}: {', '.join(found)}"


def _value(value: Any) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_value(part)}' for key, part in value.items())} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else repr(value)
