"""What is published: seeds/published_table.csv names tables and indexes, the models that they copy say the rest."""

from __future__ import annotations

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def published_tables(evaluator: MacroEvaluator) -> exp.Tuple:
    """Return one blueprint a published table: its name, the model it copies, its primary key and its indexes."""
    return exp.tuple_(
        *(
            exp.tuple_(
                exp.PropertyEQ(this=exp.to_identifier("table_name"), expression=exp.to_identifier(table["name"])),
                exp.PropertyEQ(this=exp.to_identifier("copies"), expression=exp.to_table(table["copies"])),
                exp.PropertyEQ(this=exp.to_identifier("primary_key"), expression=_columns(table["grain"])),
                exp.PropertyEQ(
                    this=exp.to_identifier("indexes"), expression=exp.tuple_(*map(_columns, table["indexes"]))
                ),
            )
            for table in evaluator.var("published_tables") or []
        )
    )


def _columns(names: list[str]) -> exp.Expression:
    columns = [exp.column(name) for name in names]
    return exp.tuple_(*columns) if len(columns) > 1 else exp.paren(columns[0])


@macro()
def former_columns(evaluator: MacroEvaluator, table: exp.Expression) -> list[exp.Expression]:
    """Return the columns of a published table that keep their old names for a version (seeds/former_column.csv)."""
    (former,) = [row["former"] for row in evaluator.var("published_tables") or [] if row["name"] == table.name]
    return [exp.alias_(exp.column(column), name) for name, column in former.items()]
