"""What must hold for any stays and any observations, not only for those that somebody thought of."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import Engine
from workbench import families

START = datetime(2020, 1, 1)
UNTIL = datetime(2020, 12, 31)
EXAMPLES = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
FLAGS = (
    "is_oncology_tx", "is_hospice_care", "is_surgery", "is_cancer", "is_hospice", "is_checkup", "is_screening",
    "is_detox", "is_planned",
)  # fmt: skip
STAYS = ("core.int_stay_encounter", "core.int_merged_stay")
READMISSIONS = (
    "core.int_admission",
    "core.int_exclusion_evidence",
    "core.int_admission_reason",
    "star.fact_readmission",
)
EPISODES = ("core.int_episode", "core.int_episode_encounter")
STAY_FACTS = """
INSERT INTO star.fact_inpatient_stay BY NAME
SELECT ('0x' || MD5(source_system || '|' || stay_id)[1:13])::BIGINT AS stay_key, 5 AS age_band_key,
  6 AS stay_type_key, 5 AS charlson_band_key
FROM core.int_merged_stay
WHERE merge_rule = 'same_day'
"""
"""What a readmission takes from its stay: its key, and the cell of what is expected."""


@st.composite
def encounters(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to 14 encounters of two patients at two hospitals, crowded enough to overlap, touch and follow."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from("ab"),
                st.integers(0, 24 * 120),
                st.one_of(st.none(), st.integers(0, 24 * 6)),
                st.booleans(),
                st.lists(st.booleans(), min_size=len(FLAGS), max_size=len(FLAGS)),
                st.integers(0, 10_000),
                st.sampled_from("oq"),
            ),
            min_size=1,
            max_size=14,
        )
    )
    return [
        {
            "id": f"e{number:02d}",
            "patient": patient,
            "start": START + timedelta(hours=start),
            "stop": None if hours is None else START + timedelta(hours=start + hours),
            "is_inpatient": is_inpatient or number == 0,
            "flags": [int(flag) for flag in flags],
            "claim": Decimal(cents) / 100,
            "at": hospital,
        }
        for number, (patient, start, hours, is_inpatient, flags, cents, hospital) in enumerate(drawn)
    ]


DEATHS = st.dictionaries(st.sampled_from("ab"), st.integers(0, 150), max_size=2)


def inpatient(row: dict[str, Any]) -> dict[str, Any]:
    """An encounter as a row of core.int_inpatient_encounter."""
    return {
        "source_system": "s", "encounter_id": row["id"], "patient_id": row["patient"], "payer_id": "p",
        "organization_id": row.get("at", "o"), "start_ts": row["start"], "stop_ts": row["stop"], "age_years": 50,
        "age_basis": "birth date", **dict(zip(FLAGS, row["flags"], strict=True)),
    }  # fmt: skip


def warehouse(rows: list[dict[str, Any]], deaths: dict[str, int]) -> Engine:
    """Return an engine with everything built from these encounters."""
    engine = Engine()
    engine.put("core.int_inpatient_encounter", *(inpatient(r) for r in rows if r["is_inpatient"]))
    engine.put(
        "core.int_encounter",
        *(
            {
                "source_system": "s", "encounter_id": r["id"], "patient_id": r["patient"], "payer_id": "p",
                "class_code": "inpatient" if r["is_inpatient"] else "ambulatory", "organization_id": r.get("at", "o"),
                "start_ts": r["start"], "stop_ts": r["stop"], "claim_amount": r["claim"], "payer_paid": r["claim"] / 2,
            }
            for r in rows
        ),
    )  # fmt: skip
    engine.put("core.int_capability", {"source_system": "s", "capability": "procedures", "is_delivered": 1})
    engine.put("core.int_observed_period", {"source_system": "s", "observed_until": UNTIL})
    engine.put(
        "core.int_patient",
        *(
            {"source_system": "s", "patient_id": p}
            | ({"death_date": START.date() + timedelta(days=deaths[p])} if p in deaths else {})
            for p in "ab"
        ),
    )
    engine.put(
        "core.int_metric_input",
        *(
            {"source_system": "s", "metric_code": "readmission", "definition_version": v, "is_computable": v != "R8"}
            for v in (*(f"R{n}" for n in range(9)), "R6_WITH_DETOX", "R6_WITH_SURGICAL_CANCER")
        ),
    )
    for seed in (
        "readmission_definition", "readmission_exclusion", "condition_chronicity", "encounter_class",
        "discharge_disposition",
    ):  # fmt: skip
        engine.seed(seed)
    engine.run(*STAYS, "core.int_ed_return")
    engine.put("star.fact_inpatient_stay")
    engine.con.execute(STAY_FACTS)
    engine.run(*READMISSIONS, *EPISODES)
    return engine


@EXAMPLES
@given(encounters(), DEATHS)
def test_the_funnel_adds_up(rows: list[dict[str, Any]], deaths: dict[str, int]) -> None:
    engine = warehouse(rows, deaths)
    for definition, unit in engine.rows(
        "SELECT definition_code, unit FROM reference.readmission_definition "
        "WHERE definition_code = counted_as AND basis = 'derived'"
    ):
        ((judged, index, excluded),) = engine.rows(
            "SELECT count(*), count(*) FILTER (is_index = 1), count(*) FILTER (exclusion_reason <> 'eligible') "
            f"FROM star.fact_readmission WHERE definition_code = '{definition}'"
        )
        ((admissions,),) = engine.rows(f"SELECT count(*) FROM core.int_admission WHERE unit = '{unit}'")
        assert judged == admissions == index + excluded, definition


@EXAMPLES
@given(encounters(), DEATHS)
def test_a_readmission_has_exactly_one_index(rows: list[dict[str, Any]], deaths: dict[str, int]) -> None:
    engine = warehouse(rows, deaths)
    returns = engine.rows(
        "SELECT definition_code, readmission_key, admission_key FROM star.fact_readmission WHERE is_readmission = 1"
    )
    assert len({(code, key) for code, key, _ in returns}) == len(returns)
    assert all(readmission not in (index, -2) for _, readmission, index in returns)


def spans(engine: Engine, rule: str) -> list[tuple[Any, ...]]:
    return engine.rows(
        "SELECT patient_id, organization_id, admit_ts, discharge_ts, n_source_rows FROM core.int_merged_stay "
        f"WHERE merge_rule = '{rule}' ORDER BY ALL"
    )


@EXAMPLES
@given(encounters(), DEATHS, st.randoms())
def test_the_order_of_rows_changes_nothing(rows: list[dict[str, Any]], deaths: dict[str, int], random: Any) -> None:
    shuffled = random.sample(rows, len(rows))
    first, second = warehouse(rows, deaths), warehouse(shuffled, deaths)
    for model in (*STAYS, *READMISSIONS, *EPISODES):
        assert first.rows(f"FROM {model} ORDER BY ALL") == second.rows(f"FROM {model} ORDER BY ALL"), model


@EXAMPLES
@given(encounters())
def test_merging_stays_again_changes_nothing(rows: list[dict[str, Any]]) -> None:
    engine = warehouse(rows, {})
    for rule in ("same_day", "next_day"):
        once = spans(engine, rule)
        again = Engine()
        again.put(
            "core.int_inpatient_encounter",
            *(
                inpatient(
                    {"id": f"m{i:02d}", "patient": p, "at": at, "start": start, "stop": stop, "flags": [0] * len(FLAGS)}
                )
                for i, (p, at, start, stop, _) in enumerate(once)
            ),
        )
        again.put("core.int_capability")
        again.run(*STAYS)
        assert [row[:4] for row in spans(again, rule)] == [row[:4] for row in once]


@EXAMPLES
@given(encounters(), DEATHS)
def test_episodes_hold_each_encounter_of_their_windows_once(rows: list[dict[str, Any]], deaths: dict[str, int]) -> None:
    engine = warehouse(rows, deaths)
    windows = engine.rows("SELECT patient_id, window_from, window_until, admit_ts FROM core.int_episode")
    inside = [r for r in rows if any(r["patient"] == p and a <= r["start"] <= b for p, a, b, _ in windows)]
    assigned = engine.rows("SELECT encounter_id, claim_amount FROM core.int_episode_encounter")
    assert sorted(id_ for id_, _ in assigned) == sorted(r["id"] for r in inside)
    assert sum((amount for _, amount in assigned), Decimal(0)) == sum((r["claim"] for r in inside), Decimal(0))
    for patient in "ab":
        starts = sorted((admitted, until) for p, _, until, admitted in windows if p == patient)
        assert all(later[0] > earlier[1] for earlier, later in pairwise(starts))


CROSSED = {row["slice"]: row["crossed_with"].split() for row in families.seed("metric_slice")}
METRICS = {
    **{(kind, "v"): kind for kind in ("proportion", "mean", "ratio", "total", "standardized_ratio", "geometric_mean")},
    ("episode_spend", "claim_median"): "median",
}
"""Made-up metrics of each kind, observed of stays; a median is made of those that are declared, of episodes."""


@EXAMPLES
@given(
    st.lists(
        st.tuples(st.integers(1, 6), st.integers(0, 1), st.integers(0, 90), st.integers(1, 1000)),
        min_size=1,
        max_size=40,
    )
)
def test_intervals_contain_the_value_and_periods_and_slices_add_up(rows: list[tuple[int, int, int, int]]) -> None:
    engine = Engine()
    engine.put(
        "reference.metric",
        *(
            {
                "metric_code": m,
                "definition_version": v,
                "kind": kind,
                "unit": kind,
                "basis": "derived",
                "followup_days": 0,
                "lowest": 0,
            }
            for (m, v), kind in METRICS.items()
        ),
    )
    engine.put("reference.benchmark")
    engine.put("core.int_metric_input")
    engine.put("measure.computed_estimate")
    engine.put("core.int_observed_period", {"source_system": "s", "observed_from": START, "observed_until": UNTIL})
    slices = {subject["subject"]: subject["slices"].split() for subject in families.declared("metric_subject")}
    observed: dict[str, list[dict[str, Any]]] = {"stay": [], "episode": []}
    for patient, hit, day, amount in rows:
        for (m, v), kind in METRICS.items():
            x, y = {
                "proportion": (hit, 1),
                "ratio": (hit * amount, amount),
                "standardized_ratio": (hit, 0.4),
                "geometric_mean": (math.log(amount), 1),
            }.get(kind, (amount, 1))
            seen = START + timedelta(days=day)
            subject = "episode" if kind == "median" else "stay"
            observed[subject].append(
                {
                    "metric_code": m, "definition_version": v, "by_patient": "", "source_system": "s",
                    "patient_durable_key": patient, "numerator": x, "denominator": y, "year_label": f"{seen:%Y}",
                    "month_label": f"{seen:%m}", "organization_key": patient % 3,
                    **{name: f"{name} {patient % 2}" for name in slices[subject]},
                }
            )  # fmt: skip
    for subject, told in observed.items():
        engine.put(f"measure.{subject}_observation", *told)
        engine.run(f"measure.{subject}_slice")
    engine.con.execute(
        "CREATE TABLE measure.patient_slice AS FROM measure.stay_slice UNION ALL FROM measure.episode_slice"
    )
    engine.run("measure.slice_estimate", "measure.slice_median", "mart.mart_kpi")
    kpi = engine.rows(
        "SELECT metric_code, period, organization_key, slice, slice_value, value, n, ci_low, ci_high, "
        "clustered_ci_low, clustered_ci_high, is_partial_period FROM mart.mart_kpi"
    )
    assert len({row[:5] for row in kpi}) == len(kpi)
    for name, period, _, slice_, _, value, _, *ends, is_partial in kpi:
        for low, high in (ends[:2], ends[2:]):
            assert (low is None) == (high is None)
            assert low is None or max(low, 0) <= value <= high, (name, value, low, high)
            assert name != "proportion" or low is None or (low >= 0 and high <= 1)
        assert is_partial == 0, (period, slice_)
    for (m, _), kind in METRICS.items():
        sums = engine.rows(
            "SELECT CASE WHEN organization_key = -2 THEN 'all' ELSE 'each' END, period_type, slice, SUM(n) "
            f"FROM mart.mart_kpi WHERE metric_code = '{m}' AND basis = 'derived' GROUP BY ALL"
        )
        assert {n for *_, n in sums} == {len(rows)}, m
        named = {name for name in slices["episode" if kind == "median" else "stay"] if name != "organization"}
        cells = {(hospital, period, "all") for hospital in ("all", "each") for period in ("all", "year", "month")}
        cells |= {(hospital, "all", name) for hospital in ("all", "each") for name in named}
        cells |= {("all", period, name) for name in named for period in CROSSED[name]}
        assert {row[:3] for row in sums} == cells, m
