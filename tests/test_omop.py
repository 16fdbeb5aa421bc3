"""Two OMOP databases, a published one and a derived one, landed as two feeds and counted again from their files.

It takes no SQL, and no code of the project but its code lists. Both hold what the standard leaves open: in the derived
one stays end on the day that they begin, while the details of visits say when; and costs are of details, not visits.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from statistics import fmean, median
from typing import Any

import duckdb
import pytest

from loader import contracts
from road import Road, shared_data
from workbench import families

pytestmark = pytest.mark.long

SAMPLES = {"nj": "synthea27nj", "ma": "dbt_synthea_ma"}
"""The feeds, and the folders of ../shared/data/omop that they come from."""

INPATIENT = {"9201", "262"}
CLASSES = {"9201": "inpatient", "262": "inpatient", "9202": "outpatient", "9203": "emergency"}
FINDINGS = {"Clinical Finding", "Context-dependent", "Social Context"}
Row = dict[str, str]


def read(file: Path) -> list[Row]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return [{name.lower(): value for name, value in row.items()} for row in csv.DictReader(lines)]


@dataclass(frozen=True)
class Visit:
    """One visit with the span that its details give it."""

    id: str
    person: str
    concept: str
    start: datetime
    stop: datetime

    @property
    def days(self) -> int:
        return (self.stop.date() - self.start.date()).days


class Files:
    """One database, table by table, whatever case its files are named in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = {path.stem.lower(): path for path in sorted(folder.glob("*.csv"))}

    def __getitem__(self, table: str) -> list[Row]:
        return read(self.files[table])

    @cached_property
    def concepts(self) -> dict[str, Row]:
        return {row["concept_id"]: row for row in self["concept"]}

    @cached_property
    def deaths(self) -> dict[str, date]:
        return {row["person_id"]: date.fromisoformat(row["death_date"]) for row in self["death"]}

    @cached_property
    def births(self) -> dict[str, date]:
        return {
            row["person_id"]: date(*(int(row[f"{part}_of_birth"]) for part in ("year", "month", "day")))
            for row in self["person"]
        }

    @cached_property
    def visits(self) -> dict[str, Visit]:
        details = defaultdict(list)
        for row in self["visit_detail"]:
            details[row["visit_occurrence_id"]].append(
                [moment(row, "visit_detail_start"), moment(row, "visit_detail_end")]
            )
        found = {}
        for row in self["visit_occurrence"]:
            start, stop = moment(row, "visit_start"), moment(row, "visit_end")
            for first, last in details[row["visit_occurrence_id"]]:
                if first.date() < start.date() or (is_day(start) and first.date() == start.date()):
                    start = first
                if last.date() > stop.date() or (is_day(stop) and last.date() == stop.date()):
                    stop = last
            visit = Visit(row["visit_occurrence_id"], row["person_id"], row["visit_concept_id"], start, stop)
            found[visit.id] = visit
        return found

    @cached_property
    def stays(self) -> list[Visit]:
        """Inpatient visits; those of a person that overlap or touch on one day are one stay: no visit names a site."""
        stays: list[Visit] = []
        inpatient = [visit for visit in self.visits.values() if visit.concept in INPATIENT]
        for visit in sorted(inpatient, key=lambda visit: (visit.person, visit.start, visit.stop, visit.id)):
            last = stays[-1] if stays else None
            if last and last.person == visit.person and visit.start.date() <= last.stop.date():
                stays[-1] = Visit(last.id, last.person, last.concept, last.start, max(last.stop, visit.stop))
            else:
                stays.append(visit)
        return stays

    def readmissions(self, gap: int = 0, window: int | None = 30) -> list[bool]:
        """Whether each stay is followed by another within the window; a gap of a night or so belongs to the stay."""
        joined: list[Visit] = []
        for stay in self.stays:
            last = joined[-1] if joined else None
            if last and last.person == stay.person and (stay.start.date() - last.stop.date()).days <= gap:
                joined[-1] = Visit(last.id, last.person, last.concept, last.start, stay.stop)
            else:
                joined.append(stay)
        following = zip(joined, [*joined[1:], None], strict=True)
        return [
            after is not None
            and after.person == stay.person
            and (window is None or (after.start.date() - stay.stop.date()).days <= window)
            for stay, after in following
        ]

    @cached_property
    def diagnoses(self) -> list[tuple[str, str, date]]:
        """Person, code and day: the conditions, and the observations of their kind that have no value."""
        conditions = [
            (row["person_id"], row["condition_source_value"], date.fromisoformat(row["condition_start_date"]))
            for row in self["condition_occurrence"]
        ]
        findings = [
            (row["person_id"], row["observation_source_value"], date.fromisoformat(row["observation_date"]))
            for row in self["observation"]
            if self.concepts[row["observation_concept_id"]]["concept_class_id"] in FINDINGS
            and self.concepts[row["observation_concept_id"]]["vocabulary_id"] == "SNOMED"
            and row["value_as_number"] + row["value_as_string"] == ""
            and row["value_as_concept_id"] in ("", "0")
        ]
        return conditions + findings

    def charlson(self, person: str, weights: str, until: date = date.max) -> int | None:
        """The index of a person's diagnoses up to a day; None where there is none."""
        codes = {code for who, code, day in self.diagnoses if who == person and day <= until}
        lists = [row for row in families.seed("charlson") if row["include_default"] == "1"]
        has = {
            row["category_key"] for row in lists if row["code_system"] == "SNOMED CT" and row["code_prefix"] in codes
        }
        categories = [row for row in families.seed("charlson_category") if row["category_key"] in has]
        worst = {row["hierarchy_group"]: row["hierarchy_rank"] for row in sorted(categories, key=by_rank)}
        counting = [row for row in categories if worst[row["hierarchy_group"]] == row["hierarchy_rank"]]
        return sum(int(row[weights]) for row in counting) if codes else None

    def age(self, person: str, day: date) -> int:
        born = self.births[person]
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    @cached_property
    def claims(self) -> dict[str, tuple[float, float]]:
        """What was claimed for each visit and what its payer paid: the maker of these tables names the detail."""
        visit_of = {row["visit_detail_id"]: row["visit_occurrence_id"] for row in self["visit_detail"]}
        return {
            visit_of[row["cost_event_id"]]: (float(row["total_cost"]), float(row["paid_by_payer"]))
            for row in self["cost"]
            if row["cost_domain_id"] == "Visit"
        }

    def cost(self, domain: str, column: str) -> float:
        return sum(float(row[column] or 0) for row in self["cost"] if row["cost_domain_id"] == domain)

    @cached_property
    def results(self) -> list[Row]:
        return [
            row
            for row in self["measurement"]
            if self.concepts[row["measurement_concept_id"]]["concept_class_id"] == "Lab Test"
        ]


def by_rank(row: Row) -> int:
    return int(row["hierarchy_rank"] or 0)


def moment(row: Row, name: str) -> datetime:
    return datetime.fromisoformat(row[f"{name}_datetime"] or row[f"{name}_date"])


def is_day(at: datetime) -> bool:
    return at.time() == time.min


def age_points(age: int) -> int:
    (row,) = [
        row
        for row in families.seed("charlson_age_points")
        if row["min_age"] and int(row["min_age"]) <= age <= int(row["max_age"] or 999)
    ]
    return int(row["age_points"])


def figures(files: Files) -> dict[str, float | None]:
    """Every figure that is counted again, by metric and version; None is a figure that the files cannot tell."""
    stays, dead = files.stays, files.deaths
    lengths = [max(stay.days, 1) for stay in stays]
    has_times = all(not is_day(at) for visit in files.visits.values() for at in (visit.start, visit.stop))
    hours = [(stay.stop - stay.start).total_seconds() / 86400 for stay in stays]
    last_day = max(visit.stop.date() for visit in files.visits.values())
    followed = [stay for stay in stays if (last_day - stay.stop.date()).days >= 30]
    scores = {
        weights: [
            (score, files.age(stay.person, stay.start.date()))
            for stay in stays
            if (score := files.charlson(stay.person, weights, stay.start.date())) is not None
        ]
        for weights in ("weight_charlson_1987", "weight_quan_2011")
    }
    told: dict[str, float | None] = {
        "encounters/count": len(files.visits),
        "stays/count": len(stays),
        "alos/days_cms": fmean(lengths),
        "alos/midnights": fmean(stay.days for stay in stays),
        "alos/median": median(lengths),
        "alos/elapsed": fmean(hours) if has_times else None,
        "readmission/R2": fmean(files.readmissions(window=None)),
        "readmission/R3": fmean(files.readmissions()),
        "readmission/R4": fmean(files.readmissions(gap=1)),
        "mortality/in_hospital": fmean(dead.get(stay.person, date.max) <= stay.stop.date() for stay in stays),
        "mortality/within_30d": fmean((dead.get(s.person, date.max) - s.stop.date()).days <= 30 for s in followed),
        "charlson/1987": fmean(score for score, _ in scores["weight_charlson_1987"]),
        "charlson/quan_2011": fmean(score for score, _ in scores["weight_quan_2011"]),
        "charlson/age_adjusted": fmean(score + age_points(age) for score, age in scores["weight_charlson_1987"]),
    }
    has_costs = bool(files["cost"])
    claimed, paid = files.cost("Visit", "total_cost"), files.cost("Visit", "paid_by_payer")
    of_money = {
        "tcoc/total": claimed,
        "payer_paid/total": paid,
        "noncovered_cost/total": claimed - paid,
        "claim_per_encounter/mean": claimed / len(files.visits),
        "tcoc/per_patient": claimed / len({visit.person for visit in files.visits.values()}),
        "tcoc/with_drugs": claimed + files.cost("Drug", "total_cost"),
        "procedure_cost/list_price": files.cost("Procedure", "total_cost"),
    }
    return told | {name: value if has_costs else None for name, value in of_money.items()}


@dataclass(frozen=True)
class Landed:
    """Both feeds as they were published, with what was said as they landed."""

    files: dict[str, Files]
    said: dict[str, str]
    con: duckdb.DuckDBPyConnection

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.con.execute(sql, values).fetchall()


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Landed:
    """Both samples as two feeds of one warehouse, published to a DuckDB file."""
    data = shared_data()
    if data is None or not (data / "omop").is_dir():
        pytest.skip("the OMOP samples are not here: ../shared/data/omop")
    road = Road(tmp_path_factory.mktemp("omop") / "project", None)
    said = {}
    for feed, folder in SAMPLES.items():
        assert road.run("warehouse", "land", data / "omop" / folder, "--source", feed) == 0, road.output
        said[feed] = road.output
    assert road.plan() == 0, road.output
    con = duckdb.connect()
    con.execute(f"ATTACH '{road.home / 'warehouse.duckdb'}' AS warehouse (READ_ONLY)")
    con.execute(f"ATTACH '{road.home / 'published.duckdb'}' AS serving (READ_ONLY); USE serving.serving")
    return Landed({feed: Files(data / "omop" / folder) for feed, folder in SAMPLES.items()}, said, con)


FEEDS = pytest.mark.parametrize("feed", SAMPLES)


@FEEDS
def test_every_figure_that_is_counted_again_is_equal(landed: Landed, feed: str) -> None:
    expected = figures(landed.files[feed])
    got = dict(
        landed.query(
            "SELECT metric_code || '/' || definition_version, value::DOUBLE FROM mart_kpi WHERE source_system = ? "
            "AND period = 'all' AND organization_key = -2 AND slice = 'all'",
            feed,
        )
    )
    assert {name: got[name] for name in expected} == {
        name: value if value is None else pytest.approx(value, abs=1e-6) for name, value in expected.items()
    }


def test_the_figures_are_those_that_were_looked_at(landed: Landed) -> None:
    """A slip in both counts would hide itself; these were compared with the export that the derived one is made of."""
    nj, ma = (figures(landed.files[feed]) for feed in SAMPLES)
    assert [nj[name] for name in ("encounters/count", "stays/count", "tcoc/total")] == [1791, 13, None]
    assert [nj[name] for name in ("alos/days_cms", "readmission/R3", "mortality/within_30d", "charlson/1987")] == [
        pytest.approx(16 / 13), pytest.approx(1 / 13), pytest.approx(2 / 13), pytest.approx(4 / 13),
    ]  # fmt: skip
    assert [ma[name] for name in ("encounters/count", "stays/count", "readmission/R3")] == [604, 11, 0]
    assert [ma[name] for name in ("alos/days_cms", "tcoc/total", "payer_paid/total")] == [
        pytest.approx(14 / 11), pytest.approx(2259172.04), pytest.approx(285980.29),
    ]  # fmt: skip


@FEEDS
def test_persons_visits_and_events_are_all_there(landed: Landed, feed: str) -> None:
    files = landed.files[feed]

    def counted(table: str, where: str = "TRUE") -> int:
        ((count,),) = landed.query(f"SELECT COUNT(*) FROM {table} WHERE source_system = ? AND {where}", feed)
        return count

    assert counted("dim_patient") == len(files["person"])
    assert counted("dim_patient", "is_deceased = 1") == len(files.deaths)
    classes = landed.query("SELECT class_code, COUNT(*) FROM fact_encounter WHERE source_system = ? GROUP BY 1", feed)
    assert dict(classes) == Counter(CLASSES[visit.concept] for visit in files.visits.values())
    assert counted("fact_procedure") == len(files["procedure_occurrence"])
    assert counted("fact_medication") == len(files["drug_exposure"])
    assert counted("warehouse.input.condition") == len(files.diagnoses)
    assert counted("fact_lab_result") == len(files.results)
    assert counted("fact_lab_result", "NOT value_num IS NULL") == sum(
        row["value_as_number"] != "" for row in files.results
    )
    assert counted("warehouse.input.coverage") == len(files["payer_plan_period"])
    assert counted("warehouse.input.organization") == len(files["care_site"])


@FEEDS
def test_the_score_of_each_person_is_that_of_the_files(landed: Landed, feed: str) -> None:
    scores = landed.query(
        "SELECT p.patient_id, s.cci_1987, s.cci_quan_2011 FROM agg_charlson_by_patient AS s "
        "INNER JOIN dim_patient AS p ON p.patient_key = s.patient_key WHERE p.source_system = ?",
        feed,
    )
    files = landed.files[feed]
    assert {person: tuple(score) for person, *score in scores} == {
        row["person_id"]: tuple(
            files.charlson(row["person_id"], weights) for weights in ("weight_charlson_1987", "weight_quan_2011")
        )
        for row in files["person"]
    }
    assert any(score[1] for score in scores)


def test_a_claim_is_that_of_the_encounter_that_the_visit_was_made_of(landed: Landed) -> None:
    """The derived tables come with the ids of their source: its own claims, and the payers that it names."""
    files = landed.files["ma"]
    source = files.folder.parent.parent / "synthea_ohdsi"
    encounters = {row["id"]: row for row in read(source / "encounters.csv")}
    mapped = {row["visit_occurrence_id"]: encounters[row["encounter_id"]] for row in files["visit_encounter_map"]}
    published = landed.query(
        "SELECT encounter_id, claim_amount, payer_paid FROM fact_encounter WHERE source_system = 'ma'"
    )
    assert {visit: (float(claim), float(paid)) for visit, claim, paid in published} == {
        visit: (float(row["total_claim_cost"]), float(row["payer_coverage"])) for visit, row in mapped.items()
    }
    assert {visit: (float(claim), float(paid)) for visit, claim, paid in published} == files.claims
    names = {row["id"]: row["name"] for row in read(source / "payers.csv")}
    payers = landed.query(
        "SELECT e.encounter_id, p.payer_name FROM fact_encounter AS e "
        "INNER JOIN dim_payer AS p ON p.payer_key = e.payer_key WHERE e.source_system = 'ma'"
    )
    other = {visit: name for visit, name in payers if name != names[mapped[visit]["payer"]]}
    # One visit is before the first plan; and on a day that one plan ends and the next begins, the next one counts.
    assert sorted(name == "Unknown" for name in other.values()) == [False, True]


@FEEDS
def test_every_row_of_every_file_is_accounted_for(landed: Landed, feed: str) -> None:
    delivered = {name.removeprefix("omop__") for name in contracts.load() if name.startswith("omop__")}
    files = landed.files[feed]
    accounted = {}
    for table in sorted(delivered):
        path = files.files[table]
        ((rows_in, rows_landed, rejected),) = landed.query(
            "SELECT f.rows_in, f.rows_landed, f.rows_rejected FROM warehouse.landing.file AS f WHERE f.file_name = ? "
            "AND f.landed_table LIKE ?",
            path.name,
            f"omop__{table}__%",
        )
        ((raw,),) = landed.query(f"SELECT COUNT(*) FROM warehouse.raw.omop__{table} WHERE source_system = ?", feed)
        ((staged,),) = landed.query(
            f"SELECT COUNT(*) FROM warehouse.staging.stg_omop__{table} WHERE source_system = ?", feed
        )
        ((held,),) = landed.query(
            f"SELECT COUNT(*) FROM warehouse.quarantine.omop__{table} WHERE source_system = ?", feed
        )
        assert rows_in == rows_landed + rejected == len(files[table]), table
        assert rows_landed == raw == staged + held, table
        accounted[table] = rows_in
    assert sum(accounted.values()) > 5000
    not_read = landed.said[feed].split("not landed", 1)[1]
    for table, path in files.files.items():
        assert (path.name in not_read) == (table not in delivered), path.name


@FEEDS
def test_a_table_of_a_header_alone_is_not_delivered(landed: Landed, feed: str) -> None:
    empty = {table for table in landed.files[feed].files if not landed.files[feed][table]}
    told = dict(
        landed.query("SELECT capability, is_delivered FROM mart_capability WHERE source_system = ?", feed)
    )  # fmt: skip
    by_table = {"cost": ("claims", "payments", "medication_costs"), "payer_plan_period": ("payers", "enrolment")}
    for table, capabilities in by_table.items():
        assert {told[capability] for capability in capabilities} == {0 if table in empty else 1}
    assert ("cost" in empty) == (feed == "nj")
    reasons = landed.query(
        "SELECT not_computable_reason FROM mart_kpi WHERE source_system = 'nj' AND metric_code = 'tcoc' "
        "AND definition_version = 'total'"
    )
    assert reasons == [("The feed does not deliver: amounts claimed.",)]


@pytest.mark.parametrize(
    ("feed", "lacking"),
    [
        ("nj", {"claims", "payments", "payers", "enrolment", "procedure_costs", "medication_costs", "encounter_times"}),
        ("ma", set()),
    ],
)
def test_what_the_family_tells_is_counted_from_its_rows(landed: Landed, feed: str, lacking: set[str]) -> None:
    never = {
        "charges", "death_flag", "dispositions", "drgs", "encounter_types", "icu", "lab_flags", "organizations",
        "outpatient_classes", "readmission_flag", "reasons", "reference_ranges", "several_organizations", "stated_ages",
        "stated_charlson",
    }  # fmt: skip
    missing = landed.query("SELECT capability FROM mart_capability WHERE source_system = ? AND is_delivered = 0", feed)
    assert {capability for (capability,) in missing} == never | lacking
