"""The one screen that `make demo` ends with."""

from __future__ import annotations

import os
import textwrap
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
        "readmissions, published way",
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
        m.view_name for m in context.models.values() if m.gateway == "serving" and m.schema_name == "serving"
    )
    tables = [name for name in published if not name.startswith("v_")]
    views = [name for name in published if name.startswith("v_")]
    built = f"{planned.models.total()} models, {planned.audits} audits passed"
    screen.print()
    _say(screen, "landed", f"{landed} · rejected {rejected:,}")
    _say(screen, "built", built if planned.models else "nothing: no model and no delivery has changed")
    _say(screen, "published", f"{len(tables)} tables and {len(views)} views to schema serving of {server}")
    _say(screen, "", ", ".join(tables))
    _say(screen, "", ", ".join(views))
    screen.print()
    for name, query, text in HEADLINES:
        row = planning.read(context, query)[0]
        figure = text.format(*row) if None not in row else "not computable from these files"
        screen.print(f"  {name:<30}{figure}", soft_wrap=True)
    screen.print()
    if settings.serving() is None:
        _say(screen, "connect", f"with DuckDB to {shown_path(settings.embedded_file())}, schema serving")
    else:
        given = os.environ.get("SERVING_URL")
        _say(
            screen,
            "connect",
            f"with {'SERVING_URL' if given else 'the URL in ' + shown_path(settings.private_url_file())}",
        )
        _say(screen, "", "Power BI: MySQL database connector, that host and port, schema serving")


def shown_path(path: Path) -> str:
    """Return a path as it is typed from here."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _say(screen: Console, name: str, text: str) -> None:
    """Print a line of the summary; a long one goes on under its own beginning."""
    for number, line in enumerate(textwrap.wrap(text, 100, break_on_hyphens=False)):
        screen.print(f"{name if number == 0 else '':<11}{line}", soft_wrap=True)
