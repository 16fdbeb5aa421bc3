"""Write the semantic model of the Power BI project from the SQLMesh models and powerbi/measures.toml.

The report (pages and visuals) and every table that is added in Desktop belong to their authors: what this script did
not write, it neither changes nor removes.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
import uuid
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.catalog import PROJECT, Catalog, Column, Reference, Table
from scripts.powerbi_check import AGGREGATE, ONE_SOURCE

FOLDER = PROJECT / "powerbi"
MODEL = "PatientWarehouse.SemanticModel/definition"
MEASURE_TABLE = "Key figures"
GENERATED = "annotation GeneratedFrom = "
"""Marks the table files that this script owns."""

SOURCE_TABLE = "dim_source_system"

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


def settings() -> dict[str, Any]:
    """Return powerbi/model.toml."""
    return tomllib.loads((FOLDER / "model.toml").read_text(encoding="utf-8"))


def files(catalog: Catalog) -> dict[Path, str]:
    """Return every file of the semantic model that is generated, with its text."""
    hand = settings()
    tables = {name: table for name, table in catalog.tables.items() if name not in hand["left_out"]}
    unknown = (set(hand["left_out"]) | set(hand["left_out_columns"])) - set(catalog.tables)
    if unknown:
        raise ValueError(f"powerbi/model.toml leaves out what is not published: {', '.join(sorted(unknown))}.")
    related = relationships(catalog, tables)
    definition = FOLDER / MODEL
    written = {definition / "tables" / f"{name}.tmdl": _table(table, hand, related) for name, table in tables.items()}
    written[definition / "tables" / f"{MEASURE_TABLE}.tmdl"] = _measure_table(measures())
    written[definition / "relationships.tmdl"] = _relationships(related)
    written[definition / "expressions.tmdl"] = _parameters(hand["parameters"])
    written[definition / "database.tmdl"] = "database\n\tcompatibilityLevel: 1567\n"
    kept = [path.stem for path in (definition / "tables").glob("*.tmdl") if not _is_ours(path)]
    written[definition / "model.tmdl"] = _model(hand, sorted({*tables, MEASURE_TABLE, *kept}))
    return written


def stale(written: dict[Path, str]) -> list[Path]:
    """Return the table files that this script once wrote and does not write any more."""
    tables = (FOLDER / MODEL / "tables").glob("*.tmdl")
    return [path for path in tables if path not in written and _is_ours(path)]


def _is_ours(path: Path) -> bool:
    return GENERATED in path.read_text(encoding="utf-8")


# Relationships


def relationships(catalog: Catalog, tables: dict[str, Table]) -> list[Relationship]:
    """Return the relationships between `tables`, active as long as no two tables are connected in two ways.

    First come the ways that powerbi/model.toml asks for and what is part of a table's grain (a table at the grain of
    another belongs to it), then dimensions in the order of the columns, then facts, then the source. A second way in a
    role of its own (the day of discharge, the reason of the return) is an inactive relationship, for USERELATIONSHIP;
    any other is left out, because nothing would ever use it.
    """
    first_way = settings()["first_way"]
    references = [r for r in catalog.references() if {r.table, r.to_table} <= set(tables)]
    parents = {reference.to_table for reference in references}

    def rank(reference: Reference) -> tuple[int, ...]:
        table = tables[reference.table]
        is_source = reference.to_table == SOURCE_TABLE
        return (
            is_source and reference.table != "dim_patient",  # the source reaches the facts through the patients
            first_way.get(table.name) != reference.column,
            table.name not in parents,
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


def measures() -> list[Measure]:
    """Return all measures of powerbi/measures.toml, rates and published metrics written out."""
    hand = tomllib.loads((FOLDER / "measures.toml").read_text(encoding="utf-8"))
    template = {name: text.strip("\n") for name, text in hand["template"].items()}
    metrics = _metrics()
    made = [_plain(entry, metrics) for entry in hand["measure"]]
    comparisons = []
    for entry in hand["rate"]:
        made += _rate(entry, template, metrics)
        if "metric" in entry:
            published = _published_dax(entry["metric"], "value", template)
            comparisons.append(template["comparison"].format(value=f"[{entry['name']}]", published=published))
    for entry in hand["published"]:
        made += _published(entry, template, metrics)
    together = _indented(",\n".join(comparisons), "    " * 5).lstrip()
    return [Measure(m.name, m.dax.replace("{comparisons}", together), m.folder, m.description, m.format) for m in made]


def _metrics() -> dict[str, dict[str, str]]:
    with (PROJECT / "seeds" / "metric.csv").open(encoding="utf-8", newline="") as lines:
        return {f"{row['metric_code']}/{row['definition_version']}": row for row in csv.DictReader(lines)}


def _described(entry: dict[str, Any], metrics: dict[str, dict[str, str]]) -> tuple[str, str | None]:
    """Return description and format: those of the metric, where the entry names one and says nothing else."""
    if "metric" not in entry:
        return entry["description"], entry.get("format")
    if entry["metric"] not in metrics:
        raise ValueError(f"powerbi/measures.toml: {entry['name']}: seeds/metric.csv has no metric {entry['metric']}.")
    metric = metrics[entry["metric"]]
    text = f"{metric['definition']} {metric['caveat']} (metric {entry['metric']})"
    return entry.get("description", text), entry.get("format", UNIT_FORMATS[metric["unit"]])


def _plain(entry: dict[str, Any], metrics: dict[str, dict[str, str]]) -> Measure:
    description, format_string = _described(entry, metrics)
    return Measure(entry["name"], _guarded(entry["dax"].strip("\n")), entry["folder"], description, format_string)


def _guarded(dax: str) -> str:
    """Return DAX that reads rows of a table so that it is blank unless the filters leave one source."""
    if not AGGREGATE.search(dax):
        return dax
    return f"IF (\n    {ONE_SOURCE},\n{_indented(dax, '    ')}\n)"


def _rate(entry: dict[str, Any], template: dict[str, str], metrics: dict[str, dict[str, str]]) -> list[Measure]:
    description, format_string = _described(entry, metrics)
    measure = metrics[entry["metric"]]["measure"] if "metric" in entry else entry["measure"]
    interval = template["proportion" if measure == "proportion" else "ratio"]
    filled = {
        "numerator": f"[{entry['numerator']}]",
        "denominator": f"[{entry['denominator']}]",
        "observations": f"[{entry.get('observations', entry['denominator'])}]",
        "is_proportion": "TRUE ()" if measure == "proportion" else "FALSE ()",
    }
    parts = {
        "value": template["value"],
        "observations": template["observations"],
        "low": interval.replace("{side}", "-"),
        "high": interval.replace("{side}", "+"),
        "text": template["text"],
    }
    return _five(entry, parts, filled, description, format_string)


def _published(entry: dict[str, Any], template: dict[str, str], metrics: dict[str, dict[str, str]]) -> list[Measure]:
    description, format_string = _described(entry, metrics)
    description += " Follows no filter but the source."
    measure = metrics[entry["metric"]]["measure"]
    columns = {
        "value": "value",
        "observations": "n",
        "low": "clustered_ci_low",
        "high": "clustered_ci_high",
        "numerator": "numerator",
    }
    dax = {part: _guarded(_published_dax(entry["metric"], column, template)) for part, column in columns.items()}
    filled = {
        "numerator": dax["numerator"],
        "is_proportion": "TRUE ()" if measure == "proportion" else "FALSE ()",
    }
    parts = {part: dax[part] for part in ("value", "observations", "low", "high")} | {"text": template["text"]}
    return _five(entry, parts, filled, description, format_string)


def _five(
    entry: dict[str, Any], parts: dict[str, str], filled: dict[str, str], description: str, format_string: str | None
) -> list[Measure]:
    """Return the value, its n, both ends of its interval, and all of it as text."""
    name, folder = entry["name"], entry["folder"]
    names = {
        "value": name,
        "observations": f"{name}: n",
        "low": f"{name}: low",
        "high": f"{name}: high",
        "text": f"{name}: with interval",
    }
    what = {
        "value": description,
        "observations": f"Observations behind {name}. {description}",
        "low": f"Lower end of the 95 % interval of {name}, patients taken as independent. {description}",
        "high": f"Upper end of the 95 % interval of {name}, patients taken as independent. {description}",
        "text": f"{name} with its 95 % interval and n, and a mark where n is small. {description}",
    }
    formats = {"value": format_string, "observations": "#,0", "low": format_string, "high": format_string, "text": None}
    values = {part: f"[{measure}]" for part, measure in names.items()} | {"format": format_string or ""}
    return [
        Measure(
            names[part],
            # A part refers to the others by their names, and to its own expression by the ingredients.
            dax.format(**{**values, **filled}),
            folder if part == "value" else f"{folder}\\n and interval",
            what[part],
            formats[part],
        )
        for part, dax in parts.items()
    ]


def _published_dax(metric: str, column: str, template: dict[str, str]) -> str:
    code, version = metric.split("/")
    return template["published"].format(column=column, metric_code=code, definition_version=version)


# TMDL


def _table(table: Table, hand: dict[str, Any], related: list[Relationship]) -> str:
    left_out = hand["left_out_columns"].get(table.name, [])
    columns = [column for column in table.columns if column.name not in left_out]
    unknown = set(left_out) - table.column_names
    if unknown:
        raise ValueError(f"powerbi/model.toml leaves out columns that {table.name} has not: {', '.join(unknown)}.")
    is_date_table = table.name == hand["date_table"]["name"]
    lines = [*_described_as(f"{_sentence(table.first_line)} {table.description}"), f"table {table.name}"]
    lines += ["\tdataCategory: Time"] if is_date_table else []
    lines += [f"\tlineageTag: {_tag(table.name)}", ""]
    for column in columns:
        lines += _column(table, column, hand, related)
    source = _source(table.name, [column.name for column in columns] if left_out else [])
    lines += [f"\tpartition {table.name} = m", "\t\tmode: import", "\t\tsource ="]
    lines += [_indented(source, "\t\t\t\t"), "", f"\t{GENERATED}serving.{table.name}", ""]
    return "\n".join(lines)


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
    if name == "TEXT":
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
    lines = ["/// The measures of the report; powerbi/measures.toml holds them.", f"table {_quoted(MEASURE_TABLE)}"]
    lines += [f"\tlineageTag: {_tag(MEASURE_TABLE)}", ""]
    for measure in made:
        lines += _described_as(measure.description, "\t")
        if "\n" in measure.dax:
            lines += [f"\tmeasure {_quoted(measure.name)} = ```", _indented(measure.dax, "\t\t\t"), "\t\t\t```"]
        else:
            lines.append(f"\tmeasure {_quoted(measure.name)} = {measure.dax}")
        lines += [f"\t\tformatString: {measure.format}"] if measure.format else []
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
    return re.sub(r"\s*\(metrics\.md[^)]*\)", "", first_line).rstrip(".") + "."


def _indented(text: str, indent: str) -> str:
    return "\n".join(f"{indent}{line}" if line else line for line in text.split("\n"))


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else f"'{name}'"


def _tag(name: str) -> str:
    return str(uuid.uuid5(TAGS, name))
