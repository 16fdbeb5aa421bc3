"""Power BI answers what the warehouse does: every measure in a DAX engine, by hospital and slice, against mart_kpi.

Blank is right only where mart_kpi has no row, or one that says not_computable. Each kind of fault that DAX invites is
planted once, to see that the comparison names the metric.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pytest

from dax_engine import Filters, Model
from feed_fixtures import feeds  # noqa: F401
from road import Road, shared_data
from scripts import dax
from scripts.powerbi_check import Project
from workbench import families

Row = dict[str, str]

SLICES = {row["slice"]: row for row in families.seed("metric_slice")}
SUBJECTS = {row["subject"]: row for row in families.declared("metric_subject")}
METRICS = [row for row in families.declared("metric") if row["basis"] != "not_computable"]
FOLLOWING = [
    row
    for row in METRICS
    if row["kind"] in dax.RECOUNTED and row["numerator"] and SUBJECTS[row["subject"]]["relation"].startswith("star.")
]
"""Metrics that follow any filter; the others are looked up in mart_kpi."""
PAIRS = [("payer_category", "encounter_class"), ("age_band", "sex"), ("kind_of_stay", "cci_band"), ("race", "payer")]
"""Slices that a report crosses, of which mart_kpi has no row."""


def named(code: str, version: str) -> Row:
    return next(m for m in METRICS if (m["metric_code"], m["definition_version"]) == (code, version))


@dataclass(frozen=True)
class Cell:
    """The filters of a cell of a report: a source, perhaps a hospital of it, a year, labels of slices."""

    source: str
    hospital: int = dax.ALL_HOSPITALS
    period: str = "all"
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def filters(self) -> Filters:
        chosen: Filters = {"dim_source_system.source_system": [self.source]}
        chosen |= {"dim_organization.organization_key": [self.hospital]} if self.hospital != dax.ALL_HOSPITALS else {}
        chosen |= {"dim_date.year_label": [self.period]} if self.period != "all" else {}
        for name, label in self.labels:
            # mart_kpi says Unknown of what has no label, too.
            chosen[f"{table_of(name)}.{SLICES[name]['label']}"] = [label, None] if label == "Unknown" else [label]
        return chosen


CELL = "source_system, organization_key, period, slice, slice_value"
TOLD = ("all", *(name for name in SLICES if name != "organization"))
"""The slices of mart_kpi that a filter can choose; what is computed in models has its own besides."""


def _cell(source: str, hospital: int, period: str, name: str, label: str) -> Cell:
    return Cell(source, hospital, period, () if name == "all" else ((name, label),))


def table_of(slice_name: str) -> str:
    return families.published_names()[SLICES[slice_name]["dimension"]]


@dataclass
class Comparison:
    """What was compared: pairs of value and n."""

    counted: Counter[str] = field(default_factory=Counter)
    different: list[str] = field(default_factory=list)

    def take(self, metric: Row, cell: object, got: tuple[Any, Any], wanted: tuple[Any, Any]) -> None:
        self.counted["compared"] += 1
        if all(map(close, got, wanted)):
            self.counted["blank" if wanted == (None, None) else "equal"] += 1
        else:
            self.counted["different"] += 1
            self.different.append(f"{metric['metric_label']} at {cell}: DAX {got}, warehouse {wanted}")

    def names(self) -> set[str]:
        """Return the metrics that differ."""
        return {said.split(" at ")[0] for said in self.different}

    def __str__(self) -> str:
        return ", ".join(f"{name} {self.counted[name]}" for name in ("compared", "equal", "blank", "different"))


def close(got: Any, wanted: Any) -> bool:
    if got is None or wanted is None:
        return got is None and wanted is None
    return abs(float(got) - float(wanted)) <= 1e-6 * max(1, abs(float(wanted)))


class Warehouse:
    """What is published, and the model over it."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.model = Model(con)

    def cells(self) -> list[Cell]:
        """Return the cells of which mart_kpi has a row, months left out."""
        rows = self.con.execute(
            f"SELECT DISTINCT {CELL} FROM mart_kpi WHERE period_type <> 'month' AND slice IN {TOLD} ORDER BY ALL"
        ).fetchall()
        return [_cell(*row) for row in rows]

    def sample(self) -> list[Cell]:
        """Return a few cells: sources as a whole; one each of some slices, years and hospitals, and of some crossed."""
        rows = self.con.execute(
            f"SELECT {CELL} FROM (SELECT *, organization_key = {dax.ALL_HOSPITALS} AS is_of_all FROM mart_kpi) "
            f"WHERE period_type <> 'month' AND slice IN {TOLD} GROUP BY {CELL}, period_type, is_of_all "
            "QUALIFY slice = 'all' AND period = 'all' AND is_of_all OR ROW_NUMBER() OVER (PARTITION BY slice, "
            "period_type, is_of_all ORDER BY source_system = 'recounted', "
            "COUNT(DISTINCT (metric_code, definition_version)) DESC, slice_value, source_system, period, "
            "organization_key) = 1 ORDER BY ALL"
        ).fetchall()
        cells = [_cell(*row) for row in rows]
        whole = [cell for cell in cells if len(cell.filters) == 1 and cell.source != "dirty"]
        one = [cell for cell in cells if len(cell.filters) == 2]
        crossed = [cell for cell in cells if len(cell.filters) > 2]
        return [*whole, *one[::2], *crossed[::8]]

    def compared(
        self, cells: Iterable[Cell], model: Model | None = None, metrics: Iterable[Row] = METRICS
    ) -> Comparison:
        """Compare value and n of metrics with mart_kpi."""
        comparison, metrics = Comparison(), list(metrics)
        names = [m["metric_label"] + part for m in metrics for part in ("", ": n")]
        for cell in cells:
            ((name, label),) = cell.labels or (("all", "all"),)
            rows = self.con.execute(
                "SELECT metric_code, definition_version, value, n FROM mart_kpi WHERE source_system = ? AND "
                "organization_key = ? AND period = ? AND slice = ? AND slice_value = ? AND basis <> 'not_computable'",
                [cell.source, cell.hospital, cell.period, name, label],
            ).fetchall()
            wanted = {row[:2]: row[2:] for row in rows}
            got = (model or self.model).evaluate(names, cell.filters)
            for m in metrics:
                if is_sliced_elsewhere(m, name):
                    continue
                key = (m["metric_code"], m["definition_version"])
                found = (got[m["metric_label"]], got[f"{m['metric_label']}: n"])
                comparison.take(m, cell, found, wanted.get(key, (None, None)))
        return comparison

    def compared_with_sql(self, pairs: Iterable[tuple[str, str]], number: int) -> Comparison:
        """Compare metrics with the SQL of their declaration where two slices cross; `number` cells of each pair."""
        comparison = Comparison()
        for pair in pairs:
            metrics = [
                m for m in METRICS if is_simple(m) and set(pair) <= set(SUBJECTS[m["subject"]]["slices"].split())
            ]
            names = [m["metric_label"] + part for m in metrics for part in ("", ": n")]
            for cell in self._crossed(pair, metrics[0]["subject"], number):
                got = self.model.evaluate(names, cell.filters)
                for m in metrics:
                    found = (got[m["metric_label"]], got[f"{m['metric_label']}: n"])
                    comparison.take(m, cell, found, self._by_sql(m, cell))
        return comparison

    def _crossed(self, pair: tuple[str, str], subject: str, number: int) -> list[Cell]:
        fact = SUBJECTS[subject]["relation"].split(".")[1]
        keys = [SLICES[name]["dimension_key"] for name in pair]
        labels = [f"COALESCE(d{i}.{SLICES[name]['label']}, 'Unknown')" for i, name in enumerate(pair)]
        joins = [
            f"JOIN {table_of(name)} AS d{i} ON d{i}.{key} = f.{key}"
            for i, (name, key) in enumerate(zip(pair, keys, strict=True))
        ]
        rows = self.con.execute(
            f"SELECT f.source_system, {', '.join(labels)} FROM {fact} AS f {' '.join(joins)} GROUP BY ALL "
            f"ORDER BY COUNT(*) DESC, 1, 2, 3 LIMIT {number}"
        ).fetchall()
        return [Cell(source, labels=tuple(zip(pair, values, strict=True))) for source, *values in rows]

    def _by_sql(self, metric: Row, cell: Cell) -> tuple[Any, Any]:
        delivered = self.con.execute(
            "SELECT SUM(is_delivered) FROM mart_capability WHERE source_system = ? AND capability IN "
            "(SELECT UNNEST(STRING_SPLIT(?, ' ')))",
            [cell.source, metric["requires"]],
        ).fetchone()
        if delivered != (len(metric["requires"].split()),):
            return None, None
        chosen = " AND ".join(
            f"{SLICES[name]['dimension_key']} IN (SELECT {SLICES[name]['dimension_key']} FROM {table_of(name)} "
            f"WHERE COALESCE({SLICES[name]['label']}, 'Unknown') = ?)"
            for name, _ in cell.labels
        )
        total, below, n = self.con.execute(
            f"SELECT SUM(top), SUM(bottom), COUNT(*) FROM (SELECT {metric['numerator']} AS top, "
            f"{metric['denominator'] or '1'} AS bottom FROM {SUBJECTS[metric['subject']]['relation'].split('.')[1]} "
            f"WHERE source_system = ? AND ({metric['filter'] or 'TRUE'}) AND {chosen}) "
            "WHERE NOT top IS NULL AND NOT bottom IS NULL",
            [cell.source, *(label for _, label in cell.labels)],
        ).fetchone()
        if n == 0 or (metric["kind"] != "total" and not below):
            return None, None
        value = total if metric["kind"] == "total" else total / below
        return value, n


def is_sliced_elsewhere(metric: Row, slice_name: str) -> bool:
    """Say whether mart_kpi slices the metric by another column of the same dimension only, so that it has no row."""
    if metric["subject"] not in SUBJECTS:
        return False
    slices = SUBJECTS[metric["subject"]]["slices"].split()
    is_told = slice_name in ("all", *slices) or not metric["numerator"]
    return not is_told and table_of(slice_name) in map(table_of, slices)


def is_simple(metric: Row) -> bool:
    """Say whether the value is a sum over a published fact, or a sum over another."""
    return metric in FOLLOWING and metric["kind"] not in ("median", "geometric_mean") and not metric["counted_per"]


@pytest.fixture(scope="module")
def generated(request: pytest.FixtureRequest) -> Warehouse:
    return Warehouse(request.getfixturevalue("feeds").con)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The Maven hospital and the outcomes file, as one warehouse."""
    if (data := shared_data()) is None:
        pytest.skip("the real data are not here: put them in ../shared/data or name WAREHOUSE_SHARED_DATA")
    road = Road(tmp_path_factory.mktemp("real") / "project", None)
    for folder in ("maven_mgh", "ehr_outcomes"):
        road.land(data / folder)
    assert road.plan() == 0, road.output
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{road.home / 'published.duckdb'}' AS serving (READ_ONLY); USE serving.serving")
        yield Warehouse(con)


def settled(comparison: Comparison) -> None:
    print(comparison)
    assert comparison.different == []
    assert comparison.counted["equal"] > 0


# Equal


def test_a_sample_of_cells_is_what_mart_kpi_says(generated: Warehouse) -> None:
    cells = generated.sample()
    settled(generated.compared(cells, metrics=FOLLOWING))
    settled(generated.compared(cells[:1], metrics=[metric for metric in METRICS if metric not in FOLLOWING]))


def test_two_slices_at_once_are_what_sql_says(generated: Warehouse) -> None:
    settled(generated.compared_with_sql(PAIRS, number=1))


@pytest.mark.long
@pytest.mark.parametrize("of", ["generated", "real"])
def test_every_cell_is_what_mart_kpi_says(of: str, request: pytest.FixtureRequest) -> None:
    warehouse: Warehouse = request.getfixturevalue(of)
    every = warehouse.cells()
    whole = [cell for cell in every if cell.period == "all" and "procedure" not in dict(cell.labels)]
    # A procedure of many, and of the years each as a whole and one of many slices in it.
    several = [cell for cell in every if "procedure" in dict(cell.labels)][::150]
    years = [cell for cell in every if cell.period != "all" and not cell.labels]
    crossed = [cell for cell in every if cell.period != "all" and cell.labels and cell not in several][::15]
    settled(warehouse.compared([*whole, *several, *years, *crossed]))


@pytest.mark.long
@pytest.mark.parametrize("of", ["generated", "real"])
def test_all_pairs_of_slices_are_what_sql_says(of: str, request: pytest.FixtureRequest) -> None:
    settled(request.getfixturevalue(of).compared_with_sql(PAIRS, number=5))


@pytest.mark.long
def test_the_card_of_the_report_says_that_nothing_differs(generated: Warehouse) -> None:
    cell = Cell("recounted")
    card = generated.model.evaluate(["Difference in these filters"], cell.filters)["Difference in these filters"]
    assert 0 <= card < 1e-6
    faulty = generated.model.with_fault(
        r"COUNT \( fact_inpatient_stay\[los_days_cms\] \)", "COUNTROWS ( fact_encounter )"
    )
    assert faulty.evaluate(["Difference in these filters"], cell.filters)["Difference in these filters"] > 1e-2


def test_an_interval_is_that_of_mart_kpi_and_blank_where_it_has_none(generated: Warehouse) -> None:
    metric = named("alos", "days_cms")
    names = [f"{metric['metric_label']}: {part}" for part in ("low", "high", "with interval")]
    cells = generated.con.execute(
        f"SELECT {CELL}, interval_low, interval_high, n FROM mart_kpi WHERE source_system = 'recounted' "
        "AND metric_code = 'alos' AND definition_version = 'days_cms' AND slice IN ('all', 'sex') "
        "AND period_type <> 'month' AND NOT interval_low IS NULL QUALIFY ROW_NUMBER() OVER "
        "(PARTITION BY organization_key = -2, period_type, slice ORDER BY period DESC, slice_value) = 1"
    ).fetchall()
    assert len(cells) == 7
    for *cell, low, high, n in cells:
        got = generated.model.evaluate(names, _cell(*cell).filters)
        assert close(got[names[0]], low) and close(got[names[1]], high), cell
        assert f" to {high:.2f}), n {n:,}" in got[names[2]]
    crossed = generated._crossed(("age_band", "sex"), "stay", 1)[0]
    got = generated.model.evaluate([metric["metric_label"], *names], crossed.filters)
    assert got[metric["metric_label"]] is not None and got[names[0]] is got[names[1]] is None
    assert " to " not in got[names[2]]


def test_the_mark_of_a_small_cell_is_that_of_mart_kpi(generated: Warehouse) -> None:
    metrics = list({(m["subject"], m["kind"]): m for m in FOLLOWING if m["kind"] != "total"}.values())
    parts = (": patients", ": with interval")
    for source in ("clean", "north"):
        got = generated.model.evaluate(
            [m["metric_label"] + part for m in metrics for part in parts], Cell(source).filters
        )
        rows = generated.con.execute(
            "SELECT metric_code, definition_version, n_patients, small_cell_flag FROM mart_kpi WHERE slice = 'all' AND "
            f"period = 'all' AND organization_key = {dax.ALL_HOSPITALS} AND source_system = ? AND NOT value IS NULL",
            [source],
        ).fetchall()
        wanted = {row[:2]: row[2:] for row in rows}
        for m in metrics:
            patients, text = (got.get(m["metric_label"] + part) for part in parts)
            n_patients, is_small = wanted.get((m["metric_code"], m["definition_version"]), (None, None))
            assert m["counted_per"] or patients == n_patients, m["metric_label"]
            assert (text is None) == (is_small is None), m["metric_label"]
            assert text is None or text.endswith(", small") == bool(is_small), m["metric_label"]


def test_a_hospital_is_found_by_its_name_in_its_source(generated: Warehouse) -> None:
    names = [f"{named('alos', 'days_cms')['metric_label']}: {part}" for part in ("n", "low")]
    hospitals = generated.con.execute(
        "SELECT DISTINCT source_system, organization_key, organization_label FROM mart_kpi JOIN dim_organization USING "
        "(organization_key, source_system) WHERE metric_code = 'alos' AND NOT interval_low IS NULL AND "
        "source_system IN ('clean', 'dirty') ORDER BY ALL"
    ).fetchall()
    labels = Counter(label for _, _, label in hospitals)
    assert max(labels.values()) > 1
    for source, hospital, label in hospitals:
        by_key = generated.model.evaluate(names, Cell(source, hospital).filters)
        by_label = Cell(source).filters | {"dim_organization.organization_label": [label]}
        assert generated.model.evaluate(names, by_label) == by_key
        assert None not in by_key.values()
    none = Cell("clean").filters | {"dim_organization.organization_label": ["Not applicable"]}
    assert set(generated.model.evaluate(names, none).values()) == {None}


# A report's own filters


KEPT = [
    (named("noncovered_cost", "uninsured"), "fact_encounter.gap_reason", "uninsured", "partial"),
    (named("readmission", "R3"), "fact_readmission.definition_code", "R3", "R6"),
    (named("alos", "midnights_unmerged"), "fact_encounter.is_inpatient", 1, 0),
    (named("mortality", "in_hospital"), "fact_inpatient_stay.is_open", 0, 1),
]


def kept(warehouse: Warehouse, model: Model) -> Comparison:
    """Compare metrics under a filter on what they filter themselves: as a whole where it is theirs, else blank."""
    comparison = Comparison()
    for metric, column, own, other in KEPT:
        names = [metric["metric_label"], f"{metric['metric_label']}: n"]
        filters = Cell("recounted").filters
        whole = tuple(warehouse.model.evaluate(names, filters).values())
        assert None not in whole, metric
        for value, wanted in ((own, whole), (other, (None, None))):
            got = tuple(model.evaluate(names, filters | {column: [value]}).values())
            comparison.take(metric, f"{column} = {value}", got, wanted)
    return comparison


def test_a_filter_of_the_report_is_never_overwritten(generated: Warehouse) -> None:
    settled(kept(generated, generated.model))


def test_several_sources_are_never_added_up(generated: Warehouse) -> None:
    names = [m["metric_label"] + part for m in METRICS for part in ("", ": n", ": low", ": with interval")]
    assert set(generated.model.evaluate(names, {}).values()) == {None}


# Faults


@dataclass(frozen=True)
class Fault:
    """A text of the measures that is replaced, and the metric that must be named at one of the cells."""

    what: str
    old: str
    new: str
    metric: Row
    slice: str


BELOW = r"NOT ISBLANK \( \w+\[\w+\] \) && (?=\w+\[\w+\] <=)"
BEYOND = r"&& NOT ISFILTERED \( dim_encounter_class \)"
HOSPITAL = r"ISFILTERED \( dim_organization \),"

FAULTS = [
    Fault("the year of the admission", r",\s*USERELATIONSHIP \([^()]*\)", "", named("readmission", "R3"), "year"),
    Fault("blank for 0", r"\+ 0\b", "", named("noncovered_share", "uninsured"), "payer"),
    Fault("BLANK below 30", BELOW, "", named("ed_return_30", "first_visit"), "all"),
    Fault("a filter that does not reach", BEYOND, "", named("stays", "count"), "encounter_class"),
    Fault("what the feed does not deliver", r"\} \) == \d+", "} ) >= 0", named("tcoc", "total"), "not delivered"),
    Fault("a mean of logarithms", r"\bEXP \(", "(", named("alos", "geometric_mean"), "all"),
    Fault("a mean for a median", r"\bMEDIAN \(", "AVERAGE (", named("alos", "median"), "all"),
    Fault("rows for patients", r"\bAVERAGEX \(", "SUMX (", named("mortality", "within_30d_of_admission"), "all"),
    Fault("all hospitals for one", HOSPITAL, "FALSE (),", named("reference_tcoc", "reproduced"), "hospital"),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what.replace(" ", "-"))
def test_a_planted_fault_is_named(fault: Fault, generated: Warehouse) -> None:
    of_all = [cell for cell in generated.cells() if (cell.source, cell.hospital) == ("recounted", dax.ALL_HOSPITALS)]
    of_one = [cell for cell in generated.cells() if cell.source == "recounted" and cell.hospital != dax.ALL_HOSPITALS]
    cells = {
        "all": [Cell("recounted")],
        "not delivered": [Cell("south"), Cell("costless")],
        "hospital": [cell for cell in of_one if cell.period == "all" and not cell.labels],
        "year": [cell for cell in of_all if cell.period != "all" and not cell.labels],
    }.get(fault.slice) or [cell for cell in of_all if cell.period == "all" and fault.slice in dict(cell.labels)]
    assert generated.compared(cells, metrics=[fault.metric]).different == []
    faulty = generated.model.with_fault(fault.old, fault.new)
    assert fault.metric["metric_label"] in generated.compared(cells, faulty, [fault.metric]).names()


def test_an_overwritten_filter_is_named(generated: Warehouse) -> None:
    faulty = generated.model.with_fault(r"KEEPFILTERS \( (\w+\[\w+\] == (?:\d+|\"\w+\")) \)", r"\1")
    assert kept(generated, faulty).names() == {metric["metric_label"] for metric, *_ in KEPT}


# What is written


def test_every_metric_has_a_measure_and_follows_filters_where_its_fact_is_published() -> None:
    made = Project().measures
    for metric in METRICS:
        is_looked_up = "Looked up value" in made[metric["metric_label"]]
        assert is_looked_up == (metric not in FOLLOWING), metric["metric_label"]
        assert f"{metric['metric_label']}: n" in made


def test_names_of_metrics_are_no_one_elses() -> None:
    labels = Counter(row["metric_label"].lower() for row in families.declared("metric"))
    assert [label for label, times in labels.items() if times > 1] == []
    parts = {
        f"{label}: {part}"
        for label in labels
        for part in ("n", "patients", "numerator", "denominator", "low", "high", "with interval")
    }
    assert not parts & set(labels)
    assert not any(set("[]") & set(label) for label in labels)


SUBJECT = dax.Subject(
    "thing",
    "fact_thing",
    {"amount": True, "number": False, "kind": False},
    {"start": "start_date_key", "stop": "stop_date_key"},
    frozenset(),
)
METRIC = dict.fromkeys(METRICS[0], "") | {
    "metric_code": "things", "definition_version": "few", "metric_label": "Things", "kind": "mean", "subject": "thing",
    "counted_by": "start", "requires": "encounters",
}  # fmt: skip


@pytest.mark.parametrize(
    "sql",
    [
        "STRLEN(kind)",
        "number % 2",
        "other",
        "amount LIKE 'a'",
        "CASE kind WHEN 'a' THEN 1 END",
        "SUM(amount)",
        "d.amount",
        "EXP(amount)",
    ],
)
def test_what_is_not_known_to_mean_the_same_raises_and_names_the_metric(sql: str) -> None:
    with pytest.raises(dax.NotTranslated, match="things/few"):
        dax.parts(METRIC | {"numerator": sql}, SUBJECT)


def test_a_kind_that_no_expression_tells_is_looked_up() -> None:
    subjects = {"thing": SUBJECT}
    assert dax.is_recounted(METRIC | {"numerator": "amount"}, subjects)
    assert not dax.is_recounted(METRIC | {"numerator": "amount", "kind": "adjusted_mean"}, subjects)
    assert not dax.is_recounted(METRIC | {"kind": "mean"}, subjects)
    assert not dax.is_recounted(METRIC | {"numerator": "amount", "subject": "window"}, subjects)


@pytest.mark.parametrize(
    ("sql", "translated"),
    [
        ("number = 0", "fact_thing[number] == 0"),
        ("amount = 0", "fact_thing[amount] == 0"),
        ("NOT amount = 0", "NOT ISBLANK ( fact_thing[amount] ) && fact_thing[amount] <> 0"),
        ("amount <= 30", "NOT ISBLANK ( fact_thing[amount] ) && fact_thing[amount] <= 30"),
        ("amount IS NULL", "ISBLANK ( fact_thing[amount] )"),
        ("kind IN ('a', 'b')", 'fact_thing[kind] IN { "a", "b" }'),
        ("NOT (number = 1 OR kind = 'a')", '( ( fact_thing[number] <> 1 && fact_thing[kind] <> "a" ) )'),
    ],
)
def test_a_condition_holds_where_it_holds_in_sql(sql: str, translated: str) -> None:
    assert dax.Translator(SUBJECT.fact, SUBJECT.can_be_null).true(dax.parsed(sql)) == translated
