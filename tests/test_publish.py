"""The publish materialization and the serving gateway, on a real server: what arrives, is refused, and survives."""

from __future__ import annotations

import datetime
import logging
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pymysql
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlglot import exp, parse_one
from sqlmesh import Context
from sqlmesh.core.config import CategorizerConfig, Config, DuckDBConnectionConfig, ModelDefaultsConfig, PlanConfig
from sqlmesh.core.dialect import parse
from sqlmesh.core.engine_adapter import EngineAdapter
from sqlmesh.core.model import Model, load_sql_based_model
from sqlmesh.utils.errors import ConfigError, SQLMeshError

from publisher import checksums, connection, gateways, mysql_types, publish, transfer, versions
from publisher.adapter import RECORDED
from publisher.checksums import Totals
from publisher.connection import ServingError, Session
from publisher.gateways import ServingConnection
from publisher.ownership import OWNERS, give_up
from publisher.publish import Publication, Publish
from publisher.staging import Staging
from publisher.url import ServingUrl

SCHEMA = "publish_test"
PHYSICAL = f"sqlmesh__{SCHEMA}"
TABLE = f'"serving"."{PHYSICAL}"."t"'

HARD_TEXTS = [
    None, "", "NULL", "null", "\\N", "\\", "\\\\", "a\\", "\\'", "'", "''", '"', '""', '"a","b"', '",', "a\tb", "a\nb",
    "a\r\nb", "\r", "\n", "a\0b", "\0", "\x1a", "\x1f", "\x1e", "%s", "🏥 é è ß 漢字", "e\u0301", "\u200b", " ", "a",
    "a ", " a", "A", "á", "N,", "\ufeff", "x" * 10_000,
]  # fmt: skip


def model(key: str = "k", query: str = "SELECT 1 AS k", **properties: str) -> Model:
    """Return a published model; properties are SQL."""
    properties = {"primary_key": f"({key})", **properties}
    listed = ", ".join(f"{name} = {value}" for name, value in properties.items() if value)
    text = (
        f"MODEL (name {SCHEMA}.t, gateway serving, dialect duckdb, "
        f"kind CUSTOM (materialization publish, materialization_properties ({listed}))); {query}"
    )
    return load_sql_based_model(parse(text, default_dialect="duckdb"), dialect="duckdb")


OWN = {versions.LISTED, RECORDED, OWNERS}
"""The publisher's own tables."""


class Bench:
    """A DuckDB warehouse, the serving server, and a way to publish from one to the other and to look at the result."""

    def __init__(self, url: str, folder: Path, connection: type[ServingConnection] = ServingConnection) -> None:
        self.url = ServingUrl.parse(url)
        self.warehouse = DuckDBConnectionConfig(catalogs={"warehouse": str(folder / "w.duckdb")}, concurrent_tasks=4)
        account = self.url.account
        self.adapter = connection(**account, source=self.warehouse).create_engine_adapter()
        self.account = account
        self.own = pymysql.connect(**account, charset="utf8mb4", autocommit=True)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement on the server, on another connection than the publisher's."""
        cursor = self.own.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall())

    def duckdb(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement on DuckDB."""
        return self.adapter.source.cursor.execute(statement, values).fetchall()

    def publication(
        self, query: str, key: str = "k", of: type[Publication] = Publication, **properties: str
    ) -> Publication:
        """Return a publication of a DuckDB query."""
        return of(self.adapter, exp.to_table(TABLE), model(key, **properties), [], parse_one(query, dialect="duckdb"))

    def publish(self, query: str, key: str = "k", **properties: str) -> None:
        """Publish a DuckDB query as SQLMesh would."""
        rows = parse_one(query, dialect="duckdb")
        Publish(self.adapter).insert(TABLE, rows, model(key, **properties), True, {}, snapshots={})

    def types(self) -> dict[str, str]:
        """Return the columns of the published table and their types, without MariaDB's display widths."""
        columns = self.sql(
            "SELECT column_name, column_type FROM information_schema.columns "
            f"WHERE table_schema = '{PHYSICAL}' AND table_name = 't' ORDER BY ordinal_position"
        )
        return {name: dtype.replace("bigint(20)", "bigint").replace("int(11)", "int").replace("smallint(6)", "smallint")
                for name, dtype in columns}  # fmt: skip

    def tables(self) -> set[str]:
        """Return the tables in the physical schema, without the publisher's own."""
        return {name for (name,) in self.sql(f"SHOW TABLES IN {PHYSICAL}")} - OWN

    def checksum(self) -> list[tuple[Any, ...]]:
        """Return the server's own checksum of the published table."""
        return self.sql(f"CHECKSUM TABLE {PHYSICAL}.t")


@pytest.fixture
def bench(serving_url: str, tmp_path: Path) -> Iterator[Bench]:
    """A warehouse and the server with an empty schema."""
    bench = Bench(serving_url, tmp_path)
    bench.sql(f"DROP DATABASE IF EXISTS {PHYSICAL}")
    bench.sql(f"CREATE DATABASE {PHYSICAL}")
    yield bench
    bench.adapter.close()
    bench.sql(f"DROP DATABASE IF EXISTS {PHYSICAL}")
    bench.own.close()


class WithoutLocalInfile(ServingConnection):
    """A client without the capability that LOAD DATA LOCAL needs: servers refuse it as if it were off there."""

    @property
    def _static_connection_kwargs(self) -> dict[str, Any]:
        return {**super()._static_connection_kwargs, "local_infile": False}


@pytest.fixture(params=["LOAD DATA", "INSERT"])
def way(request: pytest.FixtureRequest, bench: Bench) -> Bench:
    """The same bench for each of the two ways of loading."""
    if request.param == "INSERT":
        bench.adapter = WithoutLocalInfile(**bench.account, source=bench.warehouse).create_engine_adapter()
    return bench


# What arrives


@pytest.mark.serving
def test_hard_texts_arrive_as_they_are(way: Bench) -> None:
    way.duckdb("CREATE TABLE hard (k INTEGER, t VARCHAR)")
    for k, text in enumerate(HARD_TEXTS):
        way.duckdb("INSERT INTO hard VALUES (?, ?)", k, text)
    way.publish("SELECT * FROM warehouse.main.hard", widths="(t = 12000)")
    assert way.sql(f"SELECT k, t FROM {PHYSICAL}.t ORDER BY k") == list(enumerate(HARD_TEXTS))
    assert way.types() == {"k": "int", "t": "varchar(12000)"}


@pytest.mark.serving
def test_texts_that_differ_in_bytes_are_different_keys(way: Bench) -> None:
    keys = sorted({text for text in HARD_TEXTS if text is not None and len(text) < 100})
    way.duckdb("CREATE TABLE hard (k VARCHAR)")
    for key in keys:
        way.duckdb("INSERT INTO hard VALUES (?)", key)
    way.publish("SELECT * FROM warehouse.main.hard")
    assert sorted(key for (key,) in way.sql(f"SELECT k FROM {PHYSICAL}.t")) == keys
    assert way.sql(f"SELECT k FROM {PHYSICAL}.t WHERE k = 'a '") == [("a ",)]


TYPES: list[tuple[str, list[str], str, list[Any]]] = [
    ("BOOLEAN", ["true", "false"], "smallint", [1, 0]),
    ("TINYINT", ["-128", "127"], "smallint", [-128, 127]),
    ("UTINYINT", ["0", "255"], "smallint", [0, 255]),
    ("SMALLINT", ["-32768", "32767"], "smallint", [-32768, 32767]),
    ("USMALLINT", ["65535"], "int", [65535]),
    ("INTEGER", ["-2147483648", "2147483647"], "int", [-(2**31), 2**31 - 1]),
    ("UINTEGER", ["4294967295"], "bigint", [2**32 - 1]),
    ("BIGINT", [str(-(2**63)), str(2**63 - 1)], "bigint", [-(2**63), 2**63 - 1]),
    ("UBIGINT", [str(2**64 - 1)], "decimal(20,0)", [2**64 - 1]),
    ("HUGEINT", [str(-(2**127)), str(2**127 - 1)], "decimal(39,0)", [-(2**127), 2**127 - 1]),
    ("UHUGEINT", [str(2**128 - 1)], "decimal(39,0)", [2**128 - 1]),
    ("DECIMAL(14, 2)", ["0.01", "-0.01", "999999999999.99"], "decimal(14,2)",
     [Decimal("0.01"), Decimal("-0.01"), Decimal("999999999999.99")]),
    ("DECIMAL(18, 6)", ["-999999999999.999999", "0.000001"], "decimal(18,6)",
     [Decimal("-999999999999.999999"), Decimal("0.000001")]),
    ("DECIMAL(18, 18)", ["0." + "9" * 18], "decimal(18,18)", [Decimal("0." + "9" * 18)]),
    ("DECIMAL(18, 0)", ["-" + "9" * 18], "decimal(18,0)", [Decimal("-" + "9" * 18)]),
    ("DECIMAL(38, 30)", ["-99999999." + "9" * 30, "0." + "0" * 29 + "1"], "decimal(38,30)",
     [Decimal("-99999999." + "9" * 30), Decimal("0." + "0" * 29 + "1")]),
    ("DECIMAL(38, 0)", ["9" * 38], "decimal(38,0)", [Decimal("9" * 38)]),
    ("FLOAT", ["0.1", "-3.4028235e38", "1e-45"], "double",
     [0.10000000149011612, -3.4028234663852886e38, 1.401298464324817e-45]),
    ("DOUBLE", ["0.1", "-0.0", "1e20", "123456789012345678", "1e15", "1e16", "1e-5", "-1e-7", "0.3333333333333333",
                "1.7976931348623157e308", "2.2250738585072014e-308", "100", "-123.456e-20"], "double",
     [0.1, 0.0, 1e20, 123456789012345680.0, 1e15, 1e16, 1e-5, -1e-7, 0.3333333333333333,
      1.7976931348623157e308, 2.2250738585072014e-308, 100.0, -123.456e-20]),
    ("DATE", ["1000-01-01", "1899-12-31", "2024-02-29", "9999-12-31"], "date",
     [datetime.date(1000, 1, 1), datetime.date(1899, 12, 31), datetime.date(2024, 2, 29), datetime.date(9999, 12, 31)]),
    ("TIME", ["00:00:00", "12:34:56.5", "23:59:59.999999"], "time(6)",
     [datetime.timedelta(), datetime.timedelta(hours=12, minutes=34, seconds=56.5),
      datetime.timedelta(days=1) - datetime.timedelta(microseconds=1)]),
    ("TIMESTAMP", ["1000-01-01 00:00:00", "2024-03-31 02:30:00.000001", "9999-12-31 23:59:59.999999"], "datetime(6)",
     [datetime.datetime(1000, 1, 1), datetime.datetime(2024, 3, 31, 2, 30, 0, 1),
      datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)]),
    ("TIMESTAMP(0)", ["2024-10-27 01:59:59", "1970-01-01 00:00:00"], "datetime",
     [datetime.datetime(2024, 10, 27, 1, 59, 59), datetime.datetime(1970, 1, 1)]),
    ("TIMESTAMP_S", ["2024-12-31 23:59:59"], "datetime", [datetime.datetime(2024, 12, 31, 23, 59, 59)]),
    ("TIMESTAMP_MS", ["2024-12-31 23:59:59.999"], "datetime(3)", [datetime.datetime(2024, 12, 31, 23, 59, 59, 999000)]),
    ("TIMESTAMPTZ", ["2024-07-01 00:30:00+02", "2024-07-01 00:30:00-05:30"], "datetime(6)",
     [datetime.datetime(2024, 6, 30, 22, 30), datetime.datetime(2024, 7, 1, 6)]),
    ("UUID", ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"], "char(36)",
     ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"]),
    ("ENUM('M', 'F')", ["F"], "varchar(4)", ["F"]),
    ("VARCHAR(40)", ["ä" * 36], "varchar(36)", ["ä" * 36]),
    ("VARCHAR", ["ä" * 37], "varchar(100)", ["ä" * 37]),
]  # fmt: skip


@pytest.mark.serving
@pytest.mark.parametrize(("dtype", "values", "mysql", "expected"), TYPES, ids=[dtype for dtype, *_ in TYPES])
def test_every_type_holds_its_extremes(
    way: Bench, dtype: str, values: list[str], mysql: str, expected: list[Any]
) -> None:
    rows = " UNION ALL ".join(f"SELECT {k} AS k, '{value}'::{dtype} AS v" for k, value in enumerate(values))
    way.duckdb(f"CREATE TABLE types AS {rows} UNION ALL SELECT {len(values)}, NULL")
    way.publish("SELECT * FROM warehouse.main.types")
    assert [value for (value,) in way.sql(f"SELECT v FROM {PHYSICAL}.t ORDER BY k")] == [*expected, None]
    assert way.types()["v"] == mysql


@pytest.mark.serving
def test_all_null_and_empty_tables_are_published(way: Bench) -> None:
    way.publish("SELECT 1 AS k, NULL::VARCHAR AS t, NULL::DOUBLE AS d, NULL::TIMESTAMP AS at")
    assert way.sql(f"SELECT * FROM {PHYSICAL}.t") == [(1, None, None, None)]
    way.publish("SELECT 1 AS k, 'x' AS t WHERE false")
    assert way.sql(f"SELECT * FROM {PHYSICAL}.t") == []


@pytest.mark.serving
def test_anything_that_hypothesis_thinks_of_arrives(bench: Bench) -> None:
    texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
    rows = st.lists(
        st.tuples(texts | st.none(), st.floats(allow_nan=False, allow_infinity=False) | st.none()), max_size=40
    )
    bench.duckdb("CREATE TABLE anything (k INTEGER, t VARCHAR, d DOUBLE)")

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(rows)
    def check(rows: list[tuple[str | None, float | None]]) -> None:
        bench.duckdb("DELETE FROM anything")
        for k, (text, number) in enumerate(rows):
            bench.duckdb("INSERT INTO anything VALUES (?, ?, ?)", k, text, number)
        bench.publish("SELECT * FROM warehouse.main.anything")
        assert bench.sql(f"SELECT k, t, d FROM {PHYSICAL}.t ORDER BY k") == [(k, *row) for k, row in enumerate(rows)]

    check()


@pytest.mark.serving
def test_slices_give_every_row_once(way: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "SLICE_ROWS", 100)
    monkeypatch.setattr(transfer, "SESSIONS", 3)
    monkeypatch.setattr(transfer, "BATCH_ROWS", 30)
    monkeypatch.setattr(transfer, "BATCH_CHARACTERS", 100)
    query = "SELECT 'key ' || (i * 7919 % 1000 // 3) AS a, i AS b FROM RANGE(1000) AS r(i)"
    assert [len(share) for share in way.publication(query, "a, b").transfer.shares] == [3, 3, 4]
    way.publish(query, "a, b")
    assert way.sql(f"SELECT COUNT(*), COUNT(DISTINCT a, b), SUM(b) FROM {PHYSICAL}.t") == [(1000, 1000, 499500)]


@pytest.mark.serving
def test_keys_indexes_collation_and_comments(bench: Bench) -> None:
    star = load_sql_based_model(
        parse(
            "MODEL (name star.t, kind FULL, description 'Rows, one each.', "
            f"column_descriptions (b = 'It''s \"b\" \\ ⚕', c = '{'long ' * 300}')); SELECT 1 AS a, 2 AS b, 'x' AS c",
            default_dialect="duckdb",
        ),
        dialect="duckdb",
    )
    published = model("b, a", indexes="((c), (c, a))").copy(update={"description": "All that is published."})
    query = parse_one("SELECT 1 AS a, 2 AS b, 'x' AS c", dialect="duckdb")
    Publication(bench.adapter, exp.to_table(TABLE), published, [star], query).run()
    indexes = bench.sql(
        "SELECT index_name, GROUP_CONCAT(column_name ORDER BY seq_in_index) FROM information_schema.statistics "
        f"WHERE table_schema = '{PHYSICAL}' AND table_name = 't' GROUP BY index_name"
    )
    assert dict(indexes) == {"PRIMARY": "b,a", "c": "c", "c_2": "c,a"}
    comments = bench.sql(
        "SELECT column_name, column_comment, is_nullable FROM information_schema.columns "
        f"WHERE table_schema = '{PHYSICAL}' AND table_name = 't' ORDER BY ordinal_position"
    )
    assert [(name, nullable) for name, _, nullable in comments] == [("a", "NO"), ("b", "NO"), ("c", "YES")]
    assert comments[1][1] == 'It\'s "b" \\ ⚕'
    assert len(comments[2][1]) == 1024
    [(engine, collation, comment)] = bench.sql(
        "SELECT engine, table_collation, table_comment FROM information_schema.tables "
        f"WHERE table_schema = '{PHYSICAL}' AND table_name = 't'"
    )
    assert (engine, comment) == ("InnoDB", "Rows, one each.")
    assert collation in {"utf8mb4_0900_bin", "utf8mb4_nopad_bin"}


# What is refused before anything is loaded

REFUSED = [
    ("'nan'::DOUBLE", {}, "v as DOUBLE", "'nan'"),
    ("'-inf'::DOUBLE", {}, "v as DOUBLE", "'-inf'"),
    ("'inf'::FLOAT", {}, "v as DOUBLE", "'inf'"),
    ("DATE '0999-12-31'", {}, "v as DATE", "'0999-12-31'"),
    ("DATE '10000-01-01'", {}, "v as DATE", "'10000-01-01'"),
    ("'infinity'::DATE", {}, "v as DATE", "'infinity'"),
    ("TIMESTAMP '10000-01-01 00:00:00'", {}, "v as DATETIME(6)", "'10000-01-01 00:00:00'"),
    ("'-infinity'::TIMESTAMP", {}, "v as DATETIME(6)", "'-infinity'"),
    ("'infinity'::TIMESTAMPTZ", {}, "v as DATETIME(6)", "'infinity'"),
    ("TIMESTAMPTZ '9999-12-31 23:00:00-05'", {}, "v as DATETIME(6)", "'10000-01-01 04:00:00"),
    ("TIMESTAMP_S '0001-01-01 00:00:00'", {}, "v as DATETIME", "'0001-01-01 00:00:00'"),
    ("'twelve'", {"widths": "(v = 5)"}, "v as VARCHAR(5)", "'twelve'"),
    ("REPEAT('x', 16001)", {}, "v as VARCHAR(16000)", "of 16001 characters"),
]


@pytest.mark.serving
@pytest.mark.parametrize(("value", "properties", "column", "shown"), REFUSED, ids=[value for value, *_ in REFUSED])
def test_values_that_mysql_would_change_are_refused(
    bench: Bench, value: str, properties: dict[str, str], column: str, shown: str
) -> None:
    with pytest.raises(SQLMeshError) as refusal:
        bench.publish(f"SELECT 1 AS k, NULL AS v UNION ALL SELECT 2, {value} UNION ALL SELECT 3, {value}", **properties)
    message = str(refusal.value)
    assert f"{SCHEMA}.t: {column} cannot hold the values of 2 row(s)" in message
    assert "where k = 2" in message
    assert shown in message
    assert bench.tables() == set()


@pytest.mark.serving
@pytest.mark.parametrize(
    "value",
    ["INTERVAL 1 DAY", "[1]", "{'a': 1}", "MAP {1: 2}", "'x'::BLOB", "'{}'::JSON", "'1'::BIT", "NOW()::TIMESTAMP_NS",
     "'10:00:00+01'::TIMETZ", "0.1::DECIMAL(38, 31)"],
)  # fmt: skip
def test_types_that_mysql_has_not_are_refused(bench: Bench, value: str) -> None:
    with pytest.raises(SQLMeshError, match=r"publish_test\.t: column v: MySQL has no type for .*: cast it in the"):
        bench.publish(f"SELECT 1 AS k, {value} AS v")


@pytest.mark.serving
def test_bad_keys_are_refused(way: Bench) -> None:
    with pytest.raises(SQLMeshError, match=r"k as INT cannot hold the values of 1 row\(s\).*where k = None.*is NULL"):
        way.publish("SELECT 1 AS k UNION ALL SELECT NULL")
    with pytest.raises(SQLMeshError, match=r"Duplicate entry '2' for key"):
        way.publish("SELECT 1 AS k UNION ALL SELECT 2 UNION ALL SELECT 2")
    with pytest.raises(SQLMeshError, match="has no column nothing, which its kind names"):
        way.publish("SELECT 1 AS k", indexes="((nothing))")
    assert way.tables() == set()


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"primary_key": ""}, r"needs the property primary_key"),
        ({"index": "((a))"}, "publish has no property index, only indexes, primary_key, widths"),
    ],
)
def test_wrong_properties_are_an_error_when_the_model_is_loaded(properties: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        model(**properties)


def test_properties_are_part_of_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = model(indexes="(a)").data_hash
    assert model(indexes="(b)").data_hash != before
    monkeypatch.setattr(publish, "VERSION", 1000)
    assert model(indexes="(a)").data_hash != before


# What the comparison before the swap sees

ROWS = """
    SELECT i AS k, CASE WHEN i % 3 > 0 THEN 'Text ' || i END AS t, CASE WHEN i % 4 > 0 THEN 'Other ' || i END AS u,
        (i * 1.01)::DECIMAL(14, 2) AS amount, TIMESTAMP '2024-01-01' + INTERVAL (i) MINUTE AS at, i / 3 AS ratio,
        DATE '2024-01-01' + i::INTEGER AS day, CASE WHEN i % 2 = 1 THEN i // 2 END AS n
    FROM RANGE(1000) AS r(i)
"""
CORRUPTIONS = {
    "row skipped": ("DELETE FROM {} WHERE k = 7", "1,000 rows sent, 999 stored.*the row where k = 7 is not there"),
    "row added": ("INSERT INTO {} SELECT k + 5000, t, u, amount, at, ratio, day, n FROM {} WHERE k = 7",
                  "1,001 stored.*the row where k = 5007 was not sent"),
    "row replaced": ("UPDATE {} SET k = 5007 WHERE k = 7", "k = 7 is not there; the row where k = 5007 was not sent"),
    "rows cut off": ("DELETE FROM {} WHERE k > 500", "1,000 rows sent, 501 stored"),
    "text cut": ("UPDATE {} SET t = LEFT(t, 6) WHERE k = 100", "t where k = 100: sent 'Text 100', stored 'Text 1'"),
    "NULL to empty": ("UPDATE {} SET t = '' WHERE k = 3",
                      "column t: 334 NULL sent, 333 stored.*t where k = 3: sent NULL, stored ''"),
    "NULL to zero": ("UPDATE {} SET n = 0 WHERE k = 2",
                     "column n: 500 NULL sent, 499 stored.*n where k = 2: sent NULL"),
    "NULL and zero swapped": ("UPDATE {} SET n = CASE k WHEN 2 THEN 0 END WHERE k IN (1, 2)",
                              "column n: another checksum.*n where k = [12]: sent .*stored"),
    "number clipped": ("UPDATE {} SET n = 2147483647 WHERE k = 1", "column n: .*n where k = 1: sent '0'"),
    "NULL to text": ("UPDATE {} SET t = 'NULL' WHERE k = 3", "t where k = 3: sent NULL, stored 'NULL'"),
    "value to NULL": ("UPDATE {} SET u = NULL WHERE k = 5", "u where k = 5: sent 'Other 5', stored NULL"),
    "case": ("UPDATE {} SET t = LOWER(t) WHERE k = 7", "t where k = 7: sent 'Text 7', stored 'text 7'"),
    "accent": ("UPDATE {} SET t = REPLACE(t, 'e', 'é') WHERE k = 7", "t where k = 7: sent 'Text 7', stored 'Téxt 7'"),
    "trailing blank": ("UPDATE {} SET t = CONCAT(t, ' ') WHERE k = 7", "t where k = 7: .*stored 'Text 7 '"),
    "decimal rounded": ("UPDATE {} SET amount = ROUND(amount, 1) WHERE k = 7",
                        "column amount: another checksum.*amount .*: sent '7.07', stored '7.10'"),
    "double rounded": ("UPDATE {} SET ratio = ROUND(ratio, 12) WHERE k = 7", "ratio where k = 7: sent '23333"),
    "time shifted": ("UPDATE {} SET at = at + INTERVAL 1 HOUR WHERE k = 7",
                     "at where k = 7: sent '2024-01-01 00:07:00.000000', stored '2024-01-01 01:07:00.000000'"),
    "all times shifted": ("UPDATE {} SET at = at + INTERVAL 1 HOUR", "at where k = "),
    "microsecond": ("UPDATE {} SET at = at + INTERVAL 1 MICROSECOND WHERE k = 7", "at where k = 7: .*:00.000001'"),
    "day": ("UPDATE {} SET day = day - INTERVAL 1 DAY WHERE k = 7", "day .*: sent '2024-01-08', stored '2024-01-07'"),
    "flags of neighbours swapped, there and back": (
        "UPDATE {} SET n = CASE k WHEN 1 THEN 1 WHEN 3 THEN 0 WHEN 5 THEN 3 WHEN 7 THEN 2 END WHERE k IN (1, 3, 5, 7)",
        "column n: another checksum"),
    "columns swapped": ("UPDATE {} SET t = (@x := t), t = u, u = @x WHERE k = 7",
                        "t where k = 7: sent 'Text 7', stored 'Other 7'; u where k = 7: .*stored 'Text 7'"),
    "rows swapped": ("UPDATE {} SET t = CASE k WHEN 7 THEN 'Text 8' ELSE 'Text 7' END WHERE k IN (7, 8)",
                     "t where k = [78]: sent 'Text [78]', stored 'Text [78]'"),
}  # fmt: skip


def corrupting(statements: str) -> type[Publication]:
    """Return a publication whose rows are corrupted after they were loaded."""

    class Corrupting(Publication):
        def compare(self, table: str) -> Totals:
            with self.adapter.sessions(1) as [session]:
                session.execute(statements.replace("{}", table))
            return super().compare(table)

    return Corrupting


@pytest.mark.serving
@pytest.mark.parametrize("k", ["i // 2 * 2", "IF(i = 5, 4, i)"], ids=["all rows", "one pair"])
def test_values_swapped_between_rows_that_share_the_number_of_their_key_are_seen(bench: Bench, k: str) -> None:
    rows = f"SELECT {k} AS k, IF(i % 2 = 0, 'R0', 'R1') AS code, i AS n FROM RANGE(100) AS r(i)"
    swap = corrupting("UPDATE {} SET n = CASE n WHEN 4 THEN 5 ELSE 4 END WHERE n IN (4, 5)")
    with pytest.raises(SQLMeshError, match=r"n where k = 4, code = R[01]: sent '[45]', stored '[54]'"):
        bench.publication(rows, key="k, code", of=swap).run()


@pytest.mark.serving
def test_an_empty_text_and_null_swapped_are_seen(bench: Bench) -> None:
    swap = corrupting("UPDATE {} SET t = CASE k WHEN 2 THEN '' END WHERE k IN (1, 2)")
    with pytest.raises(SQLMeshError, match=r"column t: another checksum.*t where k = 1: sent '', stored NULL"):
        bench.publication("SELECT 1 AS k, '' AS t UNION ALL SELECT 2, NULL", of=swap).run()


@pytest.mark.parametrize("step", [1, 2, 64])
@pytest.mark.parametrize(("one", "other"), [(0, 1), (5, 25)])
def test_flags_of_four_neighbours_that_change_hardly_ever_cancel_out(step: int, one: int, other: int) -> None:
    """Values near a power of two times neighbouring weights did, in one of 500 such fours."""
    key, flag = mysql_types.Column("k", "BIGINT", "BIGINT"), mysql_types.Column("flag", "INT", "INT")
    checksum = checksums.checksums([flag], [key])[0][2]
    pairs = fours = 0
    for start in range(1, 20_000_000, 1_000_000):
        rows = f"(SELECT ({start} + i * {step})::BIGINT AS k, {{}} AS flag FROM RANGE(60) AS r(i))"
        before, after = (
            duckdb.sql(f"SELECT {checksum} FROM {rows.format(value)} GROUP BY k ORDER BY k").fetchall()
            for value in (one, other)
        )
        changes = [a ^ b for (a,), (b,) in zip(before, after, strict=True)]
        cancelling = Counter(a ^ b for a, b in combinations(changes, 2))
        assert 0 not in cancelling
        pairs += cancelling.total()
        fours += sum(number - 1 for number in cancelling.values())
    assert pairs == 20 * 1770
    assert fours / (20 * 1770 * 1769 / 2) < 2**-16


@pytest.mark.serving
@pytest.mark.parametrize(("statement", "message"), CORRUPTIONS.values(), ids=CORRUPTIONS.keys())
def test_a_corrupted_load_is_seen_before_the_swap(bench: Bench, statement: str, message: str) -> None:
    bench.publish("SELECT 1 AS k, 'as it was' AS t")
    before = bench.checksum()
    with pytest.raises(SQLMeshError, match=message) as refusal:
        bench.publication(ROWS, of=corrupting(statement)).run()
    assert "publish_test.t: the server does not hold what was sent" in str(refusal.value)
    assert bench.checksum() == before
    assert bench.tables() == {"t"}


@pytest.mark.serving
def test_what_the_server_cuts_or_skips_on_its_own_is_seen(bench: Bench) -> None:
    class NarrowTable(Staging):
        def create(self, table: str, *arguments: Any) -> None:
            super().create(table, *arguments)
            self.adapter.execute(f"ALTER TABLE {table} MODIFY t VARCHAR(7), MODIFY amount DECIMAL(4, 1)")

    class Narrow(Publication):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.staging = NarrowTable(self.adapter, self.table, self.described)

    with pytest.raises(SQLMeshError, match=r"1,000 rows sent, 1,000 taken: Data truncated for column 'amount'"):
        bench.publication(ROWS, of=Narrow).run()
    assert bench.tables() == set()


@pytest.mark.serving
def test_a_long_text_is_shown_where_it_differs(bench: Bench) -> None:
    change = corrupting("UPDATE {} SET t = INSERT(t, 900, 1, 'y')")
    with pytest.raises(SQLMeshError, match=r"stored '(x{20})y(x{39})' \(from character 880 of 1000\)"):
        bench.publication("SELECT 1 AS k, REPEAT('x', 1000) AS t", of=change).run()


# Versions of a large table

CHANGED = (
    f"SELECT * REPLACE (IF(k = 7, 0, amount) AS amount) FROM ({ROWS}) WHERE k <> 9 UNION ALL BY NAME SELECT 5000 AS k"
)


def version_of(bench: Bench, physical: str, query: str, of: type[Publication] = Publication) -> None:
    table = exp.to_table(f'"serving"."{PHYSICAL}"."{physical}"')
    of(bench.adapter, table, model(indexes="(t)"), [], parse_one(query, dialect="duckdb")).run()


def stores(bench: Bench) -> dict[str, int]:
    names = [name for name in bench.tables() if name.startswith("store__")]
    return {name: bench.sql(f"SELECT COUNT(*) FROM {PHYSICAL}.{name}")[0][0] for name in names}


@pytest.fixture
def large(way: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A bench where a table of 100 rows is a large one."""
    monkeypatch.setattr(versions, "VERSIONED_ROWS", 100)
    monkeypatch.setattr(transfer, "SLICE_ROWS", 100)
    return way


@pytest.mark.serving
def test_a_new_version_adds_what_is_new_and_leaves_the_old_one_whole(large: Bench) -> None:
    version_of(large, "t__1", ROWS)
    rows = large.sql(f"SELECT * FROM {PHYSICAL}.t__1 ORDER BY k")
    assert len(rows) == 1000
    version_of(large, "t__2", CHANGED)
    assert list(stores(large).values()) == [1002]  # one changed, one new; one gone
    assert large.sql(f"SELECT * FROM {PHYSICAL}.t__1 ORDER BY k") == rows
    changed = large.sql(f"SELECT * FROM {PHYSICAL}.t__2 ORDER BY k")
    assert [row[0] for row in changed] == [*(k for k in range(1000) if k != 9), 5000]
    assert (rows[7][3], changed[7][3]) == (Decimal("7.07"), Decimal("0.00"))
    assert [changed[:7], changed[8:9], changed[9:-1]] == [rows[:7], rows[8:9], rows[10:]]
    version_of(large, "t__3", ROWS)  # what it was before
    version_of(large, "t__4", ROWS)  # nothing at all is new
    assert list(stores(large).values()) == [1004]
    assert large.sql(f"SELECT * FROM {PHYSICAL}.t__4 ORDER BY k") == rows
    assert large.sql(f"SELECT * FROM {PHYSICAL}.t__2 ORDER BY k") == changed
    for physical in ("t__1", "t__3"):
        Publish(large.adapter).delete(f'"serving"."{PHYSICAL}"."{physical}"', physical_schema=PHYSICAL)
    assert large.sql(f"SELECT * FROM {PHYSICAL}.t__2 ORDER BY k") == changed
    assert large.sql(f"SELECT * FROM {PHYSICAL}.t__4 ORDER BY k") == rows
    Publish(large.adapter).delete(f'"serving"."{PHYSICAL}"."t__2"', physical_schema=PHYSICAL)
    assert list(stores(large).values()) == [1000]
    Publish(large.adapter).delete(f'"serving"."{PHYSICAL}"."t__4"', physical_schema=PHYSICAL)
    assert large.tables() == set()


@pytest.mark.serving
@pytest.mark.parametrize(
    "query",
    [
        f"SELECT * REPLACE (amount + k % 3 AS amount) FROM ({ROWS})",
        f"SELECT * REPLACE (t || ' and some more of it' AS t) FROM ({ROWS})",
        f"SELECT *, 1 AS more FROM ({ROWS})",
    ],
    ids=["many rows changed", "a wider text", "another column"],
)
def test_a_version_that_differs_much_gets_a_store_of_its_own(large: Bench, query: str) -> None:
    version_of(large, "t__1", ROWS)
    version_of(large, "t__2", query)
    assert list(stores(large).values()) == [1000, 1000]
    assert large.sql(f"SELECT COUNT(*), MIN(k), MAX(k) FROM {PHYSICAL}.t__2") == [(1000, 0, 999)]


@pytest.mark.serving
def test_wrong_changes_are_seen_undone_and_the_table_is_loaded_whole(
    large: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    version_of(large, "t__1", ROWS)
    rows = large.sql(f"SELECT * FROM {PHYSICAL}.t__1 ORDER BY k")
    [(store, _)] = stores(large).items()

    def losing(*arguments: Any) -> int | None:
        number = versions_changes(*arguments)
        large.duckdb(f"UPDATE {arguments[2]} SET amount = 1 WHERE k = 7")
        return number

    versions_changes = versions.changes
    monkeypatch.setattr(versions, "changes", losing)
    version_of(large, "t__2", CHANGED)
    assert "column amount: another checksum" in caplog.text
    assert stores(large)[store] == 1000
    assert large.sql(f"SELECT * FROM {PHYSICAL}.t__1 ORDER BY k") == rows
    assert large.sql(f"SELECT amount FROM {PHYSICAL}.t__2 WHERE k = 7") == [(Decimal("0.00"),)]


@pytest.mark.serving
def test_a_row_lost_on_the_server_is_seen_when_the_next_version_ends_it(
    large: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    version_of(large, "t__1", ROWS)
    [(store, _)] = stores(large).items()
    large.sql(f"DELETE FROM {PHYSICAL}.{store} WHERE k = 7")
    version_of(large, "t__2", CHANGED)
    # 1000 rows, less the two that end, of which the server has one, and the two that are new.
    assert "(1,000 rows sent, 1,001 stored; column k: another checksum; " in caplog.text
    assert large.sql(f"SELECT COUNT(*) FROM {PHYSICAL}.t__2") == [(1000,)]


@pytest.mark.serving
def test_a_version_of_which_half_was_committed_is_undone_by_the_next(
    large: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "SESSIONS", 2)
    changed = f"SELECT * REPLACE (IF(k IN (7, 907), 0, amount) AS amount) FROM ({ROWS}) WHERE k NOT IN (9, 909)"
    version_of(large, "t__1", ROWS)
    rows = large.sql(f"SELECT * FROM {PHYSICAL}.t__1 ORDER BY k")
    commits = 0

    class Killed(BaseException):
        pass

    def execute(session: Session, sql: str) -> tuple[int, int]:
        nonlocal commits
        commits += sql == "COMMIT"
        if commits == 2:
            raise Killed
        return session_execute(session, sql)

    session_execute = Session.execute
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Session, "execute", execute)
        version_of(large, "t__2", changed)
    assert list(stores(large).values()) == [1001]  # the changed row of one half
    assert large.sql(f"SELECT * FROM {PHYSICAL}.t__1 ORDER BY k") == rows
    version_of(large, "t__2", changed)
    assert list(stores(large).values()) == [1002]
    assert large.sql(f"SELECT * FROM {PHYSICAL}.t__1 ORDER BY k") == rows
    found = large.sql(f"SELECT k, amount FROM {PHYSICAL}.t__2 ORDER BY k")
    assert [k for k, _ in found] == [k for k in range(1000) if k not in (9, 909)]
    assert [(k, amount) for k, amount in found if not amount] == [(k, 0) for k in (0, 7, 907)]


# What a failure leaves


@pytest.mark.serving
def test_where_local_infile_is_off_rows_go_by_insert_and_the_screen_says_so(
    bench: Bench, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    [(before,)] = bench.sql("SELECT @@GLOBAL.local_infile")
    bench.sql("SET GLOBAL local_infile = OFF")
    try:
        with caplog.at_level(logging.DEBUG):
            bench.publish(ROWS)
    finally:
        bench.sql(f"SET GLOBAL local_infile = {before}")
    assert bench.sql(f"SELECT COUNT(*), SUM(amount) FROM {PHYSICAL}.t") == [(1000, Decimal("504495.00"))]
    assert "SET GLOBAL local_infile = ON" in caplog.text
    assert "Text 7" not in caplog.text


@pytest.mark.serving
def test_a_failing_query_ends_the_load(bench: Bench) -> None:
    with pytest.raises(SQLMeshError, match=r"DuckDB cannot read its rows: .*boom"):
        bench.publish(
            "SELECT i AS k, CASE WHEN i = 150000 THEN ERROR('boom')::INTEGER END AS v FROM RANGE(200000) AS r(i)"
        )
    assert bench.tables() == set()


@pytest.mark.serving
def test_a_lost_connection_says_so_and_leaves_the_old_table(bench: Bench) -> None:
    bench.publish("SELECT 1 AS k")
    before = bench.checksum()

    def kill() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for (number,) in bench.sql("SELECT id FROM information_schema.processlist WHERE info LIKE 'LOAD DATA%'"):
                bench.sql(f"KILL {number}")
                return
            time.sleep(0.01)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(ServingError, match=r"LOAD DATA.*-> the server ended the connection: see its error log"):
        bench.publish("SELECT i AS k, REPEAT('x', 100) AS v FROM RANGE(1000000) AS r(i)")
    killer.join()
    assert bench.checksum() == before
    bench.adapter.close()
    bench.publish("SELECT 2 AS k")
    assert bench.tables() == {"t"}


@pytest.mark.serving
def test_leftovers_of_a_killed_plan_are_removed_and_a_running_load_is_not(bench: Bench) -> None:
    for name in ("new__t", "old__t", "new__other", "old__other", "new__running", "renewed__t"):
        bench.sql(f"CREATE TABLE {PHYSICAL}.{name} (k INT)")
    with closing(pymysql.connect(**bench.account)) as running:
        cursor = running.cursor()
        cursor.execute("SELECT GET_LOCK('running', 0)")
        bench.publish("SELECT 1 AS k")
        assert bench.tables() == {"t", "new__running", "renewed__t"}
        cursor.execute("SELECT GET_LOCK('t', 0)")
        with pytest.raises(SQLMeshError, match="another plan is loading t: let it end, then plan again"):
            bench.publish("SELECT 2 AS k")
    assert bench.sql(f"SELECT k FROM {PHYSICAL}.t") == [(1,)]


@pytest.mark.serving
def test_a_missing_privilege_is_named_with_its_remedy(bench: Bench) -> None:
    bench.sql("DROP USER IF EXISTS publish_test_reader")
    bench.sql("CREATE USER publish_test_reader IDENTIFIED BY 'pass-Word/1'")
    bench.sql(f"GRANT SELECT ON {PHYSICAL}.* TO publish_test_reader")
    reader = ServingConnection(
        **{**bench.account, "user": "publish_test_reader", "password": "pass-Word/1"}, source=bench.warehouse
    ).create_engine_adapter()
    with pytest.raises(ServingError, match=r"denied.*-> grant the publishing account what it lacks") as refusal:
        Publish(reader).insert(TABLE, parse_one("SELECT 1 AS k"), model(), True, {}, snapshots={})
    assert refusal.value.code == 1142
    bench.sql("DROP USER publish_test_reader")


# The connection


def test_the_password_is_never_shown(tmp_path: Path) -> None:
    url = ServingUrl.parse("mysql://someone:hush-hush@127.0.0.1:1/")
    made = gateways.gateways(url, warehouse=":memory:", state=":memory:", embedded="")
    assert "hush" not in repr(made) + str(made["serving"]) + repr(url)
    with pytest.raises(ServingError, match=r"connecting to 127\.0\.0\.1:1 as someone.*check host and port") as refusal:
        made["serving"].connection.create_engine_adapter().fetchone("SELECT 1")
    assert "hush" not in str(refusal.value)


@pytest.mark.serving
def test_a_wrong_password_is_an_error_with_a_remedy(bench: Bench) -> None:
    account = {**bench.account, "password": "hush-hush"}
    adapter = ServingConnection(**account, source=bench.warehouse).create_engine_adapter()
    with pytest.raises(ServingError, match="check user and password") as refusal:
        adapter.fetchone("SELECT 1")
    assert "hush" not in str(refusal.value)


@pytest.mark.serving
def test_sessions_do_not_depend_on_the_server_s_defaults(bench: Bench) -> None:
    zone, mode, charset = bench.adapter.fetchone("SELECT @@time_zone, @@sql_mode, @@character_set_connection")
    assert (zone, charset) == ("+00:00", "utf8mb4")
    assert {"STRICT_ALL_TABLES", "ONLY_FULL_GROUP_BY", "NO_ZERO_DATE"} <= set(mode.split(","))
    assert bench.adapter.fetchone("SELECT 'a' = 'A', 'a' = 'a ', 'e' = 'é'") == (0, 0, 0)


@pytest.mark.serving
def test_tls_that_is_asked_for_is_used_and_verified_or_there_is_no_connection(bench: Bench) -> None:
    def cipher(**tls: str) -> str:
        return (
            ServingConnection(**bench.account, source=bench.warehouse, tls=tls)
            .create_engine_adapter()
            .fetchone("SHOW STATUS LIKE 'Ssl_cipher'")[1]
        )

    [(_, supported)] = bench.sql("SHOW STATUS LIKE 'Ssl_server_not_after'")
    assert cipher(tls="off") == ""
    assert bool(cipher()) == bool(supported)
    if supported:
        assert cipher(ssl_verify="false")
    else:
        with pytest.raises(ServingError, match=r"SSL is required.*check that the server has TLS"):
            cipher(ssl_verify="false")
    with pytest.raises(ServingError, match=r"certificate verify failed|SSL is required"):
        cipher(ssl_verify="true")


@pytest.mark.parametrize(
    "option",
    [
        "ssl_verify=no",
        "ssl_verify=True",
        "ssl_verify=",
        "ssl_verify",
        "ssl_ca=",
        "SSL_CA=a.pem",
        "charset=x",
        "tls=off",
    ],
)
def test_unknown_options_of_the_url_are_refused(option: str) -> None:
    with pytest.raises(ValueError, match=r"expected no options but ssl_ca=FILE and ssl_verify=true\|ca\|false"):
        ServingUrl.parse(f"mysql://a:b@h:1/?{option}")


def test_a_server_on_this_machine_may_be_reached_without_tls() -> None:
    assert ServingUrl.parse("mysql://a:b@127.0.0.1:1/?tls=off").options == {"tls": "off"}
    with pytest.raises(ValueError, match="tls=off for a server on this machine"):
        ServingUrl.parse("mysql://a:b@127.0.0.1:1/?tls=off&ssl_verify=true")


@pytest.mark.parametrize("password", ["a@b:hush/c", "a/hush", "a#hush", "a?hush", "a@b?c=hush", "[hush", "\u2100hush"])
def test_a_url_that_cannot_be_read_does_not_show_its_password(password: str) -> None:
    with pytest.raises(ValueError, match="SERVING_URL: expected") as refusal:
        ServingUrl.parse(f"mysql://user:{password}@host:1/")
    assert "hush" not in str(refusal.value)


@pytest.mark.serving
@pytest.mark.parametrize("password", ["caf\u00e9 1A!", "5 \u20ac 1aA!", "a:b/c?d#e@f%41"])
def test_any_password_connects(bench: Bench, password: str) -> None:
    bench.sql("DROP USER IF EXISTS publish_test_password")
    bench.sql(f"CREATE USER publish_test_password IDENTIFIED BY '{password}'")
    url = f"mysql://publish_test_password:{quote(password, safe='')}@{bench.url.host}:{bench.url.port}/"
    try:
        with connection.connect_to(ServingUrl.parse(url)) as connected, connected.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        bench.sql("DROP USER publish_test_password")


def test_a_missing_ca_file_is_named() -> None:
    with pytest.raises(ServingError, match=r"ssl_ca=/nowhere/ca\.pem: .*No such file.* -> check .* PEM file of the CA"):
        connection.connect(
            password=SecretStr("b"), tls={"ssl_ca": "/nowhere/ca.pem"}, host="127.0.0.1", port=1, user="a"
        )


# The whole road: a SQLMesh project with two gateways

STAR = """
/* Encounters. */
MODEL (name star.fact, kind FULL, audits (unique_values(columns := (encounter_key))));
SELECT
  IF(@delivery = 'bad' AND i = 5, 4, i)::BIGINT AS encounter_key,
  'from ' || @delivery AS delivery,
  (i * 1.25)::DECIMAL(14, 2) AS amount,
  i % 2 = 0 AS is_even,
  (TIMESTAMP '2024-01-01' + INTERVAL (i) SECOND)::TIMESTAMP(0) AS start_at
FROM RANGE(100) AS r(i)
"""
PUBLISHED = f"""
MODEL (
  name {SCHEMA}.@table, gateway serving,
  kind CUSTOM (materialization publish, materialization_properties (primary_key = @primary_key, indexes = @indexes)),
  audits (not_null(columns := @primary_key)),
  blueprints ((table := fact, layer := star, primary_key := (encounter_key), indexes := ((delivery))))
);
SELECT * FROM warehouse.@layer.@table
"""
VIEW = f"""
MODEL (name {SCHEMA}.v_total, gateway serving, dialect mysql, kind VIEW, audits (not_null(columns := (deliveries))));
WITH even AS (SELECT delivery, IFNULL(amount, 0) AS amount, DATE_FORMAT(start_at, '%Y-%m') AS month
  FROM {SCHEMA}.fact WHERE is_even = 1)
SELECT MAX(delivery) AS deliveries, SUM(amount) AS amount, MAX(month) AS month FROM even
"""


class Project:
    """A SQLMesh project in a folder that publishes to a server, or to an embedded file."""

    def __init__(self, folder: Path, url: str | None, name: str = "first") -> None:
        self.folder, self.url, self.name = folder, ServingUrl.parse(url) if url else None, name
        (folder / "models").mkdir(parents=True)
        for name, text in {"star": STAR, "published": PUBLISHED, "view": VIEW}.items():
            (folder / "models" / f"{name}.sql").write_text(text)

    def context(self, delivery: str = "a") -> Context:
        """Load the project with the delivery that its star model reads."""
        files = {name: str(self.folder / f"{name}.duckdb") for name in ("warehouse", "state", "embedded")}
        config = Config(
            gateways=gateways.gateways(self.url, name=self.name, **files),
            default_gateway="warehouse",
            gateway_managed_virtual_layer=True,
            physical_table_naming_convention="table_only",
            disable_anonymized_analytics=True,
            model_defaults=ModelDefaultsConfig(dialect="duckdb", start="2024-01-01"),
            plan=PlanConfig(auto_categorize_changes=CategorizerConfig.all_full()),
            variables={"delivery": delivery},
        )
        return Context(paths=str(self.folder), config=config)

    def plan(self, environment: str = "prod", delivery: str = "a") -> bool:
        """Plan and apply; return whether there was anything to do."""
        context = self.context(delivery)
        try:
            return context.plan(environment, auto_apply=True, no_prompts=True).requires_backfill
        finally:
            context.close()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query over `serving`.<schema>.<name>."""
        return list(self.adapter.fetchall(parse_one(query, dialect="mysql"), quote_identifiers=True))

    @property
    def adapter(self) -> EngineAdapter:
        return self.context().engine_adapters["serving"]

    def objects(self, schema: str) -> dict[str, str]:
        """Return the tables and views in a schema of the serving gateway, and what they are."""
        found = self.adapter.get_data_objects(exp.table_(schema, db="serving"))
        return {item.name: item.type.value for item in found if item.name not in OWN}


@pytest.fixture(params=[pytest.param("server", marks=pytest.mark.serving), "embedded"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    """A project on the server, and the same on the embedded file."""
    url = request.getfixturevalue("serving_url") if request.param == "server" else None
    project = Project(tmp_path, url)
    yield project
    if url:
        bench = Bench(url, tmp_path)
        for schema in (SCHEMA, f"{SCHEMA}__dev", f"{SCHEMA}__other", PHYSICAL):
            bench.sql(f"DROP DATABASE IF EXISTS {schema}")


def test_a_plan_publishes_switches_and_rolls_back(project: Project) -> None:
    total = f"SELECT deliveries, amount, month FROM serving.{SCHEMA}.v_total"
    first = [("from a", Decimal("3062.50"), "2024-01")]

    assert project.plan()
    assert project.rows(total) == first
    assert project.rows(f"SELECT is_even, start_at FROM serving.{SCHEMA}.fact WHERE encounter_key = 3") == [
        (0, datetime.datetime(2024, 1, 1, 0, 0, 3))
    ]
    built = project.objects(PHYSICAL)
    assert sorted(name.split("__")[0] for name in built) == ["fact", "v_total"]

    assert not project.plan()

    view = project.folder / "models" / "view.sql"
    view.write_text(VIEW.replace("MAX(month)", "MIN(month)").replace("MAX(delivery)", "CONCAT('dev ', MAX(delivery))"))
    project.plan("dev")
    assert project.rows(f"SELECT deliveries FROM serving.{SCHEMA}__dev.v_total") == [("dev from a",)]
    assert project.rows(total) == first
    view.write_text(VIEW)

    before = project.objects(PHYSICAL)
    with pytest.raises(SQLMeshError):
        project.plan(delivery="bad")
    assert project.rows(total) == first
    assert project.objects(PHYSICAL) == before

    project.plan(delivery="b")
    assert project.rows(total) == [("from b", Decimal("3062.50"), "2024-01")]
    assert not project.plan(delivery="a")
    assert project.rows(total) == first

    context = project.context()
    frame = context.evaluate(
        f"serving.{SCHEMA}.fact", start="2024-01-01", end="2024-01-02", execution_time="now", limit=3
    )
    assert list(frame["delivery"]) == ["from a"] * 3
    context.invalidate_environment("dev")
    context.run_janitor(ignore_ttl=True)
    context.close()
    assert project.objects(f"{SCHEMA}__dev") == {}
    assert project.objects(PHYSICAL) == built


def test_a_published_view_is_refused(project: Project) -> None:
    star = project.folder / "models" / "star.sql"
    star.write_text(STAR.replace("kind FULL", "kind VIEW"))
    with pytest.raises(SQLMeshError):
        project.plan()


ON_SERVER = pytest.mark.parametrize("project", [pytest.param("server", marks=pytest.mark.serving)], indirect=True)
DAMAGES = {
    "all is dropped": (
        f"DROP DATABASE {SCHEMA}; DROP DATABASE {PHYSICAL}",
        [f"{PHYSICAL}.{{fact}} is not there", f"{SCHEMA}.fact is not there"],
    ),
    "a view is dropped": (f"DROP VIEW {SCHEMA}.v_total", [f"{SCHEMA}.v_total is not there"]),
    "a view shows less": (
        f"CREATE OR REPLACE VIEW {SCHEMA}.fact AS SELECT encounter_key, is_even FROM {PHYSICAL}.{{fact}}",
        [f"{SCHEMA}.fact is not as it was made"],
    ),
    "a view shows other rows": (
        f"CREATE OR REPLACE VIEW {SCHEMA}.fact AS SELECT * FROM {PHYSICAL}.{{fact}} WHERE is_even = 1",
        [f"{SCHEMA}.fact is not as it was made"],
    ),
    "what a model says is changed": (
        f"CREATE OR REPLACE VIEW {PHYSICAL}.{{v_total}} AS SELECT 'from z' AS deliveries, 1.5 AS amount, 'x' AS month",
        [f"{PHYSICAL}.{{v_total}} is not as it was made"],
    ),
    "a table is dropped": (f"DROP TABLE {PHYSICAL}.{{fact}}", [f"{PHYSICAL}.{{fact}} is not there"]),
}


@ON_SERVER
def test_a_plan_that_changes_nothing_publishes_again_what_is_missing_or_changed(
    project: Project, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def held() -> list[Any]:
        total, fact = (f"SELECT * FROM serving.{SCHEMA}.{name} ORDER BY 1" for name in ("v_total", "fact"))
        return [project.rows(total), project.rows(fact), project.objects(SCHEMA), project.objects(PHYSICAL)]

    project.plan()
    before = held()
    tables = {name.split("__")[0]: name for name in before[-1]}
    for done, said in DAMAGES.values():
        for statement in done.format(**tables).split("; "):
            bench.sql(statement)
        caplog.clear()
        project.plan()
        assert [fault for fault in said if fault.format(**tables) not in caplog.text] == [], done
        assert held() == before, done

    caplog.clear()
    project.plan()
    assert "published again" not in caplog.text

    bench.sql(f"DROP VIEW {SCHEMA}.v_total")
    bench.sql(f"CREATE TABLE {SCHEMA}.v_total AS SELECT 1 AS mine")
    with pytest.raises(SQLMeshError, match=rf"{SCHEMA}.v_total is a table that somebody made .* rename it or drop it"):
        project.plan()


TOTAL = f"SELECT deliveries FROM serving.{SCHEMA}.v_total"


@ON_SERVER
def test_a_lost_state_is_built_again_and_the_plan_says_so(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    project.plan()
    (project.folder / "state.duckdb").unlink()
    assert project.plan(delivery="b")
    assert f"knows no environment prod, but {SCHEMA} on the server shows what this warehouse" in caplog.text
    assert project.rows(TOTAL) == [("from b",)]
    assert not project.plan(delivery="b")


@ON_SERVER
def test_an_older_state_beside_a_newer_server_is_said_and_mended(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    state, backup = project.folder / "state.duckdb", project.folder / "backup.duckdb"
    project.plan()
    shutil.copy(state, backup)
    project.plan(delivery="b")
    caplog.clear()
    shutil.copy(backup, state)
    assert project.plan(delivery="b")
    assert "Environment prod: 2 published tables and views are missing or changed" in caplog.text
    assert project.rows(TOTAL) == [("from b",)]

    shutil.copy(backup, state)
    context = project.context()
    context.engine_adapters["warehouse"].execute("DROP SCHEMA sqlmesh__star CASCADE")
    context.close()
    project.adapter.execute(f"DROP DATABASE {PHYSICAL}")
    with pytest.raises(SQLMeshError, match="are not of one moment"):
        project.plan(delivery="b")


@ON_SERVER
def test_two_warehouses_do_not_replace_each_other_s_views(project: Project, tmp_path: Path) -> None:
    project.plan()
    other = Project(tmp_path / "other", None, name="second")
    other.url = project.url
    with pytest.raises(SQLMeshError, match=rf"{SCHEMA} on the server shows what another warehouse .* --take-over"):
        other.plan(delivery="b")
    assert project.rows(TOTAL) == [("from a",)]

    other.plan("other")  # an environment of its own, of the same rows and models
    assert other.rows(f"SELECT deliveries FROM serving.{SCHEMA}__other.v_total") == [("from a",)]
    project.plan(delivery="b")
    context = project.context("b")
    context.run_janitor(ignore_ttl=True)  # which drops the tables of delivery a
    context.close()
    assert len(project.objects(PHYSICAL)) == 4, "two of each warehouse"
    assert other.rows(f"SELECT deliveries FROM serving.{SCHEMA}__other.v_total") == [("from a",)]

    context = other.context()
    give_up(context.engine_adapters["serving"], SCHEMA)
    context.close()
    other.plan()
    assert project.rows(TOTAL) == [("from a",)]
    with pytest.raises(SQLMeshError, match="another warehouse"):
        project.plan()
    project.plan("dev", delivery="c")  # what it does not own it does not mend either
    assert project.rows(TOTAL) == [("from a",)]
    assert project.rows(f"SELECT deliveries FROM serving.{SCHEMA}__dev.v_total") == [("from c",)]
    assert not project.plan("dev", delivery="c")


def test_an_embedded_file_that_was_removed_is_filled_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    project = Project(tmp_path, None)
    project.plan()
    (tmp_path / "embedded.duckdb").unlink()
    project.plan()
    assert "Environment prod: 4 published tables and views are missing" in caplog.text
    assert project.rows(TOTAL) == [("from a",)]
