"""The `warehouse` command: what it does with files. workbench/cli.py adds what it does with the warehouse."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click
import duckdb
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from loader import landing, settings
from loader.contracts import ContractError
from loader.landing import Delivery, Landed, LandingRefused
from loader.recognition import DRAFT_HINT, listing


def plain(text: str) -> str:
    """Return text, from data perhaps, with a sign in the place of each character that a terminal would obey."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\N{REPLACEMENT CHARACTER}", text)


class Screen(Console):
    """A console to which text is text: a unit `[moles/volume]` or a name `:sign:` is shown as it is delivered."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text as it is to be shown."""
        return super().render_str(plain(text), **options | {"markup": False, "emoji": False})


# A pipe has no width of its own: tables keep theirs there instead of folding at 80.
screen = Screen(highlight=False, width=None if sys.stdout.isatty() else 160)


def says_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """End `command` with one message and exit code 1 where it refuses; a traceback is for a defect of ours."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except duckdb.IOException as error:
            if "lock" not in str(error):
                raise
            why = f"another command writes to this warehouse: let it end, then try again. {error}"
            raise click.ClickException(why) from error
        except (LandingRefused, ContractError, ValueError, OSError) as error:
            raise click.ClickException(plain(str(error))) from error

    return run


@click.group()
def main() -> None:
    """Hospital CSVs in; an audited star schema in MySQL, out."""


@main.command(
    epilog="\b\nLimits, from the environment:\n" + "\n".join(f"{n:<30}{text}" for n, text in settings.LIMITS.items())
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--source", help="The feed's name, so that two hospitals stay apart (default: its family's name).")
@says_errors
def land(folder: Path, source: str | None) -> None:
    """Land the files of FOLDER (or one file, or a pattern in quotes); the next plan builds from them."""
    _show_delivery(land_files(folder, source))


@main.command()
@click.argument("name")
@says_errors
def withdraw(name: str) -> None:
    """Take the feed NAME out of the deliveries; the next plan publishes without it, and its landed tables stay."""
    tables = landing.withdraw(name)
    screen.print(f"withdrawn  {name}: {', '.join(tables)}")
    screen.print("           what is published still shows it: make plan. Landing its files again brings it back")


def land_files(folder: Path, source_system: str | None = None) -> Delivery:
    """Land a folder as `landing.land` does, with its progress on the screen."""
    with progress_bar() as progress:
        return landing.land(folder, progress, source_system)


def progress_bar() -> Progress:
    """Return the bar of work that takes long: on the screen of errors, and gone when it is done."""
    return Progress(
        TextColumn("{task.description:<10}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _show_delivery(delivery: Delivery) -> None:
    shown = Table("feed", "table", "rows in", "landed", "rejected", "", box=None)
    delivered = landing.deliveries()
    for item in delivery.landed:
        note = "new" if item.is_new else "known: nothing to do"
        others = [feed for feed, tables in delivered.items() if feed != item.source_system]
        if shared := [feed for feed in others if _delivers(delivered[feed], item)]:
            note += f"; the same rows as feed {', '.join(shared)}: both count"
        unknown = sorted({name for file in item.files for name in file.unknown_columns})
        for file in item.files:
            note += f"; {file.name} read as {', '.join(file.read_as)}" if file.read_as else ""
        if unknown:
            note += f"; kept beside the contract's columns: {', '.join(unknown)}"
        counts = (f"{n:,}" for n in (item.rows_in, item.rows_landed, item.rows_rejected))
        shown.add_row(item.source_system, item.contract.name, *counts, note)
    screen.print(shown)
    for number, line in enumerate(listing(delivery.unknown_files)):
        screen.print(f"{'not landed' if number == 0 else '':<11}{line}", markup=False, soft_wrap=True)
    if any(file.reason for file in delivery.unknown_files):
        screen.print(f"{'':<11}{DRAFT_HINT}")
    if rejected := sum(item.rows_rejected for item in delivery.landed):
        screen.print(f"{rejected} rejected rows are in landing.reject, with file, line, text and reason")


def _delivers(tables: Mapping[str, Any], item: Landed) -> bool:
    return tables.get(item.contract.name, {}).get("landed") == item.landed_table
