"""The metrics once more, in plain Python from the CSV files: no SQL, and no code of the project but its code lists."""

from __future__ import annotations

import csv
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from statistics import NormalDist, median, stdev
from typing import NamedTuple

from loader.settings import PROJECT

Row = dict[str, str]
ELECTIVE = {"310061009", "305408004", "183495009", "86013001"}
SCREENING, DETOX = "410410006", "56876005"
FOUR_REASONS = {"88805009", "254837009", "55822004", "67811000119102"}
CLASSES = {"ambulatory": "Ambulatory", "outpatient": "Outpatient", "urgentcare": "Urgent care",
           "emergency": "Emergency", "wellness": "Wellness", "inpatient": "Inpatient"}  # fmt: skip
PUBLISHED_PROCEDURES = {
    "dialysis_share": ("Renal dialysis (procedure)", "ambulatory", "Encounter for problem (procedure)"),
    "cardioversion_share": ("Electrical cardioversion", "urgentcare", "Urgent care clinic (procedure)"),
}
Z = NormalDist().inv_cdf(0.975)


def read(file: Path) -> list[Row]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None) if text else None


class Observation(NamedTuple):
    metric: str
    version: str
    patient: str
    numerator: float
    denominator: float = 1.0
    slice: str = "all"
    slice_value: str = "all"


@dataclass
class Encounter:
    id: str
    patient: str
    payer: str
    kind: str
    code: str
    type: str
    reason: str
    reason_text: str
    start: datetime
    stop: datetime | None
    claim: float
    paid: float


@dataclass
class Stay:
    """Encounters of a patient that overlap or follow within `gap` days, merged; `discharged` is None while open."""

    rows: list[Encounter] = field(default_factory=list)

    @property
    def patient(self) -> str:
        return self.rows[0].patient

    @property
    def admitted(self) -> datetime:
        return self.rows[0].start

    @property
    def discharged(self) -> datetime | None:
        return None if any(row.stop is None for row in self.rows) else max(row.stop for row in self.rows)


class Hospital:
    """One delivery of the five tables."""

    def __init__(self, folder: Path) -> None:
        payer = {row["Id"]: row["NAME"] for row in read(folder / "payers.csv")}
        patients = read(folder / "patients.csv")
        self.death = {row["Id"]: date.fromisoformat(row["DEATHDATE"]) for row in patients if row["DEATHDATE"]}
        self.procedures = read(folder / "procedures.csv")
        self.encounters = [
            Encounter(
                row["Id"], row["PATIENT"], payer[row["PAYER"]], row["ENCOUNTERCLASS"], row["CODE"], row["DESCRIPTION"],
                row["REASONCODE"], row["REASONDESCRIPTION"].lower(), instant(row["START"]), instant(row["STOP"]),
                float(row["TOTAL_CLAIM_COST"]), float(row["PAYER_COVERAGE"]),
            )
            for row in read(folder / "encounters.csv")
        ]  # fmt: skip
        self.texts: dict[str, list[str]] = defaultdict(list)
        for row in self.procedures:
            self.texts[row["ENCOUNTER"]].append(row["DESCRIPTION"].lower())
        self.observed_until = max(e.stop or e.start for e in self.encounters)
        self.chronicity = {row["code"]: row["ccir"] for row in read(PROJECT / "seeds" / "condition_chronicity.csv")}

    @cached_property
    def by_patient(self) -> dict[str, list[Encounter]]:
        found: dict[str, list[Encounter]] = defaultdict(list)
        for e in sorted(self.encounters, key=lambda e: (e.start, e.stop or datetime.max, e.id)):
            found[e.patient].append(e)
        return found

    def stays(self, gap: int = 0) -> list[list[Stay]]:
        """The stays of each patient who has one, in order."""
        merged = []
        for rows in self.by_patient.values():
            stays: list[Stay] = []
            for row in (row for row in rows if row.kind == "inpatient"):
                last = stays[-1] if stays else None
                if last and (last.discharged is None or (row.start.date() - last.discharged.date()).days <= gap):
                    last.rows.append(row)
                else:
                    stays.append(Stay([row]))
            merged.append(stays)
        return [stays for stays in merged if stays]

    def has(self, stay: Stay, *words: str) -> bool:
        return any(word in text for row in stay.rows for text in self.texts[row.id] for word in words)

    def is_oncology(self, stay: Stay) -> bool:
        return self.has(stay, "chemotherapy", "radiotherapy")

    def is_planned(self, stay: Stay) -> bool:
        return self.is_oncology(stay) or any(row.code in ELECTIVE | {SCREENING} for row in stay.rows)

    def is_hospice(self, stay: Stay) -> bool:
        return any("hospice" in row.type.lower() for row in stay.rows)

    def is_followed(self, stay: Stay) -> bool:
        return (self.observed_until.date() - stay.discharged.date()).days >= 30

    def is_base(self, stay: Stay) -> bool:
        died = self.death.get(stay.patient, date.max) <= stay.discharged.date()
        return not self.is_hospice(stay) and not died and self.is_followed(stay)

    def is_hwr(self, stay: Stay) -> bool:
        cancer = any(word in row.reason_text for row in stay.rows for word in ("malignant", "cancer", "carcinoma"))
        set_apart = any(row.code in {SCREENING, DETOX} for row in stay.rows)
        return not (cancer or set_apart or self.is_oncology(stay) or self.has(stay, "hospice care"))

    def reason(self, rows: list[Encounter]) -> str:
        """The reason of an admission: a chronic one first, then the earliest; empty where none is coded."""
        coded = [row.reason for row in rows if row.reason]
        return next((code for code in coded if self.chronicity.get(code) == "1"), coded[0] if coded else "")

    def observations(self) -> Iterator[Observation]:
        """What each stay, encounter, episode, procedure and patient adds to each metric."""
        yield from self._published_readmissions()
        yield from self._readmissions()
        yield from self._stays()
        yield from self._encounters()
        yield from self._episodes()
        yield from self._procedures()

    def _returns(self, version: str, patient: str, index: list[Encounter], after: list[Encounter]) -> Iterable:
        reasons = [self.reason(index), self.reason(after)]
        chronic = any(self.chronicity.get(code) == "1" for code in reasons)
        yield Observation("chronic_share", version, patient, chronic)
        if any(reasons):
            yield Observation("chronic_share_coded", version, patient, chronic)
        yield Observation("coded_reason_share", version, patient, bool(reasons[1]))
        if version == "R1":
            yield Observation("named_reason_share", "readmissions", patient, reasons[1] in FOUR_REASONS)

    def _published_readmissions(self) -> Iterator[Observation]:
        readmitted = set()
        for patient, rows in self.by_patient.items():
            counted = [
                row for row in rows
                if row.kind == "inpatient" and "hospice" not in row.type.lower() and row.code != SCREENING
            ]  # fmt: skip
            hits = []
            for row, after in zip(counted, [*counted[1:], None], strict=False):
                days = int((after.start - row.stop).total_seconds() / 86400) if after and row.stop else -1
                hits.append(1 <= days <= 30)
                yield Observation("readmission", "R1", patient, hits[-1])
                yield Observation("readmission", "R0", patient, hits[-1], not hits[-1])
                if hits[-1]:
                    yield from self._returns("R1", patient, [row], [after])
            if counted:
                yield Observation("readmission", "R7", patient, any(hits))
            if any(hits):
                readmitted.add(patient)
        coded = [e for e in self.encounters if e.patient in readmitted and e.reason]
        for e in coded:
            yield Observation("named_reason_share", "published", e.patient, e.reason in FOUR_REASONS)
        times = Counter(e.reason for e in coded)
        for e in coded:
            if e.reason in FOUR_REASONS:
                percent = math.floor(100 * times[e.reason] / len(coded) + 0.5)
                yield Observation("named_reason_share", "published_rounded", e.patient, percent / 100 / times[e.reason])

    def _readmissions(self) -> Iterator[Observation]:
        for gap, versions in ((0, ("R2", "R3", "R5", "R6")), (1, ("R4",))):
            for stays in self.stays(gap):
                for stay, after in zip(stays, [*stays[1:], None], strict=True):
                    if stay.discharged is None:
                        continue
                    days = (after.admitted.date() - stay.discharged.date()).days if after else None
                    soon = days is not None and days <= 30
                    unplanned = soon and not (
                        self.is_planned(after) or self.is_hospice(after) or self.has(after, "hospice care")
                    )
                    index = {
                        "R2": (True, after is not None), "R3": (True, soon), "R4": (True, soon),
                        "R5": (self.is_base(stay), unplanned),
                        "R6": (self.is_base(stay) and self.is_hwr(stay), unplanned),
                    }  # fmt: skip
                    for version in versions:
                        is_index, hit = index[version]
                        if is_index:
                            yield Observation("readmission", version, stay.patient, hit)
                            if version != "R4":
                                year = str(stay.rows[0].start.year) if gap else str(stay.discharged.year)
                                yield Observation("readmission", version, stay.patient, hit, 1, "year", year)
                            if hit and version in ("R3", "R5", "R6"):
                                yield from self._returns(version, stay.patient, stay.rows, after.rows)
                    if "R5" in versions and self.is_base(stay):
                        visits = [
                            e.start for e in self.by_patient[stay.patient]
                            if e.kind == "emergency" and e.start >= stay.discharged
                        ]  # fmt: skip
                        seen = bool(visits) and (min(visits).date() - stay.discharged.date()).days <= 30
                        yield Observation("ed_return_30", "first_visit", stay.patient, seen)

    def _stays(self) -> Iterator[Observation]:
        for stay in (stay for stays in self.stays() for stay in stays):
            yield Observation("stays", "count", stay.patient, 1)
            if stay.discharged is None:
                continue
            nights = (stay.discharged.date() - stay.admitted.date()).days
            death = self.death.get(stay.patient)
            yield Observation("alos", "days_cms", stay.patient, max(nights, 1))
            yield Observation("alos", "days_cms", stay.patient, max(nights, 1), 1, "year", str(stay.admitted.year))
            yield Observation("alos", "midnights", stay.patient, nights)
            hours = round((stay.discharged - stay.admitted).total_seconds() / 3600, 4)
            yield Observation("alos", "elapsed", stay.patient, hours / 24)
            if death is None or death >= stay.admitted.date():
                died = death is not None and death <= stay.discharged.date()
                yield Observation("mortality", "in_hospital", stay.patient, died)
                if self.is_followed(stay):
                    soon = death is not None and death <= stay.discharged.date() + timedelta(days=30)
                    yield Observation("mortality", "within_30d", stay.patient, soon)

    def _encounters(self) -> Iterator[Observation]:
        contact: dict[str, list[Encounter]] = defaultdict(list)
        for e in self.encounters:
            gap, p, by_class = e.claim - e.paid, e.patient, ("encounter_class", CLASSES[e.kind])
            kind = "uninsured" if e.payer == "NO_INSURANCE" else "partial" if e.paid else "insured_zero_paid"
            contact[p].append(e)
            yield Observation("encounters", "count", p, 1)
            yield Observation("tcoc", "total", p, e.claim)
            yield Observation("claim_per_encounter", "mean", p, e.claim)
            yield Observation("claim_per_encounter", "mean", p, e.claim, 1, *by_class)
            yield Observation("noncovered_cost", "total", p, gap)
            yield Observation("noncovered_cost", "total", p, gap, 1, *by_class)
            yield Observation("noncovered_cost", "total", p, gap, 1, "payer", e.payer)
            yield Observation("noncovered_cost", kind, p, gap)
            for one in ("uninsured", "insured_zero_paid", "partial"):
                yield Observation("noncovered_share", one, p, gap if one == kind else 0, gap)
            yield Observation("noncovered_rate", "claim", p, gap, e.claim)
            yield Observation("zero_paid_share", "published", p, 0 if e.paid else e.claim, e.claim)
            is_ambulatory = e.kind == "ambulatory"
            yield Observation("ambulatory_share", "all_encounters", p, is_ambulatory)
            yield Observation("ambulatory_share", "noncovered_cost", p, is_ambulatory * gap, gap)
            if not e.paid:
                yield Observation("zero_paid_claims", "published", p, e.claim)
                yield Observation("zero_paid_claims", "published", p, e.claim, 1, *by_class)
                yield Observation("ambulatory_share", "zero_paid_encounters", p, is_ambulatory)
            if e.kind == "inpatient" and e.stop:
                seconds = (e.stop - e.start).total_seconds()
                yield Observation("alos", "published", p, seconds // 86400)
                yield Observation("alos", "midnights_unmerged", p, (e.stop.date() - e.start.date()).days)
                yield Observation("alos", "elapsed_unmerged", p, round(seconds / 60, 2) / 1440)
        for p, rows in contact.items():
            claims = sum(e.claim for e in rows)
            last = max([e.start.date() for e in rows] + [e.stop.date() for e in rows if e.stop])
            days = (last - min(e.start.date() for e in rows)).days + 1
            yield Observation("tcoc", "per_patient", p, claims)
            yield Observation("tcoc", "per_patient_year", p, claims, days / 365.25)

    def _episodes(self) -> Iterator[Observation]:
        for stays in self.stays():
            taken: set[str] = set()
            until = datetime.min
            for stay in stays:
                if stay.discharged is None or not self.is_followed(stay) or stay.admitted <= until:
                    continue
                if self.death.get(stay.patient, date.max) <= stay.discharged.date() + timedelta(days=30):
                    continue
                until = stay.discharged + timedelta(days=30)
                since = stay.admitted - timedelta(days=3)
                rows = [
                    e for e in self.by_patient[stay.patient] if since <= e.start <= until and e.id not in taken
                ]  # fmt: skip
                taken |= {e.id for e in rows}
                yield from self._episode(stay.rows[0], rows, ("claim", "claim_median", "paid"), "one_index_per_window")
            for row in (row for stay in stays for row in stay.rows if row.stop):
                since, end = row.start - timedelta(days=3), row.stop + timedelta(days=30)
                rows = [e for e in self.by_patient[row.patient] if since <= e.start <= end]
                yield from self._episode(row, rows, ("published",), "published")

    def _episode(
        self, index: Encounter, rows: list[Encounter], versions: tuple[str, ...], rule: str
    ) -> Iterator[Observation]:
        claims, paid = sum(e.claim for e in rows), sum(e.paid for e in rows)
        group = "Medicare" if index.payer == "Medicare" else "other payers"
        for version in versions:
            amount = paid if version == "paid" else claims
            yield Observation("episode_spend", version, index.patient, amount)
            yield Observation("episode_spend", version, index.patient, amount, 1, "medicare_group", group)
        if group == "Medicare":
            yield Observation("mspb_ratio", rule, index.patient, claims / 16698)
        elif rule == "published":
            yield Observation("seed_tcoc", "published", index.patient, claims)

    def _procedures(self) -> Iterator[Observation]:
        encounter = {e.id: e for e in self.encounters}
        people: dict[tuple[str, str], bool] = {}
        priced: dict[str, float] = defaultdict(float)
        for row in self.procedures:
            e, cost, text = encounter[row["ENCOUNTER"]], float(row["BASE_COST"]), row["DESCRIPTION"]
            priced[e.id] += cost
            yield Observation("procedure_cost", "list_price", e.patient, cost)
            yield Observation("procedure_cost", "list_price", e.patient, cost, 1, "procedure", text)
            for metric, (procedure, kind, type_) in PUBLISHED_PROCEDURES.items():
                if e.kind == kind and e.type == type_ and not e.paid:
                    yield Observation(metric, "published", e.patient, text == procedure)
                    people[metric, e.patient] = people.get((metric, e.patient), False) or text == procedure
        for (metric, patient), had in people.items():
            yield Observation(metric, "patients", patient, had)
        self.claims_of_priced_encounters = sum(encounter[id_].claim for id_, cost in priced.items() if cost > 0)


class Estimate(NamedTuple):
    numerator: float
    denominator: float
    value: float
    n: int
    patients: int
    interval: tuple[float, float] | None
    clustered: tuple[float, float] | None


def estimates(
    observations: Iterable[Observation], measure: dict[tuple[str, str], tuple[str, str]]
) -> dict[tuple, Estimate]:
    """Sum observations up as their measure and unit say, by metric, version and slice."""
    groups: dict[tuple, list[Observation]] = defaultdict(list)
    for o in observations:
        groups[o.metric, o.version, o.slice, o.slice_value].append(o)
    return {key: _estimate(rows, *measure[key[:2]]) for key, rows in groups.items()}


def _estimate(rows: list[Observation], measure: str, unit: str) -> Estimate:
    x, y = math.fsum(o.numerator for o in rows), math.fsum(o.denominator for o in rows)
    n, sums = len(rows), defaultdict(lambda: [0.0, 0.0])
    for o in rows:
        sums[o.patient][0] += o.numerator
        sums[o.patient][1] += o.denominator
    m = len(sums)
    if measure == "total":
        return Estimate(x, y, x, n, m, None, None)
    if measure == "median":
        return Estimate(x, y, median(o.numerator for o in rows), n, m, None, None)
    value = x / y if y else math.nan
    lowest = 1 if (rows[0].metric, rows[0].version) == ("alos", "days_cms") else 0
    interval = clustered = None
    if measure == "proportion":
        interval = wilson(x, n, Z)
    elif measure == "mean" and n > 1:
        interval = log_interval(value, stdev(o.numerator for o in rows) / math.sqrt(n), lowest, student_t(n - 1))
    effective = y * y / math.fsum(b * b for _, b in sums.values()) if y else 0
    if effective >= 5:
        deviations = [a - value * b for a, b in sums.values()]
        error = math.hypot(*(d * y / (y - b) for d, (_, b) in zip(deviations, sums.values(), strict=True))) / y
        squares = math.fsum(d**2 for d in deviations)
        spread = math.fsum(d**4 for d in deviations) - squares**2 / m
        shown = (0.4 if measure in ("mean", "ratio") else 1) * 2 * squares**2
        t = student_t(shown / spread if shown < (effective - 1) * spread else effective - 1)
        if measure == "proportion" or (unit == "share" and 0 < value < 1):
            as_many = min(value * (1 - value) / error**2, n) if error else effective
            clustered = wilson(value * as_many, as_many, t)
        else:
            clustered = log_interval(value, error, lowest, t)
    return Estimate(x, y, value, n, m, interval, clustered)


def log_interval(value: float, error: float, lowest: float, t: float) -> tuple[float, float] | None:
    above = value - lowest
    if not above > 0 or not 0 < t * error <= above * math.log(100):
        return None
    return lowest + above * math.exp(-t * error / above), lowest + above * math.exp(t * error / above)


def wilson(x: float, n: float, z: float) -> tuple[float, float]:
    p = x / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(max(p * (1 - p), 0) / n + z * z / (4 * n * n))
    return centre - half, centre + half


def student_t(degrees: float) -> float:
    """The 97.5 % point, by integrating the density with Simpson's rule and halving."""

    def below(t: float) -> float:
        scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)
        steps = 400
        ordinates = [(1 + (t * i / steps) ** 2 / degrees) ** (-(degrees + 1) / 2) for i in range(steps + 1)]
        weights = [1, *([4, 2] * (steps // 2 - 1)), 4, 1]
        return 0.5 + scale * t / steps / 3 * sum(a * b for a, b in zip(ordinates, weights, strict=True))

    low, high = 1.9, 13.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < 0.975 else (low, middle)
    return low
