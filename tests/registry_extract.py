"""A made-up extract of a regional hospital-stay registry: three files that tell much, and no day of anything.

Persons are numbered from 1, stays within their person. Lengths are stated, ages are bands, and sexes, dispositions and
diagnoses are codes of the registry's own: CODES_OF_DISPOSITION look like those of UB-04 and mean something else.
"""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

PERSONS = ("person_id", "age_band", "sex")
STAYS = ("person_id", "stay_number", "length_of_stay_days", "discharge_code", "readmitted", "charges")
DIAGNOSES = ("person_id", "stay_number", "diagnosis_number", "diagnosis_code")

CODES_OF_DISPOSITION = ("01", "01", "01", "02", "03", "06", "07", "20", "09", "99", "")
"""99 is on no list, not even the registry's."""

CODES_OF_DIAGNOSIS = ("K12.A", "K12.B", "A03.C", "N71.A", "B20.D", "K12B")
"""One is written without its dot. All but that have the form of ICD-10-CM, and are not of it."""

BROKEN = {
    "persons": [("", "60-69", "1")],
    "stays": [
        ("7", "8", "three", "01", "NO", "812.40"),
        ("", "1", "4", "01", "NO", "1204.00"),
        ("8", "8", "2", "01", ">30", "2 300,50"),
    ],
    "diagnoses": [("7", "8", "1", "K12.A"), ("9", "1", "first", "K12.A"), ("9", "1", "8", "")],
}
"""Rows that break the contracts; but the first diagnosis is sound: it is of the first of the broken stays."""

RAGGED = "10,8,3,01,NO\n"
"""A line of stays with a value too few: it is rejected before any contract is asked."""


def write(folder: Path, persons: int = 240, *, broken: bool = False) -> Path:
    """Write the files; the same arguments give the same bytes. One person with stays is not among the persons.

    `broken` adds rows that break the contracts: at least 240 persons, or they are more than the 1 % that is let pass.
    """
    draw = Random(18)
    rows: dict[str, list[tuple[str, ...]]] = {"persons": [], "stays": [], "diagnoses": []}
    for person in map(str, range(1, persons + 2)):
        if int(person) <= persons:
            band = draw.choice(("40-49", "50-59", "60-69", "60-69", "70+", "70+", ""))
            rows["persons"].append((person, band, draw.choice("1229")))
        for stay in map(str, range(1, draw.choice((1, 1, 1, 2, 2, 3)) + 1)):
            days = str(int(draw.expovariate(0.2)))
            charges = draw.choice((f"{draw.uniform(200, 20_000):.2f}",) * 9 + ("",))
            disposition, back = draw.choice(CODES_OF_DISPOSITION), draw.choice(("NO", "NO", "NO", "<30", ">30", ""))
            rows["stays"].append((person, stay, days, disposition, back, charges))
            codes = draw.sample(CODES_OF_DIAGNOSIS, draw.randint(0, 3))
            for number, code in enumerate(codes, 1):
                rows["diagnoses"].append((person, stay, str(number), code))
    folder.mkdir(parents=True)
    for table, columns in (("persons", PERSONS), ("stays", STAYS), ("diagnoses", DIAGNOSES)):
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows(
                [columns, *rows[table], *(BROKEN[table] if broken else [])]
            )
    if broken:
        with (folder / "stays.csv").open("a", encoding="utf-8") as lines:
            lines.write(RAGGED)
    return folder
