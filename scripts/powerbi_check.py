"""Cross-check of the Power BI project: what no parser of Microsoft's notices before Desktop does.

`python -m scripts.powerbi_check [FOLDER]` says what is wrong and where, and needs neither a server nor the models.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "powerbi"

FUNCTIONS = set(
    """
    ABS AVERAGE AVERAGEX BLANK CALCULATE COALESCE COUNT COUNTROWS DISTINCT DISTINCTCOUNT DIVIDE EXP FALSE FILTER FORMAT
    HASONEVALUE IF ISBLANK ISFILTERED KEEPFILTERS LN LOOKUPVALUE MAX MAXX MEDIAN MEDIANX MIN MINX REMOVEFILTERS ROW
    SELECTEDVALUE SUM SUMMARIZE SUMX SWITCH TREATAS TRUE UNION USERELATIONSHIP VALUES
    """.split()  # noqa: SIM905
)
"""DAX functions in use. Another one is misspelt, or new here: add it."""

ONE_SOURCE = "COUNTROWS ( DISTINCT ( dim_source_system[source_system] ) ) == 1"
"""What a measure that reads rows asks first, so that figures of several sources are never added up.

DISTINCT leaves out the blank row that stands for what belongs to no source; VALUES and HASONEVALUE do not.
"""

AGGREGATE = re.compile(
    r"\b(?:AVERAGEX?|COUNT|COUNTROWS|DISTINCTCOUNT|MAXX?|MEDIANX?|MINX?|SUMX?)\s*\(\s*"
    r"(?:(?:dim|fact|agg|bridge|mart|v)_\w+\s*[\[,)]|FILTER\b|SUMMARIZE\b)"
)
"""An aggregate of a published table; one of measures alone needs no guard, because they have theirs."""

CHART_VALUES = {"Y", "Y2", "Size"}
"""Roles of charts that need a measure, because the model discourages implicit ones."""

KEYS = {
    "visual": {
        "visualType",
        "autoSelectVisualType",
        "query",
        "expansionStates",
        "objects",
        "visualContainerObjects",
        "syncGroup",
        "drillFilterOtherVisuals",
    },
    "query": {"queryState", "sortDefinition", "options", "isDrillDisabled"},
    "projection": {"field", "queryRef", "nativeQueryRef", "displayName", "format", "active", "hidden"},
    "filter": {
        "name",
        "displayName",
        "ordinal",
        "field",
        "type",
        "filter",
        "restatement",
        "howCreated",
        "isHiddenInViewMode",
        "isLockedInViewMode",
        "objects",
    },
}
"""What PBIR allows inside a visual; Desktop does not open a report that has more."""


@dataclass
class ModelTable:
    """A table as its TMDL file declares it."""

    name: str
    path: Path
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    measures: dict[str, str] = field(default_factory=dict)
    source: str = ""


@dataclass
class Relationship:
    """A relationship of relationships.tmdl: (table, column) on both sides."""

    name: str
    many: tuple[str, str]
    one: tuple[str, str]
    is_active: bool


class Project:
    """A PBIP folder, read as far as the checks need."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Read the project in `folder`, which must hold one .pbip."""
        self.folder = folder
        name = next(folder.glob("*.pbip")).stem
        self.model = folder / f"{name}.SemanticModel" / "definition"
        self.report = folder / f"{name}.Report" / "definition"

    @cached_property
    def tables(self) -> dict[str, ModelTable]:
        """Its tables by name."""
        read = [read_table(path) for path in sorted((self.model / "tables").glob("*.tmdl"))]
        return {table.name: table for table in read}

    @cached_property
    def relationships(self) -> list[Relationship]:
        """Its relationships."""
        text = (self.model / "relationships.tmdl").read_text(encoding="utf-8")
        blocks = re.split(r"^relationship ", text, flags=re.M)[1:]
        return [
            Relationship(
                name=block.split("\n", 1)[0].strip(),
                many=_ends(block, "fromColumn"),
                one=_ends(block, "toColumn"),
                is_active="isActive: false" not in block,
            )
            for block in blocks
        ]

    @cached_property
    def measures(self) -> dict[str, str]:
        """The DAX of all measures by name."""
        return {name: dax for table in self.tables.values() for name, dax in table.measures.items()}

    @cached_property
    def visuals(self) -> dict[Path, dict[str, Any]]:
        """The visuals of all pages by file."""
        return {path: _json(path) for path in sorted(self.report.glob("pages/*/visuals/*/visual.json"))}

    def short(self, path: Path) -> str:
        """Return a path as the messages show it."""
        return str(path.relative_to(self.folder))


def faults(project: Project) -> list[str]:
    """Return all that is wrong with a project, each with its file or name."""
    checks = (
        _table_files,
        _unique_names,
        _relationship_ends,
        _one_way_between_tables,
        _dax,
        _measure_cycles,
        _one_source,
        _m_sources,
        _pages,
        _visual_shape,
        _visual_fields,
        _visual_layout,
    )
    return [fault for check in checks for fault in check(project)]


# Reading


def read_table(path: Path) -> ModelTable:
    """Return the table of a TMDL file."""
    lines = path.read_text(encoding="utf-8").split("\n")
    table = ModelTable("", path)
    index = 0
    while index < len(lines):
        line = lines[index]
        if found := re.match(r"table (.+)", line):
            table.name = _unquoted(found[1])
        elif found := re.match(r"\tcolumn ('(?:[^']|'')+'|[^\s=]+)", line):
            index, properties = _properties(lines, index + 1)
            name = _unquoted(found[1])
            # A second column of the name is kept under another, to be found by the check of names.
            table.columns[name if name not in table.columns else f"{name} (again)"] = properties
            continue
        elif found := re.match(r"\tmeasure ('(?:[^']|'')+'|[^\s=]+) = ?(.*)", line):
            index, dax = _expression(lines, index, found[2])
            name = _unquoted(found[1])
            table.measures[name if name not in table.measures else f"{name} (again)"] = dax
        elif found := re.match(r"\t\tsource =(.*)", line):
            index, table.source = _expression(lines, index, found[1])
        index += 1
    return table


def _properties(lines: list[str], index: int) -> tuple[int, dict[str, str]]:
    properties: dict[str, str] = {}
    while index < len(lines) and (lines[index].startswith("\t\t") or not lines[index].strip()):
        key, _, value = lines[index].strip().partition(":")
        if key and not key.startswith("annotation"):
            properties[key] = value.strip()
        index += 1
    return index, properties


def _expression(lines: list[str], index: int, first: str) -> tuple[int, str]:
    """Return the last line of an expression, and its text: fenced, on one line, or indented below."""
    if first.strip() == "```":
        end = next(i for i in range(index + 1, len(lines)) if lines[i].strip() == "```")
        return end, "\n".join(lines[index + 1 : end])
    if first.strip():
        return index, first.strip()
    end = index + 1
    while end < len(lines) and lines[end].startswith("\t\t\t"):
        end += 1
    return end - 1, "\n".join(lines[index + 1 : end])


def _ends(block: str, side: str) -> tuple[str, str]:
    found = re.search(rf"\t{side}: ('(?:[^']|'')+'|[^.\s]+)\.('(?:[^']|'')+'|\S+)", block)
    if found is None:
        raise ValueError(f"relationships.tmdl: no {side} in: {block.split(chr(10), 1)[0]}")
    return _unquoted(found[1]), _unquoted(found[2])


def _unquoted(name: str) -> str:
    name = name.strip()
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


# The semantic model


def _table_files(project: Project) -> Iterator[str]:
    text = (project.model / "model.tmdl").read_text(encoding="utf-8")
    named = {_unquoted(name) for name in re.findall(r"^ref table (.+)$", text, re.M)}
    for name in sorted(named - set(project.tables)):
        yield f"model.tmdl: ref table {name} has no file in tables/"
    for name in sorted(set(project.tables) - named):
        yield f"{project.short(project.tables[name].path)}: model.tmdl has no ref table {name}"


def _unique_names(project: Project) -> Iterator[str]:
    tags: dict[str, list[str]] = defaultdict(list)
    for path in sorted(project.model.rglob("*.tmdl")):
        for tag in re.findall(r"lineageTag: (\S+)", path.read_text(encoding="utf-8")):
            tags[tag].append(project.short(path))
    for tag, paths in tags.items():
        if len(paths) > 1:
            yield f"lineage tag {tag} stands {len(paths)} times: {', '.join(paths)}"
    measures = Counter(name.lower() for table in project.tables.values() for name in table.measures)
    for name, times in measures.items():
        if times > 1:
            yield f"measure [{name}] stands {times} times"
    for table in project.tables.values():
        seen = Counter(name.removesuffix(" (again)").lower() for name in [*table.columns, *table.measures])
        for name, times in seen.items():
            if times > 1:
                yield f"{table.name}: the name {name} stands {times} times"
        for name in [*table.columns, *table.measures]:
            if name.lower() in {other.lower() for other in project.tables}:
                yield f"{table.name}[{name}] has the name of a table"


def _relationship_ends(project: Project) -> Iterator[str]:
    for relationship in project.relationships:
        types = []
        for table, column in (relationship.many, relationship.one):
            if column not in getattr(project.tables.get(table), "columns", {}):
                yield f"relationship {relationship.name}: there is no {table}[{column}]"
            else:
                types.append(project.tables[table].columns[column]["dataType"])
        if len(set(types)) > 1:
            yield f"relationship {relationship.name}: joins {' to '.join(types)}"


def _one_way_between_tables(project: Project) -> Iterator[str]:
    """Filters flow from the one side to the many side; two ways from one table to another are ambiguous."""
    below: dict[str, list[str]] = defaultdict(list)
    for relationship in project.relationships:
        if relationship.is_active:
            below[relationship.one[0]].append(relationship.many[0])

    def ways(table: str, trail: tuple[str, ...]) -> Iterator[str]:
        for child in below[table]:
            if child in trail:
                raise ValueError(f"relationships go round in a circle: {' > '.join((*trail, child))}")
            yield child
            yield from ways(child, (*trail, child))

    for table in sorted(below):
        for target, times in Counter(ways(table, (table,))).items():
            if times > 1:
                yield f"{table} filters {target} in {times} ways: make all but one inactive"


def _dax(project: Project) -> Iterator[str]:
    for name, dax in project.measures.items():
        for fault in dax_faults(dax, project):
            yield f"[{name}]: {fault}"


def dax_faults(dax: str, project: Project) -> Iterator[str]:
    """Yield what is wrong with an expression: brackets, unknown names, a comparison that takes BLANK for 0."""
    text = re.sub(r'"(?:[^"]|"")*"', lambda found: '"' + "." * (len(found[0]) - 2) + '"', dax)
    for opening, closing in ("()", "[]", "{}"):
        if text.count(opening) != text.count(closing):
            yield f"{text.count(opening)} {opening} and {text.count(closing)} {closing}"
    if re.search(r"(?<![<>=])=(?!=)\s*(?:0|\"\")(?![.\d])", re.sub(r"VAR\s+\w+\s*=(?!=)", "VAR", text)):
        yield "compares with = 0 or an empty text, which is true for BLANK: use =="
    named = re.compile(r"(?:'([^']+)'|\b([A-Za-z_]\w*))\[([^\]]+)\]")
    for quoted, plain, column in named.findall(text):
        table = quoted or plain
        if table not in project.tables:
            yield f"there is no table {table}"
        elif column not in project.tables[table].columns:
            yield f"there is no column {table}[{column}]"
    for measure in re.findall(r"(?<![\w'])\[([^\]@]+)\]", text):
        if measure not in project.measures:
            yield f"there is no measure [{measure}]"
    rest = re.sub(r"\[[^\]]*\]", "#", text)
    for function in re.findall(r"\b([A-Za-z][A-Za-z0-9.]*)\s*\(", rest):
        if function.upper() not in FUNCTIONS | {"IN", "NOT", "AND", "OR", "RETURN"}:
            yield f"{function} is not a DAX function in use here"
    if re.search(r"\(\s*,|,\s*[,)]", rest):
        yield "an argument is missing"
    variables = set(re.findall(r"\bVAR\s+(\w+)", rest))
    words = set(re.findall(r"(?<![.\w'])([A-Za-z_]\w*)\b(?!\s*[('.])", re.sub(r'"[^"]*"|\'[^\']*\'', "", rest)))
    for word in sorted(words - variables - set(project.tables) - {"VAR", "RETURN", "NOT", "IN", "TRUE", "FALSE"}):
        yield f"{word} is neither a variable nor a table"
    if rest.count("VAR ") and "RETURN" not in rest:
        yield "VAR without RETURN"


def _measure_cycles(project: Project) -> Iterator[str]:
    uses = {name: set(re.findall(r"(?<![\w'])\[([^\]@]+)\]", dax)) for name, dax in project.measures.items()}

    for name in uses:
        reached: set[str] = set()
        waiting = [name]
        while waiting:
            new = uses.get(waiting.pop(), set()) - reached
            reached |= new
            waiting.extend(new)
        if name in reached:
            yield f"[{name}] refers to itself"


def _one_source(project: Project) -> Iterator[str]:
    asking = {name for name, dax in project.measures.items() if ONE_SOURCE in " ".join(dax.split())}
    for name, dax in project.measures.items():
        first = re.match(r"\s*IF \(\s*\[([^\]]+)\]", dax)
        if AGGREGATE.search(dax) and name not in asking and (first is None or first[1] not in asking):
            yield f"measure [{name}]: adds up whatever sources there are; ask first: {ONE_SOURCE}"


def _m_sources(project: Project) -> Iterator[str]:
    text = (project.model / "expressions.tmdl").read_text(encoding="utf-8")
    parameters = {_unquoted(name) for name in re.findall(r"^expression ('[^']+'|\S+) =", text, re.M)}
    for table in project.tables.values():
        where = project.short(table.path)
        if not table.source:
            yield f"{where}: no source"
        for parameter in set(re.findall(r'#"([^"]+)"', table.source)) - parameters:
            yield f"{where}: there is no parameter {parameter}"
        for item in re.findall(r'Item = "([^"]+)"', table.source):
            if item != table.name:
                yield f"{where}: table {table.name} reads {item}"
        for column, properties in table.columns.items():
            if "dataType" not in properties or "sourceColumn" not in properties:
                yield f"{where}: column {column} lacks its type or its source"
            if (by := properties.get("sortByColumn")) and by not in table.columns:
                yield f"{where}: {column} is sorted by {by}, which is not there"


# The report


def _pages(project: Project) -> Iterator[str]:
    metadata = _json(project.report / "pages" / "pages.json")
    there = {path.parent.name for path in project.report.glob("pages/*/page.json")}
    for name in metadata["pageOrder"]:
        if name not in there:
            yield f"pages.json: pageOrder names {name}, which has no page.json"
    for name in sorted(there - set(metadata["pageOrder"])):
        yield f"pages/{name}: not in pageOrder"
    if metadata["activePageName"] not in there:
        yield f"pages.json: activePageName {metadata['activePageName']} has no page.json"
    for name in sorted(there):
        page = _json(project.report / "pages" / name / "page.json")
        if page["name"] != name:
            yield f"pages/{name}/page.json: its name is {page['name']}"
    dataset = _json(project.report.parent / "definition.pbir")["datasetReference"]["byPath"]["path"]
    if not (project.report.parent / dataset / "definition" / "model.tmdl").exists():
        yield f"definition.pbir: no semantic model in {dataset}"


def _visual_shape(project: Project) -> Iterator[str]:
    filters: Counter[str] = Counter()
    for path, content in project.visuals.items():
        where = project.short(path)
        if content["name"] != path.parent.name or not re.fullmatch(r"[\w-]+", content["name"]):
            yield f"{where}: its name is {content['name']}, its folder {path.parent.name}"
        visual = content["visual"]
        query = visual.get("query", {})
        parts = [("visual", visual), ("query", query)]
        parts += [("projection", projection) for _, projection in _projections(visual)]
        for item in content.get("filterConfig", {}).get("filters", []):
            filters[item["name"]] += 1
            parts.append(("filter", item))
        for kind, part in parts:
            for key in sorted(set(part) - KEYS[kind]):
                yield f"{where}: a {kind} has no property {key}"
        for key in ("queryRef", "nativeQueryRef"):
            used = Counter(projection.get(key) for _, projection in _projections(visual))
            for name, times in used.items():
                if times > 1:
                    yield f"{where}: {key} {name} stands {times} times"
        if query and "altText" not in json.dumps(visual.get("visualContainerObjects", {})):
            yield f"{where}: no alternative text"
    for name, times in filters.items():
        if times > 1:
            yield f"filter {name} stands {times} times in the report"


def _visual_fields(project: Project) -> Iterator[str]:
    for path, content in project.visuals.items():
        where = project.short(path)
        for kind, table, name in _fields(content, {}):
            held = project.tables.get(table)
            if held is None:
                yield f"{where}: there is no table {table}"
            elif name not in (held.measures if kind == "Measure" else held.columns):
                yield f"{where}: there is no {kind.lower()} {table}[{name}]"
        for role, projection in _projections(content["visual"]):
            kind = next(iter(projection["field"]))
            expression = projection["field"][kind]
            named = f"{expression['Expression']['SourceRef']['Entity']}.{expression['Property']}"
            if projection["queryRef"] != named:
                yield f"{where}: queryRef {projection['queryRef']} stands for {named}"
            if role in CHART_VALUES and kind != "Measure":
                yield f"{where}: role {role} holds {named}, which is not a measure"


def _visual_layout(project: Project) -> Iterator[str]:
    boxes: dict[str, list[tuple[str, tuple[float, ...]]]] = defaultdict(list)
    for path, content in project.visuals.items():
        page = path.parent.parent.parent
        size = _json(page / "page.json")
        at = content["position"]
        box = (at["x"], at["y"], at["x"] + at["width"], at["y"] + at["height"])
        if box[0] < 0 or box[1] < 0 or box[2] > size["width"] or box[3] > size["height"]:
            yield f"{project.short(path)}: stands over the edge of its page"
        for name, other in boxes[page.name]:
            if box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]:
                yield f"{project.short(path)}: covers {name}"
        boxes[page.name].append((content["name"], box))


def _projections(visual: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    state = visual.get("query", {}).get("queryState", {})
    return [(role, projection) for role, held in state.items() for projection in held["projections"]]


def _fields(node: Any, aliases: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield (Column or Measure, table, name) of everything below `node`; a filter's From names its tables."""
    if isinstance(node, list):
        for item in node:
            yield from _fields(item, aliases)
    elif isinstance(node, dict):
        if isinstance(node.get("From"), list):
            aliases = aliases | {item["Name"]: item["Entity"] for item in node["From"] if "Entity" in item}
        for key, value in node.items():
            if key in {"Column", "Measure"} and "Property" in value:
                source = value["Expression"]["SourceRef"]
                yield key, source.get("Entity") or aliases.get(source["Source"], source["Source"]), value["Property"]
            else:
                yield from _fields(value, aliases)


def main() -> int:
    """Print the faults of the project; 1 where there are any."""
    project = Project(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
    found = faults(project)
    for fault in found:
        print(fault, file=sys.stderr)
    print(
        f"powerbi    {len(project.tables)} tables, {len(project.measures)} measures, {len(project.visuals)} visuals, "
        f"{len(found)} faults"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
