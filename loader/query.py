"""Ask what is published a question, without a client of one's own."""

from __future__ import annotations

from typing import Any

import duckdb
import pymysql
from pydantic import SecretStr

from loader import serving, settings


def ask(sql: str, limit: int = 100) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return the column names and at most `limit` rows that the serving server answers to one read-only statement.

    Raises:
        ValueError: the server refuses the statement, and says why.
    """
    at = settings.serving()
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
