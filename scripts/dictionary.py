"""Write docs/dictionary.md and docs/lineage.md from the models: what is published, and where it comes from."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from sqlmesh.core.model import Model

from scripts.catalog import PROJECT, Catalog, Column, Table, parents, short

DICTIONARY = PROJECT / "docs" / "dictionary.md"
LINEAGE = PROJECT / "docs" / "lineage.md"

KINDS = {
    "fact_": "Facts",
    "bridge_": "Bridges",
    "agg_": "Aggregates",
    "mart_": "Marts",
    "dim_": "Dimensions",
    "v_": "Views",
}
"""The kinds of published tables by the start of their names, in the order of the dictionary."""

UNITS = (
    (
        r"\b[Ww]eight(ing)? (of|factor)\b|\bpoints\b|[Ii]ndex (of|with)\b.*\b(1987|2011)\b|[Mm]ean of our index",
        "points",
    ),
    (r"\bUSD\b|^Dollars\b|\bcharge\b.*\binterval\b", "USD"),
    (r"\b0 to 1\b|\b[Ss]hare\b|\bWilson\b|^Rate\b|\b1 less the\b|^n_\w+ / n_\w+", "share"),
    (r"\bin the unit of dim_metric\b|^Value (as published|that)|^What its own rule", "of the metric"),
    (r"^[Vv]alue as a number|reference range", "of the test"),
    (r"\bper cent\b", "per cent"),
    (r"\bin degrees\b", "degrees"),
    (r"\bkg per\b", "kg/m²"),
    (r"^Dose\b", "as delivered"),
    (r"^Minutes\b", "minutes"),
    (r"\bhours\b", "hours"),
    (r"\b[Dd]ays\b|\bmidnights\b|24-hour periods", "days"),
    (r"\byears\b", "years"),
    (r"\bdivided by\b|^Correlation\b| / constant\b", "ratio"),
)
"""What a description says of the unit of a number."""

INTERVAL_END = re.compile(r"^(Lower|Upper) end of (its|the same|the 95 % interval)\b")
"""An end of an interval is in the unit of the number before it."""

LAYERS = ("raw", "quarantine", "staging", "input", "reference", "core", "star", "reproduction", "measure", "mart")
"""The schemas of the models, from the files up."""

MANY = 30
"""Columns that a column is computed from, above which they are counted by layer."""

DICTIONARY_HEAD = """# Data dictionary

Written by `make generate` from the models; change their MODEL blocks, not this file. The same texts are comments of
the columns in MySQL and descriptions in Power BI.

Types are MySQL's; TEXT is stored as VARCHAR of the width that its values need. Flags are 1 or 0, keys are whole numbers
(-1 Unknown, -2 Not applicable, -3 Invalid), NULL means what the description says and never 0. `from` names the columns
that the last step reads; all steps before it are in [lineage](lineage.md).
"""

LINEAGE_HEAD = """# Lineage

Written by `make generate` from the models: what a query reads, not what its audits compare. Of every published table,
the models it is computed from and the delivered files at the far end. Which columns: [dictionary](dictionary.md).

    files > landing > raw > staging > input > core > star > mart > serving
"""


def files(catalog: Catalog) -> dict[Path, str]:
    """Return both documents."""
    return {DICTIONARY: dictionary(catalog), LINEAGE: lineage(catalog)}


def dictionary(catalog: Catalog) -> str:
    """Return the dictionary: of every published table its grain and source, of every column its type and unit."""
    parts = [DICTIONARY_HEAD, "| table | one row per |\n|---|---|"]
    in_order = [t for start in KINDS for t in catalog.tables.values() if t.name.startswith(start)]
    parts += [f"| [`{table.name}`](#{table.name}) | {_row(table).removeprefix('One row per ')} |" for table in in_order]
    parts.append("")
    for start, title in KINDS.items():
        tables = [table for name, table in catalog.tables.items() if name.startswith(start)]
        parts.append(f"## {title}\n")
        parts.append(" · ".join(f"[{table.name}](#{table.name})" for table in tables) + "\n")
        for table in tables:
            measured = units(table)
            sources = named(computed_from(table, catalog), catalog)
            parts.append(f"### {table.name}\n\n{_row(table)} {table.description}\n")
            parts.append(f"Grain: {', '.join(f'`{name}`' for name in table.grain)}. Source: {sources}.\n")
            parts.append("| column | type | unit | what | from |\n|---|---|---|---|---|")
            for column in table.columns:
                parts.append(
                    f"| `{column.name}` | {column.type} | {measured[column.name]} "
                    f"| {_linked(column.description, catalog)} | {_from(table, column, catalog)} |"
                )
            parts.append("")
    return "\n".join(parts)


def units(table: Table) -> dict[str, str]:
    """Return the unit of each column of a table; empty where it has none."""
    found: dict[str, str] = {}
    last = ""
    for column in table.columns:
        is_number = not column.type.startswith(("TEXT", "DATE"))
        is_name = column.name.endswith(("_key", "_id")) or column.name in {"year", "month", "year_month", "quarter"}
        if not is_number or is_name:
            found[column.name] = ""
            continue
        if column.name.startswith(("is_", "has_", "differs_")) or column.name.endswith(("_flag", "is_comparable")):
            found[column.name] = "flag"
            continue
        named = next((name for pattern, name in UNITS if re.search(pattern, column.description)), "")
        if not named and INTERVAL_END.search(column.description):
            named = last
        elif not named and (
            column.name.startswith("n_")
            or column.name in {"n", "numerator", "denominator", "corrected_n", "corrected_n_patients", "cells_tried"}
        ):
            named = "count"
        found[column.name] = named
        last = named if named not in {"", "count"} else last
    return found


def lineage(catalog: Catalog) -> str:
    """Return the lineage of every published table, and a picture of the star."""
    parts = [LINEAGE_HEAD, "## Published tables\n", "| table | computed from | files |\n|---|---|---|"]
    for table in catalog.tables.values():
        near = named(computed_from(table, catalog), catalog)
        far = ", ".join(_files(table, catalog)) or "none: code lists"
        parts.append(f"| [{table.name}](dictionary.md#{table.name}) | {near} | {far} |")
    parts.append("\n## Models\n")
    parts.append("Every model with what it reads, from the files up.\n")
    for schema in (
        "raw",
        "quarantine",
        "staging",
        "input",
        "reference",
        "core",
        "star",
        "reproduction",
        "measure",
        "mart",
    ):
        models = sorted((m for m in catalog.models.values() if m.schema_name == schema), key=lambda m: m.view_name)
        parts.append(f"### {schema}\n\n| model | reads |\n|---|---|")
        for model in models:
            # Which landed table a raw model reads changes with every delivery.
            read = () if schema == "raw" else parents(model)
            reads = named(read, catalog)
            parts.append(f"| `{model.view_name}` | {reads or _outside(model)} |")
        parts.append("")
    parts.append("## The star\n\nWhat joins what; a fact's dates and diagnoses in all their roles are one line.\n")
    parts.append("```mermaid\nflowchart LR")
    facts = ("fact_", "bridge_")
    lines = {(r.table, r.to_table) for r in catalog.references() if r.table.startswith(facts)}
    parts += [f"  {many} --> {one}" for many, one in sorted(lines)]
    parts.append("```\n")
    return "\n".join(parts)


def computed_from(table: Table, catalog: Catalog) -> tuple[str, ...]:
    """Return what a published table is computed from: what the model it copies reads, or the seed."""
    return parents(catalog.models[table.model]) or (table.model,)


def named(models: tuple[str, ...], catalog: Catalog) -> str:
    """Return models as they are written in SQL; all of a schema as one, where they are many."""
    schemas = Counter(model.schema_name for model in catalog.models.values())
    held = Counter(short(name).split(".")[0] for name in models)
    whole = {schema for schema, count in held.items() if count == schemas[schema] > 3}
    shown = dict.fromkeys(
        f"all {held[schema]} of {schema}" if (schema := short(name).split(".")[0]) in whole else f"`{short(name)}`"
        for name in models
    )
    return ", ".join(shown)


def _files(table: Table, catalog: Catalog) -> list[str]:
    """Return the delivered tables, as source.table, that end up in a published table."""
    waiting, seen = [table.model], {table.model}
    while waiting:
        for parent in parents(catalog.models[waiting.pop()]):
            if parent in catalog.models and parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    raw = {name for name in seen if catalog.models[name].schema_name == "raw"}
    delivered = {name for name, model in catalog.models.items() if model.schema_name == "raw"}
    shown = []
    for family in sorted({_family(name) for name in raw}):
        of_family = {name for name in delivered if _family(name) == family}
        if of_family <= raw:
            shown.append(f"all {len(of_family)} of {family}")
        else:
            shown += sorted(short(name).split(".")[1].replace("__", ".") for name in raw & of_family)
    return shown


def _family(name: str) -> str:
    return short(name).split(".")[1].split("__")[0]


def _linked(description: str, catalog: Catalog) -> str:
    """Return a description with its table names as links, fit for a cell."""
    text = description.replace("|", "\\|")
    return re.sub(
        r"\b\w+_\w+\b", lambda word: f"[{word[0]}](#{word[0]})" if word[0] in catalog.tables else word[0], text
    )


def _from(table: Table, column: Column, catalog: Catalog) -> str:
    sources = catalog.column_sources(table, column)
    if len(sources) > MANY:
        layers = Counter(source.split(".")[0] for source in sources)
        return "columns of " + ", ".join(f"{layer} ({count})" for layer, count in layers.items())
    return ", ".join(f"`{source}`" for source in sources) or "counted or written in the query"


def _outside(model: Model) -> str:
    if model.is_seed:
        return f"`{Path(model.kind.path).relative_to(PROJECT).as_posix()}`"
    return "the landed table that is delivered now" if model.schema_name == "raw" else ""


def _row(table: Table) -> str:
    return re.sub(r"\s*\(docs/[^)]*\)", "", table.first_line).rstrip(".") + "."
