"""The one screen that `make demo` ends with."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

from loader import planning, sample, settings
from loader.landing import Delivery
from loader.planning import Planned

HEADLINES = (
    (
        "length of stay",
        "SELECT alos_days_cms, n_stays FROM serving.v_los_by_slice WHERE slice_value = 'all stays'",
        "{0:.2f} days on average, over {1:,} inpatient stays",
    ),
    (
        "readmissions, as published",
        "SELECT value, numerator, denominator FROM serving.v_readmission_ladder WHERE definition_code = 'R0'",
        "{0:.2%} = {1:,}/{2:,}, a ratio to the other admissions",
    ),
    (
        "readmissions, HWR-style",
        "SELECT value, numerator, denominator, ci_low, ci_high FROM serving.v_readmission_ladder "
        "WHERE definition_code = 'R6'",
        "{0:.2%} = {1:,}/{2:,} unplanned (95 % interval {3:.1%} to {4:.1%})",
    ),
    (
        "cost of care",
        "SELECT SUM(claim_amount), SUM(n_encounters) FROM serving.v_cost_by_class",
        "${0:,.2f} claimed over {1:,} encounters",
    ),
    (
        "non-covered cost",
        "SELECT SUM(patient_gap), SUM(uninsured_gap) / SUM(patient_gap) FROM serving.v_noncovered_by_payer",
        "${0:,.2f}, of which {1:.2%} is of patients without insurance",
    ),
)
"""The five figures: a name, the query on the published views that a reader can repeat, and how its row reads."""


def generate_sample(folder: Path) -> None:
    """Write the generated hospital into `folder`, unless it is there already: the same seed gives the same bytes."""
    if not (folder / "answers.json").exists():
        sample.generate("hospital", 1.0, folder)


def show(screen: Console, delivery: Delivery, planned: Planned, server: str) -> None:
    """Print what was landed, built, audited and published, the headline figures, and how to connect."""
    landed = " · ".join(f"{item.contract.table} {item.rows_landed:,}" for item in delivery.landed)
    rejected = sum(item.rows_rejected for item in delivery.landed)
    context = planned.context
    published = sorted(
        model.view_name
        for model in context.models.values()
        if model.gateway == "serving" and model.schema_name == "serving"
    )
    tables = [name for name in published if not name.startswith("v_")]
    views = [name for name in published if name.startswith("v_")]
    screen.print()
    screen.print(f"landed     {landed} rows, {rejected} rejected")
    if planned.models:
        screen.print(f"built      {planned.models.total()} models, {planned.audits} audits passed")
    else:
        screen.print("built      nothing: no model and no delivery has changed")
    screen.print(f"published  {len(tables)} tables and {len(views)} views to schema serving of {server}")
    screen.print(f"           {', '.join(tables)}", soft_wrap=False)
    screen.print(f"           {', '.join(views)}")
    screen.print()
    for name, query, text in HEADLINES:
        row = planning.read(context, query)[0]
        figure = text.format(*row) if None not in row else "not computable from these files"
        screen.print(f"  {name:<28}{figure}")
    screen.print()
    if settings.serving() is None:
        screen.print(f"connect    .venv/bin/python -m duckdb {settings.embedded_file()} (schema serving)")
    else:
        where = "SERVING_URL" if os.environ.get("SERVING_URL") else f"the URL in {settings.private_url_file()}"
        screen.print(f"connect    with {where}")
        screen.print("           Power BI: MySQL database connector, that host and port, schema serving")
