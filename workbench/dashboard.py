"""Write the dashboard: one HTML page that needs nothing but itself, from the published views."""

from __future__ import annotations

import json
import re
import textwrap
import tomllib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from rich.progress import Progress
from sqlmesh import Context
from sqlmesh.utils.errors import SQLMeshError

from loader import settings
from publisher.connection import NOT_THERE, ServingError
from workbench import planning

FOLDER = settings.PROJECT / "dashboard"
"""Page list, template, theme, and charts/: a query and a Vega-Lite specification of each chart."""

PICTURE_WIDTH = 720
"""Width of a chart in a picture, in pixels before it is doubled."""

SOURCE_SELECT = {"name": "source", "bind": {"input": "select", "name": "Source ", "options": []}}
"""The select of a chart that has rows of several sources and does not draw them apart."""

Row = dict[str, Any]


class DashboardError(ValueError):
    """The published views cannot be read."""


@dataclass(frozen=True)
class Chart:
    """One chart: its query, the rows it gave, and its specification without them.

    Attributes:
        title: `text` and `subtitle`, which the page sets as HTML and a picture has drawn.
        empty: what to say where there are no rows.
        table: columns and their headings, where the page shows the rows as a table too.
    """

    name: str
    sql: str
    rows: list[Row]
    spec: dict[str, Any]
    title: dict[str, str]
    empty: str
    table: dict[str, str] | None

    @property
    def sources(self) -> list[str]:
        """The sources of its rows, in their order."""
        return list(dict.fromkeys(row["source"] for row in self.rows))

    def filled(self) -> dict[str, Any]:
        """Return the specification with its rows, each select with the values that they hold."""
        spec = self._without_absent(self.spec)
        asked = spec.get("params", [])
        if len(self.sources) > 1 and not self.draws_sources_apart():
            asked = [SOURCE_SELECT, *asked]
            spec["transform"] = [{"filter": "datum.source === source"}, *spec.get("transform", [])]
        params, rows = [], self.rows
        for param in asked:
            offered = self._offered(param, rows)
            params.append(offered)
            if offered is not param:
                rows = [row for row in rows if row[offered["name"]] == offered["value"]]
        return {**spec, "data": {"values": self.rows}, **({"params": params} if params else {})}

    def draws_sources_apart(self) -> bool:
        """Say whether the specification gives each source a place or a colour of its own."""
        return '"field": "source"' in json.dumps([self.spec.get("encoding", {}).get(c) for c in ("yOffset", "color")])

    def _without_absent(self, node: Any) -> Any:
        """Take out of the scales that name a colour for each value those values that no row has."""
        if isinstance(node, list):
            return [self._without_absent(inner) for inner in node]
        if not isinstance(node, dict):
            return node
        node = {key: self._without_absent(inner) for key, inner in node.items()}
        scale = node.get("scale", {})
        if "domain" in scale and "range" in scale:
            held = {row[node["field"]] for row in self.rows}
            pairs = [pair for pair in zip(scale["domain"], scale["range"], strict=True) if pair[0] in held]
            node["scale"] = {"domain": [value for value, _ in pairs], "range": [colour for _, colour in pairs]}
        return node

    def _offered(self, param: dict[str, Any], left: list[Row]) -> dict[str, Any]:
        """Offer the values of the column that a select is named after; one value alone needs no select.

        The value that it begins with is one of the rows that the selects before it have left.
        """
        bind = param.get("bind")
        if not isinstance(bind, dict) or bind.get("options") != []:
            return param
        options = list(dict.fromkeys(row[param["name"]] for row in self.rows))
        values = [row[param["name"]] for row in left]
        value = param.get("value") if param.get("value") in values else values[0]
        if len(options) == 1:
            return {"name": param["name"], "value": value}
        return {**param, "value": value, "bind": {**bind, "options": options}}


@dataclass(frozen=True)
class Dashboard:
    """The pages with their rows, read at one time from one schema."""

    schema: str
    made_at: str
    sources: list[Row]
    pages: list[dict[str, Any]]

    @property
    def charts(self) -> list[Chart]:
        """All charts, in the order of the pages."""
        return [chart for page in self.pages for chart in page["charts"]]


def page_of(environment: str) -> Path:
    """Return where the page of an environment is written, unless told otherwise."""
    return settings.home() / "dashboard" / f"{environment}.html"


def read(context: Context, environment: str = "prod", progress: Progress | None = None) -> Dashboard:
    """Read what the pages show from the published views of `environment`; what it shares with prod, from prod's.

    Raises:
        DashboardError: no name of an environment, or nothing is published to it.
        ServingError: the server cannot be reached, or refuses something.
    """
    if not re.fullmatch(r"\w+", environment):
        raise DashboardError(f"{environment}: expected the name of an environment, as dev.")
    try:
        return _read(context, environment, progress)
    except (SQLMeshError, duckdb.Error) as error:
        if isinstance(error, ServingError) and error.code not in NOT_THERE:
            raise
        raise DashboardError(f"{error}\nIs it published? `make plan` does so.") from error


def _read(context: Context, environment: str, progress: Progress | None) -> Dashboard:
    schemas = planning.schemas_of(context, environment)
    if not schemas:
        plan = "make plan" if environment == "prod" else f"make plan ENV={environment}"
        raise DashboardError(f"Schema {planning.schema_of(environment)} shows nothing: `{plan}` publishes to it.")
    pages = _pages()
    names = [name for page in pages for name in page["charts"]]
    task = progress.add_task("dashboard", total=len(names) + 2) if progress else None
    labels: dict[str, str] = {}

    def rows(file: Path) -> list[Row]:
        found = planning.records(context, file.read_text(encoding="utf-8"), schemas)
        if progress and task is not None:
            progress.advance(task)
        plain = [{name: _plain(value) for name, value in row.items()} for row in found]
        return [row | {"source": labels.get(row["source_system"], row["source_system"])} for row in plain]

    sources = rows(FOLDER / "sources.sql")
    labels.update(_labels(sources))
    sources = [row | {"source": labels[row["source_system"]]} for row in sources]
    order = list(labels.values())
    tiles = _by_source(rows(FOLDER / "tiles.sql"), order)
    return Dashboard(
        schema=planning.schema_of(environment),
        made_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        sources=sources,
        pages=[
            {
                **page,
                "tiles": _tiles(_asked(page["id"], tiles), tiles),
                "unanswered": _unanswered(_asked(page["id"], tiles), tiles),
                "charts": [_chart(name, rows(FOLDER / "charts" / f"{name}.sql"), order) for name in page["charts"]],
            }
            for page in pages
        ],
    )


def _pages() -> list[dict[str, Any]]:
    """Return the pages of pages.toml, without what the reproduction shows where it is not there."""
    pages = tomllib.loads((FOLDER / "pages.toml").read_text(encoding="utf-8"))["page"]
    for page in pages:
        absent = [] if settings.REPRODUCTION.is_dir() else page.get("reproduction", [])
        for part in ("charts", "wide"):
            page[part] = [name for name in page[part] if name not in absent]
    return pages


def write(dashboard: Dashboard, page: Path) -> None:
    """Write the page."""
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(render(dashboard), encoding="utf-8")


def write_pictures(dashboard: Dashboard, folder: Path) -> list[Path]:
    """Write each chart that has rows as a PNG, in the light colours of the page; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    palette = dict(re.findall(r"(--[\w-]+): (#\w+)", _text("page.css").split("@media", 1)[0]))
    files = []
    for chart in dashboard.charts:
        if chart.rows:
            spec = chart.filled()
            filters = [p for p in spec.get("params", []) if "input" in p.get("bind", {})]
            chosen = ", ".join(f"{p['bind']['name'].strip()}: {p['value']}" for p in filters)
            subtitle = [*textwrap.wrap(chart.title["subtitle"], PICTURE_WIDTH // 6), chosen]
            spec |= {
                "width": PICTURE_WIDTH,
                "padding": 18,
                "background": "var(--panel)",
                "title": {"text": chart.title["text"], "subtitle": subtitle},
            }
            spec["config"] = json.loads(_text("theme.json")) | {"font": "sans-serif"}
            del spec["config"]["background"], spec["config"]["padding"]
            coloured = re.sub(r"var\((--[\w-]+)\)", lambda m: palette[m[1]], json.dumps(spec))
            file = folder / f"{chart.name}.png"
            file.write_bytes(vl_convert.vegalite_to_png(coloured, scale=2))
            files.append(file)
    return files


def render(dashboard: Dashboard) -> str:
    """Return the page, with Vega in it."""
    environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined)
    environment.globals.update(
        figure=figure, exact=_exact, told=_told, headings=_headings, cell=_cell, is_number=_is_number
    )
    data = {
        "theme": json.loads(_text("theme.json")),
        "charts": {c.name: {"title": c.title, "spec": c.filled()} for c in dashboard.charts if c.rows},
    }
    # Our own text and Vega's are not escaped. Rows are JSON in a script, where only "<" could end it.
    return environment.get_template("page.html.j2").render(
        d=dashboard,
        style=Markup(_text("page.css")),
        data=Markup(json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")),
        library=_library(),
        script=Markup(_text("page.js")),
    )


def figure(value: float | None, unit: str) -> str:
    """Return a value as a tile shows it, in its unit of dim_metric."""
    if value is None:
        return ""
    if unit == "share":
        return f"{value:.1%}" if abs(value) >= 0.0005 or value == 0 else f"{value:.2%}"
    if unit == "usd":
        return f"${value / 1e6:,.1f}M" if abs(value) >= 1e6 else f"${value:,.0f}"
    return f"{value:,.0f}" if unit == "count" else f"{value:,.2f}"


@cache
def _library() -> Markup:
    return Markup(vl_convert.javascript_bundle())


def _chart(name: str, rows: list[Row], order: list[str]) -> Chart:
    """Return a chart, its rows source by source; one with rows of a single source names it where there are several."""
    spec = json.loads((FOLDER / "charts" / f"{name}.vl.json").read_text(encoding="utf-8"))
    del spec["$schema"]
    meta = spec.pop("usermeta")
    chart = Chart(
        name=name,
        sql=(FOLDER / "charts" / f"{name}.sql").read_text(encoding="utf-8"),
        rows=rows,
        spec=spec,
        title=spec.pop("title"),
        empty=meta["empty"],
        table=meta.get("table"),
    )
    if len(order) > 1 and len(chart.sources) == 1:
        chart.title["subtitle"] += f" Source: {chart.sources[0]}."
    # What is drawn side by side keeps the order of the query, which is that of its axis.
    return chart if chart.draws_sources_apart() else replace(chart, rows=_by_source(rows, order))


def _by_source(rows: list[Row], order: list[str]) -> list[Row]:
    """Return the rows source by source, the order within a source as it was."""
    places = {source: place for place, source in enumerate(order)}
    return sorted(rows, key=lambda row: places.get(row["source"], len(places)))


def _asked(page: str, rows: list[Row]) -> list[str]:
    """Return the metrics that name the page as one that shows them (dim_metric.tile), in the order of their places."""
    places: dict[str, int] = {}
    for row in rows:
        for place in (row["tile"] or "").split():
            name, _, number = place.partition(":")
            if name == page:
                places[_metric(row)] = int(number)
    return sorted(places, key=lambda metric: places[metric])


def _tiles(asked: list[str], rows: list[Row]) -> list[Row]:
    """Return the rows of the metrics asked for that have a value, one a source that has it."""
    return [row for name in asked for row in rows if _metric(row) == name and row["value"] is not None]


def _unanswered(asked: list[str], rows: list[Row]) -> list[str]:
    """Return the labels of the metrics asked for to which no source has a value."""
    answered = {_metric(row) for row in rows if row["value"] is not None}
    labels = {_metric(row): row["metric_label"] for row in rows}
    return [labels[name] for name in asked if name in labels and name not in answered]


def _metric(row: Row) -> str:
    return f"{row['metric_code']}.{row['definition_version']}"


def _labels(sources: list[Row]) -> dict[str, str]:
    """Return the label of each source, with its name where another has the same label."""
    times = Counter(row["source_label"] for row in sources)
    return {
        row["source_system"]: row["source_label"]
        if times[row["source_label"]] == 1
        else f"{row['source_label']} ({row['source_system']})"
        for row in sources
    }


def _plain(value: Any) -> Any:
    """Return a value of a database as JSON has it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value


def _exact(tile: Row) -> str:
    """Return what a tile rounds away: value, interval, n."""
    unit = {"usd": " US dollars", "share": "", "ratio": ""}.get(tile["unit"], f" {tile['unit']}")
    shown = f"{tile['value']:,}{unit}"
    if tile["ci_low"] is not None:
        shown += f", 95 % interval {tile['ci_low']:,} to {tile['ci_high']:,}"
    return f"{shown}; n = {tile['n']:,} ({tile['subject']}), {tile['n_patients']:,} patients."


def _headings(chart: Chart) -> dict[str, str]:
    """Return the columns of a chart's table and their headings; of one source alone without its name."""
    return {c: h for c, h in (chart.table or {}).items() if c != "source" or len(chart.sources) > 1}


def _told(chart: Chart) -> list[Row]:
    """Return the rows of a chart's table: what differs in no column of it is one row."""
    kept = [*_headings(chart), "unit", "corrected_ci_low", "corrected_ci_high"]
    told = {tuple(row.get(c) for c in kept): row for row in chart.rows}
    return list(told.values())


def _cell(row: Row, column: str) -> str | Markup:
    value = row[column]
    if value is None:
        return "not computable"
    if not column.endswith("_value"):
        return f"{value:,}" if isinstance(value, int) else value
    shown = figure(value, row["unit"])
    low, high = row.get(column.replace("_value", "_ci_low")), row.get(column.replace("_value", "_ci_high"))
    if low is None:
        return shown
    return Markup("{}<small>{} to {}</small>").format(shown, figure(low, row["unit"]), figure(high, row["unit"]))


def _is_number(chart: Chart, column: str) -> bool:
    return any(isinstance(row[column], int | float) for row in chart.rows)


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
