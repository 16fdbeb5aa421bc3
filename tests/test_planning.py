"""What a plan says on the screen where it fails."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from sqlmesh.core.scheduler import EvaluateNode
from sqlmesh.utils.concurrency import NodeExecutionFailedError

from workbench.planning import CountingConsole


@pytest.mark.parametrize("skipped", [{"mart.mart_kpi", "serving.mart_kpi"}, set()])
def test_the_cause_of_a_failure_comes_before_what_was_skipped_for_it(skipped: set[str]) -> None:
    screen = io.StringIO()
    console = CountingConsole(console=Console(file=screen, width=120))
    failed = NodeExecutionFailedError(EvaluateNode(snapshot_name="star.fact_encounter", interval=(0, 1), batch_index=0))
    failed.__cause__ = ValueError("a key is doubled")
    console.log_skipped_models(skipped)
    console.log_failed_models([failed])
    said = screen.getvalue()
    assert "star.fact_encounter" in said
    assert "a key is doubled" in said
    assert "mart_kpi" not in said
    assert ("2 models that read what failed were not built" in said) == bool(skipped)
    assert said.index("a key is doubled") < (said.find("were not built") if skipped else len(said))
