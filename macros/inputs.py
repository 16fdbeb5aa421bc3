"""The input layer: input.<table> is the union of the families that have a model of it."""

from __future__ import annotations

from typing import Any

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator
from sqlmesh.utils.errors import ConfigError

from macros.cleaning import dotted_code

OF_EVERY_TABLE = {
    "source_system": ("TEXT", "Feed that delivered the row; dim_source_system lists them."),
    "family": ("TEXT", "Shape of the feed: the folder of contracts/, models/staging/ and models/input/ that reads it."),
}
"""The columns that every input table has before its own."""

NOT_LOADED_YET = "__schema_unavailable_at_load__"
"""The column that SQLMesh shows of every model while it loads; it renders the query again when it knows them all."""


@macro()
def input_tables(evaluator: MacroEvaluator) -> exp.Tuple:
    """Return one blueprint an input table. Only here is the variable read: each model keeps but its own part of it."""
    return exp.tuple_(*(_blueprint(name, table) for name, table in (evaluator.var("input_tables") or {}).items()))


@macro()
def union_of_families(
    evaluator: MacroEvaluator, table_name: exp.Expression, families: exp.Array, columns: exp.Array
) -> exp.Query:
    """Return the rows of all families, none where there is no family; a column that a family lacks is a typed NULL.

    A code that stands beside its code system, as reason_code beside reason_code_system, has one form (`dotted_code`).
    """
    types = {column.alias: column.this.to for column in columns.expressions}
    parts = [_part(evaluator, family.name, table_name.name, types) for family in families.expressions]
    nothing = exp.select(*columns.expressions).where(exp.false())
    return exp.union(*parts, distinct=False) if len(parts) > 1 else (parts or [nothing])[0]


def _part(evaluator: MacroEvaluator, family: str, table: str, types: dict[str, exp.DataType]) -> exp.Select:
    model = exp.table_(f"{family}__{table}", db="input")
    has = evaluator.columns_to_types(model.sql())
    if NOT_LOADED_YET not in has:
        _check(model.sql(), has, types)
    values: dict[str, exp.Expression] = {name: exp.column(name) if name in has else exp.null() for name in types}
    for code in (name for name in types if {name, f"{name}_system"} <= has.keys()):
        form = dotted_code(evaluator, exp.column(f"{code}_system"), exp.column(code))
        values[code] = exp.maybe_parse(form, dialect="duckdb")
    values["family"] = exp.Literal.string(family)
    return exp.select(*(exp.cast(values[name], kind).as_(name) for name, kind in types.items())).from_(model)


def _check(model: str, has: dict[str, exp.DataType], types: dict[str, exp.DataType]) -> None:
    """Refuse a column that the input table does not have, or has in another type: a cast would change what it holds."""
    unclear = {exp.DataType.Type.UNKNOWN, exp.DataType.Type.NULL}
    if "source_system" not in has:
        raise ConfigError(f"{model}: select source_system, the feed that each row came with")
    for name, kind in has.items():
        if name not in types:
            raise ConfigError(f"{model}: seeds/input_column.csv has no column {name}")
        if kind.this not in unclear and kind.sql("duckdb") != types[name].sql("duckdb"):
            raise ConfigError(f"{model}: {name} is {kind.sql('duckdb')}, must be {types[name].sql('duckdb')}")


def _blueprint(name: str, table: dict[str, Any]) -> exp.Tuple:
    types = {column: kind for column, (kind, _) in OF_EVERY_TABLE.items()}
    types |= {column["column_name"]: column["column_type"] for column in table["columns"]}
    texts = {column: text for column, (_, text) in OF_EVERY_TABLE.items()}
    texts |= {column["column_name"]: column["description"] for column in table["columns"]}
    key = ["source_system", *(column["column_name"] for column in table["columns"] if column["rule"] == "key")]
    required = [*OF_EVERY_TABLE, *(column["column_name"] for column in table["columns"] if column["rule"])]
    # Arrays, not tuples: a tuple of one comes back from SQLMesh as a value in parentheses, without expressions.
    properties = {
        "table_name": exp.to_identifier(name),
        "grain": exp.tuple_(*map(exp.column, key)),
        "required": exp.array(*map(exp.column, required)),
        "descriptions": exp.array(
            *(exp.EQ(this=exp.column(column), expression=exp.Literal.string(text)) for column, text in texts.items())
        ),
        "families": exp.array(*map(exp.to_identifier, table["families"])),
        "columns": exp.array(*(exp.cast(exp.null(), kind, dialect="duckdb").as_(n) for n, kind in types.items())),
    }
    return exp.tuple_(*(exp.PropertyEQ(this=exp.to_identifier(k), expression=value) for k, value in properties.items()))
