"""What is patched in SQLMesh, and what is cached of the project, changes no SQL and no version of a model."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from sqlmesh import Context
from sqlmesh.core.macros import RuntimeStage
from sqlmesh.core.model.definition import _Model
from sqlmesh.core.renderer import QueryRenderer
from sqlmesh.core.snapshot import DeployabilityIndex

from loader.settings import PROJECT
from publisher.adapter import CATALOG, ServingAdapter
from warehouse_fixtures import Warehouse, built, land, load
from workbench import sample
from workbench.project import FOLLOWING_DELIVERIES

__all__ = ["built"]

DAY = "2000-01-01"


def rendered(warehouse: Warehouse, stage: RuntimeStage, deployable: DeployabilityIndex, every: int) -> dict[str, str]:
    """Return the SQL of every nth model, and of its audits, as a plan asks for it."""
    texts = {}
    for name, model in sorted(warehouse.models.items())[::every]:
        snapshot = warehouse.snapshots[model.fqn]
        read = (snapshot, *(warehouse.snapshots[parent.name] for parent in snapshot.parents))
        adapter = warehouse.context.engine_adapters[model.gateway or "warehouse"]
        asked: dict[str, Any] = {
            "start": DAY, "end": DAY, "execution_time": DAY, "engine_adapter": adapter,
            "snapshots": {table.name: table for table in read},
            "deployability_index": deployable,
        }  # fmt: skip
        if model.is_sql:
            query = model.render_query_or_raise(
                **asked, runtime_stage=stage, snapshot=snapshot, snapshot_table_exists=True
            )
            texts[name] = query.sql(adapter.dialect, identify=True)
        for number, (audit, arguments) in enumerate(model.audits_with_args):
            query = model.render_audit_query(audit, **asked, **arguments)
            texts[f"{name} {audit.name} {number}"] = query.sql(adapter.dialect, identify=True)
    return texts


@pytest.mark.parametrize(
    ("stage", "deployable", "every"),
    [
        (RuntimeStage.CREATING, DeployabilityIndex.all_deployable(), 4),
        pytest.param(RuntimeStage.CREATING, DeployabilityIndex.all_deployable(), 1, marks=pytest.mark.long),
        pytest.param(RuntimeStage.EVALUATING, DeployabilityIndex.none_deployable(), 1, marks=pytest.mark.long),
    ],
)
def test_a_plan_writes_the_sql_that_sqlmesh_alone_would_write(
    built: Warehouse, stage: RuntimeStage, deployable: DeployabilityIndex, every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    optimized = []
    optimize = QueryRenderer._optimize_query

    def watched(self: QueryRenderer, *arguments: Any) -> Any:
        optimized.append(self._model_fqn)
        return optimize(self, *arguments)

    monkeypatch.setattr(QueryRenderer, "_optimize_query", watched)
    patched = rendered(built, stage, deployable, every)
    assert [fqn for fqn in optimized if fqn] == [], "the patch no longer spares the work"
    monkeypatch.setattr(QueryRenderer, "render", QueryRenderer.render.__wrapped__)
    monkeypatch.setattr(_Model, "render_audit_query", _Model.render_audit_query.__wrapped__)
    alone = rendered(built, stage, deployable, every)
    assert len([fqn for fqn in optimized if fqn]) > 200 / every, "SQLMesh alone optimizes every query again"
    assert len(alone) > 700 / every
    assert {name: (text, patched[name]) for name, text in alone.items() if text != patched[name]} == {}


@pytest.mark.long
def test_for_a_server_too_the_sql_is_that_of_sqlmesh_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No server is asked: what is rendered follows the models and the adapter's dialect."""
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    monkeypatch.setenv("SERVING_URL", "mysql://nobody:nothing@127.0.0.1:1/")
    context = Context(paths=[str(PROJECT)])
    adapter = context.engine_adapters[CATALOG]
    assert isinstance(adapter, ServingAdapter)
    models = [model for model in context.models.values() if model.gateway == CATALOG]

    def texts() -> dict[str, str]:
        asked = {"start": DAY, "end": DAY, "execution_time": DAY, "engine_adapter": adapter}
        return {
            f"{model.name} {stage.value}": model.render_query_or_raise(**asked, runtime_stage=stage).sql(
                "mysql", identify=True
            )
            for model in models
            for stage in (RuntimeStage.CREATING, RuntimeStage.EVALUATING)
        }

    patched = texts()
    monkeypatch.setattr(QueryRenderer, "render", QueryRenderer.render.__wrapped__)
    assert texts() == patched
    assert len(patched) == 2 * len(models) > 100


def test_the_cache_knows_every_macro_that_follows_the_deliveries() -> None:
    """A file that calls another would be taken from the cache after a delivery, and the plan would say "No changes"."""
    following = set()
    for file in (PROJECT / "macros").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and 'var("deliveries")' in ast.unparse(node).replace("'", '"'):
                following.add(f"@{node.name}(")
    assert following == set(FOLLOWING_DELIVERIES)
    for folder in ("models", "audits"):
        for file in (PROJECT / folder).rglob("*.sql"):
            assert not re.search(r"@deliveries|@var\(\W*deliveries", file.read_text(encoding="utf-8").lower()), file


@pytest.mark.long
def test_a_cached_model_is_the_one_that_would_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample.generate("hospital", 0.1, tmp_path / "first")
    sample.generate("hospital", 0.1, tmp_path / "second", seed=2)
    monkeypatch.setenv("SQLMESH__CACHE_DIR", str(tmp_path / "cache"))
    land(tmp_path / "home", tmp_path / "first")
    before = {name: snapshot.fingerprint for name, snapshot in load(tmp_path / "home").snapshots.items()}
    land(tmp_path / "home", tmp_path / "second")
    cached = {name: snapshot.fingerprint for name, snapshot in load(tmp_path / "home").snapshots.items()}
    monkeypatch.setenv("SQLMESH__CACHE_DIR", str(tmp_path / "another cache"))
    assert cached == {name: snapshot.fingerprint for name, snapshot in load(tmp_path / "home").snapshots.items()}
    assert cached != before
    # A server is a place as well, which the versions of published models follow.
    monkeypatch.setattr("loader.settings.serving_name", lambda: "another:3306")
    elsewhere = {name: snapshot.fingerprint for name, snapshot in load(tmp_path / "home").snapshots.items()}
    differing = {name for name in cached if elsewhere[name] != cached[name]}
    assert differing and all('"serving"' in name for name in differing)
