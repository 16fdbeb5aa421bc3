"""Ask what is published a question, without a client of one's own."""

from __future__ import annotations

from typing import Any

import duckdb
import pymysql
import sqlglot
from pydantic import SecretStr
from sqlglot import exp

from loader import serving, settings


def ask(sql: str, limit: int = 100) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return the column names and at most `limit` rows that the serving server answers to one read-only statement.

    Raises:
        ValueError: it is no query (SELECT, WITH, SHOW or DESCRIBE), or the server refuses it and says why.
    """
    at = settings.serving()
    try:
        is_query = isinstance(sqlglot.parse_one(sql, dialect="mysql"), exp.Query | exp.Show | exp.Describe)
    except sqlglot.errors.ParseError as error:
        raise ValueError(f"this is not one statement of SQL: {error}") from error
    if not is_query:
        raise ValueError("this reads only: SELECT, WITH, SHOW or DESCRIBE")
    try:
        if at is None:
            with duckdb.connect() as con:
                con.execute(f"ATTACH '{settings.embedded_file()}' AS embedded (READ_ONLY); USE embedded.serving")
                answer = con.execute(sql)
                return [column[0] for column in answer.description or ()], answer.fetchmany(limit)
        with (
            serving.connect(
                host=at.host,
                port=at.port,
                user=at.user,
                password=SecretStr(at.password),
                tls=at.options,
                charset="utf8mb4",
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("START TRANSACTION READ ONLY")
            cursor.execute(sql)
            return [column[0] for column in cursor.description or ()], list(cursor.fetchmany(limit))
    except (duckdb.Error, pymysql.err.MySQLError) as error:
        raise ValueError(f"{at.shown if at else settings.embedded_file()}: {error}") from error
