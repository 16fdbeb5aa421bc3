"""The commands of `warehouse` that plan, publish and show: added to those that land, in loader/cli.py."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from loader import cli, settings
from loader.cli import land_files, main, plain, progress_bar, screen

__all__ = ["main"]


def says_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """End `command` as those of the loader end, also where the server or SQLMesh refuses."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except Exception as error:
            from sqlmesh.utils.errors import SQLMeshError

            if isinstance(error, SQLMeshError):
                raise click.ClickException(plain(str(error))) from error
            raise

    return cli.says_errors(run)


@main.command()
@click.argument("environment", default="prod")
@click.option("--take-over", is_flag=True, help="Replace what another warehouse publishes to it on the server.")
@says_errors
def plan(environment: str, take_over: bool) -> None:
    """Build what changed, audit it, publish it to ENVIRONMENT, and only then switch its views."""
    from workbench import planning

    screen.print(f"serving    {_server_shown()}")
    planned = _planned(lambda: planning.plan(environment, take_over=take_over))
    screen.print(f"planned    {planned.models.total()} models built, {planned.audits} audits passed")


@main.command()
@click.argument("environment", default="prod")
@says_errors
def verify(environment: str) -> None:
    """Compare what ENVIRONMENT shows on the server now: tables with DuckDB's, each column, views with their SQL."""
    found = _verified(environment)
    if differing := [table.name for table in found if table.faults]:
        raise click.ClickException(
            f"{len(differing)} of {len(found)} published tables and views differ. To publish them again, run: "
            f"warehouse repair {environment}"
        )


@main.command()
@click.argument("environment", default="prod")
@says_errors
def repair(environment: str) -> None:
    """Publish again what differs in ENVIRONMENT from what was published there, as `warehouse verify` finds it."""
    from workbench import verification

    faults = [fault for table in _verified(environment) for fault in table.faults]
    verification.repair(faults)
    if faults and (differing := [table.name for table in _verified(environment) if table.faults]):
        raise click.ClickException(f"{', '.join(differing)}: still not as they should be")
    screen.print(f"repaired   {len({fault.model.name for fault in faults})} published tables and views")


def _verified(environment: str) -> list[Any]:
    """Verify an environment, show what was found, and return it."""
    from workbench import verification

    shown = Table("table or view", "rows", "", box=None)
    found = list(verification.verify(environment))
    for table in found:
        differs = "; ".join(fault.what for fault in table.faults)
        shown.add_row(table.name, "" if table.rows is None else f"{table.rows:,}", differs or "equal")
    screen.print(shown)
    right = sum(not table.faults for table in found)
    screen.print(f"verified   {right} of {len(found)} published tables and views are as they were published")
    return found


@main.command()
@click.option("--publisher", default="warehouse_publisher", show_default=True, help="The account of SERVING_URL.")
@click.option("--reader", default="warehouse_reader", show_default=True, help="The account of Power BI and the like.")
@click.option("--host", default="%", show_default=True, help="The hosts that both come from.")
@click.option("--apply", "applies", is_flag=True, help="Run them on the server of SERVING_URL instead.")
@says_errors
def grants(publisher: str, reader: str, host: str, applies: bool) -> None:
    """Print the least privileges of the account that publishes and of the one that reads; both accounts must exist."""
    from workbench import grants as privileges

    statements = privileges.statements(publisher, reader, host)
    if not applies:
        for statement in statements:
            click.echo(f"{statement};")
    elif url := settings.serving():
        privileges.apply(url, statements)
        screen.print(f"granted    {len(statements)} times on {url.shown}")
    else:
        raise click.ClickException("SERVING_URL=embedded: a DuckDB file has no accounts")


@main.command()
@says_errors
def status() -> None:
    """Show the deliveries feed by feed, their rows and rejects, and what each environment reads."""
    from workbench import status as state

    reading = state.environments()
    shown = Table(
        "feed", "landed table", "files", "landed", "rejected", "quarantined", "landed at (UTC)", "read by", box=None
    )
    for row in state.landed_tables():
        readers = sorted(name for name, tables in reading.items() if row.table in tables)
        if row.feeds:
            readers.append("next plan")
        quarantined = "-" if row.quarantined is None else f"{row.quarantined:,}"
        shown.add_row(
            ", ".join(row.feeds) or "-",
            row.table,
            ", ".join(row.files),
            f"{row.landed:,}",
            f"{row.rejected:,}",
            quarantined,
            f"{row.landed_at:%Y-%m-%d %H:%M}",
            ", ".join(readers) or "-",
        )
    screen.print(shown if shown.row_count else "Nothing has landed. Start with: warehouse land FOLDER")
    screen.print(f"serving    {_server_shown()}")


@main.command()
@click.argument("sql")
@click.option("--limit", type=int, default=100, show_default=True, help="Rows to show at most.")
@says_errors
def query(sql: str, limit: int) -> None:
    """Show what is published, as SQL (or a file.sql) asks: "SELECT * FROM serving__dev.v_cost_by_class". Reads only."""
    from workbench.query import ask

    names, rows = ask(Path(sql).read_text(encoding="utf-8") if sql.endswith(".sql") else sql, limit)
    shown = Table(*names, box=None)
    for row in rows:
        shown.add_row(*("NULL" if value is None else str(value) for value in row))
    screen.print(shown)
    screen.print(f"{len(rows)} rows" + (f", the first {limit}: --limit shows more" if len(rows) == limit else ""))


@main.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--from",
    "standard",
    type=click.Path(path_type=Path),
    help="Take in a contract of the Open Data Contract Standard 3 (name.odcs.yaml) instead of drafting one.",
)
@click.option("--source", help="The family that the file is of (default: hospital; with --from, the contract's id).")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The contract to write, with --from the folder; default: contracts/."
)
@says_errors
def contract(file: Path | None, standard: Path | None, source: str | None, out: Path | None) -> None:
    """Write a first contract for FILE, from its profile; or the contracts that a file of the standard holds."""
    if (file is None) == (standard is None):
        raise click.UsageError("Name a FILE of data, or a contract by --from.")
    folder, unheld = settings.PROJECT / "contracts", []
    if standard:
        from workbench import odcs

        texts, unheld = odcs.read(standard, source)
        targets = {(out or folder) / f"{name}.toml": text for name, text in texts.items()}
    else:
        from workbench import draft

        name, text = draft.draft(file, source or "hospital")
        targets = {out or folder / f"{name}.toml": text}
    for target in targets:
        if target.exists():
            raise click.ClickException(
                f"{target} exists already. Remove it first, or write to another place with --out."
            )
    for target, text in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        target.chmod(0o644)  # a text of the project, not data: for all who read it
        screen.print(f"contract   {target}: read it through, then add a staging model for it", soft_wrap=True)
    for number, line in enumerate(unheld):
        screen.print(f"{'' if number else 'not held':<11}{line}", soft_wrap=True)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--out", type=click.Path(path_type=Path), help="The page to write; default: in WAREHOUSE_HOME/profile.")
@click.option("--show-values", is_flag=True, help="Show values of columns that name or find a person.")
@says_errors
def profile(folder: Path | None, out: Path | None, show_values: bool) -> None:
    """Say what is in the files of FOLDER (default: what has landed) and what is wrong: an HTML page, and JSON."""
    from loader import profile as profiles
    from workbench import profile_page

    name = folder.resolve().name if folder else "current delivery"
    name += " with values of persons" if show_values else ""
    page = out or settings.home() / "profile" / f"{name}.html"
    previous = profile_page.earlier(page)
    with progress_bar() as progress:
        made = profiles.profile(folder, previous=previous, show_values=show_values, progress=progress)
    profile_page.write(made, page)
    shown = Table("table", "rows", "columns", "alerts", box=None)
    for table in made.tables:
        alerts = [a for a in made.alerts if a["table_name"] == table["table_name"] and a["severity"] > 1]
        shown.add_row(
            table["table_name"], f"{table['row_count']:,}", f"{table['column_count']}", f"{len(alerts) or ''}"
        )
    screen.print(shown)
    for file, why in made.content["unread"].items():
        screen.print(f"not read   {file}: {why}")
    screen.print(f"profile    {page} and {page.with_suffix('.json').name}")


@main.command()
@click.argument("environment", default="prod")
@click.option("--out", type=click.Path(path_type=Path), help="The page to write; default: in WAREHOUSE_HOME/dashboard.")
@click.option("--png", type=click.Path(path_type=Path), help="A folder to write each chart to as a picture, too.")
@says_errors
def dashboard(environment: str, out: Path | None, png: Path | None) -> None:
    """Write the published views of ENVIRONMENT as one HTML page of charts that needs no network."""
    from workbench import dashboard as dashboards
    from workbench import status as state
    from workbench.demo import shown_path

    if settings.serving() is None and not settings.embedded_file().exists():
        raise click.ClickException("Nothing is published yet: `make demo`, or land files and `make plan`.")
    page = out or dashboards.page_of(environment)
    with progress_bar() as progress:
        read = dashboards.read(state.context(), environment, progress)
    dashboards.write(read, page)
    drawn = sum(bool(chart.rows) for chart in read.charts)
    screen.print(
        f"dashboard  {shown_path(page)}: {len(read.pages)} pages, {drawn} of {len(read.charts)} charts have rows"
    )
    if png:
        screen.print(f"pictures   {len(dashboards.write_pictures(read, png))} in {shown_path(png)}")


@main.command()
@click.option("--family", default="hospital", show_default=True, help="As workbench/sample_FAMILY.sql makes it.")
@click.option("--scale", type=float, default=1.0, show_default=True, help="1 is the size of the published data set.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another is another hospital.")
@click.option("--dirty", is_flag=True, help="Plant rows that break the contract.")
@click.option(
    "--shape", help="The hospital as files of another system: as workbench/sample_hospital_SHAPE.sql writes them."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write.")
@says_errors
def sample(family: str, scale: float, seed: int, dirty: bool, shape: str | None, out: Path) -> None:
    """Generate files of a source family, with the truths planted in them in answers.json."""
    from workbench import sample as generator

    generated = generator.generate(family, scale, out, seed=seed, dirty=dirty, shape=shape)
    for file, rows in generated.rows.items():
        screen.print(f"{file:<24}{rows:>12,} rows")


@main.group()
def server() -> None:
    """The private MySQL or MariaDB server under WAREHOUSE_HOME."""


@server.command("start")
@says_errors
def server_start() -> None:
    """Start it (or find it running), and say how to connect."""
    from workbench import server as private

    started = private.start()
    from workbench.demo import shown_path

    screen.print(f"server     {started.shown}; its URL with password is in {shown_path(settings.private_url_file())}")


@server.command("stop")
@says_errors
def server_stop() -> None:
    """Stop it; its data stays."""
    from workbench import server as private

    screen.print("server     stopped" if private.stop() else "server     none was running")


@main.command()
@click.option("--ignore-ttl", is_flag=True, help="Do not keep for a week what an environment has just left.")
@says_errors
def janitor(ignore_ttl: bool) -> None:
    """Remove what no environment uses: SQLMesh's expired tables and views, then landed tables that nothing reads."""
    from workbench import status as state

    removed = state.collect(ignore_ttl)
    screen.print(f"removed    {len(removed)} landed tables that no environment reads")
    for table in removed:
        screen.print(f"           {table}")


@main.command()
@click.argument("data", type=click.Path(path_type=Path), required=False)
@says_errors
def demo(data: Path | None) -> None:
    """Land DATA (default: generated files) and its folders, build, audit, publish, and show it all on one screen.

    Of several folders with files of one family, each becomes a feed that is called after its folder.
    """
    from workbench import dashboard as dashboards
    from workbench import demo as show

    is_generated = data is None
    if data is None:
        data = settings.home() / "sample"
        show.generate_samples(data)
    left = [] if is_generated else show.files_left(data)
    deliveries = [land_files(folder, source_system) for folder, source_system in show.delivered_folders(data)]
    from workbench import planning

    planned = _planned(lambda: planning.plan(quiet=True))
    page = dashboards.page_of("prod")
    dashboards.write(dashboards.read(planned.context), page)
    show.show(screen, deliveries, left, planned, _server_shown(), page)


def _planned(run: Callable[[], Any]) -> Any:
    """Run a plan; its own console has said what failed, so end with exit code 1 and one line."""
    from sqlmesh.utils.errors import PlanError, SQLMeshError

    try:
        return run()
    except SQLMeshError as error:
        # Of all errors, SQLMesh's own of a plan alone leave out their cause.
        reason = f"{error}: {error.__cause__}" if isinstance(error, PlanError) and error.__cause__ else f"{error}"
        screen.print("not published", style="red", end="")
        screen.print(f": {reason}\nWhat every environment shows is as it was before.", soft_wrap=True)
        sys.exit(1)


def _server_shown() -> str:
    url = settings.serving()
    return url.shown if url else f"embedded DuckDB file {settings.embedded_file()}"
