"""Ask what is published a question, without a client of one's own."""

from __future__ import annotations

from typing import Any

import duckdb
import pymysql
import sqlglot
from sqlglot import exp

from loader import settings
from publisher.adapter import CATALOG
from publisher.connection import connect_to


def ask(sql: str, limit: int = 100) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return the column names and at most `limit` rows that the serving server answers to one read-only statement.

    Raises:
        ValueError: it is not a query (SELECT, WITH, SHOW or DESCRIBE), or the server refuses it and says why.
        ServingError: the server cannot be reached, or refuses the account.
    """
    at = settings.serving()
    try:
        asked = sqlglot.parse_one(sql, dialect="mysql")
    except sqlglot.errors.ParseError as error:
        raise ValueError(f"this is not one statement of SQL: {error}") from error
    if not isinstance(asked, exp.Query | exp.Show | exp.Describe):
        raise ValueError("this reads only: SELECT, WITH, SHOW or DESCRIBE")
    try:
        if at is None:
            with duckdb.connect() as con:
                # Its views name the catalog; a schema of the same name in a query would be ambiguous.
                con.execute(f"ATTACH '{settings.embedded_file()}' AS {CATALOG} (READ_ONLY)")
                con.execute(f"USE {CATALOG}.serving")
                for table in asked.find_all(exp.Table):
                    if table.db:
                        table.set("catalog", exp.to_identifier(CATALOG))
                answer = con.execute(asked.sql("duckdb") if isinstance(asked, exp.Query) else sql)
                return [column[0] for column in answer.description or ()], answer.fetchmany(limit)
        with connect_to(at) as connection, connection.cursor() as cursor:
            cursor.execute("START TRANSACTION READ ONLY")
            cursor.execute(sql)
            return [column[0] for column in cursor.description or ()], list(cursor.fetchmany(limit))
    except (duckdb.Error, pymysql.err.MySQLError) as error:
        raise ValueError(f"{at.shown if at else settings.embedded_file()}: {error}") from error
