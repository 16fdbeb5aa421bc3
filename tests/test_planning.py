"""What a plan says on the screen where it fails, and which unit tests it runs."""

from __future__ import annotations

import io
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console
from sqlmesh.core.scheduler import EvaluateNode
from sqlmesh.utils.concurrency import NodeExecutionFailedError
from sqlmesh.utils.errors import PlanError

from workbench import planning
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


@pytest.mark.parametrize(
    ("is_new", "changed", "ran"),
    [
        (True, {"core.int_episode"}, []),  # a warehouse's first plan: all models are new
        (False, {"raw.synthea__patients"}, []),  # a delivery
        (False, {"raw.synthea__patients", "core.int_episode"}, [{"raw.synthea__patients", "core.int_episode"}]),
    ],
)
def test_unit_tests_run_of_models_whose_own_text_changed(is_new: bool, changed: set[str], ran: list[set[str]]) -> None:
    tried: list[set[str]] = []

    class Project:
        fails = False

        def select_tests(self, model_names: set[str]) -> list[str]:
            return [name for name in model_names if name.startswith("core.")]

        def test(self, model_names: set[str]) -> Any:
            tried.append(model_names)
            return SimpleNamespace(wasSuccessful=lambda: not self.fails)

    project = Project()
    plan = SimpleNamespace(
        context_diff=SimpleNamespace(is_new_environment=is_new, create_from_env_exists=False),
        directly_modified=[SimpleNamespace(name=name) for name in changed],
    )
    planning._test_what_changed(project, plan)
    assert tried == ran
    project.fails = True
    with pytest.raises(PlanError, match="Nothing was built") if ran else nullcontext():
        planning._test_what_changed(project, plan)
