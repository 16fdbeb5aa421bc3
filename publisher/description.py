"""What is published as one table: said once, when its model's query is known, and frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp
from sqlmesh.core.engine_adapter import EngineAdapter
from sqlmesh.core.model import Model
from sqlmesh.utils.errors import SQLMeshError

from publisher import checksums, mysql_types
from publisher.mysql_types import Column, duckdb_name


@dataclass(frozen=True)
class Description:
    """A table to be published.

    Attributes:
        name: the model's name, for messages.
        rows: DuckDB's query of the model, in parentheses.
        select: DuckDB's query for the values that are sent.
        columns: its columns, in order.
        key: those of the primary key, in order.
        weighing: those of the key that have more than one value: together they tell rows apart.
        indexes: the columns of each secondary index.
        count: its number of rows.
        comment: what it is; None where nobody says it.
        comments: what its columns are, by name.
    """

    name: str
    rows: str
    select: str
    columns: tuple[Column, ...]
    key: tuple[Column, ...]
    weighing: tuple[Column, ...]
    indexes: tuple[tuple[str, ...], ...]
    count: int
    comment: str | None
    comments: Mapping[str, str]

    @property
    def names(self) -> str:
        """The columns, listed for the server."""
        return ", ".join(mysql_types.mysql_name(column.name) for column in self.columns)


def describe(model: Model, parents: Sequence[Model], query: exp.Query, source: EngineAdapter) -> Description:
    """Describe what the query of a published model gives.

    Args:
        model: the model, of the kind PublishKind.
        parents: the models that it reads, whose words describe its table and columns.
        query: its query, rendered.
        source: the adapter of DuckDB.

    Raises:
        SQLMeshError: when MySQL has no type for a column, would change a value, or refuses a key.
    """
    rows = f"({query.sql('duckdb', identify=True)})"
    columns = _columns(model, rows, source)
    key = tuple(column for name in model.kind.primary_key for column in columns if column.name == name)
    several = [f"MIN({name}) < MAX({name})" for name in (duckdb_name(column.name) for column in key)]
    differing = source.fetchone(f"SELECT {_list(several)} FROM {rows}")
    comment, comments = _comments([model, *parents], query)
    return Description(
        name=model.name,
        rows=rows,
        select=f"SELECT {_list(f'{c.value} AS {duckdb_name(c.name)}' for c in columns)} FROM {rows}",
        columns=columns,
        key=key,
        weighing=tuple(column for column, differs in zip(key, differing, strict=True) if differs) or key,
        indexes=tuple(model.kind.indexes),
        count=_check_values(model.name, rows, columns, key, source),
        comment=comment,
        comments=comments,
    )


def _columns(model: Model, rows: str, source: EngineAdapter) -> tuple[Column, ...]:
    described = source.fetchall(f"DESCRIBE FROM {rows}")
    types = {name: exp.DataType.build(dtype, dialect="duckdb") for name, dtype, *_ in described}
    kind = model.kind
    named = {*kind.primary_key, *kind.widths, *(name for index in kind.indexes for name in index)}
    if missing := named - set(types):
        raise SQLMeshError(f"{model.name}: has no column {_list(sorted(missing))}, which its kind names")
    texts = [name for name, dtype in types.items() if mysql_types.is_text(dtype)]
    expressions = [
        expression.format(f"{duckdb_name(name)}::VARCHAR")
        for name in texts
        for expression in ("MAX(LENGTH({}))", "APPROX_COUNT_DISTINCT({})")
    ]
    found = source.fetchone(f"SELECT {_list(expressions)} FROM {rows}") if texts else ()
    longest, different = dict(zip(texts, found[::2], strict=True)), dict(zip(texts, found[1::2], strict=True))
    widths = {name: mysql_types.width(length) for name, length in longest.items()} | kind.widths
    few = {name for name, number in different.items() if number <= checksums.FEW_TEXTS}
    try:
        return tuple(mysql_types.column(name, dtype, widths.get(name), name in few) for name, dtype in types.items())
    except SQLMeshError as error:
        raise SQLMeshError(f"{model.name}: {error}") from error


def _check_values(name: str, rows: str, columns: Sequence[Column], key: Sequence[Column], source: EngineAdapter) -> int:
    """Return the number of rows, having refused values that MySQL would change and keys that it cannot have."""
    refused = [(c, c.refused) for c in columns if c.refused]
    refused += [(c, f"{duckdb_name(c.name)} IS NULL") for c in key]
    counts = [f"COUNT(*) FILTER ({condition})" for _, condition in refused]
    number_of_rows, *found = source.fetchone(f"SELECT {_list(['COUNT(*)', *counts])} FROM {rows}")
    key_names = _list(duckdb_name(column.name) for column in key)
    for (column, condition), number in zip(refused, found, strict=True):
        if number:
            text = f"({column.value})::VARCHAR"
            value, length, *values = source.fetchone(
                f"SELECT {text}, LENGTH({text}) AS length, {key_names} FROM {rows} "
                f"WHERE {condition} ORDER BY length DESC, {key_names} LIMIT 1"
            )
            raise SQLMeshError(
                f"{name}: {column.name} as {column.mysql} cannot hold the values of {number:,} row(s); "
                f"the longest, of {length or 0} characters, where {at(key, values)}, is {shown(value)}"
            )
    return number_of_rows


def _comments(models: Sequence[Model], query: exp.Query) -> tuple[str | None, dict[str, str]]:
    """Return what the table and its columns are: the words of the model it copies, or else its own.

    A blueprint describes all the tables of its list at once; the star model says what a row of this one is. A column
    that stands under a second name has the first one's words.
    """
    columns = {name: text for model in models for name, text in model.column_descriptions.items()}
    for column in query.selects:
        if column.alias_or_name not in columns and column.unalias().name in columns:
            name = column.unalias().name
            columns[column.alias_or_name] = f"The same as {name}: {columns[name]}"
    return next((model.description for model in reversed(models) if model.description), None), columns


def at(key: Sequence[Column], values: Sequence[object]) -> str:
    """Return where a row is: its key, as `column = value, ...`."""
    return ", ".join(f"{column.name} = {value}" for column, value in zip(key, values, strict=True))


def shown(value: str | None, other: str | None = None) -> str:
    """Return a value fit for a message; of a long one, the part where it starts to differ from `other`."""
    if value is None or len(value) <= 80:
        return "NULL" if value is None else repr(value)
    same = next((i for i, (a, b) in enumerate(zip(value, other or "", strict=False)) if a != b), len(other or ""))
    start = max(0, same - 20)
    return f"{value[start : start + 60]!r} (from character {start + 1} of {len(value)})"


def _list(items: Iterable[str]) -> str:
    return ", ".join(items)
