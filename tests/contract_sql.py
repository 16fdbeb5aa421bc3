"""The SQL of a contract's raw model, as its macro writes it, for tests that hold values to a contract."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp
from sqlmesh.core.constants import SQLMESH_VARS
from sqlmesh.core.macros import MacroEvaluator

from workbench import families


def raw_model(contract: Mapping[str, Any], feeds: Sequence[Mapping[str, Any]] = ()) -> dict[str, exp.Expression]:
    """The parts of the blueprint of a contract (`Contract.as_variable`), by name: `columns`, `violation` and others."""
    evaluator = MacroEvaluator(dialect="duckdb")
    evaluator.locals[SQLMESH_VARS] = {
        "contracts": [contract],
        "deliveries": {contract["name"]: list(feeds)},
        "value_patterns": families.seed("value_pattern"),
        "total_words": [row["total_word"] for row in families.seed("total_word")],
    }
    (blueprint,) = importlib.import_module("macros.contracts").landed_tables(evaluator).expressions
    return {part.this.name: part.expression for part in blueprint.expressions}
