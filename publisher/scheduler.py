"""How SQLMesh runs a plan here: it makes sure of what older plans published, and swaps the views of this one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from sqlmesh.core.config.scheduler import BuiltInSchedulerConfig
from sqlmesh.core.environment import Environment
from sqlmesh.core.plan import BuiltInPlanEvaluator, EvaluatablePlan, PlanEvaluator
from sqlmesh.core.state_sync import EngineAdapterStateSync, StateSync

from publisher import inventory
from publisher.adapter import CATALOG, ServingAdapter
from publisher.ownership import Ownership

if TYPE_CHECKING:
    from sqlmesh.core.context import GenericContext


class PublishingScheduler(BuiltInSchedulerConfig):
    """SQLMesh's own scheduler, whose state and evaluator of plans know of the server.

    `publishes_as` is the name of the warehouse, for the server.
    """

    publishes_as: str = ""

    def create_state_sync(self, context: GenericContext) -> StateSync:
        """Return the state."""
        state = super().create_state_sync(context)
        made = PublishingState(
            state.engine_adapter, schema=state.schema, console=context.console, cache_dir=context.cache_dir
        )
        made.context, made.publishes_as = context, self.publishes_as
        return made

    def create_plan_evaluator(self, context: GenericContext) -> PlanEvaluator:
        """Return what applies a plan."""
        made = PublishingPlanEvaluator(
            state_sync=context.state_sync,
            snapshot_evaluator=context.snapshot_evaluator,
            create_scheduler=context.create_scheduler,
            default_catalog=context.default_catalog,
            console=context.console,
        )
        made.publishes_as = self.publishes_as
        return made


class PublishingState(EngineAdapterStateSync):
    """SQLMesh's state, which takes no environment for finished while the server lacks something of what it holds.

    A plan compares the project with the state alone; where nothing differs it would say so and end.
    """

    context: GenericContext
    publishes_as: str

    def get_environment(self, environment: str) -> Environment | None:
        """Return an environment, to be promoted anew where what is published is not as this warehouse left it."""
        found = super().get_environment(environment)
        if found and found.finalized_ts:
            adapter = self.context.engine_adapters[CATALOG]
            own = Ownership(adapter, self.publishes_as).own(self.get_environments())
            if found.name not in {e.name for e in own} or inventory.faults(adapter, own):
                return found.copy(update={"finalized_ts": None})
        return found


class PublishingPlanEvaluator(BuiltInPlanEvaluator):
    """SQLMesh's evaluator of plans, which first publishes again what the server lacks."""

    publishes_as: str

    def evaluate(self, plan: EvaluatablePlan, circuit_breaker: Callable[[], bool] | None = None) -> None:
        """Publish again what is missing on the server or was changed there, then apply the plan.

        Raises:
            SQLMeshError: when another warehouse publishes to the environment's schema of the server.
        """
        evaluator = self.snapshot_evaluator
        adapter, environments = evaluator.adapters[CATALOG], self.state_sync.get_environments()
        ownership = Ownership(adapter, self.publishes_as)
        is_new = plan.environment.name not in {environment.name for environment in environments}
        ownership.check(plan.environment, is_new)
        inventory.mend(inventory.faults(adapter, ownership.own(environments)), self.state_sync, evaluator)
        super().evaluate(plan, circuit_breaker)
        ownership.record(plan.environment)

    def _promote_snapshots(self, *args: Any, **kwargs: Any) -> None:
        """Let SQLMesh, which replaces the views of an environment one by one, swap those on the server."""
        adapter = self.snapshot_evaluator.adapters[CATALOG]
        with adapter.one_swap() if isinstance(adapter, ServingAdapter) else nullcontext():
            super()._promote_snapshots(*args, **kwargs)
