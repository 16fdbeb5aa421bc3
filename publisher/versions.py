"""Versions of one large table that share their rows on the server, so that a new version costs what is new in it.

A published table of VERSIONED_ROWS or more is a view of a store: a table that holds each row once, with the first and
the last version that it belongs to. A new version adds its rows and ends those that it has no more; no version before
it changes, not even while that happens, so readers and a rollback see theirs whole at any moment. Which rows those are
is found in DuckDB, where the table of the last version still is. `publish_version` lists the versions of all stores.

Measured against others (docs/benchmarks.md): a copy on the server of what is unchanged costs as much as loading it all;
parts behind a UNION ALL view cost as little where what changes lies together, but a join reads every part.
"""

from __future__ import annotations

import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import duckdb
from sqlglot import exp

from publisher.adapter import ServingAdapter
from publisher.checksums import Totals, added_up, checksums
from publisher.comparison import Comparison
from publisher.connection import Session
from publisher.description import Description
from publisher.mysql_types import Column, duckdb_name, mysql_name
from publisher.transfer import SESSIONS, Transfer, one_thread

VERSIONED_ROWS = 100_000
"""Tables of so many rows share them between versions; smaller ones are loaded whole, in a second or two."""

LARGEST_CHANGE = 0.2
"""The share of rows beyond which a new version starts a store of its own."""

LAST = 2_147_483_647
"""The last version of a row that has not ended."""

GONE = Column("publish_gone", "SMALLINT", "SMALLINT")
"""In the table of changes: 1 for a row that the new version has no more."""

SHARE = Column("publish_share", "SMALLINT", "SMALLINT")
"""In the table of changes: which session makes the change, from 1 to SESSIONS."""

LISTED = "publish_version"
"""The table that lists, of every version: its number, table, physical view, store, layout and DuckDB query."""


@dataclass(frozen=True)
class Version:
    """A version of a published table.

    Attributes:
        number: its number, of all versions of the schema.
        physical: the view that shows it.
        store: the table that holds its rows, and those of other versions.
        layout: what a store must have alike to take it.
        source: DuckDB's query that gives its rows.
        totals: what its columns were found to sum up to on the server.
    """

    number: int
    physical: str
    store: str
    layout: str
    source: str
    totals: Totals


class Versions:
    """The versions of one published table in one schema of the server."""

    def __init__(self, adapter: ServingAdapter, schema: str, published: str) -> None:
        """Take the physical schema, and the name that the table has in the serving schema."""
        self.adapter, self.schema, self.published = adapter, mysql_name(schema), published
        adapter.execute(
            f"CREATE TABLE IF NOT EXISTS {self.schema}.{LISTED} (version INT NOT NULL AUTO_INCREMENT PRIMARY KEY, "
            "published VARCHAR(64) NOT NULL, physical VARCHAR(64) UNIQUE, store VARCHAR(64), "
            "layout CHAR(64), source LONGTEXT, totals LONGTEXT) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
        )

    def qualified(self, table: str) -> str:
        """Return the name of a table or view of the schema, for the server."""
        return f"{self.schema}.{mysql_name(table)}"

    def latest(self, layout: str) -> Version | None:
        """Return the latest version, None where there is none or its store is laid out otherwise.

        What a killed plan left is removed: a version without a view, what it changed in a store, a store without a
        version.
        """
        with self.adapter.sessions(1) as [session]:
            for number, store in session.fetchall(
                f"SELECT version, store FROM {self.schema}.{LISTED} "
                f"WHERE physical IS NULL AND published = '{self.published}'"
            ):
                if store:
                    self._undo(session, number, self.qualified(store))
                session.execute(f"DELETE FROM {self.schema}.{LISTED} WHERE version = {number}")
            listed = session.fetchall(
                f"SELECT version, physical, store, layout, source, totals FROM {self.schema}.{LISTED} "
                f"WHERE published = '{self.published}' ORDER BY version DESC"
            )
            stores = session.fetchall(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = "
                f"'{self.schema.strip('`')}' AND table_name LIKE 'store\\_\\_{self.published}\\_\\_%'"
            )
            used, there = {store for _, _, store, *_ in listed}, {store for (store,) in stores}
            for store in used - there:  # somebody dropped it
                session.execute(f"DELETE FROM {self.schema}.{LISTED} WHERE store = '{store}'")
            listed = [version for version in listed if version[2] in there]
            for store in there:
                if store not in used and re.fullmatch(rf"store__{re.escape(self.published)}__\d+", store):
                    session.execute(f"DROP TABLE {self.qualified(store)}")
        if not listed or listed[0][3] != layout:
            return None
        *told, totals = listed[0]
        return Version(*told, json.loads(totals))

    def _undo(self, session: Session, number: int, store: str) -> None:
        """Take out of a store what the sessions had committed that were to make version `number` of it."""
        session.execute(f"DELETE FROM {store} WHERE first_version = {number}")
        session.execute(f"UPDATE {store} SET last_version = {LAST} WHERE last_version = {number - 1}")

    def number(self, store: str | None = None) -> int:
        """Return the number of a version to be made, of an existing store; it is one only after `record`."""
        with self.adapter.sessions(1) as [session]:
            session.execute(
                f"INSERT INTO {self.schema}.{LISTED} (published, store) "
                f"VALUES ('{self.published}', NULLIF('{store or ''}', ''))"
            )
            return int(session.fetchall("SELECT LAST_INSERT_ID()")[0][0])

    def record(self, session: Session, version: Version) -> None:
        """List a version as the one that its view shows."""
        text = exp.Literal.string(version.source).sql("mysql")
        session.execute(f"DELETE FROM {self.schema}.{LISTED} WHERE physical = '{version.physical}'")
        session.execute(
            f"UPDATE {self.schema}.{LISTED} SET physical = '{version.physical}', store = '{version.store}', "
            f"layout = '{version.layout}', totals = '{json.dumps(version.totals)}', source = {text} "
            f"WHERE version = {version.number}"
        )

    def create_view(self, view: str, version: Version, described: Description) -> None:
        """Create `view`, which shows the rows of a version."""
        self.adapter.execute(
            f"CREATE OR REPLACE ALGORITHM = MERGE VIEW {view} AS SELECT {described.names} "
            f"FROM {self.qualified(version.store)} "
            f"WHERE first_version <= {version.number} AND last_version >= {version.number}"
        )

    def end_and_add(self, before: Version, version: Version, changes: str, comparison: Comparison) -> None:
        """Make `version` from the one `before` it and a table of `changes`: all of it, or nothing.

        Each session makes its share of the changes, and commits them when all are found to be right; the one that
        commits last makes them a version. A plan that is killed between two commits leaves what `latest` removes.

        Its columns must sum up to what those of the version before did (which were read back when its rows were
        loaded), less what the server holds of the rows that end, plus what it holds of the rows that are new.

        Raises:
            SQLMeshError: when that is not what DuckDB's columns sum up to.
        """
        names, number = comparison.described.names, version.number
        store = self.qualified(version.store)
        same = " AND ".join(f"s.{mysql_name(c.name)} = c.{mysql_name(c.name)}" for c in comparison.key)

        def change(session: Session, share: int) -> tuple[Totals, Totals]:
            mine = f"(SELECT * FROM {changes} WHERE {SHARE.name} = {share}) AS c"
            rows = f"{mine} STRAIGHT_JOIN {store} AS s ON {same}"
            # Without locks on the gaps between rows, in which another session may add one.
            session.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
            session.execute("BEGIN")
            session.execute(f"UPDATE {rows} SET s.last_version = {number - 1} WHERE s.last_version = {LAST}")
            session.execute(
                f"INSERT INTO {store} ({names}, first_version, last_version) "
                f"SELECT {names}, {number}, {LAST} FROM {mine} WHERE {GONE.name} = 0"
            )
            ended, added = (
                comparison.read(session, f"(SELECT s.* FROM {rows} WHERE s.{which}) AS t")
                for which in (f"last_version = {number - 1}", f"first_version = {number}")
            )
            return ended, added

        with self.adapter.sessions(SESSIONS) as sessions, ThreadPoolExecutor(SESSIONS) as pool:
            found = list(pool.map(change, sessions, range(1, SESSIONS + 1)))
            totals = added_up([before.totals, *(added for _, added in found)], without=[ended for ended, _ in found])
            comparison.judge(totals)  # closing the sessions without a COMMIT undoes it all
            self.record(sessions[0], replace(version, totals=totals))
            for session in reversed(sessions):
                session.execute("COMMIT")

    def distrust(self, physical: str) -> None:
        """Let no version be made from those that share a store with the view `physical`: its rows are not as loaded."""
        self.adapter.execute(
            f"UPDATE {self.schema}.{LISTED} AS v JOIN {self.schema}.{LISTED} AS wrong USING (store) "
            f"SET v.layout = '' WHERE wrong.physical = '{physical}'"
        )

    def remove(self, physical: str) -> None:
        """Remove the version that the view `physical` showed, the rows that no other has, and a store without any."""
        with self.adapter.sessions(1) as [session]:
            session.execute(f"DROP VIEW IF EXISTS {self.qualified(physical)}")
            found = session.fetchall(f"SELECT store FROM {self.schema}.{LISTED} WHERE physical = '{physical}'")
            session.execute(f"DELETE FROM {self.schema}.{LISTED} WHERE physical = '{physical}'")
            for (store,) in found:
                [(others,)] = session.fetchall(f"SELECT COUNT(*) FROM {self.schema}.{LISTED} WHERE store = '{store}'")
                if others:
                    session.execute(
                        f"DELETE FROM {self.qualified(store)} WHERE NOT EXISTS (SELECT 1 FROM {self.schema}.{LISTED} "
                        f"AS v WHERE v.store = '{store}' AND v.version BETWEEN first_version AND last_version)"
                    )
                else:
                    session.execute(f"DROP TABLE IF EXISTS {self.qualified(store)}")


def layout(of: Description) -> str:
    """Return what a store must have alike to take a version: columns, types, key, indexes, and how it is summed up."""
    alike = [[(c.name, c.mysql) for c in of.columns], [c.name for c in of.key], [list(index) for index in of.indexes]]
    return hashlib.sha256(repr([alike, checksums(of.columns, of.weighing)[1]]).encode()).hexdigest()


def changes(transfer: Transfer, old: str, table: str) -> int | None:
    """Fill a DuckDB `table` with the rows that are new or changed since the query `old`, and the keys of those gone.

    Slice by slice of the key, so that it takes no more memory for a larger table, and by a hash of each row: one that
    is missed, with a probability of 2^-64, would show in the comparison with the server.

    Returns:
        The number of changes; None where `old` can be read no more, or they are more than LARGEST_CHANGE of all rows.
    """
    source, key = transfer.source, transfer.key
    values = ", ".join(f"{c.value} AS {duckdb_name(c.name)}" for c in transfer.described.columns)
    earlier = f"SELECT {values} FROM {old}"
    try:
        source.fetchall(f"{earlier} LIMIT 0")
    except duckdb.Error:  # its tables are gone, or have other columns
        return None
    names, keys = (", ".join(duckdb_name(c.name) for c in columns) for columns in (transfer.described.columns, key))
    hashed = f"SELECT {keys}, HASH({names}) AS publish_hash"
    number = 0
    source.execute(f"CREATE SCHEMA IF NOT EXISTS {table.rpartition('.')[0]}")
    with one_thread(source):  # which takes half the memory
        for first, part in enumerate(transfer.slices):
            where = part.conditions(key)[0]
            now, before = (f"({hashed} FROM ({rows}) WHERE {where})" for rows in (transfer.select, earlier))
            query = (
                f"SELECT {keys}, now.publish_hash IS NULL AS is_gone FROM {now} AS now FULL JOIN {before} AS before "
                f"USING ({keys}) WHERE now.publish_hash IS DISTINCT FROM before.publish_hash"
            )
            source.execute(f"{'INSERT INTO changed' if first else 'CREATE OR REPLACE TEMP TABLE changed AS'} {query}")
            (number,) = source.fetchone("SELECT COUNT(*) FROM changed")
            if number > LARGEST_CHANGE * transfer.count:
                return None
        share = f"NTILE({SESSIONS}) OVER (ORDER BY {keys})::SMALLINT AS {SHARE.name}"
        source.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT *, {share} FROM ("
            f"SELECT {names}, 0::SMALLINT AS {GONE.name} FROM ({transfer.select}) SEMI JOIN changed USING ({keys}) "
            f"UNION ALL BY NAME SELECT {keys}, 1::SMALLINT AS {GONE.name} FROM changed WHERE is_gone)"
        )
        source.execute("DROP TABLE changed")
    return number
