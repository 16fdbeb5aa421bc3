"""Measure publishing against its alternatives, on one server, and write docs/benchmarks.md.

    make bench [BENCH_URL=mysql://user:password@host:port/] [BENCH_OPTIONS="--rows 22000000"]

Without BENCH_URL it starts a private server (WAREHOUSE_MYSQLD names its program) and removes it at the end. The schema
`bench_warehouse` of the server is dropped; no other is touched. Each way runs in a process of its own, whose greatest
resident memory is taken. All ways fill the same table, with its primary key, in the order of the key.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

import duckdb  # noqa: E402
import pymysql  # noqa: E402
from sqlglot import exp, parse_one  # noqa: E402
from sqlmesh.core.config import DuckDBConnectionConfig  # noqa: E402
from sqlmesh.core.dialect import parse  # noqa: E402
from sqlmesh.core.model import load_sql_based_model  # noqa: E402

from publisher import publish, transfer  # noqa: E402
from publisher.adapter import ServingAdapter  # noqa: E402
from publisher.gateways import ServingConnection  # noqa: E402
from publisher.url import ServingUrl  # noqa: E402

SCHEMA = "bench_warehouse"
KEY = ("source_system", "result_id")
INDEXES = ("patient_key", "stay_key", "lab_key", "result_date_key")
SLOW_ROWS = 220_000
"""Rows for the ways that take minutes; their seconds are scaled to all rows."""

ROWS = """
SELECT 'lab' AS source_system, i + 1 AS result_id, (hash(i // 22) % 4503599627370496)::BIGINT AS patient_key,
  CASE WHEN i % 50 = 0 THEN (hash(i // 200) % 4503599627370496)::BIGINT ELSE -2 END AS stay_key,
  (hash(i % 15) % 4503599627370496)::BIGINT AS lab_key,
  strftime(DATE '2019-01-01' + (hash(i) % 2000)::INTEGER, '%Y%m%d')::INTEGER AS result_date_key,
  CASE WHEN i % 99 > 0 THEN (hash(i, 1) % 30000 / 100)::DECIMAL(18, 6) END AS value_num, NULL::VARCHAR AS value_text,
  (i % 15 * 4)::DECIMAL(18, 6) AS reference_low, (i % 15 * 9 + 1)::DECIMAL(18, 6) AS reference_high,
  CASE WHEN i % 4 = 0 THEN 'abnormal' WHEN i % 4 < 3 THEN 'normal' END AS flag,
  CASE WHEN i % 4 = 0 THEN 1 WHEN i % 4 < 3 THEN 0 END::SMALLINT AS is_abnormal,
  (i % 50 = 0)::SMALLINT AS is_within_stay
FROM RANGE({rows}) AS r(i)
"""
"""Laboratory results as fact_lab_result has them, in any number."""

EXTENSION = """
import json, os, resource, shutil, sys, tempfile, time
from pathlib import Path
import duckdb, duckdb_extension_mysql

with tempfile.TemporaryDirectory() as folder:
    [packed] = Path(duckdb_extension_mysql.__file__).parent.rglob("*.duckdb_extension")
    file = shutil.copy(packed, Path(folder) / "mysql_scanner.duckdb_extension")  # DuckDB goes by the name of the file
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    con.execute(f"LOAD '{file}'")
    con.execute(f"ATTACH '{sys.argv[1]}' AS w (READ_ONLY)")
    con.execute(f"ATTACH '{sys.argv[2]}' AS m (TYPE mysql)")  # the password is in MYSQL_PWD
    started = time.monotonic()
    con.execute(f"INSERT INTO m.extension SELECT * FROM w.lab ORDER BY ALL LIMIT {sys.argv[3]}")
    seconds = time.monotonic() - started
print(json.dumps({"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""
"""The program that loads through DuckDB's mysql extension: file, server and rows are its arguments."""

ONE_PER_CENT = """
SELECT * REPLACE (CASE WHEN hash(result_id, 7) % 100 = 0 THEN value_num + 1 ELSE value_num END AS value_num) FROM lab
"""


class Bench:
    """The server, the DuckDB file with the rows, and the ways to bring them there."""

    def __init__(self, url: str, folder: Path, memory: str) -> None:
        self.url, self.folder = ServingUrl.parse(url), folder
        warehouse = DuckDBConnectionConfig(
            catalogs={"warehouse": str(folder / "bench.duckdb")},
            concurrent_tasks=4,
            connector_config={"memory_limit": memory, "TimeZone": "UTC"},
        )
        self.connection = ServingConnection(**account(url), source=warehouse)
        self.adapter: ServingAdapter = self.connection.create_engine_adapter()
        self.own = pymysql.connect(**account(url), charset="utf8mb4", autocommit=True, local_infile=True)
        self.cursor = self.own.cursor()

    def publication(self, name: str, table: str = "lab", indexes: tuple[str, ...] = INDEXES) -> publish.Publication:
        properties = f"primary_key = ({', '.join(KEY)})"
        properties += f", indexes = ({', '.join(f'({index})' for index in indexes)})" if indexes else ""
        text = (
            f"MODEL (name bench.{name.partition('__')[0]}, gateway serving, dialect duckdb, "
            f"kind CUSTOM (materialization publish, materialization_properties ({properties}))); SELECT 1 AS k"
        )
        model = load_sql_based_model(parse(text, default_dialect="duckdb"), dialect="duckdb")
        query = parse_one(f"SELECT * FROM warehouse.main.{table}", dialect="duckdb")
        return publish.Publication(self.adapter, exp.to_table(f'"serving"."{SCHEMA}"."{name}"'), model, [], query)

    def prepared(self, name: str) -> str:
        """Return a new empty table, with the primary key and no index."""
        table = f"{SCHEMA}.{name}"
        self.cursor.execute(f"DROP TABLE IF EXISTS {table}")
        self.publication(name, indexes=()).staging.create(table)
        return table

    def source(self, rows: int) -> duckdb.DuckDBPyRelation:
        return self.adapter.source.cursor.execute(f"SELECT * FROM lab ORDER BY ALL LIMIT {rows}")

    # The ways. Each returns what it measured: seconds, and rows where they are not all.

    def load(self, sessions: int = transfer.SESSIONS) -> dict[str, float]:
        transfer.SESSIONS = sessions
        publication, table = self.publication("plain"), self.prepared("plain")
        publication.comparison.start()  # as in a publish: DuckDB counts its side while the server loads
        load = timed(lambda: publication.transfer.load(table))
        verify = timed(lambda: publication.compare(table))
        return {"seconds": load, "verify": verify}

    def load_in_one_session(self) -> dict[str, float]:
        return self.load(1)

    def whole_publish(self) -> dict[str, float]:
        phases: dict[str, float] = {}
        self.cursor.execute(f"DROP DATABASE {SCHEMA}")  # with the versions of the round before
        self.cursor.execute(f"CREATE DATABASE {SCHEMA}")
        publication = self.publication("fact__1")
        owners = {"load": publication.transfer, "compare": publication, "add_indexes": publication.staging}
        for phase, owner in owners.items():
            method = getattr(owner, phase)
            setattr(owner, phase, lambda *a, m=method, p=phase: timed_result(phases, p, lambda: m(*a)))
        return {"seconds": timed(publication.run), **phases}

    def no_change(self) -> dict[str, float]:
        return self._version("fact__2", "lab")

    def one_per_cent(self) -> dict[str, float]:
        return self._version("fact__3", "changed")

    def _version(self, name: str, table: str) -> dict[str, float]:
        publication = self.publication(name, table)
        before = self._sent()
        return {"seconds": timed(publication.run), "megabytes_sent": (self._sent() - before) / 1e6}

    def _sent(self) -> int:
        self.cursor.execute("SHOW GLOBAL STATUS LIKE 'Bytes_received'")
        return int(self.cursor.fetchone()[1])

    def server_side_load_data_infile(self) -> dict[str, float]:
        self.cursor.execute("SELECT @@secure_file_priv")
        (folder,) = self.cursor.fetchone()
        file = Path(folder or tempfile.gettempdir()) / "bench_lab.csv"
        options = f"{transfer.CSV}, FORCE_QUOTE (source_system, value_text, flag)"
        self.adapter.source.cursor.execute("SET memory_limit = '2GB'")  # all rows are sorted at once here
        self.adapter.source.cursor.execute(f"COPY (SELECT * FROM lab ORDER BY ALL) TO '{file}' ({options})")
        file.chmod(0o644)
        table = self.prepared("infile")
        try:
            load = timed(
                lambda: self.cursor.execute(
                    f"LOAD DATA INFILE '{file}' INTO TABLE {table} CHARACTER SET utf8mb4 {transfer.FIELDS}"
                )
            )
        finally:
            file.unlink()
        added = ", ".join(f"ADD INDEX ({index})" for index in INDEXES)
        return {"seconds": load, "add_indexes": timed(lambda: self.cursor.execute(f"ALTER TABLE {table} {added}"))}

    def insert_where_local_infile_is_off(self) -> dict[str, float]:
        class Without(ServingConnection):
            @property
            def _static_connection_kwargs(self) -> dict[str, Any]:
                return {**super()._static_connection_kwargs, "local_infile": False}

        settings = self.connection.model_dump(include={"host", "port", "user"})
        connection = Without(**settings, password=self.url.password, source=self.connection.source)
        self.adapter = connection.create_engine_adapter()
        publication, table = self.publication("inserted"), self.prepared("inserted")
        return {"seconds": timed(lambda: publication.transfer.load(table))}

    def pandas_to_sql(self) -> dict[str, float]:
        import sqlalchemy

        address = sqlalchemy.URL.create(
            "mysql+pymysql", self.url.user, self.url.password, self.url.host, self.url.port, SCHEMA
        )
        frame = self.source(SLOW_ROWS).df()
        self.prepared("pandas")
        engine = sqlalchemy.create_engine(address)
        return {
            "seconds": timed(lambda: frame.to_sql("pandas", engine, if_exists="append", index=False, chunksize=50_000)),
            "rows": SLOW_ROWS,
        }

    def executemany(self) -> dict[str, float]:
        rows, table = self.source(SLOW_ROWS).fetchall(), self.prepared("many")
        marks = ", ".join(["%s"] * len(rows[0]))

        def run() -> None:
            for start in range(0, len(rows), 10_000):
                self.cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows[start : start + 10_000])

        return {"seconds": timed(run), "rows": SLOW_ROWS}

    def duckdb_mysql_extension(self) -> dict[str, float]:
        """It comes with its own version of DuckDB, so it runs in an environment of its own."""
        self.prepared("extension")
        self.adapter.source.close()  # a DuckDB file has one process
        at = f"host={self.url.host} port={self.url.port} user={self.url.user} database={SCHEMA}"
        minor = ".".join(duckdb.__version__.split(".")[:2])
        uv = Path(sys.executable).parent / "uv"
        command = [uv, "run", "-q", "--no-project", "--with", f"duckdb-extension-mysql=={minor}.*", "python"]
        command += ["-c", EXTENSION, self.folder / "bench.duckdb", at, str(SLOW_ROWS)]
        done = subprocess.run(
            command, env=os.environ | {"MYSQL_PWD": self.url.password}, capture_output=True, text=True
        )
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            return {"skipped": 1}
        return {**json.loads(done.stdout), "rows": SLOW_ROWS}


WAYS: dict[str, Callable[[Bench], dict[str, float]]] = {
    name: getattr(Bench, name)
    for name in (
        "server_side_load_data_infile", "load", "load_in_one_session", "whole_publish", "no_change", "one_per_cent",
        "insert_where_local_infile_is_off", "pandas_to_sql", "executemany", "duckdb_mysql_extension",
    )
}  # fmt: skip
MANY_ROWS = 5_000_000
"""More than these are measured by the ways of AT_ANY_SIZE alone."""

AT_ANY_SIZE = ("server_side_load_data_infile", "load", "whole_publish", "no_change", "one_per_cent")


def timed(run: Callable[[], Any]) -> float:
    started = time.monotonic()
    run()
    return time.monotonic() - started


def timed_result(into: dict[str, float], name: str, run: Callable[[], Any]) -> Any:
    started = time.monotonic()
    result = run()
    into[name] = time.monotonic() - started
    return result


def child(arguments: argparse.Namespace) -> None:
    bench = Bench(os.environ["BENCH_URL"], Path(arguments.folder), arguments.memory)
    found = WAYS[arguments.way](bench)
    print(json.dumps({"megabytes": most_memory()} | found))


def most_memory() -> float:
    """Return the most memory that this process has held, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says begins with the memory of the process that started this one
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(arguments: argparse.Namespace, url: str, rows: int, ways: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Run each way on `rows` rows, and say its result."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        with duckdb.connect(str(Path(folder) / "bench.duckdb")) as con:
            con.execute(f"CREATE TABLE lab AS {ROWS.format(rows=rows)}")
            con.execute(f"CREATE TABLE changed AS {ONE_PER_CENT}")
        with pymysql.connect(**account(url), autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {SCHEMA}")
            cursor.execute(f"CREATE DATABASE {SCHEMA}")
            for way in [way for _ in range(arguments.rounds) for way in ways]:
                command = [sys.executable, __file__, "--way", way, "--folder", folder, "--memory", arguments.memory]
                done = subprocess.run(
                    command, env=os.environ | {"BENCH_URL": url}, stdout=subprocess.PIPE, text=True, check=True
                )
                measured = json.loads(done.stdout.splitlines()[-1])
                shown = {name: round(value, 2) for name, value in measured.items()}
                best = found.setdefault(way, measured)
                # The least of each, but the most of memory: what disturbs a machine only ever adds seconds.
                found[way] = {n: (max if n == "megabytes" else min)(best[n], value) for n, value in measured.items()}
                print(f"{rows:>12,} rows  {way:<34}{shown}", flush=True)
            cursor.execute(f"DROP DATABASE {SCHEMA}")
    return found


def account(url: str) -> dict[str, Any]:
    """Return PyMySQL's arguments for the server at `url`."""
    return ServingUrl.parse(url).account


def version(url: str) -> str:
    with pymysql.connect(**account(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        (text,) = cursor.fetchone()
    return f"{'MariaDB' if 'MariaDB' in text else 'MySQL'} {text.partition('-')[0]}"


SETTINGS = ("innodb_buffer_pool_size", "innodb_fill_factor", "innodb_flush_log_at_trx_commit", "log_bin")
"""What decides how fast a server writes; a line of the report gives it."""


def settings(url: str) -> str:
    with pymysql.connect(**account(url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SHOW GLOBAL VARIABLES WHERE variable_name IN {SETTINGS}")
        return "The server's settings: " + ", ".join(f"{name} = {value}" for name, value in sorted(cursor.fetchall()))


def report(server: str, rows: int, found: dict[str, dict[str, float]]) -> list[str]:
    """Return a table in Markdown of one run."""
    limit = found["server_side_load_data_infile"]["seconds"]
    lines = [f"## {server}, {rows:,} rows", "", "| way | seconds | of the limit | client RSS |", "|---|---|---|---|"]
    for way, measured in found.items():
        if way in {"whole_publish", "no_change", "one_per_cent"}:
            continue
        if "skipped" in measured:
            lines.append(f"| {way.replace('_', ' ')} | not available here | | |")
            continue
        seconds = measured["seconds"] * rows / measured.get("rows", rows)
        scaled = " (scaled)" if "rows" in measured else ""
        client = "-" if way.startswith("server_side") else f"{measured['megabytes']:,.0f} MB"
        lines.append(f"| {way.replace('_', ' ')} | {seconds:.1f}{scaled} | {seconds / limit:.2f} | {client} |")
    whole, load = found["whole_publish"], found["load"]
    by_hand = found["server_side_load_data_infile"]
    hand = by_hand["seconds"] + by_hand["add_indexes"]
    lines += [
        "",
        "| measure | found | goal |",
        "|---|---|---|",
        f"| load / server-side LOAD DATA INFILE | {load['seconds'] / limit:.2f} | 0.80 |",
    ]
    if slow := found.get("pandas_to_sql"):
        ratio = slow["seconds"] * rows / slow["rows"] / load["seconds"]
        lines.append(f"| to_sql / load | {ratio:.1f} | 8 |")
    lines += [
        f"| verification / load | {load['verify'] / load['seconds']:.0%} | 30% |",
        f"| load and indexes / by hand on the server | {(whole['load'] + whole['add_indexes']) / hand:.2f} | 1.15 |",
        f"| whole publish, from checks to swap | {whole['seconds']:.1f} s, {whole['megabytes']:,.0f} MB | |",
    ]
    for name, words in {"no_change": "no row changed", "one_per_cent": "1 % of the rows changed"}.items():
        again = found[name]
        lines.append(
            f"| rebuilt, {words} / whole publish | {again['seconds'] / whole['seconds']:.0%} "
            f"({again['megabytes_sent']:.1f} MB sent, {again['megabytes']:,.0f} MB) | 10% |"
        )
    return [*lines, ""]


def machine(measured: str, limit: str = "") -> str:
    """Return a line on what was measured how and where."""
    load = f"their load in the last 15 minutes {os.getloadavg()[2]:.1f} (2 to 3 of it the measured ones)"
    versions = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}{limit}"
    return f"{measured}. {os.cpu_count()} cores, {load}; {platform.system()}; {versions}"


def write_section(file: Path, title: str, text: str) -> None:
    """Put a run in the place of an earlier one of the same title, or at the end."""
    marked = f"<!-- {title} -->\n"
    before = file.read_text(encoding="utf-8") if file.exists() else "# Benchmarks\n"
    kept = [part for part in before.split("<!-- ")[1:] if not f"<!-- {part}".startswith(marked)]
    parts = [before.split("<!-- ")[0], *(f"<!-- {part}" for part in kept), f"{marked}{text}"]
    file.write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", default=[2_200_000], help="the sizes to measure")
    parser.add_argument("--rounds", type=int, default=3, help="how often each way runs, in turn; the best counts")
    parser.add_argument("--memory", default="64MB", help="DuckDB's memory limit, as WAREHOUSE_MEMORY_LIMIT sets it")
    parser.add_argument("--out", type=Path, default=PROJECT / "docs" / "benchmarks.md")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        child(arguments)
        return
    from workbench.server import private_server

    with ExitStack() as stack:
        url = os.environ.get("BENCH_URL")
        if not url:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-server")))
            url = stack.enter_context(private_server(folder / "server"))
        server = version(url)
        for rows in arguments.rows:
            ways = AT_ANY_SIZE if rows > MANY_ROWS else tuple(WAYS)
            lines = report(server, rows, measure(arguments, url, rows, ways))
            head = machine(f"Best of {arguments.rounds} rounds", f", DuckDB's memory limit {arguments.memory}")
            write_section(arguments.out, f"{server}, {rows:,} rows", "\n".join([head, settings(url), "", *lines]))
    print(f"bench      {arguments.out}")


if __name__ == "__main__":
    main()
