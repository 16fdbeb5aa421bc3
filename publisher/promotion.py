"""SQLMesh replaces the views of an environment one by one; here those on the server change at one moment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import Any

from sqlmesh.core.snapshot import SnapshotEvaluator

from publisher.adapter import CATALOG, ServingAdapter


def _promote_at_once(promote: Callable[..., None]) -> Callable[..., None]:
    """Let SQLMesh, which replaces the views of an environment one by one, swap those on the server at one moment."""

    @wraps(promote)
    def run(self: SnapshotEvaluator, *args: Any, **kwargs: Any) -> None:
        adapter = self.adapters.get(CATALOG)
        with adapter.one_swap() if isinstance(adapter, ServingAdapter) else nullcontext():
            promote(self, *args, **kwargs)

    return run


# SQLMesh has no hook around the promotion of an environment that may fail it: what runs after it runs too late.
SnapshotEvaluator.promote = _promote_at_once(SnapshotEvaluator.promote)
