"""Which source families SQLMesh loads, so that one without files costs a plan nothing; and what they have in common.

A family is what the folders contracts/, models/staging/ and models/input/ say of one shape of files.
"""

from __future__ import annotations

import csv
import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from loader import contracts
from loader.contracts import Contract
from loader.settings import PROJECT


def seed(name: str) -> list[dict[str, str]]:
    """Return the rows of seeds/<name>.csv."""
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def declared(name: str) -> list[dict[str, str]]:
    """Return the rows of seeds/<name>.csv, and those that folders of seeds/ add under the same name."""
    added = sorted(path.parent.name for path in (PROJECT / "seeds").glob(f"*/{name}.csv"))
    return [*seed(name), *(row for folder in added for row in seed(f"{folder}/{name}"))]


def published_tables() -> list[dict[str, Any]]:
    """Return of each row of seeds/published_table.csv its name, the model it copies, its grain, and its indexes.

    A table copies the model of its own name, mart_* of mart and all others of star, unless its row names another one.
    The grain is that model's; an index is its columns. `former` has the columns that keep an old name beside the new
    one for a version, by the old name (seeds/former_column.csv).

    Raises:
        ValueError: a table whose model is not there, or states no grain.
    """
    header = re.compile(r"\bname (\w+\.\w+),.*?\bgrain (?:\(([^)]*)\)|(\w+))", re.S)
    files = sorted((PROJECT / "models").glob("*/*.sql"))
    stated = [match for file in files if (match := header.search(file.read_text(encoding="utf-8")))]
    grains = {match[1]: re.findall(r"\w+", match[2] or match[3]) for match in stated}
    former: dict[str, dict[str, str]] = defaultdict(dict)
    for row in seed("former_column"):
        former[row["published_table"]][row["former_name"]] = row["column_name"]
    tables = []
    for row in declared("published_table"):
        name = row["published_table"]
        copies = row["copies"] or f"{'mart' if name.startswith('mart_') else 'star'}.{name}"
        if copies not in grains:
            raise ValueError(f"published_table.csv: {name}: no model is named {copies} and states its grain")
        indexes = [index.split("+") for index in row["indexes"].split()]
        tables.append({"name": name, "copies": copies, "grain": grains[copies], "indexes": indexes})
        tables[-1]["former"] = former[name]
    return tables


@cache
def published_names() -> dict[str, str]:
    """Return under which name each published model is published."""
    return {table["copies"]: table["name"] for table in published_tables()}


def loaded_contracts(delivered: Collection[str]) -> list[Contract]:
    """Return the contracts whose raw, quarantine and staging models are loaded; `delivered` names delivered ones.

    They are the delivered ones, and those of the same families that a model of input or staging reads. Before the first
    delivery, and with WAREHOUSE_FAMILIES=all (checks, generated documents), it is all of them.
    """
    known = contracts.load()
    if not delivered or os.environ.get("WAREHOUSE_FAMILIES") == "all":
        return list(known.values())
    families = {known[name].source for name in delivered if name in known}
    read = "\n".join(
        file.read_text(encoding="utf-8").replace(f"name staging.{file.stem},", "")
        for family in families
        for layer in ("input", "staging")
        for file in sorted((PROJECT / "models" / layer / family).glob("*.sql"))
    )
    return [
        contract
        for name, contract in known.items()
        if contract.source in families and (name in delivered or f"staging.stg_{name}" in read)
    ]


def left_out(loaded: Iterable[Contract]) -> list[str]:
    """Return the patterns of the files that SQLMesh leaves out: models and unit tests of contracts not loaded."""
    names, families = {c.name for c in loaded}, {c.source for c in loaded}
    patterns = []
    for contract in contracts.load().values():
        if contract.source not in families:
            patterns += [f"models/{layer}/{contract.source}/*" for layer in ("staging", "input")]
            patterns += [f"tests/test_{prefix}{contract.source}__*" for prefix in ("stg_", "")]
        elif contract.name not in names:
            patterns += [
                f"models/staging/{contract.source}/stg_{contract.name}.sql",
                f"tests/test_stg_{contract.name}.yaml",
            ]
    return sorted(set(patterns))


def input_tables(loaded: Iterable[Contract]) -> dict[str, dict[str, Any]]:
    """Return each input table's columns, and which families have it: models/input/<family>/<family>__<table>.sql.

    Raises:
        ValueError: a file there is of no family or of no input table.
    """
    tables: dict[str, dict[str, Any]] = {}
    for column in seed("input_column"):
        tables.setdefault(column["input_table"], {"columns": [], "families": []})["columns"].append(column)
    known, families = {c.source for c in contracts.load().values()}, {c.source for c in loaded}
    for file in sorted((PROJECT / "models" / "input").glob("*/*.sql")):
        family, table = file.parent.name, file.stem.removeprefix(f"{file.parent.name}__")
        if family not in known or table not in tables:
            raise ValueError(
                f"{file.relative_to(PROJECT)}: name it <family>__<input table>.sql in the family's folder. Families "
                "have contracts in contracts/, input tables have rows in seeds/input_column.csv."
            )
        if family in families:
            tables[table]["families"].append(family)
    return tables
