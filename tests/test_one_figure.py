"""A figure is one wherever it stands: what a view shows is the row of mart_kpi, and a rule is written in one file."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from feed_fixtures import feeds  # noqa: F401
from loader.settings import PROJECT
from warehouse_fixtures import built  # noqa: F401

Row = dict[str, Any]
EVERY_HOSPITAL = -2


class Cell(NamedTuple):
    """A row of mart_kpi but for its metric."""

    source_system: str
    period: str
    organization_key: int
    slice: str
    slice_value: str


@dataclass(frozen=True)
class Figure:
    """A column of a view, and the column of mart_kpi that it shows."""

    column: str
    metric: str
    version: str
    of: str = "value"
    times: int = 1
    is_share: bool = False
    """Whether it is the part that the cell has of all that the source has."""


def interval(low: str, high: str, metric: str, version: str) -> list[Figure]:
    return [Figure(low, metric, version, "interval_low"), Figure(high, metric, version, "interval_high")]


def of_slice(name: str, column: str) -> Callable[[Row], Cell]:
    """Return the cell of a view's row that stands for one value of a slice."""
    return lambda row: Cell(row["source_system"], "all", row.get("organization_key", EVERY_HOSPITAL), name, row[column])


def of_length(row: Row) -> Cell:
    source, hospital = row["source_system"], row["organization_key"]
    if row["slice"] == "admit_year":
        return Cell(source, row["slice_value"], hospital, "all", "all")
    return Cell(source, "all", hospital, row["slice"], "all" if row["slice"] == "all" else row["slice_value"])


def of_group(name: str, column: str) -> Callable[[Row], Cell]:
    """Return the cell of a view's row that stands for one value of a slice or for all."""

    def cell(row: Row) -> Cell:
        value = ("all", "all") if row[column] == "all" else (name, row[column])
        return Cell(row["source_system"], "all", row["organization_key"], *value)

    return cell


def of_episodes(row: Row) -> Cell:
    by_kind = row["kind_of_stay"] != "all"
    return of_group(*("kind_of_stay", "kind_of_stay") if by_kind else ("medicare_group", "payer_group"))(row)


def of_scenario(name: str) -> Callable[[Row], Cell]:
    def cell(row: Row) -> Cell:
        slice_ = name if row["cci_band"] == "all" else f"{name} in cci_band {row['cci_band']}"
        return Cell(row["source_system"], "all", EVERY_HOSPITAL, slice_, row["cell"])

    return cell


def whole(row: Row) -> Cell:
    return Cell(row["source_system"], "all", EVERY_HOSPITAL, "all", "all")


GAPS = [
    Figure("noncovered_cost", "noncovered_cost", "total", "numerator"),
    Figure("uninsured_gap", "noncovered_cost", "uninsured", "numerator"),
    Figure("insured_zero_paid_gap", "noncovered_cost", "insured_zero_paid", "numerator"),
    Figure("partial_gap", "noncovered_cost", "partial", "numerator"),
    Figure("unknown_insurance_gap", "noncovered_cost", "unknown_insurance", "numerator"),
    Figure("share_of_gap", "noncovered_cost", "total", "numerator", is_share=True),
    Figure("n_encounters", "encounters", "count", "n"),
]
SCENARIO = [
    Figure("risk_difference", "readmission_difference", "{definition_code}"),
    Figure("n_readmissions", "readmission_difference", "{definition_code}", "numerator"),
    Figure("n_index", "readmission_difference", "{definition_code}", "denominator"),
    *interval("difference_ci_low", "difference_ci_high", "readmission_difference", "{definition_code}"),
    Figure("small_cell_flag", "readmission_difference", "{definition_code}", "small_cell_flag"),
]
VIEWS: dict[str, tuple[Callable[[Row], Cell], list[Figure]]] = {
    "v_los_by_slice": (
        of_length,
        [
            Figure("alos_days_cms", "alos", "days_cms"),
            Figure("n_stays", "alos", "days_cms", "n"),
            Figure("n_open", "stays", "open", "n"),
            *interval("alos_ci_low", "alos_ci_high", "alos", "days_cms"),
            Figure("median_days", "alos", "median"),
            Figure("geometric_mean_days", "alos", "geometric_mean"),
            Figure("alos_without_outliers", "alos", "without_outliers"),
            Figure("alos_midnights", "alos", "midnights"),
            Figure("alos_complete_days", "alos", "complete_days"),
            Figure("alos_hours", "alos", "elapsed", times=24),
            Figure("small_cell_flag", "alos", "days_cms", "small_cell_flag"),
        ],
    ),
    "v_insurance_outcomes": (
        of_length,
        [
            Figure("mean_los_days", "alos", "days_cms"),
            Figure("n_stays", "alos", "days_cms", "n"),
            *interval("los_ci_low", "los_ci_high", "alos", "days_cms"),
            Figure("n_deaths", "mortality", "in_hospital or in_hospital_flag", "numerator"),
            Figure("mortality", "mortality", "in_hospital or in_hospital_flag"),
            *interval("mortality_ci_low", "mortality_ci_high", "mortality", "in_hospital or in_hospital_flag"),
            Figure("n_charged", "charge_per_stay", "mean", "n"),
            Figure("mean_charge", "charge_per_stay", "mean"),
            *interval("charge_ci_low", "charge_ci_high", "charge_per_stay", "mean"),
            Figure("median_charge", "charge_per_stay", "median"),
            Figure("adjusted_charge", "charge_per_stay", "adjusted"),
            *interval("adjusted_ci_low", "adjusted_ci_high", "charge_per_stay", "adjusted"),
            Figure("standard_share", "charge_per_stay", "adjusted", "denominator"),
        ],
    ),
    "v_drg_test": (
        of_group("drg", "drg_code"),
        [
            Figure("coefficient_of_variation", "drg_test", "coefficient_of_variation"),
            Figure("n_stays", "drg_test", "coefficient_of_variation", "n"),
            Figure("mean_charge", "charge_per_stay", "mean"),
            *interval("charge_ci_low", "charge_ci_high", "charge_per_stay", "mean"),
            Figure("slope_per_day", "drg_test", "charge_per_day"),
            *interval("slope_ci_low", "slope_ci_high", "drg_test", "charge_per_day"),
            Figure("correlation_los", "drg_test", "correlation_los"),
            Figure("icu_difference", "drg_test", "icu_difference"),
            Figure("icu_difference_ci_low", "drg_test", "icu_difference", "interval_low"),
            Figure("modal_share", "drg_test", "modal_share"),
            Figure("eta_squared", "drg_test", "eta_squared"),
            Figure("omega_squared", "drg_test", "omega_squared"),
            Figure("f_statistic", "drg_test", "f_statistic"),
            Figure("small_cell_flag", "drg_test", "coefficient_of_variation", "small_cell_flag"),
        ],
    ),
    "v_scenario_a": (of_scenario("age_band"), SCENARIO),
    "v_scenario_b": (of_scenario("abnormal_results"), SCENARIO),
    "v_scenario_c": (of_scenario("age_and_abnormal_results"), SCENARIO),
    "v_episode_spend": (
        of_episodes,
        [
            Figure("mean_claim", "episode_spend", "claim"),
            Figure("n_episodes", "episode_spend", "claim", "n"),
            Figure("n_patients", "episode_spend", "claim", "n_patients"),
            *interval("mean_claim_ci_low", "mean_claim_ci_high", "episode_spend", "claim"),
            Figure("median_claim", "episode_spend", "claim_median"),
            Figure("mean_claim_trimmed", "episode_spend", "claim_trimmed"),
            Figure("mean_paid", "episode_spend", "paid"),
            *interval("mean_paid_ci_low", "mean_paid_ci_high", "episode_spend", "paid"),
            Figure("n_reproduced", "episode_spend", "reproduced", "n"),
            Figure("reproduced_mean_claim", "episode_spend", "reproduced"),
            Figure("claim_ratio", "mspb_ratio", "one_index_per_window"),
        ],
    ),
    "v_readmission_ladder": (
        whole,
        [
            Figure("value", "readmission", "{definition_code}"),
            Figure("numerator", "readmission", "{definition_code}", "numerator"),
            Figure("denominator", "readmission", "{definition_code}", "denominator"),
            Figure("ci_low", "readmission", "{definition_code}", "ci_low"),
            Figure("ci_high", "readmission", "{definition_code}", "ci_high"),
        ],
    ),
    "v_noncovered_by_payer": (
        of_slice("payer", "payer_name"),
        [
            *GAPS,
            Figure("claim_amount", "tcoc", "total", "numerator"),
            Figure("payer_paid", "payer_paid", "total", "numerator"),
        ],
    ),
    "v_noncovered_by_class": (of_slice("encounter_class", "class_label"), GAPS),
    "v_cost_by_class": (
        of_slice("encounter_class", "class_label"),
        [
            Figure("claim_amount", "tcoc", "total", "numerator"),
            Figure("mean_claim_amount", "claim_per_encounter", "mean"),
            Figure("n_encounters", "encounters", "count", "n"),
            Figure("noncovered_cost", "noncovered_cost", "total", "numerator"),
            Figure("share_of_claims", "tcoc", "total", "numerator", is_share=True),
            Figure("share_of_gap", "noncovered_cost", "total", "numerator", is_share=True),
        ],
    ),
    "v_procedure_cost": (
        of_slice("procedure", "procedure_description"),
        [
            Figure("list_price_total", "procedure_cost", "list_price"),
            Figure("n_procedures", "procedure_cost", "list_price", "n"),
            Figure("allocated_claim_total", "procedure_cost", "allocated_claim"),
            Figure("share_of_list_price", "procedure_cost", "list_price", is_share=True),
            Figure("share_of_allocated_claim", "procedure_cost", "allocated_claim", is_share=True),
        ],
    ),
}
"""By view: the cell of mart_kpi that a row stands for, and its figures, the first of which every row has."""
ONLY_OF_MEDICARE = {"claim_ratio"}
"""The seed divides what others cost by the constant of Medicare too; mart_kpi has the ratio of Medicare alone."""


@dataclass
class Published:
    """What is published of one warehouse: its views, and mart_kpi by metric, version and cell."""

    query: Callable[[str], list[Row]]

    def __post_init__(self) -> None:
        self.kpi: dict[tuple[str, str, Cell], Row] = {}
        for row in self.query("SELECT * FROM serving.serving.mart_kpi WHERE period_type <> 'month'"):
            self.kpi[row["metric_code"], row["definition_version"], Cell(*(row[name] for name in Cell._fields))] = row

    def shown(self, figure: Figure, row: Row, cell: Cell) -> Decimal | None:
        """What mart_kpi says of a figure."""
        for version in figure.version.format(**row).split(" or "):
            found = self.kpi.get((figure.metric, version, cell))
            if found is not None and found["value"] is not None and found[figure.of] is not None and found["n"]:
                value = Decimal(found[figure.of]) * figure.times
                if figure.is_share:
                    all_of_it = self.kpi[figure.metric, version, whole(row)][figure.of]
                    return value / all_of_it if all_of_it else None
                return value
        return None


@pytest.fixture(scope="module", params=["feeds", "built"])
def published(request: pytest.FixtureRequest) -> Iterator[Published]:
    """Hospitals and feeds of a new family; a hospital and patient records, which have groups, results and charges."""
    of = request.getfixturevalue(request.param)
    con = of.con.cursor() if request.param == "feeds" else of.context.engine_adapter.cursor

    def query(sql: str) -> list[Row]:
        con.execute(sql)
        names = [column[0] for column in con.description]
        return [dict(zip(names, row, strict=True)) for row in con.fetchall()]

    yield Published(query)


@pytest.mark.parametrize("view", VIEWS)
def test_what_a_view_shows_is_its_row_of_mart_kpi(published: Published, view: str) -> None:
    cell_of, figures = VIEWS[view]
    rows_of: dict[tuple[Cell, str], list[Row]] = defaultdict(list)
    for row in published.query(f"SELECT * FROM serving.serving.{view}"):
        rows_of[cell_of(row), row.get("definition_code", "")].append(row)
    different = []
    for (cell, _), rows in rows_of.items():
        for figure in figures:
            if figure.column in ONLY_OF_MEDICARE and cell.slice_value != "Medicare":
                continue
            shown = [row[figure.column] for row in rows if row[figure.column] is not None]
            # Members of a dimension that share a label are one value of a slice; what has no sum has one row.
            got = sum(map(Decimal, shown)) if shown else None
            expected = published.shown(figure, rows[0], cell)
            if expected is None or got is None:
                agree = (expected or 0) == (got or 0)
            else:
                digits = max(-Decimal(value).as_tuple().exponent for value in shown)
                agree = abs(got - expected) <= Decimal("0.51") * len(shown) * Decimal(10) ** -min(digits, 6)
            if not agree:
                different.append((cell, figure.column, got, expected))
    assert different == []
    # What mart_kpi says of the first figure, the view shows.
    first = figures[0]
    slices, periods = {cell.slice for cell, _ in rows_of}, {cell.period for cell, _ in rows_of}
    versions = {code for _, code in rows_of if code} or {first.version}
    hospitals = {cell.organization_key for cell, _ in rows_of}
    told = {
        cell
        for (metric, version, cell), row in published.kpi.items()
        if metric == first.metric and version in versions and row["value"] is not None and row["n"]
        and cell.slice in slices and cell.organization_key in hospitals
        and cell.period in periods and (cell.period == "all" or cell.slice == "all")
    }  # fmt: skip
    assert told <= {cell for cell, _ in rows_of}, "the view lacks rows"


ADDED_UP = ["v_noncovered_by_payer", "v_noncovered_by_class", "v_cost_by_class", "v_procedure_cost"]


@pytest.mark.parametrize("view", ADDED_UP)
def test_the_hospitals_of_a_view_add_up_to_the_whole(published: Published, view: str) -> None:
    """These views have no row for all hospitals: a reader adds theirs up."""
    _, figures = VIEWS[view]
    rows = published.query(f"SELECT * FROM serving.serving.{view}")
    for source in {row["source_system"] for row in rows}:
        for figure in figures:
            if figure.of == "numerator" or figure.metric == "procedure_cost":
                of_source = [row[figure.column] for row in rows if row["source_system"] == source]
                expected = 1 if figure.is_share else published.shown(figure, {}, whole({"source_system": source})) or 0
                got = sum(Decimal(value) for value in of_source if value is not None)
                if figure.is_share and not got:
                    continue
                off = Decimal("0.005") if not figure.is_share else Decimal("0.0000005") * len(of_source)
                assert abs(got - expected) <= off, (source, figure.column)


# Rules that stand once


def files_with(pattern: str, *paths: str) -> set[str]:
    """The files under version control in which a line matches."""
    command = ["git", "grep", "--untracked", "-lE", pattern, "--", *paths]
    found = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if found.returncode not in (0, 1):
        pytest.skip(f"no git repository: {found.stderr}")
    return set(found.stdout.split())


def test_the_width_of_an_interval_is_written_in_one_file() -> None:
    code = ("*.sql", "*.py", "*.csv", "*.tmdl", ":!tests/test_statistics.py", ":!tests/test_one_figure.py")
    assert files_with(r"1\.95996|\b1\.96\b", *code) == {"macros/statistics.py"}


def test_who_owes_a_gap_is_decided_in_one_file() -> None:
    """Everything else reads gap_reason."""
    assert files_with("THEN '(uninsured|insured_zero_paid|partial|unknown_insurance)'", "models") == {
        "models/star/fact_encounter.sql"
    }
    told = files_with(r"is_insured (=|<>) [01]", "models", "audits", "dashboard", "powerbi", "seeds/metric.csv")
    assert told == {"models/star/fact_encounter.sql"}


def test_the_kind_of_a_stay_is_decided_in_one_file() -> None:
    kinds = "THEN '(detoxification|cancer treatment|elective)'"
    assert files_with(kinds, "models", "audits", "macros") == {"models/star/fact_inpatient_stay.sql"}
