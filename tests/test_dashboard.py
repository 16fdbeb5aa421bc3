"""The dashboard: every chart's query gives what its specification uses, and a real browser draws all of it alone."""

from __future__ import annotations

import dataclasses
import json
import re
import struct
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import browser
from warehouse_fixtures import Warehouse, built  # noqa: F401
from workbench import dashboard, demo, planning
from workbench.dashboard import FOLDER, Chart, Dashboard

GENERATED = ("synthea", "ehr")
CHARTS = sorted(file.stem for file in (FOLDER / "charts").glob("*.sql"))


EXPECTED = [
    {
        "source_system": "synthea", "slice": slice_, "name": name, "value": value, "ci_low": value - 0.3,
        "ci_high": value + 0.4, "numerator": 30, "expected": 30 / value, "n": 300, "n_patients": 200,
        "small_cell_flag": 0, "definition": "Readmissions over those expected.", "source": "Synthea export",
    }
    for slice_, name, value in (("payer", "Medicare", 1.1), ("payer", "Private", 0.9), ("year", "2018", 1.2))
]  # fmt: skip


@pytest.fixture(scope="module")
def read(built: Warehouse) -> Dashboard:  # noqa: F811
    """The dashboard of the feeds whose files are generated, published to the embedded DuckDB file.

    Their few admissions have no ten others each to be compared with, so that no rate can be expected; the rows of that
    chart, which its query gives of a larger hospital, stand in for it. A feed of a few rows written by hand has no
    interval at all, of which Vega warns.
    """
    all_feeds = planning.records
    with pytest.MonkeyPatch.context() as only:
        only.setattr(
            planning,
            "records",
            lambda *asked: [row for row in all_feeds(*asked) if row["source_system"] in GENERATED],
        )
        found = dashboard.read(built.context)
    for page in found.pages:
        page["charts"] = [
            dashboard._chart(c.name, EXPECTED, [s["source"] for s in found.sources])
            if c.name == "readmission_expected"
            else c
            for c in page["charts"]
        ]
    return found


@pytest.fixture(scope="module")
def html(read: Dashboard) -> str:
    return dashboard.render(read)


def chart(read: Dashboard, name: str) -> Chart:
    return next(chart for chart in read.charts if chart.name == name)


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a specification."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def test_every_query_has_its_specification_and_a_place_on_one_page(read: Dashboard) -> None:
    assert [c.name for c in read.charts] == list(dict.fromkeys(c.name for c in read.charts))
    assert sorted(c.name for c in read.charts) == CHARTS
    assert sorted(file.name.removesuffix(".vl.json") for file in (FOLDER / "charts").glob("*.json")) == CHARTS
    assert all(set(page["wide"]) <= {c.name for c in page["charts"]} for page in read.pages)


@pytest.mark.parametrize("name", CHARTS)
def test_a_query_gives_rows_with_the_columns_that_its_specification_uses(read: Dashboard, name: str) -> None:
    drawn = chart(read, name)
    assert drawn.rows
    columns = set(drawn.rows[0])
    assert {"source", "source_system"} <= columns
    made = {node["as"] for node in nodes(drawn.spec) if "as" in node}
    text = json.dumps(drawn.spec)
    used = {node["field"] for node in nodes(drawn.spec) if "field" in node}
    used |= {field for node in nodes(drawn.spec) for field in node.get("fields", [])}
    used |= set(re.findall(r"\bdatum\.(\w+)", text)) - {"value"}
    used |= {node["name"] for node in nodes(drawn.spec) if node.get("bind") and node["bind"] != "legend"}
    used |= set(drawn.table or {})
    assert used - made <= columns, used - made - columns


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_a_title_an_alternative_text_n_in_its_tooltip_and_words_for_no_rows(
    read: Dashboard, name: str
) -> None:
    drawn = chart(read, name)
    assert drawn.title["text"] and drawn.title["subtitle"] and len(drawn.spec["description"]) > 40 and drawn.empty
    told = [entry["title"] for node in nodes(drawn.spec) for entry in node.get("tooltip") or []]
    assert any(re.match(r"n\b|Denominator", title) for title in told), told
    drawn_from_to = {node["field"] for node in nodes(drawn.spec) if "field" in node}
    has_interval = any("ci_low" in column for column in drawn.rows[0])
    assert not has_interval or {c for c in drawn_from_to if "ci_low" in c}


def test_a_tile_has_value_n_interval_and_definition(read: Dashboard) -> None:
    tiles = {
        (f"{t['metric_code']}.{t['definition_version']}", t["source_system"]): t for p in read.pages for t in p["tiles"]
    }
    tile = tiles["readmission.R6", "synthea"]
    rung = next(row for row in chart(read, "readmission_ladder").rows if row["definition_code"] == "R6")
    assert (tile["value"], tile["n"]) == (rung["value"], rung["denominator"])
    assert tile["ci_low"] < tile["value"] < tile["ci_high"]
    assert "index is not for cancer treatment" in tile["definition"]


def test_a_metric_without_a_value_is_named_and_has_no_tile() -> None:
    row = {"metric_code": "tcoc", "definition_version": "pmpm", "metric_label": "Cost", "value": None}
    other = row | {"definition_version": "total", "value": 1}
    assert dashboard._tiles(["tcoc.pmpm", "tcoc.total"], [row, other]) == [other]
    assert dashboard._unanswered(["tcoc.pmpm", "tcoc.total"], [row, other]) == ["Cost"]


def test_a_select_offers_the_values_of_its_column_and_is_left_out_for_one(read: Dashboard) -> None:
    source, rate = (p for p in chart(read, "readmission_by_year").filled()["params"] if "bind" in p)
    assert source["bind"]["options"] == [s["source"] for s in read.sources]
    assert rate["value"] == rate["bind"]["options"][0] == "30-day readmission, HWR-style"
    (slice_,) = chart(read, "length_of_stay").filled()["params"]
    assert slice_["value"] == "kind of stay" and len(slice_["bind"]["options"]) == 4
    one = dataclasses.replace(chart(read, "length_of_stay"), rows=[{"slice": "year", "source": "A"}])
    assert one.filled()["params"] == [{"name": "slice", "value": "year"}]


@pytest.mark.parametrize("name", ["length_of_stay", "mortality", "readmission_expected"])
def test_a_slice_of_a_chart_has_a_row_a_value_and_a_year_is_one_of_all(read: Dashboard, name: str) -> None:
    rows = [(row["source_system"], row["slice"], row["name"]) for row in chart(read, name).rows]
    assert len(set(rows)) == len(rows)
    assert {slice_ for _, slice_, _ in rows} >= {"payer", "year"}
    assert all(re.fullmatch(r"\d{4}", value) for _, slice_, value in rows if slice_ == "year")


def test_without_the_reproduction_its_tiles_and_charts_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = dashboard._pages()
    monkeypatch.setattr(dashboard.settings, "REPRODUCTION", FOLDER / "not there")
    left = dashboard._pages()
    for part, gone in (
        ("charts", {"stated_figures"}),
        ("wide", {"stated_figures"}),
    ):
        assert {n for p in whole for n in p[part]} - {n for p in left for n in p[part]} == gone


def test_no_chart_shows_several_sources_as_one(read: Dashboard) -> None:
    labels = {s["source"] for s in read.sources}
    assert len(labels) == len(read.sources) > 1
    for drawn in read.charts:
        filled, named = drawn.filled(), " ".join(drawn.title.values())
        if len(drawn.sources) == 1:
            assert f"Source: {drawn.sources[0]}." in named
        elif drawn.draws_sources_apart():
            assert filled.get("transform") == drawn.spec.get("transform")
        else:
            assert filled["params"][0]["bind"]["options"] == drawn.sources
            assert filled["transform"][0] == {"filter": "datum.source === source"}


def test_a_select_begins_with_what_the_one_before_it_leaves(read: Dashboard) -> None:
    drawn = chart(read, "readmission_by_year")
    turned = dataclasses.replace(drawn, rows=sorted(drawn.rows, key=lambda row: row["definition_code"] != "R8"))
    source, rate = (p for p in turned.filled()["params"] if "bind" in p)
    assert (source["value"], rate["value"]) == (turned.rows[0]["source"], turned.rows[0]["rate"])


def test_sources_of_one_label_are_told_apart_by_their_names() -> None:
    rows = [{"source_system": name, "source_label": label} for name, label in (("a", "H"), ("b", "H"), ("c", "I"))]
    assert dashboard._labels(rows) == {"a": "H (a)", "b": "H (b)", "c": "I"}


def test_the_screen_of_the_demo_shows_of_each_feed_what_it_can_tell(built: Warehouse, read: Dashboard) -> None:  # noqa: F811
    feeds = [feed for feed in planning.read(built.context, demo.FEEDS) if feed[0] in GENERATED]
    assert feeds == [(s["source_system"], s["source_label"]) for s in read.sources]
    rates = chart(read, "readmission_ladder").rows
    for feed, _ in feeds:
        shown = dict(demo.headlines(built.context, feed))
        told = {row["definition_code"] for row in rates if row["source_system"] == feed}
        assert ("readmissions, HWR-style" in shown) is ("R6" in told)
        assert ("readmissions, by flag" in shown) is ("R8" in told)
        assert not any("not computable" in figure for figure in shown.values())


def test_the_screen_says_why_a_figure_is_missing_that_the_feed_could_tell(
    built: Warehouse,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ((feed, _), *_) = planning.read(built.context, demo.FEEDS)
    reasons = planning.read(
        built.context,
        "SELECT CONCAT(metric_code, '/', definition_version), not_computable_reason FROM serving.mart_kpi "
        f"WHERE source_system = '{feed}' AND NOT not_computable_reason IS NULL",
    )
    monkeypatch.setattr(demo, "HEADLINES", [(metric, "SELECT NULL", "", (metric,)) for metric, _ in reasons])
    shown = dict(demo.headlines(built.context, feed))
    told = {metric: f"not computable: {reason}" for metric, reason in reasons}
    lacking = {metric for metric, reason in reasons if reason.startswith("The feed does not deliver")}
    assert shown.items() <= told.items()
    assert "readmission_err/cms" in shown
    assert lacking and not lacking & set(shown)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.131474, "share", "13.1%"),
        (0.0, "share", "0.0%"),
        (0.00012, "share", "0.01%"),
        (86_849_527.22, "usd", "$86.8M"),
        (12_335.7, "usd", "$12,336"),
        (2.966, "days", "2.97"),
        (27797, "count", "27,797"),
    ],
)
def test_a_value_reads_by_its_unit(value: float, unit: str, shown: str) -> None:
    assert dashboard.figure(value, unit) == shown


def test_a_text_of_a_row_cannot_end_the_script_of_the_page(read: Dashboard) -> None:
    drawn = chart(read, "readmission_reasons")
    evil = dataclasses.replace(drawn, rows=[drawn.rows[0] | {"reason": "</script><script>alert(1)</script>"}])
    page = read.pages[0] | {"charts": [evil]}
    text = dashboard.render(dataclasses.replace(read, pages=[page]))
    assert "alert(1)" in text
    assert "</script><script>alert" not in text


def test_a_picture_of_each_chart(read: Dashboard, tmp_path: Path) -> None:
    page = next(page for page in read.pages if page["id"] == "trust")
    files = dashboard.write_pictures(dataclasses.replace(read, pages=[page]), tmp_path)
    assert [file.stem for file in files] == [c.name for c in page["charts"]]
    for file in files:
        head = file.read_bytes()[:24]
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">I", head[16:20])[0] == 2 * dashboard.PICTURE_WIDTH


class Loads(HTMLParser):
    """What a page would load: every address of an element, and of a style sheet."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.policy = ""
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        given = dict(attrs)
        self.addresses += [v or "" for k, v in attrs if k in {"src", "srcset", "href", "data", "action", "poster"}]
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""

    def handle_data(self, data: str) -> None:
        if self.inside == "style":
            self.addresses += re.findall(r"url\(|@import", data)


def test_the_page_is_self_contained(html: str) -> None:
    found = Loads()
    found.feed(html)
    assert found.addresses
    assert all(address.startswith("#") for address in found.addresses), found.addresses
    assert "default-src 'none'" in found.policy and "http" not in found.policy
    without_library = re.sub(r"<script>.*?</script>", "", html, flags=re.S)
    assert "://" not in without_library


MARKS = ".mark-rect path, .mark-symbol path, .mark-rule line, .mark-line path"


@pytest.fixture(scope="module")
def page(html: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Page]:
    if browser.PROGRAM is None:
        pytest.skip("no chromium here: scripts/browser.sh install brings it, as root on Debian")
    file = tmp_path_factory.mktemp("dashboard") / "page.html"
    file.write_text(html, encoding="utf-8")
    with browser.browser() as tab:
        tab.file = file
        yield tab


def has_legend(node: dict[str, Any]) -> bool:
    """Whether an encoding tells series apart by colour."""
    return "field" in node.get("color", {}) and node["color"].get("legend", {}) is not None


def drawn(page: browser.Page) -> dict[str, int]:
    """How many marks each chart has, of those that a reader can see."""
    return page.run(
        f"""(() => {{
        const seen = (mark) => {{ const box = mark.getBoundingClientRect(); return box.width + box.height > 0; }};
        const marks = (figure) => [...(figure.querySelector("svg")?.querySelectorAll("{MARKS}") ?? [])].filter(seen);
        return Object.fromEntries([...document.querySelectorAll("figure")].map((f) => [f.id, marks(f).length]));
        }})()"""
    )


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_a_browser_draws_every_chart_and_asks_for_nothing(
    page: browser.Page, read: Dashboard, width: int, dark: bool
) -> None:
    page.show(width, dark=dark)
    page.open(page.file)
    marks = drawn(page)
    assert sorted(marks) == CHARTS
    assert min(marks.values()) > 0, marks
    assert page.messages == []
    assert [address for address in page.requests if not address.startswith(("file:", "data:", "about:"))] == []
    assert page.run("document.documentElement.scrollWidth") <= width
    not_fitting = page.run(
        "[...document.querySelectorAll('.chart')].filter((chart) => "
        "Math.abs(chart.querySelector('svg').getAttribute('width') - chart.clientWidth) > 2)"
        ".map((chart) => chart.parentElement.id)"
    )
    assert not_fitting == []
    named = [c.name for c in read.charts if any(has_legend(node) for node in nodes(c.spec))]
    assert named == page.run(
        "[...document.querySelectorAll('figure')].filter((figure) => figure.querySelector('.role-legend-symbol path'))"
        ".map((figure) => figure.id)"
    )
    labels = page.run(
        "[...document.querySelectorAll('[role=graphics-document]')].map((chart) => chart.getAttribute('aria-label'))"
    )
    assert labels == [c.spec["description"] for c in read.charts]
    ground = page.run("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(20, 24, 27)") is dark


def test_each_choice_of_each_filter_draws(page: browser.Page) -> None:
    page.show(1440)
    page.open(page.file)
    empty = page.run(
        f"""(async () => {{
        const empty = [];
        for (const select of document.querySelectorAll(".filters select"))
          for (const option of [...select.options].filter((option) => !option.disabled)) {{
            select.value = option.value;
            select.dispatchEvent(new Event("change"));
            const figure = select.closest("figure");
            await drawn[figure.id].view.runAsync();
            if (!figure.querySelector("svg").querySelectorAll("{MARKS}").length) empty.push([figure.id, option.text]);
          }}
        return empty;
        }})()"""
    )
    assert empty == []
    assert page.messages == []


def test_a_select_offers_only_what_the_chosen_source_has(page: browser.Page, read: Dashboard) -> None:
    rates = chart(read, "readmission_by_year").rows
    page.show(1440)
    page.open(page.file)
    for label in [s["source"] for s in read.sources]:
        offered = page.run(
            f"""(() => {{
            const [source, rate] = document.querySelectorAll("#readmission_by_year .filters select");
            source.value = [...source.options].find((option) => option.text === "{label}").value;
            source.dispatchEvent(new Event("change"));
            return [[...rate.options].filter((option) => !option.disabled).map((option) => option.text),
              rate.selectedOptions[0].text];
            }})()"""
        )
        expected = list(dict.fromkeys(row["rate"] for row in rates if row["source"] == label))
        assert offered == [expected, expected[0]]


def test_pages_are_chosen_by_their_name_and_all_are_printed(page: browser.Page, read: Dashboard) -> None:
    shown = (
        "[...document.querySelectorAll('.page')].filter((page) => page.checkVisibility({visibilityProperty: true}))"
        ".map((page) => page.id)"
    )
    page.show(1440)
    for chosen in read.pages:
        page.open(page.file, chosen["id"])
        page.wait(f"document.querySelector('.page.chosen').id === '{chosen['id']}'")
        assert page.run(shown) == [chosen["id"]]
        assert page.run("document.querySelector('nav [aria-current]').textContent") == chosen["title"]
    page.call("Emulation.setEmulatedMedia", media="print")
    assert page.run(shown) == [chosen["id"] for chosen in read.pages]
    page.call("Emulation.setEmulatedMedia", media="")


def test_a_reader_sees_rows_and_query_and_saves_a_picture(page: browser.Page, read: Dashboard) -> None:
    page.show(1440)
    page.open(page.file, "trust")
    page.run("document.querySelector('#readmission_ladder details').open = true")
    page.wait("document.querySelector('#readmission_ladder details td')")
    rows = page.run("document.querySelectorAll('#readmission_ladder details tbody tr').length")
    assert rows == len(chart(read, "readmission_ladder").rows)
    assert "v_readmission_ladder" in page.run("document.querySelector('#readmission_ladder pre').textContent")
    page.run("HTMLAnchorElement.prototype.click = function () { window.saved = [this.download, this.href]; }")
    page.run("document.querySelector('#readmission_attrition button').click()")
    page.wait("window.saved")
    name, address = page.run("window.saved")
    assert name == "readmission_attrition.png"
    assert address.startswith("data:image/png;base64,") and len(address) > 20_000
    assert page.messages == []
