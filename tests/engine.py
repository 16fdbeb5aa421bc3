"""The project's own SQL, run on made-up rows: each model's query as SQLMesh renders it, in a DuckDB in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from sqlglot import exp, parse_one
from sqlmesh import Context

from loader.settings import PROJECT
from workbench import families


def batched(rows: Iterable[Sequence[Any]], size: int) -> Iterator[list[Sequence[Any]]]:
    remaining = iter(rows)
    while some := list(islice(remaining, size)):
        yield some


SCHEMAS = ("core", "input", "mart", "measure", "quarantine", "raw", "reference", "reproduction", "staging", "star")


@cache
def context() -> Context:
    """The project as it is before the first delivery: with the models of all families."""
    with TemporaryDirectory() as home, pytest.MonkeyPatch.context() as environment:
        environment.setenv("WAREHOUSE_HOME", home)
        environment.setenv("WAREHOUSE_FAMILIES", "all")
        environment.setenv("SERVING_URL", "embedded")
        return Context(paths=[str(PROJECT)])


@cache
def columns(model: str) -> dict[str, str]:
    """The columns of a model and their types; what SQLMesh cannot infer is text."""
    types = context().get_model(model, raise_if_missing=True).columns_to_types_or_raise
    return {
        column: "TEXT" if dtype.is_type("unknown", "null") else dtype.sql("duckdb") for column, dtype in types.items()
    }


@cache
def query(model: str) -> str:
    return context().get_model(model).render_query_or_raise().sql("duckdb")


@cache
def read_by(model: str) -> frozenset[str]:
    """The models that a model's query reads: names like core.int_feed."""
    parsed = parse_one(query(model), dialect="duckdb")
    return frozenset(f"{table.db}.{table.name}" for table in parsed.find_all(exp.Table) if table.db)


@cache
def is_seed(model: str) -> bool:
    return bool(context().get_model(model, raise_if_missing=True).kind.is_seed)


@cache
def typed_query(model: str) -> str:
    types = context().get_model(model, raise_if_missing=True).columns_to_types_or_raise
    listed = ", ".join(
        f'"{column}"' if dtype.is_type("unknown", "null") else f'"{column}"::{dtype.sql("duckdb")} AS "{column}"'
        for column, dtype in types.items()
    )
    return f"SELECT {listed} FROM ({query(model)})"


class Engine:
    """Tables of the warehouse, filled by hand or by a model's query."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute("ATTACH ':memory:' AS warehouse; USE warehouse; SET TimeZone = 'UTC'; SET threads = 1")
        for schema in SCHEMAS:
            self.con.execute(f"CREATE SCHEMA {schema}")

    def fill(self, table: str, columns: str, rows: Iterable[Sequence[Any]] = ()) -> None:
        self.con.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
        # Many rows a statement: DuckDB takes its time for each.
        for some in batched(rows, 200):
            marks = ", ".join(f"({', '.join('?' * len(row))})" for row in some)
            self.con.execute(f"INSERT INTO {table} VALUES {marks}", [value for row in some for value in row])

    def put(self, model: str, *rows: dict[str, Any], into: str | None = None) -> None:
        """Fill a model's table, or one of another name, with all of its columns; what a row does not name is NULL."""
        types = columns(model)
        for row in rows:
            assert row.keys() <= types.keys(), f"{model} has no {row.keys() - types.keys()}"
        listed = ", ".join(f'"{column}" {dtype}' for column, dtype in types.items())
        self.fill(into or model, listed, [[row.get(column) for column in types] for row in rows])

    def seed(self, name: str, schema: str = "reference") -> None:
        """Fill a model from its seed, with its types: one of reference from those too that folders of seeds add."""
        types = context().get_model(f"{schema}.{name}", raise_if_missing=True).columns_to_types
        seeded = families.declared(name) if schema == "reference" else families.seed(f"{schema}/{name}")
        rows = [[value or None for value in row.values()] for row in seeded]
        columns = ", ".join(f"{column} {dtype.sql('duckdb')}" for column, dtype in types.items())
        self.fill(f"{schema}.{name}", columns, rows)

    def run(self, *models: str) -> None:
        """Build each model's table from its query, with its types, as SQLMesh does."""
        for model in models:
            self.con.execute(f"CREATE OR REPLACE TABLE {model} AS {typed_query(model)}")

    def run_from(self, model: str, step: str, table: str) -> None:
        """Build a model's table with the rows of `table` in the place of one of its steps, and of those before it."""
        parsed = parse_one(query(model), dialect="duckdb")
        steps = parsed.ctes
        (place,) = (number for number, cte in enumerate(steps) if cte.alias == step)
        steps[place].set("this", exp.select("*").from_(table))
        for cte in steps[:place]:
            cte.pop()
        self.con.execute(f"CREATE OR REPLACE TABLE {model} AS {parsed.sql('duckdb')}")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.con.execute(sql).fetchall()
