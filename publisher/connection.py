"""Connections to the server, MySQL or MariaDB: what is set on each, and what to do about an error of the server."""

from __future__ import annotations

import re
import ssl
from collections.abc import Sequence
from functools import cache
from typing import Any

import pymysql
from pydantic import SecretStr
from sqlmesh.utils.errors import SQLMeshError

from publisher.url import ServingUrl

SQL_MODE = ",".join(
    (
        "STRICT_ALL_TABLES",
        "ONLY_FULL_GROUP_BY",
        "NO_ZERO_DATE",
        "NO_ZERO_IN_DATE",
        "ERROR_FOR_DIVISION_BY_ZERO",
        "NO_ENGINE_SUBSTITUTION",
    )
)
"""MySQL's own default, set on every connection: no value changes in silence, and MariaDB is as strict about views."""

LOCK_SECONDS = 60
"""How long a change of a table or a view waits for those who read it, and others for the change."""

IN_THE_WAY = {1205, 1213}
"""The errors of a lock that another session holds: not had in time, or each waits for the other."""

REMEDIES = {
    (1044, 1049, 1142, 1143, 1227, 1370, 1410): "grant the publishing account what it lacks, then plan again",
    (1045, 1698): "check user and password in SERVING_URL (percent-encode : / ? # @ in the password)",
    (1130,): "the server lets the account in from other hosts alone: create it for this one",
    (2002, 2003, 2005): "check host and port in SERVING_URL; does the server run (`make mysql`)?",
    (2026,): "check that the server has TLS, that ssl_ca in SERVING_URL is the PEM file of the CA that signed its "
    "certificate, and that the certificate names the host",
    (0, 2006, 2013, 4031): "the server ended the connection: see its error log, then plan again",
    (3, 28, 1021, 1026, 1030, 1114): "the server has no disk space left: free some, then plan again",
    (1153,): "set the server's max_allowed_packet to 64M",
    tuple(IN_THE_WAY): "another session holds a lock (SHOW PROCESSLIST names it): end it, then plan again",
    (1290, 1792, 1836): "the server is read-only: publish to the primary",
    (1071, 1074, 1118): "too wide for InnoDB: shorten the text columns",
}
"""What to do about the errors of a server, or of PyMySQL, by their numbers."""


NOT_THERE = {1049, 1054, 1146, 1356}
"""The errors of what is missing on the server: a schema, a column, a table, or what a view reads."""


def running(sql: str) -> str:
    """Return what is being done, for a message: the statement, short, without SQLMesh's comment and without values."""
    return "running " + re.sub(r"^/\*.*?\*/ | VALUES .*| SET physical.*", "", " ".join(sql[:1000].split()))[:100]


class ServingError(SQLMeshError):
    """The serving server refused something; `code` is its error's number. What readers see is as it was before."""

    def __init__(self, error: pymysql.err.MySQLError, doing: str) -> None:
        """Say what was being done, what the server said, and what to do about it."""
        self.code = error.args[0] if error.args else 0
        if isinstance(getattr(error, "original_exception", None), ssl.SSLError):
            self.code = 2026  # PyMySQL gives the number of a server that cannot be reached
        remedy = next((f" -> {remedy}" for codes, remedy in REMEDIES.items() if self.code in codes), "")
        super().__init__(f"serving server, {doing}: {error.args[-1] if error.args else error} ({self.code}){remedy}")


class Connection(pymysql.Connection):
    """A connection that says so when the server has ended it, whatever it was doing."""

    def _create_ssl_ctx(self, sslp: ssl.SSLContext | dict[str, Any]) -> ssl.SSLContext:
        """Return the context that is asked for; without one PyMySQL would read the system's certificates each time."""
        return sslp if isinstance(sslp, ssl.SSLContext) else tls_context(None, "false")

    def rollback(self) -> None:
        """Roll back, unless the server has ended the connection, and so has rolled back itself."""
        if self.open:
            super().rollback()

    def _write_bytes(self, data: bytes) -> None:
        if not self.open:  # PyMySQL fails with an AttributeError when the server goes away in the middle of a file
            raise pymysql.err.OperationalError(2006, "the connection was lost while rows were sent")
        super()._write_bytes(data)


@cache
def tls_context(ca: str | None, verify: str) -> ssl.SSLContext:
    """Return the one context of all connections that verify alike; `ca` and `verify` as in `connect`.

    Raises:
        OSError: when the CA's file cannot be read.
    """
    context = ssl.create_default_context(cafile=ca) if verify != "false" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = verify == "true"
    context.verify_mode = ssl.CERT_NONE if verify == "false" else ssl.CERT_REQUIRED
    return context


def connect(*, password: SecretStr, tls: dict[str, str], **kwargs: Any) -> Connection:
    """Connect to the serving server, and set what must not depend on its defaults.

    Args:
        password: the account's.
        tls: `ssl_ca`, the path of a CA's PEM file, and `ssl_verify`: `true` (certificate and host name, the default),
            `ca` (certificate alone) or `false`. With either of them a connection without TLS is refused. Without any,
            TLS is used where the server has it; `tls` is `off` for none at all.
        kwargs: further arguments of PyMySQL.

    Raises:
        ServingError: when the server cannot be reached or refuses the account, or the CA's file cannot be read.
    """
    doing = f"connecting to {kwargs['host']}:{kwargs['port']} as {kwargs['user']}"
    if tls.get("tls") == "off":
        kwargs["ssl_disabled"] = True
    elif tls:
        try:
            kwargs["ssl"] = tls_context(tls.get("ssl_ca"), tls.get("ssl_verify", "true"))
        except OSError as error:
            unread = pymysql.err.OperationalError(2026, f"ssl_ca={tls['ssl_ca']}: {error}")
            raise ServingError(unread, doing) from error
    try:
        # Servers take a password as UTF-8; PyMySQL would send a text as Latin-1.
        connection = Connection(password=password.get_secret_value().encode(), **kwargs)
        # Texts compare as in DuckDB, by their bytes, trailing blanks included. The literals of a view keep the
        # collation of the session that creates it.
        collation = "utf8mb4_nopad_bin" if "MariaDB" in connection.get_server_info() else "utf8mb4_0900_bin"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SET time_zone = '+00:00', sql_mode = '{SQL_MODE}', collation_connection = '{collation}', "
                f"lock_wait_timeout = {LOCK_SECONDS}"
            )
    except pymysql.err.MySQLError as error:
        raise ServingError(error, doing) from error
    return connection


def connect_to(url: ServingUrl) -> Connection:
    """Connect to the server of a URL, as `connect` does.

    Raises:
        ServingError: as `connect`.
    """
    return connect(**url.account | {"password": SecretStr(url.password)}, tls=url.options)


class Session:
    """One more connection to the server, for work beside the adapter's own; each statement commits itself."""

    def __init__(self, connection: Connection) -> None:
        """Take over the connection."""
        connection.autocommit(True)
        self._cursor = connection.cursor()

    def execute(self, sql: str) -> tuple[int, int]:
        """Run a statement; return the rows that it changed, and its warnings."""
        try:
            self._cursor.execute(sql)
        except pymysql.err.MySQLError as error:
            raise ServingError(error, running(sql)) from error
        return self._cursor.rowcount, self._cursor.warning_count

    def fetchall(self, sql: str) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a query."""
        self.execute(sql)
        return self._cursor.fetchall()
