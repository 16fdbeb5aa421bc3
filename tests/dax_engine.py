"""The semantic model in a DAX engine that runs everywhere: the TMDL files as they stand, over published tables.

The engine (pbix-mcp) is not Microsoft's. What it is known to do otherwise is met here: it splits arguments at a comma
inside the name of a measure, so that the names get another one.
"""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Iterable
from copy import copy
from pathlib import Path
from typing import Any

import duckdb
from pbix_mcp.dax import engine

from scripts import powerbi
from scripts.powerbi_check import Project

Filters = dict[str, list[Any]]
"""The values that a filter leaves, by table.column."""

COMMA = "\u201a"

LOOKED_UP = re.compile(
    r'\[Looked up value\],\s*mart_kpi\[metric_code\] == "([^"]+)",\s*mart_kpi\[definition_version\] == "([^"]+)"'
)


class Model:
    """The model of powerbi/ with the rows that its measures of metrics read."""

    def __init__(self, published: duckdb.DuckDBPyConnection, folder: Path = powerbi.FOLDER) -> None:
        self.project = Project(folder)
        self.measures = {_alias(name): self._renamed(dax) for name, dax in self.project.measures.items()}
        self.columns = {name: set(table.columns) for name, table in self.project.tables.items()}
        self.relationships = [
            {
                "FromTable": relationship.many[0],
                "FromColumn": relationship.many[1],
                "ToTable": relationship.one[0],
                "ToColumn": relationship.one[1],
                "IsActive": int(relationship.is_active),
                "CrossFilteringBehavior": 1,
                "FromCardinality": 2,
                "ToCardinality": 1,
            }
            for relationship in self.project.relationships
        ]
        self.tables = {name: self._rows(published, name) for name in self.project.tables}

    def evaluate(self, names: Iterable[str], filters: Filters) -> dict[str, Any]:
        """Return the values of those of the measures that the model has."""
        names = [name for name in names if _alias(name) in self.measures]
        found = engine.evaluate_measures_batch(
            list(map(_alias, names)),
            self.tables,
            self.measures,
            filter_context=filters,
            relationships=self.relationships,
            culture="en-US",
            measure_tables=dict.fromkeys(self.measures, powerbi.MEASURE_TABLE),
            model_columns=self.columns,
        )
        return {name: found[_alias(name)] for name in names}

    def with_fault(self, old: str, new: str) -> Model:
        """Return the model with a text of its measures replaced."""
        faulty = copy(self)
        faulty.measures = {name: re.sub(old, new, dax) for name, dax in self.measures.items()}
        assert faulty.measures != self.measures, f"no measure has {old}"
        return faulty

    def _renamed(self, dax: str) -> str:
        return re.sub(
            r"(?<![\w'])\[([^\]]*)\]",
            lambda name: f"[{_alias(name[1])}]" if name[1] in self.project.measures else name[0],
            dax,
        )

    def _rows(self, published: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
        columns = [properties["sourceColumn"] for properties in self.project.tables[name].columns.values()]
        if not name.startswith(("fact_", "dim_", "mart_kpi", "mart_capability")):
            return {"columns": columns, "rows": []}
        looked_up = tuple(
            found.groups()
            for measure, dax in self.project.measures.items()
            if measure != "Difference in these filters" and (found := LOOKED_UP.search(dax))
        )
        condition = {
            # Days of which a source has a record, and what stands for no day: the calendar is 200 years long.
            "dim_date": "year_label IN (SELECT period FROM mart_kpi) OR is_sentinel = 1",
            # Months, and slices of what is recounted, are many rows that no measure reads but those of intervals.
            "mart_kpi": "period_type <> 'month' AND "
            f"(slice = 'all' OR metric_code = 'alos' OR (metric_code, definition_version) IN {looked_up})",
        }.get(name, "TRUE")
        listed = ", ".join(f'"{column}"' for column in columns)
        rows = published.execute(f'SELECT {listed} FROM "{name}" WHERE {condition}').fetchall()
        return {"columns": columns, "rows": [[_plain(value) for value in row] for row in rows]}


def _alias(name: str) -> str:
    return name.replace(",", COMMA)


def _plain(value: Any) -> Any:
    """Return a value as the engine takes it."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return datetime.datetime(value.year, value.month, value.day)
    return value
