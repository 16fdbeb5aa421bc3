"""The defects that were found in other published systems, each planted here as a question that our SQL must get right.

Named for what went wrong there; D1 to D12 are the numbers under which they were written down.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlglot import parse_one

from engine import Engine, query
from macros.cleaning import age_years
from test_properties import FLAGS, warehouse

NEW_YEAR = datetime(2020, 1, 1)
CLEAN = [0] * len(FLAGS)


def stay(
    name: str, start: datetime, stop: datetime | None, patient: str = "a", flags: list[int] = CLEAN
) -> dict[str, Any]:
    return {
        "id": name, "patient": patient, "start": start, "stop": stop,
        "is_inpatient": True, "flags": flags, "claim": 100,
    }  # fmt: skip


def readmissions(engine: Engine, definition: str) -> list[tuple[Any, ...]]:
    return engine.rows(
        "SELECT days_to_next, is_index, is_readmission, exclusion_reason FROM star.fact_readmission "
        f"WHERE definition_code = '{definition}' ORDER BY days_to_next NULLS LAST"
    )


@pytest.mark.parametrize(("gap", "is_readmission"), [(1, 1), (30, 1), (31, 0), (135, 0), (200, 0)])
def test_d1_a_reversed_day_difference_makes_no_late_stay_a_readmission(gap: int, is_readmission: int) -> None:
    """There the arguments were swapped: the days were negative, and any later stay was within 30."""
    discharged = NEW_YEAR + timedelta(days=2)
    engine = warehouse(
        [
            stay("e1", NEW_YEAR, discharged),
            stay("e2", discharged + timedelta(days=gap), discharged + timedelta(days=gap + 1)),
        ],
        {},
    )
    assert readmissions(engine, "R3")[0][:3] == (gap, 1, is_readmission)


def test_d2_a_longer_stay_is_longer() -> None:
    """The same swap there made every length of stay 1."""
    engine = warehouse([stay("e1", NEW_YEAR, NEW_YEAR + timedelta(days=9))], {})
    ((admitted, discharged),) = engine.rows("SELECT admit_ts, discharge_ts FROM core.int_merged_stay LIMIT 1")
    assert (discharged - admitted).days == 9


def test_d3_a_return_on_the_same_day_is_kept_as_one_stay_and_the_next_day_counts() -> None:
    """There an inclusive overlap threw one of the two out, so that no readmission after 0 days could exist."""
    noon = NEW_YEAR + timedelta(days=2, hours=12)
    same_day = warehouse(
        [stay("e1", NEW_YEAR, noon), stay("e2", noon + timedelta(hours=6), noon + timedelta(days=3))], {}
    )
    assert same_day.rows(
        "SELECT count(*), sum(n_source_rows) FROM core.int_merged_stay WHERE merge_rule = 'same_day'"
    ) == [(1, 2)]
    next_day = warehouse(
        [stay("e1", NEW_YEAR, noon), stay("e2", noon + timedelta(hours=14), noon + timedelta(days=3))], {}
    )
    assert readmissions(next_day, "R3")[0][:3] == (1, 1, 1)


def test_d4_without_drg_disposition_or_icd_code_a_stay_still_counts() -> None:
    """There a stay without any of them was disqualified, and the measure was empty."""
    engine = warehouse([stay("e1", NEW_YEAR, NEW_YEAR + timedelta(days=1))], {})
    for definition in ("R3", "R5", "R6"):
        assert readmissions(engine, definition) == [(None, 1, 0, "eligible")]


def test_d5_age_is_counted_from_birthdays_and_not_from_hours() -> None:
    """There age was hours / 8760: a year too many for one in 25 on any day, and at the day of the run."""
    engine = Engine()
    born, rows = date(1930, 3, 1), []
    for year in (1990, 2000, 2020):
        for days in (-1, 0):
            rows.append((born, datetime(year, 3, 1) + timedelta(days=days)))
    engine.fill("staging.age", "birth_date DATE, start_ts TIMESTAMP", rows)
    age = age_years(None, parse_one("birth_date"), parse_one("start_ts"))  # the macro that every age comes from
    got = engine.rows(f"SELECT {age} FROM staging.age ORDER BY start_ts")
    assert [years for (years,) in got] == [59, 60, 69, 70, 89, 90]
    naive = engine.rows("SELECT floor(date_diff('hour', birth_date::TIMESTAMP, start_ts) / 8760)::INT FROM staging.age")
    assert sorted(naive) != sorted(got), "the naive age must differ here, or this test proves nothing"


def test_d6_a_stop_is_never_filled_from_the_start() -> None:
    """There COALESCE(start, stop) made every stay 0 days, and an open one closed."""
    engine = warehouse(
        [stay("e1", NEW_YEAR, NEW_YEAR + timedelta(days=3)), stay("e2", NEW_YEAR + timedelta(days=9), None)], {}
    )
    assert engine.rows(
        "SELECT admit_ts, discharge_ts, is_open FROM core.int_merged_stay WHERE merge_rule = 'same_day' ORDER BY 1"
    ) == [(NEW_YEAR, NEW_YEAR + timedelta(days=3), 0), (NEW_YEAR + timedelta(days=9), None, 1)]
    assert readmissions(engine, "R3")[-1] == (None, 0, None, "open")


def test_d7_a_death_date_of_the_patients_file_is_a_death() -> None:
    """There deaths came from certificates alone, and the patients' own death dates were ignored."""
    engine = warehouse([stay("e1", NEW_YEAR, NEW_YEAR + timedelta(days=5))], {"a": 5})
    assert readmissions(engine, "R5") == [(None, 0, None, "died")]
    assert engine.rows("SELECT count(*) FROM core.int_episode") == [(0,)]


def test_a_missing_reason_drops_no_row() -> None:
    """A flag that is NULL once removed 87 % of the stays: max(flag) = 0 is not true of NULL."""
    rows = [stay(f"e{n}", NEW_YEAR + timedelta(days=40 * n), NEW_YEAR + timedelta(days=40 * n + 1)) for n in range(5)]
    engine = warehouse(rows, {})
    assert engine.rows("SELECT count(*) FROM core.int_admission_reason") == [(0,)]
    for definition in ("R3", "R5", "R6"):
        judged = readmissions(engine, definition)
        assert [row[1] for row in judged] == [1] * 5
    flags = query("core.int_inpatient_encounter")
    assert flags.count("COALESCE(") >= 3


def test_d11_planned_returns_and_returns_within_a_day_are_told_apart() -> None:
    """There a ratio to the other admissions, without returns under 24 hours and with planned ones, was named a rate."""
    discharged = NEW_YEAR + timedelta(days=1, hours=20)
    soon = discharged + timedelta(hours=8)
    engine = warehouse([stay("e1", NEW_YEAR, discharged), stay("e2", soon, soon + timedelta(hours=20))], {})
    assert readmissions(engine, "R1")[0][:3] == (0, 1, 0)
    assert readmissions(engine, "R3")[0][:3] == (1, 1, 1)
    planned = [int(flag == "is_planned") for flag in FLAGS]
    later = discharged + timedelta(days=10)
    engine = warehouse(
        [stay("e1", NEW_YEAR, discharged), stay("e2", later, later + timedelta(days=1), flags=planned)], {}
    )
    assert readmissions(engine, "R3")[0][:3] == (10, 1, 1)
    assert readmissions(engine, "R5")[0][:3] == (10, 1, 0)
