"""What is published, as the models say it: tables, columns, grain, and which column joins which table.

Everything that is written from the models (the Power BI project, the dictionary, the lineage) is written from here.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest.mock import patch

from sqlglot import exp
from sqlmesh import Context
from sqlmesh.core.lineage import column_dependencies
from sqlmesh.core.model import Model

PROJECT = Path(__file__).resolve().parent.parent

JOINS = re.compile(r"\bjoins (\w+)(?: on (\w+))?")
"""How the description of a column names the table that it refers to."""

NAMED_ALIKE = {"source_system": "dim_source_system"}
"""Columns that refer to a table by their name alone."""


@dataclass(frozen=True)
class Column:
    """A published column; `type` is written for MySQL, and `can_be_null` is what no audit of the model excludes."""

    name: str
    type: str
    description: str
    can_be_null: bool = True


@dataclass(frozen=True)
class Reference:
    """`table`.`column` holds values of `to_table`.`to_column`, which is unique there."""

    table: str
    column: str
    to_table: str
    to_column: str


@dataclass(frozen=True)
class Table:
    """A table or view of the serving schema; `model` is the full name of the model whose query computes it."""

    name: str
    first_line: str
    description: str
    grain: tuple[str, ...]
    columns: tuple[Column, ...]
    is_view: bool
    model: str

    @property
    def column_names(self) -> set[str]:
        """The names of its columns."""
        return {column.name for column in self.columns}


@dataclass(frozen=True)
class Catalog:
    """All published tables by name, and the models of the project by full name."""

    tables: dict[str, Table]
    models: dict[str, Model]
    context: Context

    def column_sources(self, table: Table, column: Column) -> list[str]:
        """Return the columns that a published column is computed from, as schema.table.column."""
        found = column_dependencies(self.context, table.model, column.name)
        return sorted(f"{short(parent)}.{name}" for parent, names in found.items() for name in names)

    def references(self) -> list[Reference]:
        """Return what refers to one table by one column: fact to dimension, bridge to fact, fact to fact."""
        return [
            Reference(table.name, column.name, *target)
            for table in self.tables.values()
            for column in table.columns
            if (target := self._target(table, column)) is not None
        ]

    def _target(self, table: Table, column: Column) -> tuple[str, str] | None:
        named = JOINS.search(column.description)
        name = named[1] if named else NAMED_ALIKE.get(column.name)
        if name is None or name == table.name:
            return None
        if name not in self.tables:
            raise ValueError(
                f"{table.name}.{column.name}: its description says it joins {name}, which is not published. "
                "Publish that table in seeds/published_table.csv, or change the description."
            )
        grain = self.tables[name].grain
        # A table of several key columns, or one joined by another column, cannot be the one side of a relationship.
        if len(grain) > 1 or (named and named[2] and named[2] != grain[0]):
            return None
        return name, grain[0]


@cache
def read() -> Catalog:
    """Return the catalog of the project's models, those of families that have not delivered too."""
    with patch.dict(os.environ, WAREHOUSE_FAMILIES="all"):
        context = Context(paths=[str(PROJECT)])
    models = {model.fqn: model for model in context.models.values()}
    published = [model for model in models.values() if model.schema_name == "serving"]
    tables = {m.view_name: _table(m, models) for m in sorted(published, key=lambda m: m.view_name)}
    return Catalog(tables, models, context)


def short(name: str) -> str:
    """Return a full name as it is written in SQL: schema.table."""
    return ".".join(name.replace('"', "").split(".")[-2:])


def parents(model: Model) -> tuple[str, ...]:
    """Return the full names of the models whose rows `model` reads; what only its audits read does not count."""
    return tuple(sorted(set(model.depends_on) - _audited_only(model)))


def _audited_only(model: Model) -> set[str]:
    """Return what the MODEL block lists under depends_on, which the query does not name."""
    if not model.is_sql:
        return set()
    named = {table.name for table in model.render_query_or_raise().find_all(exp.Table)}
    return {parent for parent in model.depends_on if parent.replace('"', "").rsplit(".", 1)[-1] not in named}


def _table(model: Model, models: dict[str, Model]) -> Table:
    is_view = model.kind.is_view
    # A published copy is described where it is computed; a view says for itself.
    described = model if is_view else models[next(iter(model.depends_on))]
    descriptions = described.column_descriptions
    # A column's former name (seeds/former_column.csv) is there for old reports, and not for new ones.
    types = described.columns_to_types_or_raise
    filled = _filled(described)
    return Table(
        name=model.view_name,
        first_line=_first_line(described),
        description=described.description or "",
        grain=tuple(column.name for grain in model.grains for column in grain.find_all(exp.Column)),
        columns=tuple(
            Column(name, _type(kind), descriptions.get(name, ""), name not in filled)
            for name, kind in types.items()
            if not descriptions.get(name, "").startswith("Former name")
        ),
        is_view=is_view,
        model=described.fqn,
    )


def _type(kind: exp.DataType) -> str:
    """Return a type as MySQL has it: text is TEXT, also where a view casts to it, which MySQL writes CHAR."""
    return "TEXT" if kind.is_type(*exp.DataType.TEXT_TYPES) else kind.sql("mysql")


def _filled(model: Model) -> set[str]:
    """Return the columns that the audits of a model hold to have a value in every row."""
    named = [arguments["columns"] for audit, arguments in model.audits if audit == "not_null"]
    return {column.name for columns in named for column in columns.find_all(exp.Column)}


def _first_line(model: Model) -> str:
    """Return what one row is, as the first line of the model's file says it."""
    line = Path(str(model._path)).read_text(encoding="utf-8").split("\n", 1)[0]
    return line.removeprefix("/* ").removesuffix(" */")
