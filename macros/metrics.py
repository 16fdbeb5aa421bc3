"""Metrics as data: seeds/metric.csv says what each observes, seeds/metric_subject.csv of which fact.

From a row of seeds/metric.csv come the observations (models/measure/observation.sql), their sums by patient and slice
(models/measure/patient_slice.sql), the DAX measures and docs/measures.md: nothing else states the rule.
"""

from __future__ import annotations

import typing as t

from sqlglot import exp, parse_one
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator

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
    return exp.tuple_(*(_blueprint(row, metrics, slices) for row in evaluator.var("metric_subjects") or []))


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
    crossed = {name: crossed_with.split() for name, *_, crossed_with in _texts(slices) if name != HOSPITAL}
    names, common = list(crossed), "metric_code, definition_version, by_patient, source_system, patient_durable_key"
    periods = {"whole": [], "year": ["year_label"], "month": ["year_label", "month_label"]}
    cells = [[*hospital, *period] for hospital in ([], ["organization_key"]) for period in periods.values()]
    cells += [[name, *periods[period]] for name in names for period in ("whole", *crossed[name])]
    cells += [["organization_key", name] for name in names]
    sets = ", ".join(f"({', '.join([common, *cell])})" for cell in cells)

    def which(part: str, label: str) -> str:
        tried = " ".join(f"WHEN GROUPING({name}) = 0 THEN {part.format(name)}" for name in names)
        return f"CASE {tried} ELSE 'all' END AS {label}"

    return (
        f"SELECT {common}, "
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
    names = [name for name in subject["slices"].split() if name != HOSPITAL]
    cells = [(name, slice_, period) for name in ("all", "each") for slice_, period in _cells(name, names, slices)]
    listed = " UNION ALL ".join(
        f"SELECT '{hospital}' AS hospital, '{name}' AS slice, '{period}' AS period_type"
        for hospital, name, period in cells
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


def _cells(hospital: str, names: list[str], slices: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    """Return the slices and periods that the whole, or each hospital, is cut by: those of slices_of."""
    cells = [("all", period) for period in ("all", "year", "month")]
    by_period = {
        name: ["all", *slices[name]["crossed_with"].split()] if hospital == "all" else ["all"] for name in names
    }
    return cells + [(name, period) for name in names for period in by_period[name]]


@macro()
def with_reproduction(evaluator: MacroEvaluator, own: exp.Expression, published: exp.Expression) -> str:
    """Return the rows of a seed, and those that the reproduction of the published projects adds where it is there."""
    tables = [own, *([published] if evaluator.var("has_reproduction") else [])]
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
        numerator, by_patient = aggregate.this.sql("duckdb"), BY_PATIENT[type(aggregate).__name__]
    return [
        metric["metric_code"],
        metric["definition_version"],
        by_patient,
        dates[metric["counted_by"]],
        numerator,
        metric["denominator"] or "1",
        metric["filter"] or "TRUE",
    ]
