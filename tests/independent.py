"""The metrics once more, in plain Python from the CSV files: no SQL, and no code of the project but its code lists."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from statistics import NormalDist, fmean, median, stdev
from typing import NamedTuple

from loader.settings import PROJECT

Row = dict[str, str]
CHECKUPS = {"410410006", "310061009", "86013001"}
ELECTIVE = {"310061009", "305408004", "183495009", "86013001"}
SCREENING, DETOX = "410410006", "56876005"
FOUR_REASONS = {"88805009", "254837009", "55822004", "67811000119102"}
CLASSES = {"ambulatory": "Ambulatory", "outpatient": "Outpatient", "urgentcare": "Urgent care",
           "emergency": "Emergency", "wellness": "Wellness", "inpatient": "Inpatient"}  # fmt: skip
PUBLISHED_PROCEDURES = {
    "dialysis_share": ("Renal dialysis (procedure)", "ambulatory", "Encounter for problem (procedure)"),
    "cardioversion_share": ("Electrical cardioversion", "urgentcare", "Urgent care clinic (procedure)"),
}
COSTLY = (
    ("dialysis_share", "ambulatory", "dialysis"), ("cardioversion_share", "urgentcare", "electrical cardioversion"),
)  # fmt: skip
PERSON = (("sex", "GENDER"), ("race", "RACE"), ("ethnicity", "ETHNICITY"))
HOSPITAL, EVERY_HOSPITAL = "organization", "all hospitals"
LONGEST = 100
"""Days of the longest stay, and the percent rank of the dearest episode, that are not outliers."""
Z = NormalDist().inv_cdf(0.975)


def read(file: Path) -> list[Row]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None) if text else None


@dataclass(frozen=True)
class About:
    """What an observation is sliced by: the day that dates it, and its label in each slice."""

    day: date
    labels: dict[str, str]

    def on(self, day: date) -> About:
        return About(day, self.labels)

    def only(self, *slices: str) -> About:
        return About(self.day, {name: label for name, label in self.labels.items() if name in slices})

    @cached_property
    def cells(self) -> list[tuple[str, str, str, str]]:
        """The period, hospital, slice and value of each cell that the observation is in; those of months are left out.

        Of all hospitals every slice is shown by year; of one only the whole.
        """
        hospital, year = self.labels[HOSPITAL], str(self.day.year)
        values = [("all", "all"), *((name, label) for name, label in self.labels.items() if name != HOSPITAL)]
        return [
            *((period, EVERY_HOSPITAL, *value) for period in ("all", year) for value in values),
            *(("all", hospital, *value) for value in values),
            (year, hospital, "all", "all"),
        ]


class Observation(NamedTuple):
    metric: str
    version: str
    patient: str
    about: About
    numerator: float
    denominator: float = 1.0
    by_patient: Callable[[Iterable[float]], float] | None = None
    """Where people are counted: what becomes one observation of the rows of a patient."""


PAYER_SLICES = ("organization", "payer_category", "payer", "age_band")


@dataclass
class Encounter:
    id: str
    patient: str
    organization: str
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

    kept = {"R6_WITH_DETOX": "detox", "R6_WITH_SURGICAL_CANCER": "surgical cancer"}

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        payer = {row["Id"]: row["NAME"] for row in read(folder / "payers.csv")}
        patients = read(folder / "patients.csv")
        self.death = {row["Id"]: date.fromisoformat(row["DEATHDATE"]) for row in patients if row["DEATHDATE"]}
        self.born = {row["Id"]: date.fromisoformat(row["BIRTHDATE"]) for row in patients}
        self.person = {
            row["Id"]: {name: row[column].strip() or "Unknown" for name, column in PERSON} for row in patients
        }
        hospitals = read(folder / "organizations.csv")
        names = Counter(row["NAME"] for row in hospitals)
        self.hospital = {
            row["Id"]: row["NAME"] if names[row["NAME"]] == 1 else f"{row['NAME']} ({row['Id']})" for row in hospitals
        }
        self.payer_told = {row["payer_name"]: row for row in read(PROJECT / "seeds" / "payer_category.csv")}
        self.procedures = read(folder / "procedures.csv")
        self.encounters = [
            Encounter(
                row["Id"], row["PATIENT"], row["ORGANIZATION"], payer[row["PAYER"]], row["ENCOUNTERCLASS"],
                row["CODE"], row["DESCRIPTION"], row["REASONCODE"], row["REASONDESCRIPTION"].lower(),
                instant(row["START"]), instant(row["STOP"]), float(row["TOTAL_CLAIM_COST"]),
                float(row["PAYER_COVERAGE"]),
            )
            for row in read(folder / "encounters.csv")
        ]  # fmt: skip
        self.texts: dict[str, list[str]] = defaultdict(list)
        for row in self.procedures:
            self.texts[row["ENCOUNTER"]].append(row["DESCRIPTION"].lower())
        self.judged = [self._judge(row) for row in self.procedures]
        self.done: dict[str, list[tuple[str, bool, str]]] = defaultdict(list)
        for row, judgement in zip(self.procedures, self.judged, strict=True):
            self.done[row["ENCOUNTER"]].append((*judgement, row["REASONCODE"]))
        self.observed_until = max(e.stop or e.start for e in self.encounters)
        self.chronicity = {row["code"]: row["ccir"] for row in read(PROJECT / "seeds" / "condition_chronicity.csv")}

    @cached_property
    def lists(self) -> tuple[dict, dict, set[str], set[str]]:
        """The planned algorithm's procedures by code and text and by code, its acute and its always planned reasons."""
        seeds = PROJECT / "seeds"
        exact, by_code = {}, defaultdict(set)
        for row in read(seeds / "snomed_procedure.csv"):
            judgement = (row["planned_category"], row["in_surgery_cohort"] == "1")
            exact[row["code"], row["text"]] = judgement
            by_code[row["code"]].add(judgement)
        always = {row["ccs_category"] for row in read(seeds / "planned_category.csv") if row["rule_set"] == "PR2"}
        reasons = read(seeds / "snomed_reason.csv")
        acute = {row["code"] for row in reasons if row["is_acute"] == "1"}
        return exact, by_code, acute, {row["code"] for row in reasons if row["ccs_category"] in always}

    def _judge(self, row: Row) -> tuple[str, bool]:
        """What the planned algorithm says of a procedure, and whether it is surgery."""
        exact, by_code, _, _ = self.lists
        code, text = row["CODE"], row["DESCRIPTION"]
        of_code = by_code.get(code, set())
        if (code, text) in exact:
            return exact[code, text]
        if len(of_code) == 1:
            return next(iter(of_code))
        is_oncology = any(word in text.lower() for word in ("chemotherapy", "radiotherapy"))
        return ("potentially_planned" if is_oncology else "", False)

    @cached_property
    def by_patient(self) -> dict[str, list[Encounter]]:
        found: dict[str, list[Encounter]] = defaultdict(list)
        for e in sorted(self.encounters, key=lambda e: (e.start, e.stop is None, e.stop or e.start, e.id)):
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

    def planned_rule(self, row: Encounter) -> str:
        """Why an encounter is planned: PR1, PR2, PR3 without PR4, its type; empty where it is not."""
        _, _, acute, always = self.lists
        done = self.done[row.id]
        reasons = {row.reason} if row.reason else {reason for _, _, reason in done}
        if any(category == "always_planned" for category, _, _ in done):
            return "always planned procedure"
        if reasons & always:
            return "always planned diagnosis"
        if any(category == "potentially_planned" for category, _, _ in done) and not reasons & acute:
            return "potentially planned procedure without acute diagnosis"
        return "elective type" if row.code in ELECTIVE | {SCREENING} else ""

    def is_planned(self, stay: Stay) -> bool:
        return any(self.planned_rule(row) for row in stay.rows)

    def is_surgery(self, stay: Stay) -> bool:
        return any(surgery for row in stay.rows for _, surgery, _ in self.done[row.id])

    def is_acute(self, stay: Stay) -> bool:
        if self.is_hospice(stay) or all(row.code in CHECKUPS for row in stay.rows):
            return False
        return self.is_surgery(stay) or not self.is_oncology(stay)

    def had_hospice(self, stay: Stay) -> bool:
        """Whether hospice care or admission touches the 12 months up to the day of admission."""
        day = stay.admitted.date()
        try:
            since = day.replace(year=day.year - 1)
        except ValueError:
            since = day.replace(year=day.year - 1, day=28)
        return any(
            e.start.date() <= day and (e.stop or e.start).date() >= since
            for e in self.by_patient[stay.patient]
            if "hospice" in e.type.lower() or e.kind == "hospice" or any("hospice care" in t for t in self.texts[e.id])
        )

    def days_to_visit(self, stay: Stay) -> int | None:
        """Days from discharge to the first visit that follows a day or more after it."""
        if stay.discharged is None:
            return None
        days = [
            (e.start.date() - stay.discharged.date()).days for e in self.by_patient[stay.patient]
            if e.kind in ("ambulatory", "outpatient", "wellness")
        ]  # fmt: skip
        return min((n for n in days if n >= 1), default=None)

    def ed_visits(self) -> Iterator[tuple[Encounter, bool, int | None]]:
        """Closed emergency visits, whether they end in an admission, and days to the next that does not."""
        for rows in self.by_patient.values():
            inpatient = [
                row.start for row in rows if row.kind == "inpatient" and (not row.stop or row.stop >= row.start)
            ]
            visits = [
                (row, bool(row.stop) and any(row.start <= at <= row.stop + timedelta(days=1) for at in inpatient))
                for row in rows if row.kind == "emergency"
            ]  # fmt: skip
            for place, (row, admitted) in enumerate(visits):
                later = [
                    other.start for other, other_admitted in visits[place + 1 :] if other.stop and not other_admitted
                ]
                if row.stop:
                    yield row, admitted, max((min(later).date() - row.stop.date()).days, 0) if later else None

    def is_hospice(self, stay: Stay) -> bool:
        return any("hospice" in row.type.lower() for row in stay.rows)

    def is_followed(self, stay: Stay) -> bool:
        return (self.observed_until.date() - stay.discharged.date()).days >= 30

    def is_base(self, stay: Stay) -> bool:
        died = self.death.get(stay.patient, date.max) <= stay.discharged.date()
        return not self.is_hospice(stay) and not died and self.is_followed(stay)

    def is_hwr(self, stay: Stay, keep: str = "") -> bool:
        cancer = any(word in row.reason_text for row in stay.rows for word in ("malignant", "cancer", "carcinoma"))
        cancer = cancer and not (keep == "surgical cancer" and self.is_surgery(stay))
        set_apart = any(row.code in {SCREENING, DETOX} - {DETOX if keep == "detox" else ""} for row in stay.rows)
        return not (cancer or set_apart or self.is_oncology(stay) or self.has(stay, "hospice care"))

    def reason(self, rows: list[Encounter]) -> str:
        """The reason of an admission: a chronic one first, then the earliest; empty where none is coded."""
        coded = [row.reason for row in rows if row.reason]
        return next((code for code in coded if self.chronicity.get(code) == "1"), coded[0] if coded else "")

    def age(self, e: Encounter) -> int:
        """Age in full years when an encounter starts."""
        born, day = self.born[e.patient], e.start.date()
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    def about(self, e: Encounter) -> About:
        """The labels of an encounter."""
        age, day = self.age(e), e.start.date()
        labels = {
            "organization": self.hospital[e.organization],
            "payer_category": self.payer_told[e.payer]["payer_category"],
            "payer": e.payer,
            "insured": "Insured" if self.payer_told[e.payer]["is_insured"] == "1" else "Uninsured",
            "age_band": "90+" if age >= 90 else f"{age // 10}0-{age // 10}9" if age >= 10 else "0-9",
            "encounter_class": CLASSES[e.kind],
        }
        return About(day, labels | self.person[e.patient])

    def about_stay(self, stay: Stay) -> About:
        """The labels of a stay: those of its first encounter, and its kind. The files name no group and no way out."""
        about = self.about(stay.rows[0])
        kinds = {
            "hospice": self.is_hospice(stay),
            "detoxification": any(row.code == DETOX for row in stay.rows),
            "cancer treatment": self.is_oncology(stay),
            "screening": any(row.code == SCREENING for row in stay.rows),
            "elective": self.is_planned(stay),
            "acute": True,
        }
        labels = {name: label for name, label in about.labels.items() if name != "encounter_class"}
        labels |= {"kind_of_stay": next(kind for kind, is_it in kinds.items() if is_it)}
        return About(about.day, labels | {"drg": "(not applicable)", "disposition": "Unknown"})

    @cached_property
    def stay_of(self) -> dict[str, Stay]:
        """The stay that holds each inpatient encounter."""
        return {row.id: stay for stays in self.stays() for stay in stays for row in stay.rows}

    def about_admission(self, first: Encounter) -> About:
        """The labels and the day of discharge of the stay of an admissions first encounter, at its own hospital."""
        stay = self.stay_of[first.id]
        about = self.about_stay(stay)
        # An open stay has no day of discharge: it is dated by none.
        day = stay.discharged.date() if stay.discharged else date.max
        return About(day, about.labels | {"organization": self.hospital[first.organization]})

    def observations(self) -> Iterator[Observation]:
        """What each stay, encounter, episode, procedure and patient adds to each metric."""
        yield from self._reproduced_readmissions()
        yield from self._readmissions()
        yield from self._stays()
        yield from self._encounters()
        yield from self._episodes()
        yield from self._procedures()

    def _returns(self, version: str, patient: str, index: list[Encounter], after: list[Encounter]) -> Iterable:
        about = self.about_admission(index[0])
        reasons = [self.reason(index), self.reason(after)]
        chronic = any(self.chronicity.get(code) == "1" for code in reasons)
        yield Observation("chronic_share", version, patient, about, chronic)
        if any(reasons):
            yield Observation("chronic_share_coded", version, patient, about, chronic)
        yield Observation("coded_reason_share", version, patient, about, bool(reasons[1]))
        if version == "R1":
            about = about.only(*PAYER_SLICES, "kind_of_stay")
            yield Observation("named_reason_share", "readmissions", patient, about, reasons[1] in FOUR_REASONS)

    def _reproduced_readmissions(self) -> Iterator[Observation]:
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
                about = self.about_admission(row)
                yield Observation("readmission", "R1", patient, about, hits[-1])
                yield Observation("readmission", "R0", patient, about, hits[-1], not hits[-1])
                yield Observation("readmission", "R7", patient, about, hits[-1], 1, max)
                if hits[-1]:
                    yield from self._returns("R1", patient, [row], [after])
            if any(hits):
                readmitted.add(patient)
        coded = [e for e in self.encounters if e.patient in readmitted and e.reason]
        slices = (*PAYER_SLICES, "encounter_class")
        for e in coded:
            about = self.about(e).only(*slices)
            yield Observation("named_reason_share", "reproduced", e.patient, about, e.reason in FOUR_REASONS)
        times = Counter(e.reason for e in coded)
        for e in coded:
            if e.reason in FOUR_REASONS:
                percent = math.floor(100 * times[e.reason] / len(coded) + 0.5)
                share = percent / 100 / times[e.reason]
                yield Observation(
                    "named_reason_share", "reproduced_rounded", e.patient, self.about(e).only(*slices), share
                )

    def _readmissions(self) -> Iterator[Observation]:
        for gap, versions in ((0, ("R2", "R3", "R5", "R6", *self.kept)), (1, ("R4",))):
            for stays in self.stays(gap):
                for stay, after in zip(stays, [*stays[1:], None], strict=True):
                    if stay.discharged is None:
                        continue
                    about = self.about_admission(stay.rows[0])
                    days = (after.admitted.date() - stay.discharged.date()).days if after else None
                    soon = days is not None and days <= 30
                    unplanned = soon and not (
                        self.is_planned(after) or self.is_hospice(after) or self.has(after, "hospice care")
                    )
                    index = {
                        "R2": (True, after is not None), "R3": (True, soon), "R4": (True, soon),
                        "R5": (self.is_base(stay), unplanned),
                        "R6": (self.is_base(stay) and self.is_hwr(stay), unplanned),
                        **{
                            version: (self.is_base(stay) and self.is_hwr(stay, keep), unplanned)
                            for version, keep in self.kept.items()
                        },
                    }  # fmt: skip
                    for version in versions:
                        is_index, hit = index[version]
                        if is_index:
                            yield Observation("readmission", version, stay.patient, about, hit)
                            if version == "R6":
                                yield from self._of_index(stay, about, hit)
                            if hit and version in ("R3", "R5", "R6"):
                                yield from self._returns(version, stay.patient, stay.rows, after.rows)
                    if "R5" in versions and self.is_base(stay):
                        visits = [
                            e.start for e in self.by_patient[stay.patient]
                            if e.kind == "emergency" and e.start >= stay.discharged
                        ]  # fmt: skip
                        seen = bool(visits) and (min(visits).date() - stay.discharged.date()).days <= 30
                        yield Observation("ed_return_30", "first_visit", stay.patient, about, seen)

    def _of_index(self, stay: Stay, about: About, hit: bool) -> Iterator[Observation]:
        """What else is counted of an index stay of R6."""
        if self.age(stay.rows[0]) >= 65:
            yield Observation("readmission", "R6_AGE_65", stay.patient, about, hit)
        days = self.days_to_visit(stay)
        for most in (7, 14, 30):
            seen = days is not None and days <= most
            yield Observation("followup_visit", f"within_{most}d", stay.patient, about, seen)

    def _stays(self) -> Iterator[Observation]:
        for stay in (stay for stays in self.stays() for stay in stays):
            about = self.about_stay(stay)
            yield Observation("stays", "count", stay.patient, about, 1)
            death, until = self.death.get(stay.patient), stay.admitted.date() + timedelta(days=30)
            is_acute = self.is_acute(stay) and (death is None or death >= stay.admitted.date())
            if is_acute and until <= self.observed_until.date() and not self.had_hospice(stay):
                died = death is not None and death <= until
                version = "within_30d_of_admission"
                yield Observation("mortality", f"{version}_every_stay", stay.patient, about, died)
                yield Observation("mortality", version, stay.patient, about, died, 1, fmean)
            if stay.discharged is None:
                yield Observation("stays", "open", stay.patient, about, 1)
                continue
            nights = (stay.discharged.date() - stay.admitted.date()).days
            yield Observation("alos", "days_cms", stay.patient, about, max(nights, 1))
            yield Observation("alos", "median", stay.patient, about, max(nights, 1))
            yield Observation("alos", "geometric_mean", stay.patient, about, math.log(max(nights, 1)))
            if nights <= LONGEST:
                yield Observation("alos", "without_outliers", stay.patient, about, max(nights, 1))
            yield Observation("alos", "midnights", stay.patient, about, nights)
            hours = round((stay.discharged - stay.admitted).total_seconds() / 3600, 4)
            yield Observation("alos", "elapsed", stay.patient, about, hours / 24)
            yield Observation("alos", "complete_days", stay.patient, about, (stay.discharged - stay.admitted).days)
            if death is None or death >= stay.admitted.date():
                died = death is not None and death <= stay.discharged.date()
                yield Observation("mortality", "in_hospital", stay.patient, about, died)
                if is_acute:
                    yield Observation("mortality", "in_hospital_acute", stay.patient, about, died)
                if self.is_followed(stay):
                    soon = death is not None and death <= stay.discharged.date() + timedelta(days=30)
                    yield Observation("mortality", "within_30d", stay.patient, about.on(stay.discharged.date()), soon)

    def _encounters(self) -> Iterator[Observation]:
        contact: dict[str, list[Encounter]] = defaultdict(list)
        prices: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for row in self.procedures:
            prices[row["ENCOUNTER"]].append((row["DESCRIPTION"].lower(), float(row["BASE_COST"])))
        for e in self.encounters:
            gap, p, about = e.claim - e.paid, e.patient, self.about(e)
            kind = "uninsured" if e.payer == "NO_INSURANCE" else "partial" if e.paid else "insured_zero_paid"
            contact[p].append(e)
            yield Observation("encounters", "count", p, about, 1)
            yield Observation("tcoc", "total", p, about, e.claim)
            yield Observation("tcoc", "per_patient", p, about, e.claim, 1, sum)
            yield Observation("payer_paid", "total", p, about, e.paid)
            yield Observation("claim_per_encounter", "mean", p, about, e.claim)
            yield Observation("noncovered_cost", "total", p, about, gap)
            yield Observation("noncovered_cost", kind, p, about, gap)
            for one in ("uninsured", "insured_zero_paid", "partial"):
                yield Observation("noncovered_share", one, p, about, gap if one == kind else 0, gap)
            yield Observation("noncovered_rate", "claim", p, about, gap, e.claim)
            yield Observation("zero_paid_share", "reproduced", p, about, 0 if e.paid else e.claim, e.claim)
            for metric, class_, word in COSTLY:
                if e.kind == class_:
                    priced = math.fsum(price for _, price in prices[e.id])
                    of_it = math.fsum(price for text, price in prices[e.id] if word in text)
                    part = round(e.claim * of_it / priced, 2) if priced else 0
                    yield Observation(metric, "cost", p, about, part, e.claim)
            is_ambulatory = e.kind == "ambulatory"
            yield Observation("ambulatory_share", "all_encounters", p, about, is_ambulatory)
            yield Observation("ambulatory_share", "noncovered_cost", p, about, is_ambulatory * gap, gap)
            if not e.paid:
                yield Observation("zero_paid_claims", "reproduced", p, about, e.claim)
                yield Observation("ambulatory_share", "zero_paid_encounters", p, about, is_ambulatory)
            if e.kind == "inpatient" and e.stop:
                seconds = (e.stop - e.start).total_seconds()
                yield Observation("alos", "reproduced", p, about, seconds // 86400)
                yield Observation("alos", "midnights_unmerged", p, about, (e.stop.date() - e.start.date()).days)
                yield Observation("alos", "elapsed_unmerged", p, about, round(seconds / 60, 2) / 1440)
        end = self.observed_until.date()
        for e, admitted, days in self.ed_visits():
            if (
                not admitted
                and self.death.get(e.patient, date.max) > e.stop.date()
                and (end - e.stop.date()).days >= 30
            ):
                again = days is not None and days <= 30
                yield Observation("ed_return_30", "visits", e.patient, self.about(e), again)
                yield Observation("ed_return_30", "patients", e.patient, self.about(e), again, 1, max)
        for p, rows in contact.items():
            days = 0
            reached = min(e.start.date() for e in rows) - timedelta(days=1)
            for e in sorted(rows, key=lambda e: (e.start, e.stop is None, e.stop or e.start, e.id)):
                last = max(e.start.date(), e.stop.date() if e.stop else date.min)
                added = max((last - reached).days, 0)
                reached = max(reached, last)
                days += added
                yield Observation("tcoc", "per_patient_year", p, self.about(e), e.claim, added / 365.25)
            last = max([e.start.date() for e in rows] + [e.stop.date() for e in rows if e.stop])
            assert days == (last - min(e.start.date() for e in rows)).days + 1

    def _episodes(self) -> Iterator[Observation]:
        dear: list[tuple[float, Stay]] = []
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
                about = self.about_stay(stay)
                yield from self._episode(
                    stay.rows[0], about, rows, ("claim", "claim_median", "paid"), "one_index_per_window"
                )
                dear.append((round(math.fsum(e.claim for e in rows), 2), stay))
            for row in (row for stay in stays for row in stay.rows if row.stop):
                since, end = row.start - timedelta(days=3), row.stop + timedelta(days=30)
                rows = [e for e in self.by_patient[row.patient] if since <= e.start <= end]
                yield from self._episode(row, self.about(row).only(*PAYER_SLICES), rows, ("reproduced",), "reproduced")
        for claims, stay in dear:
            cheaper = sum(other < claims for other, _ in dear)
            if cheaper * 100 < 99 * len(dear):
                about = self.about_stay(stay)
                labels = about.labels | {"medicare_group": self.medicare_group(stay.rows[0])}
                yield Observation("episode_spend", "claim_trimmed", stay.patient, About(about.day, labels), claims)

    def medicare_group(self, index: Encounter) -> str:
        return "Medicare" if self.payer_told[index.payer]["payer_category"] == "Medicare" else "other payers"

    def _episode(
        self, index: Encounter, about: About, rows: list[Encounter], versions: tuple[str, ...], rule: str
    ) -> Iterator[Observation]:
        claims, paid = sum(e.claim for e in rows), sum(e.paid for e in rows)
        group = self.medicare_group(index)
        about = About(about.day, about.labels | {"medicare_group": group})
        for version in versions:
            amount = paid if version == "paid" else claims
            yield Observation("episode_spend", version, index.patient, about, amount)
        if group == "Medicare":
            yield Observation("mspb_ratio", rule, index.patient, about, claims / 16698)
        elif rule == "reproduced":
            yield Observation("reference_tcoc", "reproduced", index.patient, about, claims)

    def _procedures(self) -> Iterator[Observation]:
        encounter = {e.id: e for e in self.encounters}
        priced: dict[str, float] = defaultdict(float)
        for row in self.procedures:
            e, cost, text = encounter[row["ENCOUNTER"]], float(row["BASE_COST"]), row["DESCRIPTION"]
            priced[e.id] += cost
            about = self.about(e).on(instant(row["START"]).date())
            of_procedure = About(about.day, about.labels | {"procedure": text})
            yield Observation("procedure_cost", "list_price", e.patient, of_procedure, cost)
            for metric, (procedure, kind, type_) in PUBLISHED_PROCEDURES.items():
                if e.kind == kind and e.type == type_ and not e.paid:
                    one = about.only(*PAYER_SLICES, "encounter_class")
                    yield Observation(metric, "reproduced", e.patient, one, text == procedure)
                    yield Observation(metric, "patients", e.patient, one, text == procedure, 1, max)
        self.claims_of_priced_encounters = sum(encounter[id_].claim for id_, cost in priced.items() if cost > 0)


Quality = dict[tuple[str, str], tuple[int, int]]
"""By table and check: how many rows fail it, of how many."""
SNOMED_CT = re.compile("[0-9]{6,18}")
FAMILIES_OF_PROCEDURES = ("chemotherapy", "radiotherapy", "hospice care", "dialysis", "electrical cardioversion")


def counted(values: Iterable[bool]) -> tuple[int, int]:
    judged = list(values)
    return sum(judged), len(judged)


def codes(table: str, word: str, found: Iterable[str], chronicity: dict[str, str] | None = None) -> Quality:
    """The checks of codes of SNOMED CT; with `chronicity`, of those that are diagnoses."""
    delivered = [re.sub("[.]0+$", "", code) for code in found if code]
    if not delivered:
        return {}
    malformed = counted(not SNOMED_CT.fullmatch(code) for code in delivered)
    checks = {
        f"{word} without the form of its system": malformed,
        f"{word} without a code system": (0, len(delivered)),
    }
    if chronicity is not None:
        checks[f"{word} without chronicity"] = counted(code not in chronicity for code in delivered)
        checks[f"{word} that no Charlson list reads"] = malformed
    return {(table, check): numbers for check, numbers in checks.items()}


def completeness(folder: Path) -> Quality:
    """The cells of each column of a Synthea export that are empty."""
    found: Quality = {}
    for name in ("encounters", "organizations", "patients", "payers", "procedures"):
        rows = read(folder / f"{name}.csv")
        for column in rows[0]:
            # Old exports of payers leave a blank or NA where there is no value; the contract says so.
            found[f"synthea__{name}", f"{column.lower()} missing"] = counted(not row[column].strip() for row in rows)
        for check in ("rows quarantined", "rows lost", "rows of another type"):
            found[f"synthea__{name}", check] = (0, len(rows))
    return found


def quality_of_hospital(hospital: Hospital) -> Quality:
    """The checks of the encounters and procedures of a hospital without defects of form, and of its columns."""
    encounters, procedures = hospital.encounters, hospital.procedures
    known = {e.id: e for e in encounters}
    dead = [e for e in encounters if e.patient in hospital.death]
    priced: dict[str, float] = defaultdict(float)
    for row in procedures:
        priced[row["ENCOUNTER"]] += float(row["BASE_COST"])
    stops = [(instant(row["STOP"]), known[row["ENCOUNTER"]].stop) for row in procedures]
    times = Counter(
        tuple(row[name] for name in ("START", "STOP", "PATIENT", "ENCOUNTER", "CODE")) for row in procedures
    )
    checks = {
        ("input.encounter", "claim of 0"): counted(e.claim == 0 for e in encounters),
        ("input.encounter", "paid more than claimed"): counted(e.paid > e.claim for e in encounters),
        ("input.encounter", "starts after death"): counted(e.start.date() > hospital.death[e.patient] for e in dead),
        ("input.encounter", "stops after death"): counted(
            e.stop is not None and e.stop.date() > hospital.death[e.patient] for e in dead
        ),
        ("input.encounter", "stops before it starts"): counted(bool(e.stop and e.stop < e.start) for e in encounters),
        ("input.encounter", "list price above claim"): counted(
            round(total, 2) > known[id_].claim for id_, total in priced.items()
        ),
        ("input.encounter", "class unknown"): counted(e.kind not in CLASSES for e in encounters),
        ("input.procedure", "encounter unknown"): counted(row["ENCOUNTER"] not in known for row in procedures),
        ("input.procedure", "ends after its encounter"): counted(bool(a and b and a > b) for a, b in stops),
        ("input.procedure", "repeats another row"): (sum(n - 1 for n in times.values()), len(procedures)),
        ("input.procedure", "procedure without category"): counted(
            not any(word in row["DESCRIPTION"].lower() for word in FAMILIES_OF_PROCEDURES) for row in procedures
        ),
    }
    # A hospital of the export knows no dispositions, groups, bands, intensive care or flags of readmission.
    for check in (
        "disposition unknown", "DRG without a family", "age band unknown", "ICU days beyond the stay",
        "readmitted from hospice",
    ):  # fmt: skip
        checks["input.encounter", check] = (0, 0)
    return (
        checks
        | codes("input.encounter", "reason", (e.reason for e in encounters), hospital.chronicity)
        | codes("input.encounter", "type", (e.code for e in encounters))
        | codes("input.procedure", "code", (row["CODE"] for row in procedures))
        | codes("input.procedure", "reason", (row["REASONCODE"] for row in procedures), hospital.chronicity)
        | completeness(hospital.folder)
    )


def quality_of_stays(rows: list[Row]) -> Quality:
    """The checks of the stays of patient records, from the rows that are staged."""
    families = {row["drg_code"] for row in read(PROJECT / "seeds" / "drg_family.csv")}
    group = {
        row["disposition_code"]: row["disposition_group"]
        for row in read(PROJECT / "seeds" / "discharge_disposition.csv")
    }
    went = [row["discharge_disposition"].strip().lower() for row in rows]
    icu = [
        (float(row["icu_days"]), max(float(row["length_of_stay_days"]), 1))
        for row in rows
        if row["icu_days"] and row["length_of_stay_days"]
    ]
    from_hospice = [
        row["readmitted_30d"]
        for row, to in zip(rows, went, strict=True)
        if group.get(to) == "hospice" and row["readmitted_30d"]
    ]
    days = [
        int(float(row["days_to_readmission"]))
        for row in rows
        if row["days_to_readmission"] and row["readmitted_30d"] and float(row["readmitted_30d"]) == 1
    ]
    checks = {
        "ICU days beyond the stay": counted(a > b for a, b in icu),
        "readmitted from hospice": counted(float(flag) == 1 for flag in from_hospice),
        "disposition unknown": counted(to not in group for to in went if to),
        "DRG without a family": counted(
            row["primary_drg"].removesuffix(".0") not in families for row in rows if row["primary_drg"]
        ),
    }
    if days:
        checks["return days end before day 30"] = (max(30 - max(days), 0), 30) if len(days) >= 100 else (0, 0)
    return {("input.encounter", check): numbers for check, numbers in checks.items()}


class Estimate(NamedTuple):
    numerator: float
    denominator: float
    value: float
    n: int
    patients: int
    interval: tuple[float, float] | None
    clustered: tuple[float, float] | None


@dataclass
class Cell:
    """What was observed of a metric in one period and value of a slice."""

    numerators: list[float] = field(default_factory=list)
    patients: dict[str, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0.0]))

    def add(self, patient: str, numerator: float, denominator: float) -> None:
        self.numerators.append(numerator)
        sums = self.patients[patient]
        sums[0] += numerator
        sums[1] += denominator


def estimates(
    observations: Iterable[Observation], kind: dict[tuple[str, str], tuple[str, str, int]]
) -> dict[tuple, Estimate]:
    """Sum observations up as their metric says, by metric, version, period and slice."""
    cells: dict[tuple, Cell] = defaultdict(Cell)
    people: dict[tuple, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    summed_up: dict[tuple, Callable[[Iterable[float]], float]] = {}
    for o in observations:
        for cell in o.about.cells:
            key = (o.metric, o.version, *cell)
            if o.by_patient:
                summed_up[key] = o.by_patient
                people[key][o.patient].append(o.numerator)
            else:
                cells[key].add(o.patient, o.numerator, o.denominator)
    for key, rows in people.items():
        for patient, numerators in rows.items():
            cells[key].add(patient, summed_up[key](numerators), 1)
    # A stay without a day of discharge is in no year.
    return {k: _estimate(cell, *kind[k[:2]]) for k, cell in cells.items() if k[2] != str(date.max.year)}


def _estimate(cell: Cell, kind: str, unit: str, lowest: int) -> Estimate:
    x, y = (math.fsum(sums[part] for sums in cell.patients.values()) for part in (0, 1))
    n, m = len(cell.numerators), len(cell.patients)
    if kind == "total":
        return Estimate(x, y, x, n, m, None, None)
    if kind == "median":
        return Estimate(x, y, median(cell.numerators), n, m, None, None)
    value = x / y if y else math.nan
    shown_value, scale = (math.exp(value), math.exp(value)) if kind == "geometric_mean" else (value, 1)
    interval = clustered = None
    if kind == "proportion":
        interval = wilson(x, n, Z)
    elif kind in ("mean", "geometric_mean") and n > 1:
        error = scale * stdev(cell.numerators) / math.sqrt(n)
        interval = log_interval(shown_value, error, lowest, student_t(n - 1))
    sums = cell.patients
    effective = y * y / math.fsum(b * b for _, b in sums.values()) if y else 0
    if effective >= 5:
        deviations = [a - value * b for a, b in sums.values()]
        error = math.hypot(*(d * y / (y - b) for d, (_, b) in zip(deviations, sums.values(), strict=True))) / y
        squares = math.fsum(d**2 for d in deviations)
        spread = math.fsum(d**4 for d in deviations) - squares**2 / m
        shown = (0.4 if kind in ("mean", "ratio") else 1) * 2 * squares**2
        degrees = shown / spread if shown < (effective - 1) * spread else effective - 1
        t = student_t(degrees) if degrees >= 1 else math.nan
        if math.isnan(t):
            pass  # from patients as unlike as this nothing can be learned of how they vary
        elif kind == "proportion" or (unit == "share" and 0 < value < 1):
            as_many = min(value * (1 - value) / error**2, n) if error else effective
            clustered = wilson(value * as_many, as_many, t)
        else:
            clustered = log_interval(shown_value, scale * error, lowest, t)
    return Estimate(x, y, shown_value, n, m, interval, clustered)


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


@cache
def student_t(degrees: float) -> float:
    """The 97.5 % point, by integrating the density with Simpson's rule and following its slope to the point."""
    scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)
    steps = 400

    def density(t: float) -> float:
        return scale * (1 + t * t / degrees) ** (-(degrees + 1) / 2)

    # From below, and the area is concave: each step comes nearer and none goes too far.
    t, step = 1.9, 1.0
    while step > 1e-9:
        inner = sum((4 if i % 2 else 2) * density(t * i / steps) for i in range(1, steps))
        area = 0.5 + t / steps / 3 * (density(0) + inner + density(t))
        step = (0.975 - area) / density(t)
        t += step
    return t
