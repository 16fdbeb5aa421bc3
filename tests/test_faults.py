"""What readers see while a plan publishes, and what is left when it, or the server, is killed at any moment.

The project here is small, three tables and two views, but runs as the real one does: by `warehouse plan`, in a process
of its own, on a server of its own. Rows carry the number of their delivery: all
rows of the small tables, every hundredth of the large one, which so changes by one per cent.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pymysql
import pytest

from loader import landing
from loader.settings import PROJECT
from publisher.url import ServingUrl
from road import PACKAGES, SCHEMAS, Road
from workbench import server

pytestmark = pytest.mark.serving

KILLS = int(os.environ.get("FAULT_KILLS", "2"))
"""Moments, spread over a plan, at which it is killed: 40 by `make faults`."""

CONFIG = """
import os
from sqlmesh.core.config import CategorizerConfig, Config, ModelDefaultsConfig, PlanConfig
from loader import settings
from publisher.gateways import gateways

settings.home().mkdir(parents=True, exist_ok=True)
config = Config(
    gateways=gateways(
        settings.serving(), warehouse=str(settings.warehouse_file()), state=str(settings.state_file()),
        embedded=str(settings.embedded_file()),
    ),
    default_gateway="warehouse", gateway_managed_virtual_layer=True,
    physical_table_naming_convention="table_only", disable_anonymized_analytics=True,
    model_defaults=ModelDefaultsConfig(dialect="duckdb", start="2000-01-01", cron="@yearly"),
    plan=PlanConfig(auto_categorize_changes=CategorizerConfig.all_full()),
    variables={"delivery": int(os.environ["DELIVERY"])},
)
"""
ROWS = {"fact_large": 250_000, "fact_small": 20_000, "dim_thing": 500}
MODELS = {
    "star": """
MODEL (name star.@table_name, kind FULL, blueprints (@blueprints));
SELECT i::BIGINT AS row_key, IF(@row_count < 100000 OR i % 100 = 0, @delivery, NULL) AS delivery,
  'Text ' || i % 100 AS label,
  IF(i % 100 = 0, @delivery, 1) * i::DECIMAL(14, 2) AS amount
FROM RANGE(@row_count) AS r(i)
""".replace("@blueprints", ", ".join(f"(table_name := {name}, row_count := {rows})" for name, rows in ROWS.items())),
    "published": """
MODEL (
  name serving.@table_name, gateway serving,
  kind CUSTOM (materialization publish, materialization_properties (primary_key = row_key, indexes = label)),
  blueprints (@blueprints)
);
SELECT * FROM warehouse.star.@table_name
""".replace("@blueprints", ", ".join(f"(table_name := {name})" for name in ROWS)),
    "view_total": """
MODEL (name serving.v_total, gateway serving, dialect mysql, kind VIEW);
SELECT MAX(delivery) AS delivery, COUNT(*) AS row_count, SUM(amount) AS amount FROM serving.fact_small
""",
    "view_label": """
MODEL (name serving.v_label, gateway serving, dialect mysql, kind VIEW);
SELECT label, MAX(delivery) AS delivery, COUNT(*) AS row_count FROM serving.fact_small GROUP BY label
""",
}
VIEWS = [*ROWS, "v_total", "v_label"]


class SmallRoad(Road):
    """A project of the packages' own code and of MODELS."""

    def __post_init__(self) -> None:
        (self.folder / "models").mkdir(parents=True)
        for package in PACKAGES:
            shutil.copytree(PROJECT / package, self.folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        (self.folder / "contracts").mkdir()
        (self.folder / "config.py").write_text(CONFIG)
        for name, text in MODELS.items():
            (self.folder / "models" / f"{name}.sql").write_text(text)

    def start(self, delivery: int) -> subprocess.Popen[str]:
        """Start `warehouse plan` with a delivery."""
        environment = os.environ | {
            "PYTHONPATH": str(self.folder),
            "WAREHOUSE_HOME": str(self.home),
            "SERVING_URL": self.url or "embedded",
            "DELIVERY": str(delivery),
            "COLUMNS": "200",
        }
        return subprocess.Popen(
            [Path(sys.executable).parent / "warehouse", "plan"], cwd=self.folder, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip

    def deliver(self, delivery: int) -> None:
        """Plan a delivery; it must end well, and leave nothing behind."""
        plan = self.start(delivery)
        output, _ = plan.communicate(timeout=300)
        assert plan.returncode == 0, output
        assert self.shown_delivery() == delivery
        assert self.views() == sorted(VIEWS)
        assert self.leftovers() == []

    def collect(self) -> None:
        """Remove what no environment uses."""
        with duckdb.connect(str(self.home / "warehouse.duckdb")) as con:
            con.execute(landing.CATALOG)  # no file has landed here
        assert self.run("warehouse", "janitor", "--ignore-ttl") == 0, self.output

    def leftovers(self) -> list[str]:
        return [name for name in self.views("sqlmesh__serving") if re.match("(new|old|changes)__", name)]

    def shown_delivery(self) -> int:
        """Return the delivery that all views show, having seen that each is whole, down to the sum of its amounts."""
        [totals] = self.query(EVERYTHING)
        (delivery, *others) = {delivery for delivery, *_ in groups(totals)}
        assert not others, f"views of several deliveries at one moment: {totals}"
        assert groups(totals) == expected(delivery), totals
        return delivery


EVERYTHING = "SELECT " + ", ".join(
    [f"(SELECT {what} FROM serving.{name})" for name in ROWS for what in ("MIN(delivery)", "COUNT(*)", "SUM(amount)")]
    + [f"(SELECT {what} FROM serving.v_total)" for what in ("delivery", "row_count", "amount")]
    + [f"(SELECT {what} FROM serving.v_label)" for what in ("MAX(delivery)", "SUM(row_count)", "MAX(NULL)")]
)
"""One statement that reads all views: it locks them all, and so sees them at one moment."""


def groups(row: tuple[Any, ...]) -> list[tuple[int, int, int | None]]:
    return [
        (int(row[i]), int(row[i + 1]), None if row[i + 2] is None else int(row[i + 2])) for i in range(0, len(row), 3)
    ]


def expected(delivery: int) -> list[tuple[int, int, int | None]]:
    totals = [
        (delivery, rows, sum(i * (delivery if i % 100 == 0 else 1) for i in range(rows))) for rows in ROWS.values()
    ]
    return [*totals, totals[1], (delivery, ROWS["fact_small"], None)]


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallRoad]:
    """A project on a server of its own that has published its first delivery."""
    folder = tmp_path_factory.mktemp("faults")
    with server.private_server(folder / "server") as url:
        made = SmallRoad(folder / "project", url)
        made.deliver(1)
        yield made


DELIVERIES = re.sub(
    r"(FROM serving\.(?:fact|dim)_\w+)", r"\1 WHERE row_key = 0",
    EVERYTHING.replace("COUNT(*)", "1").replace("SUM(amount)", "1").replace("MIN(delivery)", "delivery"),
)  # fmt: skip
"""Which delivery each view shows, of one row of each: as fast as a statement on all views can be."""


class Readers:
    """Readers that never pause: which deliveries each of their statements saw, how long it took, and what failed."""

    def __init__(self, road: SmallRoad, number: int) -> None:
        self.seen: list[frozenset[int]] = []
        self.seconds: list[float] = []
        self.failures: list[Exception] = []
        self._ended = threading.Event()
        self._account = ServingUrl.parse(road.url or "").account
        self._threads = [threading.Thread(target=self._read) for _ in range(number)]

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _read(self) -> None:
        with pymysql.connect(**self._account, autocommit=True) as connection, connection.cursor() as cursor:
            while not self._ended.is_set():
                started = time.monotonic()
                try:
                    cursor.execute(DELIVERIES)
                    self.seen.append(frozenset(int(delivery) for delivery in cursor.fetchone()[::3]))
                    self.seconds.append(time.monotonic() - started)
                except pymysql.err.MySQLError as error:
                    self.failures.append(error)


def test_a_reader_sees_all_old_views_or_all_new_ones(road: SmallRoad) -> None:
    before = road.shown_delivery()
    with Readers(road, 1) as readers:
        road.deliver(before + 1)
    assert readers.failures == []
    assert len(readers.seen) > 50
    assert set(readers.seen) == {frozenset([before]), frozenset([before + 1])}


@pytest.mark.long
def test_eight_readers_that_never_pause_see_twenty_swaps(road: SmallRoad) -> None:
    before = road.shown_delivery()
    with Readers(road, 8) as readers:
        for delivery in range(before + 1, before + 21):
            road.deliver(delivery)
    mixed = [moment for moment in readers.seen if len(moment) > 1]
    [(version,)] = road.query("SELECT VERSION()")
    print(
        f"\n{version}: {len(readers.seen):,} statements of 8 readers during 20 swaps, the longest "
        f"{max(readers.seconds):.2f} s, {len(readers.failures)} errors, {len(mixed)} that saw two deliveries"
    )
    assert readers.failures == []
    assert max(readers.seconds) < 30
    # MySQL lets a statement that is just opening its views open some before a swap and some after it: of readers that
    # never pause, the one that each is at.
    assert len(mixed) <= (0 if "MariaDB" in version else 8 * 20)
    assert all(max(moment) - min(moment) <= 1 for moment in mixed)


def test_after_a_kill_at_any_moment_all_views_are_whole_and_the_next_plan_converges(road: SmallRoad) -> None:
    delivery = road.shown_delivery() + 1
    started = time.monotonic()
    road.deliver(delivery)
    duration = time.monotonic() - started
    for number in range(KILLS):
        old, new = delivery, delivery + 1
        # Imports take the first part of a plan, and little happens there.
        first = 0 if KILLS >= 10 else 0.25
        moment = duration * (first + (1 - first) * (number + random.Random(number).random()) / KILLS)
        plan = road.start(new)
        try:
            plan.wait(moment)
        except subprocess.TimeoutExpired:
            os.killpg(plan.pid, signal.SIGKILL)  # SQLMesh loads models in processes of its own, which would outlive it
        plan.communicate(timeout=60)
        assert road.shown_delivery() in (old, new), f"killed after {moment:.2f} s of {duration:.2f} s"
        road.deliver(new)
        delivery = new


@pytest.mark.parametrize("killed", ["plan", "server"])
def test_after_a_kill_inside_the_swap_of_the_views_the_next_plan_converges(road: SmallRoad, killed: str) -> None:
    old = road.shown_delivery()
    folder = road.folder.parent / "server"
    with closing(pymysql.connect(**ServingUrl.parse(road.url or "").account)) as reader, reader.cursor() as cursor:
        cursor.execute("SELECT * FROM serving.dim_thing LIMIT 1")  # so the swap waits until this transaction ends
        plan = road.start(old + 1)
        deadline = time.monotonic() + 120
        while not any(name.startswith("new__") for name in road.views()):
            assert time.monotonic() < deadline and plan.poll() is None, "no view was made for a swap"
        time.sleep(0.3)  # from making the last view to the swap
        if killed == "plan":
            os.killpg(plan.pid, signal.SIGKILL)
        else:
            os.kill(int((folder / "server.pid").read_text()), signal.SIGKILL)
        output, _ = plan.communicate(timeout=120)
    assert plan.returncode != 0, output
    if killed == "server":
        server.start(folder)
    assert road.shown_delivery() in (old, old + 1)
    road.deliver(old + 1)


def test_a_killed_server_is_named_and_the_next_plan_converges(road: SmallRoad) -> None:
    old = road.shown_delivery()
    folder = road.folder.parent / "server"
    plan = road.start(old + 1)
    deadline = time.monotonic() + 120
    while not road.leftovers():
        assert time.monotonic() < deadline, "no table was loaded"
    os.kill(int((folder / "server.pid").read_text()), signal.SIGKILL)
    output, _ = plan.communicate(timeout=120)
    assert plan.returncode == 1
    assert re.search("the server ended the connection|check host and port", " ".join(output.split())), output
    server.start(folder)
    assert road.shown_delivery() == old
    road.deliver(old + 1)


def test_one_per_cent_of_a_large_table_is_sent_and_the_janitor_takes_what_no_version_shows(
    road: SmallRoad, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = road.shown_delivery()
    stores = [name for name in road.views("sqlmesh__serving") if name.startswith("store__")]
    assert len(stores) == 1
    before = road.query(f"SELECT COUNT(*) FROM sqlmesh__serving.{stores[0]}")
    road.deliver(old + 1)
    assert [name for name in road.views("sqlmesh__serving") if name.startswith("store__")] == stores
    assert road.query(f"SELECT COUNT(*) FROM sqlmesh__serving.{stores[0]}") == [(before[0][0] + 2_500,)]
    monkeypatch.setenv("DELIVERY", str(old + 1))
    road.collect()
    assert road.query(f"SELECT COUNT(*) FROM sqlmesh__serving.{stores[0]}") == [(250_000,)]
    assert road.shown_delivery() == old + 1


def test_verify_finds_what_was_changed_on_the_server_and_repair_publishes_it_again(
    road: SmallRoad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DELIVERY", str(road.shown_delivery()))
    road.collect()
    whole = "verified   5 of 5 published tables and views are as they were published"
    assert road.run("warehouse", "verify") == 0, road.output
    assert whole in road.output

    def published() -> list[Any]:
        return [road.query(f"SELECT * FROM serving.{name} ORDER BY 1, 2, 3") for name in (*ROWS, "v_total", "v_label")]

    before = published()
    [[_, text, *_]] = road.query("SHOW CREATE VIEW serving.fact_small")
    table = re.search(r"`sqlmesh__serving`\.`(\w+)`", text)[1]  # type: ignore[index]
    [store] = [name for name in road.views("sqlmesh__serving") if name.startswith("store__")]
    road.query(f"UPDATE sqlmesh__serving.{table} SET amount = amount + 0.01 WHERE row_key = 7")
    road.query(f"DELETE FROM sqlmesh__serving.{store} WHERE row_key = 8")
    road.query("CREATE OR REPLACE VIEW serving.dim_thing AS SELECT 1 AS row_key")
    road.query("DROP VIEW serving.v_label")
    assert road.run("warehouse", "verify") == 1
    said = " ".join(road.output.split())
    assert "amount: another checksum" in said
    assert "amount where row_key = 7: sent '7.00', stored '7.01'" in said
    assert "fact_large" in said and "249,999" in said
    assert "dim_thing is not as it was made" in said and "v_label is not there" in said
    assert said.endswith("4 of 5 published tables and views differ. To publish them again, run: warehouse repair prod")

    assert road.run("warehouse", "repair", "prod") == 0, road.output
    assert "repaired   4 published tables and views" in road.output
    assert road.run("warehouse", "verify") == 0, road.output
    assert whole in road.output
    assert published() == before
    assert road.run("warehouse", "plan") == 0, road.output
    assert "published again" not in road.output

    road.query("UPDATE sqlmesh__serving.publish_owner SET owner = 'another'")
    road.query("DROP VIEW serving.v_label")
    for command in ("verify", "repair", "plan"):
        assert road.run("warehouse", command) == 1
        assert "serving on the server shows what another warehouse has published" in " ".join(road.output.split())
    assert road.run("warehouse", "plan", "--take-over") == 0, road.output
    assert published() == before


def test_a_second_plan_is_told_that_another_command_runs(road: SmallRoad, monkeypatch: pytest.MonkeyPatch) -> None:
    old = road.shown_delivery()
    monkeypatch.setenv("DELIVERY", str(old + 1))
    with duckdb.connect(str(road.home / "state.duckdb")):  # as a plan that runs holds it
        assert road.run("warehouse", "plan") == 1
    assert "another command writes to this warehouse: let it end" in " ".join(road.output.split())
    assert road.shown_delivery() == old


@pytest.mark.long
def test_a_long_reader_makes_the_swap_wait_and_then_say_who_is_in_the_way(road: SmallRoad) -> None:
    old = road.shown_delivery()
    connection = road.folder / "publisher" / "connection.py"
    text = connection.read_text()
    connection.write_text(text.replace("LOCK_SECONDS = 60", "LOCK_SECONDS = 2"))
    try:
        with road.server() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT * FROM serving.dim_thing LIMIT 1")  # holds the view until the transaction ends
            plan = road.start(old + 1)
            output, _ = plan.communicate(timeout=120)
            assert plan.returncode == 1, output
            assert "another session holds a lock" in " ".join(output.split())
            cursor.execute("COMMIT")
    finally:
        connection.write_text(text)
    assert road.shown_delivery() == old
    assert road.views() == sorted(VIEWS)
    road.deliver(old + 1)


@pytest.mark.long
def test_a_full_disk_of_the_server_is_named_and_the_next_plan_converges(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", disk]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here: it takes root, and mount")
    try:
        with server.private_server(disk / "server") as url:
            made = SmallRoad(tmp_path / "project", url)
            made.deliver(1)
            free = shutil.disk_usage(disk).free
            with (disk / "filler").open("wb") as filler:
                filler.write(bytes(free - 1_000_000))
            plan = made.start(2)
            output, _ = plan.communicate(timeout=120)
            assert plan.returncode == 1, output
            assert "the server has no disk space left: free some" in " ".join(output.split()), output
            (disk / "filler").unlink()
            server.start(disk / "server")  # MariaDB may end itself when it finds no space for its log
            assert made.shown_delivery() == 1
            made.deliver(2)
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)  # a server that ends is still there for a moment


def test_the_printed_grants_are_enough_for_every_command_and_the_password_stays_in_the_url(
    serving_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SQLMESH__CACHE_DIR")  # in the project's folder, all of which is looked through at the end
    at = ServingUrl.parse(serving_url)
    hush = f"hush{random.randrange(10**9)}"
    password = f"{hush}:/@"

    def road_of(name: str) -> SmallRoad:
        return SmallRoad(tmp_path / name, f"mysql://{name}:{quote(password, safe='')}@{at.host}:{at.port}/")

    administrator = SmallRoad(tmp_path / "administrator", serving_url)
    for schema in SCHEMAS:
        administrator.query(f"DROP DATABASE IF EXISTS {schema}")
    for name in ("least_publisher", "least_reader"):
        administrator.query(f"DROP USER IF EXISTS {name}@'127.0.0.1'")
        administrator.query(f"CREATE USER {name}@'127.0.0.1' IDENTIFIED BY '{password}'")
    accounts = ("--publisher", "least_publisher", "--reader", "least_reader", "--host", "127.0.0.1")
    assert administrator.run("warehouse", "grants", *accounts, "--apply") == 0, administrator.output

    least = road_of("least_publisher")
    running = least.start(1)
    said = [Path(f"/proc/{running.pid}/cmdline").read_text(), running.communicate(timeout=300)[0]]
    assert running.returncode == 0, said

    def command(program: str, *arguments: str, code: int = 0) -> None:
        assert least.run(program, *arguments) == code, least.output
        said.append(least.output)

    monkeypatch.setenv("DELIVERY", "2")
    command("warehouse", "plan", "dev")
    assert least.query("SELECT delivery FROM serving__dev.v_total") == [(2,)]
    assert least.shown_delivery() == 1
    command("warehouse", "plan")
    assert "0 models built" in least.output
    assert least.shown_delivery() == 2
    monkeypatch.setenv("DELIVERY", "1")
    command("warehouse", "plan")
    assert "0 models built" in least.output
    assert least.shown_delivery() == 1
    least.query("DROP VIEW serving.v_label")
    command("warehouse", "repair")
    assert "repaired   1 published tables and views" in least.output
    command("warehouse", "verify")
    command("warehouse", "query", "SELECT * FROM serving.v_total")
    command("warehouse", "status")
    command("sqlmesh", "invalidate", "dev")
    least.collect()
    assert least.views("serving__dev") == []
    least.deliver(2)

    reader = road_of("least_reader")
    assert {name for (name,) in reader.query("SHOW DATABASES")} - {"information_schema", "performance_schema"} == {
        "serving"
    }
    assert reader.shown_delivery() == 2
    for refused in (
        "SELECT * FROM sqlmesh__serving.publish_version",
        "INSERT INTO serving.dim_thing VALUES (1, 1, 'x', 1)",
        "DROP VIEW serving.dim_thing",
    ):
        with pytest.raises(pymysql.err.MySQLError, match="denied"):
            reader.query(refused)

    assert least.url is not None
    least.url = least.url.replace(f":{at.port}/", ":1/")
    command("sqlmesh", "--debug", "--log-to-stdout", "plan", "--auto-apply", "--no-prompts", code=1)
    assert "Traceback" in least.output
    assert "127.0.0.1:1 as least_publisher" in least.output
    assert hush not in "".join(said)
    files = [file for file in least.folder.rglob("*") if file.is_file()]
    assert {"state.duckdb", "logs", ".cache"} <= {part for file in files for part in file.parts}
    assert [file for file in files if hush.encode() in file.read_bytes()] == []
