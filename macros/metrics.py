"""Metrics as data: seeds/metric.csv says what each observes, seeds/metric_subject.csv of which fact.

From a row of seeds/metric.csv come the observations (models/measure/observation.sql), their sums by patient and slice
(models/measure/subject_slice.sql), the cells that add up (models/mart/mart_kpi_additive.sql), the DAX measures
(scripts/dax.py) and docs/measures.md: nothing else states the rule.
"""

from __future__ import annotations

import typing as t

from sqlglot import exp, parse_one
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator
from sqlmesh.utils.errors import ConfigError

BY_PATIENT = {"Sum": "sum", "Max": "max", "Avg": "mean"}
"""How the rows of a patient become one observation, where a metric counts patients: the aggregate of its numerator."""

NOT_ADDITIVE = ("median", "geometric_mean")
"""Kinds of metric whose cells do not add up."""

HOSPITAL = "organization"
"""The slice that is crossed with every other one: mart_kpi has it as organization_key."""

NUMBER = "DECIMAL(24, 10)"
"""Decimals add up the same in any order of rows."""


@macro()
def metric_subjects(evaluator: MacroEvaluator) -> exp.Tuple:
    """Return one blueprint a subject: its fact, the metrics that observe it, and what they are sliced by."""
    metrics, slices = evaluator.var("metrics") or [], evaluator.var("metric_slices") or []
    subjects = evaluator.var("metric_subjects") or []
    known = [row["subject"] for row in subjects]
    for metric in metrics:
        if metric["numerator"] and metric["subject"] not in known:
            raise _fault(metric, "subject", known, "metric_subject.csv")
    return exp.tuple_(*(_blueprint(row, metrics, slices) for row in subjects))


@macro()
def observations(
    evaluator: MacroEvaluator,
    relation: exp.Expression,
    observed_key: exp.Expression,
    metrics: exp.Array,
    slices: exp.Array,
) -> str:
    """Return the observations of all metrics of a subject, one SELECT a metric, with the keys of their slices."""
    keys = "".join(f", {key}" for key in dict.fromkeys(key for _, _, key, *_ in _texts(slices)))
    return " UNION ALL ".join(
        f"SELECT '{code}' AS metric_code, '{version}' AS definition_version, '{by_patient}' AS by_patient, "
        f"{observed_key.name} AS observed_key, source_system, patient_durable_key, {date_key} AS date_key{keys}, "
        f"CAST({numerator} AS {NUMBER}) AS numerator, CAST({denominator} AS {NUMBER}) AS denominator "
        f"FROM {relation.sql(evaluator.dialect)} WHERE {condition}"
        for code, version, by_patient, date_key, numerator, denominator, condition in _texts(metrics)
    )


@macro()
def labelled(evaluator: MacroEvaluator, slices: exp.Array) -> str:
    """Return the observations with the labels of their slices, each named as its slice; none recorded is Unknown."""
    joined = dict.fromkeys((dimension, key) for _, dimension, key, *_ in _texts(slices))
    labels = "".join(
        f", COALESCE({_alias(dimension)}.{label}, 'Unknown') AS {name}"
        for name, dimension, _, label, _ in _texts(slices)
    )
    joins = " ".join(f"INNER JOIN {d} AS {_alias(d)} ON {_alias(d)}.{key} = o.{key}" for d, key in joined)
    return f"SELECT o.*{labels} FROM observation AS o {joins}"


@macro()
def slices_of(evaluator: MacroEvaluator, subject: exp.Expression, slices: exp.Array) -> str:
    """Return the sums of a subject's observations by patient and cell: hospital or all, slice or all, period or all.

    Every slice stands for the whole and by year; those that seeds/metric_slice.csv says by month too. A hospital is
    crossed with the periods, and with every slice. A row says what it was grouped by.
    """
    names, common = _slices_of_whole(_texts(slices)), "metric_code, definition_version, by_patient, source_system"
    grouped_by = {
        "all": [],
        "each": ["organization_key"],
        "year": ["year_label"],
        "month": ["year_label", "month_label"],
    }
    sets = ", ".join(
        f"({', '.join([common, 'patient_durable_key', *grouped_by[hospital], *slice_, *grouped_by[period]])})"
        for hospital, name, period in _cells(names)
        for slice_ in ([name] if name != "all" else [],)
    )

    def which(part: str, label: str) -> str:
        tried = " ".join(f"WHEN GROUPING({name}) = 0 THEN {part.format(name)}" for name in names)
        return f"CASE {tried} ELSE 'all' END AS {label}"

    return (
        f"SELECT {common}, patient_durable_key, "
        "CASE WHEN GROUPING(month_label) = 0 THEN 'month' WHEN GROUPING(year_label) = 0 THEN 'year' ELSE 'all' END "
        "AS period_type, "
        "CASE WHEN GROUPING(month_label) = 0 THEN year_label || '-' || month_label "
        "WHEN GROUPING(year_label) = 0 THEN year_label ELSE 'all' END AS period, "
        "CASE WHEN GROUPING(organization_key) = 0 THEN organization_key ELSE -2 END AS organization_key, "
        + which("'{}'", "slice")
        + ", "
        + which("{}", "slice_value")
        + ", COUNT(*) AS n_rows, SUM(numerator) AS numerator, MAX(numerator) AS largest, "
        "SUM(denominator) AS denominator, SUM(CAST(numerator AS DOUBLE) * CAST(numerator AS DOUBLE)) AS sum_of_squares "
        f"FROM measure.{subject.name}_observation GROUP BY GROUPING SETS ({sets})"
    )


@macro()
def all_subjects(evaluator: MacroEvaluator) -> str:
    """Return the sums by patient of all subjects."""
    return " UNION ALL ".join(
        "SELECT metric_code, definition_version, source_system, period_type, period, organization_key, slice, "
        "slice_value, patient_key, n, "
        f"numerator, denominator, sum_of_squares FROM measure.{row['subject']}_slice"
        for row in evaluator.var("metric_subjects") or []
    )


@macro()
def additive_cells(evaluator: MacroEvaluator) -> str:
    """Return the sums of all metrics that add up, by hospital, payer, encounter class and year."""
    metrics = evaluator.var("metrics") or []
    slices = {row["slice"]: row["dimension_key"] for row in evaluator.var("metric_slices") or []}
    parts = []
    for subject in evaluator.var("metric_subjects") or []:
        keys = {slices[name] for name in subject["slices"].split()}
        class_key = "class_key" if "class_key" in keys else "-2"
        middling = [
            f"(metric_code = '{m['metric_code']}' AND definition_version = '{m['definition_version']}')"
            for m in metrics
            if m["subject"] == subject["subject"] and m["kind"] in NOT_ADDITIVE
        ]
        condition = f" AND NOT ({' OR '.join(middling)})" if middling else ""
        parts.append(
            "SELECT metric_code, definition_version, source_system, organization_key, payer_key, "
            f"{class_key} AS class_key, "
            "COALESCE(year_label, 'unknown') AS year_label, COUNT(*) AS n, SUM(numerator) AS numerator, "
            "SUM(denominator) AS denominator, "
            "SUM(CAST(numerator AS DOUBLE) * CAST(numerator AS DOUBLE)) AS sum_of_squares "
            f"FROM measure.{subject['subject']}_observation WHERE by_patient = ''{condition} "
            "GROUP BY 1, 2, 3, 4, 5, 6, 7"
        )
    return " UNION ALL ".join(parts)


@macro()
def median_observations(evaluator: MacroEvaluator) -> str:
    """Return every observation of a metric that is a median, once for each period and slice that it belongs to."""
    metrics, slices = (
        evaluator.var("metrics") or [],
        {row["slice"]: row for row in evaluator.var("metric_slices") or []},
    )
    parts = []
    for subject in evaluator.var("metric_subjects") or []:
        medians = [m for m in metrics if m["subject"] == subject["subject"] and m["kind"] == "median"]
        if medians:
            parts.append(_in_each_cell(subject, medians, slices))
    return " UNION ALL ".join(parts)


def _in_each_cell(subject: dict[str, str], metrics: list[dict[str, str]], slices: dict[str, dict[str, str]]) -> str:
    names = _slices_of_whole([[name, slices[name]["crossed_with"]] for name in subject["slices"].split()])
    listed = " UNION ALL ".join(
        f"SELECT '{hospital}' AS hospital, '{name}' AS slice, '{period}' AS period_type"
        for hospital, name, period in _cells(names)
    )
    label = " ".join(f"WHEN '{name}' THEN o.{name}" for name in names)
    wanted = " OR ".join(
        f"(o.metric_code = '{m['metric_code']}' AND o.definition_version = '{m['definition_version']}')"
        for m in metrics
    )
    return (
        "SELECT o.metric_code, o.definition_version, o.source_system, c.period_type, "
        "CASE c.period_type WHEN 'month' THEN o.year_label || '-' || o.month_label WHEN 'year' THEN o.year_label "
        "ELSE 'all' END AS period, "
        "CASE c.hospital WHEN 'each' THEN o.organization_key ELSE -2 END AS organization_key, "
        f"c.slice, CASE c.slice {label} ELSE 'all' END AS slice_value, "
        f"o.patient_durable_key AS patient_key, o.numerator FROM measure.{subject['subject']}_observation AS o "
        f"CROSS JOIN ({listed}) AS c WHERE {wanted}"
    )


def _slices_of_whole(slices: t.Iterable[list[str]]) -> dict[str, list[str]]:
    """Return each slice but the hospital, with the periods that it is crossed with; a row begins with the one and ends
    with the other."""
    return {row[0]: row[-1].split() for row in slices if row[0] != HOSPITAL}


def _cells(slices: dict[str, list[str]]) -> list[tuple[str, str, str]]:
    """Return the cells of mart_kpi, as hospital (all or each), slice (or all) and period (all, year or month).

    The whole is cut by all periods, and so is each hospital; each slice is cut by the periods that it is crossed with,
    and stands for each hospital once, in all periods together.
    """
    hospitals = ("all", "each")
    cells = [(hospital, "all", period) for hospital in hospitals for period in ("all", "year", "month")]
    cells += [("all", name, period) for name, periods in slices.items() for period in ("all", *periods)]
    return cells + [("each", name, "all") for name in slices]


@macro()
def with_reproduction(evaluator: MacroEvaluator, own: exp.Expression, reproduced: exp.Expression) -> str:
    """Return the rows of a seed, and those that the reproduction of the reference projects adds where it is there."""
    tables = [own, *([reproduced] if evaluator.var("has_reproduction") else [])]
    return " UNION ALL ".join(f"SELECT * FROM {table.sql(evaluator.dialect)}" for table in tables)


def _alias(dimension: str) -> str:
    return dimension.split(".")[1]


def _texts(rows: exp.Array) -> list[list[str]]:
    """Return the texts of an array of arrays of text."""
    return [[text.name for text in row.expressions] for row in rows.expressions]


def _array(rows: t.Iterable[t.Iterable[str]]) -> exp.Array:
    # Arrays, not tuples: a tuple of one comes back from SQLMesh as a value in parentheses, without expressions.
    return exp.array(*(exp.array(*map(exp.Literal.string, row)) for row in rows))


def _blueprint(subject: dict[str, str], metrics: list[dict[str, str]], slices: list[dict[str, str]]) -> exp.Tuple:
    name = subject["subject"]
    dates = dict(date.split("=") for date in subject["dates"].split())
    by_name = {row["slice"]: row for row in slices}
    unknown = [slice_ for slice_ in subject["slices"].split() if slice_ not in by_name]
    if unknown:
        raise ConfigError(
            f"metric_subject.csv, {name}: slices names {', '.join(unknown)}; "
            f"seeds/metric_slice.csv has {', '.join(by_name)}"
        )
    sliced = [by_name[slice_] for slice_ in subject["slices"].split()]
    properties: dict[str, exp.Expression] = {
        "subject": exp.to_identifier(name),
        "relation": exp.to_table(subject["relation"]),
        "observed_key": exp.column(subject["observed_key"]),
        "metrics": _array(_metric(m, dates) for m in metrics if m["subject"] == name and m["numerator"]),
        "slices": _array(
            [row[part] for part in ("slice", "dimension", "dimension_key", "label", "crossed_with")] for row in sliced
        ),
    }
    return exp.tuple_(*(exp.PropertyEQ(this=exp.to_identifier(k), expression=value) for k, value in properties.items()))


def _metric(metric: dict[str, str], dates: dict[str, str]) -> list[str]:
    numerator, by_patient = metric["numerator"], ""
    if metric["counted_per"] == "patient":
        aggregate = parse_one(numerator, dialect="duckdb")
        if type(aggregate).__name__ not in BY_PATIENT:
            raise _fault(metric, "numerator", ["SUM ( ... )", "MAX ( ... )", "AVG ( ... )"], "counted_per patient")
        numerator, by_patient = aggregate.this.sql("duckdb"), BY_PATIENT[type(aggregate).__name__]
    if metric["counted_by"] not in dates:
        raise _fault(metric, "counted_by", list(dates), f"the dates of {metric['subject']} in metric_subject.csv")
    return [
        metric["metric_code"],
        metric["definition_version"],
        by_patient,
        dates[metric["counted_by"]],
        numerator,
        metric["denominator"] or "1",
        metric["filter"] or "TRUE",
    ]


def _fault(metric: dict[str, str], column: str, allowed: list[str], where: str) -> ConfigError:
    """Return what is wrong with a column of a metric, and what may stand there."""
    name = f"{metric['metric_code']}/{metric['definition_version']}"
    return ConfigError(
        f"metric.csv, {name}: {column} is '{metric[column]}', must be one of {', '.join(allowed)} ({where})"
    )
