"""The project's own SQL, run on made-up rows: each model's query as SQLMesh renders it, in a DuckDB in memory."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import duckdb
from sqlmesh import Context

from loader.settings import PROJECT


@cache
def context() -> Context:
    return Context(paths=[str(PROJECT)])


@cache
def query(model: str) -> str:
    return context().get_model(model).render_query_or_raise().sql("duckdb")


class Engine:
    """Tables of the warehouse, filled by hand or by a model's query."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute("ATTACH ':memory:' AS warehouse; USE warehouse; SET TimeZone = 'UTC'; SET threads = 1")
        for schema in ("core", "measure", "mart", "reference", "staging", "star"):
            self.con.execute(f"CREATE SCHEMA {schema}")

    def fill(self, table: str, columns: str, rows: Iterable[Sequence[Any]] = ()) -> None:
        self.con.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
        if rows := list(rows):
            marks = ", ".join("?" * len(rows[0]))
            self.con.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def seed(self, name: str) -> None:
        """Fill reference.<name> from its seed, with the types of its model."""
        types = context().get_model(f"reference.{name}").columns_to_types
        with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            rows = [[value or None for value in row.values()] for row in csv.DictReader(lines)]
        columns = ", ".join(f"{column} {dtype.sql('duckdb')}" for column, dtype in types.items())
        self.fill(f"reference.{name}", columns, rows)

    def run(self, *models: str) -> None:
        """Build each model's table from its query."""
        for model in models:
            self.con.execute(f"CREATE OR REPLACE TABLE {model} AS {query(model)}")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.con.execute(sql).fetchall()
