"""Measure a delivery on its way from files to the server, and write it into docs/benchmarks.md.

    make bench [BENCH_URL=mysql://user:password@host:port/] [DELIVERY_OPTIONS="--scale 0.1"]

Patient records of the published size (--scale 1: 3.1 million rows) are generated, read in other ways and landed, then
planned onto the server: whole, again, and with 1 % of the laboratory results changed. Without BENCH_URL it starts a
private server; a server that is named must not hold a warehouse yet, and what is published there is dropped at the end.
Each step is a process of its own, whose greatest resident memory is taken.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pymysql
from bench import PROJECT, account, machine, timed, version, write_section

SCHEMAS = ("serving", "sqlmesh__serving")
"""What a plan makes on a server."""

COLUMNS = ("value", "delta_from_normal")
"""The columns of lab_results.csv that change in one row of a hundred."""


@dataclass(frozen=True)
class Step:
    """What one process took: seconds by the clock, megabytes of memory, and what it printed."""

    seconds: float
    megabytes: float
    printed: str


def run(command: list[str], **environment: str) -> Step:
    """Run a command to its end.

    Raises:
        SystemExit: it failed; what it printed is the message.
    """
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=PROJECT, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{printed}\n{' '.join(command)}: exit code {process.returncode}")
    return Step(time.monotonic() - started, usage.ru_maxrss / 1024, printed)


def bare_read_csv(folder: Path) -> float:
    with tempfile.TemporaryDirectory(dir=folder.parent) as home, duckdb.connect(str(Path(home) / "bare.duckdb")) as con:
        return timed(
            lambda: con.execute(
                f"CREATE TABLE lab AS SELECT * FROM read_csv('{folder / 'lab_results.csv'}', all_varchar = true)"
            )
        )


def land(folder: Path) -> float:
    from loader import landing

    with tempfile.TemporaryDirectory(dir=folder.parent) as home:
        os.environ["WAREHOUSE_HOME"] = home
        return timed(lambda: landing.land(folder / "lab_results.csv"))


def profile(folder: Path) -> float:
    from loader.profile import profile as computed

    with tempfile.TemporaryDirectory(dir=folder.parent) as home:
        os.environ["WAREHOUSE_HOME"] = home
        return timed(lambda: computed(folder))


def pandas_read_csv(folder: Path) -> float:
    import pandas

    frames = []
    return timed(lambda: frames.extend(pandas.read_csv(file) for file in sorted(folder.glob("*.csv"))))


WAYS = {way.__name__: way for way in (bare_read_csv, land, profile, pandas_read_csv)}


def read_in_turn(folder: Path, rounds: int) -> dict[str, tuple[float, float]]:
    """Run each way of reading, in turn; return the least of its seconds and the most of its megabytes."""
    found: dict[str, tuple[float, float]] = {}
    for name in [name for _ in range(rounds) for name in WAYS]:
        step = run([sys.executable, __file__, "--way", name, "--folder", str(folder)])
        seconds = json.loads(step.printed.splitlines()[-1])
        best = found.get(name, (seconds, step.megabytes))
        found[name] = min(best[0], seconds), max(best[1], step.megabytes)
        print(f"{name:<20}{seconds:8.2f} s {step.megabytes:8,.0f} MB", flush=True)
    return found


def change_one_row_of_a_hundred(file: Path) -> None:
    """Write the file anew, with other values in some rows; as many rows, in the same order."""
    fresh = file.with_suffix(".new")
    with file.open(newline="", encoding="utf-8-sig") as before, fresh.open("w", newline="", encoding="utf-8") as after:
        reader = csv.DictReader(before)
        writer = csv.DictWriter(after, reader.fieldnames)
        writer.writeheader()
        for number, row in enumerate(reader):
            if number % 100 == 0:
                row |= {name: f"{float(row[name]) + 1:.2f}" for name in COLUMNS if row[name]}
            writer.writerow(row)
    fresh.replace(file)


def deliver(url: str, folder: Path, home: Path) -> list[tuple[str, Step, float]]:
    """Land and plan the folder, again, and after a change; return each step, and the megabytes that the server got."""
    with pymysql.connect(**account(url)) as connection, connection.cursor() as cursor:

        def received() -> int:
            cursor.execute("SHOW GLOBAL STATUS LIKE 'Bytes_received'")
            return int(cursor.fetchone()[1])

        cursor.execute("SHOW DATABASES")
        if held := {name for (name,) in cursor.fetchall()} & set(SCHEMAS):
            raise SystemExit(f"The server holds a warehouse already ({', '.join(sorted(held))}): name another one.")
        tools, found = Path(sys.executable).parent, []
        plan = [str(tools / "sqlmesh"), "plan", "--auto-apply", "--no-prompts", "--skip-tests"]
        commands = {"land": [str(tools / "warehouse"), "land", str(folder)], "plan": plan}
        verify = {"verify": [str(tools / "warehouse"), "verify"]}
        try:
            for delivery in ("the delivery", "the same again", "1 % of the laboratory results changed"):
                if delivery.startswith("1 %"):
                    change_one_row_of_a_hundred(folder / "lab_results.csv")
                for name, command in (commands | (verify if delivery == "the delivery" else {})).items():
                    before = received()
                    step = run(command, WAREHOUSE_HOME=str(home), SERVING_URL=url)
                    found.append((f"{name}, {delivery}", step, (received() - before) / 1e6))
                    print(f"{found[-1][0]:<48}{step.seconds:8.1f} s {step.megabytes:8,.0f} MB", flush=True)
        finally:
            for schema in SCHEMAS:
                cursor.execute(f"DROP DATABASE IF EXISTS {schema}")
    return found


def report(
    server: str, scale: float, read: dict[str, tuple[float, float]], steps: list[tuple[str, Step, float]]
) -> list[str]:
    """Return both tables in Markdown."""
    bare = read["bare_read_csv"][0]
    words = {
        "bare_read_csv": "CREATE TABLE AS SELECT * FROM read_csv(all_varchar), laboratory results",
        "land": "landing of the same file, every line accounted for (goal: 1.5)",
        "profile": "profile of all files",
        "pandas_read_csv": "pandas.read_csv of all files",
    }
    lines = [
        f"## Files, patient records at scale {scale:g}",
        "",
        "| way | seconds | of bare | RSS |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {words[name]} | {seconds:.1f} | {seconds / bare:.2f} | {megabytes:,.0f} MB |"
        for name, (seconds, megabytes) in read.items()
    ]
    lines += [
        "",
        f"## From files to {server}",
        "",
        "| command | seconds | RSS | MB to the server |",
        "|---|---|---|---|",
    ]
    lines += [f"| {name} | {step.seconds:.1f} | {step.megabytes:,.0f} MB | {sent:,.1f} |" for name, step, sent in steps]
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is the published size")
    parser.add_argument("--rounds", type=int, default=3, help="how often each way reads, in turn; the best counts")
    parser.add_argument("--out", type=Path, default=PROJECT / "docs" / "benchmarks.md")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(WAYS[arguments.way](arguments.folder)))
        return
    from workbench.server import private_server

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        url = os.environ.get("BENCH_URL") or stack.enter_context(private_server(folder / "server"))
        data, tools = folder / "data", Path(sys.executable).parent
        sample = [str(tools / "warehouse"), "sample", "--family", "ehr", "--scale", str(arguments.scale)]
        run([*sample, "--out", str(data)])
        server, read = version(url), read_in_turn(data, arguments.rounds)
        lines = report(server, arguments.scale, read, deliver(url, data, folder / "home"))
    head = machine(f"Reading: best of {arguments.rounds} rounds")
    write_section(arguments.out, f"{server}, from files", "\n".join([head, "", *lines]))
    print(f"bench      {arguments.out}")


if __name__ == "__main__":
    main()
