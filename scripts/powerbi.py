"""Write the semantic model of the Power BI project from the SQLMesh models and powerbi/measures.toml.

The report (pages and visuals) and every table that is added in Desktop belong to their authors: what this script did
not write, it neither changes nor removes.
"""

from __future__ import annotations

import json
import re
import tomllib
import uuid
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from macros import statistics
from scripts import dax
from scripts import measures as measure_docs
from scripts.catalog import PROJECT, Catalog, Column, Reference, Table
from scripts.dax import DATE_TABLE, SOURCE_TABLE, indented
from scripts.powerbi_check import AGGREGATE, ONE_SOURCE
from workbench import families

FOLDER = PROJECT / "powerbi"
MODEL = "PatientWarehouse.SemanticModel/definition"
MEASURE_TABLE = "Key figures"
GENERATED = "annotation GeneratedFrom = "
"""Marks the table files that this script owns."""

TAGS = uuid.UUID("6f1c1a56-5d0b-4d8a-9d5c-6b4b1f5f0c11")
"""Namespace of lineage tags, so that the same object keeps its tag from run to run."""

UNIT_FORMATS = {
    "share": "0.0%",
    "days": "0.00",
    "usd": "$#,0",
    "ratio": "0.00",
    "count": "#,0",
    "points": "0.00",
}
"""Format string of a measure by the unit of its metric in dim_metric."""


@dataclass(frozen=True)
class Relationship:
    """A reference as Power BI gets it: active where it adds the only way between two tables."""

    reference: Reference
    is_active: bool

    @property
    def name(self) -> str:
        """Its name in the model."""
        return f"{self.reference.table}_{self.reference.column}"


@dataclass(frozen=True)
class Measure:
    """A measure as it stands in the model."""

    name: str
    dax: str
    folder: str
    description: str
    format: str | None
    is_hidden: bool = False


def settings() -> dict[str, Any]:
    """Return powerbi/model.toml."""
    return tomllib.loads((FOLDER / "model.toml").read_text(encoding="utf-8"))


def files(catalog: Catalog) -> dict[Path, str]:
    """Return every file of the semantic model that is generated, with its text."""
    hand = settings()
    tables = model_tables(catalog)
    related = relationships(catalog, tables)
    definition = FOLDER / MODEL
    written = {definition / "tables" / f"{name}.tmdl": _table(table, hand, related) for name, table in tables.items()}
    written[definition / "tables" / f"{MEASURE_TABLE}.tmdl"] = _measure_table(measures(catalog))
    written[definition / "relationships.tmdl"] = _relationships(related)
    written[definition / "expressions.tmdl"] = _parameters(hand["parameters"])
    written[definition / "database.tmdl"] = "database\n\tcompatibilityLevel: 1567\n"
    kept = [path.stem for path in (definition / "tables").glob("*.tmdl") if not _is_ours(path)]
    written[definition / "model.tmdl"] = _model(hand, sorted({*tables, MEASURE_TABLE, *kept}))
    return written


def model_tables(catalog: Catalog) -> dict[str, Table]:
    """Return the tables of the semantic model by name."""
    hand = settings()
    unknown = (set(hand["left_out"]) | set(hand["left_out_columns"])) - set(catalog.tables)
    if unknown:
        raise ValueError(f"powerbi/model.toml leaves out what is not published: {', '.join(sorted(unknown))}.")
    return {name: table for name, table in catalog.tables.items() if name not in hand["left_out"]}


def stale(written: dict[Path, str]) -> list[Path]:
    """Return the table files that this script once wrote and does not write any more."""
    tables = (FOLDER / MODEL / "tables").glob("*.tmdl")
    return [path for path in tables if path not in written and _is_ours(path)]


def _is_ours(path: Path) -> bool:
    return GENERATED in path.read_text(encoding="utf-8")


# Relationships


def relationships(catalog: Catalog, tables: dict[str, Table]) -> list[Relationship]:
    """Return the relationships between `tables`, active as long as no two tables are connected in two ways.

    The model is a star: no fact filters a fact. First come the facts that bridges and marts belong to, then these; of
    a table, the day by which metrics count (seeds/metric_subject.csv), what is part of its grain (a table at the grain
    of another belongs to it), then the columns in their order. What a dimension refers to comes last. A second way in
    a role of its own (the day of discharge, the reason of the return) is an inactive relationship, for
    USERELATIONSHIP; any other is left out, because nothing would ever use it.
    """
    days = {row["relation"].split(".")[1]: dax.date_roles(row) for row in families.declared("metric_subject")}
    first_day = {fact: next(iter(roles.values())) for fact, roles in days.items()}
    references = [r for r in catalog.references() if {r.table, r.to_table} <= set(tables)]
    references = [r for r in references if not (r.table.startswith("fact_") and r.to_table.startswith("fact_"))]

    parents = {reference.to_table for reference in references}

    def rank(reference: Reference) -> tuple[int, ...]:
        table = tables[reference.table]
        return (
            table.name.startswith("dim_"),
            table.name not in parents,
            first_day.get(table.name) != reference.column,
            reference.column not in table.grain,
            reference.to_table.startswith("fact_"),
            [column.name for column in table.columns].index(reference.column),
        )

    reached: dict[str, set[str]] = defaultdict(set)
    made = []
    for reference in sorted(references, key=rank):
        is_active = _adds_one_way(reference, reached)
        if is_active:
            _connect(reference, reached)
        elif reference.column == reference.to_column or reference.to_table.startswith("fact_"):
            continue
        made.append(Relationship(reference, is_active))
    return sorted(made, key=lambda r: (r.reference.table, not r.is_active, r.reference.column))


def _adds_one_way(reference: Reference, reached: dict[str, set[str]]) -> bool:
    """Say whether no table that filters `to_table` filters `table`, or what `table` filters, already."""
    above = {reference.to_table} | {name for name in reached if reference.to_table in reached[name]}
    below = {reference.table} | reached[reference.table]
    return not any(below & (reached[name] | {name}) for name in above)


def _connect(reference: Reference, reached: dict[str, set[str]]) -> None:
    below = {reference.table} | reached[reference.table]
    for name in [*reached, reference.to_table]:
        if name == reference.to_table or reference.to_table in reached[name]:
            reached[name] |= below


# Measures


def measures(catalog: Catalog) -> list[Measure]:
    """Return all measures: those of powerbi/measures.toml, those of metrics, and what metrics share."""
    hand = tomllib.loads((FOLDER / "measures.toml").read_text(encoding="utf-8"))["measure"]
    tables = model_tables(catalog)
    related = relationships(catalog, tables)
    subjects = _subjects(tables, related)
    metrics = [metric for metric in families.declared("metric") if metric["basis"] != "not_computable"]
    recounted = [metric for metric in metrics if dax.is_recounted(metric, subjects)]
    made = [
        Measure(m["name"], _guarded(m["dax"].strip("\n")), m["folder"], m["description"], m.get("format")) for m in hand
    ]
    for metric in metrics:
        made += _of_metric(metric, subjects[metric["subject"]] if metric in recounted else None)
    return [*made, *_shared(tables, related, subjects, recounted)]


def _guarded(text: str) -> str:
    """Return DAX that reads rows of a table so that it is blank unless the filters leave one source."""
    return dax.call("IF", ONE_SOURCE, text) if AGGREGATE.search(text) else text


def _subjects(tables: dict[str, Table], related: list[Relationship]) -> dict[str, dax.Subject]:
    """Return the subjects of metrics whose fact is in the model."""
    above: dict[str, set[str]] = defaultdict(set)
    for relationship in related:
        if relationship.is_active:
            above[relationship.reference.table].add(relationship.reference.to_table)

    def reached_by(name: str) -> set[str]:
        return above[name].union(*map(reached_by, above[name]))

    made = {}
    for row in families.declared("metric_subject"):
        schema, fact = row["relation"].split(".")
        if schema == "star" and fact in tables:
            columns = {column.name: column.can_be_null for column in _columns(tables[fact], settings())}
            reached = frozenset(reached_by(fact))
            made[row["subject"]] = dax.Subject(row["subject"], fact, columns, dax.date_roles(row), reached)
    return made


def _of_metric(metric: dax.Row, subject: dax.Subject | None) -> list[Measure]:
    """Return the measures of a metric: recounted from the fact of `subject`, or without one looked up in mart_kpi."""
    name, unit_format = metric["metric_label"], UNIT_FORMATS[metric["unit"]]
    lookup = {part: dax.looked_up(metric, part) for part in ("value", "n", "low", "high", "small")}
    found = dax.parts(metric, subject) if subject else {part: lookup[part] for part in ("value", "n")}
    if metric["kind"] != "total":
        small = _small(metric, found) if subject else f"{lookup['small']} == 1"
        found |= {"low": lookup["low"], "high": lookup["high"], "with interval": _text(name, small, unit_format)}
    described = (
        f"{metric['definition']} {metric['caveat']} (metric {metric['metric_code']}/{metric['definition_version']})"
    )
    looked_up = "" if subject else f" Looked up: {INTERVALS}."
    what = {
        "value": "",
        "n": f"Observations behind {name}. ",
        "patients": f"Patients behind {name}. ",
        "numerator": f"What {name} has above the line: {metric['numerator_rule']}. ",
        "denominator": f"What {name} has below the line: {metric['denominator_rule']}. ",
        "low": f"Lower end of the 95 % interval of {name}; {INTERVALS}. ",
        "high": f"Upper end of the 95 % interval of {name}; {INTERVALS}. ",
        "with interval": f"{name} with its 95 % interval and n, and a mark where n is small. ",
    }
    folder = measure_docs.GROUPS[metric["module"]]
    formats = {"n": "#,0", "patients": "#,0", "numerator": "#,0.00", "denominator": "#,0.00", "with interval": None}
    return [
        Measure(
            name if part == "value" else f"{name}: {part}",
            text,
            folder if part == "value" else f"{folder}\\Parts",
            f"{what[part]}{described}{looked_up}",
            formats.get(part, unit_format),
            is_hidden=part in {"patients", "numerator", "denominator"},
        )
        for part, text in found.items()
    ]


INTERVALS = "blank unless the filters leave all or one hospital, all or one label, and all days, a year or a month"
"""When mart_kpi, which alone defines intervals, has the row that a visual asks for."""


def _small(metric: dax.Row, found: dict[str, str]) -> str:
    """Return the DAX of small_cell_flag, as @SMALL_CELL of macros/ has it, of a metric that is recounted."""
    name = metric["metric_label"]
    conditions = [
        f"[{name}: n] < {statistics.FEWEST_OBSERVATIONS}",
        f"[{name}: {'patients' if 'patients' in found else 'n'}] < {statistics.FEWEST_PATIENTS}",
    ]
    if metric["kind"] == "proportion":
        above = f"[{name}: numerator]"
        conditions += [f"{few} < {statistics.FEWEST_EVENTS}" for few in (above, f"[{name}: n] - {above}")]
    if metric["kind"] == "standardized_ratio":
        conditions.append(f"[{name}: denominator] < {statistics.FEWEST_EXPECTED}")
    return " || ".join(conditions)


def _text(name: str, small: str, unit_format: str) -> str:
    """Return the DAX of value, interval and n as one text."""
    shown = f'FORMAT ( [{name}: low], "{unit_format}" ) & " to " & FORMAT ( [{name}: high], "{unit_format}" )'
    parts = [
        f'FORMAT ( [{name}], "{unit_format}" )',
        f'IF ( NOT ISBLANK ( [{name}: low] ), " (" & {shown} & ")" )',
        f'", n " & FORMAT ( [{name}: n], "#,0" )',
        f'IF ( {small}, ", small" )',
    ]
    return dax.call("IF", f"NOT ISBLANK ( [{name}] )", "\n    & ".join(parts))


def _shared(
    tables: dict[str, Table], related: list[Relationship], subjects: dict[str, dax.Subject], recounted: list[dax.Row]
) -> list[Measure]:
    """Return what measures of metrics ask: whether the filters fit, the row of mart_kpi, and how far both differ."""
    # What filters something, or looks as if it did; not a list that stands alone, as that of the metrics does.
    filtering = {relationship.reference.to_table for relationship in related} - {SOURCE_TABLE, DATE_TABLE}
    filtering = sorted(filtering | {name for name in tables if name.startswith(("fact_", "bridge_"))})
    hidden = [
        (
            subject.guard,
            dax.guard(subject, filtering),
            f"TRUE where one source is left and no filter lies on a table that does not filter {subject.fact}.",
        )
        for subject in subjects.values()
    ]
    hidden += [
        (
            "Chosen period",
            dax.chosen_period(),
            "Period of mart_kpi that the filters leave: all, a year, a month, else blank.",
        ),
        (
            "Chosen hospital",
            dax.chosen_hospital(),
            "Hospital of mart_kpi that the filters leave: -2 for all, one by its key, else blank.",
        ),
        (
            "Chosen slice",
            dax.chosen_slice(filtering),
            "Slice of mart_kpi that the filters leave: all or one label, else blank.",
        ),
        ("Chosen slice value", dax.chosen_slice_value(filtering), "Label of that slice."),
    ]
    hidden += [
        (
            f"Looked up {part}",
            dax.looked_up_here(part),
            f"Metric {part} of the row of mart_kpi that the filters leave, of the metric that mart_kpi is filtered to.",
        )
        for part in ("value", "n", "low", "high", "small")
    ]
    hidden.append(
        (
            "Difference in these filters",
            dax.difference(recounted),
            "Largest difference between a recounted metric and its row of mart_kpi, as a share of a value over 1.",
        )
    )
    return [
        Measure(name, _guarded(text), "Trust\\Parts", description, None, is_hidden=True)
        for name, text, description in hidden
    ]


# TMDL


def _table(table: Table, hand: dict[str, Any], related: list[Relationship]) -> str:
    columns = _columns(table, hand)
    is_date_table = table.name == hand["date_table"]["name"]
    lines = [*_described_as(f"{_sentence(table.first_line)} {table.description}"), f"table {table.name}"]
    lines += ["\tdataCategory: Time"] if is_date_table else []
    lines += [f"\tlineageTag: {_tag(table.name)}", ""]
    for column in columns:
        lines += _column(table, column, hand, related)
    source = _source(table.name, [] if len(columns) == len(table.columns) else [column.name for column in columns])
    lines += [f"\tpartition {table.name} = m", "\t\tmode: import", "\t\tsource ="]
    lines += [indented(source, "\t\t\t\t"), "", f"\t{GENERATED}serving.{table.name}", ""]
    return "\n".join(lines)


def _columns(table: Table, hand: dict[str, Any]) -> list[Column]:
    """Return the columns of a table that the model keeps."""
    left_out = hand["left_out_columns"].get(table.name, [])
    unknown = set(left_out) - table.column_names
    if unknown:
        raise ValueError(f"powerbi/model.toml leaves out columns that {table.name} has not: {', '.join(unknown)}.")
    return [column for column in table.columns if column.name not in left_out]


def _column(table: Table, column: Column, hand: dict[str, Any], related: list[Relationship]) -> list[str]:
    kind, format_string, note = _type(column.type)
    full = f"{table.name}.{column.name}"
    lines = [*_described_as(column.description, "\t"), f"\tcolumn {column.name}", f"\t\tdataType: {kind}"]
    if table.name == hand["date_table"]["name"] and column.name == hand["date_table"]["key"]:
        lines.append("\t\tisKey")
    if _is_hidden(table, column, kind, hand, related):
        lines.append("\t\tisHidden")
    lines += [f"\t\tformatString: {format_string}"] if format_string else []
    lines.append(f"\t\tlineageTag: {_tag(full)}")
    if full in hand["data_category"]:
        lines.append(f"\t\tdataCategory: {hand['data_category'][full]}")
    lines += ["\t\tsummarizeBy: none", f"\t\tsourceColumn: {column.name}"]
    if full in hand["sorted_by"]:
        lines.append(f"\t\tsortByColumn: {hand['sorted_by'][full]}")
    lines += ["", "\t\tannotation SummarizationSetBy = Automatic", ""]
    lines += [f"\t\tannotation UnderlyingDateTimeDataType = {note}", ""] if note else []
    return lines


def _type(mysql: str) -> tuple[str, str | None, str | None]:
    """Return the model's type of a MySQL type, its format string, and what Desktop notes of a day without time.

    The model's decimal has four digits after the point, so that money is decimal and a share is double.
    """
    name, _, size = mysql.partition("(")
    if name in {"BIGINT", "INT", "SMALLINT"}:
        return "int64", "0", None
    if name == "DECIMAL":
        scale = int(size.rstrip(")").split(",")[1])
        return ("decimal", f"#,0.{'0' * scale}", None) if scale <= 4 else ("double", f"0.{'0' * scale}", None)
    if name == "DATE":
        return "dateTime", "yyyy-mm-dd", "Date"
    if name == "DATETIME":
        return "dateTime", "yyyy-mm-dd hh:nn:ss", None
    if name in {"CHAR", "TEXT"}:
        return "string", None, None
    raise ValueError(f"No type of the semantic model is known for MySQL's {mysql}: add it to _type in {__file__}.")


def _is_hidden(table: Table, column: Column, kind: str, hand: dict[str, Any], related: list[Relationship]) -> bool:
    """Say whether a reader of the report needs the column: keys, order and what measures add up are hidden."""
    refers = {(relationship.reference.table, relationship.reference.column) for relationship in related}
    is_key = column.name.endswith(("_key", "_id")) or (table.name, column.name) in refers
    is_order = any(full.split(".")[0] == table.name and by == column.name for full, by in hand["sorted_by"].items())
    is_added_up = table.name.startswith(("fact_", "bridge_")) and kind in {"decimal", "double"}
    return is_key or is_order or is_added_up


def _source(table: str, columns: list[str]) -> str:
    """Return the M that reads a view: nothing after it, so that nothing can fail to fold; or only some columns."""
    lines = [
        "let",
        '    Source = MySQL.Database(#"MySQL server", #"MySQL schema", [ReturnSingleDatabase = true, '
        "CreateNavigationProperties = false, TreatTinyAsBoolean = false]),",
        f'    View = Source{{[Schema = #"MySQL schema", Item = "{table}"]}}[Data]' + ("," if columns else ""),
    ]
    if columns:
        listed = ", ".join(f'"{name}"' for name in columns)
        lines.append(f"    Kept = Table.SelectColumns(View, {{{listed}}})")
    return "\n".join([*lines, "in", "    Kept" if columns else "    View"])


def _measure_table(made: list[Measure]) -> str:
    lines = [
        "/// The measures of the report: of metrics, as seeds/metric.csv declares them, and of powerbi/measures.toml.",
        f"table {_quoted(MEASURE_TABLE)}",
    ]
    lines += [f"\tlineageTag: {_tag(MEASURE_TABLE)}", ""]
    for measure in made:
        lines += _described_as(measure.description, "\t")
        if "\n" in measure.dax:
            lines += [f"\tmeasure {_quoted(measure.name)} = ```", indented(measure.dax, "\t\t\t"), "\t\t\t```"]
        else:
            lines.append(f"\tmeasure {_quoted(measure.name)} = {measure.dax}")
        lines += [f"\t\tformatString: {measure.format}"] if measure.format else []
        lines += ["\t\tisHidden"] if measure.is_hidden else []
        lines += [f"\t\tdisplayFolder: {measure.folder}", f"\t\tlineageTag: {_tag(f'[{measure.name}]')}", ""]
    lines += [
        "\tcolumn placeholder",
        "\t\tdataType: string",
        "\t\tisHidden",
        f"\t\tlineageTag: {_tag('placeholder')}",
        "\t\tsummarizeBy: none",
        "\t\tsourceColumn: placeholder",
        "",
        "\t\tannotation SummarizationSetBy = Automatic",
        "",
        f"\tpartition {_quoted(MEASURE_TABLE)} = m",
        "\t\tmode: import",
        "\t\tsource = #table(type table [placeholder = text], {})",
        "",
        f"\t{GENERATED}powerbi/measures.toml",
        "",
    ]
    return "\n".join(lines)


def _relationships(related: list[Relationship]) -> str:
    blocks = []
    for relationship in related:
        reference = relationship.reference
        lines = [f"relationship {relationship.name}"]
        lines += [] if relationship.is_active else ["\tisActive: false"]
        lines.append(f"\tfromColumn: {reference.table}.{reference.column}")
        lines.append(f"\ttoColumn: {reference.to_table}.{reference.to_column}")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _parameters(parameters: dict[str, str]) -> str:
    blocks = []
    for name, value in parameters.items():
        blocks.append(
            f'expression {_quoted(name)} = "{value}" meta '
            '[IsParameterQuery = true, Type = "Text", IsParameterQueryRequired = true]\n'
            f"\tlineageTag: {_tag(name)}\n\n\tannotation PBI_ResultType = Text\n"
        )
    return "\n".join(blocks)


def _model(hand: dict[str, Any], tables: list[str]) -> str:
    order = json.dumps([*hand["parameters"], *tables])
    lines = [
        "model Model",
        f"\tculture: {hand['culture']}",
        "\tdefaultPowerBIDataSourceVersion: powerBI_V3",
        "\tdiscourageImplicitMeasures",
        f"\tsourceQueryCulture: {hand['culture']}",
        "",
        "\tannotation __PBI_TimeIntelligenceEnabled = 0",
        "",
        f"\tannotation PBI_QueryOrder = {order}",
        "",
        *[f"ref table {_quoted(name)}" for name in tables],
        "",
    ]
    return "\n".join(lines)


def _described_as(text: str, indent: str = "") -> list[str]:
    return [f"{indent}/// {' '.join(text.split())}"] if text else []


def _sentence(first_line: str) -> str:
    return re.sub(r"\s*\(docs/[^)]*\)", "", first_line).rstrip(".") + "."


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else f"'{name}'"


def _tag(name: str) -> str:
    return str(uuid.uuid5(TAGS, name))
