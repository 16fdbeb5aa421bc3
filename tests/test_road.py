"""The whole road on a real server: land, plan, see MySQL; change nothing, nothing moves; deliver badly, MySQL stays."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from publisher.url import ServingUrl
from road import Road, rewritten, shared_data
from workbench import sample

pytestmark = pytest.mark.serving

LAYERS = {
    "deathdate": (
        "SELECT count(*) FROM raw.synthea__patients WHERE deathdate IS NULL",
        "SELECT count(*) FROM staging.stg_synthea__patients WHERE death_date IS NULL",
        "SELECT count(*) FROM star.dim_patient WHERE death_date IS NULL AND patient_key > 0",
        "SELECT COUNT(*) FROM serving.dim_patient WHERE death_date IS NULL AND patient_key > 0",
    ),
    "zip": (
        "SELECT count(*) FROM raw.synthea__patients WHERE zip IS NULL",
        "SELECT count(*) FROM staging.stg_synthea__patients WHERE zip5 IS NULL",
        "SELECT count(*) FROM star.dim_patient WHERE zip5 IS NULL AND patient_key > 0",
        "SELECT COUNT(*) FROM serving.dim_patient WHERE zip5 IS NULL AND patient_key > 0",
    ),
    "encounter reason": (
        "SELECT count(*) FROM raw.synthea__encounters WHERE reasoncode IS NULL",
        "SELECT count(*) FROM staging.stg_synthea__encounters WHERE reason_code IS NULL",
        "SELECT count(*) FROM star.fact_encounter WHERE reason_diagnosis_key = -1",
        "SELECT COUNT(*) FROM serving.fact_encounter WHERE reason_diagnosis_key = -1",
    ),
    "procedure reason": (
        "SELECT count(*) FROM raw.synthea__procedures WHERE reasoncode IS NULL",
        "SELECT count(*) FROM staging.stg_synthea__procedures WHERE reason_code IS NULL",
        "SELECT count(*) FROM star.fact_procedure WHERE reason_diagnosis_key = -1",
        "SELECT COUNT(*) FROM serving.fact_procedure WHERE reason_diagnosis_key = -1",
    ),
    "patients": (
        "SELECT count(*) FROM raw.synthea__patients",
        "SELECT count(*) FROM staging.stg_synthea__patients",
        "SELECT count(*) FROM star.dim_patient WHERE patient_key > 0",
        "SELECT COUNT(*) FROM serving.dim_patient WHERE patient_key > 0",
    ),
    "encounters": (
        "SELECT count(*) FROM raw.synthea__encounters",
        "SELECT count(*) FROM staging.stg_synthea__encounters",
        "SELECT count(*) FROM star.fact_encounter",
        "SELECT COUNT(*) FROM serving.fact_encounter",
    ),
    "procedures": (
        "SELECT count(*) FROM raw.synthea__procedures",
        "SELECT count(*) FROM staging.stg_synthea__procedures",
        "SELECT count(*) FROM star.fact_procedure",
        "SELECT COUNT(*) FROM serving.fact_procedure",
    ),
    "claims": (
        "SELECT sum(total_claim_cost::DECIMAL(14, 2)) FROM raw.synthea__encounters",
        "SELECT sum(claim_amount) FROM staging.stg_synthea__encounters",
        "SELECT sum(claim_amount) FROM star.fact_encounter",
        "SELECT SUM(claim_amount) FROM serving.fact_encounter",
    ),
}
"""One count through every layer: raw, staging, star (DuckDB) and serving (MySQL)."""


def through_the_layers(road: Road, name: str) -> list[Decimal]:
    *in_duckdb, in_mysql = LAYERS[name]
    with duckdb.connect(str(road.home / "warehouse.duckdb"), read_only=True) as con:
        counts = [con.execute(sql).fetchone()[0] for sql in in_duckdb]
    return [*counts, road.query(in_mysql)[0][0]]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good") / "delivery"
    sample.generate("hospital", 0.1, folder)
    return folder


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory, serving_url: str, good: Path) -> Iterator[Road]:
    """A warehouse that has published the good delivery to prod."""
    made = Road(tmp_path_factory.mktemp("road") / "project", serving_url)
    made.land(good)
    assert made.plan(tests=True) == 0, made.output
    yield made


def test_the_answers_of_the_generator_are_what_mysql_shows(road: Road, good: Path) -> None:
    answers = json.loads((good / "answers.json").read_text(encoding="utf-8"))
    for name in ("patients", "encounters", "procedures"):
        assert set(through_the_layers(road, name)) == {answers["rows"][name]}, name
    assert set(through_the_layers(road, "encounter reason")) == {answers["nulls"]["encounters"]["REASONCODE"]}
    assert set(through_the_layers(road, "procedure reason")) == {answers["nulls"]["procedures"]["REASONCODE"]}
    assert set(through_the_layers(road, "deathdate")) == {answers["nulls"]["patients"]["DEATHDATE"]}
    assert set(through_the_layers(road, "zip")) == {answers["nulls"]["patients"]["ZIP"]}
    shown = {
        code: (numerator, denominator)
        for code, numerator, denominator in road.query(
            "SELECT definition_code, numerator, denominator FROM serving.v_readmission_ladder "
            "WHERE definition_code NOT LIKE 'R6\\_%'"
        )
    }
    planted = {row["code"]: (row["numerator"], row["denominator"]) for row in answers["readmission"]}
    flags_of_another_feed = {"R8": (None, None), "R8_RAW": (None, None)}
    assert (
        shown
        == {code: planted[code] for code in ("R0", "R1", "R2", "R3", "R4", "R5", "R6", "R7")} | flags_of_another_feed
    )


def test_mysql_has_keys_indexes_comments_and_no_text_without_a_width(road: Road) -> None:
    tables = dict(
        road.query(
            "SELECT table_name, table_comment FROM information_schema.tables "
            "WHERE table_schema = 'sqlmesh__serving' AND table_type = 'BASE TABLE' AND table_name LIKE '%\\_\\_%'"
        )
    )
    assert {name.split("__")[0] for name in tables} == {name for name in road.views() if not name.startswith("v_")}
    assert all(tables.values())
    keyed = {
        name
        for (name,) in road.query(
            "SELECT DISTINCT table_name FROM information_schema.statistics "
            "WHERE table_schema = 'sqlmesh__serving' AND index_name = 'PRIMARY' AND table_name LIKE '%\\_\\_%'"
        )
    }
    assert keyed == set(tables)
    columns = road.query(
        "SELECT c.table_name, c.column_name, c.column_type, c.column_comment FROM information_schema.columns AS c "
        "JOIN information_schema.tables AS t USING (table_schema, table_name) "
        "WHERE c.table_schema = 'sqlmesh__serving' AND t.table_type = 'BASE TABLE' AND c.table_name LIKE '%\\_\\_%'"
    )
    assert [row for row in columns if not row[3]] == []
    unfit = re.compile(r"text|tinyint|unsigned|blob|^varchar\(\D")
    assert [row for row in columns if unfit.search(row[2])] == []


def test_the_same_plan_again_moves_nothing(road: Road, good: Path) -> None:
    before = road.shown()
    road.land(good)
    counters, started = road.writes(), time.monotonic()
    assert road.plan() == 0, road.output
    seconds = time.monotonic() - started
    assert road.writes() == counters
    assert "No changes to plan: project files match the `prod` environment" in road.output, road.output
    assert road.shown() == before
    print(f"the same plan again took {seconds:.1f} s")


def duplicated_encounter(text: str) -> str:
    return text.rstrip("\r\n") + "\r\n" + text.splitlines()[1]


def orphan_procedure(text: str) -> str:
    header, first, *rest = text.split("\r\n")
    fields = first.split(",")
    fields[3] = "00000000-dead-beef-0000-000000000000"
    return "\r\n".join([header, ",".join(fields), *rest])


def death_filled_with(day: str) -> Callable[[str], str]:
    def fill(text: str) -> str:
        header, *rows = text.split("\r\n")
        filled = []
        for row in rows:
            fields = row.split(",")
            fields[2] = fields[2] or day
            filled.append(",".join(fields))
        return "\r\n".join([header, *filled])

    return fill


SENTINEL, FILLED = death_filled_with("1900-01-01"), death_filled_with("2012-06-30")
BAD_DELIVERIES = [
    ("encounters.csv", duplicated_encounter, "unique_grain", "staging.stg_synthea__encounters", "encounter_id"),
    ("patients.csv", SENTINEL, "no_fill_dates", "staging.stg_synthea__patients", "1900-01-01"),
    ("patients.csv", FILLED, "starts_after_death_within_limit", "core.int_encounter", "encounters_after_death"),
    (
        "procedures.csv", orphan_procedure, "references_resolve_in_source", "staging.stg_synthea__procedures",
        "00000000-dead-beef",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "change", "audit", "model", "sample_row"),
    [
        pytest.param(*BAD_DELIVERIES[0], id="duplicated encounter id"),
        pytest.param(*BAD_DELIVERIES[1], id="NULL turned into a sentinel", marks=pytest.mark.long),
        pytest.param(*BAD_DELIVERIES[2], id="NULL turned into a date", marks=pytest.mark.long),
        pytest.param(*BAD_DELIVERIES[3], id="orphan procedure", marks=pytest.mark.long),
    ],
)
def test_a_bad_delivery_names_the_audit_and_leaves_mysql_as_it_was(
    road: Road,
    good: Path,
    tmp_path: Path,
    file: str,
    change: Callable[[str], str],
    audit: str,
    model: str,
    sample_row: str,
) -> None:
    before = road.shown()
    road.land(rewritten(good, tmp_path / "bad", file, change))
    code = road.plan()
    assert code != 0
    assert f"Audit {audit} failed on {model}" in road.output, road.output
    assert sample_row in road.output
    assert road.shown() == before


def test_delivering_the_good_files_again_rebuilds_nothing(road: Road, good: Path) -> None:
    before = road.shown()
    road.land(good)
    counters = road.writes()
    assert road.run("warehouse", "plan") == 0, road.output
    assert "0 models built" in road.output, road.output
    assert road.shown() == before
    sent = ("Com_load", "Com_insert", "Com_create_table", "Com_rename_table")
    assert {name: road.writes()[name] for name in sent} == {name: counters[name] for name in sent}


@pytest.mark.long
def test_a_new_delivery_reaches_mysql_and_the_old_one_brings_the_old_rows_back(
    road: Road, good: Path, tmp_path: Path
) -> None:
    before = road.shown()
    renamed = rewritten(good, tmp_path / "new", "payers.csv", lambda text: text.replace("Humana", "Humana Gold"))
    road.land(renamed)
    assert road.plan() == 0, road.output
    assert ("Humana Gold",) in road.query("SELECT payer_name FROM serving.dim_payer")
    road.land(good)
    assert road.run("warehouse", "plan") == 0, road.output
    assert "0 models built" in road.output
    assert road.shown() == before


@pytest.mark.long
def test_dev_shows_an_edit_prod_does_not_until_promoted_and_nothing_stays_behind(road: Road) -> None:
    before = road.shown()
    model = road.folder / "models" / "serving" / "v_cost_by_class.sql"
    original = model.read_text(encoding="utf-8")
    try:
        model.write_text(original.replace("d.class_label,", "UPPER(d.class_label) AS class_label,"), encoding="utf-8")
        assert road.plan("dev") == 0, road.output
        in_dev = {label for (label,) in road.query("SELECT class_label FROM serving__dev.v_cost_by_class")}
        assert "INPATIENT" in in_dev
        assert road.views("serving__dev") == road.views(), "a report that is pointed at dev finds every table"
        page = road.folder / "dev.html"
        assert road.run("warehouse", "dashboard", "dev", "--out", page) == 0, road.output
        html = page.read_text(encoding="utf-8")
        assert "schema <b>serving__dev</b>" in html
        assert "<dd>These files name no diagnosis-related group (DRG).</dd>" in html
        assert road.shown() == before

        assert road.plan() == 0, road.output
        in_prod = {label for (label,) in road.query("SELECT class_label FROM serving.v_cost_by_class")}
        assert in_prod == in_dev
    finally:
        model.write_text(original, encoding="utf-8")

    assert road.plan() == 0, road.output
    assert road.shown() == before
    assert road.run("sqlmesh", "invalidate", "dev") == 0, road.output
    assert road.run("warehouse", "janitor", "--ignore-ttl") == 0, road.output
    assert road.views("serving__dev") == []
    schemas = {name for (name,) in road.query("SHOW DATABASES")}
    assert "serving__dev" not in schemas
    behind = {
        target
        for view, (text, _) in road.shown().items()
        for target in re.findall(r"`sqlmesh__serving`\.`(\w+)`", text)
    }
    kept = set(road.views("sqlmesh__serving"))
    read_by_views = set()
    for view in (name for name in kept if name.startswith("v_")):
        (row,) = road.query(f"SHOW CREATE VIEW sqlmesh__serving.`{view}`")
        read_by_views |= set(re.findall(r"`sqlmesh__serving`\.`(\w+)`", row[1]))
    assert kept == behind | read_by_views
    assert road.shown() == before


@pytest.mark.long
def test_other_words_about_a_table_leave_its_rows_as_they_are(road: Road) -> None:
    """A change of description keeps the version, and SQLMesh then asks for the table to be altered to fit."""
    rows = {view: digest for view, (_, digest) in road.shown().items()}
    model = road.folder / "models" / "star" / "dim_payer.sql"
    original = model.read_text(encoding="utf-8")
    try:
        model.write_text(original.replace("Payers and their category.", "Who pays, by category."), encoding="utf-8")
        assert road.plan() == 0, road.output
        assert {view: digest for view, (_, digest) in road.shown().items()} == rows
    finally:
        model.write_text(original, encoding="utf-8")
    assert road.plan() == 0, road.output
    assert {view: digest for view, (_, digest) in road.shown().items()} == rows


def test_status_says_what_each_environment_reads(road: Road, good: Path) -> None:
    road.land(good)
    assert road.run("warehouse", "status") == 0, road.output
    lines = [line for line in road.output.splitlines() if "synthea__patients__" in line and "prod" in line]
    assert len(lines) == 1
    assert "next plan" in lines[0]


def test_the_password_is_in_no_state_and_on_no_screen(road: Road) -> None:
    password = ServingUrl.parse(road.url or "").password
    if not password:
        pytest.skip("the server of SERVING_TEST_URL has an account without a password")
    assert password not in road.output
    for file in road.home.rglob("*"):
        if file.is_file() and file.parent.name != "server":
            assert password.encode() not in file.read_bytes(), file


@pytest.fixture(scope="module")
def maven(tmp_path_factory: pytest.TempPathFactory, serving_url: str) -> Iterator[Road]:
    data = shared_data()
    if data is None:
        pytest.skip("the real Maven files are not here (WAREHOUSE_SHARED_DATA, or ../shared/data beside the project)")
    made = Road(tmp_path_factory.mktemp("maven") / "project", serving_url)
    made.land(data / "maven_mgh")
    assert made.plan() == 0, made.output
    yield made


@pytest.mark.long
class TestMaven:
    """The real hospital's files, as domain tables state their figures."""

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("patients", 974),
            ("encounters", 27_891),
            ("procedures", 47_701),
            ("claims", Decimal("101514375.52")),
            ("deathdate", 820),
            ("zip", 142),
            ("encounter reason", 19_541),
            ("procedure reason", 36_945),
        ],
    )
    def test_every_layer_agrees(self, maven: Road, name: str, expected: int | Decimal) -> None:
        assert through_the_layers(maven, name) == [expected] * 4

    def test_lost_zeros_are_back_and_mangled_names_are_repaired_and_marked(self, maven: Road) -> None:
        zips = dict(maven.query("SELECT payer_name, zip5 FROM serving.dim_payer WHERE payer_key > 0"))
        assert (zips["Aetna"], zips["Cigna Health"], zips["NO_INSURANCE"]) == ("06156", "06002", None)
        names = maven.query(
            "SELECT patient_name FROM serving.dim_patient WHERE is_text_repaired = 1 AND patient_key > 0"
        )
        assert len(names) == 47
        assert not [name for (name,) in names if re.search("[√0-9]", name)]
        assert any("José" in name for (name,) in names)

    @pytest.mark.parametrize(
        ("code", "numerator", "denominator", "value"),
        [
            ("R0", 286, 634, "0.451104"),
            ("R1", 286, 920, "0.310870"),
            ("R2", 685, 838, "0.817422"),
            ("R3", 284, 838, "0.338902"),
            ("R4", 248, 802, "0.309227"),
            ("R5", 6, 805, "0.007453"),
            ("R6", 3, 84, "0.035714"),
        ],
    )
    def test_readmission_ladder(self, maven: Road, code: str, numerator: int, denominator: int, value: str) -> None:
        rung = maven.query(
            "SELECT numerator, denominator, value, ci_low, ci_high FROM serving.v_readmission_ladder "
            f"WHERE definition_code = '{code}'"
        )[0]
        assert rung[:3] == (numerator, denominator, Decimal(value))
        if code == "R0":
            assert rung[3:] == (None, None)
        if code == "R6":
            assert [round(float(end), 3) for end in rung[3:]] == [0.012, 0.1]

    def test_noncovered_cost(self, maven: Road) -> None:
        total, uninsured, zero_paid, partial = maven.query(
            "SELECT SUM(noncovered_cost), SUM(uninsured_gap), SUM(insured_zero_paid_gap), SUM(partial_gap) "
            "FROM serving.v_noncovered_by_payer"
        )[0]
        assert (total, uninsured) == (Decimal("70416868.53"), Decimal("49259290.16"))
        assert uninsured + zero_paid + partial == total
        assert [round(amount / 1_000_000, 2) for amount in (zero_paid, partial)] == [Decimal("13.84"), Decimal("7.32")]
        share = maven.query("SELECT share_of_gap FROM serving.v_noncovered_by_payer WHERE payer_name = 'NO_INSURANCE'")
        assert round(share[0][0] * 100, 2) == Decimal("69.95")

    def test_length_of_stay_before_merging_is_as_published(self, maven: Road) -> None:
        unmerged = dict(
            maven.query(
                "SELECT definition_version, ROUND(value, 4) FROM serving.mart_kpi WHERE metric_code = 'alos' "
                "AND definition_version IN ('reproduced', 'midnights_unmerged', 'elapsed_unmerged') "
                "AND period = 'all' AND organization_key = -2 AND slice = 'all'"
            )
        )
        assert unmerged == {
            "reproduced": Decimal("1.5295"), "midnights_unmerged": Decimal("1.5357"),
            "elapsed_unmerged": Decimal("1.5351"),
        }  # fmt: skip

    def test_mean_claim_by_class(self, maven: Road) -> None:
        means = dict(maven.query("SELECT class_code, ROUND(mean_claim_amount) FROM serving.v_cost_by_class"))
        assert means == {
            "inpatient": 7761, "urgentcare": 6369, "emergency": 4630, "wellness": 4261, "ambulatory": 2894,
            "outpatient": 2237,
        }  # fmt: skip
