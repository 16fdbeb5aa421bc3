"""A metric that is declared wrongly stops the project, and the error says what may stand there."""

from __future__ import annotations

from typing import Any

import pytest
from sqlglot import exp
from sqlmesh.utils.errors import ConfigError

from macros import metrics
from workbench import families

SLICES = families.seed("metric_slice")
SUBJECT = {
    "subject": "stay", "relation": "star.fact_inpatient_stay", "observed_key": "stay_key",
    "dates": "admission=admit_date_key", "slices": "organization payer",
}  # fmt: skip
METRIC = {
    "metric_code": "m", "definition_version": "v", "subject": "stay", "numerator": "los_hours", "denominator": "",
    "filter": "", "counted_by": "admission", "counted_per": "",
}  # fmt: skip


class Variables:
    """What a macro asks of SQLMesh: the variables of config.py."""

    def __init__(self, **variables: Any) -> None:
        self.var = variables.get


def blueprints(metric: dict[str, str], subject: dict[str, str] | None = None) -> exp.Tuple:
    variables = Variables(metrics=[metric], metric_slices=SLICES, metric_subjects=[subject or SUBJECT])
    return getattr(metrics.metric_subjects, "func", metrics.metric_subjects)(variables)


def test_a_declared_metric_is_a_part_of_its_subjects_blueprint() -> None:
    (blueprint,) = blueprints(METRIC).expressions
    parts = {part.name: part.expression for part in blueprint.expressions}
    (row,) = parts["metrics"].expressions
    assert [text.name for text in row.expressions] == ["m", "v", "", "admit_date_key", "los_hours", "1", "TRUE"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"subject": "bed"}, "metric.csv, m/v: subject is 'bed', must be one of stay (metric_subject.csv)"),
        ({"counted_by": "leaving"}, "metric.csv, m/v: counted_by is 'leaving', must be one of admission (the dates of"),
        (
            {"counted_per": "patient"},
            "metric.csv, m/v: numerator is 'los_hours', must be one of SUM ( ... ), MAX ( ... ), AVG ( ... )",
        ),
    ],
)
def test_a_metric_declared_wrongly_is_named_with_what_may_stand_there(changed: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError) as error:
        blueprints(METRIC | changed)
    assert str(error.value).startswith(words)


def test_a_slice_that_nobody_declared_is_named_with_those_that_are() -> None:
    with pytest.raises(ConfigError) as error:
        blueprints(METRIC, SUBJECT | {"slices": "payer beds"})
    assert str(error.value).startswith("metric_subject.csv, stay: slices names beds; seeds/metric_slice.csv has org")
