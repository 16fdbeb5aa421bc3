"""Write docs/measures.md from seeds and models: metrics, views of more than one value, figures that were reproduced.

`scripts/measures.py` writes the file, `scripts/measures.py --check` fails where it is not what the seeds say.
"""

from __future__ import annotations

import re
import sys
from itertools import groupby
from pathlib import Path

from workbench.families import declared, seed

PROJECT = Path(__file__).resolve().parent.parent
TARGET = PROJECT / "docs" / "measures.md"

Row = dict[str, str]

GROUPS = {
    "M1": "Length of stay",
    "M2": "Readmission",
    "M3": "Observed / expected readmission",
    "M4": "Reasons of readmissions",
    "M5": "Non-covered cost",
    "M6": "Total cost of care",
    "M7": "Spending per episode",
    "M8": "Cost by class and procedure",
    "M9": "Charlson index",
    "M10": "Stays by age",
    "M11": "Mortality",
    "M12": "Charges and insurance",
    "M13": "DRG test",
    "M14": "Readmission scenarios",
    "M15": "Cost by diagnosis",
    "M16": "Quality of the files",
}
"""The groups of metrics, in their order."""

TABLES = {
    "M12": ("serving/v_insurance_outcomes",),
    "M13": ("serving/v_drg_test",),
    "M14": ("serving/v_scenario",),
    "M15": ("serving/v_charge_by_diagnosis_weighted", "serving/v_charge_by_diagnosis_impact"),
    "M16": ("mart/mart_data_quality",),
}
"""The models of what is more than a numerator over a denominator, and so has columns of its own."""

HOW = """# Measures

Written by `scripts/measures.py` from `seeds/metric.csv`, `seeds/metric_subject.csv`, `seeds/metric_slice.csv`,
`seeds/capability.csv`, `seeds/benchmark.csv`, what `seeds/reproduction/` adds to them, and the MODEL blocks of views;
change those, not this file.

Every value is a row of `mart_kpi`: one row a metric, definition version, source and slice, with numerator,
denominator, value, n, patients, interval, small-cell flag, basis and benchmark. Sources are never added together.

- **Where**: a metric is a row of `seeds/metric.csv`, and nothing else states its rule. Numerator, denominator and
  filter are SQL over the columns of one fact, of one row of it; or, where patients are counted, an aggregate over the
  rows of a patient. From that row come the observations (`measure.<subject>_observation`), the rows of `mart_kpi` and
  the DAX measures of Power BI. `warehouse query` shows its rows.
- **Slices**: all, year, month (by the day named below), and what the subject below is sliced by. `is_partial_period`
  marks a year or month that the source does not cover in full, follow-up included.
- **Intervals** are 95 %. `ci_low` and `ci_high` take observations as independent: Wilson for a proportion, Student's
  t on the log scale for a mean, exact Poisson for observed / expected, order statistics for a median.
  `clustered_ci_low` and `clustered_ci_high` take patients as independent, because one patient brings many events: the
  ratio estimator with its variance between patients (Cochran 1977), each patient set against the others (CR3, Bell and
  McCaffrey 2002), with degrees of freedom that one patient who makes most of it leaves few of. It is on the log scale,
  so that no length, charge or claim is below 0 and no CMS length below 1; for a share a Wilson interval of the
  effective number of observations (Korn and Graubard 1998); for a median Woodruff's (1952); for observed / expected
  the wider of it and exact Poisson. There is none below 5 effective patients, (sum n) ** 2 / sum n ** 2, nor where it
  would reach a hundred times the value. Quote it wherever it stands, and no other. A total is not
  a sample and has none. tests/test_coverage.py draws worlds in which few patients own most events, and counts how
  often each interval holds the truth.
- **small_cell_flag** is 1 below 30 observations or 11 patients, for a proportion below 5 events or 5 others, for
  observed / expected below 5 expected.
- **Requires** is what a source must deliver for the metric, as `mart_capability` finds it in the rows; where something
  of it is missing, the value is NULL and `not_computable_reason` names it.
- **basis** is `derived` from dates and amounts, `source_asserted` by a flag of the feed, or `not_computable`: then
  the value is NULL, never 0, and the row says why.
"""


def measures() -> str:
    """Return the text of docs/measures.md."""
    parts = [HOW]
    capabilities = {row["capability"]: row["sentence"] for row in seed("capability")}
    benchmarks = {(row["metric_code"], row["definition_version"]): row for row in declared("benchmark")}
    metrics = sorted(declared("metric"), key=lambda row: list(GROUPS).index(row["module"]))
    subjects = {row["subject"]: row for row in declared("metric_subject")}
    parts.append("\n## What is observed\n\n| subject | rows of | days | sliced by |\n|---|---|---|---|")
    for name, row in subjects.items():
        days = ", ".join(date.partition("=")[0] for date in row["dates"].split())
        parts.append(f"| {name} | `{row['relation']}` | {days} | {', '.join(row['slices'].split())} |")
    for module, rows in groupby(metrics, key=lambda row: row["module"]):
        parts.append(f"\n## {module} {GROUPS[module]}\n")
        for row in rows:
            required = [capabilities[name] for name in row["requires"].split()]
            parts.append(_entry(row, required, benchmarks.get((row["metric_code"], row["definition_version"]))))
    parts.append("\n## Measures with columns of their own\n")
    parts.append("Tests and comparisons, which are not a single ratio: each a published table with n and intervals.\n")
    parts += [_table(module, model) for module, models in TABLES.items() for model in models]
    claims = seed("reproduction/stated_figure") if (PROJECT / "seeds" / "reproduction").is_dir() else []
    if claims:
        parts.append("\n## Figures of the reference projects\n")
        parts.append(
            "What the two reference projects stated; `v_stated_figures` holds the values of all three columns.\n"
        )
        parts.append("| stated | its own rule here | corrected | why |\n|---|---|---|---|")
    for row in claims:
        named = (_metric(row, "reproduced"), _metric(row, "corrected"))
        parts.append(f"| {row['statement']} | {named[0]} | {named[1]} | {row['reason']} |")
    return "\n".join(parts) + "\n"


def _entry(row: Row, required: list[str], benchmark: Row | None) -> str:
    first = " · shown first" if row["is_default"] == "1" else ""
    lines = [
        f"### `{row['metric_code']}` / `{row['definition_version']}`: {row['metric_label']}{first}\n",
        f"{row['definition']}\n",
        f"- kind: {row['kind']}; unit: {row['unit']}; subject: {row['subject']}; basis: {row['basis']}; "
        f"dated by: {row['counted_by']}"
        + (f"; follow-up: {row['followup_days']} days" if row["followup_days"] != "0" else ""),
        f"- numerator: {row['numerator_rule']}; denominator: {row['denominator_rule']}",
        *_rule(row),
        f"- requires: {'; '.join(required)}",
        f"- caveat: {row['caveat']}",
    ]
    if row["not_computable_reason"]:
        lines.append(f"- not computable: {row['not_computable_reason']}")
    if benchmark:
        comparable = "comparable" if benchmark["is_comparable"] == "1" else "not comparable"
        lines.append(
            f"- benchmark: {benchmark['benchmark_value']} ({benchmark['source']}; {comparable}). {benchmark['note']}"
        )
    return "\n".join(lines) + "\n"


def _rule(row: Row) -> list[str]:
    """Return the SQL of a metric, where it has any."""
    if not row["numerator"]:
        return []
    over = f" / `{row['denominator']}`" if row["denominator"] else ""
    where = f" where `{row['filter']}`" if row["filter"] else ""
    per = f", one observation a {row['counted_per']}" if row["counted_per"] else ""
    return [f"- SQL: `{row['numerator']}`{over}{where}{per}"]


def _table(module: str, model: str) -> str:
    """Return the entry of a model: the words of its MODEL block, which tests hold to its columns."""
    text = (PROJECT / "models" / f"{model}.sql").read_text(encoding="utf-8")
    names = re.findall(r"view_name := (\w+)", text) or [model.split("/")[1]]
    described = re.search(r"\n  description '(.*)',\n  column_descriptions \((.*?)\n  \)", text, re.S)
    if described is None:
        raise ValueError(f"models/{model}.sql: its MODEL block has no description and column_descriptions")
    columns = re.findall(r"(\w+) = '(.*)'", described[2])
    lines = [f"### {module} {', '.join(f'`{name}`' for name in names)}\n", f"{described[1]}\n"]
    return "\n".join([*lines, *(f"- `{name}`: {words}" for name, words in columns)]) + "\n"


def _metric(row: Row, side: str) -> str:
    if not row[f"{side}_metric"]:
        return row["not_computable_reason"]
    slice_ = "" if row[f"{side}_slice"] == "all" else f", {row[f'{side}_slice_value']}"
    return f"`{row[f'{side}_metric']}` / `{row[f'{side}_version']}`{slice_}"


def main() -> int:
    """Write the file, or with --check say whether it is what the seeds say."""
    text = measures()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    print("docs/measures.md is not what the seeds say: run .venv/bin/python scripts/measures.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
