"""Write docs/star.svg: the star in one picture, a row a fact or bridge, a column a dimension that it joins."""

from __future__ import annotations

from html import escape
from pathlib import Path

from scripts.catalog import PROJECT, Catalog

TARGET = PROJECT / "docs" / "star.svg"

ROWS = ("fact_", "bridge_", "agg_")
"""The starts of the names of tables that are rows of the picture; dimensions are its columns."""

LEFT, TOP, STEP, LINE, MARGIN = 285, 160, 30, 32, 20
"""Where the dots begin, how far apart columns and rows are, and the room around all, in pixels."""

STYLE = """
text { font: 13px ui-sans-serif, system-ui, sans-serif; fill: #1f2a30; }
.name { font-weight: 600; } .grain { fill: #5c6a72; font-size: 12px; }
line { stroke: #d5dcdf; } circle { fill: #0b7285; } .ground { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf0; } .grain { fill: #9fb0b8; } line { stroke: #38454c; } circle { fill: #4fc3d9; }
  .ground { fill: #172026; }
}
"""


def files(catalog: Catalog) -> dict[Path, str]:
    """Return the picture."""
    return {TARGET: picture(catalog)}


def picture(catalog: Catalog) -> str:
    """Return the picture as SVG: dimensions that most tables join come first."""
    joined = {
        (reference.table, reference.to_table)
        for reference in catalog.references()
        if reference.table.startswith(ROWS) and reference.to_table.startswith("dim_")
    }
    by_start = {start: number for number, start in enumerate(ROWS)}
    rows = sorted({table for table, _ in joined}, key=lambda name: (by_start[name[: name.index("_") + 1]], name))
    uses = {dim: sum(to == dim for _, to in joined) for _, dim in joined}
    columns = sorted(uses, key=lambda name: (-uses[name], name))
    width = LEFT + STEP * len(columns) + 90 + MARGIN
    height = TOP + LINE * len(rows) + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-label="Facts and bridges of the star, each with the dimensions that it joins">',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{width}" height="{height}" rx="8"/>',
    ]
    bottom = TOP + LINE * (len(rows) - 1)
    for number, dim in enumerate(columns):
        x = LEFT + STEP * number
        label = escape(dim.removeprefix("dim_").replace("_", " "))
        parts.append(f'<line x1="{x}" x2="{x}" y1="{TOP - 14}" y2="{bottom}"/>')
        parts.append(f'<text transform="translate({x},{TOP - 20}) rotate(-50)">{label}</text>')
    for number, table in enumerate(rows):
        y = TOP + LINE * number
        grain = ", ".join(catalog.tables[table].grain)
        parts.append(f'<line x1="{LEFT}" x2="{LEFT + STEP * (len(columns) - 1)}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="name" x="{MARGIN}" y="{y - 1}">{escape(table)}</text>')
        parts.append(f'<text class="grain" x="{MARGIN}" y="{y + 12}">{escape(grain)}</text>')
        parts += [
            f'<circle cx="{LEFT + STEP * place}" cy="{y}" r="5"><title>{escape(table)} joins {dim}</title></circle>'
            for place, dim in enumerate(columns)
            if (table, dim) in joined
        ]
    return "\n".join([*parts, "</svg>", ""])
