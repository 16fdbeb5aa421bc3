"""The one screen that `make demo` ends with."""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlglot
from rich.console import Console
from sqlglot import exp
from sqlmesh import Context

from loader import contracts, feeds, landing, settings
from loader.landing import Delivery, LandingRefused
from loader.recognition import UnknownFile, listing, nothing_known, recognise, refuse_link_out
from workbench import planning, sample
from workbench.planning import Planned

FEEDS = (
    "SELECT s.source_system, s.source_label FROM serving.dim_source_system AS s "
    "LEFT JOIN serving.fact_encounter AS e ON e.source_system = s.source_system "
    "GROUP BY s.source_system, s.source_label ORDER BY COUNT(e.encounter_key) DESC, s.source_system"
)
"""The feeds that have delivered, the largest first."""

HEADLINES = (
    (
        "length of stay",
        "SELECT alos_days_cms, n_stays FROM serving.v_los_by_slice "
        "WHERE source_system = :feed AND organization_key = -2 AND slice = 'all' AND slice_value = 'all stays'",
        "{0:.2f} days on average, over {1:,} inpatient stays",
        ("alos/days_cms",),
    ),
    (
        "readmissions, as reproduced",
        "SELECT value, numerator, denominator FROM serving.v_readmission_ladder "
        "WHERE source_system = :feed AND definition_code = 'R0'",
        "{0:.2%} = {1:,}/{2:,}, a ratio to the other admissions",
        ("readmission/R0",),
    ),
    (
        "readmissions, HWR-style",
        "SELECT value, numerator, denominator, ci_low, ci_high FROM serving.v_readmission_ladder "
        "WHERE source_system = :feed AND definition_code = 'R6'",
        "{0:.2%} = {1:,}/{2:,} unplanned (95 % interval {3:.1%} to {4:.1%})",
        ("readmission/R6",),
    ),
    (
        "readmissions, by flag",
        "SELECT value, numerator, denominator FROM serving.v_readmission_ladder "
        "WHERE source_system = :feed AND definition_code = 'R8'",
        "{0:.2%} = {1:,}/{2:,} by the flag of the feed",
        ("readmission/R8",),
    ),
    (
        "mortality",
        "SELECT value, numerator, denominator, interval_low, interval_high, CASE definition_version "
        "WHEN 'in_hospital_acute' THEN 'acute stays' ELSE 'stays, by the flag of the feed' END FROM serving.mart_kpi "
        "WHERE source_system = :feed AND metric_code = 'mortality' AND period = 'all' AND organization_key = -2 "
        "AND slice = 'all' AND definition_version IN ('in_hospital_acute', 'in_hospital_flag') AND NOT value IS NULL "
        "ORDER BY definition_version LIMIT 1",
        "{0:.2%} = {1:,.0f}/{2:,.0f} of the {5} (95 % interval {3:.1%} to {4:.1%})",
        ("mortality/in_hospital_acute", "mortality/in_hospital_flag"),
    ),
    (
        "cost of care",
        "SELECT SUM(claim_amount), SUM(n_encounters) FROM serving.v_cost_by_class WHERE source_system = :feed",
        "${0:,.2f} claimed over {1:,} encounters",
        ("tcoc/total",),
    ),
    (
        "non-covered cost",
        "SELECT SUM(noncovered_cost), SUM(uninsured_gap) / SUM(noncovered_cost) FROM serving.v_noncovered_by_payer "
        "WHERE source_system = :feed",
        "${0:,.2f}, of which {1:.2%} is of patients without insurance",
        ("noncovered_share/uninsured",),
    ),
    (
        "charges",
        "SELECT GREATEST(omega_squared, 0), correlation_los, verdict FROM serving.v_drg_test "
        "WHERE source_system = :feed AND organization_key = -2 AND drg_code = 'all'",
        "DRG explains {0:.2%} of their variance beyond chance, length of stay correlates {1:.3f}: {2}",
        ("charge_per_stay/mean",),
    ),
)
"""The figures of a feed: a name, the query on the published views that a reader can repeat, how its row reads, and the
metrics of mart_kpi that say why it has none."""

REASON = (
    "SELECT k.not_computable_reason FROM serving.mart_kpi AS k INNER JOIN serving.dim_metric AS m "
    "ON m.metric_code = k.metric_code AND m.definition_version = k.definition_version "
    "WHERE k.source_system = :feed AND CONCAT(k.metric_code, '/', k.definition_version) = :metric "
    "AND k.period = 'all' AND k.organization_key = -2 AND k.slice = 'all' AND NOT k.not_computable_reason IS NULL "
    "AND NOT EXISTS ("
    "SELECT 1 FROM serving.mart_capability AS c WHERE c.source_system = k.source_system AND c.is_delivered = 0 "
    "AND CONCAT(' ', m.requires, ' ') LIKE CONCAT('% ', c.capability, ' %'))"
)
"""Why a metric has no value in a feed that delivers all that it requires; no row where the feed does not."""


def generate_samples(folder: Path) -> None:
    """Write each family into its own folder of `folder`, unless it is there: the same seed gives the same bytes."""
    for family, scale in sample.DEMO.items():
        if not (folder / family / "answers.json").exists():
            sample.generate(family, scale, folder / family)


def delivered_folders(data: Path) -> list[tuple[Path, str | None]]:
    """Return those of `data` and its folders that hold files of a known table, each with the name of its feed.

    The name is None, that of the family, where no other folder has files of the family; else the feed is called after
    its folder.

    Raises:
        LandingRefused: no such folder, none with a file of a known table, a link out of it, a header that lacks a
            column, two folders that would be one feed, one with files of two families that are not its alone, or a name
            of another family.
    """
    known = contracts.load()
    recognised = {folder: recognise(folder, known) for folder in _folders(data)}
    held = {folder: list(found) for folder, (found, _) in recognised.items() if found}
    if not held:
        raise nothing_known(data, files_left(data), known)
    holders = Counter(family for delivered in held.values() for family in {contract.source for contract in delivered})
    feeds_of: dict[str, Path] = {}
    deliveries: list[tuple[Path, str | None]] = []
    for folder, delivered in held.items():
        alone = all(holders[contract.source] == 1 for contract in delivered)
        name = None if alone else feeds.name_of_folder(folder.resolve().name)
        for feed in set(feeds.feed_of(name, delivered, known, landing.deliveries()).values()):
            if feed in feeds_of:
                raise LandingRefused(
                    f"{feeds_of[feed]} and {folder} would both be the feed {feed}. Rename one of the folders."
                )
            feeds_of[feed] = folder
        deliveries.append((folder, name))
    return deliveries


def files_left(data: Path) -> list[UnknownFile]:
    """Return the files of `data` and its folders that do not land, named from `data` on, as `clinic/notes.txt`.

    Raises:
        LandingRefused: no such folder, or a header that lacks a column.
    """
    known = contracts.load()
    left = []
    for folder in _folders(data):
        at = "" if folder == data else f"{folder.name}/"
        for file in recognise(folder, known)[1]:
            if at or not (data / file.name).is_dir():
                left.append(replace(file, name=f"{at}{file.name}"))
    return left


def _folders(data: Path) -> list[Path]:
    """Return `data` and its folders, hidden ones apart; refuse one that is a link to what lies outside of `data`."""
    inner = [path for path in data.iterdir() if path.is_dir() and path.name[0] != "."] if data.is_dir() else []
    for path in inner:
        refuse_link_out(path, data)
    return [data, *sorted(inner)]


def show(
    screen: Console,
    deliveries: Sequence[Delivery],
    left: Sequence[UnknownFile],
    planned: Planned,
    server: str,
    page: Path,
) -> None:
    """Print what was landed and left, built, audited and published, the headline figures, and where to look at them."""
    context = planned.context
    published = sorted(
        m.view_name for m in context.models.values() if m.gateway == "serving" and m.schema_name == "serving"
    )
    tables = [name for name in published if not name.startswith("v_")]
    views = [name for name in published if name.startswith("v_")]
    built = f"{planned.models.total()} models, {planned.audits} audits passed"
    screen.print()
    for delivery in deliveries:
        landed = " · ".join(f"{item.contract.table} {item.rows_landed:,}" for item in delivery.landed)
        sources = ", ".join(sorted({item.source_system for item in delivery.landed}))
        rejected = sum(item.rows_rejected for item in delivery.landed)
        _say(screen, "landed", f"{sources}: {landed} · rejected {rejected:,}")
    for number, line in enumerate(listing(left)):
        screen.print(f"{'not landed' if number == 0 else '':<11}{line}", markup=False, soft_wrap=True)
    _say(screen, "built", built if planned.models else "nothing: no model and no delivery has changed")
    _say(screen, "published", f"{len(tables)} tables and {len(views)} views to schema serving of {server}")
    _say(screen, "", ", ".join(tables))
    _say(screen, "", ", ".join(views))
    screen.print()
    for feed, label in planning.read(context, FEEDS):
        screen.print(f"  {label}", soft_wrap=True)
        for name, figure in headlines(context, feed) or [("no figure", "it delivers none of what these take")]:
            screen.print(f"    {name:<28}{figure}", soft_wrap=True)
    screen.print()
    _say(screen, "dashboard", f"{shown_path(page)}: open it in a browser")
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


def headlines(context: Context, feed: str) -> list[tuple[str, str]]:
    """Return the headline figures of a feed, with their names; where it delivers what one takes, why there is none."""
    shown = []
    for name, query, text, metrics in HEADLINES:
        rows = _read(context, query, feed=feed)
        if rows and None not in rows[0]:
            shown.append((name, text.format(*rows[0])))
        elif reasons := [row for metric in metrics for row in _read(context, REASON, feed=feed, metric=metric)]:
            shown.append((name, f"not computable: {reasons[0][0]}"))
    return shown


def _read(context: Context, query: str, **values: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query on published tables, its `:name` placeholders filled in."""
    return planning.read(context, exp.replace_placeholders(sqlglot.parse_one(query, dialect="mysql"), **values))


def shown_path(path: Path) -> str:
    """Return a path as it is typed from here."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _say(screen: Console, name: str, text: str) -> None:
    """Print a line of the summary; a long one goes on under its own beginning."""
    for number, line in enumerate(textwrap.wrap(text, 100, break_on_hyphens=False)):
        screen.print(f"{name if number == 0 else '':<11}{line}", soft_wrap=True)
