"""Render a profile as one HTML page that needs nothing but itself."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from loader.profile.compute import MOMENTS, Profile


def render(profile: Profile) -> str:
    """Return the page: alerts first, then the difference from the previous delivery, then table by table."""
    folder = Path(__file__).parent
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    environment.globals.update(
        number=_number,
        percent=_percent,
        size=_size,
        anchor=_anchor,
        keys=_keys,
        missing=_missing,
        nothing=_nothing,
        point=_point,
        span=_span,
        middle=_middle,
        shown=lambda column, value: _shown(column, value, profile.content["masked"]),
        loop_x=lambda place: place * 6,
    )
    # The style sheet is our own text, nothing of a delivery is in it: it alone is not escaped.
    style = Markup((folder / "profile_page.css").read_text(encoding="utf-8"))
    return environment.get_template("profile_page.html.j2").render(p=profile.content, style=style)


def write(profile: Profile, page: Path) -> None:
    """Write the page, and its JSON twin beside it, for their owner alone: they hold values out of the files."""
    page.parent.mkdir(parents=True, exist_ok=True)
    for file in (page, page.with_suffix(".json")):
        file.touch(mode=0o600)
        file.chmod(0o600)
    page.write_text(render(profile), encoding="utf-8")
    profile.write_json(page.with_suffix(".json"))


def earlier(page: Path) -> dict[str, Any] | None:
    """Return the profile that was written to this place before, None where there is none."""
    file = page.with_suffix(".json")
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _percent(part: float, whole: float) -> str:
    """Return a share that is never rounded to nothing, nor to all."""
    if not whole:
        return ""
    share = 100 * part / whole
    if 0 < share < 0.1:
        return "< 0.1 %"
    if 99.9 < share < 100:
        return "> 99.9 %"
    return f"{share:.1f} %".replace(".0 %", " %")


def _size(n: float) -> str:
    for unit in ("B", "kB", "MB"):
        if n < 1000:
            return f"{n:.0f} {unit}" if n >= 10 or unit == "B" else f"{n:.1f} {unit}"
        n /= 1000
    return f"{n:.1f} GB"


def _anchor(table: str) -> str:
    return "table-" + re.sub(r"[^\w-]", "-", table)


def _keys(table: dict[str, Any]) -> list[str]:
    """Return what is unique in a table: the contract's key where it holds, and those that were found."""
    return list(dict.fromkeys(" + ".join(key["columns"]) for key in table["keys"] if key["duplicates"] == 0))


def _missing(column: dict[str, Any]) -> str:
    missing = column["row_count"] - column["filled"]
    return f"{_percent(missing, column['row_count'])} missing" if missing else "complete"


def _nothing(column: dict[str, Any]) -> str:
    """Return in how many ways a value is missing, and how often in each."""
    ways = {"null": "nulls", "empty": "empty_strings", "blank": "blank_strings", "marked": "null_marks"}
    return ", ".join(f"{_number(column[n])} {way}" for way, n in ways.items() if column[n]) or "none"


def _point(column: dict[str, Any], x: float | None) -> str:
    """Return a place on a column's line as people write it: a number, a date, a time."""
    if x is None:
        return ""
    if column["inferred_type"] in MOMENTS:
        moment = datetime.fromtimestamp(x, UTC)
        return f"{moment:%Y-%m-%d}" if column["inferred_type"] == "date" else f"{moment:%Y-%m-%d %H:%M}"
    if x == int(x) and abs(x) < 1e15:
        return f"{x:,.0f}"
    digits = min(max(0, 4 - math.ceil(math.log10(abs(x)))), 6)
    text = f"{x:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _span(column: dict[str, Any], bin_: dict[str, Any]) -> str:
    low, high = _point(column, bin_["low"]), _point(column, bin_["high"])
    return low if low == high else f"{low} to {high}"


def _middle(column: dict[str, Any]) -> str:
    """Return what stands for the column in one line: the range and the median, or the most frequent value."""
    quantiles = column["quantiles"]
    if quantiles:
        if column["inferred_type"] in MOMENTS:
            return f"{_point(column, quantiles['0'])[:10]} to {_point(column, quantiles['1'])[:10]}"
        low, median, high = (_point(column, quantiles[p]) for p in ("0", "0.5", "1"))
        return f"{low} to {high}, median {median}"
    top = column["values"].get("top")
    if top and column["distinct_values"] < column["filled"] and top[0]["value"] is not None:
        return top[0]["value"][:60]
    return ""


def _shown(column: dict[str, Any], value: dict[str, Any], masked: bool) -> str:
    """Return a value, or its pattern where it names or finds a person."""
    text = value["mask"] if masked and column["phi"] else value["value"]
    return "" if text is None else text
