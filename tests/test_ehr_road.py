"""The patient records on a real server: planted truths come back exactly, and what would falsify them is stopped."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from publisher.url import ServingUrl
from road import Road, shared_data
from scripts import catalog, clients
from truths import TRUTHS, comparable
from workbench import families, sample

pytestmark = pytest.mark.serving


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ehr") / "delivery"
    sample.generate("ehr", 0.02, folder, dirty=True)
    return folder


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory, serving_url: str, planted: Path) -> Iterator[Road]:
    """A warehouse that has published the generated patient records to prod; nobody delivered a hospital's files."""
    made = Road(tmp_path_factory.mktemp("ehr road") / "project", serving_url)
    made.land(planted)
    assert made.plan() == 0, made.output
    yield made


@pytest.fixture(scope="module")
def answers(planted: Path) -> dict[str, Any]:
    return json.loads((planted / "answers.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", TRUTHS)
def test_a_planted_truth_comes_back(road: Road, answers: dict[str, Any], name: str) -> None:
    truth, query = TRUTHS[name]
    assert comparable(road.query(query)) == comparable(truth(answers))


def test_weighted_charges_are_shares_of_the_planted_ones(road: Road, answers: dict[str, Any]) -> None:
    planted: dict[str, float] = {}
    for row in answers["charge_by_diagnosis"]:
        planted[row["code"]] = planted.get(row["code"], 0) + row["charge_cents"] / row["diagnoses"] / 100
    shown = dict(
        road.query("SELECT code, weighted_charge FROM serving.v_charge_by_diagnosis_weighted WHERE diagnosis_key > 0")
    )
    assert {code: pytest.approx(charge, rel=1e-5) for code, charge in planted.items()} == {
        code: float(charge) for code, charge in shown.items()
    }


def test_lists_of_diagnoses_are_split_as_planted(road: Road, answers: dict[str, Any]) -> None:
    with duckdb.connect(str(road.home / "warehouse.duckdb"), read_only=True) as con:
        got = con.execute(
            "SELECT count(DISTINCT record_number), count(*), "
            "count(DISTINCT record_number) FILTER (is_length_mismatch = 1), "
            "count(*) FILTER (code_system = 'none') FROM staging.stg_ehr__visit_diagnoses "
            "WHERE patient_id <> 'P9999999'"
        ).fetchone()
    lists = answers["diagnosis_lists"][0]
    assert got == (lists["visits"], lists["items"], lists["mismatched_visits"], lists["visits_saying_none"])


@pytest.fixture(scope="module")
def wanted() -> dict[str, clients.Result]:
    """What PyMySQL reads, for the other clients to be compared with."""
    return {}


@pytest.mark.long
@pytest.mark.parametrize("client", clients.CLIENTS)
def test_every_client_reads_what_is_published_as_declared(
    road: Road, client: str, wanted: dict[str, clients.Result]
) -> None:
    # Without the calendar, which is most of the rows.
    tables = {name: table for name, table in catalog.read().tables.items() if name != "dim_date"}
    with clients.reader_account(ServingUrl.parse(road.url or ""), "serving") as reader:
        try:
            compared = clients.compare(client, reader, "serving", tables, wanted)
        except clients.ClientAbsent as absent:
            pytest.skip(str(absent))
    assert compared.faults == []
    assert compared.views == len(tables) > 50
    assert compared.rows > 1_000


def test_dirty_rows_are_rejected_quarantined_or_inferred_and_counted(road: Road, answers: dict[str, Any]) -> None:
    planted = [line["defect"].split(":")[0] for line in answers["dirt"]]
    with duckdb.connect(str(road.home / "warehouse.duckdb"), read_only=True) as con:
        rejected = con.execute("SELECT count(*) FROM landing.reject").fetchone()[0]
        held = sum(
            con.execute(f"SELECT count(*) FROM quarantine.ehr__{table}").fetchone()[0]
            for table in ("patients", "diagnoses", "medications", "lab_results", "outcomes")
        )
        days = con.execute("SELECT violation FROM quarantine.ehr__outcomes").fetchall()
    assert (rejected, held) == (planted.count("rejected"), planted.count("quarantined"))
    assert days == [("days_to_readmission '28.6' is not a valid BIGINT",)]
    assert road.query("SELECT COUNT(*) FROM serving.dim_patient WHERE is_inferred = 1") == [
        (planted.count("inferred"),)
    ]


def sound_rows(planted: Path, answers: dict[str, Any], table: str) -> list[dict[str, str]]:
    """The rows of a planted file, without the dirty ones."""
    dirty = {line["line"] for line in answers["dirt"] if line["file"] == table}
    lines = (planted / f"{table}.csv").read_text(encoding="utf-8-sig").splitlines()
    return list(csv.DictReader(line for number, line in enumerate(lines, 1) if number not in dirty))


def test_what_no_source_tells_is_null_and_no_row_is_made_up(road: Road, planted: Path, answers: dict[str, Any]) -> None:
    told = road.query(
        "SELECT COUNT(claim_amount) + COUNT(payer_paid) + COUNT(noncovered_cost), COUNT(*) - COUNT(charge_amount), "
        "SUM(cost_basis <> 'charge') FROM serving.fact_encounter"
    )
    assert told == [(0, 0, 0)]
    assert road.query("SELECT COUNT(*) FROM serving.fact_procedure") == [(0,)]
    stays = sound_rows(planted, answers, "outcomes")
    ages = {row["patient_id"]: row["age"] for row in sound_rows(planted, answers, "patients")}
    expected = Counter("source" if ages.get(row["patient_id"]) else "unknown" for row in stays)
    assert dict(road.query("SELECT age_basis, COUNT(*) FROM serving.fact_encounter GROUP BY 1")) == expected
    labels = road.query(
        "SELECT disposition_label FROM serving.dim_discharge_disposition WHERE disposition_group = 'unknown'"
    )
    unlisted = {row["discharge_disposition"].lower() for row in stays}
    unlisted -= {row["disposition_code"] for row in families.seed("discharge_disposition")}
    members = [row["member_label"] for row in families.seed("unknown_member")]
    assert sorted(label for (label,) in labels) == sorted([*members, *unlisted])


def test_the_dashboard_says_in_words_what_the_patient_records_do_not_tell(road: Road, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert road.run("warehouse", "dashboard", "--out", page) == 0, road.output
    html = page.read_text(encoding="utf-8")
    assert "Patient records" in html and "Synthea export" not in html
    for words in ("These files deliver no claims.", "These files code no reason of a return."):
        assert f"<dd>{words}</dd>" in html
    assert "<dt>Figures without a value</dt><dd>Claims of all encounters;" in html
    assert road.run("warehouse", "dashboard", "nobody") == 1
    assert "serving__nobody" in road.output and "`make plan ENV=nobody`" in road.output


def test_results_at_any_time_are_more_than_those_within_the_stay(road: Road) -> None:
    within, any_time = road.query("SELECT SUM(n_results), SUM(n_results_any_time) FROM serving.agg_lab_by_stay")[0]
    assert 0 < within < any_time


COUNTS_JOIN = "  LEFT JOIN star.agg_lab_by_stay AS lab\n"
NAIVE_JOIN = "  LEFT JOIN star.fact_lab_result AS lab_row\n    ON lab_row.stay_key = s.stay_key\n"
MUTATIONS: dict[str, tuple[str, Callable[[str], str], str]] = {
    "labs joined to stays before aggregating": (
        "models/mart/mart_readmission_risk.sql",
        lambda text: text.replace(COUNTS_JOIN, NAIVE_JOIN + COUNTS_JOIN),
        "no_fan_out",
    ),
    "weights that do not add up to 1": (
        "models/star/bridge_stay_diagnosis.sql",
        lambda text: text.replace("@EVEN_SHARE(n.row_place, n.n_rows) AS", "(1.0 / n.n_rows)::DECIMAL(9, 6) AS"),
        "weights_add_up",
    ),
    "both forms of diabetes count": (
        "models/core/int_charlson_category.sql",
        lambda text: text.replace(
            "    THEN 0\n    ELSE 1\n  END AS is_counted", "    THEN 1\n    ELSE 1\n  END AS is_counted"
        ),
        "hierarchy_is_applied",
    ),
    "a hierarchy dropped from the categories": (
        "seeds/charlson_category.csv",
        lambda text: text.replace(",liver,1,", ",,,").replace(",liver,2,", ",,,"),
        "charlson_maxima_hold",
    ),
    "a result without a flag read as normal": (
        "models/star/fact_lab_result.sql",
        lambda text: text.replace("r.is_abnormal::SMALLINT", "COALESCE(r.is_abnormal, 0)::SMALLINT"),
        "nulls_preserved",
    ),
    "days to readmission filled with 0": (
        "models/star/fact_inpatient_stay.sql",
        lambda text: text.replace("s.days_to_readmission::INT", "COALESCE(s.days_to_readmission, 0)::INT"),
        "nulls_preserved",
    ),
    "an item of a list lost": (
        "models/staging/ehr/stg_ehr__visit_diagnoses.sql",
        lambda text: text.replace("GENERATE_SERIES(1, GREATEST", "GENERATE_SERIES(2, GREATEST"),
        "listed_items_preserved",
    ),
}


IN_EVERY_RUN = "labs joined to stays before aggregating"


@pytest.mark.parametrize(
    "mutation", [pytest.param(name, marks=() if name == IN_EVERY_RUN else pytest.mark.long) for name in MUTATIONS]
)
def test_a_mutation_is_stopped_by_its_audit(road: Road, mutation: str) -> None:
    file, change, audit = MUTATIONS[mutation]
    path = road.folder / file
    original = path.read_text(encoding="utf-8")
    mutated = change(original)
    assert mutated != original
    before = road.shown()
    try:
        path.write_text(mutated, encoding="utf-8")
        assert road.plan() != 0, road.output
    finally:
        path.write_text(original, encoding="utf-8")
    assert f"Audit {audit} failed" in road.output, road.output
    assert road.shown() == before


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory, serving_url: str) -> Iterator[Road]:
    """The real file of stays, alone."""
    data = shared_data()
    if data is None:
        pytest.skip("the real outcomes file is not here (WAREHOUSE_SHARED_DATA, or ../shared/data beside the project)")
    made = Road(tmp_path_factory.mktemp("outcomes") / "project", serving_url)
    made.land(data / "ehr_outcomes")
    assert made.plan() == 0, made.output
    yield made


@pytest.mark.long
class TestOutcomes:
    """The figures that domain tables state of the real outcomes file."""

    def test_stays_lengths_and_nulls(self, outcomes: Road) -> None:
        n, mean, wrong, missing = outcomes.query(
            "SELECT COUNT(*), AVG(los_midnights), SUM(los_midnights <> src_los_days), "
            "SUM(src_days_to_readmission IS NULL) FROM serving.fact_inpatient_stay"
        )[0]
        assert (n, round(mean, 3), wrong, missing) == (11_001, Decimal("5.238"), 0, 9_358)

    def test_mortality(self, outcomes: Road) -> None:
        row = outcomes.query(
            "SELECT n_stays, n_deaths, mortality, mortality_ci_low, mortality_ci_high, mean_los_days "
            "FROM serving.v_insurance_outcomes WHERE organization_key = -2 AND slice = 'all'"
        )[0]
        assert row[:2] == (11_001, 136)
        assert [round(share * 100, 2) for share in row[2:5]] == [Decimal("1.24"), Decimal("1.05"), Decimal("1.46")]
        assert round(row[5], 3) == Decimal("5.238")

    @pytest.mark.parametrize(("code", "denominator", "value"), [("R8", 10_865, "15.12"), ("R8_RAW", 11_001, "14.94")])
    def test_readmission_by_the_flag(self, outcomes: Road, code: str, denominator: int, value: str) -> None:
        row = outcomes.query(
            f"SELECT numerator, denominator, value FROM serving.v_readmission_ladder WHERE definition_code = '{code}'"
        )[0]
        assert row[:2] == (1_643, denominator)
        assert round(row[2] * 100, 2) == Decimal(value)

    def test_charges_follow_neither_group_nor_days(self, outcomes: Road) -> None:
        eta, omega, f, r, slope, icu, verdict = outcomes.query(
            "SELECT eta_squared, omega_squared, f_statistic, correlation_los, slope_per_day, icu_difference, verdict "
            "FROM serving.v_drg_test WHERE organization_key = -2 AND drg_code = 'all'"
        )[0]
        assert (round(omega, 6), round(f, 4)) == (Decimal("0.000023"), Decimal("1.0507"))
        assert (round(eta, 5), round(r, 3), round(slope)) == (Decimal("0.00048"), Decimal("0.010"), 41)
        assert (round(icu), verdict) == (18_873 - 18_209, "independent")
        spread = [
            float(cv)
            for (cv,) in outcomes.query(
                "SELECT coefficient_of_variation FROM serving.v_drg_test "
                "WHERE organization_key = -2 AND drg_code <> 'all'"
            )
        ]
        assert len(spread) == 6
        assert (round(min(spread), 2), round(max(spread), 2)) == (0.88, 0.97)

    def test_days_of_intensive_care_longer_than_the_stay_are_kept(self, outcomes: Road) -> None:
        assert outcomes.query("SELECT SUM(icu_days > los_midnights) FROM serving.fact_inpatient_stay") == [(88,)]

    def test_without_diagnoses_there_is_no_score_and_all_charges_are_unknown(self, outcomes: Road) -> None:
        assert outcomes.query("SELECT COUNT(cci_1987) FROM serving.fact_inpatient_stay") == [(0,)]
        unknown = outcomes.query(
            "SELECT diagnosis_key, n_stays, share_of_charges FROM serving.v_charge_by_diagnosis_weighted"
        )
        assert unknown == [(-1, 11_001, Decimal(1))]
