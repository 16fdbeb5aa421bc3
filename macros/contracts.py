"""The blueprints of models/raw: one raw model for each contract, reading the table its current delivery landed as."""

from __future__ import annotations

import typing as t

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def landed_tables(evaluator: MacroEvaluator) -> exp.Tuple:
    """Return one blueprint a contract: its table, the relation it reads now, its columns, and what breaks it."""
    deliveries = evaluator.var("deliveries") or {}
    return exp.tuple_(
        *(_blueprint(contract, deliveries.get(contract["name"])) for contract in evaluator.var("contracts") or [])
    )


@macro()
def landed_relation(evaluator: MacroEvaluator, landed: exp.Expression, names: exp.Tuple) -> exp.Expression:
    """Return the landed table; where nobody delivered the source, no rows of the same columns."""
    if not isinstance(landed, exp.Null):
        return exp.table_(landed.name, db="landing")
    nothing = (f"NULL::TEXT AS {name.sql('duckdb')}" for name in names.expressions)
    return exp.select("0 AS rowid", *nothing, dialect="duckdb").where("FALSE").subquery("nothing_delivered")


def _blueprint(contract: dict[str, t.Any], landed: str | None) -> exp.Tuple:
    names = [column["name"] for column in contract["columns"]]
    values = [_read(name, contract["null_marks"]) for name in names]
    broken = [fault for column in contract["columns"] for fault in _faults(column, contract["null_marks"])]
    # Not CONCAT_WS: SQLGlot 30.8 rewrites it to a NULL where any part is NULL (tests/test_models.py watches for it).
    fault = f"NULLIF(ARRAY_TO_STRING([{', '.join(broken)}], '; '), '')" if broken else "NULL::TEXT"
    properties = {
        "source_table": exp.to_identifier(contract["name"]),
        "landed": exp.to_identifier(landed) if landed else exp.null(),
        "names": exp.tuple_(*(exp.column(name, quoted=True) for name in names)),
        "columns": exp.tuple_(*(exp.maybe_parse(value, dialect="duckdb") for value in values)),
        "violation": exp.maybe_parse(fault, dialect="duckdb"),
    }
    return exp.tuple_(
        *(exp.PropertyEQ(this=exp.to_identifier(key), expression=value) for key, value in properties.items())
    )


def _read(name: str, null_marks: list[str]) -> str:
    """Return the column as it is meant: a listed mark of "no value" reads as NULL."""
    return f'{_value(name, null_marks)} AS "{name}"'


def _value(name: str, null_marks: list[str]) -> str:
    marks = ", ".join("'" + mark.replace("'", "''") + "'" for mark in null_marks)
    return f'CASE WHEN TRIM("{name}") IN ({marks}) THEN NULL ELSE "{name}" END' if marks else f'"{name}"'


def _faults(column: dict[str, t.Any], null_marks: list[str]) -> t.Iterator[str]:
    """Yield SQL texts that say what is wrong with the column in a row, NULL where nothing is."""
    name, kind, value = column["name"], column["type"], _value(column["name"], null_marks)
    if column["required"]:
        yield f"CASE WHEN {value} IS NULL THEN '{name} is missing' END"
    if kind != "VARCHAR":
        # A time with a zone is a TIMESTAMPTZ; text without one is read as UTC.
        cast = "TIMESTAMPTZ" if kind == "TIMESTAMP" else kind
        wrong = f"TRY_CAST({value} AS {cast}) IS NULL"
        if kind == "BIGINT":
            # pandas writes 28.0 beside empty cells: a whole number. 28.6 is none, though a cast would make it 29.
            wrong += f" OR TRY_CAST({value} AS DOUBLE) <> TRY_CAST({value} AS BIGINT)"
        if kind in {"DATE", "TIMESTAMP"}:  # DuckDB reads words as moments too: epoch, infinity
            wrong += f" OR NOT LEFT(TRIM({value}), 1) BETWEEN '0' AND '9'"
        if kind == "DOUBLE":
            wrong += f" OR NOT ISFINITE(TRY_CAST({value} AS DOUBLE))"
        yield (f"CASE WHEN {value} IS NOT NULL AND ({wrong}) THEN '{name} ''' || \"{name}\" || ''' is no {kind}' END")
