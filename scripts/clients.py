"""Read what is published with the clients that people have, as Power BI would, and compare them.

`.venv/bin/python -m scripts.clients [SCHEMA]` reads every view of the serving server (default: schema serving) with an
account that may do nothing but that, and prints a table. A client that is not installed is named, and skipped.
"""

from __future__ import annotations

import datetime
import decimal
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pymysql
from pymysql.constants import FIELD_TYPE

from loader import settings
from publisher.url import ServingUrl
from scripts import catalog
from scripts.catalog import PROJECT, Table

KINDS = {"BIGINT": "whole", "INT": "whole", "SMALLINT": "whole", "TEXT": "text", "DATE": "date", "DATETIME": "time"}
"""What a client must deliver for a declared type; DECIMAL is a decimal."""

FOLDED = {
    "all columns": "select `_`.* from `{schema}`.`fact_encounter` `_`",
    "preview": "select `_`.* from `{schema}`.`fact_encounter` `_` limit 1000",
    "row filter": (
        "select `_`.`encounter_key`, `_`.`claim_amount` from (select * from `{schema}`.`fact_encounter`) `_` "
        "where `_`.`start_date_key` >= 20150101 and `_`.`start_date_key` < 20160101"
    ),
    "group by": (
        "select `_`.`payer_key`, sum(`_`.`claim_amount`) as `a0`, count(1) as `a1` "
        "from (select * from `{schema}`.`fact_encounter`) `_` group by `_`.`payer_key`"
    ),
    "group by a join": (
        "select `$Outer`.`payer_category`, sum(`$Inner`.`noncovered_cost`) as `a0` "
        "from (select * from `{schema}`.`fact_encounter`) `$Inner` left outer join "
        "(select * from `{schema}`.`dim_payer`) `$Outer` on `$Inner`.`payer_key` = `$Outer`.`payer_key` "
        "group by `$Outer`.`payer_category`"
    ),
    "distinct": "select distinct `_`.`source_system` from (select * from `{schema}`.`fact_inpatient_stay`) `_`",
    "view in a sub-select": (
        "select `_`.`definition_code`, sum(`_`.`n_left`) as `a0` "
        "from (select * from `{schema}`.`v_readmission_attrition`) `_` group by `_`.`definition_code`"
    ),
}
"""Statements of the shapes that Power Query folds steps into: the view as the inner query of a wrapper."""


@dataclass(frozen=True)
class Result:
    """What a client gave for a statement: kinds by column, rows as text, seconds."""

    kinds: dict[str, str]
    rows: list[tuple[str | None, ...]]
    seconds: float


Reader = Callable[[str], Result]


@dataclass
class Comparison:
    """One client against what is declared and against PyMySQL."""

    client: str
    views: int = 0
    rows: int = 0
    seconds: float = 0.0
    slowest: tuple[float, str] = (0.0, "")
    faults: list[str] = field(default_factory=list)
    folded: dict[str, float] = field(default_factory=dict)


class ClientAbsent(Exception):
    """The client, or what it needs, is not installed."""


# The clients


@contextmanager
def with_pymysql(at: ServingUrl) -> Iterator[Reader]:
    """Read with PyMySQL."""
    kinds = {
        FIELD_TYPE.LONGLONG: "whole",
        FIELD_TYPE.LONG: "whole",
        FIELD_TYPE.SHORT: "whole",
        FIELD_TYPE.NEWDECIMAL: "decimal",
        FIELD_TYPE.DATE: "date",
        FIELD_TYPE.DATETIME: "time",
        FIELD_TYPE.VAR_STRING: "text",
        FIELD_TYPE.STRING: "text",
    }
    with pymysql.connect(**at.account, charset="utf8mb4") as connection:
        yield _by_cursor(connection, lambda described: kinds.get(described[1], f"type {described[1]}"))


@contextmanager
def with_connector(at: ServingUrl) -> Iterator[Reader]:
    """Read with Oracle's mysql-connector-python."""
    try:
        import mysql.connector
        from mysql.connector import FieldType
    except ImportError as error:
        raise ClientAbsent("mysql-connector-python is not installed") from error
    kinds = {
        "LONGLONG": "whole",
        "LONG": "whole",
        "SHORT": "whole",
        "NEWDECIMAL": "decimal",
        "DATE": "date",
        "DATETIME": "time",
        "VAR_STRING": "text",
        "STRING": "text",
    }
    connection = mysql.connector.connect(**at.account, charset="utf8mb4", collation="utf8mb4_bin")
    try:
        yield _by_cursor(connection, lambda described: kinds.get(FieldType.get_info(described[1]), str(described[1])))
    finally:
        connection.close()


@contextmanager
def with_odbc(at: ServingUrl) -> Iterator[Reader]:
    """Read with MariaDB's ODBC driver (Debian: odbc-mariadb) through pyodbc."""
    try:
        import pyodbc
    except ImportError as error:
        raise ClientAbsent("pyodbc, or unixODBC, is not installed") from error
    driver = next((name for name in pyodbc.drivers() if "MariaDB" in name or "MySQL" in name), None)
    if driver is None:
        raise ClientAbsent("no MySQL or MariaDB driver for ODBC (Debian: odbc-mariadb)")
    connection = pyodbc.connect(
        f"DRIVER={{{driver}}};SERVER={at.host};PORT={at.port};UID={at.user};PWD={at.password};CHARSET=utf8mb4"
    )
    kinds = {
        int: "whole",
        decimal.Decimal: "decimal",
        datetime.date: "date",
        datetime.datetime: "time",
        str: "text",
    }
    try:
        yield _by_cursor(connection, lambda described: kinds.get(described[1], str(described[1])))
    finally:
        connection.close()


@contextmanager
def with_jdbc(at: ServingUrl) -> Iterator[Reader]:
    """Read with MariaDB's JDBC driver (Debian: libmariadb-java), by a Java program that is run from its source."""
    jars = sorted(Path("/usr/share/java").glob("mariadb-java-client*.jar"))
    if not jars:
        raise ClientAbsent("no MariaDB driver for JDBC (Debian: libmariadb-java)")
    if shutil.which("javac") is None:
        raise ClientAbsent("no Java development kit, which runs the reader from its source")
    command = [
        "java",
        "-cp",
        jars[0],
        str(PROJECT / "scripts" / "jdbc_read.java"),
        f"jdbc:mariadb://{at.host}:{at.port}/",
    ]
    kinds = {
        "BIGINT": "whole",
        "INTEGER": "whole",
        "SMALLINT": "whole",
        "DECIMAL": "decimal",
        "DATE": "date",
        "DATETIME": "time",
        "TIMESTAMP": "time",
        "VARCHAR": "text",
        "CHAR": "text",
    }

    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as java:
        assert java.stdin is not None
        assert java.stdout is not None

        def read(sql: str) -> Result:
            print(sql, file=java.stdin, flush=True)
            head = java.stdout.readline().rstrip("\n")
            if not head:
                raise RuntimeError(f"the JDBC reader ended, exit code {java.wait()}; it has said why above")
            seconds, *columns = head.split("\t")
            named = dict(column.split(" ") for column in columns)
            rows = []
            while line := java.stdout.readline().rstrip("\n"):
                cells = line.split("\t")
                rows.append(tuple(None if cell == "-" else bytes.fromhex(cell[1:]).decode() for cell in cells))
            return Result({name: kinds.get(kind, kind) for name, kind in named.items()}, rows, float(seconds))

        # The password goes in by standard input: arguments are for all to see.
        print(f"{at.user} {at.password}", file=java.stdin, flush=True)
        yield read


CLIENTS = {
    "PyMySQL": with_pymysql,
    "mysql-connector-python": with_connector,
    "ODBC (MariaDB, pyodbc)": with_odbc,
    "JDBC (MariaDB)": with_jdbc,
}


def _by_cursor(connection: object, kind: Callable[[tuple], str]) -> Reader:
    def read(sql: str) -> Result:
        start = time.perf_counter()
        cursor = connection.cursor()
        cursor.execute(sql)
        fetched = cursor.fetchall()
        seconds = time.perf_counter() - start
        kinds = {described[0]: kind(described) for described in cursor.description}
        cursor.close()
        return Result(kinds, [tuple(map(_text, row)) for row in fetched], seconds)

    return read


def _text(value: object) -> str | None:
    return None if value is None else str(value)


# The comparison


@contextmanager
def reader_account(at: ServingUrl, schema: str) -> Iterator[ServingUrl]:
    """Make an account that may read `schema` and nothing else, and drop it again."""
    name, password = f"clients_{secrets.token_hex(4)}", secrets.token_hex(16)
    with pymysql.connect(**at.account) as connection:
        cursor = connection.cursor()
        cursor.execute(f"CREATE USER '{name}'@'%%' IDENTIFIED BY %s", (password,))
        try:
            cursor.execute(f"GRANT SELECT, SHOW VIEW ON `{schema}`.* TO '{name}'@'%'")
            yield ServingUrl(at.host, at.port, name, password)
        finally:
            cursor.execute(f"DROP USER '{name}'@'%'")


def compare(
    client: str, at: ServingUrl, schema: str, tables: dict[str, Table], wanted: dict[str, Result]
) -> Comparison:
    """Read every view with a client: kinds as declared, rows as `wanted` has them, and the folded shapes.

    `wanted` holds what PyMySQL gave, and is filled where it is asked for the first time.

    Raises:
        ClientAbsent: the client is not installed.
    """
    compared = Comparison(client)
    with with_pymysql(at) as plain, CLIENTS[client](at) as read:
        for name, table in tables.items():
            keys = ", ".join(f"`_`.`{column}`" for column in table.grain)
            columns = ", ".join(f"`_`.`{column.name}`" for column in table.columns)
            sql = f"select {columns} from `{schema}`.`{name}` `_` order by {keys}"
            got = read(sql)
            compared.views += 1
            compared.rows += len(got.rows)
            compared.seconds += got.seconds
            compared.slowest = max(compared.slowest, (got.seconds, name))
            for column in table.columns:
                declared = KINDS.get(column.type.split("(")[0], "decimal")
                if got.kinds[column.name] != declared:
                    compared.faults.append(f"{name}.{column.name}: {got.kinds[column.name]}, declared {column.type}")
            compared.faults += _differences(name, got, wanted.get(sql) or wanted.setdefault(sql, plain(sql)))
        for shape, sql in FOLDED.items():
            asked = sql.format(schema=schema)
            got = read(asked)
            compared.folded[shape] = got.seconds
            if shape != "preview":  # any thousand rows
                plainly = wanted.get(asked) or wanted.setdefault(asked, plain(asked))
                compared.faults += _differences(shape, got, plainly, is_ordered=False)
    return compared


def _differences(what: str, got: Result, wanted: Result, is_ordered: bool = True) -> list[str]:
    times = {i for i, kind in enumerate(wanted.kinds.values()) if kind == "time"}
    rows = [tuple(_plain(cell) if i in times else cell for i, cell in enumerate(row)) for row in got.rows]
    expected = wanted.rows
    if not is_ordered:
        rows, expected = sorted(rows, key=repr), sorted(expected, key=repr)
    if rows == expected:
        return []
    if len(rows) != len(expected):
        return [f"{what}: {len(rows)} rows, PyMySQL {len(expected)}"]
    first = next(i for i, row in enumerate(rows) if row != expected[i])
    names = [n for n, a, b in zip(wanted.kinds, rows[first], expected[first], strict=True) if a != b]
    return [f"{what}: row {first + 1} differs from PyMySQL in {', '.join(names)}"]


def _plain(cell: str | None) -> str | None:
    """Return a time without the fraction .0 that JDBC writes."""
    return cell.removesuffix(".0") if cell else cell


def main() -> int:
    """Print a line a client; 1 where one of them reads something else than is declared."""
    at = settings.serving()
    if at is None:
        print("clients    nothing is published to a MySQL server: make mysql plan", file=sys.stderr)
        return 1
    schema = sys.argv[1] if len(sys.argv) > 1 else "serving"
    failed = False
    print(f"{'client':<26}{'views':>6}{'rows':>10}{'seconds':>9}  slowest view")
    made = []
    wanted: dict[str, Result] = {}
    with reader_account(at, schema) as reader:
        for client in CLIENTS:
            try:
                compared = compare(client, reader, schema, catalog.read().tables, wanted)
            except ClientAbsent as absent:
                print(f"{client:<26}{absent}")
                continue
            made.append(compared)
            slowest = f"{compared.slowest[1]} {compared.slowest[0]:.2f}"
            print(f"{client:<26}{compared.views:>6}{compared.rows:>10,}{compared.seconds:>9.2f}  {slowest}")
            for fault in compared.faults:
                print(f"  {fault}")
            failed = failed or bool(compared.faults)
    print(f"\n{'folded shape, seconds':<26}" + "".join(f"{c.client.split(' ')[0]:>24}" for c in made))
    for shape in FOLDED:
        print(f"{shape:<26}" + "".join(f"{c.folded[shape]:>24.3f}" for c in made))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
